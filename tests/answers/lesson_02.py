"""Answers to lesson 02."""

import gluon_init as gi

import mxnet as mx
import numpy as np


class Counting(mx.init.Uniform):
    count = 0

    def __call__(self, desc, arr):
        self.count += 1
        super().__call__(desc, arr)


class WeightsOnly(mx.init.Uniform):
    count = 0

    def _init_weight(self, name, arr):
        self.count += 1
        super()._init_weight(name, arr)


class CountingWithoutFilling(Counting):
    def __call__(self, desc, arr):
        self.count += 1


class CountingOnes(Counting):
    """Fills everything by one."""

    def __call__(self, desc, arr):
        self.count += 1
        arr[:] = 1


class CountingWeights(Counting):
    """Draws everything as if it were a weight."""

    def __call__(self, desc, arr):
        self.count += 1
        self._init_weight(desc, arr)


class Shared(mx.init.Uniform):
    """The count is the class's."""

    count = 0

    def __call__(self, desc, arr):
        Shared.count += 1
        super().__call__(desc, arr)


class Unable(mx.init.Initializer):
    """It cannot fill a weight."""

    count = 0

    def __call__(self, desc, arr):
        self.count += 1
        super().__call__(desc, arr)


class CountingByMethod(mx.init.Uniform):
    def count(self):
        return 3


class Needing(Counting):
    def __init__(self, scale, more):
        super().__init__()


class Started(mx.init.Normal):
    """The count is made in __init__."""

    def __init__(self):
        super().__init__(0.1)
        self.count = 0

    def __call__(self, desc, arr):
        self.count += 1
        super().__call__(desc, arr)


class NotCounting(mx.init.Uniform):
    pass


def never_reached(net, shape):
    return [row.path for row in gi.summary(net, shape).rows if row.reached is False]


def weights_only(net, shape):
    everywhere = ["head", "tail", "left", "right", "gate", "skip"]
    never = never_reached(net, shape)
    return [path for path in never if path.endswith("weight")] or [everywhere[0] + ".weight"]


RIGHT = {
    "2.1": lambda widths: (sum(w > 0 for w in widths), sum(w == 0 for w in widths)),
    "2.2": lambda: Counting,
    "2.3": lambda net, shape: never_reached(net, shape),
}

ALSO_RIGHT = [
    ("2.1", lambda widths: np.array([np.sum(np.array(widths) > 0), widths.count(0)])),
    ("2.2", Counting),
    ("2.2", lambda: Started),
    ("2.3", lambda net, shape: (path for path in never_reached(net, shape))),
    ("2.3", lambda net, shape: np.array(never_reached(net, shape))),
    ("2.3", lambda net, shape: set(never_reached(net, shape))),
]

WRONG = [
    ("2.1", lambda widths: (0, 2 * len(widths)), "prints . lines? at initialize"),
    ("2.1", lambda widths: (sum(w == 0 for w in widths), sum(w > 0 for w in widths)),
     "PrintInit prints"),
    ("2.1", lambda widths: (len(widths), len(widths)), "your function says"),
    ("2.1", lambda widths: 3, "two numbers are asked for, .* but your function returned 3"),
    ("2.1", lambda widths: [1, 2, 3], r"two numbers are asked for, .* returned \[1, 2, 3\]"),
    ("2.2", lambda: CountingOnes, r"0\.bias holds 1 where its layer asked for 0"),
    ("2.2", lambda: CountingWeights, r"0\.bias holds -?0\.\d+ where its layer asked for 0"),
    ("2.2", lambda: Shared, r"goes on from one object to the next|self\.count"),
    ("2.2", lambda: Unable, r"derive it from mx\.init\.Uniform, or write _init_weight"),
    ("2.2", lambda: CountingByMethod, "count must be a number, but it is a method"),
    ("2.2", lambda: Needing, r"Needing\(\) raised TypeError"),
    ("2.2", lambda: dict, "a class derived from .* returned the class dict"),
    ("2.2", Counting(), r'the answer is a Counting: check\("2\.2", counting\)'),
    ("2.2", lambda: WeightsOnly, "only __call__ sees them"),
    ("2.2", lambda: CountingWithoutFilling, "only zeros"),
    ("2.2", lambda: NotCounting, "has no count: set self.count"),
    ("2.2", lambda: Counting(), "a class derived from"),
    ("2.3", lambda net, shape: [row.path for row in gi.summary(net, shape).rows
                                if row.state == "deferred"], "it never reaches"),
    ("2.3", lambda net, shape: ["head.weight"], "it never reaches"),
    ("2.3", lambda net, shape: [p.split(".")[0] for p in never_reached(net, shape)] + [1],
     "in your list"),
    ("2.3", lambda net, shape: list(gi.summary(net, shape).rows), r"of a row of gi\.summary it is"),
    ("2.3", lambda net, shape: list(net.collect_params()), "not Gluon's names"),
    ("2.3", lambda net, shape: 5, "a list of paths is asked for, such as gate.weight"),
    ("2.3", weights_only, r"A bias that initialize\(\) filled counts too|it never reaches nothing"),
]  # fmt: skip
