"""Standard normal numbers by a ziggurat over whole arrays.

NumPy's own goes through the same steps number by number, and decides each sign by a jump that a
processor cannot foresee; array by array they take half the time.

The area under the bell curve is covered by layers of equal size. A number is drawn evenly from one
layer, and in 99 of 100 cases lies so far inside that it is taken at once.

Source: Marsaglia and Tsang, The ziggurat method for generating random variables (2000); Doornik,
An improved ziggurat method to generate normal random samples (2005), for bits that serve once.
"""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

import numpy as np

from .ziggurat import HEIGHTS, LAYERS, TAIL, WIDTHS, Values, log


class _Kind(NamedTuple):
    """How random bits become numbers of one type.

    The lowest 8 choose the layer, the highest the place in it: the whole number of steps to the
    right or, where it is negative, to the left of the middle.
    """

    bits: str  # the type of integers that hold the bits of one number
    shift: int  # how many bits are no part of the place
    step: Values  # its length, for each layer
    inside: Values  # how many steps surely lie under the curve, for each layer


def _kind(bits: str, shift: int, dtype: type) -> _Kind:
    steps = 1 << (8 * np.dtype(bits).itemsize - shift - 1)  # on each side
    step, inside = WIDTHS[:-1] / steps, WIDTHS[1:] / WIDTHS[:-1] * steps
    return _Kind(bits, shift, step.astype(dtype), inside.astype(bits))


_KINDS = {  # the places have as many bits as a float of the type holds exactly
    np.dtype(np.float32): _kind("<i4", 8, np.float32),
    np.dtype(np.float64): _kind("<i8", 11, np.float64),
}
_SPANS = HEIGHTS[1:] - HEIGHTS[:-1]


class _Scratch(threading.local):
    """A thread's own room to work in, since fresh memory costs more than the numbers in it."""

    def __init__(self) -> None:
        self._rooms: dict[str, tuple[Values, Values, Values]] = {}

    def of(self, size: int, bits: str) -> tuple[Values, Values, Values]:
        layer, limit, doubt = self._rooms.get(bits, (np.empty(0),) * 3)
        if layer.size < size:
            layer, limit, doubt = (np.empty(size, dtype) for dtype in (np.intp, bits, np.bool_))
            self._rooms[bits] = layer, limit, doubt
        return layer[:size], limit[:size], doubt[:size]


_scratch = _Scratch()


def standard_normal(generator: np.random.Generator, out: Values) -> None:
    """Draws ``out``, a vector of float32 or float64, independently from N(0, 1).

    The same bits of the generator give the same numbers on every machine (see ``streams``). Uses
    memory for 17 bytes a number besides ``out`` for float32, 25 for float64.
    """
    kind = _KINDS[out.dtype]
    words = math.ceil(out.nbytes / 8)  # of 64 bits: as many bits as the numbers will have
    place = generator.bit_generator.random_raw(words).view(kind.bits)[: out.size]
    layer, limit, doubt = _scratch.of(out.size, kind.bits)
    np.bitwise_and(place, LAYERS - 1, out=layer)
    place >>= kind.shift
    np.take(kind.step, layer, out=out, mode="wrap")
    np.multiply(out, place, out=out, dtype=out.dtype, casting="unsafe")
    np.abs(place, out=place)
    np.take(kind.inside, layer, out=limit, mode="wrap")
    np.greater_equal(place, limit, out=doubt)
    doubtful = np.flatnonzero(doubt)
    if doubtful.size:
        _settle(generator, out, doubtful, layer[doubtful])


def _settle(generator: np.random.Generator, out: Values, at: Values, layer: Values) -> None:
    """Numbers at the rim of their layer stay if they lie under the curve, or are drawn anew.

    Each gets a height, evenly in its layer. Beyond the rectangle of the lowest layer the number
    itself comes of it: x, where the curve has this height, is there as likely as x * exp(-x**2 / 2)
    says, and stays with the probability TAIL / x.

    Source: Marsaglia, Generating a variable from the tail of the normal distribution (1964).
    """
    height = HEIGHTS.take(layer) + _SPANS.take(layer) * (1 - generator.random(at.size))
    reach = -2 * log(height)  # the square of where the curve has this height
    found = out[at].astype(np.float64)
    stays = found * found <= reach
    tail = np.flatnonzero(layer == 0)
    far = np.sqrt(reach[tail])
    stays[tail] = far * generator.random(tail.size) <= TAIL
    out[at[tail]] = np.copysign(far, found[tail])
    again = at[~stays]
    if again.size:
        redrawn = np.empty(again.size, out.dtype)
        standard_normal(generator, redrawn)
        out[again] = redrawn
