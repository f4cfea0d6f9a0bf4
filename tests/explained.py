"""What the tests of explaining share."""

import warnings

import gluon_init as gi

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

X = mx.nd.ones((2, 5))


def two_layers(hybrid=False, **second):
    net = nn.HybridSequential() if hybrid else nn.Sequential()
    net.add(nn.Dense(3), nn.Dense(2, **second))
    return net


def failing(action, *arguments):
    """The explanation of the error that the action raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            action(*arguments)
        except Exception as error:
            return gi.explain(error)
    raise AssertionError("nothing was raised")


def says(explanation, *parts):
    """All parts occur, in whichever lines they stand."""
    text = " ".join(str(explanation).split())
    for part in parts:
        assert part in text, f"{part!r} is not in:\n{explanation}"
    assert explanation.known
    return explanation


class Unused(gluon.HybridBlock):
    """One layer that forward uses, one that it does not."""

    def __init__(self, **given):
        super().__init__()
        with self.name_scope():
            self.used = nn.Dense(3)
            self.spare = nn.Dense(4, **given)

    def hybrid_forward(self, F, x):
        return self.used(x)
