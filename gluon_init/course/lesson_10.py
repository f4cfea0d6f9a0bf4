"""The exercises of lesson 10, seeds."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from .. import devices, paths, seeding
from .exercises import Exercise, Wrong, call, expect


def _chain(count: int, width: int = 6) -> Any:
    net = nn.Sequential()
    net.add(*(nn.Dense(width, in_units=width) for _ in range(count)))
    return net


def _weights(net: Any) -> list[Any]:
    return [layer.weight.list_data()[0].asnumpy() for layer in net]


def _keep(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        count = draw.randint(2, 6)
        place, seed = draw.randint(0, count - 1), draw.randint(0, 999)
        found = []
        for number in (count, count + 1):
            mx.random.seed(seed)
            net = _chain(number)
            net.initialize(mx.init.Normal(1), ctx=devices.device())
            found.append(_weights(net))
        old, new = found
        places = [i if i < place else i + 1 for i in range(count)]
        right = sum(np.array_equal(old[i], new[j]) for i, j in enumerate(places))
        given = call(answer, count, place)
        if given != right:
            raise Wrong(
                f"of {count} layers, one more before layer {place}: {right} keep their weights, "
                f"your function says {given!r}."
            )


def _repeat(answer: Any, draw: random.Random) -> None:
    width, seed = draw.randint(5, 20), draw.randint(0, 999)
    found = []
    for number in range(2):
        mx.nd.random.uniform(shape=draw.randint(1, 99))  # somebody else draws
        net = nn.Sequential()
        net.add(nn.Dense(7), nn.Dropout(0.5), nn.Dense(7), nn.Dense(7))
        given = call(answer, net, (2, width), seed + 0 * number)
        paths.require_block(given, "what your function returns")
        waiting = [s.path for s in paths.sites(given) if s.parameter._data is None]
        expect(not waiting, f"{', '.join(waiting)} has no numbers yet: the net is not complete.")
        found.append([given[i].weight.list_data()[0].asnumpy() for i in (0, 2, 3)])
    for i, (one, two) in zip((0, 2, 3), zip(*found, strict=True), strict=True):
        expect(
            np.array_equal(one, two),
            f"called twice with seed {seed}, {i}.weight has other numbers the second time: they "
            f"depend on what was drawn before.",
        )
    expect(
        not np.array_equal(found[0][1], found[0][2]),
        "2.weight and 3.weight have the same numbers: the seed must not be set for each of them.",
    )
    net = nn.Sequential()
    net.add(nn.Dense(7), nn.Dropout(0.5), nn.Dense(7), nn.Dense(7))
    other = call(answer, net, (2, width), seed + 1)
    expect(
        not np.array_equal(other[0].weight.list_data()[0].asnumpy(), found[0][0]),
        f"with seed {seed + 1} the weights are those of seed {seed}.",
    )


class _Seeding(mx.init.Initializer):  # type: ignore[misc]
    def _init_weight(self, name: Any, arr: Any) -> None:
        mx.random.seed(1)
        arr[:] = mx.nd.random.normal(shape=arr.shape)


class _Keeping(mx.init.Initializer):  # type: ignore[misc]
    """Draws once, and hands out the same array ever after."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: Any = None

    def _init_weight(self, name: Any, arr: Any) -> None:
        if self._kept is None:
            self._kept = mx.nd.random.normal(shape=arr.shape)
        arr[:] = self._kept


def _seeds_inside(answer: Any, draw: random.Random) -> None:
    cases = [
        (_Seeding(), True, "it sets the seed each time"),
        (_Keeping(), True, "it keeps what it drew"),
        (mx.init.Normal(1), False, "it goes on in the stream"),
        (mx.init.Xavier(), False, "it goes on in the stream"),
        (seeding.Seeded(mx.init.Normal(1), 1), True, "asked twice for one name, it answers alike"),
    ]
    draw.shuffle(cases)
    for init, right, why in cases:
        given = call(answer, init)
        if bool(given) is not right:
            name = type(init).__name__.replace("_", "")
            raise Wrong(f"{name}: {right}, for {why}; your function says {given!r}.")


EXERCISES = (
    Exercise(
        "10.1",
        "Which layers keep their weights.",
        (
            "Whose numbers are drawn before the new layer draws?",
            "The layers before it keep theirs. How many are those?",
            "return place",
        ),
        _keep,
        "what comes before is untouched, what comes after moves.",
    ),
    Exercise(
        "10.2",
        "The same weights, whatever was drawn before.",
        (
            "mx.random.seed would help for one stream, but Dropout and laziness spoil it.",
            "gi.force_init completes a net from a shape, and takes a seed.",
            "return gi.force_init(net, shape, init=mx.init.Xavier(), seed=seed)",
        ),
        _repeat,
        "seed and path, and nothing else.",
    ),
    Exercise(
        "10.3",
        "An initializer that repeats itself.",
        (
            "Let it fill two arrays of one shape, and compare them.",
            "An initializer is called with a description and an array: "
            "init(mx.init.InitDesc('weight'), array).",
            "Fill a = nd.zeros((20, 20)) and b likewise, then return "
            "bool((a == b).min().asscalar()).",
        ),
        _seeds_inside,
        "two calls tell it.",
    ),
)
