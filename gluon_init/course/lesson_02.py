"""The exercises of lesson 02, watching initialization."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

from .. import devices, states
from .exercises import Exercise, Wrong, call, expect


class _Counting(mx.init.Uniform):  # type: ignore[misc]
    """Counts how often it is asked to fill."""

    asked = 0

    def _init_weight(self, name: Any, arr: Any) -> None:
        self.asked += 1
        super()._init_weight(name, arr)


def _lines(answer: Any, draw: random.Random) -> None:
    for _ in range(4):
        units = [draw.randint(2, 9) for _ in range(draw.randint(2, 5))]
        inputs = [7, *units]
        widths = [inputs[i] if draw.random() < 0.5 else 0 for i in range(len(units))]
        net = nn.Sequential()
        net.add(*(nn.Dense(u, in_units=w) for u, w in zip(units, widths, strict=True)))
        counter = _Counting()
        net.initialize(counter, ctx=devices.device())
        first = counter.asked
        net(mx.nd.ones((1, 7), ctx=devices.device()))
        right = (first, counter.asked - first)
        given = call(answer, list(widths))
        if tuple(given) != right:
            raise Wrong(
                f"for widths={widths} PrintInit prints {right[0]} lines at initialize() and "
                f"{right[1]} at the first forward pass; your function says {given!r}."
            )


def _count(answer: Any, draw: random.Random) -> None:
    kind = call(answer)
    expect(
        isinstance(kind, type) and issubclass(kind, mx.init.Initializer),
        f"a class derived from mx.init.Initializer is asked for, but you returned {kind!r}.",
    )
    for _ in range(2):
        net = nn.Sequential()
        net.add(*(nn.Dense(draw.randint(2, 9)) for _ in range(draw.randint(1, 4))), nn.BatchNorm())
        counter = kind()
        net.initialize(counter, ctx=devices.device())
        net(mx.nd.ones((2, 5), ctx=devices.device()))
        total = len(states.summary(net))
        seen = getattr(counter, "count", None)
        expect(
            seen == total,
            f"the net has {total} parameters, but count is {seen!r}: biases, gammas and running "
            f"statistics have initializers of their own, and only __call__ sees them.",
        )
        weight = net[0].weight.data(devices.device()).asnumpy()
        expect(
            bool(weight.any()),
            "it counts, but the weights hold only zeros: hand the array on, with "
            "super().__call__(desc, arr).",
        )


class _Branches(gluon.HybridBlock):  # type: ignore[misc]
    """Layers of which forward uses some."""

    def __init__(self, used: dict[str, bool]) -> None:
        super().__init__()
        self._chain = [name for name, is_used in used.items() if is_used]
        for name in used:
            setattr(self, name, nn.Dense(3))

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  (Gluon's name)
        for name in self._chain:
            x = getattr(self, name)(x)
        return x


def _never_reached(answer: Any, draw: random.Random) -> None:
    for number in range(3):
        names = draw.sample(["head", "tail", "left", "right", "gate", "skip"], 4)
        used = {name: draw.random() < 0.5 for name in names}
        used[names[0]], used[names[1]] = True, number == 2  # at least one is; in the end maybe all
        net = _Branches(used)
        net.initialize(ctx=devices.device())
        right = [f"{n}.{p}" for n in names if not used[n] for p in ("weight", "bias")]
        given = call(answer, net, (2, 5))
        if not isinstance(given, (list, tuple, set)) or set(given) != set(right):
            raise Wrong(
                f"forward uses {', '.join(n for n in names if used[n])}, so that it never reaches "
                f"{', '.join(right) or 'nothing'}; your function says {given!r}."
            )


EXERCISES = (
    Exercise(
        "2.1",
        "How many lines PrintInit prints, and when.",
        (
            "Which parameters does PrintInit see at all? Look at the table's last column.",
            "One line a weight. At initialize() if its shape is complete, else in the first pass.",
            "known = sum(width > 0 for width in widths); return known, len(widths) - known",
        ),
        _lines,
        "one line a weight, and the time depends on its shape alone.",
    ),
    Exercise(
        "2.2",
        "An initializer that counts every parameter.",
        (
            "Which method does Gluon call for every parameter, biases included?",
            "Override __call__(self, desc, arr). Count there, then let the base class do its work.",
            "class Counting(mx.init.Uniform): count = 0, and in __call__: self.count += 1, then "
            "super().__call__(desc, arr).",
        ),
        _count,
        "__call__ sees them all.",
    ),
    Exercise(
        "2.3",
        "The parameters that forward never reaches.",
        (
            "One function of this lesson tells the state of each parameter, given a shape.",
            "gi.summary(net, shape).rows has dictionaries with 'path' and 'state'.",
            "[row['path'] for row in gi.summary(net, shape).rows if row['state'] == ...]",
        ),
        _never_reached,
        "no training run was needed to find them.",
    ),
)
