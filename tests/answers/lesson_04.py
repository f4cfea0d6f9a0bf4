"""Answers to lesson 04."""

import gluon_init as gi

import mxnet as mx
import numpy as np
from mxnet.gluon import nn


def nearest(*named):
    return next((one for one in named if one is not None), "uniform")


def bound(shape):
    return np.sqrt(6 / ((shape[0] + shape[1]) * np.prod(shape[2:])))


def with_biases(net, shape, value):
    init = gi.ByPattern({"bias": mx.init.Constant(value)}, default=mx.init.Xavier())
    return gi.force_init(net, shape, init=init)


def another_net(net, shape, value):
    other = nn.Sequential()
    other.add(*(nn.Dense(layer.weight.shape[0]) for layer in net))
    return with_biases(other, shape, value)


def at_the_bound(net, shape, value):
    with_biases(net, shape, value)
    for layer in net:
        weight = layer.weight.data()
        layer.weight.set_data(weight.sign() * bound(weight.shape))
    return net


def layer_by_layer(net, shape, value):
    for layer in net:
        layer.bias.init = mx.init.Constant(value)
    return gi.force_init(net, shape, init=mx.init.Xavier())


def global_only(net, shape, value):
    return gi.force_init(net, shape, init=mx.init.Xavier())


def constant_everywhere(net, shape, value):
    return gi.force_init(net, shape, init=gi.ByPattern({".": mx.init.Constant(value)}))


def still_waiting(net, shape, value):
    net.initialize(gi.ByPattern({"bias": mx.init.Constant(value)}, default=mx.init.Xavier()))
    return net


RIGHT = {"4.1": nearest, "4.2": bound, "4.3": with_biases}

ALSO_RIGHT = [
    ("4.1", lambda *named: mx.nd.array([nearest(*named)]) if any(named) else "uniform"),
    ("4.2", lambda shape: mx.nd.array([bound(shape)])),
    ("4.2", lambda shape: np.array([bound(shape)])),
    ("4.3", layer_by_layer),
]

WRONG = [
    (
        "4.1",
        lambda parameter, layer, net: parameter or layer or net,
        "parameter=None, layer=None, net=None: the weight gets 'uniform', your function says None",
    ),
    (
        "4.1",
        lambda parameter, layer, net: None if parameter else "uniform",
        "your function says (None. Is there a return in it|'uniform')",
    ),
    ("4.1", mx.init.Constant(2), r'the answer is a Constant: check\("4\.1", who_wins\)'),
    ("4.2", lambda shape: (-bound(shape), bound(shape)), r"The interval is \[-c, c\]"),
    ("4.2", lambda shape: print(end=""), "returned None: is there a return in it"),
    ("4.2", lambda shape: bound(shape) / 2**0.5, "not 3: Xavier takes the mean of both"),
    ("4.2", lambda shape: bound(shape) / 3**0.5, r"the bound is sqrt\(3\) times it"),
    ("4.2", lambda shape: bound(shape) ** 2, "the root is missing"),
    ("4.2", lambda shape: 1 / shape[1] ** 0.5, r"here fan-in is \d+ and fan-out \d+"),
    ("4.3", another_net, "return the net that was given, not another one"),
    (
        "4.3",
        lambda net, shape, value: list(with_biases(net, shape, value)),
        r"return the net that was given, not \[Dense",
    ),
    ("4.3", lambda net, shape, value: net.initialize(), "the net is asked for, .* returned None"),
    ("4.3", at_the_bound, "which makes a standard deviation of"),
    ("4.1", lambda parameter, layer, net: nearest(net, layer, parameter), "the weight gets"),
    ("4.1", lambda parameter, layer, net: nearest(layer, parameter, net), "the weight gets"),
    ("4.1", lambda parameter, layer, net: parameter or layer or net or "zeros", "'uniform'"),
    ("4.2", lambda shape: np.sqrt(6 / (shape[0] + shape[1])), "pixels count"),
    ("4.2", lambda shape: np.sqrt(3 / (shape[0] + shape[1])), "not 3"),
    ("4.2", lambda shape: 0.07, "your function says 0.070000"),
    ("4.3", global_only, "names an initializer of its own"),
    ("4.3", constant_everywhere, "should be Xavier's"),
    ("4.3", still_waiting, "has no numbers yet"),
]
