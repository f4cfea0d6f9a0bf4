"""Answers to lesson 01."""

import gluon_init as gi

import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.gluon import nn


def dense_pair(width, hidden, classes):
    net = nn.Sequential()
    net.add(nn.Dense(hidden, in_units=width), nn.Dense(classes, in_units=hidden))
    return net


def pooled(classes):
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3), nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net


def halves(x):
    return mx.nd.contrib.AdaptiveAvgPooling2D(x, output_size=2)


def adaptive(classes):
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3), nn.Lambda(halves), nn.Dense(classes))
    return net


def hybrid(classes):
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3), nn.GlobalMaxPool2D(), nn.Dense(classes))
    net.hybridize()
    return net


class Backwards(gluon.Block):
    """The second layer is registered first."""

    def __init__(self, width, hidden, classes):
        super().__init__()
        self.second = nn.Dense(classes, in_units=hidden)
        self.first = nn.Dense(hidden, in_units=width)

    def forward(self, x):
        return self.second(self.first(x))


class Skipping(Backwards):
    """The second layer is never used."""

    def forward(self, x):
        return self.first(x)


class Unconvolved(gluon.Block):
    """There is a convolution, and forward does not use it."""

    def __init__(self, classes):
        super().__init__()
        self.convolution = nn.Conv2D(4, 3)
        self.pool, self.dense = nn.GlobalAvgPool2D(), nn.Dense(classes)

    def forward(self, x):
        return self.dense(self.pool(x))


def without_biases(width, hidden, classes):
    net = nn.Sequential()
    net.add(nn.Dense(hidden, in_units=width, use_bias=False))
    net.add(nn.Dense(classes, in_units=hidden, use_bias=False))
    return net


def initialized(width, hidden, classes):
    net = dense_pair(width, hidden, classes)
    net.initialize()
    return net


def forced(width, hidden, classes):
    net = nn.Sequential()
    net.add(nn.Dense(hidden), nn.Dense(classes))
    return gi.force_init(net, (1, width))


def already_run(width, hidden, classes):
    net = nn.Sequential()
    net.add(nn.Dense(hidden), nn.Dense(classes))
    net.initialize()
    net(mx.nd.ones((1, width)))
    return net


def of_grey_images(classes):
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3, in_channels=1), nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net


def of_large_images(classes):
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3), nn.AvgPool2D(15), nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net


def half_known(width, hidden, classes):
    net = nn.Sequential()
    net.add(nn.Dense(hidden, in_units=width), nn.Dense(classes))
    return net


def three_layers(width, hidden, classes):
    net = dense_pair(width, hidden, classes)
    net.add(nn.Dense(classes, in_units=classes))
    return net


def flattened(classes):
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3), nn.Dense(classes))
    return net


def no_convolution(classes):
    net = nn.Sequential()
    net.add(nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net


def ten_classes(classes):
    return pooled(classes + 1)


def flat(height, width, channels, kernel):
    return channels * ((height - kernel + 1) // 2) * ((width - kernel + 1) // 2)


RIGHT = {
    "1.1": lambda units, width: list(zip(units, [width, *units], strict=False)),
    "1.2": flat,
    "1.3": dense_pair,
    "1.4": pooled,
}

ALSO_RIGHT = [
    ("1.1", lambda u, w: [np.array(pair) for pair in zip(u, [w, *u], strict=False)]),
    ("1.1", lambda u, w: [mx.nd.array(pair) for pair in zip(u, [w, *u], strict=False)]),
    ("1.1", lambda u, w: np.array(list(zip(u, [w, *u], strict=False)))),
    ("1.1", lambda u, w: zip(u, [w, *u], strict=False)),
    ("1.2", lambda *sizes: np.array([flat(*sizes)])),
    ("1.3", Backwards),
    ("1.4", adaptive),
    ("1.4", hybrid),
]

# Plausible wrong answers, and the words by which each is told what is wrong.
WRONG = [
    (
        "1.1",
        lambda u, w: list(zip([w, *u], u, strict=False)),
        r"their order is not: Gluon stores \(out",
    ),
    ("1.1", lambda u, w: [(units, w) for units in u], r"the weight of layer \d has shape \("),
    ("1.1", lambda u, w: [(256, 20), (10, 256)], r"is expected|are expected|has shape"),
    ("1.1", lambda u, w: [(u[0], w)], r"a list of \d shapes is expected, one a layer"),
    ("1.1", [(256, 20)], r'a function is asked for.*check\("1\.1", weight_shapes\)'),
    ("1.1", lambda u, w: 5, r"one a layer, but your function returned 5"),
    ("1.1", lambda u: u, r"your code raised TypeError"),
    ("1.2", lambda *sizes: str(flat(*sizes)), r"your function says '\d+'"),
    ("1.2", lambda h, w, c, k: (h, w), r"your function says \(\d+, \d+\)"),
    (
        "1.2",
        lambda h, w, c, k: c * (h // 2) * (w // 2),
        r"numbers for the Dense layer, your function",
    ),
    ("1.2", lambda h, w, c, k: flat(h, w, 1, k), "leave .* your function says"),
    ("1.2", lambda h, w, c, k: 1352, "your function says 1352"),
    ("1.2", lambda h, w, c, k: 1 / 0, "your code raised ZeroDivisionError"),
    (
        "1.3",
        half_known,
        r"1\.weight has shape \(\d+, \?\) before any data: its layer does not know",
    ),
    ("1.3", lambda w, h, c: dense_pair(h, w, c), "the shapes .* are expected, but they are"),
    ("1.3", three_layers, "the shapes .* are expected, but they are"),
    (
        "1.3",
        lambda w, h, c: [nn.Dense(h), nn.Dense(c)],
        "a net is asked for, a gluon.Block such as .*, but your function returned .Dense",
    ),
    ("1.3", lambda w, h, c: nn.Sequential, "the class Sequential: make one of it"),
    ("1.3", dense_pair(2, 3, 4), r'the answer is a Sequential: check\("1\.3", known_in_advance\)'),
    ("1.3", initialized, r"return the net before initialize\(\): the check calls it"),
    ("1.3", forced, r"return the net before initialize\(\): the check calls it"),
    ("1.3", already_run, r"return the net before initialize\(\): the check calls it"),
    ("1.3", without_biases, "Both layers need a bias"),
    ("1.3", Skipping, r"should come out as \(2, \d+\), .*both layers must be used"),
    ("1.4", pooled(3), r'the answer is a Sequential: check\("1\.4", any_size\)'),
    ("1.4", of_grey_images, r"a \d+ x \d+ colour image \(3 channels\) does not go through: "),
    ("1.4", of_large_images, r"\(3 channels\) does not go through|does not go through, though"),
    ("1.4", Unconvolved, "forward does not use it"),
    ("1.4", flattened, r"1\.weight \(\d+, \d+\) was made for the first"),
    ("1.4", no_convolution, r"at least one nn\.Conv2D is asked for"),
    ("1.4", ten_classes, r"the output has shape \(2, \d+\), yours has"),
]
