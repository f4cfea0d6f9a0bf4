"""Answers to lesson 09."""

import gluon_init as gi

import mxnet as mx
import numpy as np
from mxnet import nd


def diagnose(net, batch):
    flags = {flag for row in gi.signal_report(net, batch).outputs for flag in row.note}
    return next((flag for flag in ("vanishing", "exploding") if flag in flags), "fine")


def swapped(net, batch):
    found = diagnose(net, batch)
    return {"vanishing": "exploding", "exploding": "vanishing"}.get(found, found)


def factor(inputs, bound):
    return np.sqrt(inputs * bound**2 / 3)


def he():
    return mx.init.Xavier("gaussian", "in", 2)


RIGHT = {"9.1": factor, "9.2": he, "9.3": diagnose}
ALSO_RIGHT = [
    ("9.1", lambda inputs, bound: nd.array([factor(inputs, bound)])),
    ("9.1", lambda inputs, bound: [float(factor(inputs, bound))]),
    ("9.2", lambda: mx.init.MSRAPrelu("in", 0)),
    ("9.2", lambda: mx.init.Xavier("uniform", "in", 6)),
]

WRONG = [
    ("9.1", lambda inputs, bound: np.sqrt(inputs * bound**2), "a third of b squared"),
    ("9.1", lambda inputs, bound: inputs * bound**2 / 3, "the factor of the mean square"),
    ("9.1", lambda inputs, bound: np.sqrt(inputs * bound**2 / 12), "the interval is 2b wide"),
    ("9.1", lambda inputs, bound: inputs * bound**2 / 12, "the size's factor is a root"),
    ("9.1", lambda inputs, bound: bound / 3**0.5, "the factor for one input"),
    ("9.1", lambda inputs, bound: inputs * bound / 3**0.5, "not in the size"),
    ("9.1", lambda inputs, bound: 1.0, "the factor is"),
    ("9.1", lambda inputs, bound: nd.ones(3), r"returned an NDArray of shape \(3,\)"),
    ("9.2", lambda: mx.init.Uniform(), "times as large"),
    ("9.2", lambda: mx.init.Xavier(), "times as large"),
    ("9.2", lambda: mx.init.Normal(1), "times as large"),
    ("9.2", lambda: mx.init.Xavier("gaussian", "in", 2.5), "times as large"),
    ("9.2", lambda: mx.init.Xavier("gaussian", "out", 2), "Which width must the variance depend"),
    ("9.2", lambda: mx.init.Xavier("gaussian", "avg", 2), "Which width must the variance depend"),
    ("9.2", lambda: mx.init.MSRAPrelu(), "Which width must the variance depend|times as large"),
    ("9.2", lambda: mx.init.Xavier, r"not its class Xavier: make an object, Xavier\(\)"),
    ("9.2", he(), r'a function is asked for, but the answer is a Xavier: check\("9.2", for_relu\)'),
    ("9.2", lambda: 2, "an initializer is asked for"),
    ("9.3", lambda net, batch: "fine", "your function says 'fine'"),
    ("9.3", swapped, "each of which multiplies"),
    ("9.3", lambda net, batch: gi.signal_report(net, batch).outputs[0].note or "fine",
     "your function says"),
]  # fmt: skip
