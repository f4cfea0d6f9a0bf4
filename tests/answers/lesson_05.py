"""Answers to lesson 05."""

import gluon_init as gi

import mxnet as mx
from mxnet import nd


class TwoSided(mx.init.Initializer):
    def __init__(self, low, high):
        super().__init__(low=low, high=high)
        self.low, self.high = low, high

    def sizes(self, arr):
        return nd.random.uniform(self.low, self.high, shape=arr.shape)

    def _init_weight(self, name, arr):
        arr[:] = self.sizes(arr) * nd.random.uniform(-1, 1, shape=arr.shape).sign()


class OneSided(TwoSided):
    def _init_weight(self, name, arr):
        arr[:] = self.sizes(arr)


class OneSign(TwoSided):
    def _init_weight(self, name, arr):
        arr[:] = self.sizes(arr) * nd.random.uniform(-1, 1, shape=(1, arr.shape[1])).sign()


class Rebinding(TwoSided):
    def _init_weight(self, name, arr):
        arr = self.sizes(arr)


def by_moments(init, law):
    array = nd.zeros((500, 500))
    init._init_weight("weight", array)
    return abs(float(array.mean().asscalar())) < 0.01 and (
        abs(float((array**2).mean().asscalar()) - 1 / 3) < 0.01
    )


RIGHT = {
    "5.1": lambda: TwoSided,
    "5.2": lambda zero, sigma: gi.Mixture([(zero, 0), (1 - zero, mx.init.Normal(sigma))]),
    "5.3": lambda init, law: gi.check_distribution(init, law).ok,
}

WRONG = [
    ("5.1", lambda: OneSided, r"P\(.* is 1, expected 0\.50|P\(.*expected 0.50"),
    ("5.1", lambda: OneSign, "it should draw"),
    ("5.1", lambda: Rebinding, "writes nothing"),
    ("5.1", lambda: TwoSided(1, 2), "a class derived from"),
    ("5.2", lambda zero, sigma: gi.Mixture([(1 - zero, 0), (zero, mx.init.Normal(sigma))]),
     r"P\(w = 0\)"),
    ("5.2", lambda zero, sigma: mx.init.Normal(sigma), r"P\(w = 0\) is 0\.00"),
    ("5.2", lambda zero, sigma: gi.Mixture([(zero, 0), (1 - zero, (-sigma, sigma))]), "shape is"),
    ("5.2", lambda zero, sigma: [(zero, 0)], "an initializer is asked for"),
    ("5.3", lambda init, law: True, "your function says True"),
    ("5.3", lambda init, law: type(init) is type(law), "your function says"),
    ("5.3", by_moments, "your function says"),
]  # fmt: skip
