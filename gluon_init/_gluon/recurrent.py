"""The sizes of recurrent layers and cells, and which cells others have been wrapped around."""

from __future__ import annotations

from typing import Any, NamedTuple

from mxnet.gluon import rnn

from .layers import is_recurrent_layer


class Sizes(NamedTuple):
    """What an RNN, LSTM or GRU over a whole sequence was made with."""

    layout: str
    gates: int
    hidden: int
    directions: int
    inputs: int | None  # None while it waits for its first data


def sizes_of(layer: Any) -> Sizes:
    """The sizes of a layer over a whole sequence."""
    inputs = layer.l0_i2h_weight.shape[1]
    return Sizes(
        layer._layout, layer._gates, layer._hidden_size, layer._dir, inputs if inputs > 0 else None
    )


def is_cell(block: Any) -> bool:
    """Whether it is a cell, which takes one step of a sequence."""
    return isinstance(block, rnn.RecurrentCell)


def is_recurrent(block: Any) -> bool:
    """Whether it is a recurrent layer or cell."""
    return is_cell(block) or is_recurrent_layer(block)


def state_shapes(block: Any, batch: int) -> list[tuple[int, ...]]:
    """The shapes of the states that a recurrent block takes with a batch of this size."""
    return [tuple(info["shape"]) for info in block.state_info(batch)]
