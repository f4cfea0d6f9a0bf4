"""The memory of arrays on the CPU: as NumPy sees it, and whether anybody has written there."""

from __future__ import annotations

import mmap
import os
from typing import Any

import mxnet as mx
import numpy as np

from .laws import Values

# What an entry of /proc/self/pagemap says of a page: bit 63 that it is in memory, 62 in the swap.
_EXISTS = np.uint64(0b11 << 62)


def can_be_seen(array: Any) -> bool:
    """Whether an NDArray has memory of which NumPy understands where it is and what it holds."""
    if array.ctx.device_type != "cpu" or array.stype != "default":
        return False
    return bool(array.size) and np.dtype(array.dtype).kind == "f"


def of(array: Any) -> Values:
    """The memory of an NDArray, to write into, once no operator is at work on it.

    It stays as long as NumPy sees it, whatever becomes of the NDArray.
    """
    return np.asarray(_Lent(array.to_dlpack_for_write()))


def new(shape: tuple[int, ...], dtype: Any) -> tuple[Any, Values]:
    """An NDArray of floats on ``cpu(0)`` that is yet to be filled, and its memory."""
    array = mx.nd.empty(shape, ctx=mx.cpu(0), dtype=dtype)
    # For writing, MXNet would wait for other users by an operator of its own, 80 microseconds
    # for each of thousands of arrays. A new one has no others.
    return array, np.asarray(_Lent(array.to_dlpack_for_read()))


class _Lent:
    """What MXNet lends by DLPack, as NumPy's array interface.

    It takes both: MXNet knows only the one, and NumPy keeps from writing what comes by it.

    Source: https://numpy.org/doc/stable/reference/arrays.interface.html

    """

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule
        self._seen = np.from_dlpack(self)
        self.__array_interface__ = self._seen.__array_interface__
        address, _ = self.__array_interface__["data"]
        self.__array_interface__["data"] = (address, False)  # not for reading alone

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # DLPack's number of a CPU, and which one


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
