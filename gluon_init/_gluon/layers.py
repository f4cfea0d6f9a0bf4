"""What Gluon's own layers take, infer and put out: one table, which all rooms ask."""

from __future__ import annotations

from typing import Any

from mxnet import gluon
from mxnet.gluon import nn


def declaring_argument(block: Any) -> str | None:
    """The argument of a layer's constructor that declares what it otherwise infers."""
    if isinstance(block, nn.Dense):
        return "in_units"
    if isinstance(block, (nn.conv_layers._Conv, nn.BatchNorm, nn.InstanceNorm, nn.LayerNorm)):
        return "in_channels"
    if isinstance(block, (gluon.rnn.rnn_layer._RNNLayer, gluon.rnn.RecurrentCell)):
        return "input_size"
    return None


def infers_itself(block: Any) -> bool:
    """Whether a block has an ``infer_shape`` of its own."""
    usual = gluon.HybridBlock.infer_shape
    return getattr(type(block), "infer_shape", usual) is not usual


def unit_axis(block: Any, rank: int) -> int:
    """The axis along which a block's units lie: channels of images, features of all else."""
    layout = str(getattr(block, "_kwargs", {}).get("layout", ""))
    if isinstance(block, (nn.conv_layers._Conv, nn.conv_layers._Pooling)) and "C" in layout:
        return layout.find("C")
    if isinstance(block, (nn.Dense, nn.Embedding, gluon.rnn.rnn_layer._RNNLayer)):
        return rank - 1
    return 1 if rank >= 4 or rank == 2 else rank - 1
