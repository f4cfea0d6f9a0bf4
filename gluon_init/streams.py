"""Random numbers that depend on a seed and a path alone, drawn on all cores.

An array is cut into chunks of a fixed size. Each has a stream of its own, whose key is the seed,
the path and the chunk's number, so that it does not matter which thread draws which chunk, or
when. Source: NumPy's ``SeedSequence`` and ``SFC64``.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import os

import numpy as np

from .laws import Law, Values

CHUNK = 1 << 19  # numbers in a stream
_BLOCK = 1 << 16  # numbers drawn at once: what fits into a core's cache


def key(seed: int, path: str) -> int:
    """A number of 256 bits from a seed and a path."""
    return int.from_bytes(hashlib.sha256(f"{seed} {path}".encode()).digest(), "little")


def fill(law: Law, values: Values, stream: int) -> None:
    """Draws ``values``, a C-contiguous array of float16, 32 or 64, in place.

    float16 is drawn as float32 and rounded.
    """
    flat = values.reshape(-1)
    starts = range(0, flat.size, CHUNK)
    draw = functools.partial(_fill_chunk, law, flat, stream)
    if len(starts) < 2:
        for start in starts:
            draw(start)
        return
    for _ in _threads().map(draw, starts):
        pass


def _fill_chunk(law: Law, flat: Values, stream: int, start: int) -> None:
    sequence = np.random.SeedSequence(stream, spawn_key=(start // CHUNK,))
    generator = np.random.Generator(np.random.SFC64(sequence))
    end = min(start + CHUNK, flat.size)
    for first in range(start, end, _BLOCK):
        part = flat[first : min(first + _BLOCK, end)]
        if part.dtype in (np.float32, np.float64):
            law.fill(generator, part)
        else:
            drawn = np.empty(part.size, np.float32)
            law.fill(generator, drawn)
            part[...] = drawn


def _threads() -> concurrent.futures.ThreadPoolExecutor:
    """One pool for this process; a copy made by ``fork`` lacks its threads, and gets its own."""
    return _pool(os.getpid())


@functools.lru_cache(maxsize=1)
def _pool(process: int) -> concurrent.futures.ThreadPoolExecutor:
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return concurrent.futures.ThreadPoolExecutor(count, thread_name_prefix="gluon_init")
