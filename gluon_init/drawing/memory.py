"""The memory of arrays on the CPU: as NumPy sees it, and whether anybody has written there."""

from __future__ import annotations

import ctypes
import math
import mmap
import os
from typing import Any

import mxnet as mx
import numpy as np

from .laws import Values

# What an entry of /proc/self/pagemap says of a page: bit 63 that it is in memory, 62 in the swap.
_EXISTS = np.uint64(0b11 << 62)


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """``mx.nd.empty`` on the CPU, for most arrays in half the time: nets have thousands."""
    if np.dtype(dtype) != np.float32 or math.prod(shape) >= 1 << 31:
        return mx.nd.empty(shape, ctx=mx.cpu(0), dtype=dtype)
    handle = mx.base.NDArrayHandle()
    sizes = (ctypes.c_uint * len(shape))(*shape)
    where, device, delayed, kind = 1, 0, 0, 0  # the CPU, the first one, at once, float32
    mx.base.check_call(
        mx.base._LIB.MXNDArrayCreateEx(
            sizes, len(shape), where, device, delayed, kind, ctypes.byref(handle)
        )
    )
    return mx.nd.NDArray(handle=handle)


def of(array: Any, shape: tuple[int, ...], dtype: Any) -> Values:
    """The memory of a dense NDArray on the CPU, on which no operator is at work."""
    pointer = ctypes.c_void_p()
    mx.base.check_call(mx.base._LIB.MXNDArrayGetData(array.handle, ctypes.byref(pointer)))
    size = math.prod(shape) * np.dtype(dtype).itemsize
    own: Any = (ctypes.c_char * size).from_address(pointer.value or 0)
    own.array = array  # which must not go while somebody writes here
    values: Values = np.frombuffer(own, dtype).reshape(shape)
    return values


class Pages:
    """Knows which memory nobody has written to since the system gave it, all zeros.

    The system hands out memory as a promise, and makes a page of it, in zeros, when it is written
    to or read. Writing further zeros there takes time and memory, and changes nothing. Where the
    system does not tell (it is not Linux, or a sandbox), nothing counts as untouched.

    Source: https://docs.kernel.org/admin-guide/mm/pagemap.html

    """

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/pagemap", os.O_RDONLY)
        except OSError:
            self._file = -1

    def close(self) -> None:
        """To be called at the end."""
        if self._file >= 0:
            os.close(self._file)

    def clear_edges(self, values: Values) -> bool:
        """Whether the whole pages of ``values`` are untouched; if so, sets the rest to zero."""
        start = values.ctypes.data
        first, last = -(-start // mmap.PAGESIZE), (start + values.nbytes) // mmap.PAGESIZE
        if self._file < 0 or last <= first:
            return False
        found = os.pread(self._file, 8 * (last - first), 8 * first)
        if len(found) != 8 * (last - first) or (np.frombuffer(found, np.uint64) & _EXISTS).any():
            return False
        flat = values.reshape(-1).view(np.uint8)
        flat[: first * mmap.PAGESIZE - start] = 0
        flat[last * mmap.PAGESIZE - start :] = 0
        return True
