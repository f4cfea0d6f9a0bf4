"""MyInit, Mixture and ByPattern: what they draw, where they work, and what they refuse."""

import copy
import json
import pickle
import re

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import gluon
from mxnet.gluon import nn
from other import OTHER

ALL = [
    gi.MyInit(), gi.MyInit(low=1, high=2.5, zero=0.1), gi.MyInit(0, 1, 0), gi.MyInit(1, 2, 1),
    gi.Mixture([(1, 7)]), gi.Mixture([(0.25, 0), (0.5, (2, 3)), (0.25, mx.init.Normal(1))]),
    gi.Mixture([(0.5, gi.MyInit()), (0.5, mx.init.Orthogonal())]),
    gi.ByPattern({"weight": mx.init.Normal(1), "bias": "ones"}),
    gi.ByPattern({".*": gi.MyInit()}, default=mx.init.Xavier()),
    gi.Seeded(mx.init.Normal(1), 3), gi.Seeded(gi.MyInit(), 2**70),
    gi.Seeded(gi.ByPattern({"weight": mx.init.Orthogonal(), ".*": "ones"}), 1),
    gi.PrintInit(mx.init.Normal(1)), gi.PrintInit(gi.MyInit()),
]  # fmt: skip


def init_arguments(init):
    return json.loads(init.dumps())[1]


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
        assert {row.state for row in gi.summary(net).rows} == {"uninitialized"}

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
            ({"a": None}, r"patterns\['a'\]: an initializer is needed, such as .*, not None"),
            ({b"a": "one"}, "no regular expression .paths are text, this is bytes"),
            ({re.compile(b"a"): "one"}, "paths are text, this is bytes"),
        ],
    )
    def test_bad_input(self, patterns, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.ByPattern(patterns)

    @pytest.mark.parametrize(
        ("pattern", "text"),
        [
            (re.compile("WEIGHT", re.I), "(?i)WEIGHT"),
            (re.compile("(?i)WEIGHT"), "(?i)WEIGHT"),
            (re.compile("(?s)WEIGHT", re.I | re.A), "(?sia)WEIGHT"),
            (re.compile("(?i:WEIGHT)"), "(?i:WEIGHT)"),
            (re.compile("weight  # (all", re.X), "(?x)weight  # (all"),
        ],
    )
    def test_flags_of_a_compiled_pattern_are_kept(self, pattern, text):
        init = gi.ByPattern({pattern: "ones"})
        assert next(iter(init.patterns)).pattern == text
        for other in (mx.init.create(init.dumps()), eval(repr(init), {"gi": gi, "mx": mx})):
            layer = nn.Dense(2, in_units=2)
            layer.initialize(other)
            assert (layer.weight.data().asnumpy() == 1).all()
            assert other == init

    def test_flags_make_a_difference(self):
        assert gi.ByPattern({re.compile("a", re.I): "ones"}) != gi.ByPattern({"a": "ones"})

    def test_the_order_of_patterns_counts(self):
        one, two = {"a": "ones", "b": "zeros"}, {"b": "zeros", "a": "ones"}
        assert gi.ByPattern(one) != gi.ByPattern(two)

    def test_a_tied_parameter_is_found_at_each_of_its_places(self):
        net = nn.Sequential()
        net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
        gi.tie(net, "1.weight", "0.weight")
        net.initialize(gi.ByPattern({r"^1\.weight": "ones"}))
        assert (net[0].weight.data() == 1).asnumpy().all()


class Holding(mx.init.Initializer):
    """One that dumps() cannot write: it holds a function."""

    def __init__(self, fn):
        super().__init__(fn=fn)
        self.fn = fn

    def _init_weight(self, name, arr):
        arr[:] = self.fn(arr.shape)


def sevens(shape):
    return np.full(shape, 7.0)


AROUND = {
    "Seeded": lambda inner: gi.Seeded(inner, 1),
    "Mixture": lambda inner: gi.Mixture([(1, inner)]),
    "ByPattern": lambda inner: gi.ByPattern({"weight": inner}),
    "default": lambda inner: gi.ByPattern({"weight": inner}, default=inner),
}
AWKWARD = {
    "function": lambda: Holding(sevens),
    "list": lambda: mx.init.Constant([7]),
    "numpy": lambda: mx.init.Constant(np.full(1, 7.0)),
    "ndarray": lambda: mx.init.Constant(mx.nd.full((2, 3), 7)),
    "large": lambda: mx.init.Constant(np.full((50, 3), 7.0)),
    "scalar": lambda: mx.init.Constant(np.float32(7)),
}


def rows_for(init):
    return 50 if getattr(getattr(init, "value", None), "size", 0) == 150 else 2


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("inner", AWKWARD.values(), ids=AWKWARD)
class TestWhatCannotBeDumped:
    """Everything but a dump works with what mx.init's own dumps() cannot write."""

    def test_draws(self, around, inner):
        rows = rows_for(inner())
        layer = nn.Dense(rows, in_units=3)
        layer.initialize(around(inner()))
        assert (layer.weight.data().asnumpy() == 7).all()
        lazy = nn.Dense(rows)
        gi.force_init(lazy, (1, 3), init=around(inner()))
        assert (lazy.weight.data().asnumpy() == 7).all()

    def test_equality_hash_repr_and_copies(self, around, inner):
        init = around(inner())
        for other in (around(inner()), copy.deepcopy(init), pickle.loads(pickle.dumps(init))):
            assert other == init
            assert hash(other) == hash(init)
        assert init != around(mx.init.Constant([7, 8]))
        assert "\n" not in repr(init)

    def test_dumps(self, around, inner):
        init = around(inner())
        if isinstance(inner(), Holding):
            with pytest.raises(gi.ArgumentError, match=r"(init|\]) is Holding.*cannot write.*JSON"):
                init.dumps()
        else:
            text = init.dumps()
            again = mx.init.create(text)
            assert again == init
            assert again.dumps() == init.dumps() == text


@pytest.mark.parametrize("inner", AWKWARD.values(), ids=AWKWARD)
def test_force_init_with_a_seed_and_what_cannot_be_dumped(inner):
    layer = nn.Dense(rows_for(inner()))
    gi.force_init(layer, (1, 3), init=inner(), seed=1)
    assert (layer.weight.data().asnumpy() == 7).all()


class TestAllOfThem:
    @pytest.mark.parametrize("init", ALL, ids=ids)
    def test_dumps_equality_and_repr(self, init):
        copies = [
            mx.init.create(init.dumps()), eval(repr(init), {"gi": gi, "mx": mx}),
            pickle.loads(pickle.dumps(init)), copy.deepcopy(init),
        ]  # fmt: skip
        for again in copies:
            assert again == init
            assert hash(again) == hash(init)
            assert again.dumps() == init.dumps()
        assert init != mx.init.One()
        assert type(mx.init.create(type(init).__name__.lower(), **init_arguments(init))) is type(
            init
        )

    @pytest.mark.parametrize("init", ALL, ids=ids)
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 2)])
    def test_any_type_and_rank(self, init, dtype, shape):
        values = filled(init, shape, dtype, OTHER)
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
        net.initialize(init, ctx=[mx.cpu(0), OTHER])
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

    @pytest.mark.parametrize("init", [*ALL[:6], gi.Seeded(gi.MyInit(), 1)], ids=ids)
    def test_a_scalar(self, init):
        with mx.util.np_shape(True), mx.util.np_array(True):
            array = mx.np.full((), 99, dtype="float32")
            init._init_weight("weight", array)
            assert array.shape == ()
            assert array.item() != 99

    def test_in_an_lstm(self):
        lstm = gluon.rnn.LSTM(5, i2h_weight_initializer=gi.MyInit())
        lstm.initialize()
        lstm(mx.nd.ones((2, 3, 4)))
        assert np.abs(lstm.l0_i2h_weight.data().asnumpy()).max() >= 5
