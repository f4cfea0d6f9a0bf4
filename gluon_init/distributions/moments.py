"""Tests of mean, standard deviation and independence, where the central limit theorem serves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.stats

from ..drawing.laws import Law, Values
from .outcome import Outcome

MANY = 1000  # numbers from which on the central limit theorem is relied upon


def mean_and_deviation(flat: Values, law: Law, smooth: bool) -> Iterator[Outcome]:
    """Mean and standard deviation; where the law is smooth, they must not be too exact either."""
    sigma = math.sqrt(law.variance)
    mean = float(flat.mean())
    z = (mean - law.mean) / sigma * math.sqrt(flat.size)
    close = "" if abs(z) > 0.1 else ": closer than chance comes, as if it had been corrected"
    if _is_enough(_tails(law, lambda x: x), flat.size):
        sentence = f"the mean is {mean:.4g}, expected {law.mean:.4g}{close}"
        yield Outcome("mean", mean, law.mean, _two_sided(z, smooth), sentence)
    squares = (flat - law.mean) ** 2
    tails = _tails(law, lambda x: (x - law.mean) ** 2)
    if _is_enough(tails, flat.size):
        deviation = math.sqrt(float(squares.mean()))
        z = (float(squares.mean()) - law.variance) / tails.sigma * math.sqrt(flat.size)
        close = "" if abs(z) > 0.1 else ": closer than chance comes, as if it had been corrected"
        sentence = f"the standard deviation is {deviation:.4g}, expected {sigma:.4g}{close}"
        yield Outcome("standard deviation", deviation, sigma, _two_sided(z, smooth), sentence)


@dataclass(frozen=True)
class _Tails:
    """How a quantity is distributed, as far as the central limit theorem goes by it."""

    mean: float
    sigma: float
    skewness: float
    kurtosis: float


def _tails(law: Law, of: Callable[[Values], Values]) -> _Tails:
    """Of a function of one number, by integration over the law."""
    numbers, share = law.nodes
    values = of(numbers)
    mean = float((share * values).sum())
    centred = values - mean
    sigma = math.sqrt(float((share * centred**2).sum()))
    if sigma <= 1e-9 * float(np.abs(values).max()):
        return _Tails(mean, 0.0, math.inf, math.inf)
    third, fourth = (float((share * (centred / sigma) ** k).sum()) for k in (3, 4))
    return _Tails(mean, sigma, third, fourth)


def _is_enough(tails: _Tails, size: int, factors: int = 1) -> bool:
    """Whether means of so many products of so many such numbers are normal, far into the tails.

    Where a rare value counts for much they are not, and a right initializer would be blamed.
    """
    skewness, kurtosis = tails.skewness**factors, tails.kurtosis**factors
    return skewness**2 < 0.01 * size and kurtosis < 0.06 * size


_TRANSFORMS: dict[str, Callable[[Values], Values]] = {"": np.asarray, " in size": np.abs}


def independence(numbers: Values, law: Law) -> Iterator[Outcome]:
    """Neighbours depend on one another neither in value nor in size; rows and columns are alike."""
    standard = (numbers - law.mean) / math.sqrt(law.variance)
    for name, first, second, what in _pairs(standard):
        for kind, transform in _TRANSFORMS.items():
            tails = _tails(law, lambda x, t=transform: t(x - law.mean))  # type: ignore[misc]
            if first.size >= MANY and _is_enough(tails, first.size, factors=2):
                a, b = transform(first), transform(second)
                a, b = (a, b) if not kind else (a - a.mean(), b - b.mean())
                r = float((a * b).mean() / max(float((a * a).mean()), 1e-300))
                sentence = f"{what} depend on one another{kind}: correlation {r:.3f}, expected 0"
                p_value = _two_sided(r * math.sqrt(first.size))
                yield Outcome(f"correlation of {name}{kind}", r, 0, p_value, sentence)
    if numbers.ndim > 1:
        squares = _tails(law, lambda x: (x - law.mean) ** 2 / law.variance)
        for axis, name in ((0, "rows"), (-1, "columns")):
            groups = np.moveaxis(standard, axis, 0).reshape(numbers.shape[axis], -1)
            means = groups.mean(axis=1)
            yield from _scatter(means, groups.shape[1], _tails(law, lambda x: x), "means", name)
            if squares.sigma:
                means = ((groups**2).mean(axis=1) - squares.mean) / squares.sigma
                yield from _scatter(means, groups.shape[1], squares, "spreads", name)


def _pairs(standard: Values) -> Iterator[tuple[str, Values, Values, str]]:
    """What is compared number by number: the name of the test, both sides, and both in words."""
    half = standard.size // 2
    flat = standard.ravel()
    yield "halves", flat[:half], flat[half : 2 * half], "the two halves of the array"
    for axis, what in ((-1, "neighbours in a row"), (0, "neighbours in a column")):
        if standard.ndim > 1 or axis == -1:
            length = standard.shape[axis]
            first = np.take(standard, range(length - 1), axis).ravel()
            second = np.take(standard, range(1, length), axis).ravel()
            yield what, first, second, what


def _scatter(means: Values, length: int, tails: _Tails, what: str, name: str) -> Iterator[Outcome]:
    """Whether the means of groups of ``length`` numbers scatter as independent numbers have it."""
    if length < 30 or means.size < 2 or tails.kurtosis > 0.5 * length:
        return
    ratio = float((means**2).mean()) * length
    # a square's variance is 2 for normal means; gamma with that variance, which is chi-squared then
    variance = 2 + (tails.kurtosis - 3) / length
    scatter = scipy.stats.gamma(means.size / variance, scale=variance / means.size)
    p_value = min(1.0, 2 * min(float(scatter.sf(ratio)), float(scatter.cdf(ratio))))
    sentence = (
        f"the {what} of the {name} scatter {math.sqrt(ratio):.3f} times as much as those of "
        f"independent numbers"
    )
    label = f"scatter of {name}" if what == "means" else f"scatter of {what} of {name}"
    yield Outcome(label, ratio, 1, p_value, sentence)


def _two_sided(z: float, smooth: bool = False) -> float:
    """The probability of being so far from the law's value; and, where smooth, of being so near."""
    far = float(2 * scipy.stats.norm.sf(abs(z)))
    near = math.erf(abs(z) / math.sqrt(2))
    return min(1.0, 2 * min(far, near)) if smooth else far
