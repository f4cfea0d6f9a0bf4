"""Standard normal numbers of float32 by a ziggurat over whole arrays.

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
from typing import Any

import numpy as np

Values = np.ndarray[Any, Any]

_LAYERS = 256
_TAIL = 3.6541528853610088  # where the lowest layer's rectangle ends
_AREA = 0.004928673233974658  # of each layer
_STEPS = 2**23  # a layer's width is cut into so many on each side


def _edges() -> Values:
    """The half width of each layer, the lowest first, and a 0 for the top of the curve."""
    edges = [_AREA / math.exp(-(_TAIL**2) / 2), _TAIL]
    while len(edges) < _LAYERS:
        below = edges[-1]
        edges.append(math.sqrt(-2 * math.log(_AREA / below + math.exp(-(below**2) / 2))))
    return np.array([*edges, 0.0])


_EDGES = _edges()
_HEIGHTS = np.exp(-(_EDGES**2) / 2)
_STEP = (_EDGES[:-1] / _STEPS).astype(np.float32)
_INSIDE = (_EDGES[1:] / _EDGES[:-1] * _STEPS).astype(np.int32)  # steps that lie under the curve


class _Scratch(threading.local):
    """A thread's own room to work in, since fresh memory costs more than the numbers in it."""

    layer: Values = np.empty(0, np.intp)
    limit: Values = np.empty(0, np.int32)
    doubt: Values = np.empty(0, np.bool_)

    def of(self, size: int) -> tuple[Values, Values, Values]:
        if self.layer.size < size:
            self.layer = np.empty(size, np.intp)
            self.limit = np.empty(size, np.int32)
            self.doubt = np.empty(size, np.bool_)
        return self.layer[:size], self.limit[:size], self.doubt[:size]


_scratch = _Scratch()


def standard_normal(generator: np.random.Generator, out: Values) -> None:
    """Draws ``out``, a vector of float32, independently from N(0, 1).

    Of 32 random bits 8 choose the layer, 24 the place in it. Uses four times the memory of ``out``.
    """
    bits = generator.integers(0, 2**64, (out.size + 1) // 2, dtype=np.uint64)
    place = bits.view("<i4")[: out.size]
    layer, limit, doubt = _scratch.of(out.size)
    np.bitwise_and(place, _LAYERS - 1, out=layer)
    place >>= 8
    np.take(_STEP, layer, out=out, mode="wrap")
    np.multiply(out, place, out=out, dtype=np.float32, casting="unsafe")
    np.abs(place, out=place)
    np.take(_INSIDE, layer, out=limit, mode="wrap")
    np.greater_equal(place, limit, out=doubt)
    doubtful = np.flatnonzero(doubt)
    _settle(generator, out, doubtful, layer[doubtful])


def _settle(generator: np.random.Generator, out: Values, at: Values, layer: Values) -> None:
    """Numbers at the rim of their layer stay if they lie under the curve, or are drawn anew."""
    found = out[at].astype(np.float64)
    span = _HEIGHTS[layer + 1] - _HEIGHTS[layer]
    height = _HEIGHTS[layer] + span * generator.random(at.size)
    tail = layer == 0
    again = at[(height >= np.exp(-(found**2) / 2)) & ~tail]
    out[again] = generator.standard_normal(again.size, dtype=np.float32)
    left = at[tail]
    while left.size:  # below the lowest rectangle: all that is farther out than _TAIL
        beyond = generator.standard_exponential(left.size) / _TAIL
        taken = 2 * generator.standard_exponential(left.size) > beyond**2
        out[left[taken]] = np.copysign(_TAIL + beyond[taken], out[left[taken]])
        left = left[~taken]
