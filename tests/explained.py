"""What the tests of explaining share."""

import logging
import os
import re
import warnings

import gluon_init as gi

import mxnet as mx
import mxnet_places
import pytest
import said
from mxnet import gluon
from mxnet.gluon import nn

X = mx.nd.ones((2, 5))


def two_layers(hybrid=False, **second):
    net = nn.HybridSequential() if hybrid else nn.Sequential()
    net.add(nn.Dense(3), nn.Dense(2, **second))
    return net


def failing(action, *arguments):
    """The explanation of the error that the action raises; its ``place`` is where."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            action(*arguments)
        except Exception as error:
            return _placed(gi.explain(error), mxnet_places.place_of(error))
    raise AssertionError("nothing was raised")


def warned(action, *arguments, part=""):
    """The explanation of the first warning that the action gives, or logs, and that holds a part."""
    given = []

    def take(message, *_, **named):
        given.append((message, mxnet_places.place_of_warning()))

    def log(message, *more, **_):
        given.append((message % more if more else message, mxnet_places.place_of_warning()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warnings, "warn", take)
        patch.setattr(logging, "warning", log)
        patch.setattr(logging.Logger, "warning", lambda self, *rest, **named: log(*rest, **named))
        action(*arguments)
    for message, place in given:
        if part in str(message):
            told = message if isinstance(message, Warning) else UserWarning(message)
            return _placed(gi.explain(told), place)
    raise AssertionError(f"no such warning was given: {given}")


def _placed(explanation, place):
    explanation.place = place
    return explanation


def says(explanation, *parts):
    """All parts occur, in whichever lines they stand; and nothing is said otherwise than before."""
    place = getattr(explanation, "place", "")
    test = os.environ["PYTEST_CURRENT_TEST"]
    room = re.search(r"test_(\w+)\.py", test)[1]
    said.hold(room, f"({place})\n{explanation}" if place else str(explanation))
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
