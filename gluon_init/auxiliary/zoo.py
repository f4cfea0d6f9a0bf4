"""GoogLeNet and Inception v3 with the auxiliary heads of their papers."""

from __future__ import annotations

from typing import Any

import mxnet as mx
from mxnet.gluon import contrib, nn
from mxnet.gluon.model_zoo import vision

from .._gluon import paths
from .._gluon.blocks import children
from ..errors import ArgumentError
from .net import AuxiliaryNet

# Szegedy et al. 2014, table 1: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection.
_INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(classes: int = 1000) -> AuxiliaryNet:
    """Returns GoogLeNet with its two auxiliary heads, at the stages ``4a`` and ``4d``.

    For images of 224 x 224 pixels, shape ``(batch, 3, 224, 224)``. 13,378,280 parameters for 1000
    classes, 6,998,552 of them in the network without heads. Convolutions have biases and a ReLU;
    the local response normalization, which later work found to be of no use, is left out, as it
    has no parameters. The paper says nothing of the initialization: ``net.initialize`` chooses.

    Source: Szegedy et al. 2014, "Going Deeper with Convolutions", table 1 and section 5.

    """
    _require_classes(classes)
    stages: dict[str, Any] = {
        "stem": _sequence(
            _conv(64, 7, 2, 3), nn.MaxPool2D(3, 2, ceil_mode=True), _conv(64, 1), _conv(192, 3, 1,
            1),
            nn.MaxPool2D(3, 2, ceil_mode=True),
        )
    }  # fmt: skip
    for name, sizes in _INCEPTION.items():
        stages[name] = _inception(*sizes)
        if name in ("3b", "4e"):
            stages[f"pool{name[0]}"] = nn.MaxPool2D(3, 2, ceil_mode=True)
    stages["pool5"] = _sequence(nn.GlobalAvgPool2D(), nn.Dropout(0.4), nn.Flatten())
    heads = {"4a": _googlenet_head(classes), "4d": _googlenet_head(classes)}
    return AuxiliaryNet(stages, nn.Dense(classes), heads)


def inception_v3(classes: int = 1000) -> AuxiliaryNet:
    """Returns the model zoo's Inception v3 with its auxiliary head on the 17 x 17 x 768 grid.

    For images of 299 x 299 pixels, shape ``(batch, 3, 299, 299)``. The stage is ``features.14``.
    27,161,264 trainable parameters for 1000 classes, 23,834,568 of them in the network without the
    head. The paper says nothing of the initialization: ``net.initialize`` chooses.

    Source: Szegedy et al. 2015, "Rethinking the Inception Architecture", section 4 and table 1;
    ``mxnet.gluon.model_zoo.vision.inception``, which defines the head and never uses it.

    """
    _require_classes(classes)
    head = _sequence(
        nn.AvgPool2D(5, 3), _normed(128, 1), _normed(768, 5), nn.Flatten(), nn.Dense(classes)
    )
    network = vision.inception_v3(classes=classes)
    for _, block in paths.blocks(network):
        if type(block) is contrib.nn.HybridConcurrent:
            block.__class__ = HybridConcurrent
    return AuxiliaryNet(network, attach={"features.14": head})


class HybridConcurrent(contrib.nn.HybridConcurrent):  # type: ignore[misc]
    """MXNet's, which knows of the older arrays only, also under ``npx.set_np``."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  (Gluon's name)
        """What the children make of ``x``, side by side."""
        made = [block(x) for block in children(self).values()]
        if mx.util.is_np_array():
            return F.np.concatenate(made, axis=self.axis)
        return F.concat(*made, dim=self.axis)


def _sequence(*blocks: Any) -> Any:
    net = nn.HybridSequential()
    net.add(*blocks)
    return net


def _conv(channels: int, kernel: int, stride: int = 1, padding: int = 0) -> Any:
    return nn.Conv2D(channels, kernel, stride, padding, activation="relu")


def _normed(channels: int, kernel: int) -> Any:
    return _sequence(
        nn.Conv2D(channels, kernel, use_bias=False), nn.BatchNorm(epsilon=0.001),
        nn.Activation("relu"),
    )  # fmt: skip


def _inception(one: int, reduce3: int, three: int, reduce5: int, five: int, pool: int) -> Any:
    block = HybridConcurrent(axis=1)
    block.add(
        _conv(one, 1),
        _sequence(_conv(reduce3, 1), _conv(three, 3, 1, 1)),
        _sequence(_conv(reduce5, 1), _conv(five, 5, 1, 2)),
        _sequence(nn.MaxPool2D(3, 1, 1), _conv(pool, 1)),
    )
    return block


def _googlenet_head(classes: int) -> Any:
    return _sequence(
        nn.AvgPool2D(5, 3), _conv(128, 1), nn.Flatten(), nn.Dense(1024, activation="relu"),
        nn.Dropout(0.7), nn.Dense(classes),
    )  # fmt: skip


def _require_classes(classes: Any) -> None:
    if not isinstance(classes, int) or isinstance(classes, bool) or classes < 1:
        raise ArgumentError(
            f"classes must be a number of classes, at least 1, but it is {classes!r}."
        )
