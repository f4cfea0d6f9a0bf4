"""The messages of MXNet's C side about operators inside blocks: made for real, and followed."""

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import numpy as np
import pytest
from explained import X, failing, says
from mxnet import gluon
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")


class Own(gluon.HybridBlock):
    """A block whose forward pass is a function of F and its input."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def hybrid_forward(self, F, x):
        return self.function(F, x)


def net_with(block, hybrid=False):
    net = nn.HybridSequential()
    net.add(nn.Dense(3), block)
    net.initialize()
    if hybrid:
        net.hybridize()
    return net


class Scaled(gluon.HybridBlock):
    """``alpha`` and the input, combined by a function."""

    def __init__(self, function, shape=(1,)):
        super().__init__()
        self.function = function
        self.alpha = self.params.get("alpha", shape=shape, init=mx.init.Constant(2))

    def hybrid_forward(self, F, x, alpha):
        return self.function(F, x, alpha)


class TestBroadcasting:
    @pytest.mark.parametrize(
        ("function", "mended", "text"),
        [
            (lambda F, x, a: a * x, lambda F, x, a: F.broadcast_mul(a, x), "mul(alpha, x)"),
            (lambda F, x, a: x + a, lambda F, x, a: F.broadcast_add(x, a), "add(x, alpha)"),
            (lambda F, x, a: a - x, lambda F, x, a: F.broadcast_sub(a, x), "sub(alpha, x)"),
            (lambda F, x, a: x / a, lambda F, x, a: F.broadcast_div(x, a), "div(x, alpha)"),
        ],
    )
    @pytest.mark.parametrize("hybrid", [False, True])
    def test_a_parameter_that_broadcasts(self, function, mended, text, hybrid, capfd):
        plain = Scaled(function)
        plain.initialize()
        plain(X)  # arrays only, and nothing to infer
        said = failing(net_with(Scaled(function), hybrid=True), X)
        says(said, "1.alpha", f"F.broadcast_{text}")
        net = net_with(Scaled(mended), hybrid)
        hidden = net[0](X)
        wanted = function(mx.nd, hidden.asnumpy(), np.full(1, 2))
        assert np.allclose(net(X).asnumpy(), wanted)

    def test_of_a_net_that_is_one_block(self):
        net = Scaled(lambda F, x, a: a * x, (2, 1))
        net.initialize()
        net.hybridize()
        says(failing(net, X), "alpha", "(2, 1) and (2, 5)", "F.broadcast_mul(alpha, x)")

    def test_arrays_that_do_not_broadcast_are_another_matter(self, capfd):
        said = failing(net_with(Own(lambda F, x: x + F.ones((2, 4))), hybrid=True), X)
        assert "F.broadcast" not in str(said)


OPERATORS = {
    "sum": (lambda F, x, axis: F.sum(x, axis=axis), "F.sum(..., axis=-1)"),
    "concat": (lambda F, x, axis: F.concat(x, x, dim=axis), "F.concat(..., dim=-1)"),
    "stack": (lambda F, x, axis: F.stack(x, x, axis=axis), "F.stack(..., axis=-1)"),
    "expand_dims": (lambda F, x, axis: F.expand_dims(x, axis=axis), "axis=-1"),
    "swapaxes": (lambda F, x, axis: F.swapaxes(x, dim1=0, dim2=axis), "dim2=-1"),
    "slice_axis": (lambda F, x, axis: F.slice_axis(x, axis=axis, begin=0, end=1), "axis=-1"),
    "split": (lambda F, x, axis: F.split(x, num_outputs=3, axis=axis)[0], "axis=-1"),
    "argmax": (lambda F, x, axis: F.argmax(x, axis=axis), "F.argmax(..., axis=-1)"),
    "take": (lambda F, x, axis: F.take(x, F.ones((2,)), axis=axis), "axis=-1"),
}


class TestAxes:
    @pytest.mark.parametrize("name", OPERATORS)
    @pytest.mark.parametrize("hybrid", [False, True])
    def test_one_that_is_not_there(self, name, hybrid, capfd):
        function, text = OPERATORS[name]
        said = failing(net_with(Own(lambda F, x: function(F, x, 4)), hybrid), X)
        says(said, "Block '1' (Own)", text)
        net_with(Own(lambda F, x: function(F, x, -1)), hybrid)(X).wait_to_read()

    def test_one_that_is_looked_at_when_values_are_read(self):
        net = net_with(Own(lambda F, x: F.softmax(x, axis=2)))
        says(failing(lambda: net(X).asnumpy()), "axis 2", "softmax", "wait_to_read()")
        hidden = net[0](X)
        hidden.wait_to_read()
        failing(lambda: net[1](hidden).wait_to_read())
        net = net_with(Own(lambda F, x: F.softmax(x, axis=-1)))
        assert np.allclose(net(X).sum(axis=-1).asnumpy(), 1)

    @pytest.mark.parametrize("kind", [nn.BatchNorm, nn.LayerNorm])
    @pytest.mark.parametrize("hybrid", [False, True])
    def test_of_a_layer(self, kind, hybrid, capfd):
        said = failing(net_with(kind(axis=3), hybrid), X)
        says(said, f"Block '1' ({kind.__name__})", f"nn.{kind.__name__}(..., axis=-1)")
        assert net_with(kind(axis=-1), hybrid)(X).shape == (2, 3)

    def test_of_dropout(self):
        said = failing(lambda: net_with(nn.Dropout(0.5, axes=(3,)))(X))
        says(said, "Block '1' (Dropout)", "axes=(-1,)")
        with mx.autograd.record():
            assert net_with(nn.Dropout(0.5, axes=(1,)))(X).shape == (2, 3)


class TestNumbersOfAxes:
    @pytest.mark.parametrize("hybrid", [False, True])
    @pytest.mark.parametrize(
        ("layer", "text"),
        [(nn.MaxPool2D, "NCHW"), (lambda: nn.GroupNorm(1), "3 axes"),
         (lambda: nn.ReflectionPad2D(1), "channels, height, width")],
    )  # fmt: skip
    def test_too_few(self, layer, text, hybrid, capfd):
        net = net_with(layer(), hybrid)
        says(failing(net, X), "Block '1'", text, "before the first nn.Dense")
        net = nn.HybridSequential()
        net.add(layer(), nn.Dense(3))
        net.initialize()
        assert net(mx.nd.ones((2, 3, 8, 8))).shape == (2, 3)


class TestTypes:
    @pytest.mark.parametrize("hybrid", [False, True])
    def test_the_input(self, hybrid):
        net = net_with(nn.Dense(2), hybrid)
        net.cast("float64")
        says(failing(net, X), "Dense", "net(x.astype('float64'))")
        assert net(X.astype("float64")).asnumpy().dtype == np.float64

    def test_whole_numbers(self):
        net = net_with(nn.Dense(2))
        says(failing(net, X.astype("int32")), "the input is int32", "net(x.astype('float32'))")
        net(X.astype("int32").astype("float32")).wait_to_read()

    def test_half_precision_on_the_cpu(self):
        net = nn.Conv2D(3, 3)
        net.initialize()
        net.cast("float16")
        x = mx.nd.ones((1, 3, 8, 8))
        said = failing(net, x)
        says(said, "Conv2D", "net.cast('float32')")
        says(failing(lambda: net(x.astype("float16")).asnumpy()), "in float16, on the CPU")
        net.cast("float32")
        assert net(x).asnumpy().dtype == np.float32
        net = net_with(nn.Dense(2))
        net.cast("float16")
        said = failing(lambda: net(X.astype("float16")).asnumpy())
        says(said, "in float16, on the CPU", "net.cast('float32')")

    @pytest.mark.parametrize("kind", ["float16", "float64"])
    def test_a_part_of_a_net(self, kind):
        net = net_with(nn.Dense(2))
        net[1].cast(kind)
        says(failing(net, X), "Block '1' (Dense)", "0.weight", "1.weight", "net.cast('float32')")
        net.cast("float32")
        assert net(X.astype("float32")).asnumpy().dtype == np.float32

    def test_a_loss(self):
        pred, loss = X.astype("float16"), gluon.loss.L2Loss()
        said = failing(loss, pred, X)
        says(said, "L2Loss", "loss(pred.astype('float32'), label)")
        assert loss(pred.astype("float32"), X).asnumpy().dtype == np.float32

    def test_something_made_inside(self):
        def net_of(**given):
            net = net_with(Own(lambda F, x: F.elemwise_add(x, F.zeros((2, 3), **given))))
            net.cast("float64")
            return net

        x = X.astype("float64")
        says(failing(net_of(), x), "Block '1' (Own)", "dtype='float64'")
        assert net_of(dtype="float64")(x).asnumpy().dtype == np.float64
