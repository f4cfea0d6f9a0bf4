"""Answers to lesson 10."""

import gluon_init as gi

import mxnet as mx
from mxnet import nd


class PerParameter(mx.init.Initializer):
    def __init__(self, seed):
        super().__init__()
        self.seed = seed

    def _init_weight(self, name, arr):
        mx.random.seed(self.seed)
        arr[:] = nd.random.normal(shape=arr.shape)


def repeats(init):
    arrays = [nd.zeros((20, 20)) for _ in range(2)]
    for array in arrays:
        init(mx.init.InitDesc("weight"), array)
    return bool((arrays[0] == arrays[1]).min().asscalar())


def deferred(net, shape, seed):
    net.initialize(gi.Seeded(mx.init.Xavier(), seed))
    return net


RIGHT = {
    "10.1": lambda count, place: place,
    "10.2": lambda net, shape, seed: gi.force_init(net, shape, seed=seed),
    "10.3": repeats,
}

WRONG = [
    ("10.1", lambda count, place: count, "keep their weights, your function"),
    ("10.1", lambda count, place: place + 1, "keep their weights"),
    ("10.1", lambda count, place: -1, "keep their weights"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape), "other numbers the second time"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape, init=PerParameter(seed)),
     "same numbers: the seed must not"),
    ("10.2", lambda net, shape, seed: gi.force_init(net, shape, seed=1), "are those of seed"),
    ("10.2", deferred, "the net is not complete"),
    ("10.3", lambda init: True, "it goes on in the stream"),
    ("10.3", lambda init: False, "your function says False"),
    ("10.3", lambda init: "seed" in type(init).__name__.lower(), "it keeps what it drew"),
]  # fmt: skip
