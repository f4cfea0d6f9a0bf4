"""Answers to lesson 01."""

from mxnet.gluon import nn


def dense_pair(width, hidden, classes):
    net = nn.Sequential()
    net.add(nn.Dense(hidden, in_units=width), nn.Dense(classes, in_units=hidden))
    return net


def pooled(classes):
    net = nn.Sequential()
    net.add(nn.Conv2D(4, 3), nn.GlobalAvgPool2D(), nn.Dense(classes))
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
    ("1.1", [(256, 20)], "a function is asked for"),
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
        "what your function returns must be a gluon.B",
    ),
    ("1.4", flattened, r"1\.weight \(\d+, \d+\) was made for the first"),
    ("1.4", no_convolution, r"at least one nn\.Conv2D is asked for"),
    ("1.4", ten_classes, r"the output has shape \(2, \d+\), yours has"),
]
