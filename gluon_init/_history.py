"""What has happened to each parameter. Gluon itself does not keep that.

Four methods of ``gluon.Parameter`` note it, from the moment on in which MXNet is imported; they
do nothing else. Nothing is stored in the parameter, and no parameter is kept alive.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from . import _hooks

INITIALIZED, REINITIALIZED = "initialized", "re-initialized"
LOADED, SET = "loaded", "set"


@dataclass(frozen=True)
class Past:
    """What is known of a parameter's past.

    Attributes:
        last: what gave it its values, or will once it has them: ``initialized``,
            ``re-initialized``, ``loaded`` or ``set``.
        initializer: what the last ``initialize`` that counted was given for it; None if unknown.
        overall: the global initializer of that ``initialize``, which may overrule that choice.
        waited: its shape was unknown at ``initialize``; only data could fill it.
        forced: the last ``initialize`` that counted had ``force_reinit=True``.
        replaced: an initializer that was pending has been replaced by a later ``initialize``.
        ignored: an ``initialize`` came after it had its values, and did nothing.

    """

    last: str = INITIALIZED
    initializer: Any = None
    overall: Any = None
    waited: bool = False
    forced: bool = False
    replaced: bool = False
    ignored: bool = False


_past: weakref.WeakKeyDictionary[Any, Past] = weakref.WeakKeyDictionary()
_made_with: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def of(parameter: Any) -> Past:
    """What is known of a parameter's past; the defaults where nothing is."""
    return _past.get(parameter, Past())


def made_with(parameter: Any) -> Any:
    """The initializer that its layer named when it made the parameter; None where it named none."""
    return _made_with.get(parameter, parameter.init)


def drawn(parameter: Any, initializer: Any, overall: Any, again: bool) -> None:
    """Notes a draw that did not come about by ``initialize``; ``again``: there were values."""
    last = REINITIALIZED if again else INITIALIZED
    _past[parameter] = Past(last=last, initializer=initializer, overall=overall)


def snapshot(parameters: Iterable[Any]) -> dict[Any, Past]:
    """What is known of these parameters now, for :func:`restore`."""
    return {parameter: of(parameter) for parameter in parameters}


def restore(past: dict[Any, Past]) -> None:
    """Forgets what has been noted since :func:`snapshot`."""
    _past.update(past)


def install() -> None:
    """Begins to note, now or as soon as MXNet's parameters are there."""
    _hooks.after_import("mxnet.gluon.parameter", _note)


def _note(module: types.ModuleType) -> None:
    kind = module.Parameter
    if hasattr(kind.initialize, "__wrapped__"):  # another copy of this package has done it
        return
    load, set_data = kind._load_init, kind.set_data
    kind.__init__ = _noting_birth(kind.__init__)
    kind.initialize = _noting_initialize(kind.initialize)
    kind._load_init = _noting(load, LOADED)
    kind.set_data = _noting(set_data, SET)


def _noting_birth(method: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(method)
    def born(self: Any, *args: Any, **kwargs: Any) -> None:
        method(self, *args, **kwargs)
        _made_with[self] = self.init

    return born


def _noting_initialize(method: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(method)

    @functools.wraps(method)
    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        data, waiting = self._data, self._deferred_init
        method(self, *args, **kwargs)
        if self._data is data and self._deferred_init is waiting:
            _past[self] = dataclasses.replace(of(self), ignored=True)
            return
        given = signature.bind(self, *args, **kwargs).arguments
        _past[self] = Past(
            last=INITIALIZED if data is None else REINITIALIZED,
            initializer=given.get("init") or self.init or given.get("default_init"),
            overall=given.get("default_init"),
            waited=self._data is None,
            forced=bool(given.get("force_reinit")),
            replaced=bool(waiting),
        )

    return initialize


def _noting(method: Callable[..., None], what: str) -> Callable[..., None]:
    @functools.wraps(method)
    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        method(self, *args, **kwargs)
        _past[self] = dataclasses.replace(of(self), last=what)

    return noting
