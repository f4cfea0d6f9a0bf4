"""What an initializer draws, as mathematics: a mixture of intervals, bell curves and points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx
import numpy as np

from . import normals

Values = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Uniform:
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

    def fill(self, generator: np.random.Generator, out: Values) -> None:
        """Draws into ``out``, a vector of float32 or float64."""
        generator.random(out=out, dtype=out.dtype.type)
        out *= out.dtype.type(self.high - self.low)
        out += out.dtype.type(self.low)

    def __str__(self) -> str:
        return f"U[{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Normal:
    """The bell curve with standard deviation ``sigma``."""

    mean: float
    sigma: float

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        return self.sigma**2

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

    @property
    def mean(self) -> float:
        """The expected value."""
        return self.value

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        return 0.0

    def fill(self, generator: np.random.Generator, out: Values) -> None:
        """Writes the value into ``out``; draws nothing."""
        out[...] = self.value

    def __str__(self) -> str:
        return f"{self.value:g}"


Component = Uniform | Normal | Point


def width(component: Component) -> float:
    """From end to end of an interval; the standard deviation of a bell curve."""
    if isinstance(component, Uniform):
        return component.high - component.low
    return math.sqrt(component.variance)


@dataclass(frozen=True)
class Law:
    """A mixture: with probability ``weights[i]`` a number comes from ``components[i]``."""

    weights: tuple[float, ...]
    components: tuple[Component, ...]

    @property
    def mean(self) -> float:
        """The expected value."""
        return sum(w * c.mean for w, c in zip(self.weights, self.components, strict=True))

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        parts = zip(self.weights, self.components, strict=True)
        return sum(w * (c.variance + c.mean**2) for w, c in parts) - self.mean**2

    @property
    def is_constant(self) -> bool:
        """Whether nothing is left to chance."""
        return len(self.components) == 1 and isinstance(self.components[0], Point)

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
        parts = zip(self.weights, self.components, strict=True)
        return " + ".join(f"{weight:g} of {component}" for weight, component in parts)


def single(component: Component) -> Law:
    """The law of one component alone."""
    return Law((1.0,), (component,))


def mixed(parts: Sequence[tuple[float, Law]]) -> Law:
    """A mixture of mixtures, flat; equal components are put together, impossible ones left out."""
    total: dict[Component, float] = {}
    for probability, law in parts:
        for weight, component in zip(law.weights, law.components, strict=True):
            if probability * weight > 0:
                total[component] = total.get(component, 0.0) + probability * weight
    return Law(tuple(total.values()), tuple(total))


def law_of(initializer: Any, shape: Sequence[int]) -> Law | None:
    """The law by which an initializer draws each number of an array of this shape.

    None where it is not known, where it is not the same for all numbers, or where it cannot be:
    Xavier on a vector, Normal with a sigma of 0, at which MXNet fails. An object can tell its own
    by a method ``law(shape)``.

    Source: ``_init_weight`` of the classes in ``mxnet/initializer.py``.
    """
    if hasattr(initializer, "law"):
        known: Law | None = initializer.law(tuple(shape))
        return known
    try:
        component = _component(initializer, shape)
    except (TypeError, ValueError):  # a scale that is no number
        return None
    return single(component) if component is not None and _can_be_drawn(component) else None


def _component(initializer: Any, shape: Sequence[int]) -> Component | None:
    kind = type(initializer)
    if kind is mx.init.Zero:
        return Point(0.0)
    if kind is mx.init.One:
        return Point(1.0)
    if kind is mx.init.Constant and np.isscalar(initializer.value):
        return Point(float(np.asarray(initializer.value)))
    if kind is mx.init.Uniform:
        return Uniform(-float(initializer.scale), float(initializer.scale))
    if kind is mx.init.Normal:
        return Normal(0.0, float(initializer.sigma))
    if kind in (mx.init.Xavier, mx.init.MSRAPrelu) and len(shape) > 1:
        return _xavier(initializer, shape)
    return None


def _can_be_drawn(component: Component) -> bool:
    if isinstance(component, Uniform):
        return -math.inf < component.low <= component.high < math.inf
    return not isinstance(component, Normal) or 0 < component.sigma < math.inf


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Fan-in and fan-out of a weight, as MXNet counts them: axes 1 and 0 times all further ones."""
    rest = math.prod(shape[2:])
    return shape[1] * rest, shape[0] * rest


def _xavier(initializer: Any, shape: Sequence[int]) -> Component | None:
    into, out = fans(shape)
    factors = {"avg": (into + out) / 2.0, "in": into, "out": out}
    factor = factors.get(initializer.factor_type)
    if not factor:
        return None
    scale = math.sqrt(_magnitude(initializer) / factor)
    if initializer.rnd_type == "uniform":
        return Uniform(-scale, scale)
    return Normal(0.0, scale) if initializer.rnd_type == "gaussian" else None


def _magnitude(initializer: Any) -> Any:
    """The variance times the fan, without the C library's ``pow``.

    MXNet computes MSRAPrelu's from ``slope ** 2``, of which libraries give one in a thousand with
    another last bit; a product is the same everywhere.
    """
    slope = initializer._kwargs.get("slope")
    if slope is None or initializer.magnitude != 2.0 / (1 + slope**2):
        return initializer.magnitude
    return 2.0 / (1 + slope * slope)
