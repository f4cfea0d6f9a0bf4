"""MyInit, Mixture and ByPattern: what they draw, where they work, and what they refuse."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import gluon
from mxnet.gluon import nn

ALL = [
    gi.MyInit(), gi.MyInit(low=1, high=2.5, zero=0.1), gi.MyInit(0, 1, 0), gi.MyInit(1, 2, 1),
    gi.Mixture([(1, 7)]), gi.Mixture([(0.25, 0), (0.5, (2, 3)), (0.25, mx.init.Normal(1))]),
    gi.Mixture([(0.5, gi.MyInit()), (0.5, mx.init.Orthogonal())]),
    gi.ByPattern({"weight": mx.init.Normal(1), "bias": "ones"}),
    gi.ByPattern({".*": gi.MyInit()}, default=mx.init.Xavier()),
]  # fmt: skip


def ids(init):
    return repr(init)[:40]


def filled(init, shape=(300, 400), dtype="float32", context=None):
    array = mx.nd.zeros(shape, dtype=dtype, ctx=context or mx.cpu())
    init._init_weight(mx.init.InitDesc("weight"), array)
    return array.asnumpy()


class TestMyInit:
    def test_shares_and_ranges(self):
        mx.random.seed(1)
        values = filled(gi.MyInit(), (1000, 1000))
        size = np.abs(values)
        assert abs((values == 0).mean() - 0.5) < 0.005
        assert abs((values > 0).mean() - 0.25) < 0.005
        assert set(np.unique(size[size > 0] >= 5)) == {True}
        assert size.max() <= 10
        assert values.var() == pytest.approx(175 / 6, rel=0.01)

    def test_parameters(self):
        mx.random.seed(1)
        values = filled(gi.MyInit(low=1, high=2, zero=0.1))
        assert abs((values == 0).mean() - 0.1) < 0.01
        assert np.abs(values[values != 0]).min() >= 1
        assert np.abs(values).max() <= 2

    def test_the_seed_of_mxnet_counts(self):
        mx.random.seed(4)
        first = filled(gi.MyInit())
        assert not np.array_equal(first, filled(gi.MyInit()))
        mx.random.seed(4)
        assert np.array_equal(first, filled(gi.MyInit()))

    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"low": 10, "high": 5}, "low and high"),
            ({"low": 5, "high": 5}, "low and high"),
            ({"low": -1}, "low and high"),
            ({"zero": 1.5}, "zero must be a probability"),
            ({"zero": -0.1}, "zero must be a probability"),
            ({"low": "a"}, "low must be a finite number"),
            ({"high": float("inf")}, "high must be a finite number"),
        ],
    )
    def test_bad_input(self, given, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.MyInit(**given)


class TestMixture:
    def test_components(self):
        mx.random.seed(2)
        init = gi.Mixture([(0.25, 0), (0.5, (2, 3)), (0.25, mx.init.Normal(0.1))])
        values = filled(init, (1000, 1000))
        assert abs((values == 0).mean() - 0.25) < 0.003
        assert abs(((values >= 2) & (values <= 3)).mean() - 0.5) < 0.003
        rest = values[(values != 0) & (values < 2)]
        assert rest.std() == pytest.approx(0.1, rel=0.02)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(0, 1000))
    def test_each_share_is_as_asked(self, weights, seed):
        """Binomial shares of points, within six standard deviations."""
        total = sum(weights)
        init = gi.Mixture([(w / total, i) for i, w in enumerate(weights)])
        mx.random.seed(seed)
        values = filled(init, (100, 100))
        for i, weight in enumerate(weights):
            p = weight / total
            assert abs((values == i).mean() - p) <= 6 * (p * (1 - p) / 10_000) ** 0.5 + 1e-12

    @pytest.mark.parametrize(
        ("parts", "named"),
        [
            ([], "parts must be a list"),
            ("no", "parts must be a list"),
            ([0.5, 0.5], r"parts\[0\] must be a pair"),
            ([(0.5, 1)], "sum to 1, but the only one is 0.5"),
            ([(0.7, 1), (0.7, 2)], r"0\.7 \+ 0\.7 = 1\.4"),
            ([(-0.5, 1), (1.5, 2)], "from 0 to 1"),
            ([(1, (3, 2))], "reversed"),
            ([(1, (2, 2))], "empty"),
            ([(1, (1, 2, 3))], "a pair"),
            ([(1, "no_such")], "no_such"),
            ([(1, None)], "not None"),
            ([("a", 1)], "finite number"),
        ],
    )
    def test_bad_input(self, parts, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.Mixture(parts)


class TestByPattern:
    @staticmethod
    def net():
        net = nn.HybridSequential()
        net.add(nn.Dense(3), nn.BatchNorm(), nn.Dense(2, weight_initializer="zeros"))
        return net

    def test_biases_gammas_and_layers_own_are_overridden(self):
        net = self.net()
        patterns = {
            "^2.weight": mx.init.Constant(2), "bias": mx.init.Constant(3),
            "gamma": mx.init.Constant(4), "2": mx.init.Constant(9),
        }  # fmt: skip
        net.initialize(gi.ByPattern(patterns, default=mx.init.Constant(1)))
        net(mx.nd.ones((2, 5)))
        found = {path: set(p.data().asnumpy().ravel()) for path, p in
                 net._collect_params_with_prefix().items()}  # fmt: skip
        assert found == {
            "0.weight": {1}, "0.bias": {3}, "1.gamma": {4}, "1.beta": {0}, "1.running_mean": {0},
            "1.running_var": {1}, "2.weight": {2}, "2.bias": {3},
        }  # fmt: skip

    def test_a_pattern_that_matches_nothing_changes_nothing(self):
        net = self.net()
        with pytest.raises(gi.ArgumentError, match=r"'0\.wieght' matches none.*0\.weight") as e:
            net.initialize(gi.ByPattern({"0.wieght": mx.init.One()}))
        assert "gi.summary(net)" in str(e.value)
        assert {row["state"] for row in gi.summary(net).rows} == {"uninitialized"}

    def test_names_of_gluon_do_not_matter(self):
        for _ in range(3):
            net = self.net()
            net.initialize(gi.ByPattern({"^0": mx.init.One()}))
            assert (net[0].bias.data().asnumpy() == 1).all()

    def test_for_some_parameters_of_a_net(self):
        net = self.net()
        net.initialize()
        net.collect_params(".*bias").initialize(
            gi.ByPattern({"bias": mx.init.One()}), force_reinit=True
        )
        assert (net[0].bias.data().asnumpy() == 1).all()

    @pytest.mark.parametrize(
        ("patterns", "named"),
        [
            ({}, "patterns must be a dictionary"),
            ([("a", "ones")], "patterns must be a dictionary"),
            ({"(": "ones"}, "no regular expression"),
            ({3: "ones"}, "no regular expression"),
            ({"a": 3}, r"patterns\['a'\] must be an initializer"),
        ],
    )
    def test_bad_input(self, patterns, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.ByPattern(patterns)

    def test_a_tied_parameter_is_found_at_each_of_its_places(self):
        net = nn.Sequential()
        net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
        gi.tie(net, "1.weight", "0.weight")
        net.initialize(gi.ByPattern({r"^1\.weight": "ones"}))
        assert (net[0].weight.data() == 1).asnumpy().all()


class TestAllOfThem:
    @pytest.mark.parametrize("init", ALL, ids=ids)
    def test_dumps_equality_and_repr(self, init):
        again = mx.init.create(init.dumps())
        assert again == init
        assert hash(again) == hash(init)
        assert eval(repr(init), {"gi": gi, "mx": mx}) == init
        assert init != mx.init.One()

    @pytest.mark.parametrize("init", ALL, ids=ids)
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 2)])
    def test_any_type_and_rank(self, init, dtype, shape):
        values = filled(init, shape, dtype, mx.cpu(1))
        assert values.dtype == dtype
        assert np.isfinite(values).all()

    @pytest.mark.parametrize("init", ALL[:6], ids=ids)
    def test_vectors(self, init):
        assert filled(init, (7,)).shape == (7,)

    @pytest.mark.parametrize("init", ALL, ids=ids)
    def test_in_gluon(self, init):
        layer = nn.Dense(3, in_units=4, weight_initializer=init)
        layer.initialize()
        net = nn.Sequential()
        net.add(nn.Dense(3))
        net.initialize(init, ctx=[mx.cpu(0), mx.cpu(1)])
        assert np.isfinite(net(mx.nd.ones((2, 5))).asnumpy()).all()

    @pytest.mark.parametrize("init", ALL, ids=ids)
    def test_in_module(self, init):
        symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
        module = mx.mod.Module(symbol, label_names=None)
        module.bind([("data", (2, 4))])
        module.init_params(init)
        assert module.get_params()[0]["fc_weight"].shape == (3, 4)

    @pytest.mark.parametrize("init", ALL[:6], ids=ids)
    def test_in_numpy_mode(self, init):
        with mx.util.np_shape(True), mx.util.np_array(True):
            array = mx.np.zeros((4, 3))
            init._init_weight("weight", array)
            assert np.isfinite(array.asnumpy()).all()

    def test_in_an_lstm(self):
        lstm = gluon.rnn.LSTM(5, i2h_weight_initializer=gi.MyInit())
        lstm.initialize()
        lstm(mx.nd.ones((2, 3, 4)))
        assert np.abs(lstm.l0_i2h_weight.data().asnumpy()).max() >= 5
