"""What MXNet's inference lets pass and its run refuses, infer_shapes refuses too."""

import gluon_init as gi

import mxnet as mx
import pytest
from mxnet.gluon import nn


def operator(function):
    return lambda: nn.HybridLambda(function)


REFUSED = {
    "PReLU": (lambda: nn.PReLU(in_channels=4), (1, 5, 4, 4), "in_channels=5"),
    "PReLU on a vector": (lambda: nn.PReLU(in_channels=4), (3,), "in_channels=3"),
    "InstanceNorm": (nn.InstanceNorm, (2, 4), "at least 3 axes"),
    "GlobalAvgPool2D": (nn.GlobalAvgPool2D, (1, 3, 9), "is the batch axis missing?"),
    "GlobalMaxPool1D": (nn.GlobalMaxPool1D, (1, 3, 9, 9), "It takes 3 axes"),
    "GlobalMaxPool3D": (nn.GlobalMaxPool3D, (1, 3, 9, 9), "is the batch axis missing?"),
    "softmax": (operator(lambda F, x: F.softmax(x, axis=4)), (2, 4), "axis 4"),
    "log_softmax": (operator(lambda F, x: F.log_softmax(x, axis=-3)), (2, 4), "axis -3"),
    "softmin": (operator(lambda F, x: F.softmin(x, axis=2)), (2, 4), "axis 2"),
    "flip": (operator(lambda F, x: F.flip(x, axis=2)), (2, 4), "axis 2"),
    "cumsum": (operator(lambda F, x: F.cumsum(x, axis=2)), (2, 4), "axis 2"),
    "stack": (operator(lambda F, x: F.stack(x, F.ones((3, 4)))), (2, 4), "(2, 4) and (3, 4)"),
}  # fmt: skip
TAKEN = {
    "PReLU": (lambda: nn.PReLU(in_channels=5), (1, 5, 4, 4)),
    "PReLU with one slope": (nn.PReLU, (1, 5, 4, 4)),
    "InstanceNorm": (nn.InstanceNorm, (2, 4, 5)),
    "GroupNorm": (lambda: nn.GroupNorm(2), (2, 4, 5)),
    "GlobalAvgPool2D": (nn.GlobalAvgPool2D, (1, 3, 9, 9)),
    "a pooling that is not global": (nn.MaxPool1D, (1, 3, 9)),
    "softmax": (operator(lambda F, x: F.softmax(x, axis=-2)), (2, 4)),
    "cumsum of all": (operator(lambda F, x: F.cumsum(x)), (2, 4)),
    "flip of two": (operator(lambda F, x: F.flip(x, axis=(0, 1))), (2, 4)),
    "stack": (operator(lambda F, x: F.stack(x, F.ones((2, 4)))), (2, 4)),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.1), (2, 4)),
}


def inside(make):
    """A net whose second block it is."""
    net = nn.HybridSequential()
    net.add(nn.Dropout(0.1), make())
    return net


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_run_refuses_is_refused(name):
    make, shape, said = REFUSED[name]
    with pytest.raises(gi.ShapeError, match="The block '1'") as caught:
        gi.infer_shapes(inside(make), shape)
    assert said in str(caught.value)
    net = inside(make)
    net.initialize()
    with pytest.raises(mx.MXNetError):
        net(mx.nd.ones(shape)).asnumpy()


@pytest.mark.parametrize("name", TAKEN)
def test_what_runs_is_taken(name):
    make, shape = TAKEN[name]
    net = inside(make)
    net.initialize()
    expected = net(mx.nd.ones(shape)).shape
    assert gi.infer_shapes(inside(make), shape).outputs == (expected,)


def test_what_is_refused_is_told_before_anything_is_filled():
    net = inside(lambda: nn.PReLU(in_channels=4))
    with pytest.raises(gi.ShapeError):
        gi.force_init(net, (1, 5, 4, 4))
    assert "uninitialized" in str(gi.summary(net))
