"""Laws of random numbers, as mathematics: a mixture of intervals, bell curves and points.

Probabilities are SciPy's, which is imported when the first is asked for: drawing needs none.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from . import normals

Values = np.ndarray[Any, Any]
Range = tuple[float, float]
Nodes = tuple[Values, Values]  # numbers and their shares: sums over them are expected values


class _Spread(ABC):
    """What is spread over a range, with a density: its probabilities."""

    is_point: ClassVar[bool] = False

    @property
    @abstractmethod
    def width(self) -> float:
        """How far it is spread."""

    @functools.cached_property
    @abstractmethod
    def _frozen(self) -> Any:
        """SciPy's distribution."""

    def cdf(self, x: Values | float) -> Values:
        """The probability of a number that is at most ``x``."""
        return np.asarray(self._frozen.cdf(x))

    def sf(self, x: Values | float) -> Values:
        """The probability of a number greater than ``x``."""
        return np.asarray(self._frozen.sf(x))

    def pdf(self, x: Values | float) -> Values:
        """The density at ``x``; 0 where there is no width, as of a point."""
        return np.asarray(self._frozen.pdf(x)) if self.width else np.zeros(np.shape(x))

    def ppf(self, share: Values | float) -> Values:
        """The number below which this share of all lies."""
        return np.asarray(self._frozen.ppf(share))


@dataclass(frozen=True)
class Uniform(_Spread):
    """All numbers from ``low`` to ``high``, equally likely."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """The expected value."""
        return (self.low + self.high) / 2

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        return (self.high - self.low) ** 2 / 12

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low

    @property
    def support(self) -> Range:
        """Between which ends all numbers lie."""
        return self.low, self.high

    @property
    def shown(self) -> Range:
        """What of it a picture shows."""
        return self.support

    @property
    def mirrored(self) -> Uniform:
        """The law of the numbers with the other sign."""
        return Uniform(-self.high, -self.low)

    @property
    def nodes(self) -> Nodes:
        """Numbers that stand for all in an expected value, and their shares."""
        unit, shares = _legendre()
        return self.mean + self.width / 2 * unit, shares

    @property
    def can_be_drawn(self) -> bool:
        """Whether it is a law, and MXNet can draw by it."""
        return -math.inf < self.low <= self.high < math.inf

    @functools.cached_property
    def _frozen(self) -> Any:
        import scipy.stats

        return scipy.stats.uniform(self.low, self.width)

    def fill(self, generator: np.random.Generator, out: Values) -> None:
        """Draws into ``out``, a vector of float32 or float64."""
        generator.random(out=out, dtype=out.dtype.type)
        out *= out.dtype.type(self.high - self.low)
        out += out.dtype.type(self.low)

    def __str__(self) -> str:
        return f"U[{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Normal(_Spread):
    """The bell curve with standard deviation ``sigma``."""

    mean: float
    sigma: float

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        return self.sigma**2

    @property
    def width(self) -> float:
        """The standard deviation."""
        return self.sigma

    @property
    def support(self) -> Range:
        """Between which ends all numbers lie: there are none."""
        return -math.inf, math.inf

    @property
    def shown(self) -> Range:
        """What of it a picture shows."""
        return self.mean - 3 * self.sigma, self.mean + 3 * self.sigma

    @property
    def mirrored(self) -> Normal:
        """The law of the numbers with the other sign."""
        return Normal(-self.mean, self.sigma)

    @property
    def nodes(self) -> Nodes:
        """Numbers that stand for all in an expected value, and their shares."""
        unit, shares = _hermite()
        return self.mean + self.sigma * unit, shares

    @property
    def can_be_drawn(self) -> bool:
        """Whether it is a law, and MXNet can draw by it."""
        return 0 < self.sigma < math.inf

    @functools.cached_property
    def _frozen(self) -> Any:
        import scipy.stats

        return scipy.stats.norm(self.mean, self.sigma)

    def fill(self, generator: np.random.Generator, out: Values) -> None:
        """Draws into ``out``, a vector of float32 or float64."""
        normals.standard_normal(generator, out)
        out *= out.dtype.type(self.sigma)
        if self.mean:
            out += out.dtype.type(self.mean)

    def __str__(self) -> str:
        return f"N({self.mean:g}, {self.sigma:g})"


@dataclass(frozen=True)
class Point:
    """One value, always."""

    value: float
    is_point: ClassVar[bool] = True
    width: ClassVar[float] = 0.0
    can_be_drawn: ClassVar[bool] = True

    @property
    def mean(self) -> float:
        """The expected value."""
        return self.value

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        return 0.0

    @property
    def support(self) -> Range:
        """Between which ends all numbers lie."""
        return self.value, self.value

    @property
    def shown(self) -> Range:
        """What of it a picture shows."""
        return self.support

    @property
    def mirrored(self) -> Point:
        """The law of the numbers with the other sign."""
        return Point(-self.value)

    @property
    def nodes(self) -> Nodes:
        """Numbers that stand for all in an expected value, and their shares."""
        return np.asarray([self.value]), np.ones(1)

    def cdf(self, x: Values | float) -> Values:
        """The probability of a number that is at most ``x``."""
        return np.where(np.asarray(x) >= self.value, 1.0, 0.0)

    def sf(self, x: Values | float) -> Values:
        """The probability of a number greater than ``x``."""
        return np.where(np.asarray(x) < self.value, 1.0, 0.0)

    def pdf(self, x: Values | float) -> Values:
        """The density at ``x``: a point has none."""
        return np.zeros(np.shape(x))

    def ppf(self, share: Values | float) -> Values:
        """The number below which this share of all lies."""
        return np.full(np.shape(share), self.value)

    def fill(self, generator: np.random.Generator, out: Values) -> None:
        """Writes the value into ``out``; draws nothing."""
        out[...] = self.value

    def __str__(self) -> str:
        return f"{self.value:g}"


Component = Uniform | Normal | Point


@functools.cache
def _legendre() -> Nodes:
    """Nodes of the interval from -1 to 1."""
    polynomial: Any = np.polynomial  # NumPy 1 has no types for it
    unit, weights = polynomial.legendre.leggauss(64)
    return unit, weights / weights.sum()


@functools.cache
def _hermite() -> Nodes:
    """Nodes of the bell curve about 0 with standard deviation 1."""
    polynomial: Any = np.polynomial
    unit, weights = polynomial.hermite_e.hermegauss(64)
    return unit, weights / weights.sum()


@dataclass(frozen=True)
class Law:
    """A mixture: with probability ``weights[i]`` a number comes from ``components[i]``."""

    weights: tuple[float, ...]
    components: tuple[Component, ...]

    @property
    def parts(self) -> tuple[tuple[float, Component], ...]:
        """Each weight with its component."""
        return tuple(zip(self.weights, self.components, strict=True))

    @property
    def mean(self) -> float:
        """The expected value."""
        return sum(weight * part.mean for weight, part in self.parts)

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        squares = sum(weight * (part.variance + part.mean**2) for weight, part in self.parts)
        return squares - self.mean**2

    @property
    def is_constant(self) -> bool:
        """Whether nothing is left to chance."""
        return len(self.components) == 1 and self.components[0].is_point

    @property
    def points(self) -> dict[float, float]:
        """The value of each point → its probability."""
        return {part.mean: weight for weight, part in self.parts if part.is_point}

    @property
    def without_points(self) -> Law:
        """The law of all numbers that are no points; one without components where all are."""
        parts = [(weight, part) for weight, part in self.parts if not part.is_point]
        total = sum(weight for weight, _ in parts)
        return Law(tuple(weight / total for weight, _ in parts), tuple(part for _, part in parts))

    @property
    def mirrored(self) -> Law:
        """The law of the numbers with the other sign."""
        return Law(self.weights, tuple(part.mirrored for part in self.components))

    @property
    def is_bounded(self) -> bool:
        """Whether all numbers lie between two ends."""
        return all(np.isfinite(part.support).all() for part in self.components)

    @property
    def nodes(self) -> Nodes:
        """Numbers that stand for all in an expected value, and their shares."""
        numbers = [part.nodes[0] for part in self.components]
        shares = [weight * part.nodes[1] for weight, part in self.parts]
        return np.concatenate(numbers), np.concatenate(shares)

    def cdf(self, x: Values | float) -> Values:
        """The probability of a number that is at most ``x``."""
        return self._mean_of([part.cdf(x) for part in self.components])

    def sf(self, x: Values | float) -> Values:
        """The probability of a number greater than ``x``."""
        return self._mean_of([part.sf(x) for part in self.components])

    def pdf(self, x: Values | float) -> Values:
        """The density at ``x`` of all that is no point."""
        return self._mean_of([part.pdf(x) for part in self.components])

    def _mean_of(self, values: Sequence[Values]) -> Values:
        weighted = [w * value for w, value in zip(self.weights, values, strict=True)]
        return np.asarray(sum(weighted))

    def fill(self, generator: np.random.Generator, out: Values) -> None:
        """Draws each number of ``out``, a vector of float32 or float64, independently."""
        if len(self.components) == 1:
            self.components[0].fill(generator, out)
            return
        limits = np.cumsum(self.weights)[:-1]
        which = np.searchsorted(limits, generator.random(out.size), side="right")
        for number, component in enumerate(self.components):
            chosen = which == number
            part = np.empty(np.count_nonzero(chosen), out.dtype)
            component.fill(generator, part)
            out[chosen] = part

    def __str__(self) -> str:
        if len(self.components) == 1:
            return str(self.components[0])
        return " + ".join(f"{weight:g} of {component}" for weight, component in self.parts)


def single(component: Component) -> Law:
    """The law of one component alone."""
    return Law((1.0,), (component,))


def mixed(parts: Sequence[tuple[float, Law]]) -> Law:
    """A mixture of mixtures, flat; equal components are put together, impossible ones left out."""
    total: dict[Component, float] = {}
    for probability, law in parts:
        for weight, component in law.parts:
            if probability * weight > 0:
                total[component] = total.get(component, 0.0) + probability * weight
    return Law(tuple(total.values()), tuple(total))
