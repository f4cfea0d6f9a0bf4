"""From which number a parameter's unknown size became known: ``in_units = 20, ...``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mxnet import gluon
from mxnet.gluon import nn

from .._gluon.layers import (
    flattens,
    groups_of,
    is_convolution,
    is_norm,
    is_recurrent_layer,
    layout_of,
    norm_axis,
)

Shape = tuple[int | None, ...]


def because(
    block: Any, name: str, before: Shape | None, after: Shape | None, inputs: Sequence[Shape | None]
) -> str:
    """Says where the number comes from that a parameter of ``block`` waited for.

    ``before`` and ``after`` are the parameter's shapes, ``inputs`` those of the block's inputs.
    For kinds of blocks that are not Gluon's own, the input's axes are searched for the number;
    the answer is "" where it cannot be told with certainty.
    """
    first = inputs[0] if inputs else None
    if after is None or first is None or None in first:
        return ""
    sizes = tuple(size for size in first if size is not None)
    if isinstance(block, nn.Dense):
        return _dense(block, sizes)
    if is_convolution(block):
        return _convolution(block, sizes)
    if is_norm(block):
        axis = norm_axis(block) % len(sizes)
        return f"in_channels = {sizes[axis]}, {_axis(axis, sizes)}"
    if is_recurrent_layer(block) and name.endswith("i2h_weight"):
        return f"input_size = {sizes[-1]}, {_axis(len(sizes) - 1, sizes)}"
    if isinstance(block, gluon.rnn.RecurrentCell) and name == "i2h_weight" and len(sizes) == 2:
        return f"input_size = {sizes[-1]}, {_axis(1, sizes)}"
    return _search(before, after, inputs)


def _dense(block: Any, sizes: tuple[int, ...]) -> str:
    if not flattens(block) or len(sizes) == 2:
        return f"in_units = {sizes[-1]}, {_axis(len(sizes) - 1, sizes)}"
    rest = sizes[1:]
    if not rest:
        return "in_units = 1, each number of a vector for itself"
    return f"in_units = {math.prod(rest)}, the input's {' x '.join(map(str, rest))}, flattened"


def _convolution(block: Any, sizes: tuple[int, ...]) -> str:
    layout = layout_of(block) or "NC"
    axis = layout.find("C")
    groups = groups_of(block)
    text = f"in_channels = {sizes[axis]}, {_axis(axis, sizes)} (C of {layout})"
    return text if groups == 1 else f"{text}, in {groups} groups"


def _axis(axis: int, sizes: tuple[int, ...]) -> str:
    return "the input's last axis" if axis == len(sizes) - 1 else f"the input's axis {axis}"


def _search(before: Shape | None, after: Shape, inputs: Sequence[Shape | None]) -> str:
    """Each new number, if it is the size of exactly one axis of one input."""
    told = []
    for axis, size in enumerate(after):
        if before is not None and before[axis] is not None:
            continue
        places = [
            (number, place)
            for number, shape in enumerate(inputs)
            for place, other in enumerate(shape or ())
            if other == size
        ]
        if len(places) == 1:
            number, place = places[0]
            which = "the input" if len(inputs) == 1 else f"input {number}"
            told.append(f"axis {axis} = {size}, axis {place} of {which}")
    return ", ".join(told)
