"""What is said of an initializer: usable, or which of its mistakes it has."""

import os
import random
import sys

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import X, failing, says, two_layers
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("named_alike")


class Rebinding(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr = mx.nd.ones(arr.shape)


class Writing(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr[:] = 1


class WithBias(Writing):
    def _init_bias(self, name, arr):
        arr[:] = 7


class TestInitializers:
    @pytest.mark.parametrize(
        "made", [lambda: mx.init.Mixed([".*"], [mx.init.One()]), lambda: mx.init.Load({})]
    )
    def test_mixed_and_load(self, made):
        kind = type(made()).__name__
        says(failing(two_layers().initialize, made()), kind, "not for Gluon")
        says(gi.explain(made()), kind)

    def test_not_an_initializer(self):
        class Nothing:
            def __call__(self, name, arr):
                arr[:] = 1

        says(failing(two_layers().initialize, Nothing()), "Nothing", "mx.init.Initializer")

    def test_bias_method_that_is_never_called(self):
        says(gi.explain(WithBias()), "_init_bias", "never called", ".setattr('init', it)")
        net = nn.Dense(3)
        net.initialize(WithBias())
        assert not net.bias.data().asnumpy().any()

        class Seven(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = 7

        net = nn.Dense(3)
        net.collect_params(".*bias").setattr("init", Seven())
        net.initialize(Writing())
        net(X)
        assert (net.bias.data().asnumpy() == 7).all()
        assert (net.weight.data().asnumpy() == 1).all()

    def test_rebinding(self):
        mx.random.seed(3)
        says(gi.explain(Rebinding()), "writes nothing", "arr[:] = values")
        net = two_layers()
        net.initialize(Rebinding())
        net(X)
        says(gi.explain(net), "0.weight, 1.weight", "zeros only", "arr[:] = values")
        net.initialize(Writing(), force_reinit=True)
        assert "zeros only" not in str(gi.explain(net))
        assert gi.explain(Writing()).rows[0].state == "usable"

    def test_an_initializer_is_tried_without_touching_random_states(self):
        def states():
            return [random.getstate(), np.random.get_state()[1].tolist()]

        mx.random.seed(11)
        expected = mx.nd.random.uniform(shape=5).asnumpy()
        mx.random.seed(11)
        before = states()
        gi.explain(mx.init.Normal())
        assert states() == before
        assert (mx.nd.random.uniform(shape=5).asnumpy() == expected).all()

    def test_one_that_fails(self):
        class Failing(mx.init.Initializer):
            def _init_weight(self, name, arr):
                raise ZeroDivisionError("by hand")

        says(gi.explain(Failing()), "ZeroDivisionError: by hand")

    @pytest.mark.parametrize(
        ("init", "said"),
        [
            (mx.init.Normal(0), "MXNetError"), (mx.init.Normal(-1), "MXNetError"),
            (mx.init.Uniform(-0.5), "MXNetError"),
        ],
    )  # fmt: skip
    def test_one_that_mxnet_refuses_when_it_draws(self, init, said):
        says(gi.explain(init), "it fails on a float32 array of shape (4, 3)", said)

    @pytest.mark.parametrize(
        ("end", "said"),
        [(lambda: sys.exit(3), "SystemExit: 3"), (lambda: os._exit(3), "without an answer")],
    )
    def test_one_that_ends_the_process(self, end, said):
        class Ending(mx.init.Initializer):
            def _init_weight(self, name, arr):
                end()

        says(gi.explain(Ending()), "Ending()", "it fails on a float32 array", said)

    def test_one_for_arrays_of_numpy_mode(self):
        class Scaled(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = mx.np.ones(arr.shape)

        with mx.util.np_shape(True), mx.util.np_array(True):
            says(gi.explain(Scaled()), "usable")

    def test_xavier_on_a_vector(self):
        net = nn.Dense(3, bias_initializer=None)
        says(failing(net.initialize, mx.init.Xavier()), "bias", "bias_initializer='zeros'")
        net = nn.Dense(3, bias_initializer=None)
        net.collect_params(".*bias").setattr("init", mx.init.Zero())
        net.initialize(mx.init.Xavier())
        net(X)

    def test_name_that_is_not_registered(self):
        net = nn.Dense(3, weight_initializer="no_such_thing")
        net.initialize()
        says(failing(net, X), "'no_such_thing'", "@mx.init.register")

    @pytest.mark.parametrize(
        ("write", "share"),
        [(lambda arr: arr.__setitem__(0, 1), "75%"), (lambda arr: arr.__setitem__((slice(2), 0), 1), "83%")],
    )  # fmt: skip
    def test_one_that_leaves_cells_as_they_were(self, write, share):
        class Partly(mx.init.Initializer):
            def _init_weight(self, name, arr):
                write(arr)

        says(gi.explain(Partly()), "leaves cells as they were", share, "arr[:] = values")
        assert not gi.check_distribution(Partly(), mx.init.One())

    def test_one_that_fits_a_single_shape(self):
        class Narrow(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = np.random.rand(3)

        says(gi.explain(Narrow()), "fails on a float32 array of shape (6, 5)")

    def test_one_without_super_init(self):
        class Incomplete(mx.init.Initializer):
            def __init__(self, scale):
                self.scale = scale

            def _init_weight(self, name, arr):
                arr[:] = self.scale

        says(gi.explain(Incomplete(2)), "super().__init__()")
        net = nn.Dense(2, in_units=3)
        says(failing(net.initialize, Incomplete(2)), "Incomplete", "super().__init__()")
        for use in (
            lambda: gi.force_init(net, init=Incomplete(2), force_reinit=True),
            lambda: gi.Seeded(Incomplete(2), 1),
            lambda: gi.check_distribution(Incomplete(2)),
        ):
            with pytest.raises(gi.ArgumentError, match=r"^init is of type Incomplete, .* super"):
                use()

    def test_whom_ours_fill(self):
        says(gi.explain(gi.ByPattern({"bias$": "ones"})), "first pattern", "also for biases")
        says(gi.explain(gi.Seeded("xavier", 1)), "draws for every parameter")


def test_negative_zeros_have_been_written():
    class Tutorial(mx.init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = mx.nd.random.uniform(-10, 10, shape=arr.shape)
            arr *= arr.abs() >= 5

    assert gi.explain(Tutorial()).rows[0].state == "usable"


class TestThoseThatFitSomePlaces:
    def test_lstm_bias(self):
        init = mx.init.LSTMBias(1.0)
        says(gi.explain(init), "for the bias of an LSTM alone", "i2h_bias_initializer=mx.init.LSTM")
        net = rnn.LSTM(2, i2h_bias_initializer=init)
        gi.force_init(net, (3, 1, 4), init="xavier")
        assert net.l0_i2h_bias.data().asnumpy().tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
        net = rnn.LSTM(2)
        gi.force_init(net, (3, 1, 4), init=gi.ByPattern({"i2h_bias": init}, default="uniform"))
        assert net.l0_i2h_bias.data().asnumpy().tolist() == [0, 0, 1, 1, 0, 0, 0, 0]

    def test_bilinear(self):
        says(gi.explain(mx.init.Bilinear()), "a Conv2DTranspose that enlarges images")
        net = nn.Conv2DTranspose(
            3, 4, strides=2, padding=1, groups=3, weight_initializer=mx.init.Bilinear()
        )
        net.initialize()
        image = mx.nd.ones((1, 3, 6, 6)) * 2
        assert net(image).shape == (1, 3, 12, 12)
        assert (net(image).asnumpy()[:, :, 2:-2, 2:-2] == 2).all()

    def test_fused(self):
        init = mx.init.FusedRNN(mx.init.One(), 3, 1, "lstm")
        says(gi.explain(init), "the one vector of all parameters", "i2h_weight_initializer")
        net = rnn.LSTM(3, i2h_weight_initializer="ones", h2h_weight_initializer="ones")
        gi.force_init(net, (2, 1, 4), init="zeros")
        assert (net.l0_h2h_weight.data().asnumpy() == 1).all()

    def test_constant_of_an_array(self):
        init = mx.init.Constant(mx.nd.array([[1, 2, 3]]))
        says(gi.explain(init), "usable for a parameter of shape (1, 3)")
        net = nn.Dense(1, in_units=3, weight_initializer=init)
        net.initialize()
        assert net.weight.data().asnumpy().tolist() == [[1, 2, 3]]
        says(gi.explain(mx.init.Constant(2)), "usable.")

    @pytest.mark.parametrize("init", [mx.init.Xavier(), mx.init.Orthogonal(), mx.init.MSRAPrelu()])
    def test_those_that_need_two_axes(self, init):
        says(gi.explain(init), "usable.", "at least two axes")
        with pytest.raises(gi.InitError):
            gi.force_init(nn.Dense(2, bias_initializer=init), (1, 3))
        gi.force_init(nn.Dense(2, bias_initializer="zeros"), (1, 3), init=init)
