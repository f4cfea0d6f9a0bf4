"""NumPy and SciPy as MXNet 1.9.1 knew them: views of both which still have the old names."""

from __future__ import annotations

import functools
import importlib
import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .later import Package


def _renamed(old: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of its own, so that MXNet's dispatch table can tell it from its successor."""

    @functools.wraps(function)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        for argument in args:
            for one in argument if isinstance(argument, (list, tuple)) else (argument,):
                kind = type(one)
                if hasattr(kind, "__array_function__") and not isinstance(one, np.ndarray):
                    return kind.__array_function__(one, stand_in, (kind,), args, kwargs)
        return function(*args, **kwargs)

    stand_in.__name__ = stand_in.__qualname__ = old
    return stand_in


def _financial(name: str) -> Callable[..., Any]:
    """One of the functions that NumPy handed over to the package numpy-financial."""

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            package = importlib.import_module("numpy_financial")
        except ImportError:
            raise NotImplementedError(
                f"NumPy has dropped numpy.{name}; the package numpy-financial has it: install that"
            ) from None
        return getattr(package, name)(*args, **kwargs)

    return _renamed(name, function)


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _find_common_type(array_types: Sequence[Any], scalar_types: Sequence[Any]) -> Any:
    return np.result_type(*array_types, *scalar_types)


def _normalize_axis_tuple(axis: Any, ndim: int, argname: str | None = None) -> tuple[int, ...]:
    """``numpy.core.numeric.normalize_axis_tuple``, whose home NumPy 2 made private."""
    axes = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    prefix = f"{argname}: " if argname else ""
    normal = []
    for one in axes:
        if not -ndim <= one < ndim:
            raise np.exceptions.AxisError(f"{prefix}axis {one} is out of bounds for {ndim} axes")
        normal.append(int(one) % ndim)
    if len(set(normal)) != len(normal):
        raise ValueError(f"repeated axis in `{argname}` argument" if argname else "repeated axis")
    return tuple(normal)


def old_names() -> dict[str, Any]:
    """What NumPy 1.19 had and this NumPy lacks, deprecates, or means otherwise."""
    names: dict[str, Any] = {
        # Deprecated aliases of Python's own types. NumPy 2's `bool` is a NumPy scalar type;
        # MXNet compares with Python's.
        "bool": bool,
        "int": int,
        "float": float,
        "complex": complex,
        "object": object,
        "str": str,
        "float_": np.float64,
        "complex_": np.complex128,
        "unicode_": np.str_,
        "string_": np.bytes_,
        "PZERO": 0.0,
        "NZERO": -0.0,
        "PINF": np.inf,
        "NINF": -np.inf,
        "Inf": np.inf,
        "Infinity": np.inf,
        "infty": np.inf,
        "NAN": np.nan,
        "NaN": np.nan,
        "in1d": _renamed("in1d", _in1d),
        "asfarray": _asfarray,
        "find_common_type": _find_common_type,
        "product": _renamed("product", np.prod),
        "cumproduct": _renamed("cumproduct", np.cumprod),
        "alltrue": _renamed("alltrue", np.all),
        "sometrue": _renamed("sometrue", np.any),
        "round_": _renamed("round_", np.round),
        "row_stack": _renamed("row_stack", np.vstack),
        "trapz": _renamed("trapz", getattr(np, "trapezoid" if numpy_major() >= 2 else "trapz")),
        "msort": _renamed("msort", lambda a: np.sort(a, axis=0)),
    }
    names |= {name: _financial(name) for name in ("mirr", "npv", "pmt", "ppmt", "pv", "rate")}
    if numpy_major() < 2:
        # Here NumPy still has most of them; only what is gone or warns is replaced.
        names = {k: v for k, v in names.items() if not _works(k)}
    else:
        # MXNet reaches into two namespaces which NumPy 2 has emptied.
        names["compat"] = types.SimpleNamespace(basestring=str, long=int, unicode=str)
        names["core"] = types.SimpleNamespace(
            numeric=types.SimpleNamespace(normalize_axis_tuple=_normalize_axis_tuple)
        )
    return names


def numpy_major() -> int:
    """2 for NumPy 2.5."""
    return int(np.__version__.split(".")[0])


def _works(name: str) -> bool:
    """Whether NumPy has the name and gives it, and what it names, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = getattr(np, name)
        except (AttributeError, Warning):
            return False
    return not callable(value) or name not in _WARN_WHEN_CALLED


_WARN_WHEN_CALLED = frozenset(
    {"alltrue", "sometrue", "product", "cumproduct", "round_", "msort", "in1d", "trapz"}
    | {"row_stack", "find_common_type", "asfarray"}
)


class View(types.ModuleType):
    """A module itself, and beside it names that MXNet expects and the module no longer has."""

    def __init__(self, module: types.ModuleType, old_names: Mapping[str, Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        for name in ("__path__", "__file__", "__spec__", "__version__"):
            if hasattr(module, name):
                self.__dict__[name] = getattr(module, name)
        self.__dict__.update(old_names)
        self.__dict__["_viewed"] = module

    def with_names(self, **names: Any) -> View:
        """A view that has these names too, or in place of its own."""
        kept = {name: value for name, value in vars(self).items() if name != "_viewed"}
        return View(self._viewed, {**kept, **names})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._viewed, name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._viewed), *self.__dict__})


# ---------------------------------------------------------------------------------------------
# SciPy


class _AnyCSR(type):
    """Whatever SciPy has made as a matrix or an array of compressed rows."""

    def __instancecheck__(cls, instance: Any) -> bool:
        sparse = sys.modules.get("scipy.sparse")  # without it there is no such matrix
        kinds = [getattr(sparse, name, None) for name in ("csr_matrix", "csr_array")]
        return isinstance(instance, tuple(kind for kind in kinds if kind is not None))


class _CSR(metaclass=_AnyCSR):
    """``scipy.sparse.csr.csr_matrix``, which an array of newer SciPy is not."""


def scipy_view() -> types.ModuleType:
    """SciPy with ``scipy.sparse.csr``, a submodule that it is about to drop."""
    csr = types.SimpleNamespace(csr_matrix=_CSR)
    return Package("scipy", sparse=Package("scipy.sparse", csr=csr))
