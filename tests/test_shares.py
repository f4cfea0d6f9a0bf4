"""A gradient split by use: the parts add up, and each is what its use alone would give."""

import random

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from nets import fingerprint
from tied import GROUP, LOSS, Model, Two, X, Y, backward, made, stack


class TestGradientShares:
    @pytest.mark.parametrize("grad_req", ["write", "add"])
    def test_the_parts_add_up(self, grad_req):
        net = made(tied=True)
        net.encoder.weight.grad_req = grad_req
        if grad_req == "add":
            backward(net)
        shares = gi.gradient_shares(net, "decoder.weight", LOSS, X, Y)
        uses = [row.path for row in shares.rows]
        assert uses == ["(accumulated before)"] * (grad_req == "add") + list(GROUP)
        assert np.allclose(sum(row.gradient for row in shares.rows), shares.total, atol=1e-5)
        assert sum(row.share for row in shares.rows) == pytest.approx(1, abs=1e-5)
        backward(net)
        assert np.allclose(net.encoder.weight.grad().asnumpy(), shares.total, atol=1e-5)

    def test_each_part_is_the_gradient_of_that_use_alone(self):
        tied, untied = made(tied=True), made(tied=False)
        untied.decoder.weight.set_data(tied.decoder.weight.data())
        backward(untied)
        shares = gi.gradient_shares(tied, "encoder.weight", LOSS, X, Y)
        for row, layer in zip(shares.rows, (untied.encoder, untied.decoder), strict=True):
            assert np.allclose(row.gradient, layer.weight.grad().asnumpy(), atol=1e-5)

    def test_one_block_at_two_places_and_hybridized(self):
        layer = nn.Dense(4, in_units=4)
        net = nn.HybridSequential()
        net.add(layer, nn.Dropout(0.5), layer)
        net.initialize(mx.init.Normal(1))
        net.hybridize()
        shares = gi.gradient_shares(net, "0.weight", lambda y: (y * y).sum(), mx.nd.ones((3, 4)))
        assert [row.path for row in shares.rows] == ["0.weight", "2.weight"]

    def test_one_place_called_twice(self):
        class Twice(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.layer = nn.Dense(4, in_units=4)

            def hybrid_forward(self, F, x):
                return self.layer(self.layer(x))

        net = Twice()
        net.initialize(mx.init.Normal(1))
        shares = gi.gradient_shares(net, "layer.weight", lambda y: y.sum(), mx.nd.ones((3, 4)))
        assert [row.path for row in shares.rows] == [
            "layer.weight, call 1", "layer.weight, call 2"
        ]  # fmt: skip

    def test_two_attributes_of_one_block(self):
        net = gi.force_init(gi.tie(Two(), "v", "w"))
        shares = gi.gradient_shares(net, "w", lambda y: y.sum(), mx.nd.ones((2, 3)))
        assert [row.path for row in shares.rows] == ["w", "v"]
        apart = gi.untie(net, "v")
        with autograd.record():
            apart(mx.nd.ones((2, 3))).sum().backward()
        for row, parameter in zip(shares.rows, (apart.w, apart.v), strict=True):
            assert np.allclose(row.gradient, parameter.grad().asnumpy(), atol=1e-6)

    def test_two_attributes_that_a_block_reads_itself(self):
        class Reads(gluon.Block):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.w = self.params.get("w", shape=(3, 3))
                    self.v = self.params.get("v", shape=(3, 3))

            def forward(self, x):
                return mx.nd.dot(mx.nd.dot(x, self.v.data()), self.w.data())

        net = gi.force_init(gi.tie(Reads(), "v", "w"))
        shares = gi.gradient_shares(net, "w", lambda y: y.sum(), mx.nd.ones((2, 3)))
        assert [row.path for row in shares.rows] == ["w or v, call 1", "w or v, call 2"]

    def test_uses_outside_the_block(self):
        class Parent(gluon.Block):
            def __init__(self):
                super().__init__()
                self.b = nn.Dense(3, in_units=3)

            def forward(self, x):
                return mx.nd.dot(x, self.b.weight.data()) + self.b(x)

        net = nn.Sequential()
        net.add(Parent())
        net.initialize(mx.init.Normal(1))

        def loss(y):
            return (y * y).sum() + (net[0].b.weight.data() ** 2).sum()

        shares = gi.gradient_shares(net, "0.b.weight", loss, mx.nd.ones((2, 3)))
        assert [row.path for row in shares.rows] == [
            "0.b.weight, in 0", "0.b.weight", "0.b.weight, in loss"
        ]  # fmt: skip

    def test_sparse_gradients(self):
        net = nn.HybridSequential()
        net.add(nn.Embedding(10, 4, sparse_grad=True), nn.Dense(10, flatten=False))
        x = mx.nd.array([[1, 2, 3], [3, 4, 5]])
        gi.force_init(net, x)
        (row,) = gi.gradient_shares(net, "0.weight", LOSS, x, x).rows
        with autograd.record():
            LOSS(net(x), x).backward()
        expected = net[0].weight.grad().asnumpy()
        assert np.allclose(row.gradient, expected, atol=1e-6)
        assert expected.any()

    @pytest.mark.usefixtures("numpy_mode")
    @pytest.mark.parametrize("grad_req", ["write", "add"])
    def test_numpy_mode(self, grad_req):
        net = gi.force_init(gi.tie(stack(), "1.weight", "0.weight"))
        net.collect_params().setattr("grad_req", grad_req)
        x = mx.np.ones((2, 4))
        for _ in range(2):
            with autograd.record():
                net(x).sum().backward()
        expected = net[0].weight.grad().asnumpy()
        if grad_req == "add":
            expected = expected * 1.5
        shares = gi.gradient_shares(net, "0.weight", lambda y: y.sum(), x)
        assert np.allclose(shares.total, expected, atol=1e-5)
        assert [row.path for row in shares.rows][-2:] == ["0.weight", "1.weight"]

    def test_nothing_is_changed(self):
        net = made(tied=True)
        backward(net)
        gradient = net.encoder.weight.grad().asnumpy()
        mx.random.seed(1)
        expected = mx.nd.random.uniform(shape=3).asnumpy().tolist()
        mx.random.seed(1)
        before = fingerprint(net), random.getstate()
        gi.gradient_shares(net, "encoder.weight", LOSS, X, Y)
        assert (fingerprint(net), random.getstate()) == before
        assert np.array_equal(net.encoder.weight.grad().asnumpy(), gradient)
        assert mx.nd.random.uniform(shape=3).asnumpy().tolist() == expected

    def test_plot(self):
        shares = gi.gradient_shares(made(tied=True), "encoder.weight", LOSS, X, Y)
        (axes,) = shares.plot().axes
        widths = [patch.get_width() for patch in axes.patches]
        assert widths == [row.share for row in shares.rows]

    def test_bad_input(self):
        net = made(tied=True)
        with pytest.raises(gi.ArgumentError, match="no values yet"):
            gi.gradient_shares(Model(tied=True), "encoder.weight", LOSS, X, Y)
        with pytest.raises(gi.ArgumentError, match="batch must be at least one input"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X)
        with pytest.raises(gi.ArgumentError, match="loss must be a function"):
            gi.gradient_shares(net, "encoder.weight", 3, X, Y)
        with pytest.raises(gi.ArgumentError, match=r"built-in function max.*lambda"):
            gi.gradient_shares(net, "encoder.weight", max, X)
        with pytest.raises(gi.ArgumentError, match="does not have"):
            gi.gradient_shares(net, "nowhere", LOSS, X, Y)
        with pytest.raises(gi.ArgumentError, match=r"batch\[0\] must be an array"):
            gi.gradient_shares(net, "encoder.weight", LOSS, (5, 4), Y)
        with pytest.raises(gi.ShapeError, match=r"failed in loss, given an output of \("):
            gi.gradient_shares(net, "encoder.weight", LOSS, X, Y[:1])
        net.decoder.bias._data = [mx.nd.ones((7,))]
        with pytest.raises(gi.ShapeError, match="decoder"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X, Y)
        net.collect_params().setattr("grad_req", "null")
        with pytest.raises(gi.ArgumentError, match="frozen"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X, Y)
