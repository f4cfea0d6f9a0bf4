"""The memory of arrays on the CPU: as NumPy sees it, and whether anybody has written there."""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
from typing import Any

import mxnet as mx
import numpy as np

from .._fork import calls_mxnets_library
from .laws import Values

calls_mxnets_library(__name__)

# What an entry of /proc/self/pagemap says of a page: bit 63 that it is in memory, 62 in the swap.
_EXISTS = np.uint64(0b11 << 62)


def can_be_seen(array: Any) -> bool:
    """Whether an NDArray has memory of which NumPy understands where it is and what it holds."""
    if array.ctx.device_type != "cpu" or array.stype != "default":
        return False
    return bool(array.size) and np.dtype(array.dtype).kind == "f"


def of(array: Any) -> Values:
    """The memory of an NDArray, to write into, once nobody writes there any more.

    It stays as long as NumPy sees it, whatever becomes of the NDArray.
    """
    array.wait_to_read()
    return _seen(array)


def new(shape: tuple[int, ...], dtype: Any) -> tuple[Any, Values]:
    """An NDArray of floats on ``cpu(0)`` that is yet to be filled, and its memory."""
    array = mx.nd.empty(shape, ctx=mx.cpu(0), dtype=dtype)
    return array, _seen(array)


def _seen(array: Any) -> Values:
    # Not by DLPack: MXNet ends what it lends by a Python callback, in which an interrupt is lost,
    # and one on MXNet's own thread for what it borrows (from_numpy), which hangs a fork.
    address = ctypes.c_void_p()
    mx.base.check_call(_library().MXNDArrayGetData(array.handle, ctypes.byref(address)))
    return np.asarray(_Lent(array, address.value))


@functools.cache
def _library() -> ctypes.CDLL:
    """MXNet's library, for its C interface; it is the one that is loaded already."""
    return ctypes.CDLL(mx.libinfo.find_lib_path()[0])


class _Lent:
    """The memory of an NDArray, which it keeps, as NumPy takes it.

    Source: https://numpy.org/doc/stable/reference/arrays.interface.html

    """

    def __init__(self, array: Any, address: int | None) -> None:
        self._array = array
        self.__array_interface__ = {
            "data": (address, False),  # not for reading alone
            "shape": array.shape,
            "typestr": np.dtype(array.dtype).str,
            "version": 3,
        }


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
