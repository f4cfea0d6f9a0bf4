"""The tests of numbers against a law: shares, range, shape, extremes, repeats; and the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import scipy.optimize
import scipy.stats

from ..drawing.laws import Component, Law, Point, Range, Values
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
    smooth = law.without_points
    near = {value: _is_at(flat, value) for value in law.points}
    rest = flat
    for value in near:
        rest = rest[~_is_at(rest, value)]
    outcomes += _shares(flat, law, near)
    outcomes += _support(rest, smooth, flat.size)
    if smooth.components:
        outcomes += _shapes(rest, smooth)
        outcomes += _extremes(rest, smooth)
        outcomes += _repetition(rest, smooth)
    outcomes += _repeated_rows(numbers, law)
    if flat.size >= moments.MANY and law.variance > 0:
        beside_points = sum(weight for weight, part in law.parts if not part.is_point)
        many = beside_points * flat.size >= moments.MANY
        outcomes += moments.mean_and_deviation(flat, law, smooth=many)
        outcomes += moments.independence(numbers, law)
    return outcomes


test_all.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's


# ---------------------------------------------------------------------------------------------
# How much, and where


def _settled(law: Law) -> Law:
    """What has no width is a point, and points that float32 cannot keep apart are one."""
    total: dict[Component, float] = {}
    for weight, component in law.parts:
        settled = component if component.variance else _point_at(component.mean, total)
        total[settled] = total.get(settled, 0.0) + weight
    return Law(tuple(total.values()), tuple(total))


def _point_at(value: float, known: Iterable[Component]) -> Component:
    """The first point of these that float32 cannot keep apart from the value, or a new one."""
    points = [component for component in known if component.is_point]
    same = [point for point in points if _is_at(np.asarray(value), point.mean)]
    return same[0] if same else Point(value)


def _is_at(flat: Values, value: float) -> Any:
    return np.abs(flat - np.float32(value)) <= abs(value) * _SLACK


def _shares(flat: Values, law: Law, near: dict[float, Any]) -> Iterator[Outcome]:
    """The share of each point, and of each interval that stands apart from all others."""
    for weight, component in law.parts:
        low, high = component.support
        if component.is_point:
            name, seen = f"P(w = {low:g})", near[low]
        elif _stands_apart(component, law):
            name, seen = f"P({low:g} <= w <= {high:g})", _within(flat, component)
        else:
            continue
        count = int(seen.sum())
        share = count / flat.size
        p_value = float(scipy.stats.binomtest(count, flat.size, min(weight, 1.0)).pvalue)
        sentence = f"{name} is {_number(share, weight)}, expected {_number(weight, share)}"
        yield Outcome(name, share, weight, p_value, sentence)


def _number(share: float, other: float) -> str:
    """Two digits, or more where two do not tell the two shares apart."""
    if abs(share - other) > 0.01 or share == 0:
        return f"{share:.2f}"
    return f"{share:.3g}"


def _stands_apart(component: Component, law: Law) -> bool:
    """Whether it has ends, and no other reaches into it."""
    low, high = _widened(component)
    others = [_widened(other) for other in law.components if other != component]
    return law.is_bounded and all(end < low or high < start for start, end in others)


def _widened(component: Component) -> Range:
    """Its range, and what rounding may add; a point's own slack is in ``_is_at``."""
    low, high = component.support
    slack = 0.0 if component.is_point else max(abs(low), abs(high)) * _SLACK
    return low - slack, high + slack


def _within(values: Values, component: Component) -> Values:
    low, high = _widened(component)
    return (values >= low) & (values <= high)


def _support(rest: Values, smooth: Law, size: int) -> Iterator[Outcome]:
    """Nothing may lie where the law has no probability."""
    if not smooth.is_bounded:
        return
    inside = np.zeros(rest.shape, bool)
    for component in smooth.components:
        inside |= _within(rest, component)
    outside = rest[~inside]
    share = outside.size / size
    example = f", for instance {outside[0]:.4g}" if outside.size else ""
    sentence = f"{share:.2g} of the values lie where none should{example}"
    yield Outcome("outside its range", share, 0, None, sentence, outside.size > 0)


def _shapes(rest: Values, smooth: Law) -> Iterator[Outcome]:
    """Kolmogorov and Smirnov's test of all that is not a point, and of each interval alone."""
    parts = smooth.components
    yield from _kolmogorov(rest, smooth.cdf, " + ".join(str(part) for part in parts))
    if len(parts) < 2:
        return
    for part in parts:
        if all(other == part or _apart(part, other) for other in parts):
            yield from _kolmogorov(rest[_within(rest, part)], part.cdf, str(part))


def _apart(one: Component, other: Component) -> bool:
    """Whether two have at most an end in common."""
    (low, high), (start, end) = one.support, other.support
    return high <= start or end <= low


def _kolmogorov(values: Values, below: Callable[[Values], Values], name: str) -> Iterator[Outcome]:
    if not values.size:
        return
    found = scipy.stats.kstest(values, below, method="auto" if values.size < 5000 else "asymp")
    where = float(found.statistic_location)
    seen, meant = float((values <= where).mean()), float(below(np.asarray(where)))
    sentence = (
        f"the shape is not that of {name}: {seen:.3f} of the values are at most {where:.4g}, "
        f"expected {meant:.3f}"
    )
    yield Outcome(f"shape of {name}", float(found.statistic), 0, float(found.pvalue), sentence)


def _extremes(rest: Values, smooth: Law) -> Iterator[Outcome]:
    """The largest and the smallest number: neither farther out than so many get, nor cut off."""
    if not rest.size:
        return
    ends = (("largest", 1, smooth), ("smallest", -1, smooth.mirrored))
    for name, sign, own in ends:
        value = float((sign * rest).max())
        step = 2 * _STEP * max(abs(value), *(part.width for part in own.components))
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


def _some_beyond(x: float, law: Law, size: int) -> float:
    """The probability that any of so many numbers is greater than ``x``."""
    beyond = float(law.sf(x))
    return -math.expm1(size * math.log1p(-beyond)) if beyond < 1 else 1.0


def _median_of_largest(law: Law, size: int) -> float:
    """The least number that the largest of so many is beyond no more than half of the times."""
    half = math.nextafter(0.5, 1)  # so that a gap of the law, at exactly 1/2, counts as beyond it
    reach = max(2 * abs(part.mean) + 40 * part.width for part in law.components)

    def excess(x: float) -> float:
        return _some_beyond(x, law, size) - half

    return float(scipy.optimize.brentq(excess, -reach, reach, xtol=1e-15 * reach))


def _repetition(rest: Values, smooth: Law) -> Iterator[Outcome]:
    """From a continuous law hardly any number comes twice, but for the steps of float32."""
    if rest.size < 2:
        return
    distinct, counts = np.unique(rest, return_counts=True)
    sizes = len(np.unique(np.abs(distinct)))  # mirrored draws share absolute values
    weights, signed, unsigned = _likeness(smooth)
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


def _likeness(smooth: Law) -> tuple[Values, Values, Values]:
    """How probable it is at most that another number is the same: with its sign, and without.

    At numbers spread over the law, with their weights. A number stands for all that float32 and the
    bits of a generator cannot keep apart from it.
    """
    quantiles = (np.arange(1000) + 0.5) / 1000
    numbers = np.concatenate([part.ppf(quantiles) for part in smooth.components])
    weights = np.repeat([weight / 1000 for weight in smooth.weights], 1000)
    spacing = np.spacing(np.abs(numbers).astype(np.float32)).astype(np.float64)

    def same(x: Values) -> Values:
        found = np.zeros(x.shape)
        for weight, part in smooth.parts:
            found += weight * part.pdf(x) * (spacing + _STEP * part.width)
        return found

    return weights, same(numbers), same(numbers) + same(-numbers)


def all_the_same(law: Law, size: int) -> float:
    """An upper bound of the probability that two arrays of so many numbers are equal."""
    law = _settled(law)
    same = sum(w**2 if part.is_point else w**2 / 2**20 for w, part in law.parts)
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
