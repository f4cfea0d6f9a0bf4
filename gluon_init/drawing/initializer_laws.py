"""Which law an initializer draws, where that is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np

from .._gluon.describe import arguments_of
from .laws import Component, Law, Normal, Point, Uniform, single


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
    return single(component) if component is not None and component.can_be_drawn else None


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
    slope = (arguments_of(initializer) or {}).get("slope")
    if slope is None or initializer.magnitude != 2.0 / (1 + slope**2):
        return initializer.magnitude
    return 2.0 / (1 + slope * slope)
