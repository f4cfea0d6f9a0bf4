"""Answers to lesson 09."""

import gluon_init as gi

import mxnet as mx
import numpy as np


def diagnose(net, batch):
    flags = {flag for row in gi.signal_report(net, batch).outputs for flag in row["flags"]}
    return next((flag for flag in ("vanishing", "exploding") if flag in flags), "fine")


def swapped(net, batch):
    found = diagnose(net, batch)
    return {"vanishing": "exploding", "exploding": "vanishing"}.get(found, found)


RIGHT = {
    "9.1": lambda inputs, bound: np.sqrt(inputs * bound**2 / 3),
    "9.2": lambda: mx.init.Xavier("gaussian", "in", 2),
    "9.3": diagnose,
}

WRONG = [
    ("9.1", lambda inputs, bound: np.sqrt(inputs * bound**2), "a third of b squared"),
    ("9.1", lambda inputs, bound: inputs * bound**2 / 3, "the factor is"),
    ("9.1", lambda inputs, bound: 1.0, "the factor is"),
    ("9.2", lambda: mx.init.Uniform(), "times as large"),
    ("9.2", lambda: mx.init.Xavier(), "times as large"),
    ("9.2", lambda: mx.init.Normal(1), "times as large"),
    ("9.2", lambda: 2, "an initializer is asked for"),
    ("9.3", lambda net, batch: "fine", "your function says 'fine'"),
    ("9.3", swapped, "each of which multiplies"),
    ("9.3", lambda net, batch: gi.signal_report(net, batch).outputs[0]["flags"] or "fine",
     "your function says"),
]  # fmt: skip
