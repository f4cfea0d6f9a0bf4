"""The exercises of lesson 01, lazy shapes."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
from mxnet.gluon import nn

from .. import devices, paths, states
from ..tables import shape_text
from .exercises import Exercise, Wrong, call


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _weight_shapes(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        units = [draw.randint(2, 99) for _ in range(draw.randint(2, 5))]
        width = draw.randint(2, 99)
        net = nn.Sequential()
        net.add(*(nn.Dense(count) for count in units))
        rows = states.summary(net, (1, width)).rows
        right = [row["shape"] for row in rows if row["path"].endswith("weight")]
        given = call(answer, units, width)
        if not isinstance(given, (list, tuple)) or len(given) != len(right):
            raise Wrong(
                f"for units={units} a list of {len(right)} shapes is expected, one a layer, but "
                f"your function returned {given!r}."
            )
        for i, (mine, theirs) in enumerate(zip(given, right, strict=True)):
            if _as_tuple(mine) != theirs:
                raise Wrong(
                    f"for units={units} and width={width} the weight of layer {i} has shape "
                    f"{shape_text(theirs)}, your function says {mine!r}.{_swapped(mine, theirs)}"
                )


def _swapped(mine: Any, theirs: Any) -> str:
    if _as_tuple(mine) == theirs[::-1]:
        return " The numbers are right, their order is not: Gluon stores (outputs, inputs)."
    return ""


def _flat_size(answer: Any, draw: random.Random) -> None:
    for _ in range(4):
        height, width = draw.randint(9, 60), draw.randint(9, 60)
        channels, kernel = draw.randint(2, 16), draw.choice([3, 5])
        net = nn.Sequential()
        net.add(nn.Conv2D(channels, kernel), nn.MaxPool2D(2), nn.Flatten(), nn.Dense(10))
        right = states.summary(net, (1, 3, height, width)).rows[-2]["shape"][1]
        given = call(answer, height, width, channels, kernel)
        if given != right:
            raise Wrong(
                f"a {height} x {width} image, {channels} channels and a kernel of {kernel} leave "
                f"{right} numbers for the Dense layer, your function says {given!r}."
            )


def _known_in_advance(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        width, hidden, classes = (draw.randint(2, 60) for _ in range(3))
        net = call(answer, width, hidden, classes)
        paths.require_block(net, "what your function returns")
        shapes = [row["shape"] for row in states.summary(net).rows]
        for row in states.summary(net).rows:
            if row["size"] is None:
                raise Wrong(
                    f"{row['path']} has shape {shape_text(row['shape'])} before any data: its "
                    f"layer does not know yet how many inputs it will have."
                )
        expected = [(hidden, width), (hidden,), (classes, hidden), (classes,)]
        if shapes != expected:
            found = ", ".join(map(shape_text, shapes))
            wanted = ", ".join(map(shape_text, expected))
            raise Wrong(
                f"for width={width}, hidden={hidden}, classes={classes} the shapes {wanted} are "
                f"expected, but they are {found}."
            )
        net.initialize(ctx=devices.device())
        waiting = [row["path"] for row in states.summary(net).rows if row["state"] != "initialized"]
        if waiting:
            raise Wrong(f"after initialize() {', '.join(waiting)} is still without values.")


def _any_size(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    classes = draw.randint(2, 20)
    net = call(answer, classes)
    paths.require_block(net, "what your function returns")
    if not any(isinstance(block, nn.Conv2D) for _, block in paths.blocks(net)):
        raise Wrong("a net with at least one nn.Conv2D is asked for, and there is none.")
    net.initialize(ctx=context)
    for height, width in [(draw.randint(16, 40), draw.randint(16, 40)) for _ in range(3)]:
        try:
            out = net(mx.nd.ones((2, 3, height, width), ctx=context))
        except mx.MXNetError:
            dense = [row for row in states.summary(net).rows if len(row["shape"]) == 2]
            where = f"{dense[0]['path']} {shape_text(dense[0]['shape'])}" if dense else "a weight"
            raise Wrong(
                f"a {height} x {width} image does not fit after one of another size: {where} was "
                f"made for the first. Bring every image to one size before the Dense layer."
            ) from None
        if out.shape != (2, classes):
            raise Wrong(
                f"for 2 images and classes={classes} the output has shape (2, {classes}), yours "
                f"has {shape_text(out.shape)}."
            )


EXERCISES = (
    Exercise(
        "1.1",
        "The shapes of all weights, from the layers' units and the input's width.",
        (
            "How many inputs does a layer have? Look at the layer before it.",
            "A Dense layer stores its weight as (outputs, inputs). Its outputs are its units.",
            "Pair [width, *units] with units: zip([width, *units], units) gives each layer's "
            "inputs and outputs. Mind their order in the shape.",
        ),
        _weight_shapes,
        "each layer's outputs are the next layer's inputs, and that is all there is to it.",
    ),
    Exercise(
        "1.2",
        "How many numbers reach a Dense layer behind a convolution and a pooling layer.",
        (
            "Follow the image: what does the convolution leave of its height, what the pooling?",
            "Without padding, a kernel of size k leaves h - k + 1 of a height h; pooling by 2 "
            "halves it and rounds down.",
            "channels * ((height - kernel + 1) // 2) * ((width - kernel + 1) // 2)",
        ),
        _flat_size,
        "and so the image's size is written into the Dense layer for good.",
    ),
    Exercise(
        "1.3",
        "A net of two Dense layers in which nothing is deferred.",
        (
            "Which argument of nn.Dense tells it how many inputs it will have?",
            "It is in_units. The second layer needs it too: what comes out of the first?",
            "nn.Dense(hidden, in_units=width, activation='relu'), then "
            "nn.Dense(classes, in_units=hidden).",
        ),
        _known_in_advance,
        "initialize() drew every number at once; no data was needed.",
    ),
    Exercise(
        "1.4",
        "A convolutional net that takes images of any size.",
        (
            "The convolution does not mind the image's size. Which layer does?",
            "Something between them must give the same number of values whatever the image's "
            "size. An average over the whole image does.",
            "nn.Conv2D(8, 3, activation='relu'), nn.GlobalAvgPool2D(), nn.Dense(classes)",
        ),
        _any_size,
        "the Dense layer sees one number a channel, whatever the image's size.",
    ),
)
