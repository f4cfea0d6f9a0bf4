"""The tests of numbers against a law: shares, range, shape, extremes, repeats; and the others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.stats

from ..drawing.laws import Component, Law, Normal, Point, Uniform, Values, width
from . import moments
from .outcome import Outcome

_SLACK = 1e-5  # how far rounding to float32 may carry a number out of its range, relatively
_STEP = 2.0**-23  # random bits may be as coarse as this, relative to the width that they fill


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
    if flat.size >= moments.MANY and law.variance > 0:
        smooth = sum(weight for weight, _ in parts) * flat.size >= moments.MANY
        outcomes += moments.mean_and_deviation(flat, law, smooth)
        outcomes += moments.independence(numbers, law)
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
        step = 2 * _STEP * max(abs(value), *(width(component) for _, component in own))
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


def _some_beyond(x: float, parts: Sequence[tuple[float, Component]], size: int) -> float:
    """The probability that any of so many numbers is greater than ``x``."""
    total = sum(weight for weight, _ in parts)
    mirrored = np.asarray([-x])
    beyond = sum(w * float(_cdf(_mirror(c), mirrored)[0]) for w, c in parts) / total
    return -math.expm1(size * math.log1p(-beyond)) if beyond < 1 else 1.0


def _median_of_largest(parts: Sequence[tuple[float, Component]], size: int) -> float:
    reach = [abs(c.mean) + 40 * width(c) for _, c in parts]
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
            found += weight / total * _density(component, x) * (spacing + _STEP * width(component))
        return found

    return weights, same(numbers), same(numbers) + same(-numbers)


def _quantile(component: Component, share: Values) -> Values:
    if isinstance(component, Uniform):
        return component.low + width(component) * share
    return np.asarray(scipy.stats.norm.ppf(share, component.mean, width(component)))


def _density(component: Component, x: Values) -> Values:
    if isinstance(component, Uniform):
        return ((x >= component.low) & (x <= component.high)) / width(component)
    return np.asarray(scipy.stats.norm.pdf(x, component.mean, width(component)))


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
