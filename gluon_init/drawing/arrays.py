"""Lets any initializer fill an array from a stream of its own, and no other random state notice."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import mxnet as mx
import numpy as np

from .._fork import FailedInCopyError, in_a_copy
from .._gluon.arrays import array_maker
from .._gluon.describe import describe
from ..errors import InitError, in_a_line
from ..results.text import shape_text
from . import memory, streams
from .initializer_laws import law_of
from .laws import Values

# A number that nobody draws, exact in float32: what still holds it has not been written.
UNWRITTEN = -54321.125

# They draw nothing: MXNet's own code can run where it is.
_WITHOUT_DRAWS = (mx.init.Bilinear, mx.init.LSTMBias, mx.init.Constant)


def draw(initializer: Any, desc: Any, array: Any, stream: int, path: str, so_far: str = "") -> None:
    """Fills ``array`` (an NDArray of any shape, type and device) as the initializer would.

    Initializers whose law is known are drawn by NumPy on all cores. Any other runs in a copy of
    the process whose random states are seeded from the stream.

    An error names the parameter as ``path``, and repeats ``so_far``, a sentence about the others.

    Raises:
        InitError: the initializer fails on this array; says why.

    """
    law = law_of(initializer, array.shape)
    if law is not None:
        with writable(array) as values:
            streams.fill([streams.Draw(law, values, stream)])
        return
    try:
        if type(initializer) in _WITHOUT_DRAWS:
            initializer._init_weight(desc, array)
        else:
            _write(array, _in_isolation(initializer, desc, array, stream))
    except Exception as error:
        what = error.what if isinstance(error, FailedInCopyError) else in_a_line(error)
        raise InitError(
            f"{describe(initializer)} failed on {path} of shape {shape_text(array.shape)}: "
            f"{what}.{so_far and ' '}{so_far} Name another initializer for it, or mend its "
            f"_init_weight(name, arr)."
        ) from (None if isinstance(error, FailedInCopyError) else error)


@contextlib.contextmanager
def writable(array: Any) -> Iterator[Values]:
    """An NDArray as a NumPy array to write into: its own memory on the CPU, a copy elsewhere."""
    if memory.can_be_seen(array):
        yield memory.of(array)
        return
    values = np.empty(array.shape, array.dtype)
    yield values
    _write(array, values)


def _write(array: Any, values: Values) -> None:
    if array.stype != "default":  # which would warn of what is no NDArray, or not of its own kind
        array[:] = mx.nd.array(values, dtype=array.dtype).tostype(array.stype)
    else:
        array[... if array.ndim else ()] = values


def _in_isolation(initializer: Any, desc: Any, array: Any, stream: int) -> Values:
    """Its values, drawn in a copy of the process."""
    shape, dtype = array.shape, array.dtype

    def work() -> Values:
        seed = stream % 2**31
        mx.random.seed(seed)
        np.random.seed(seed)
        random.seed(stream)
        own = array_maker().zeros(shape, dtype=dtype, ctx=mx.cpu())
        if type(initializer).__call__ is mx.init.Initializer.__call__:
            initializer._init_weight(desc, own)
        else:
            initializer(desc, own)
        values: Values = own.asnumpy()
        return values

    return in_a_copy(work)
