"""The exercises of lesson 05, an initializer of one's own."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from ..._fork import FailedInCopyError, in_a_copy
from ..._gluon.describe import describe
from ...distributions.check import DistributionCheck, check_distribution
from ...initializers.mixture import Mixture
from ..attempts import brief
from ..exercises import Exercise, Wrong, call, expect, initializer_class, shown

_SHAPE = (400, 300)


def _require_law(init: Any, law: Any, seed: int) -> None:
    """Tells the first problem of an initializer, in words."""
    found = check_distribution(init, law, shape=_SHAPE, seed=seed, level=1e-6)
    if not found.ok:
        raise Wrong(f"it should draw {found.law}, but {found.problems[0]}.")


def _two_sided(answer: Any, draw: random.Random) -> None:
    kind = initializer_class(answer)
    for _ in range(2):
        low = draw.randint(1, 5)
        high = low + draw.randint(1, 5)
        law = [(0.5, (low, high)), (0.5, (-high, -low))]
        try:
            init = kind(low, high)
        except Exception as error:
            what = f"{type(error).__name__}: {brief(error).rstrip('.')}"
            raise Wrong(f"{kind.__name__}({low}, {high}) raised {what}.") from None
        _require_for_a_layer(init)
        _require_mxnets_numbers(init)
        _require_law(init, law, draw.randint(0, 999))


def _filled(init: Any) -> Any:
    """A layer's weight as Gluon lets this initializer fill it."""
    layer = nn.Dense(20, in_units=30, weight_initializer=init)
    layer.initialize(ctx=mx.cpu())
    return layer.weight.data(mx.cpu()).asnumpy()


def _require_for_a_layer(init: Any) -> None:
    """Given to a layer, only ``_init_weight`` is called."""
    kind = type(init).__name__
    if type(init)._init_weight is mx.init.Initializer._init_weight:
        raise Wrong(
            f"{kind} cannot be a layer's weight_initializer: Gluon calls its _init_weight, and "
            f"there is none. Write _init_weight(self, name, arr)."
        )
    try:
        in_a_copy(lambda: _filled(init))
    except FailedInCopyError as failure:
        raise Wrong(
            f"nn.Dense(20, in_units=30, weight_initializer={kind}(...)) cannot be filled: "
            f"{failure.what.rstrip('.')}."
        ) from None


def _require_mxnets_numbers(init: Any) -> None:
    def draws_the_same_twice() -> bool:
        arrays = []
        for _ in range(2):
            mx.random.seed(1)
            arrays.append(_filled(init))
        return bool(np.array_equal(*arrays))

    expect(
        in_a_copy(draws_the_same_twice),
        "the same mx.random.seed gives other numbers: draw with nd.random.",
    )


def _spike_and_slab(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        zero, sigma = draw.choice([0.3, 0.6, 0.9]), draw.choice([0.1, 1.0, 3.0])
        given = call(answer, zero, sigma, returns="an initializer")
        expect(
            isinstance(given, mx.init.Initializer),
            f"an initializer is asked for, but your function returned {shown(given)}.",
        )
        law = [(zero, 0), (1 - zero, mx.init.Normal(sigma))]
        _require_law(given, law, draw.randint(0, 999))


class _Rounded(mx.init.Initializer):  # type: ignore[misc]
    def _init_weight(self, name: Any, arr: Any) -> None:
        arr[:] = mx.nd.random.uniform(-1, 1, shape=arr.shape).round() / 2


class _RightMoments(mx.init.Initializer):  # type: ignore[misc]
    """Mean and variance of U[-1, 1], and another shape."""

    def _init_weight(self, name: Any, arr: Any) -> None:
        arr[:] = mx.nd.random.normal(0, 3**-0.5, shape=arr.shape)


class _Sorted(mx.init.Initializer):  # type: ignore[misc]
    """The right numbers, in order."""

    def _init_weight(self, name: Any, arr: Any) -> None:
        arr[:] = np.sort(np.random.uniform(-1, 1, arr.shape), axis=0)


class _ByHand(mx.init.Initializer):  # type: ignore[misc]
    """U[-1, 1], as one might write it."""

    def _init_weight(self, name: Any, arr: Any) -> None:
        arr[:] = 2 * mx.nd.random.uniform(0, 1, shape=arr.shape) - 1


def _is_right(answer: Any, draw: random.Random) -> None:
    law = mx.init.Uniform(1)
    wrong = [
        (_Rounded(), "its values are rounded"),
        (_RightMoments(), "its mean and variance are right, its shape is not"),
        (_Sorted(), "its values are right, but sorted: they depend on one another"),
        (mx.init.Uniform(1.05), "it reaches from -1.05 to 1.05"),
    ]
    right = [(mx.init.Uniform(1), ""), (_ByHand(), ""), (Mixture([(1, (-1, 1))]), "")]
    cases = [(init, why, False) for init, why in wrong] + [(i, w, True) for i, w in right]
    draw.shuffle(cases)
    for init, why, truth in cases:
        given = call(answer, init, law, returns="True or False")
        if not isinstance(given, (bool, np.bool_)):
            check = isinstance(given, DistributionCheck)
            raise Wrong(
                f"True or False is asked for, but your function returned {shown(given)}"
                f"{': take its .ok' if check else ''}."
            )
        if bool(given) is not truth:
            name = describe(init).replace("_", "")
            because = f": {why}" if why else ""
            raise Wrong(
                f"{name} against U[-1, 1] is {truth}{because}; your function says {bool(given)}."
            )


EXERCISES = (
    Exercise(
        "5.1",
        (
            "Draw the size first, from low to high. How do you draw a sign?",
            "nd.random.uniform(-1, 1, shape=arr.shape).sign() is -1 or 1. And write into arr[:].",
            "In __init__: super().__init__(low=low, high=high); self.low, self.high = low, high. "
            "In _init_weight: arr[:] = nd.random.uniform(self.low, self.high, shape=arr.shape) * "
            "sign.",
        ),
        _two_sided,
        "two intervals, each with one half, every cell by itself.",
        "two_sided",
    ),
    Exercise(
        "5.2",
        (
            "Which class of this lesson takes components and probabilities?",
            "gi.Mixture([(p, component), ...]); the probabilities must sum to one.",
            "gi.Mixture([(zero, 0), (1 - zero, mx.init.Normal(sigma))])",
        ),
        _spike_and_slab,
        "one spike, one slab.",
        "spike_and_slab",
    ),
    Exercise(
        "5.3",
        (
            "Comparing mean and variance is not enough: two laws can share both.",
            "gi.check_distribution takes the initializer and the law that is expected.",
            "return gi.check_distribution(init, law).ok",
        ),
        _is_right,
        "shape, moments and independence all had a say.",
        "is_right",
    ),
)
