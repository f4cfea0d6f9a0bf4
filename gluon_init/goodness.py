"""The tests of numbers against a law: shares, shape, moments, independence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats

from .laws import Component, Law, Normal, Point, Uniform, Values

_MANY = 1000  # numbers from which on the central limit theorem is relied upon
_SLACK = 1e-5  # how far rounding to float32 may carry a number out of its range, relatively


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
    atoms, parts = _split(law)
    near = {atom.value: _is_at(flat, atom.value) for atom in atoms}
    rest = flat
    for value in near:
        rest = rest[~_is_at(rest, value)]
    outcomes += _shares(flat, law, near)
    outcomes += _support(rest, parts, flat.size)
    if parts:
        outcomes += _shapes(rest, parts)
        outcomes += _repetition(rest)
    if flat.size >= _MANY and law.variance > 0:
        outcomes += _moments(flat, law)
        outcomes += _independence(numbers, law)
    return outcomes


test_all.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's


# ---------------------------------------------------------------------------------------------
# How much, and where


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
        sentence = f"{name} is {_number(share)}, expected {_number(weight)}"
        yield Outcome(name, share, weight, p_value, sentence)


def _number(share: float) -> str:
    return f"{share:.2f}" if share == 0 or 0.01 <= share <= 0.99 else f"{share:.3g}"


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


def _repetition(rest: Values) -> Iterator[Outcome]:
    """From a continuous law hardly any number comes twice, but for float32's own steps."""
    some = rest[: 1 << 20]
    if some.size < 2:
        return
    distinct = len(np.unique(np.abs(some))) / some.size
    # float32 has at least 2**21 steps in an interval; mirrored draws would share absolute values
    least = 0.75 if some.size > 100 else 0.5
    sentence = (
        f"only {distinct:.2%} of the values differ in size from one another: they are rounded, "
        f"repeated or mirrored"
    )
    yield Outcome("different values", distinct, 1, None, sentence, distinct < least)


# ---------------------------------------------------------------------------------------------
# Moments and independence


def _moments(flat: Values, law: Law) -> Iterator[Outcome]:
    sigma = math.sqrt(law.variance)
    mean = float(flat.mean())
    z = (mean - law.mean) / sigma * math.sqrt(flat.size)
    yield Outcome("mean", mean, law.mean, _two_sided(z), f"the mean is {mean:.4g}, expected "
                  f"{law.mean:.4g}")  # fmt: skip
    squares = (flat - law.mean) ** 2
    spread = math.sqrt(max(_fourth(law) - law.variance**2, 0.0))
    deviation = math.sqrt(float(squares.mean()))
    sentence = f"the standard deviation is {deviation:.4g}, expected {sigma:.4g}"
    if spread:
        z = (float(squares.mean()) - law.variance) / spread * math.sqrt(flat.size)
        yield Outcome("standard deviation", deviation, sigma, _two_sided(z), sentence)


def _fourth(law: Law) -> float:
    """The fourth moment about the law's mean."""
    total = 0.0
    for weight, component in zip(law.weights, law.components, strict=True):
        shift, v = component.mean - law.mean, component.variance
        fourth = 9 / 5 * v**2 if isinstance(component, Uniform) else 3 * v**2
        total += weight * (fourth + 6 * shift**2 * v + shift**4)
    return total


def _independence(numbers: Values, law: Law) -> Iterator[Outcome]:
    standard = (numbers - law.mean) / math.sqrt(law.variance)
    size = standard.size
    half = size // 2
    flat = standard.ravel()
    pairs = [("halves", flat[:half], flat[half : 2 * half], "the two halves of the array")]
    for axis, what in ((-1, "neighbours in a row"), (0, "neighbours in a column")):
        if numbers.ndim > 1 or axis == -1:
            length = numbers.shape[axis]
            first = np.take(standard, range(length - 1), axis).ravel()
            second = np.take(standard, range(1, length), axis).ravel()
            pairs.append((what, first, second, what))
    for name, first, second, what in pairs:
        if first.size >= _MANY:
            for kind, a, b in (
                ("", first, second),
                (" in size", _centred(first), _centred(second)),
            ):
                r = float((a * b).mean() / max(float((a * a).mean()), 1e-300))
                sentence = f"{what} depend on one another{kind}: correlation {r:.3f}, expected 0"
                p_value = _two_sided(r * math.sqrt(first.size))
                yield Outcome(f"correlation of {name}{kind}", r, 0, p_value, sentence)
    if numbers.ndim > 1:
        yield from _groups(standard.reshape(numbers.shape[0], -1), "rows")
        yield from _groups(np.moveaxis(standard, -1, 0).reshape(numbers.shape[-1], -1), "columns")


def _centred(values: Values) -> Values:
    sizes = np.abs(values)
    return np.asarray(sizes - sizes.mean())


def _groups(groups: Values, name: str) -> Iterator[Outcome]:
    """Whether the groups' means scatter as those of independent numbers do."""
    count, length = groups.shape
    if length < 30 or count < 2:
        return
    z = groups.mean(axis=1) * math.sqrt(length)
    statistic = float((z**2).sum())
    upper = float(scipy.stats.chi2.sf(statistic, count))
    lower = float(scipy.stats.chi2.cdf(statistic, count))
    sentence = (
        f"the means of the {name} scatter {math.sqrt(statistic / count):.3f} times as much as "
        f"those of independent numbers"
    )
    yield Outcome(
        f"scatter of {name}", statistic / count, 1, min(1.0, 2 * min(upper, lower)), sentence
    )


def _two_sided(z: float) -> float:
    return float(2 * scipy.stats.norm.sf(abs(z)))
