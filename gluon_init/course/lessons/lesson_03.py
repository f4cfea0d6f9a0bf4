"""The exercises of lesson 03, forcing initialization."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from ... import devices
from ..._arguments import require_block
from ..._gluon import paths
from ..._gluon.blocks import remove_pre_forward_hooks
from ..._gluon.parameters import DEFERRED, UNINITIALIZED, has_values
from ...watching.states import summary
from ..exercises import Exercise, Wrong, call, expect, listed, shown


def _filled(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    for number in range(4):
        units = [draw.randint(2, 9) for _ in range(draw.randint(2, 5))]
        inputs = [7, *units]
        widths = [inputs[i] if draw.random() < 0.5 else 0 for i in range(len(units))]
        widths[draw.randrange(len(widths))] = 0
        seen = number % 2 == 1
        net = nn.Sequential()
        net.add(*(nn.Dense(u, in_units=w) for u, w in zip(units, widths, strict=True)))
        if seen:
            net.initialize(ctx=context)
            net(mx.nd.ones((1, 7), ctx=context))
        net.initialize(ctx=context, force_reinit=True)
        right = [i for i, layer in enumerate(net) if has_values(layer.weight)]
        given = call(answer, list(widths), seen, returns="a list of indices")
        found = listed(given)
        in_any_order = found is not None and all(index in found for index in right)
        if found is None or not in_any_order or len(found) != len(right):
            raise Wrong(
                f"for widths={widths} and seen={seen} the weights of the layers {right} are "
                f"filled, your function says {shown(given) if found is None else found}."
            )


def _no_run(net: Any) -> None:
    def refuse(*_: Any) -> None:
        raise Wrong("the net was run. A shape must do: no data is to go through it.")

    for _, block in paths.blocks(net):
        block.register_forward_pre_hook(refuse)


def _allow(net: Any) -> None:
    for _, block in paths.blocks(net):
        remove_pre_forward_hooks(block)


def _set_first(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    for _ in range(2):
        width, units, value = draw.randint(2, 30), draw.randint(2, 30), draw.randint(2, 9)
        net = nn.Sequential()
        net.add(nn.Dense(units), nn.Dense(3))
        net.initialize(ctx=context)
        _no_run(net)
        call(answer, net, width, value, returns="")
        _allow(net)
        net(mx.nd.ones((2, width), ctx=context))
        first, second = (layer.weight.data(context).asnumpy() for layer in net)
        low, high = first.min(), first.max()
        why = (
            f"it holds {low:.3g}"
            if low == high
            else (f"it holds values from {low:.3g} to {high:.3g}: the initializer was used")
        )
        expect(
            (first == value).all(),
            f"after the first batch 0.weight should hold {value} everywhere, but {why}.",
        )
        expect(
            second.min() < second.max(),
            f"0.weight holds {value}, and so it should, but 1.weight was not to be touched, and "
            f"holds {second.min():.3g} everywhere.",
        )


def _complete(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        width, units, sigma = draw.randint(20, 60), draw.randint(40, 90), draw.choice([0.1, 0.5, 2])
        net = nn.Sequential()
        net.add(nn.Dense(units, activation="relu"), nn.Dense(units))
        _no_run(net)
        given = call(answer, net, (4, width), sigma, returns="the net")
        require_block(given, "what your function returns")
        open_states = (UNINITIALIZED, DEFERRED)
        waiting = [r.path for r in summary(given).rows if r.state in open_states]
        expect(
            not waiting,
            f"without numbers: {', '.join(waiting)}. The shapes must come from the shape of a "
            f"batch, here (4, {width}).",
        )
        for path in ("0.weight", "1.weight"):
            values = given[int(path[0])].weight.list_data()[0].asnumpy()
            largest = np.abs(values).max()
            expect(
                abs(values.std() / sigma - 1) < 0.15 and largest > 2 * sigma,
                f"{path} should be normal with standard deviation {sigma}, but its standard "
                f"deviation is {values.std():.3g} and its largest value "
                f"{largest:.3g}.",
            )


EXERCISES = (
    Exercise(
        "3.1",
        (
            "When is a weight filled at once? What must be known of it?",
            "Its width: declared by in_units, or learned from a batch that has gone through.",
            "[i for i, width in enumerate(widths) if seen or width > 0]",
        ),
        _filled,
        "force_reinit made no difference to any of it.",
        "filled",
    ),
    Exercise(
        "3.2",
        (
            "Which of data() and set_data() works while a parameter waits?",
            "set_data needs an array of the full shape: the layer's units, and the width.",
            "net[0].weight.set_data(nd.ones((net[0].weight.shape[0], width)) * value)",
        ),
        _set_first,
        "the array waited in the initializer's place.",
        "set_first",
    ),
    Exercise(
        "3.3",
        (
            "Which function of this lesson needs a shape and no data?",
            "gi.force_init takes the global initializer as init=...; which one is normal?",
            "return gi.force_init(net, shape, init=mx.init.Normal(sigma))",
        ),
        _complete,
        "shapes flowed, numbers did not.",
        "complete",
    ),
)
