"""Answers to lesson 05."""

import gluon_init as gi

import mxnet as mx
import numpy as np
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


class NumPys(TwoSided):
    """It draws with NumPy's random numbers."""

    def _init_weight(self, name, arr):
        arr[:] = np.random.uniform(self.low, self.high, arr.shape) * np.random.choice(
            [-1, 1], arr.shape
        )


class Own(TwoSided):
    """Python's generator, with a seed of the object's own."""

    def __init__(self, low, high):
        super().__init__(low, high)
        self.generator = np.random.default_rng()

    def _init_weight(self, name, arr):
        size = self.generator.uniform(self.low, self.high, arr.shape)
        arr[:] = size * self.generator.choice([-1, 1], arr.shape)


class SeedInside(TwoSided):
    def _init_weight(self, name, arr):
        mx.random.seed(0)
        super()._init_weight(name, arr)


class Called(mx.init.Initializer):
    """It works as a net's initializer, and not as a layer's."""

    def __init__(self, low, high):
        super().__init__(low=low, high=high)
        self.low, self.high = low, high

    def __call__(self, desc, arr):
        TwoSided(self.low, self.high)._init_weight(desc, arr)


class Fixed(TwoSided):
    def __init__(self):
        super().__init__(1, 2)


class Failing(TwoSided):
    def _init_weight(self, name, arr):
        arr[:] = self.middle


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

ALSO_RIGHT = [
    ("5.1", TwoSided),
    ("5.3", lambda init, law: np.bool_(gi.check_distribution(init, law).ok)),
]

WRONG = [
    ("5.1", lambda: NumPys, "the same mx.random.seed gives other numbers: draw with nd.random"),
    ("5.1", lambda: Own, "the same mx.random.seed gives other numbers: draw with nd.random"),
    ("5.1", lambda: SeedInside, "it seeds inside"),
    ("5.1", Called, r"cannot be a layer's weight_initializer.* Write _init_weight"),
    ("5.1", lambda: Fixed, r"Fixed\(\d, \d+\) raised TypeError"),
    ("5.1", lambda: Failing, "cannot be filled: AttributeError"),
    ("5.1", lambda: dict, "returned the class dict"),
    ("5.1", TwoSided(1, 2), r'the answer is a TwoSided: check\("5\.1", two_sided\)'),
    ("5.2", gi.Mixture([(1, 0)]), r'the answer is a Mixture: check\("5\.2", spike_and_slab\)'),
    ("5.3", lambda init, law: "no", "True or False is asked for, but your function returned 'no'"),
    ("5.3", gi.check_distribution, r"returned a DistributionCheck: take its \.ok"),
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
