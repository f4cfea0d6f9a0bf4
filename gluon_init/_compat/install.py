"""Lets MXNet 1.9.1 import and run on Python 3.10 to 3.15 with NumPy 1.23 to the newest 2.x.

MXNet was last released for Python 3.8 and NumPy 1.19. Since then Python has dropped
``distutils`` and NumPy some forty names, and NumPy 2 writes its scalars as ``np.int64(5)``, a
text that MXNet hands to its C side, which cannot read it.

NumPy is not changed by any of this. Instead, MXNet's own modules are loaded with an ``import``
statement of their own: in them, and nowhere else, ``import numpy`` gives a view of NumPy
(:mod:`.old_numpy`) that still has the old names, and ``import distutils.version`` a stand-in.
The few modules that turn arguments into strings for C get a ``str`` that writes NumPy's scalars
as NumPy 1 did. What only shows at run time is mended once a module is loaded (:mod:`.mends`).

Loading also takes less time than it did. What few programs need is loaded when it is first used
(:mod:`.later`, :mod:`.estimator`), and what MXNet compiles anew at each start is kept
(:mod:`.operators`).

:func:`install` runs when ``gluon_init`` is imported. It is idempotent.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.machinery
import importlib.util
import re
import sys
import types
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import cuda, estimator, later, libraries, machine, mends, operators
from .old_numpy import View, numpy_major, old_names, scipy_view

# ---------------------------------------------------------------------------------------------
# distutils.version, of which MXNet compares two NumPy versions and one of its own


@functools.total_ordering
class _Version:
    """The comparisons of ``distutils.version.LooseVersion`` and ``StrictVersion``."""

    def __init__(self, text: str) -> None:
        self.vstring = text
        self.version = [int(part) for part in re.findall(r"\d+", text)]

    def __repr__(self) -> str:
        return f"{type(self).__name__} ('{self.vstring}')"

    def __str__(self) -> str:
        return self.vstring

    def _key(self, other: _Version | str) -> tuple[list[int], list[int]]:
        return self.version, (_Version(other) if isinstance(other, str) else other).version

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (_Version, str)):
            return NotImplemented
        mine, theirs = self._key(other)
        return mine == theirs

    def __hash__(self) -> int:
        return hash(tuple(self.version))

    def __lt__(self, other: _Version | str) -> bool:
        mine, theirs = self._key(other)
        return mine < theirs


def _distutils() -> dict[str, types.ModuleType]:
    package = types.ModuleType("distutils")
    package.version = version = types.ModuleType("distutils.version")  # type: ignore[attr-defined]
    for name in ("LooseVersion", "StrictVersion"):
        setattr(version, name, type(name, (_Version,), {}))
    return {"distutils": package, "distutils.version": version}


# ---------------------------------------------------------------------------------------------
# Strings for the C side


def _as_numpy1(value: Any) -> str:
    """``repr`` of a nested argument, its NumPy scalars written as NumPy 1 wrote them."""
    if isinstance(value, (np.number, np.bool_)):
        return builtins.str(value)
    if isinstance(value, np.str_):
        return repr(builtins.str(value))
    if type(value) is tuple:
        inside = ", ".join(map(_as_numpy1, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if type(value) is list:
        return "[" + ", ".join(map(_as_numpy1, value)) + "]"
    if type(value) is dict:
        return "{" + ", ".join(f"{_as_numpy1(k)}: {_as_numpy1(v)}" for k, v in value.items()) + "}"
    return repr(value)


class _StrMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, builtins.str)

    def __call__(cls, value: Any = "") -> str:
        text = builtins.str(value)
        # Only a container can hold a scalar's repr; a scalar's own str() has no "np." in it.
        if "np." in text and type(value) in (tuple, list, dict):
            return _as_numpy1(value)
        return text


class _Str(metaclass=_StrMeta):
    """``str`` for the modules below: the same, but for NumPy scalars inside containers."""


_STRINGS_FOR_C = frozenset(
    {
        "mxnet._ctypes.ndarray",
        "mxnet._ctypes.symbol",
        "mxnet.symbol.symbol",
        "mxnet.io.io",
        "mxnet.kvstore.base",
    }
)


# ---------------------------------------------------------------------------------------------
# Loading MXNet's modules so that they see all this


def _builtins_for_mxnet() -> dict[str, Any]:
    view = View(np, old_names())
    distutils = _distutils()
    waiting = {"scipy.sparse": scipy_view(), "requests": later.Package("requests")}

    def import_(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> types.ModuleType:
        if level == 0 and name in distutils:
            return distutils[name if fromlist else "distutils"]
        if level == 0 and name in waiting and not fromlist:
            package, _, _ = name.partition(".")
            if later.is_installed(package):
                return waiting[name]
        module = builtins.__import__(name, globals, locals, fromlist, level)
        return view if level == 0 and module is np else module

    return {**vars(builtins), "__import__": import_}


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads one of MXNet's modules, with the view of NumPy in place of NumPy."""

    def __init__(self, fullname: str, path: str, finder: _Finder) -> None:
        super().__init__(fullname, path)
        self._finder = finder

    def source_to_code(self, data: Any, path: Any, **kwargs: Any) -> types.CodeType:  # type: ignore[override]
        with warnings.catch_warnings():
            # MXNet's docstrings hold "\d" and the like, of which Python 3.12 warns.
            warnings.simplefilter("ignore")
            return super().source_to_code(data, path, **kwargs)

    def exec_module(self, module: types.ModuleType) -> None:
        self._prepare(module)
        try:
            with later.importing(module.__name__):
                self._run(module)
        except OSError as error:
            message = str(error)
            trouble = cuda.loading_trouble(message) or libraries.loading_trouble(message)
            if trouble is None:
                raise
            raise ImportError(trouble) from error
        mends.mend(module)

    def _prepare(self, module: types.ModuleType) -> None:
        names = module.__dict__
        names["__builtins__"] = self._finder.namespace
        if numpy_major() >= 2 and module.__name__ in _STRINGS_FOR_C:
            names["str"] = _Str
        if module.__name__ in operators.MODULES:
            names["exec"] = self._finder.kept_code.exec_in(names)

    def _run(self, module: types.ModuleType) -> None:
        if module.__name__ == estimator.MODULE and estimator.is_to_wait():
            estimator.load_without(module, super().exec_module)
        else:
            super().exec_module(module)


class _FirstLoader(_Loader):
    """Loads MXNet itself, and thereby most of its modules."""

    def exec_module(self, module: types.ModuleType) -> None:
        self._finder.kept_code = operators.KeptCode(Path(self.path).parent)
        super().exec_module(module)
        self._finder.kept_code.save()
        for name in later.PUT_OFF:  # one of them would be there only through another
            importlib.import_module(name)


class _LaterLoader(_Loader):
    """Loads a module when it is first used."""

    def exec_module(self, module: types.ModuleType) -> None:
        later.put_off(module, super().exec_module)


_MISSING = (
    f"MXNet is not installed in this environment: {libraries.install_command()}, or `make env` in "
    f"the checkout."
)


class _Finder:
    """Finds MXNet's modules as Python would, and hands them to :class:`_Loader`."""

    kept_code: operators.KeptCode

    def __init__(self) -> None:
        self.namespace = _builtins_for_mxnet()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "mxnet" and not fullname.startswith("mxnet."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if fullname == "mxnet":
            if spec is None or spec.origin is None:  # the second where only a folder is left of it
                raise ModuleNotFoundError(_MISSING, name="mxnet")
            cuda.preload()
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            kind = self._kind_of_loader(fullname, is_reload=target is not None)
            spec.loader = kind(fullname, spec.loader.path, self)
        return spec

    def _kind_of_loader(self, fullname: str, is_reload: bool) -> type[_Loader]:
        if fullname == "mxnet":
            return _FirstLoader
        return _LaterLoader if fullname in later.PUT_OFF and not is_reload else _Loader


def install() -> None:
    """Makes the next ``import mxnet`` work. Nothing is imported and nothing in NumPy changes.

    A failed ``import mxnet`` from before leaves half of MXNet's modules behind; these are
    dropped, so that the next import starts afresh.

    Raises:
        ImportError: this machine cannot run MXNet 1.9.1; says why and what to do.

    """
    trouble = machine.problem()
    if trouble:
        raise ImportError(trouble)
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if "mxnet" in sys.modules:
        # Somebody else made it work. What only shows at run time can still be mended.
        for name in _STRINGS_FOR_C & sys.modules.keys():
            if numpy_major() >= 2:
                sys.modules[name].__dict__["str"] = _Str
        return
    for name in [name for name in sys.modules if name.startswith("mxnet.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder())
