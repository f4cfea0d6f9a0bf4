"""The exercises of lesson 01, lazy shapes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

from ... import devices
from ..._gluon import paths
from ..._gluon.parameters import has_values
from ...results.text import shape_text
from ...watching.states import summary
from ..attempts import brief
from ..exercises import Exercise, Wrong, call, expect, listed, number, shown


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _weight_shapes(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        units = [draw.randint(2, 99) for _ in range(draw.randint(2, 5))]
        width = draw.randint(2, 99)
        net = nn.Sequential()
        net.add(*(nn.Dense(count) for count in units))
        rows = summary(net, (1, width)).rows
        right = [row.shape for row in rows if row.path.endswith("weight")]
        returned = call(answer, list(units), width)
        given = listed(returned)
        if given is None or len(given) != len(right):
            raise Wrong(
                f"for units={units} a list of {len(right)} shapes is expected, one a layer, but "
                f"your function returned {shown(returned if given is None else given)}."
            )
        for i, (mine, theirs) in enumerate(zip(given, right, strict=True)):
            if _as_tuple(mine) != theirs:
                raise Wrong(
                    f"for units={units} and width={width} the weight of layer {i} has shape "
                    f"{shape_text(theirs)}, your function says {shown(mine)}."
                    f"{_swapped(mine, theirs)}"
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
        _, right = summary(net, (1, 3, height, width)).rows[-2].shape or (None, None)
        given = call(answer, height, width, channels, kernel)
        if number(given) != right:
            raise Wrong(
                f"a {height} x {width} image, {channels} channels and a kernel of {kernel} leave "
                f"{right} numbers for the Dense layer, your function says {shown(given)}."
            )


def _require_net(net: Any) -> None:
    if isinstance(net, type):
        raise Wrong(f"a net is asked for, but your function returned {shown(net)}: make one of it.")
    expect(
        isinstance(net, gluon.Block),
        f"a net is asked for, a gluon.Block such as nn.Sequential(), but your function returned "
        f"{shown(net)}.",
    )


def _known_in_advance(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    for _ in range(2):
        width, hidden, classes = draw.sample(range(2, 60), 3)
        net = call(answer, width, hidden, classes, returns="a net")
        _require_net(net)
        expect(
            all(not has_values(site.parameter) for site in paths.sites(net)),
            "return the net before initialize(): the check calls it, to see whether it fills all.",
        )
        rows = summary(net).rows
        shapes = [tuple(size or 0 for size in row.shape or ()) for row in rows]
        for row in rows:
            if row.size is None:
                raise Wrong(
                    f"{row.path} has shape {shape_text(row.shape)} before any data: its "
                    f"layer does not know yet how many inputs it will have."
                )
        expected = [(hidden, width), (hidden,), (classes, hidden), (classes,)]
        if sorted(shapes) != sorted(expected):
            found = ", ".join(map(shape_text, shapes))
            wanted = ", ".join(map(shape_text, expected))
            no_bias = sorted(shapes) == sorted(one for one in expected if len(one) == 2)
            raise Wrong(
                f"for width={width}, hidden={hidden}, classes={classes} the shapes {wanted} are "
                f"expected, but they are {found}.{' Both layers need a bias.' if no_bias else ''}"
            )
        net.initialize(ctx=context)
        waiting = [row.path for row in summary(net).rows if row.state != "initialized"]
        if waiting:
            raise Wrong(f"after initialize() {', '.join(waiting)} is still without values.")
        _require_scores(net, width, classes, context)


def _require_scores(net: Any, width: int, classes: int, context: Any) -> None:
    try:
        out = net(mx.nd.ones((2, width), ctx=context))
    except Exception as error:
        raise Wrong(
            f"a batch of shape (2, {width}) does not go through: {brief(error).rstrip('.')}."
        ) from None
    expect(
        getattr(out, "shape", None) == (2, classes),
        f"a batch of shape (2, {width}) should come out as (2, {classes}), but it comes out as "
        f"{shape_text(getattr(out, 'shape', None))}: both layers must be used.",
    )


def _any_size(answer: Any, draw: random.Random) -> None:
    context = devices.device()
    classes = draw.randint(2, 20)
    net = call(answer, classes, returns="a net")
    _require_net(net)
    convolutions = [block for _, block in paths.blocks(net) if isinstance(block, nn.Conv2D)]
    expect(convolutions, "a net with at least one nn.Conv2D is asked for, and there is none.")
    used: list[Any] = []
    for block in convolutions:
        block.register_forward_hook(lambda block, inputs, output: used.append(block))
    net.initialize(ctx=context)
    sizes = [(draw.randint(17, 40), draw.randint(17, 40)) for _ in range(2)] + [(16, 16)]
    for count, (height, width) in enumerate(sizes):
        try:
            out = net(mx.nd.ones((2, 3, height, width), ctx=context))
        except Exception as error:
            raise Wrong(_refused(net, error, sizes, count)) from None
        shape = getattr(out, "shape", None)
        if shape != (2, classes):
            raise Wrong(
                f"for 2 images of {height} x {width} and classes={classes} the output has shape "
                f"(2, {classes}), yours has {shape_text(shape)}."
            )
    expect(used, "there is a convolution in the net, but forward does not use it.")


def _refused(net: Any, error: Exception, sizes: Sequence[tuple[int, int]], count: int) -> str:
    """Why an image did not go through: for its own sake, or since another one came before it."""
    image = f"a {sizes[count][0]} x {sizes[count][1]} colour image (3 channels)"
    if count == 0:
        return f"{image} does not go through: {brief(error).rstrip('.')}."
    first = f"{sizes[0][0]} x {sizes[0][1]}"
    if "hape inconsistent" not in str(error):
        return (
            f"{image} does not go through, though one of {first} did: {brief(error).rstrip('.')}."
        )
    dense = [row for row in summary(net).rows if len(row.shape or ()) == 2]
    where = f"{dense[0].path} {shape_text(dense[0].shape)}" if dense else "a weight"
    return (
        f"{image} does not fit after one of {first}: {where} was made for the first. Bring every "
        f"image to one size before the Dense layer."
    )


EXERCISES = (
    Exercise(
        "1.1",
        (
            "How many inputs does a layer have? Look at the layer before it.",
            "A Dense layer stores its weight as (outputs, inputs). Its outputs are its units.",
            "Pair [width, *units] with units: zip([width, *units], units) gives each layer's "
            "inputs and outputs. Mind their order in the shape.",
        ),
        _weight_shapes,
        "each layer's outputs are the next layer's inputs, and that is all there is to it.",
        "weight_shapes",
    ),
    Exercise(
        "1.2",
        (
            "Follow the image: what does the convolution leave of its height, what the pooling?",
            "Without padding, a kernel of size k leaves h - k + 1 of a height h; pooling by 2 "
            "halves it and rounds down.",
            "channels * ((height - kernel + 1) // 2) * ((width - kernel + 1) // 2)",
        ),
        _flat_size,
        "and so the image's size is written into the Dense layer for good.",
        "flat_size",
    ),
    Exercise(
        "1.3",
        (
            "Which argument of nn.Dense tells it how many inputs it will have?",
            "It is in_units. The second layer needs it too: what comes out of the first?",
            "nn.Dense(hidden, in_units=width, activation='relu'), then "
            "nn.Dense(classes, in_units=hidden).",
        ),
        _known_in_advance,
        "initialize() drew every number at once; no data was needed.",
        "known_in_advance",
    ),
    Exercise(
        "1.4",
        (
            "The convolution does not mind the image's size. Which layer does?",
            "Something between them must give the same number of values whatever the image's "
            "size. An average over the whole image does.",
            "nn.Conv2D(8, 3, activation='relu'), nn.GlobalAvgPool2D(), nn.Dense(classes)",
        ),
        _any_size,
        "whatever comes, the same number of values reaches the end.",
        "any_size",
    ),
)
