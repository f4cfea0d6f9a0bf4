"""What force_init refuses, and that nothing has changed then."""

import random
import warnings

import gluon_init as gi
from gluon_init._gluon.parameters import has_values

import mxnet as mx
import numpy as np
import pytest
from forced import declared, lazy, same, values
from mxnet import gluon
from mxnet.gluon import nn, rnn
from nets import fingerprint
from other import OTHER


def condition(net):
    """All that must be as before after a failure: parameters, states, random generators."""
    numbers = [None if p._data is None else p.data().asnumpy().tolist()
               for p in net.collect_params().values()]  # fmt: skip
    states = [row.state for row in gi.summary(net).rows]
    return fingerprint(net), numbers, states, random.getstate(), np.random.get_state()[1].tolist()


class TestFailures:
    class Failing(mx.init.Initializer):
        def _init_weight(self, name, arr):
            if arr.shape == (2, 4):
                raise ZeroDivisionError("by hand")
            mx.nd.random.uniform(shape=arr.shape, out=arr)

    @pytest.mark.parametrize("seed", [None, 3])
    @pytest.mark.parametrize("start", ["uninitialized", "deferred", "half", "loaded"])
    def test_nothing_is_changed(self, start, seed):
        net = lazy()
        if start != "uninitialized":
            net.initialize()
        if start == "half":
            net[0](mx.nd.ones((2, 5)))
        if start == "loaded":
            net(mx.nd.ones((2, 5)))
        mx.random.seed(5)
        expected = mx.nd.random.uniform(shape=4).asnumpy().tolist()
        mx.random.seed(5)
        before = condition(net)
        with pytest.raises(gi.InitError, match=r"by hand") as caught:
            gi.force_init(net, (1, 5), init=self.Failing(), seed=seed, force_reinit=True)
        assert condition(net) == before
        assert mx.nd.random.uniform(shape=4).asnumpy().tolist() == expected
        assert "Failing" in str(caught.value)

    def test_a_shape_that_cannot_be_told(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=4), nn.Dense(2))
        before = condition(net)
        with pytest.raises(gi.ShapeError, match=r"1\.weight has the shape \(2, \?\): axis 1") as e:
            gi.force_init(net)
        assert "in_units=" in str(e.value)
        assert condition(net) == before

    def test_inputs_that_do_not_fit(self):
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.Dense(2, in_units=9))
        before = condition(net)
        with pytest.raises(gi.ShapeError, match=r"1\.weight"):
            gi.force_init(net, (1, 5))
        assert condition(net) == before

    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"seed": 1.5}, "seed must be an integer"),
            ({"seed": -1}, "seed must be an integer"),
            ({"seed": True}, "seed must be an integer"),
            ({"init": "no_such"}, "init is 'no_such'"),
            ({"init": mx.init.Normal}, r"an object is needed: Normal\(\)"),
            ({"init": gi.ByPattern({"zzz": "ones"})}, "'zzz' matches none"),
            ({"device": "cpu"}, "device must be a context"),
            ({"device": []}, "device must be a context"),
        ],
    )
    def test_arguments(self, given, named):
        net = lazy()
        before = condition(net)
        with pytest.raises(gi.ArgumentError, match=named):
            gi.force_init(net, (1, 5), **given)
        assert condition(net) == before

    def test_a_device_that_is_not_there(self):
        net = lazy()
        before = condition(net)
        with pytest.raises(gi.DeviceError):
            gi.force_init(net, (1, 5), device=mx.gpu(0))
        assert condition(net) == before

    def test_values_elsewhere(self):
        net = declared()
        net.initialize()
        with pytest.raises(gi.ArgumentError, match="reset_ctx"):
            gi.force_init(net, device=OTHER)

    @pytest.mark.parametrize("inputs", [("x",), ((0, 5),), (3.5,)])
    def test_inputs(self, inputs):
        with pytest.raises(gi.ArgumentError, match="inputs"):
            gi.force_init(lazy(), *inputs)

    def test_no_block(self):
        with pytest.raises(gi.ArgumentError, match="net must be a gluon"):
            gi.force_init(nn.Dense, (1, 5))


def test_no_warning_where_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gi.force_init(lazy(), (1, 5), seed=1)


class TestBlocksInAList:
    class Listed(gluon.HybridBlock):
        def __init__(self, registered):
            super().__init__()
            self.layers = [nn.Dense(3), nn.Dense(2)]
            self.body = nn.HybridSequential()
            if registered:
                self.body.add(*self.layers)

        def hybrid_forward(self, F, x):
            for layer in self.layers:
                x = layer(x)
            return x

    def test_they_are_refused_and_named(self):
        net = self.Listed(registered=False)
        with pytest.raises(gi.ArgumentError, match="layers holds 2"):
            gi.force_init(net, (2, 3))
        assert "layers holds 2" in str(gi.summary(net))

    @pytest.mark.filterwarnings("ignore:.*unregistered container")
    def test_one_that_is_registered_elsewhere_is_seen(self):
        net = self.Listed(registered=True)
        gi.force_init(net, (2, 3))
        assert net(mx.nd.ones((2, 3))).shape == (2, 2)


def test_a_shape_that_these_inputs_do_not_tell():
    class Fixed(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.w = self.params.get("w", shape=(3, 0))

        def hybrid_forward(self, F, x, w):
            return F.dot(x, w)

    with pytest.raises(gi.ShapeError, match=r"do not tell it: give the full shape"):
        gi.force_init(Fixed(), (2, 3))
    assert "may not wait" in str(gi.explain(Fixed()))


class TestInitializersThatCannotDraw:
    @pytest.mark.parametrize(
        "init",
        [mx.init.Normal(0), mx.init.Normal(-1), mx.init.Uniform(-0.5), mx.init.Uniform("a"),
         mx.init.Constant("x")],
    )  # fmt: skip
    @pytest.mark.parametrize("seed", [None, 3])
    def test_are_named_and_nothing_changes(self, init, seed):
        net = nn.HybridSequential()
        net.add(nn.Dense(4), nn.Dense(2, weight_initializer=init))
        before = fingerprint(net)
        mx.random.seed(1)
        expected = mx.nd.random.uniform(shape=3).asnumpy()
        mx.random.seed(1)
        with pytest.raises(gi.InitError, match=type(init).__name__):
            gi.force_init(net, (2, 3), seed=seed)
        assert fingerprint(net) == before
        assert np.array_equal(mx.nd.random.uniform(shape=3).asnumpy(), expected)

    @pytest.mark.parametrize("seed", [None, 3])
    def test_one_that_ends_the_process(self, seed):
        class Leaving(mx.init.Initializer):
            def _init_weight(self, name, arr):
                raise SystemExit(3)

        with pytest.raises(gi.InitError, match=r"Leaving\(\).*weight.*SystemExit: 3.*Nothing has"):
            gi.force_init(nn.Dense(2), (1, 3), init=Leaving(), seed=seed)


class TestContainers:
    class Held(gluon.HybridBlock):
        def __init__(self, held):
            super().__init__()
            self.held, self.body = held, nn.Dense(2)

        def hybrid_forward(self, F, x):
            return self.body(x)

    @pytest.mark.filterwarnings("ignore:.*unregistered container")
    @pytest.mark.parametrize(
        "make", [lambda d: [[d]], lambda d: {"a": [d]}, lambda d: [("x", d)], lambda d: ((d,),)]
    )
    def test_nested_ones_are_seen(self, make):
        with pytest.raises(gi.ArgumentError, match="held holds 1"):
            gi.force_init(self.Held(make(nn.Dense(3))), (2, 3))

    @pytest.mark.filterwarnings("ignore:.*unregistered container")
    def test_blocks_without_parameters_do_no_harm(self):
        net = self.Held([nn.MaxPool2D(2), nn.Activation("relu"), gluon.loss.L2Loss()])
        gi.force_init(net, (2, 3))
        assert net(mx.nd.ones((2, 3))).shape == (2, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"force_reinit": "yes"}, "force_reinit must be True or False"),
        ({"run": 2}, "run must be True or False"),
        ({"device": [mx.cpu(0), mx.cpu(0)]}, "device names one context twice"),
    ],
)
def test_bad_options(given, words):
    net = lazy()
    before = fingerprint(net)
    with pytest.raises(gi.ArgumentError, match=words):
        gi.force_init(net, (2, 5), **given)
    assert fingerprint(net) == before


def test_an_empty_array_is_no_example():
    with pytest.raises(gi.ArgumentError, match=r"inputs\[0\] has the shape \(0,\)"):
        gi.force_init(lazy(), mx.nd.array([]))


def test_two_layers_of_one_prefix_are_refused():
    net = nn.HybridSequential()
    net.add(nn.Dense(3, prefix="fc_"), nn.Dense(4, prefix="fc_"))
    with pytest.raises(gi.ArgumentError, match="fc_weight"):
        gi.force_init(net, (2, 3))


@pytest.mark.parametrize("given", [{"init": mx.init.One()}, {"seed": 9}])
def test_arguments_that_change_nothing_are_told(given):
    net = gi.force_init(lazy(), (1, 5), seed=1)
    before = values(net)
    with pytest.warns(UserWarning, match="all 10 parameters have values.*force_reinit=True"):
        gi.force_init(net, (1, 5), **given)
    assert same(values(net), before)
    gi.force_init(net, (1, 5))


class TestWhatIsTold:
    def test_a_parameter_that_gluon_does_not_know(self):
        class Lost(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.w = gluon.Parameter("w", shape=(9, 20))

            def hybrid_forward(self, F, x, w):
                return F.FullyConnected(x, w, no_bias=True, num_hidden=9)

        with pytest.raises(gi.ArgumentError, match=r"as an attribute, but not among .*params\.get"):
            gi.force_init(Lost(), (4, 20), seed=1)

    def test_a_size_of_its_own_that_operators_cannot_tell(self):
        class Own(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.w = self.params.get("w", shape=(0, 5), allow_deferred_init=True)

            def hybrid_forward(self, F, x, w):
                return F.dot(x, w)

        with pytest.raises(gi.ShapeError, match=r"its own w of \(\?, 5\)") as told:
            gi.force_init(Own(), (4, 20))
        assert told.value.parameter == "w"
        assert "run=True" not in str(told.value)

    def test_what_failed_before(self):
        half = mx.nd.ones((2, 3), dtype="float16")
        mx.nd.FullyConnected(half, half, no_bias=True, num_hidden=2)
        net = nn.Dense(3, in_units=2)
        with pytest.raises(gi.InitError, match="from before force_init has failed"):
            gi.force_init(net, seed=1)
        assert not has_values(net.weight)
        gi.force_init(net, seed=1)

    def test_a_net_without_parameters(self):
        with pytest.warns(UserWarning, match="the net has no parameters"):
            gi.force_init(nn.HybridSequential(), seed=1)

    def test_a_parameter_that_makes_its_gradient_itself_still_does(self):
        class Noting(gluon.Parameter):
            noted = False

            def _init_grad(self):
                super()._init_grad()
                self.noted = True

        net = nn.Dense(3, in_units=4)
        weight = Noting(net.weight.name, shape=(3, 4))
        net.params._params[weight.name] = net._reg_params["weight"] = weight
        net.__dict__["weight"] = weight
        gi.force_init(net, seed=1)
        assert weight.noted


def test_the_pattern_that_chose_is_blamed_not_the_layers_own():
    net = rnn.LSTM(4)
    patterns = gi.ByPattern({"i2h_bias": mx.init.LSTMBias(1.0), ".*": mx.init.Xavier()})
    with pytest.raises(
        gi.InitError, match=r"^Xavier\(.*pattern of ByPattern.*l0_h2h_bias"
    ) as caught:
        gi.force_init(net, (3, 2, 5), init=patterns)
    assert ".." not in str(caught.value)
    right = gi.ByPattern({"i2h_bias": mx.init.LSTMBias(1.0), "weight": mx.init.Xavier()})
    gi.force_init(net, (3, 2, 5), init=right)
    assert net.l0_i2h_bias.data().asnumpy().max() == 1
