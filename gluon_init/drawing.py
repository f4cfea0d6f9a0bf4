"""Lets any initializer fill an array from a stream of its own, and no other random state notice."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import mxnet as mx
import numpy as np

from . import memory, running, streams
from .errors import InitError, in_a_line
from .initializer_text import describe
from .laws import Values, law_of
from .tables import shape_text

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
    error: Any = None
    if type(initializer) in _WITHOUT_DRAWS:
        try:
            initializer._init_weight(desc, array)
        except Exception as raised:
            error = raised
    else:
        found = _in_isolation(initializer, desc, array, stream)
        error = found.get("error")
        if error is None:
            _write(array, found["values"])
    if error is not None:
        what = error if isinstance(error, str) else in_a_line(error)
        raise InitError(
            f"{describe(initializer)} failed on {path} of shape {shape_text(array.shape)}: "
            f"{what}.{so_far and ' '}{so_far} Name another initializer for it, or mend its "
            f"_init_weight(name, arr)."
        ) from (None if isinstance(error, str) else error)


@contextlib.contextmanager
def writable(array: Any) -> Iterator[Values]:
    """An NDArray as a NumPy array to write into: its own memory on the CPU, a copy elsewhere."""
    if array.ctx.device_type != "cpu" or array.stype != "default" or not array.size:
        values = np.empty(array.shape, array.dtype)
        yield values
        _write(array, values)
        return
    array.wait_to_read()
    yield memory.of(array, array.shape, array.dtype)


def _write(array: Any, values: Values) -> None:
    if array.stype != "default":  # which would warn of what is no NDArray, or not of its own kind
        array[:] = mx.nd.array(values, dtype=array.dtype).tostype(array.stype)
    else:
        array[... if array.ndim else ()] = values


def in_a_copy(work: Callable[[], dict[str, Any]]) -> Any:
    """``running.in_a_copy`` of an initializer's code, which may end the process: that is told."""

    def guarded() -> dict[str, Any]:
        try:
            return work()
        except (SystemExit, KeyboardInterrupt) as stop:
            return {"error": f"it ended the process by {in_a_line(stop)}"}

    return running.in_a_copy(guarded)


def _in_isolation(initializer: Any, desc: Any, array: Any, stream: int) -> Any:
    """In a copy of the process: its values, or the error."""
    shape, dtype = array.shape, array.dtype

    def work() -> dict[str, Any]:
        seed = stream % 2**31
        mx.random.seed(seed)
        np.random.seed(seed)
        random.seed(stream)
        zeros = mx.np.zeros if mx.util.is_np_array() else mx.nd.zeros
        own = zeros(shape, dtype=dtype, ctx=mx.cpu())
        if type(initializer).__call__ is mx.init.Initializer.__call__:
            initializer._init_weight(desc, own)
        else:
            initializer(desc, own)
        return {"values": own.asnumpy()}

    return in_a_copy(work)
