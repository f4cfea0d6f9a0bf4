"""Answers to lesson 10."""

import gluon_init as gi

import mxnet as mx
import numpy as np
from mxnet import nd


def filling(fill):
    """Exercise 10.4 by a function of seed, name and array."""

    def answer(seed):
        class Filling(mx.init.Initializer):
            def _init_weight(self, name, arr):
                fill(seed, name, arr)

        return Filling()

    return answer


class PerParameter(mx.init.Initializer):
    def __init__(self, seed):
        super().__init__()
        self.seed = seed

    def _init_weight(self, name, arr):
        mx.random.seed(self.seed)
        arr[:] = nd.random.normal(shape=arr.shape)


def repeats(init):
    a, b = nd.zeros((20, 20)), nd.zeros((20, 20))
    init(mx.init.InitDesc("a_weight"), a)
    init(mx.init.InitDesc("b_weight"), b)
    return bool((a == b).min().asscalar())


def repeats_of_one_name(init):
    arrays = [nd.zeros((20, 20)) for _ in range(2)]
    for array in arrays:
        init(mx.init.InitDesc("weight"), array)
    return bool((arrays[0] == arrays[1]).min().asscalar())


def deferred(net, shape, seed):
    net.initialize(gi.Seeded(mx.init.Xavier(), seed), ctx=gi.device())
    return net


def by_batch(net, shape, seed):
    deferred(net, shape, seed)(nd.ones(shape, ctx=gi.device()))
    return net


def one_stream(net, shape, seed):
    mx.random.seed(seed)
    net.initialize(ctx=gi.device())
    net(nd.ones(shape, ctx=gi.device()))
    return net


def moves_the_stream(net, shape, seed):
    mx.random.seed(seed)
    return gi.force_init(net, shape, seed=seed)


def by_name(seed, name, arr):
    start = np.random.SeedSequence([seed, *name.encode()])
    arr[:] = np.random.default_rng(start).normal(size=arr.shape)


def by_state(seed, name, arr):
    arr[:] = np.random.RandomState([seed, *name.encode()]).uniform(-1, 1, arr.shape)


def by_hash(seed, name, arr):
    arr[:] = np.random.default_rng(abs(hash(name)) + seed).normal(size=arr.shape)


def by_letters(seed, name, arr):
    arr[:] = np.random.default_rng([seed, sum(name.encode())]).normal(size=arr.shape)


def without_name(seed, name, arr):
    arr[:] = np.random.default_rng(seed).normal(size=arr.shape)


def without_seed(seed, name, arr):
    arr[:] = np.random.default_rng([*name.encode()]).normal(size=arr.shape)


def sets_numpy(seed, name, arr):
    np.random.seed([seed, *name.encode()])
    arr[:] = np.random.normal(size=arr.shape)


def sets_mxnet(seed, name, arr):
    mx.random.seed(seed + int.from_bytes(name.encode()[:3], "big"))
    arr[:] = nd.random.normal(shape=arr.shape)


def goes_on(seed, name, arr):
    arr[:] = nd.random.normal(shape=arr.shape)


RIGHT = {
    "10.1": lambda count, place: place,
    "10.2": lambda net, shape, seed: gi.force_init(net, shape, seed=seed),
    "10.3": repeats,
    "10.4": filling(by_name),
}
ALSO_RIGHT = [
    ("10.1", lambda count, place: np.array([place])),
    ("10.2", by_batch),
    ("10.3", lambda init: int(repeats(init))),
    ("10.3", lambda init: nd.array([repeats(init)])),
    ("10.4", filling(by_state)),
]

WRONG = [
    ("10.1", lambda count, place: count, "weights, your function"),
    ("10.1", lambda count, place: place + 1, "keeps? (its|their) weights"),
    ("10.1", lambda count, place: -1, "keeps? (its|their) weights"),
    ("10.1", lambda count, place: 0, "weights, your function says 0"),
    ("10.1", lambda count, place: count // 2, "weights, your function"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape), "other numbers the second time"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape, init=PerParameter(seed)),
     "same numbers: the seed must not"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape, seed=1), "are those of seed"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape, init=mx.init.One(), seed=seed),
     "holds 1 everywhere"),
    ("10.2", one_stream, "with one more Dense before it"),
    ("10.2", moves_the_stream, "MXNet's stream was moved"),
    ("10.2", deferred, "The net is not complete"),
    ("10.3", lambda init: True, "it goes on in the stream|a stream of its own"),
    ("10.3", lambda init: False, "your function says False"),
    ("10.3", repeats_of_one_name, "Seeded: False, for each parameter has a stream of its own"),
    ("10.3", lambda init: "seed" in type(init).__name__.lower(), "it keeps what it drew|stream of"),
    ("10.3", lambda init: "yes", "True or False is asked for"),
    ("10.4", filling(by_hash), "hash\\(\\) of a text"),
    ("10.4", filling(by_letters), "all of the name must have a part"),
    ("10.4", filling(without_name), "all of the name must have a part"),
    ("10.4", filling(without_seed), "are those of seed"),
    ("10.4", filling(sets_numpy), "NumPy's stream was moved"),
    ("10.4", filling(sets_mxnet), "MXNet's stream was moved"),
    ("10.4", filling(goes_on), "depend on what was drawn"),
    ("10.4", filling(lambda seed, name, arr: None), "64 random numbers are asked for, but no more than 1"),
    ("10.4", lambda seed: gi.Seeded(mx.init.Normal(1), seed), "that is gi.Seeded itself"),
    ("10.4", lambda seed: mx.init.Normal, "not its class Normal"),
    ("10.4", lambda seed: seed, "an initializer is asked for"),
]  # fmt: skip
