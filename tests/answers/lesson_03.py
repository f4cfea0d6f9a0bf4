"""Answers to lesson 03."""

import gluon_init as gi

import mxnet as mx
import numpy as np
from mxnet import nd


def set_first(net, width, value):
    net[0].weight.set_data(nd.ones((net[0].weight.shape[0], width)) * value)


def by_force_init(net, width, value):
    gi.force_init(net, (1, width))
    net[0].weight.set_data(nd.ones((net[0].weight.shape[0], width)) * value)
    return net


def all_by_constant(net, width, value):
    net.initialize(mx.init.Constant(value), ctx=gi.device(), force_reinit=True)
    return net


def drawn_anew(net, shape, sigma):
    gi.force_init(net, shape)
    net.initialize(mx.init.Normal(sigma), ctx=gi.device(), force_reinit=True)
    return net


def forgotten_return(net, shape, sigma):
    gi.force_init(net, shape, init=mx.init.Normal(sigma))


def run_and_set(net, width, value):
    net(nd.ones((1, width), ctx=gi.device()))
    net[0].weight.set_data(nd.ones(net[0].weight.shape) * value)
    return net


def set_too_late(net, width, value):
    net.initialize(mx.init.Constant(value), ctx=gi.device(), force_reinit=True)
    net[0].weight.initialize(mx.init.One(), ctx=gi.device())
    return net


def by_sample(net, shape, sigma):
    net.initialize(mx.init.Normal(sigma))
    net(nd.ones(shape))
    return net


def initialized(net, shape, sigma):
    net.initialize(mx.init.Normal(sigma), force_reinit=True)
    return net


def filled(widths, seen):
    return [i for i, w in enumerate(widths) if seen or w]


RIGHT = {
    "3.1": filled,
    "3.2": set_first,
    "3.3": lambda net, shape, sigma: gi.force_init(net, shape, init=mx.init.Normal(sigma)),
}
ALSO_RIGHT = [
    ("3.1", lambda widths, seen: np.array(filled(widths, seen), dtype=int)),
    ("3.1", lambda widths, seen: set(filled(widths, seen))),
    ("3.1", lambda widths, seen: (index for index in filled(widths, seen))),
    ("3.2", by_force_init),
    ("3.3", drawn_anew),
]

WRONG = [
    ("3.1", lambda widths, seen: list(range(len(widths))), "your function says"),
    ("3.1", lambda widths, seen: [0], "your function says"),
    ("3.1", lambda widths, seen: [i for i, w in enumerate(widths) if w], "seen="),
    ("3.2", run_and_set, "the net was run"),
    ("3.1", lambda widths, seen: len(widths), "your function says"),
    ("3.1", lambda widths, seen: "".join(map(str, filled(widths, seen))), "your function says '"),
    ("3.1", lambda widths, seen: np.arange(len(widths)), r"your function says \[0, 1"),
    ("3.2", set_too_late, "but it holds 1"),
    ("3.2", all_by_constant, "1.weight was not to be touched"),
    ("3.2", lambda net, width, value: net, "the initializer was used"),
    ("3.3", forgotten_return, "the net is asked for, but your function returned None"),
    ("3.3", by_sample, "the net was run"),
    ("3.3", initialized, "without numbers: 0.weight, 1.weight. The shapes must come"),
    ("3.3", lambda net, s, sigma: gi.force_init(net, s), "should be normal with standard"),
    ("3.3", lambda net, s, sigma: gi.force_init(net, s, init=mx.init.Uniform(sigma * 3**0.5)),
     "should be normal"),
]  # fmt: skip
