"""The exercises of lesson 06, tied parameters."""

from __future__ import annotations

import numbers
import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from ... import devices
from ..._arguments import require_block
from ..._gluon import paths
from ...forcing.force import force_init
from ...tying.groups import tied_groups
from ...tying.ties import tie
from ...watching.states import summary
from ..exercises import Exercise, Wrong, call, expect


def _net(draw: random.Random, width: int, depth: int) -> Any:
    net = nn.Sequential()
    net.add(*(nn.Dense(width, in_units=width) for _ in range(depth)))
    force_init(net, init=mx.init.One(), device=devices.device())
    return net


def _unique_numbers(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        net = _net(draw, draw.randint(2, 9), draw.randint(3, 6))
        for number in draw.sample(range(1, len(net)), 2):
            tie(net, f"{number}.weight", "0.weight")
        net.add(net[0])  # a whole block used twice
        right, apparent = summary(net).total, tied_groups(net).apparent
        given = call(answer, net, returns="a number")
        expect(
            isinstance(given, numbers.Integral),
            f"a whole number is asked for, but your function returned a {type(given).__name__}.",
        )
        if given != right:
            extra = " You have counted tied ones each time." if given == apparent else ""
            raise Wrong(
                f"this net's parameters have {right} numbers, your function says {given}.{extra}"
            )


def _is_tied(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        net = _net(draw, draw.randint(2, 9), 4)
        first, second, third = draw.sample(range(4), 3)
        tie(net, f"{second}.weight", f"{first}.weight")
        cases = {
            (f"{first}.weight", f"{second}.weight"): True,
            (f"{second}.weight", f"{first}.weight"): True,
            (f"{first}.weight", f"{third}.weight"): False,
            (f"{first}.bias", f"{second}.bias"): False,
        }
        for (one, two), right in cases.items():
            given = call(answer, net, one, two)
            if bool(given) is not right:
                why = (
                    "they are one parameter"
                    if right
                    else ("their numbers are equal, but they are two parameters")
                )
                raise Wrong(f"{one} and {two}: {right}, for {why}; your function says {given!r}.")


def _deep_and_small(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    for _ in range(2):
        depth, width = draw.randint(3, 6), draw.randint(3, 12)
        net = call(answer, depth, width)
        require_block(net, "what your function returns")
        net.initialize(mx.init.Xavier(), ctx=context)
        x = mx.nd.random.uniform(-2, 2, (2, width), ctx=context)
        out = net(x)
        expect(
            out.shape == (2, width), f"the output should be (2, {width}), but it is {out.shape}."
        )
        rows = summary(net).rows
        weights = {id(s.parameter) for s in paths.sites(net) if s.path.endswith("weight")}
        biases = {id(s.parameter) for s in paths.sites(net) if s.path.endswith("bias")}
        used = sum(row.path.endswith("weight") for row in rows)
        expect(used == depth, f"{depth} layers are asked for, and the net has {used} weights.")
        expect(
            len(weights) == 1,
            f"all {depth} layers should share one weight, but there are {len(weights)}.",
        )
        expect(
            len(biases) == depth,
            f"each of the {depth} layers should have a bias of its own, but there are "
            f"{len(biases)}: params=... shares them too, and so does a layer that is added twice.",
        )
        weight = next(s.parameter for s in paths.sites(net) if s.path.endswith("weight"))
        for _ in range(depth):  # the biases are zero
            x = mx.nd.tanh(mx.nd.dot(x, weight.data(context), transpose_b=True))
        expect(
            np.allclose(out.asnumpy(), x.asnumpy(), rtol=0, atol=1e-4),
            f"the weight is shared, but the output is not that of {depth} layers with a tanh each.",
        )


EXERCISES = (
    Exercise(
        "6.1",
        (
            "A parameter that sits at two places must count once. How do you tell that it is one?",
            "Collect them by identity, id(parameter); or ask gi.summary, which does that.",
            "return gi.summary(net).total",
        ),
        _unique_numbers,
        "each parameter once.",
        "unique_numbers",
    ),
    Exercise(
        "6.2",
        (
            "Comparing numbers is not enough: two layers of ones are equal.",
            "gi.tied_groups(net).rows has the paths of each group that is one parameter.",
            "any({first, second} <= set(row.paths) for row in gi.tied_groups(net).rows)",
        ),
        _is_tied,
        "identity, not equality.",
        "is_tied",
    ),
    Exercise(
        "6.3",
        (
            "Sharing params= shares weight and bias. What ties a single parameter?",
            "Build all layers first, then tie each weight to the first one's with gi.tie.",
            "for i in range(1, depth): gi.tie(net, f'{i}.weight', '0.weight')",
        ),
        _deep_and_small,
        "one weight, as deep as you like.",
        "deep_and_small",
    ),
)
