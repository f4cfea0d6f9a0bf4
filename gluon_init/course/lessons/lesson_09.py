"""The exercises of lesson 09, signals through depth."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from ... import devices
from ...forcing.force import force_init
from ...signals.report import signal_report
from ..exercises import Exercise, Wrong, call, expect, number, shown

_DEPTH = 24
_MOST = 4.0  # a whole net of ReLU layers may change the size by no more; a step, by _MOST_STEP
_MOST_STEP = 1.35


def _factor(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        inputs, bound = draw.randint(20, 900), draw.choice([0.02, 0.07, 0.3, 1.5])
        while _is_ambiguous(inputs, bound):
            inputs += 1
        right = _growth(inputs, bound)
        given = call(answer, inputs, bound)
        found = number(given)
        if found is None:
            raise Wrong(f"a number is asked for, but your function returned {shown(given)}.")
        if not np.isclose(found, right, rtol=1e-4):
            raise Wrong(
                f"for {inputs} inputs and bound {bound} the factor is {right:.4f}, your function "
                f"says {found:.4f}.{_slip(found, inputs, bound)}"
            )


def _slip(found: float, inputs: int, bound: float) -> str:
    """The cause of a wrong factor, where it is one of those that people make."""
    slips = _slips(inputs, bound)
    return next((f" {why}" for value, why in slips if np.isclose(found, value, rtol=1e-4)), "")


def _is_ambiguous(inputs: int, bound: float) -> bool:
    """Whether two of the slips, or a slip and the right factor, give one number here."""
    values = sorted([_growth(inputs, bound), *(value for value, _ in _slips(inputs, bound))])
    return any(np.isclose(a, b, rtol=1e-3) for a, b in itertools.pairwise(values))


def _growth(inputs: int, bound: float) -> float:
    """The right answer."""
    return float(np.sqrt(inputs * bound**2 / 3))


def _slips(inputs: int, bound: float) -> list[tuple[float, str]]:
    right = _growth(inputs, bound)
    third = "The variance of U[-b, b] is a third of b squared"
    return [
        (right**2, "That is the factor of the mean square; the size's is its root."),
        (right * np.sqrt(3), f"{third}."),
        (right / 2, f"{third}: the interval is 2b wide, and (2b)^2 / 12 = b^2 / 3."),
        (right**2 / 4, f"{third}, and the size's factor is a root."),
        (inputs * bound**2, f"{third}, and the size's factor is a root."),
        (bound / np.sqrt(3), "That is the factor for one input: n products are added up."),
        (inputs * bound / np.sqrt(3), "The n products add up in the mean square, not in the size."),
    ]


def _chain(activation: str, widths: Sequence[int]) -> Any:
    net = nn.Sequential()
    net.add(*(nn.Dense(width, activation=activation) for width in widths))
    return net


def _for_relu(answer: Any, draw: random.Random) -> None:
    init = call(answer, returns="an initializer")
    if isinstance(init, type) and issubclass(init, mx.init.Initializer):
        name = init.__name__
        raise Wrong(f"an initializer is asked for, not its class {name}: make an object, {name}().")
    expect(
        isinstance(init, (mx.init.Initializer, str)),
        f"an initializer is asked for, but you returned {shown(init)}.",
    )
    for width in (draw.randint(120, 160), draw.randint(200, 250)):
        found = _sizes(init, [width] * _DEPTH)
        ratio = found[-1] / max(found[0], 1e-300)
        expect(
            1 / _MOST < ratio < _MOST,
            f"after {_DEPTH} ReLU layers of {width} units the signal should have about its first "
            f"size, but it is {ratio:.1e} times as large.",
        )
    narrow, wide = draw.randint(90, 110), draw.randint(400, 500)
    found = _sizes(init, [narrow, wide] * 5)
    for first, one, other in ((0, narrow, wide), (1, wide, narrow)):
        steps = found[first + 1 :: 2] / found[first:-1:2]
        factor = float(np.exp(np.log(steps).mean()))
        expect(
            1 / _MOST_STEP < factor < _MOST_STEP,
            f"where all layers are of one width it keeps the size; from a layer of {one} units to "
            f"one of {other} it multiplies it by {factor:.2f}. Which width must the variance "
            f"depend on?",
        )


def _sizes(init: Any, widths: Sequence[int]) -> Any:
    """The root of the mean square behind each ReLU layer."""
    rows = signal_report(_chain("relu", widths), (64, widths[-1]), compare={"": init}).outputs
    return np.array([np.hypot(row.std, row.mean) for row in rows])


def _diagnose(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    cases = [("vanishing", 0.3), ("exploding", 4.0), ("fine", 1.0)]
    draw.shuffle(cases)
    for right, gain in cases:
        width = draw.randint(50, 90)
        net = _chain("relu", [width] * draw.randint(16, 22))
        init = mx.init.Xavier("gaussian", "in", 2 * gain**2)
        force_init(net, (1, width), init=init, seed=draw.randint(0, 99), device=context)
        batch = np.random.default_rng(draw.randint(0, 99)).standard_normal((64, width))
        given = call(answer, net, mx.nd.array(batch, ctx=context))
        if not isinstance(given, str) or given != right:
            raise Wrong(
                f"a net of {len(net)} ReLU layers, each of which multiplies the signal by {gain}: "
                f"{right!r}, your function says {shown(given)}."
            )


EXERCISES = (
    Exercise(
        "9.1",
        (
            "The mean square grows by n times the variance. And the size?",
            "The variance of numbers that are uniform on [-b, b] is b**2 / 3.",
            "np.sqrt(inputs * bound**2 / 3)",
        ),
        _factor,
        "take it to the power of the depth, and you know the end.",
        "layer_factor",
    ),
    Exercise(
        "9.2",
        (
            "ReLU loses half of the mean square. What must n times the variance be?",
            "Two, where n is the number of inputs. So the variance is 2 / fan-in. Which arguments "
            "of mx.init.Xavier say that?",
            "mx.init.Xavier('gaussian', 'in', 2)",
        ),
        _for_relu,
        "the size is kept, whatever the widths, as by He's rule, variance 2 / fan-in.",
        "for_relu",
    ),
    Exercise(
        "9.3",
        (
            "gi.signal_report(net, batch) has a row for each layer's output.",
            "Each row has flags: 'vanishing' or 'exploding' if the layer's output is a thousand "
            "times smaller or larger than the first layer's.",
            "Collect the flags of report.outputs in a set, and return the first of 'vanishing' and "
            "'exploding' that is in it, or else 'fine'.",
        ),
        _diagnose,
        "and no step was trained.",
        "diagnose",
    ),
)
