"""Random numbers that depend on a seed and a path alone, drawn on all cores.

An array is cut into chunks of a fixed size. Each has a stream of its own, whose key is the seed,
the path and the chunk's number, so that it does not matter which thread draws which chunk, or
when. Source: NumPy's ``SeedSequence`` and ``SFC64``.

The same on every machine
-------------------------
What a seed gives is the same, bit for bit, on each processor, system, C library, Python and NumPy,
since only these are used, each of which has one right result:

- integers: SHA-256, ``SeedSequence`` and ``SFC64`` (whose stream NumPy promises to keep), shifts,
  comparisons, tables looked up;
- integers made floats, where they fit (24 bits in a float32, 53 in a float64), and multiplied by a
  power of two: so does ``Generator.random``;
- additions, multiplications, divisions and square roots of float32 and float64, and the rounding of
  float64 to float32 and of float32 to float16, which IEEE 754 defines to the last bit (round to
  nearest, ties to even), with SSE as with AVX-512 or NEON, number by number as in a vector;
- ``decimal``, which computes in integers, for the layers of the ziggurat.

Two things could still differ, and are kept out. A compiler may put ``a * b + c`` together to one
fused operation, which rounds once less: it does so on aarch64 (and on Apple silicon) unasked, but
never across two calls of NumPy, and here each operation is a call of its own. And the order of a
sum may depend on the width of a vector: nothing is summed here but the few weights of a mixture, by
``cumsum``, which is defined to go from left to right. No logarithm, exponential or power of a C
library is called, no BLAS, and nothing that NumPy dispatches by processor except the operations
above; so glibc, musl and macOS's libm are alike. IEEE's rules are those of the thread: a program
that has told its processor to flush tiny numbers to zero gets zeros below 1e-38.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .laws import Law, Values

# Both are part of what a seed means: other sizes give other values.
CHUNK = 1 << 19  # numbers in a stream
_BLOCK = 1 << 18  # numbers drawn at once: so many that threads seldom wait for one another


def key(seed: int, path: str) -> int:
    """A number of 256 bits from a seed and a path."""
    return int.from_bytes(hashlib.sha256(f"{seed} {path}".encode()).digest(), "little")


class Draw(NamedTuple):
    """An array that is to be drawn: C-contiguous, of float16, 32 or 64."""

    law: Law
    values: Values
    stream: int


_Chunk = tuple[Law, Values, int, int]  # the law, the array, its stream, where the chunk begins


def fill(draws: Iterable[Draw]) -> None:
    """Draws the arrays in place. float16 is drawn as float32 and rounded."""
    portions = _portions(
        (draw.law, draw.values.reshape(-1), draw.stream, start)
        for draw in draws
        for start in range(0, draw.values.size, CHUNK)
    )
    first = next(portions, [])
    if sum(_size(chunk) for chunk in first) < _BLOCK:  # there is no more, and no work for a thread
        _fill_chunks(first)
        return
    work = [first, *portions]
    try:
        done = pool().map(_fill_chunks, work)
    except RuntimeError:  # Python is about to end, and gives no threads any more
        done = map(_fill_chunks, work)
    for _ in done:
        pass


def _portions(chunks: Iterable[_Chunk]) -> Iterator[list[_Chunk]]:
    """Chunks put together to portions that are worth a thread's while."""
    portion: list[_Chunk] = []
    size = 0
    for chunk in chunks:
        portion.append(chunk)
        size += _size(chunk)
        if size >= CHUNK:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _size(chunk: _Chunk) -> int:
    _, flat, _, start = chunk
    return min(CHUNK, flat.size - start)


def _fill_chunks(chunks: Sequence[_Chunk]) -> None:
    for law, flat, stream, start in chunks:
        _fill_chunk(law, flat, stream, start)


def _fill_chunk(law: Law, flat: Values, stream: int, start: int) -> None:
    end = min(start + CHUNK, flat.size)
    if law.is_constant:
        flat[start:end] = law.components[0].mean  # the law's own is rounded
        return
    sequence = np.random.SeedSequence(stream, spawn_key=(start // CHUNK,))
    generator = np.random.Generator(np.random.SFC64(sequence))
    for first in range(start, end, _BLOCK):
        part = flat[first : min(first + _BLOCK, end)]
        if part.dtype in (np.float32, np.float64):
            law.fill(generator, part)
        else:
            drawn = np.empty(part.size, np.float32)
            law.fill(generator, drawn)
            part[...] = drawn


def pool() -> concurrent.futures.ThreadPoolExecutor:
    """One pool for this process; a copy made by ``fork`` lacks its threads, and gets its own."""
    return _pool(os.getpid())


@functools.lru_cache(maxsize=1)
def _pool(process: int) -> concurrent.futures.ThreadPoolExecutor:
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return concurrent.futures.ThreadPoolExecutor(count, thread_name_prefix="gluon_init")
