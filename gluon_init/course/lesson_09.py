"""The exercises of lesson 09, signals through depth."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from .. import devices, forcing, signals
from .exercises import Exercise, Wrong, call, expect


def _factor(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        inputs, bound = draw.randint(20, 900), draw.choice([0.01, 0.07, 0.3, 1.0])
        right = float(np.sqrt(inputs * bound**2 / 3))
        given = float(call(answer, inputs, bound))
        if not np.isclose(given, right, rtol=1e-4):
            why = (
                " The variance of U[-b, b] is a third of b squared."
                if np.isclose(given, right * np.sqrt(3), rtol=1e-3)
                else ""
            )
            raise Wrong(
                f"for {inputs} inputs and bound {bound} the factor is {right:.4f}, your function "
                f"says {given:.4f}.{why}"
            )


def _chain(activation: str, depth: int, width: int) -> Any:
    net = nn.Sequential()
    net.add(*(nn.Dense(width, activation=activation) for _ in range(depth)))
    return net


def _for_relu(answer: Any, draw: random.Random) -> None:
    init = call(answer)
    expect(
        isinstance(init, (mx.init.Initializer, str)),
        f"an initializer is asked for, but you returned {init!r}.",
    )
    for width in (draw.randint(60, 90), draw.randint(150, 250)):
        net = _chain("relu", 24, width)
        report = signals.signal_report(net, (64, width), compare={"": init})
        ratio = report.outputs[-1]["std"] / max(report.outputs[0]["std"], 1e-300)
        expect(
            0.05 < ratio < 20,
            f"after 24 ReLU layers of {width} units the signal should have about its first size, "
            f"but it is {ratio:.1e} times as large.",
        )


def _diagnose(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    cases = [("vanishing", 0.3), ("exploding", 4.0), ("fine", 1.0)]
    draw.shuffle(cases)
    for right, gain in cases:
        width = draw.randint(50, 90)
        net = _chain("relu", draw.randint(16, 22), width)
        init = mx.init.Xavier("gaussian", "in", 2 * gain**2)
        forcing.force_init(net, (1, width), init=init, seed=draw.randint(0, 99), device=context)
        batch = np.random.default_rng(draw.randint(0, 99)).standard_normal((64, width))
        given = call(answer, net, mx.nd.array(batch, ctx=context))
        if given != right:
            raise Wrong(
                f"a net of {len(net)} ReLU layers, each of which multiplies the signal by {gain}: "
                f"{right!r}, your function says {given!r}."
            )


EXERCISES = (
    Exercise(
        "9.1",
        "The factor of a layer.",
        (
            "The mean square grows by n times the variance. And the size?",
            "The variance of numbers that are uniform on [-b, b] is b**2 / 3.",
            "np.sqrt(inputs * bound**2 / 3)",
        ),
        _factor,
        "take it to the power of the depth, and you know the end.",
    ),
    Exercise(
        "9.2",
        "An initializer for ReLU.",
        (
            "ReLU loses half of the mean square. What must n times the variance be?",
            "Two. So the variance is 2 / fan-in. Which arguments of mx.init.Xavier say that?",
            "mx.init.Xavier('gaussian', 'in', 2)",
        ),
        _for_relu,
        "He's rule: variance 2 / fan-in.",
    ),
    Exercise(
        "9.3",
        "What becomes of a signal.",
        (
            "gi.signal_report(net, batch) has a row for each layer's output.",
            "Each row has flags: 'vanishing' or 'exploding' if the layer's output is a thousand "
            "times smaller or larger than the first layer's.",
            "Collect the flags of report.outputs in a set, and return the first of 'vanishing' and "
            "'exploding' that is in it, or else 'fine'.",
        ),
        _diagnose,
        "and no step was trained.",
    ),
)
