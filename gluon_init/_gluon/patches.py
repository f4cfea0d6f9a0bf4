"""What is replaced in Gluon, each method by one wrapper that carries a mark of this package.

The methods below are replaced for good, as soon as Gluon is there, so that :mod:`.history` and
:mod:`.places` learn what it does not keep. :mod:`.fills` lists those that are replaced while
somebody listens, and given back. Nothing is stored in MXNet's objects, and none is kept alive.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._compat import hooks
from . import history, places

Method = Callable[..., Any]

_MARK = "_gluon_init_replaces"


def install() -> None:
    """Begins to note, now or as soon as Gluon is there."""
    hooks.after_import("mxnet.gluon.parameter", _watch_parameters)
    hooks.after_import("mxnet.gluon.block", _watch_blocks)


@contextlib.contextmanager
def replaced(methods: Sequence[tuple[Any, str, Callable[[Method], Method]]]) -> Iterator[None]:
    """While the block runs, each ``owner.name`` is what its maker makes of MXNet's own."""
    originals = [(owner, name, vars(owner)[name]) for owner, name, _ in methods]
    try:
        for owner, name, make in methods:
            _replace(owner, name, make)
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _replace(owner: Any, name: str, make: Callable[[Method], Method]) -> None:
    original = vars(owner)[name]
    wrapper = functools.wraps(original)(make(original))
    setattr(wrapper, _MARK, True)
    setattr(owner, name, wrapper)


def _replace_once(owner: Any, name: str, make: Callable[[Method], Method]) -> None:
    """For good, unless another copy of this package has done it. Other tools' wrappers stay."""
    if not hasattr(getattr(owner, name), _MARK):
        _replace(owner, name, make)


def _watch_parameters(module: types.ModuleType) -> None:
    kind = module.Parameter
    _replace_once(kind, "__init__", _noting_birth)
    _replace_once(kind, "initialize", _noting_initialize)
    _replace_once(kind, "_load_init", functools.partial(_noting, history.LOADED))
    _replace_once(kind, "set_data", functools.partial(_noting, history.SET))
    _replace_once(kind, "_finish_deferred_init", _noting_who_is_filled)
    _replace_once(module.ParameterDict, "initialize", _noting_paths)


def _watch_blocks(module: types.ModuleType) -> None:
    _replace_once(module.Block, "collect_params", _noting_home)
    _replace_once(module.Block, "register_child", _noting_child)
    _replace_once(module.Block, "__setattr__", _noting_parameter)


def _noting_birth(original: Method) -> Method:
    def born(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        history.note_birth(self)

    return born


def _noting_initialize(original: Method) -> Method:
    signature = inspect.signature(original)

    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        data, waiting = self._data, self._deferred_init
        original(self, *args, **kwargs)
        if self._data is data and self._deferred_init is waiting:
            history.note_ignored(self)
            return
        given = signature.bind(self, *args, **kwargs).arguments
        history.note_initialize(
            self,
            chosen=given.get("init") or self.init or given.get("default_init"),
            overall=given.get("default_init"),
            forced=bool(given.get("force_reinit")),
            had_values=data is not None,
            was_pending=bool(waiting),
        )

    return initialize


def _noting(what: str, original: Method) -> Method:
    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        history.note_values(self, what)

    return noting


def _noting_who_is_filled(original: Method) -> Method:
    def finish(self: Any) -> None:
        if self._deferred_init:
            history.note_pass(self)
        with places.filling(self):
            original(self)

    return finish


def _noting_paths(original: Method) -> Method:
    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        init = args[0] if args else kwargs.get("init")
        initializers = [init, *(parameter.init for parameter in self.values())]
        asking = [one for one in initializers if getattr(one, "asks_for_path", False)]
        net = places.home_of(self)
        if asking and net is not None:
            from .view import View  # which imports MXNet

            found = places.note_places(View(net))
            for one in asking:
                one.check_paths(found)
        original(self, *args, **kwargs)

    return initialize


def _noting_home(original: Method) -> Method:
    def collect_params(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        places.note_home(found, self)
        return found

    return collect_params


def _noting_child(original: Method) -> Method:
    def register_child(self: Any, block: Any, *args: Any, **kwargs: Any) -> None:
        original(self, block, *args, **kwargs)
        places.note_holder(block, self)

    return register_child


def _noting_parameter(original: Method) -> Method:
    def set_attribute(self: Any, name: str, value: Any) -> None:
        original(self, name, value)
        if self.__dict__.get("_reg_params", {}).get(name) is value and value is not None:
            places.note_holder(value, self)

    return set_attribute
