"""The exercises of lesson 04, built-in initializers."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from .. import devices, laws, paths
from .exercises import Exercise, Wrong, call, expect


def _who_wins(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    for number in range(8):
        values = draw.sample(range(2, 99), 3)
        named = [v if number >> i & 1 else None for i, v in enumerate(values)]
        parameter, layer, net = (None if v is None else mx.init.Constant(v) for v in named)
        block = nn.Dense(3, in_units=2, weight_initializer=layer)
        block.initialize(*([net] if net is not None else []), ctx=context)
        if parameter is not None:
            block.weight.initialize(parameter, ctx=context, force_reinit=True)
        found = block.weight.data(context).asnumpy()
        right = int(found[0, 0]) if found[0, 0] > 1 else "uniform"
        given = call(answer, *named)
        if given != right:
            raise Wrong(
                f"parameter={named[0]}, layer={named[1]}, net={named[2]}: the weight gets "
                f"{right!r}, your function says {given!r}."
            )


def _xavier_bound(answer: Any, draw: random.Random) -> None:
    shapes: list[tuple[int, ...]] = []
    shapes += [(draw.randint(2, 300), draw.randint(2, 300)) for _ in range(2)]
    shapes += [(draw.randint(2, 64), draw.randint(2, 64), k, k) for k in (3, 5)]
    for shape in shapes:
        law = laws.law_of(mx.init.Xavier(), shape)
        right = law.components[0].high  # type: ignore[union-attr]
        given = call(answer, shape)
        if not np.isclose(float(given), right, rtol=1e-4):
            kind = "kernel's pixels count in both fans" if len(shape) > 2 else "fan is a side"
            raise Wrong(
                f"for the shape {shape} the bound is {right:.6f}, your function says "
                f"{float(given):.6f}; the {kind}."
            )


def _with_biases(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        width, hidden, value = draw.randint(30, 60), draw.randint(40, 80), draw.randint(2, 9)
        net = nn.Sequential()
        net.add(nn.Dense(hidden, activation="relu"), nn.Dense(hidden))
        given = call(answer, net, (4, width), value)
        paths.require_block(given, "what your function returns")
        for site in paths.sites(given):
            if site.parameter._data is None:
                raise Wrong(
                    f"{site.path} has no numbers yet: the shape of a batch is (4, {width})."
                )
            values = site.parameter.list_data()[0].asnumpy()
            if site.path.endswith("bias"):
                expect(
                    (values == value).all(),
                    f"{site.path} should be {value} everywhere, but it is {values[0]:g}: its layer "
                    f"names an initializer of its own, which goes before the net's.",
                )
                continue
            bound = laws.law_of(mx.init.Xavier(), values.shape).components[0].high  # type: ignore[union-attr]
            largest = np.abs(values).max()
            expect(
                0.9 * bound < largest <= bound * 1.0001,
                f"{site.path} should be Xavier's, up to {bound:.3f} in size, but its largest is "
                f"{largest:.3f}.",
            )


EXERCISES = (
    Exercise(
        "4.1",
        "Which of three initializers is used.",
        (
            "Go through them from the nearest to the farthest. Which is the nearest?",
            "The parameter's own, then the layer's, then the net's. None means: ask the next.",
            "for named in (parameter, layer, net): if named is not None: return named. After the "
            "loop, return 'uniform'.",
        ),
        _who_wins,
        "the nearest to the parameter wins.",
    ),
    Exercise(
        "4.2",
        "Xavier's bound.",
        (
            "The shape is (outputs, inputs), and for a kernel (outputs, inputs, height, width).",
            "The bound is the square root of 6 / (fan-in + fan-out).",
            "pixels = np.prod(shape[2:]), which is 1 for a dense layer; then "
            "np.sqrt(6 / ((shape[0] + shape[1]) * pixels)).",
        ),
        _xavier_bound,
        "wider layers, smaller numbers.",
    ),
    Exercise(
        "4.3",
        "Xavier for the weights, a constant for the biases.",
        (
            "net.initialize asks the layers first. Which initializer of this lesson goes before "
            "the layers?",
            "gi.ByPattern: a pattern for the biases, and a default for all the rest.",
            "gi.force_init(net, shape, init=gi.ByPattern({'bias': mx.init.Constant(value)}, "
            "default=mx.init.Xavier()))",
        ),
        _with_biases,
        "the pattern spoke before the layers did.",
    ),
)
