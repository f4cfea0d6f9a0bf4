"""What Gluon's own layers take, infer and put out: one table, which all rooms ask."""

from __future__ import annotations

from typing import Any

from mxnet import gluon
from mxnet.gluon import nn

_NORMS = (nn.BatchNorm, nn.InstanceNorm, nn.LayerNorm)


def is_gluons_own(block: Any) -> bool:
    """Whether its class is one of Gluon's, and not somebody's own."""
    return type(block).__module__.startswith("mxnet.gluon")


def infers_itself(block: Any) -> bool:
    """Whether a block has an ``infer_shape`` of its own."""
    usual = gluon.HybridBlock.infer_shape
    return getattr(type(block), "infer_shape", usual) is not usual


def is_convolution(block: Any) -> bool:
    """Whether it is a convolution, also a transposed one."""
    return isinstance(block, nn.conv_layers._Conv)


def is_norm(block: Any) -> bool:
    """Whether it is one of the normalizations whose sizes are read from one axis."""
    return isinstance(block, _NORMS)


def is_recurrent_layer(block: Any) -> bool:
    """Whether it is an RNN, LSTM or GRU over a whole sequence; no cell."""
    return isinstance(block, gluon.rnn.rnn_layer._RNNLayer)


def layout_of(block: Any) -> str:
    """The names of the axes of its input, ``NCHW`` or the like; "" where it has no layout."""
    return str(getattr(block, "_kwargs", {}).get("layout") or "")


def kernel_of(block: Any) -> tuple[int, ...]:
    """The kernel of a convolution or pooling."""
    return tuple(getattr(block, "_kwargs", {}).get("kernel", ()))


def groups_of(block: Any) -> int:
    """Into how many groups a convolution parts its channels."""
    return int(getattr(block, "_kwargs", {}).get("num_group", 1))


def norm_axis(block: Any) -> int:
    """The axis of the input along which a normalization has its gamma and beta."""
    return int(block._kwargs.get("axis", getattr(block, "_axis", 1)))


def moves_statistics(block: Any) -> bool:
    """Whether it computes running statistics in training, whatever is frozen."""
    return isinstance(block, nn.BatchNorm) and not block._kwargs["use_global_stats"]


def flattens(block: Any) -> bool:
    """Whether a Dense flattens all axes of its input but the first."""
    return bool(block._flatten)


def embedding_size(block: Any) -> int:
    """How many numbers an Embedding knows."""
    return int(block._kwargs["input_dim"])


def declaring_argument(block: Any) -> str | None:
    """The argument of a layer's constructor that declares a width, which it else infers.

    Or does without, as PReLU, which then has one slope for all channels.
    """
    if isinstance(block, nn.Dense):
        return "in_units"
    if is_convolution(block) or is_norm(block) or isinstance(block, nn.PReLU):
        return "in_channels"
    if is_recurrent_layer(block) or isinstance(block, gluon.rnn.RecurrentCell):
        return "input_size"
    return None


def declaration(block: Any, shape: tuple[int, ...]) -> str | None:
    """``in_channels=3``: what gives the layer's weight (or gamma) this shape; None for others."""
    argument = declaring_argument(block)
    if argument is None:
        return None
    return f"{argument}={_declared_size(block, shape)}"


def _declared_size(block: Any, shape: tuple[int, ...]) -> int:
    if len(shape) == 1:
        return shape[0]
    if not is_convolution(block):
        return shape[1]
    if "Deconvolution" in block._op_name:
        return shape[0]
    axis = 1 if layout_of(block).startswith("NC") else -1
    return shape[axis] * groups_of(block)


def other_axes(
    block: Any, shape: tuple[int, ...], given: tuple[int, ...]
) -> tuple[str, str] | None:
    """Why, and the step, where an input has the declared width along another axis.

    An image with its channels last, or a sequence for a Dense that flattens; else None.
    """
    if isinstance(block, nn.Dense):
        if not flattens(block) or len(given) < 3 or given[-1] != shape[1]:
            return None
        step = f"nn.Dense({shape[0]}, flatten=False, in_units={shape[1]}) takes the last axis alone"
        return "Dense flattens all axes of its input but the first", step
    layout = layout_of(block)
    image = is_convolution(block) and layout.startswith("NC") and len(given) == len(layout)
    if not image or given[-1] != _declared_size(block, shape):
        return None
    order = (0, len(given) - 1, *range(1, len(given) - 1))
    return (
        f"Its channels are last, and {type(block).__name__} takes {layout}",
        f"x.transpose({order})",
    )


def unit_axis(block: Any, rank: int) -> int:
    """The axis along which a block's units lie: channels of images, features of all else."""
    pooling = isinstance(block, nn.conv_layers._Pooling)
    if (is_convolution(block) or pooling) and "C" in layout_of(block):
        return layout_of(block).find("C")
    if isinstance(block, (nn.Dense, nn.Embedding)) or is_recurrent_layer(block):
        return rank - 1
    return 1 if rank >= 4 or rank == 2 else rank - 1
