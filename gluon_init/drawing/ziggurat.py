"""The layers that cover the bell curve, and the logarithm that decides at their rim.

Everything here comes out the same on every machine, to the last bit (see ``streams``). The layers
are computed by Python's ``decimal``, which works in integers and rounds each exponential,
logarithm, root and quotient correctly. ``log`` is made of additions, multiplications and divisions,
each a NumPy call of its own.

Source: Marsaglia and Tsang, The ziggurat method for generating random variables (2000).
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import numpy as np

Values = np.ndarray[Any, Any]

LAYERS = 256
# Where the lowest layer's rectangle ends: the one number for which so many layers of equal area
# end at the top of the curve.
_TAIL = Decimal("3.65542041902694151374820795")
TAIL = float(_TAIL)
_EXACT = decimal.Context(prec=24, rounding=decimal.ROUND_HALF_EVEN, traps=[])


def _layers() -> tuple[Values, Values]:
    """The half width of each layer and the height where it begins, the lowest layer first.

    Each has one more, for the top of the curve. The lowest layer is a rectangle and, beyond it, all
    below x / TAIL * exp(-x**2 / 2), which lies above the curve. Its width is that of a rectangle
    with the area of both.
    """
    with decimal.localcontext(_EXACT):
        height = (-_TAIL * _TAIL / 2).exp()
        area = _TAIL * height + height / _TAIL
        widths, heights = [area / height, _TAIL], [Decimal(0), height]
        while len(widths) < LAYERS:
            height += area / widths[-1]
            heights.append(height)
            widths.append((-2 * height.ln()).sqrt())
    return np.array([*map(float, widths), 0.0]), np.array([*map(float, heights), 1.0])


WIDTHS, HEIGHTS = _layers()

_LN_2 = 0.6931471805599453
_ROOT = 0.7071067811865476  # of 1/2
_SERIES = [1 / odd for odd in range(19, 0, -2)]  # artanh(x) / x, in powers of x**2, highest first


def log(values: Values) -> Values:
    """Natural logarithms of float64 from 0 (not included) to 1, with an error of some 1e-16.

    A number is m times a power of two, with m from 1/2 to 1. There ln(m / r) is 2 artanh(x) of an
    x = (m - r) / (m + r) below 0.172, r being the root of 1/2: a short series gives it.
    """
    mantissa, exponent = np.frexp(values)  # exact
    x = (mantissa - _ROOT) / (mantissa + _ROOT)
    square = x * x
    total = np.full_like(square, _SERIES[0])
    for coefficient in _SERIES[1:]:
        total *= square
        total += coefficient
    total *= x
    total += total
    total += (exponent - 0.5) * _LN_2
    return total
