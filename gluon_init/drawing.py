"""Lets any initializer fill an array from a stream of its own, and no other random state notice."""

from __future__ import annotations

import contextlib
import ctypes
import random
from collections.abc import Iterator
from typing import Any

import mxnet as mx
import numpy as np

from . import running, streams
from .errors import InitError
from .laws import Values, law_of

# They draw nothing: MXNet's own code can run where it is.
_WITHOUT_DRAWS = (mx.init.Bilinear, mx.init.LSTMBias, mx.init.Constant)


def draw(initializer: Any, desc: Any, array: Any, stream: int) -> None:
    """Fills ``array`` (an NDArray of any shape, type and device) as the initializer would.

    Initializers whose law is known are drawn by NumPy on all cores. Any other runs in a copy of
    the process whose random states are seeded from the stream.

    Raises:
        InitError: the initializer fails on this array; says why.

    """
    law = law_of(initializer, array.shape)
    if law is not None:
        with writable(array) as values:
            streams.fill([streams.Draw(law, values, stream)])
    elif type(initializer) in _WITHOUT_DRAWS:
        initializer._init_weight(desc, array)
    else:
        array[:] = _in_isolation(initializer, desc, array, stream)


@contextlib.contextmanager
def writable(array: Any) -> Iterator[Values]:
    """An NDArray as a NumPy array to write into: its own memory on the CPU, a copy elsewhere."""
    if array.ctx.device_type != "cpu" or array.stype != "default" or not array.size:
        values = np.empty(array.shape, array.dtype)
        yield values
        array[:] = values
        return
    array.wait_to_read()
    pointer = ctypes.c_void_p()
    mx.base.check_call(mx.base._LIB.MXNDArrayGetData(array.handle, ctypes.byref(pointer)))
    size = array.size * np.dtype(array.dtype).itemsize
    memory = (ctypes.c_char * size).from_address(pointer.value or 0)
    yield np.frombuffer(memory, array.dtype).reshape(array.shape)


def _in_isolation(initializer: Any, desc: Any, array: Any, stream: int) -> Values:
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

    found = running.in_a_copy(work)
    if "error" in found:
        raise InitError(
            f"{type(initializer).__name__} failed on {desc} of shape {shape}: {found['error']}. "
            f"Mend its _init_weight(name, arr)."
        )
    values: Values = found["values"]
    return values
