"""MXNet's initializers that fit some parameters only: which, and how they are given to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mxnet as mx

from .._gluon.describe import arguments_of, describe
from ..results.text import shape_text
from .finding import Finding

_AXES = (mx.init.Xavier, mx.init.Orthogonal)  # MSRAPrelu is a Xavier


def special(initializer: Any) -> Finding | None:
    """What is to be said of one that does not fit everywhere; None of all others."""
    kind = type(initializer)
    speaks = _SPECIAL.get(kind)
    if speaks is not None:
        return speaks(initializer)
    if kind is mx.init.Constant and getattr(_value(initializer), "shape", None):
        return _constant(initializer)
    return None


def needs_axes(initializer: Any) -> str:
    """A sentence for those that cannot fill a vector; "" for all others."""
    if not isinstance(initializer, _AXES):
        return ""
    return (
        " It needs an array of at least two axes, fan-out and fan-in: for a parameter with one, "
        "such as a bias, name another."
    )


def _value(initializer: Any) -> Any:
    return (arguments_of(initializer) or {}).get("value")


def _lstm_bias(initializer: Any) -> Finding:
    made = f"mx.init.{describe(initializer)}"
    return Finding(
        describe(initializer), "usable for the bias of an LSTM alone",
        "It takes the array for the biases of four gates, sets those of the forget gate, and all "
        "others to 0. On a weight that would leave nothing but zeros and one number.",
        f"rnn.LSTM(units, i2h_bias_initializer={made}), or of an rnn.LSTMCell; for a net that is "
        f"made, gi.ByPattern({{'i2h_bias': {made}}}, default=...).",
    )  # fmt: skip


def _bilinear(initializer: Any) -> Finding:
    return Finding(
        describe(initializer), "usable for a Conv2DTranspose that enlarges images",
        "It needs four axes, and writes the weights of bilinear interpolation, the same for each "
        "channel.",
        "nn.Conv2DTranspose(channels, 4, strides=2, padding=1, groups=channels, "
        "weight_initializer=mx.init.Bilinear()) doubles an image of as many channels.",
    )  # fmt: skip


def _fused(initializer: Any) -> Finding:
    return Finding(
        describe(initializer), "usable for the one vector of all parameters of mx.sym.RNN",
        "It takes the vector apart into the weights and biases of each gate. Gluon's layers have "
        "a parameter for each of these.",
        "For Gluon, rnn.LSTM(units, i2h_weight_initializer=..., h2h_weight_initializer=...). For "
        "a symbol, mx.sym.var('rnn_parameters', init=...) with it.",
    )  # fmt: skip


def _constant(initializer: Any) -> Finding:
    shape = shape_text(tuple(_value(initializer).shape))
    return Finding(
        describe(initializer), f"usable for a parameter of shape {shape}",
        "It writes this array, and fails on a parameter into which it does not fit.",
        "Give it to that parameter alone: block.weight.initialize(it), or weight_initializer=it "
        "of its layer.",
    )  # fmt: skip


_SPECIAL: dict[type, Callable[[Any], Finding]] = {
    mx.init.LSTMBias: _lstm_bias,
    mx.init.Bilinear: _bilinear,
    mx.init.FusedRNN: _fused,
}
