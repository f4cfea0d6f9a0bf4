"""Modules that are loaded when they are first used.

MXNet imports every one of its modules at its start. Some of them are needed by few programs and
bring in what takes longer to import than MXNet itself: SciPy's statistics, pandas, unittest.
Such a module is found, named and entered in ``sys.modules`` as ever, but its code runs when one
of its names is asked for, changed or listed. From then on it is a plain module.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import threading
import types
import weakref
from collections.abc import Callable, Container, Iterator
from typing import Any

# MXNet's modules which nothing in MXNet's own start looks into.
PUT_OFF = frozenset(
    {
        "mxnet.contrib.io",
        "mxnet.contrib.onnx",
        "mxnet.contrib.quantization",
        "mxnet.contrib.tensorboard",
        "mxnet.contrib.text",
        "mxnet.notebook",
        "mxnet.onnx",
        "mxnet.test_utils",
    }
)


class _AllBut:
    """Every name but these."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name not in self._names


# What Python itself asks of a module of which it only wants to know what it is.
CODE = _AllBut(
    "__class__", "__name__", "__spec__", "__loader__", "__package__", "__path__", "__file__",
    "__cached__", "__warningregistry__",
)  # fmt: skip

_NOTHING = object()
Load = Callable[[types.ModuleType], None]

_lock = threading.RLock()
_waiting: weakref.WeakKeyDictionary[types.ModuleType, tuple[Load, Container[str]]]
_waiting = weakref.WeakKeyDictionary()
_loading: set[types.ModuleType] = set()
_thread = threading.local()


def _begin_anew() -> None:
    """In a forked child: what another thread was loading is loaded anew."""
    global _lock
    _lock = threading.RLock()
    _loading.clear()


if hasattr(os, "register_at_fork"):  # not on Windows, which `machine` turns away
    os.register_at_fork(after_in_child=_begin_anew)


class _Later(types.ModuleType):
    """A module with names that are not there yet."""

    def __getattribute__(self, name: str) -> Any:
        _load_for(self, name)
        # Not super(): this class is not the module's any more.
        return types.ModuleType.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # Python enters in a package what has been imported from it.
        if value is not sys.modules.get(f"{self.__name__}.{name}", _NOTHING):
            _load_for(self, name)
        types.ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _load_for(self, name)
        types.ModuleType.__delattr__(self, name)


def put_off(module: types.ModuleType, load: Load, names: Container[str] = CODE) -> None:
    """Calls ``load(module)`` once one of these names of the module is asked for, or set.

    Other threads that ask meanwhile wait; what ``load`` itself asks for it gets as it is. Where
    ``load`` raises, the next who asks tries again.
    """
    _waiting[module] = load, names
    module.__class__ = _Later


@contextlib.contextmanager
def importing(name: str) -> Iterator[None]:
    """While this thread runs the code of a module of MXNet.

    A submodule may be imported before its package's code has run. It must not make it run: the
    code wants the submodule, whose import is not over, and where another thread runs the code,
    each would wait for the other.
    """
    outer = getattr(_thread, "imports", ())
    _thread.imports = (*outer, name)
    try:
        yield
    finally:
        _thread.imports = outer


def _is_importing_a_part_of(package: str) -> bool:
    return any(name.startswith(f"{package}.") for name in getattr(_thread, "imports", ()))


def _load_for(module: _Later, name: str) -> None:
    _, names = _waiting.get(module, (None, ()))
    if name not in names or _is_importing_a_part_of(module.__name__):
        return
    with _lock:
        if module not in _waiting or module in _loading:
            return
        load, _ = _waiting[module]
        _loading.add(module)
        try:
            load(module)
        finally:
            _loading.discard(module)
        del _waiting[module]
        object.__setattr__(module, "__class__", types.ModuleType)


# ---------------------------------------------------------------------------------------------
# Packages that are not MXNet's


def is_installed(package: str) -> bool:
    """Whether a package can be found; it is not imported."""
    if package in sys.modules:
        return sys.modules[package] is not None
    return importlib.util.find_spec(package) is not None


class Package(types.ModuleType):
    """Stands for a module, which is imported when a name is asked for that is not given here."""

    def __init__(self, name: str, **names: Any) -> None:
        super().__init__(name)
        self.__dict__.clear()  # what the module says of itself, it says once it is there
        self.__dict__.update(names, __name__=name)

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__dict__["__name__"]), name)

    def __dir__(self) -> list[str]:
        module = importlib.import_module(self.__dict__["__name__"])
        return sorted({*dir(module), *self.__dict__})
