"""Answers to lesson 02."""

import gluon_init as gi

import mxnet as mx


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


class NotCounting(mx.init.Uniform):
    pass


def reached(net, shape, state):
    return [row["path"] for row in gi.summary(net, shape).rows if row["state"] == state]


RIGHT = {
    "2.1": lambda widths: (sum(w > 0 for w in widths), sum(w == 0 for w in widths)),
    "2.2": lambda: Counting,
    "2.3": lambda net, shape: reached(net, shape, "never reached"),
}

WRONG = [
    ("2.1", lambda widths: (0, 2 * len(widths)), "prints . lines at initialize"),
    ("2.1", lambda widths: (len(widths), len(widths)), "your function says"),
    ("2.1", lambda widths: 3, "TypeError"),
    ("2.2", lambda: WeightsOnly, "only __call__ sees them"),
    ("2.2", lambda: CountingWithoutFilling, "only zeros"),
    ("2.2", lambda: NotCounting, "count is None"),
    ("2.2", lambda: Counting(), "a class derived from"),
    ("2.3", lambda net, shape: reached(net, shape, "deferred"), "it never reaches"),
    ("2.3", lambda net, shape: ["head.weight"], "it never reaches"),
    ("2.3", lambda net, shape: [p.split(".")[0] for p in reached(net, shape, "never reached")] + [1],
     "your function says"),
]  # fmt: skip
