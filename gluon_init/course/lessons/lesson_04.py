"""The exercises of lesson 04, built-in initializers."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.gluon import nn

from ... import devices
from ..._gluon import paths
from ..._gluon.parameters import has_values
from ...drawing.initializer_laws import fans, law_of
from ..exercises import Exercise, Wrong, call, expect, number, plain, shown


def _who_wins(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    for case in range(8):
        values = draw.sample(range(2, 99), 3)
        named = [v if case >> i & 1 else None for i, v in enumerate(values)]
        parameter, layer, net = (None if v is None else mx.init.Constant(v) for v in named)
        block = nn.Dense(3, in_units=2, weight_initializer=layer)
        block.initialize(*([net] if net is not None else []), ctx=context)
        if parameter is not None:
            block.weight.initialize(parameter, ctx=context, force_reinit=True)
        found = block.weight.data(context).asnumpy()
        right = int(found[0, 0]) if found[0, 0] > 1 else "uniform"
        given = call(answer, *named, returns="")
        said = given if isinstance(given, str) else number(given)
        if said != right:
            nobody = right == "uniform" and given is None
            lacking = given is None and not nobody
            raise Wrong(
                f"parameter={named[0]}, layer={named[1]}, net={named[2]}: the weight gets "
                f"{right!r}, your function says {shown(given)}."
                f"{' Where nobody names one, Gluon takes its default.' if nobody else ''}"
                f"{' Is there a return in it?' if lacking else ''}"
            )


def _xavier_bound(answer: Any, draw: random.Random) -> None:
    # of sizes for which no two slips give one number
    shapes: list[tuple[int, ...]] = []
    shapes += [(draw.randint(20, 90), draw.randint(100, 300)) for _ in range(2)]
    shapes += [(draw.randint(5, 20), draw.randint(25, 64), k, k) for k in (3, 5)]
    for shape in shapes:
        law = law_of(mx.init.Xavier(), shape)
        right = law.components[0].high  # type: ignore[union-attr]
        returned = call(answer, shape, returns="the bound")
        given = number(returned)
        if given is None:
            pair = isinstance(plain(returned), (list, tuple))
            raise Wrong(
                f"one number is asked for, the bound c, but your function returned "
                f"{shown(returned)}.{' The interval is [-c, c].' if pair else ''}"
            )
        if not np.isclose(given, right, rtol=1e-4):
            raise Wrong(
                f"for the shape {shape} the bound is {right:.6f}, your function says {given:.6f}; "
                f"{_slip(given, right, shape)}."
            )


def _slip(given: float, right: float, shape: tuple[int, ...]) -> str:
    """What the number that was given is, where it can be told; else the two fans."""

    def same(value: float) -> bool:
        return bool(np.isclose(value, right, rtol=1e-4))

    if same(given * 2**0.5):
        return "6 is divided by the sum of the fans, not 3: Xavier takes the mean of both"
    if same(given * 3**0.5):
        return "that is the standard deviation; the bound is sqrt(3) times it"
    if given > 0 and same(given**0.5):
        return "that is its square: the root is missing"
    into, out = fans(shape)
    counted = "; the kernel's pixels count in both" if len(shape) > 2 else ""
    return f"here fan-in is {into} and fan-out {out}{counted}"


def _with_biases(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        width, hidden, value = draw.randint(30, 60), draw.randint(40, 80), draw.randint(2, 9)
        net = nn.Sequential()
        net.add(nn.Dense(hidden, activation="relu"), nn.Dense(hidden))
        given = call(answer, net, (4, width), value, returns="the net")
        expect(
            given is net,
            "return the net that was given"
            + (
                ", not another one." if isinstance(given, gluon.Block) else f", not {shown(given)}."
            ),
        )
        for site in paths.sites(net):
            if not has_values(site.parameter):
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
            _require_xavier(site.path, values)


def _require_xavier(path: str, values: Any) -> None:
    bound = law_of(mx.init.Xavier(), values.shape).components[0].high  # type: ignore[union-attr]
    largest, deviation = np.abs(values).max(), values.std()
    expect(
        0.9 * bound < largest <= bound * 1.0001,
        f"{path} should be Xavier's, up to {bound:.3f} in size, but its largest is {largest:.3f}.",
    )
    expect(
        abs(deviation * 3**0.5 / bound - 1) < 0.1,
        f"{path} should be Xavier's, equally likely from {-bound:.3f} to {bound:.3f}, which makes "
        f"a standard deviation of {bound / 3**0.5:.3f}, but it is {deviation:.3f}.",
    )


EXERCISES = (
    Exercise(
        "4.1",
        (
            "parameter was named last, by a call of its own. Which of the other two goes first?",
            "The parameter's, then the layer's, then the net's. None means: ask the next.",
            "for named in (parameter, layer, net): if named is not None: return named. After the "
            "loop, return 'uniform'.",
        ),
        _who_wins,
        "a call for the parameter, made last, then the layer, then the net.",
        "who_wins",
    ),
    Exercise(
        "4.2",
        (
            "The shape is (outputs, inputs), and for a kernel (outputs, inputs, height, width).",
            "The bound is the square root of 6 / (fan-in + fan-out).",
            "pixels = np.prod(shape[2:]), which is 1 for a dense layer; then "
            "np.sqrt(6 / ((shape[0] + shape[1]) * pixels)).",
        ),
        _xavier_bound,
        "wider layers, smaller numbers.",
        "xavier_bound",
    ),
    Exercise(
        "4.3",
        (
            "net.initialize asks the layers first. Which initializer of this lesson goes before "
            "the layers?",
            "gi.ByPattern: a pattern for the biases, and a default for all the rest.",
            "gi.force_init(net, shape, init=gi.ByPattern({'bias': mx.init.Constant(value)}, "
            "default=mx.init.Xavier()))",
        ),
        _with_biases,
        "the pattern spoke before the layers did.",
        "with_biases",
    ),
)
