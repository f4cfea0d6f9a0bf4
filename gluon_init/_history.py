"""What last gave each parameter its values. Gluon itself does not keep that.

Three methods of ``gluon.Parameter`` note it, from the moment on in which MXNet is imported; they
do nothing else. Nothing is stored in the parameter, and nothing is kept alive.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import sys
import types
import weakref
from collections.abc import Callable, Sequence
from typing import Any

INITIALIZED, REINITIALIZED = "initialized", "re-initialized"
LOADED, SET = "loaded", "set"

_MODULE = "mxnet.gluon.parameter"
_last: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def last(parameter: Any) -> str:
    """``initialized``, ``re-initialized``, ``loaded`` or ``set``; the first when nothing is known.

    For a parameter without values: what will be true once it has them.
    """
    return _last.get(parameter, INITIALIZED)


def install() -> None:
    """Begins to note, now or as soon as MXNet's parameters are there."""
    if _MODULE in sys.modules:
        _note(sys.modules[_MODULE])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _note(module: types.ModuleType) -> None:
    kind = module.Parameter
    if hasattr(kind.initialize, "__wrapped__"):  # another copy of this package has done it
        return
    original_initialize, load, set_data = kind.initialize, kind._load_init, kind.set_data

    @functools.wraps(original_initialize)
    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        before = self._data, self._deferred_init
        original_initialize(self, *args, **kwargs)
        if self._data is not before[0] or self._deferred_init is not before[1]:
            _last[self] = INITIALIZED if before[0] is None else REINITIALIZED

    kind.initialize = initialize
    kind._load_init = _noting(load, LOADED)
    kind.set_data = _noting(set_data, SET)


def _noting(method: Callable[..., None], what: str) -> Callable[..., None]:
    @functools.wraps(method)
    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        method(self, *args, **kwargs)
        _last[self] = what

    return noting


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the others find MXNet's parameter module, and looks at it once it is loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _MODULE:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module = _then_note(spec.loader.exec_module)  # type: ignore[assignment, method-assign]
                return spec
        return None


def _then_note(load: Callable[[types.ModuleType], None]) -> Callable[[types.ModuleType], None]:
    def exec_module(module: types.ModuleType) -> None:
        load(module)
        _note(module)

    return exec_module
