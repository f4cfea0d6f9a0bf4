"""Answers to lesson 06."""

import gluon_init as gi

import numpy as np
from mxnet.gluon import nn


def layers(depth, width, activation="tanh"):
    net = nn.Sequential()
    net.add(*(nn.Dense(width, in_units=width, activation=activation) for _ in range(depth)))
    return net


def deep(depth, width, activation="tanh"):
    net = layers(depth, width, activation)
    for i in range(1, depth):
        gi.tie(net, f"{i}.weight", "0.weight")
    return net


def by_params(depth, width):
    net = layers(1, width)
    for _ in range(1, depth):
        net.add(nn.Dense(width, in_units=width, activation="tanh", params=net[0].params))
    return net


def tied(net, first, second):
    return any({first, second} <= set(row.paths) for row in gi.tied_groups(net).rows)


def equal(net, first, second):
    found = net._collect_params_with_prefix()
    one, two = (found[path].list_data()[0].asnumpy() for path in (first, second))
    return np.array_equal(one, two)


def every_use(net):
    return sum(int(np.prod(p.shape)) for p in net._collect_params_with_prefix().values())


RIGHT = {"6.1": lambda net: gi.summary(net).total, "6.2": tied, "6.3": deep}

WRONG = [
    ("6.1", every_use, "counted tied ones each time"),
    ("6.1", lambda net: len(net._collect_params_with_prefix()), "parameters have"),
    ("6.1", lambda net: sum(r.size for r in gi.tied_groups(net).rows), "parameters have"),
    ("6.1", gi.summary, "a whole number is asked for, but your function returned a Summary"),
    ("6.2", equal, "their numbers are equal, but they are two"),
    ("6.2", lambda net, first, second: False, "they are one parameter"),
    ("6.2", lambda net, first, second: first == second, "they are one parameter"),
    ("6.3", by_params, "a bias of its own"),
    ("6.3", lambda depth, width: deep(depth, width, "relu"), "with a tanh each"),
    ("6.3", lambda depth, width: deep(depth, width, None), "with a tanh each"),
    ("6.3", layers, "should share one weight"),
    ("6.3", lambda depth, width: deep(2, width), "layers are asked for"),
]
