"""Between MXNet's arrays and NumPy's: what goes in, what comes out, and by which key."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..old_numpy import numpy_major


def conversions(module: Any) -> None:
    """``nd.array`` and ``np.array`` take what they took.

    NumPy 1.19 took an NDArray for nested sequences, 32 deep, which later ones refuse: so
    ``np.array_equal``, and ``mx.test_utils.same``, no longer worked on NDArrays. Integers out of
    a type's range, which NumPy warns of in lists since 1.24 and refuses since 2.0, wrap around.
    Numbers too large for a float become infinite without a warning.
    """
    name = "_np" if module.__name__ == "mxnet.numpy.multiarray" else "np"
    module.__dict__[name] = module.__dict__[name].with_names(array=_array)
    if module.__name__ == "mxnet.ndarray.ndarray":
        module.NDArray.__array__ = _as_numpy
        module.NDArray._sync_copyfrom = _without_cast_warnings(module.NDArray._sync_copyfrom)


def _as_numpy(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    values = self.asnumpy()
    return values if dtype is None else values.astype(dtype, copy=False)


def _array(value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """``np.array`` as NumPy 1.19 made it."""
    with _cast_warnings_off():
        try:
            return np.array(value, dtype=dtype, **kwargs)
        except OverflowError:
            wide = np.array(value, **kwargs)
            if wide.dtype.kind == "f" and np.isfinite(wide).all():
                wide = wide.astype(np.int64)
            if wide.dtype.kind != "i":
                raise
            return wide.astype(dtype)
        except ValueError:
            if not isinstance(value, (list, tuple)):
                raise
            return np.array(_numbers(value), dtype=dtype, **kwargs)


def _numbers(value: Any) -> Any:
    """A nested list in which arrays of one element, which passed for numbers, are numbers."""
    if isinstance(value, (list, tuple)):
        return [_numbers(one) for one in value]
    return value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value


@contextlib.contextmanager
def _cast_warnings_off() -> Iterator[None]:
    with np.errstate(over="ignore", invalid="ignore"):
        if numpy_major() >= 2:
            yield
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield


def _without_cast_warnings(method: Any) -> Any:
    @functools.wraps(method)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(over="ignore", invalid="ignore"):
            return method(*args, **kwargs)

    return quiet


def keys(module: Any) -> None:
    """An array without axes refuses a NumPy number as key by IndexError, as any other number.

    MXNet asks ``key == ()``, to which NumPy's numbers now answer with an array.
    """
    kind = module.NDArray if module.__name__ == "mxnet.ndarray.ndarray" else module.ndarray
    own = kind.__getitem__

    @functools.wraps(own)
    def getitem(self: Any, key: Any) -> Any:
        if isinstance(key, (np.generic, np.ndarray)) and self.ndim == 0:
            key = (key,)
        return own(self, key)

    kind.__getitem__ = getitem


def results(module: Any) -> None:
    """Functions that MXNet leaves to NumPy may return named tuples since NumPy 2."""
    own = module._as_mx_np_array

    @functools.wraps(own)
    def as_mx_np_array(object: Any, ctx: Any = None) -> Any:
        if isinstance(object, tuple) and hasattr(object, "_make"):
            return type(object)._make(own(list(object), ctx))
        return own(object, ctx)

    module._as_mx_np_array = as_mx_np_array


def division(module: Any) -> None:
    """What was called ``true_divide`` calls itself ``divide`` by now."""
    module._NUMPY_ARRAY_UFUNC_DICT["divide"] = module.mx_np.true_divide
