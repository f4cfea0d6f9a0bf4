"""The tests of numbers against a law: shares, shape, extremes, repeats, moments, independence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats

from .laws import Component, Law, Normal, Point, Uniform, Values

_MANY = 1000  # numbers from which on the central limit theorem is relied upon
_SLACK = 1e-5  # how far rounding to float32 may carry a number out of its range, relatively
_STEP = 2.0**-23  # random bits may be as coarse as this, relative to the width that they fill


@dataclass(frozen=True)
class Outcome:
    """One test: what was seen, what the law says, and how probable such a deviation is.

    ``p_value`` is None for a test without chance, which ``failed`` decides.
    """

    test: str
    observed: float
    expected: float
    p_value: float | None
    sentence: str
    failed: bool = False


def test_all(values: Values, law: Law) -> list[Outcome]:
    """All tests that make sense for an array of this size and shape, and this law."""
    numbers = np.asarray(values, np.float64)
    flat = numbers.ravel()
    finite = np.isfinite(flat)
    share = 1 - float(finite.mean())
    outcomes = [
        Outcome("finite", share, 0, None, f"{share:.1%} of the values are not finite", share > 0)
    ]
    if share:
        return outcomes
    law = _settled(law)
    atoms, parts = _split(law)
    near = {atom.value: _is_at(flat, atom.value) for atom in atoms}
    rest = flat
    for value in near:
        rest = rest[~_is_at(rest, value)]
    outcomes += _shares(flat, law, near)
    outcomes += _support(rest, parts, flat.size)
    if parts:
        outcomes += _shapes(rest, parts)
        outcomes += _extremes(rest, parts)
        outcomes += _repetition(rest, parts)
    outcomes += _repeated_rows(numbers, law)
    if flat.size >= _MANY and law.variance > 0:
        smooth = sum(weight for weight, _ in parts) * flat.size >= _MANY
        outcomes += _moments(flat, law, smooth)
        outcomes += _independence(numbers, law)
    return outcomes


test_all.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's


# ---------------------------------------------------------------------------------------------
# How much, and where


def _settled(law: Law) -> Law:
    """What has no width is a point, and points that float32 cannot keep apart are one."""
    total: dict[Component, float] = {}
    for weight, component in zip(law.weights, law.components, strict=True):
        if component.variance == 0:
            near = (
                other for other in total
                if isinstance(other, Point) and _is_at(np.asarray(component.mean), other.value)
            )  # fmt: skip
            component = next(near, Point(component.mean))
        total[component] = total.get(component, 0.0) + weight
    return Law(tuple(total.values()), tuple(total))


def _split(law: Law) -> tuple[list[Point], list[tuple[float, Component]]]:
    parts = list(zip(law.weights, law.components, strict=True))
    atoms = [component for _, component in parts if isinstance(component, Point)]
    return atoms, [(w, c) for w, c in parts if not isinstance(c, Point)]


def _is_at(flat: Values, value: float) -> Any:
    return np.abs(flat - np.float32(value)) <= abs(value) * _SLACK


def _shares(flat: Values, law: Law, near: dict[float, Any]) -> Iterator[Outcome]:
    """The share of each point, and of each interval that stands apart from all others."""
    for weight, component in zip(law.weights, law.components, strict=True):
        if isinstance(component, Point):
            name, count = f"P(w = {component.value:g})", int(near[component.value].sum())
        elif isinstance(component, Uniform) and _stands_apart(component, law):
            low, high = _widened(component)
            name = f"P({component.low:g} <= w <= {component.high:g})"
            count = int(((flat >= low) & (flat <= high)).sum())
        else:
            continue
        share = count / flat.size
        p_value = float(scipy.stats.binomtest(count, flat.size, min(weight, 1.0)).pvalue)
        sentence = f"{name} is {_number(share, weight)}, expected {_number(weight, share)}"
        yield Outcome(name, share, weight, p_value, sentence)


def _number(share: float, other: float) -> str:
    """Two digits, or more where two do not tell the two shares apart."""
    if abs(share - other) > 0.01 or share == 0:
        return f"{share:.2f}"
    return f"{share:.3g}"


def _stands_apart(component: Uniform, law: Law) -> bool:
    low, high = _widened(component)
    for other in law.components:
        if other == component:
            continue
        if isinstance(other, Normal):
            return False
        bounds = (other.value, other.value) if isinstance(other, Point) else _widened(other)
        if bounds[0] <= high and low <= bounds[1]:
            return False
    return True


def _widened(component: Uniform) -> tuple[float, float]:
    slack = max(abs(component.low), abs(component.high)) * _SLACK
    return component.low - slack, component.high + slack


def _support(
    rest: Values, parts: Sequence[tuple[float, Component]], size: int
) -> Iterator[Outcome]:
    """Nothing may lie where the law has no probability."""
    if any(isinstance(component, Normal) for _, component in parts):
        return
    inside = np.zeros(rest.shape, bool)
    for _, component in parts:
        if isinstance(component, Uniform):
            low, high = _widened(component)
            inside |= (rest >= low) & (rest <= high)
    outside = rest[~inside]
    share = outside.size / size
    example = f", for instance {outside[0]:.4g}" if outside.size else ""
    sentence = f"{share:.2g} of the values lie where none should{example}"
    yield Outcome("outside its range", share, 0, None, sentence, outside.size > 0)


def _shapes(rest: Values, parts: Sequence[tuple[float, Component]]) -> Iterator[Outcome]:
    """Kolmogorov and Smirnov's test of all that is not a point, and of each interval alone."""
    total = sum(weight for weight, _ in parts)

    def below(x: Values) -> Values:
        return sum((w / total) * _cdf(c, x) for w, c in parts)  # type: ignore[return-value]

    name = " + ".join(str(component) for _, component in parts)
    yield from _kolmogorov(rest, below, name)
    if len(parts) < 2:
        return
    for _, component in parts:
        if isinstance(component, Uniform):
            low, high = _widened(component)
            inside = rest[(rest >= low) & (rest <= high)]
            if all(other == component or _apart(component, other) for _, other in parts):
                yield from _kolmogorov(inside, lambda x, c=component: _cdf(c, x), str(component))


def _apart(one: Uniform, other: Component) -> bool:
    return isinstance(other, Uniform) and (one.high <= other.low or other.high <= one.low)


def _cdf(component: Component, x: Values) -> Values:
    if isinstance(component, Uniform):
        return np.clip((x - component.low) / (component.high - component.low), 0, 1)
    return np.asarray(scipy.stats.norm.cdf(x, component.mean, math.sqrt(component.variance)))


def _kolmogorov(values: Values, below: Any, name: str) -> Iterator[Outcome]:
    if not values.size:
        return
    found = scipy.stats.kstest(values, below, method="auto" if values.size < 5000 else "asymp")
    where = float(found.statistic_location)
    seen, meant = float((values <= where).mean()), float(below(np.asarray([where]))[0])
    sentence = (
        f"the shape is not that of {name}: {seen:.3f} of the values are at most {where:.4g}, "
        f"expected {meant:.3f}"
    )
    yield Outcome(f"shape of {name}", float(found.statistic), 0, float(found.pvalue), sentence)


def _extremes(rest: Values, parts: Sequence[tuple[float, Component]]) -> Iterator[Outcome]:
    """The largest and the smallest number: neither farther out than so many get, nor cut off."""
    if not rest.size:
        return
    mirrored = [(weight, _mirror(component)) for weight, component in parts]
    ends = (("largest", 1, parts), ("smallest", -1, mirrored))
    for name, sign, own in ends:
        value = float((sign * rest).max())
        step = 2 * _STEP * max(abs(value), *(_width(component) for _, component in own))
        far = _some_beyond(value - step, own, rest.size)
        near = 1 - _some_beyond(value + step, own, rest.size)
        median = _median_of_largest(own, rest.size)
        how = "farther out than" if far < near else "cut off, or not as far out as"
        sentence = (
            f"the {name} value is {sign * value:.4g}, {how} that of {rest.size} such numbers, "
            f"about {sign * median:.4g}"
        )
        p_value = min(1.0, 2 * min(far, near))
        yield Outcome(f"{name} value", sign * value, sign * median, p_value, sentence)


def _mirror(component: Component) -> Component:
    if isinstance(component, Uniform):
        return Uniform(-component.high, -component.low)
    return Normal(-component.mean, math.sqrt(component.variance))


def _width(component: Component) -> float:
    """From end to end of an interval; the standard deviation of a bell curve."""
    if isinstance(component, Uniform):
        return component.high - component.low
    return math.sqrt(component.variance)


def _some_beyond(x: float, parts: Sequence[tuple[float, Component]], size: int) -> float:
    """The probability that any of so many numbers is greater than ``x``."""
    total = sum(weight for weight, _ in parts)
    mirrored = np.asarray([-x])
    beyond = sum(w * float(_cdf(_mirror(c), mirrored)[0]) for w, c in parts) / total
    return -math.expm1(size * math.log1p(-beyond)) if beyond < 1 else 1.0


def _median_of_largest(parts: Sequence[tuple[float, Component]], size: int) -> float:
    reach = [abs(c.mean) + 40 * _width(c) for _, c in parts]
    low, high = -max(reach), max(reach)
    for _ in range(100):
        middle = (low + high) / 2
        beyond = _some_beyond(middle, parts, size) > 0.5
        low, high = (middle, high) if beyond else (low, middle)
    return low


def _repetition(rest: Values, parts: Sequence[tuple[float, Component]]) -> Iterator[Outcome]:
    """From a continuous law hardly any number comes twice, but for the steps of float32."""
    if rest.size < 2:
        return
    distinct, counts = np.unique(rest, return_counts=True)
    sizes = len(np.unique(np.abs(distinct)))  # mirrored draws share absolute values
    weights, signed, unsigned = _likeness(parts)
    share = sizes / rest.size
    # of those that fall on the same step as others, all but one are missing
    crowd = np.maximum(rest.size * unsigned, 1e-300)
    meant = float((weights * -np.expm1(-crowd) / crowd).sum())
    missing = rest.size - sizes
    sentence = (
        f"only {share:.2%} of the values differ in size from one another: they are rounded, "
        f"repeated or mirrored"
    )
    p_value = float(scipy.stats.poisson.sf(missing - 1, rest.size * (1 - meant)))
    yield Outcome("different values", share, meant, p_value, sentence)
    most = int(np.max(counts))
    tuples = _log_choose(rest.size, most)
    p_value = min(1.0, float((weights * np.exp(tuples + (most - 1) * np.log(signed))).sum()))
    sentence = (
        f"one value, {distinct[np.argmax(counts)]:.4g}, comes {most} times, where hardly any "
        f"should twice: numbers are clipped, or a row, a diagonal or the like is set"
    )
    yield Outcome("most of one value", most, 1, p_value if most > 1 else 1.0, sentence)


def _log_choose(size: int, most: int) -> float:
    return math.lgamma(size + 1) - math.lgamma(most + 1) - math.lgamma(size - most + 1)


def _likeness(parts: Sequence[tuple[float, Component]]) -> tuple[Values, Values, Values]:
    """How probable it is at most that another number is the same: with its sign, and without.

    At numbers spread over the law, with their weights. A number stands for all that float32 and the
    bits of a generator cannot keep apart from it.
    """
    total = sum(weight for weight, _ in parts)
    quantiles = (np.arange(1000) + 0.5) / 1000
    numbers = np.concatenate([_quantile(component, quantiles) for _, component in parts])
    weights = np.repeat([weight / total / 1000 for weight, _ in parts], 1000)
    spacing = np.spacing(np.abs(numbers).astype(np.float32)).astype(np.float64)

    def same(x: Values) -> Values:
        found = np.zeros(x.shape)
        for weight, component in parts:
            found += weight / total * _density(component, x) * (spacing + _STEP * _width(component))
        return found

    return weights, same(numbers), same(numbers) + same(-numbers)


def _quantile(component: Component, share: Values) -> Values:
    if isinstance(component, Uniform):
        return component.low + _width(component) * share
    return np.asarray(scipy.stats.norm.ppf(share, component.mean, _width(component)))


def _density(component: Component, x: Values) -> Values:
    if isinstance(component, Uniform):
        return ((x >= component.low) & (x <= component.high)) / _width(component)
    return np.asarray(scipy.stats.norm.pdf(x, component.mean, _width(component)))


def all_the_same(law: Law, size: int) -> float:
    """An upper bound of the probability that two arrays of so many numbers are equal."""
    law = _settled(law)
    parts = zip(law.weights, law.components, strict=True)
    same = sum(w**2 if isinstance(c, Point) else w**2 / 2**20 for w, c in parts)
    return float(min(same, 1.0) ** size)


def _repeated_rows(numbers: Values, law: Law) -> Iterator[Outcome]:
    """Whether a whole row or column comes twice, where that is next to impossible."""
    chance, again, asked = 0.0, 0, False
    for axis in (0, -1):
        count = numbers.shape[axis] if numbers.ndim > 1 else 1
        own = math.comb(count, 2) * all_the_same(law, numbers.size // count)
        if count > 1 and own < 1e-9:
            chance, asked = chance + own, True
            again += count - len({group.tobytes() for group in np.moveaxis(numbers, axis, 0)})
    if asked:
        sentence = f"{again} rows or columns are equal to others"
        yield Outcome("rows that repeat", again, 0, chance if again else 1.0, sentence)


# ---------------------------------------------------------------------------------------------
# Moments and independence


def _moments(flat: Values, law: Law, smooth: bool) -> Iterator[Outcome]:
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


_untyped: Any = np.polynomial  # NumPy 1 has no types for it

# Numbers and weights whose sums are integrals over a component of width 1 about 0.
_UNITS: dict[type[Component], tuple[Values, Values]] = {
    Point: (np.zeros(1), np.ones(1)),
    Uniform: _untyped.legendre.leggauss(64),
    Normal: _untyped.hermite_e.hermegauss(64),
}


@dataclass(frozen=True)
class _Tails:
    """How a quantity is distributed, as far as the central limit theorem goes by it."""

    mean: float
    sigma: float
    skewness: float
    kurtosis: float


def _tails(law: Law, of: Callable[[Values], Values]) -> _Tails:
    """Of a function of one number, by integration over the law."""
    nodes, weights = [], []
    for weight, component in zip(law.weights, law.components, strict=True):
        unit, share = _UNITS[type(component)]
        half = _width(component) / 2 if isinstance(component, Uniform) else _width(component)
        nodes.append(component.mean + half * unit)
        weights.append(weight * share / share.sum())
    values, share = of(np.concatenate(nodes)), np.concatenate(weights)
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


def _independence(numbers: Values, law: Law) -> Iterator[Outcome]:
    standard = (numbers - law.mean) / math.sqrt(law.variance)
    for name, first, second, what in _pairs(standard):
        for kind, transform in _TRANSFORMS.items():
            tails = _tails(law, lambda x, t=transform: t(x - law.mean))  # type: ignore[misc]
            if first.size >= _MANY and _is_enough(tails, first.size, factors=2):
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
