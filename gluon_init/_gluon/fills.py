"""Watches MXNet give parameters their values, as long as somebody listens.

Methods of ``gluon.Parameter``, ``ParameterDict`` and ``Block`` are wrapped when the first listener
comes, and are MXNet's own again when the last one goes.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from . import patches
from .choice import filler_and_chooser
from .describe import describe
from .places import noted_paths


@dataclass(frozen=True)
class Trigger:
    """The call that led to a draw: what was called, on which block, parameter or dictionary."""

    call: str
    target: Any
    forced: bool = False


@dataclass(frozen=True)
class Fill:
    """A parameter has got its values.

    Attributes:
        parameter: which.
        initializer: written as a call; ``-`` for values that were loaded or set.
        source: who chose it, or ``loaded`` or ``set``.
        trigger: the call that led to it.
        deferred: whether it had to wait.
        seconds: how long it took, without what MXNet does in the background.
        untouched: the initializer wrote nothing.

    """

    parameter: Any
    initializer: str
    source: str
    trigger: Trigger
    deferred: bool
    seconds: float
    untouched: bool


Listener = Callable[[Fill], None]

_listeners: list[tuple[Listener, bool]] = []
_patched = contextlib.ExitStack()
_running = threading.local()


@contextlib.contextmanager
def listening(listener: Listener, *, untouched: bool) -> Iterator[None]:
    """Calls ``listener`` with every :class:`Fill` while the block runs.

    With ``untouched`` it is found out whether the initializer wrote at all, which costs one more
    write of the array.
    """
    entry = (listener, untouched)
    if not _listeners:
        _patched.enter_context(patches.replaced(_replacements()))
    _listeners.append(entry)
    try:
        yield
    finally:
        _listeners.remove(entry)
        if not _listeners:
            _patched.close()


def is_listening() -> bool:
    """Whether anybody is told of fills just now."""
    return bool(_listeners)


@contextlib.contextmanager
def acting(call: str, target: Any, forced: bool = False) -> Iterator[None]:
    """While the block runs, what is filled was triggered by this call."""
    stack = _stack()
    stack.append(Trigger(call, target, forced))
    try:
        yield
    finally:
        stack.pop()


def _stack() -> list[Trigger]:
    if not hasattr(_running, "stack"):
        _running.stack = []
    return _running.stack  # type: ignore[no-any-return]


FORWARD = "forward"


def _is_inside_a_call() -> bool:
    """Whether ``initialize``, ``load`` or the like is running already; the outermost one counts."""
    stack = _stack()
    return bool(stack) and stack[-1].call != FORWARD


def _tell(
    parameter: Any,
    initializer: str,
    source: str,
    deferred: bool,
    start: float,
    untouched: bool = False,
) -> None:
    seconds = time.perf_counter() - start
    stack = _stack()
    trigger = stack[-1] if stack else Trigger("parameter", parameter)
    fill = Fill(parameter, initializer, source, trigger, deferred, seconds, untouched)
    for listener, _ in tuple(_listeners):
        listener(fill)


# ---------------------------------------------------------------------------------------------
# What takes the place of MXNet's methods


def _replacements() -> list[tuple[Any, str, Any]]:
    parameter, dictionary, block = gluon.Parameter, gluon.ParameterDict, gluon.Block
    calls = [
        (block, "initialize"),
        (dictionary, "initialize"),
        (parameter, "initialize"),
        (block, "load_parameters"),
        (block, "load_dict"),
        (dictionary, "load"),
        (dictionary, "load_dict"),
    ]
    return [
        (parameter, "_finish_deferred_init", _finishing),
        (parameter, "_load_init", _loading),
        (parameter, "set_data", _setting),
        (block, "__call__", _running_forward),
        *(
            (owner, name, functools.partial(_calling, name))
            for owner, name in calls
            if name in vars(owner)
        ),
    ]


def _calling(name: str, original: Any) -> Any:
    signature = inspect.signature(original)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_inside_a_call():
            return original(self, *args, **kwargs)
        given = signature.bind(self, *args, **kwargs).arguments
        with acting(name, self, bool(given.get("force_reinit"))):
            return original(self, *args, **kwargs)

    return call


def _running_forward(original: Any) -> Any:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with acting(FORWARD, self):
            return original(self, *args, **kwargs)

    return call


def _loading(original: Any) -> Any:
    def load(self: Any, *args: Any, **kwargs: Any) -> None:
        start = time.perf_counter()
        with acting("load", self) if not _is_inside_a_call() else contextlib.nullcontext():
            _running.loading = True
            try:
                original(self, *args, **kwargs)
            finally:
                _running.loading = False
            _tell(self, "-", "loaded", False, start)

    return load


def _setting(original: Any) -> Any:
    def set_data(self: Any, data: Any) -> None:
        start = time.perf_counter()
        original(self, data)
        if self._data is not None and not getattr(_running, "loading", False):
            with acting("set_data", self) if not _is_inside_a_call() else contextlib.nullcontext():
                _tell(self, "-", "set", False, start)

    return set_data


def _finishing(original: Any) -> Any:
    def finish(self: Any) -> None:
        if not self._deferred_init:
            return original(self)  # type: ignore[no-any-return]
        init, contexts, default, data = self._deferred_init
        deferred = not _is_inside_a_call()
        watch = _Watch(default) if data is None and _can_tell(self) else None
        if watch is not None:
            self._deferred_init = (init, contexts, watch, data)
        start = time.perf_counter()
        try:
            original(self)
        except BaseException:
            if watch is not None and self._deferred_init:
                self._deferred_init = (init, contexts, default, data)
            raise
        if data is not None:
            _tell(self, "-", "set", True, start)
            return None
        untouched = watch is not None and watch.untouched
        filler, source = filler_and_chooser(self, init, default, noted_paths(self))
        _tell(self, describe(filler), source, deferred, start, untouched)
        return None

    return finish


def _can_tell(parameter: Any) -> bool:
    """Whether anybody asks if the initializer wrote, and whether zero has a sign to tell it by."""
    wanted = any(untouched for _, untouched in _listeners)
    return wanted and parameter._stype == "default" and np.dtype(parameter.dtype).kind == "f"


class _Watch(mx.init.Initializer):  # type: ignore[misc]
    """Stands before an initializer and sees whether it writes.

    Gluon hands over an array of zeros. This makes them negative zeros, which compute alike; where
    all are still negative afterwards, nothing has been written.
    """

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self._inner = mx.init.create(inner)
        self.untouched = False

    def __call__(self, desc: Any, arr: Any) -> None:
        arr *= -1
        self._inner(desc, arr)
        values = arr.asnumpy()
        self.untouched = bool(values.size and (values == 0).all() and np.signbit(values).all())
        if self.untouched:
            arr[:] = 0
