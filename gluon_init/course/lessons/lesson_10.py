"""The exercises of lesson 10, seeds."""

from __future__ import annotations

import builtins
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mxnet as mx
import numpy as np
from mxnet.gluon import nn

from ... import devices
from ..._arguments import require_block
from ..._gluon import paths
from ..._gluon.parameters import has_values
from ...initializers.seeded import Seeded
from ..exercises import Exercise, Wrong, call, expect, number, plain, shown


def _chain(count: int, width: int = 6) -> Any:
    net = nn.Sequential()
    net.add(*(nn.Dense(width, in_units=width) for _ in range(count)))
    return net


def _values(parameter: Any) -> Any:
    return parameter.list_data()[0].asnumpy()


def _keep(answer: Any, draw: random.Random) -> None:
    most = draw.randint(2, 6)
    for count, place in draw.sample([(5, 1), (4, 3), (most, draw.randint(0, most - 1))], 3):
        seed, found = draw.randint(0, 999), []
        for layers in (count, count + 1):
            mx.random.seed(seed)
            net = _chain(layers)
            net.initialize(mx.init.Normal(1), ctx=devices.device())
            found.append([_values(layer.weight) for layer in net])
        old, new = found
        places = [i if i < place else i + 1 for i in range(count)]
        right = sum(np.array_equal(old[i], new[j]) for i, j in enumerate(places))
        given = call(answer, count, place)
        if number(given) != right:
            raise Wrong(
                f"of {count} layers, one more before layer {place}: {right} "
                f"{'keeps its' if right == 1 else 'keep their'} weights, your function says "
                f"{shown(given)}."
            )


def _repeat(answer: Any, draw: random.Random) -> None:
    width, seed = draw.randint(5, 20), draw.randint(0, 999)

    def weights(between: Any, seed: int) -> list[Any]:
        """Of the layers 0, 2 and 3, behind 0 whatever is ``between``."""
        net = nn.Sequential()
        net.add(nn.Dense(7), between, nn.Dense(7), nn.Dense(7))
        given = call(answer, net, (2, width), seed, returns="the net")
        require_block(given, "what your function returns")
        waiting = [s.path for s in paths.sites(given) if not has_values(s.parameter)]
        expect(not waiting, f"without numbers: {', '.join(waiting)}. The net is not complete.")
        return [_values(given[i].weight) for i in (0, 2, 3)]

    first = weights(nn.Dropout(0.5), seed)
    mx.nd.random.uniform(shape=draw.randint(1, 99))  # somebody else draws
    again = weights(nn.Dropout(0.5), seed)
    longer = weights(nn.Dense(7), seed)
    for path, one, two in zip((0, 2, 3), first, again, strict=True):
        expect(
            one.min() < one.max(),
            f"{path}.weight holds {one.flat[0]:.3g} everywhere: no number depends on the seed.",
        )
        expect(
            np.array_equal(one, two),
            f"called twice with seed {seed}, {path}.weight has other numbers the second time: they "
            f"depend on what was drawn before.",
        )
    expect(
        not np.array_equal(first[1], first[2]),
        "2.weight and 3.weight have the same numbers: the seed must not be set for each of them.",
    )
    expect(
        np.array_equal(first[2], longer[2]),
        "with one more Dense before it, in the place of Dropout, 3.weight has other numbers, and "
        "seed and path are the same: it draws from one stream with the others.",
    )
    expect(
        not np.array_equal(weights(nn.Dropout(0.5), seed + 1)[0], first[0]),
        f"with seed {seed + 1} the weights are those of seed {seed}.",
    )
    with _streams(draw):
        weights(nn.Dropout(0.5), seed)


@contextmanager
def _streams(draw: random.Random) -> Iterator[None]:
    """Raises Wrong if what happens inside moves MXNet's stream, or NumPy's."""
    start = draw.randint(2000, 2999)  # no seed that an answer is given
    kept = np.random.get_state()
    streams: dict[str, Callable[[], Any]] = {
        "MXNet's": lambda: mx.nd.random.uniform(shape=3).asnumpy(),
        "NumPy's": lambda: np.random.uniform(size=3),
    }
    try:
        mx.random.seed(start)
        np.random.seed(start)
        expected = {name: take() for name, take in streams.items()}
        mx.random.seed(start)
        np.random.seed(start)
        yield
        for name, take in streams.items():
            expect(
                np.array_equal(take(), expected[name]),
                f"the numbers are right, but {name} stream was moved or set anew, and somebody "
                f"else draws from it.",
            )
    finally:
        np.random.set_state(kept)


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
        (Seeded(mx.init.Normal(1), 1), False, "each parameter has a stream of its own"),
    ]
    draw.shuffle(cases)
    for init, right, why in cases:
        given = call(answer, init)
        said = plain(given)
        if said not in (True, False, [True], [False]):
            raise Wrong(f"True or False is asked for, but your function returned {shown(given)}.")
        if (said in (True, [True])) is not right:
            name = type(init).__name__.replace("_", "")
            raise Wrong(f"{name}: {right}, for {why}; your function says {said!r}.")


def _by_name(answer: Any, draw: random.Random) -> None:
    seed = draw.randint(1, 999)
    letters = "".join(draw.sample("abcdefgh", 3))
    one, other = f"{letters}_weight", f"{letters[::-1]}_weight"  # of the same letters
    with _no_hash(one, other):
        init = _initializer(answer, seed)
        first = _fill(init, one)
        mx.nd.random.uniform(shape=draw.randint(1, 99))  # somebody else draws
        np.random.uniform(size=3)
        second, again = _fill(init, other), _fill(_initializer(answer, seed), one)
        later = _fill(_initializer(answer, seed + 1), one)
    different = len(np.unique(first))
    expect(
        different > first.size / 2,
        f"{first.size} random numbers are asked for, but no more than {different} of them "
        f"{'are' if different > 1 else 'is'} different.",
    )
    expect(
        np.array_equal(first, again),
        f"filled twice with seed {seed}, {one} has other numbers the second time: they depend on "
        f"what was drawn before.",
    )
    expect(
        not np.array_equal(first, second),
        f"{one} and {other} get the same numbers: all of the name must have a part in the start.",
    )
    expect(
        not np.array_equal(first, later),
        f"with seed {seed + 1} the numbers are those of seed {seed}.",
    )
    with _streams(draw):
        _fill(_initializer(answer, seed), one)


def _initializer(answer: Any, seed: int) -> Any:
    init = call(answer, seed, returns="an initializer")
    if isinstance(init, type):
        name = init.__name__
        raise Wrong(f"an initializer is asked for, not its class {name}: make an object, {name}().")
    expect(
        isinstance(init, mx.init.Initializer),
        f"an initializer is asked for, but you returned {shown(init)}.",
    )
    expect(
        not isinstance(init, Seeded),
        "that is gi.Seeded itself. Here you write your own, derived from mx.init.Initializer.",
    )
    return init


def _fill(init: Any, name: str) -> Any:
    array = mx.nd.zeros((8, 8), ctx=devices.device())
    call(lambda: init(mx.init.InitDesc(name), array), returns="")
    return array.asnumpy()


@contextmanager
def _no_hash(*names: str) -> Iterator[None]:
    """Raises Wrong where the hash of a name is taken: it is another one in each process."""
    real = builtins.hash

    def watched(value: Any) -> int:
        if any(name in str(value) for name in names):
            raise Wrong(
                "hash() of a text is another number in each run of Python, so the weights would be "
                "others tomorrow. The bytes of the name, name.encode(), stay the same."
            )
        return real(value)

    builtins.hash = watched
    try:
        yield
    finally:
        builtins.hash = real


EXERCISES = (
    Exercise(
        "10.1",
        (
            "Whose numbers are drawn before the new layer draws?",
            "The layers before it keep theirs. How many are those?",
            "return place",
        ),
        _keep,
        "what comes before is untouched, what comes after moves.",
        "keep",
    ),
    Exercise(
        "10.2",
        (
            "mx.random.seed would help for one stream, but Dropout, laziness and every other layer "
            "spoil it.",
            "gi.force_init completes a net from a shape, and takes a seed.",
            "return gi.force_init(net, shape, init=mx.init.Xavier(), seed=seed)",
        ),
        _repeat,
        "seed and path, and nothing else.",
        "repeat",
    ),
    Exercise(
        "10.3",
        (
            "Let it fill two arrays of one shape, and compare them.",
            "An initializer is called with a description, which has the parameter's name, and an "
            "array: init(mx.init.InitDesc('a_weight'), array). Two layers have two names.",
            "a, b = nd.zeros((20, 20)), nd.zeros((20, 20)); init(mx.init.InitDesc('a_weight'), a); "
            "init(mx.init.InitDesc('b_weight'), b); return bool((a == b).min().asscalar())",
        ),
        _seeds_inside,
        "two calls tell it.",
        "seeds_inside",
    ),
    Exercise(
        "10.4",
        (
            "A class derived from mx.init.Initializer fills arr in its _init_weight(self, name, "
            "arr). How do a seed and a name become one list of integers?",
            "[seed, *name.encode()] is one. np.random.default_rng(np.random.SeedSequence(that "
            "list)) is a generator that nobody else draws from.",
            "In _init_weight: arr[:] = np.random.default_rng(np.random.SeedSequence([seed, "
            "*name.encode()])).normal(size=arr.shape). Then return an object of the class.",
        ),
        _by_name,
        "a name, a seed, a stream, and nobody else's business.",
        "by_name",
    ),
)
