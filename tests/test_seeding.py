"""Seeded: the value depends on the seed and the path, and on nothing else."""

import concurrent.futures
import hashlib
import json
import math
import subprocess
import sys

import gluon_init as gi
from gluon_init._gluon.parameters import has_values
from gluon_init.drawing import laws, streams
from gluon_init.drawing.initializer_laws import law_of

import mxnet as mx
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import autograd, gluon
from mxnet.gluon import nn
from other import OTHER

KNOWN = [
    mx.init.Uniform(0.5), mx.init.Normal(2), mx.init.Xavier(), mx.init.Constant(3),
    mx.init.Xavier("gaussian", "in", 2), mx.init.MSRAPrelu(), mx.init.Zero(), mx.init.One(),
    gi.MyInit(), gi.Mixture([(0.3, 1), (0.7, mx.init.Normal(1))]),
]  # fmt: skip
OTHERS = [mx.init.Orthogonal(), mx.init.LSTMBias(), mx.init.Bilinear()]


def two(first=None, second=None, between=None):
    net = nn.HybridSequential()
    net.add(nn.Dense(8, in_units=first))
    net.add(between if between is not None else nn.Activation("relu"))
    net.add(nn.Dense(4, in_units=second))
    return net


def two_lazy(between=None):
    return two(0, 0, between)


def weights(net):
    return [net[0].weight.data().asnumpy(), net[2].weight.data().asnumpy()]


@pytest.fixture
def reference():
    net = two(5, 8)
    net.initialize(gi.Seeded(mx.init.Normal(1), 3))
    return weights(net)


def assert_same(net, reference):
    for own, other in zip(weights(net), reference, strict=True):
        assert np.array_equal(own, other)


class TestIndependence:
    def test_of_lazy_or_eager_and_of_dropout(self, reference):
        net = two_lazy(nn.Dropout(0.5))
        net.initialize(gi.Seeded(mx.init.Normal(1), 3))
        with autograd.record():
            net(mx.nd.ones((2, 5)))
        assert_same(net, reference)

    def test_of_the_order_of_forward_passes(self, reference):
        net = two_lazy()
        net.initialize(gi.Seeded(mx.init.Normal(1), 3))
        net[2](mx.nd.ones((2, 8)))
        net(mx.nd.ones((2, 5)))
        assert_same(net, reference)

    def test_of_names_devices_and_hybridization(self, reference):
        for _ in range(3):
            nn.Dense(2)
        net = two_lazy()
        net.initialize(gi.Seeded(mx.init.Normal(1), 3), ctx=OTHER)
        net.hybridize()
        net(mx.nd.ones((2, 5), ctx=OTHER))
        assert_same(net, reference)

    def test_of_further_layers_and_ties(self, reference):
        net = two(5, 8)
        net.add(nn.Dense(4, in_units=4))
        net.add(nn.Dense(4, in_units=4, params=net[3].params))
        net.initialize(gi.Seeded(mx.init.Normal(1), 3))
        assert_same(net, reference)

    def test_of_the_random_state_which_is_left_alone(self, reference):
        mx.random.seed(1)
        expected = mx.nd.random.uniform(shape=3).asnumpy().tolist()
        mx.random.seed(1)
        net = two(5, 8)
        net.initialize(gi.Seeded(mx.init.Normal(1), 3))
        assert mx.nd.random.uniform(shape=3).asnumpy().tolist() == expected
        assert_same(net, reference)

    @pytest.mark.parametrize("threads", [1, 5])
    def test_of_the_number_of_threads(self, monkeypatch, threads):
        law = gi.MyInit().law(())
        shapes = [(3 * streams.CHUNK + 17,), (5,), (streams.CHUNK - 1,), (2, 3)]

        def drawn():
            arrays = [np.empty(shape, np.float32) for shape in shapes]
            streams.fill(streams.Draw(law, array, 5) for array in arrays)
            return arrays

        usual = drawn()
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            monkeypatch.setattr(streams, "pool", lambda: pool)
            others = drawn()
        assert all(map(np.array_equal, usual, others))

    def test_other_seeds_and_paths_give_other_values(self, reference):
        net = two(5, 8)
        net.initialize(gi.Seeded(mx.init.Normal(1), 4))
        assert not np.array_equal(weights(net)[0], reference[0])
        square = nn.Sequential()
        square.add(nn.Dense(5, in_units=5), nn.Dense(5, in_units=5))
        square.initialize(gi.Seeded(mx.init.Normal(1), 3))
        a, b = (layer.weight.data().asnumpy() for layer in square)
        assert not np.array_equal(a, b)


GOLDEN = {
    "uniform float32": "5c8595c38ae2852d",
    "uniform float64": "5f0a9f5f9921a9f1",
    "uniform float16": "2a46bc874787b323",
    "normal float32": "0e3f8b29afdc6d1f",
    "normal float64": "dbcc2d20981abc10",
    "normal float16": "5a04a6b8cff67f2a",
    "xavier float32": "fde23c7f2bfd70a6",
    "xavier float64": "1b3f5ae824bc5ced",
    "xavier float16": "be8a9dbe3f70cb1c",
    "myinit float32": "6a93cc84f88534fd",
    "myinit float64": "5bc8402215cbe72d",
    "myinit float16": "bd212747ab7a3344",
}


class TestGolden:
    """The same bits on every supported Python and NumPy; fifty million: test_seed_digests.py."""

    def test_values(self):
        found = {}
        for name, init in {"uniform": mx.init.Uniform(1), "normal": mx.init.Normal(1),
                           "xavier": mx.init.Xavier(), "myinit": gi.MyInit()}.items():  # fmt: skip
            for dtype in ("float32", "float64", "float16"):
                array = mx.nd.zeros((300, 400), dtype=dtype)
                gi.Seeded(init, 20)(mx.init.InitDesc("0.weight"), array)
                digest = hashlib.sha256(array.asnumpy().tobytes()).hexdigest()[:16]
                found[f"{name} {dtype}"] = digest
        assert found == GOLDEN

    @pytest.mark.parametrize(
        ("init", "digest"),
        [(mx.init.Normal(1), "4ca088bfcc04463f"), (gi.MyInit(), "b01f1f26d8d25e36")],
    )
    def test_values_of_an_array_that_several_threads_draw(self, init, digest):
        array = mx.nd.zeros((1100, 1000))
        gi.Seeded(init, 20)(mx.init.InitDesc("0.weight"), array)
        assert hashlib.sha256(array.asnumpy().tobytes()).hexdigest()[:16] == digest

    def test_a_constant_whose_probabilities_do_not_quite_sum_to_one(self):
        array = mx.nd.zeros((3,), dtype="float64")
        gi.Seeded(gi.Mixture([(0.1, 7)] * 10), 3)._init_weight("a", array)
        assert array.asnumpy().tolist() == [7, 7, 7]

    @pytest.mark.parametrize("slope", [0.959607877935, 0.903966827307, 0.522325239471])
    def test_the_slope_of_prelu_is_squared_without_the_c_library(self, slope):
        """Whose power is off by a bit here, in glibc 2.36."""
        init = mx.init.MSRAPrelu("in", slope)
        assert law_of(init, (3, 7)) == laws.single(
            laws.Normal(0.0, math.sqrt(2 / (1 + slope * slope) / 7))
        )
        init.magnitude = 3.0
        assert law_of(init, (3, 7)) == laws.single(laws.Normal(0.0, math.sqrt(3 / 7)))

    def test_two_processes_agree(self):
        program = (
            "import gluon_init as gi, mxnet as mx, hashlib\n"
            "from mxnet.gluon import nn\n"
            "net = nn.Dense(700); gi.force_init(net, (1, 900), seed=5)\n"
            "print(hashlib.sha256(net.weight.data().asnumpy().tobytes()).hexdigest())"
        )
        outputs = {
            subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, check=True
            ).stdout
            for _ in range(2)
        }
        assert len(outputs) == 1


@pytest.mark.parametrize("init", KNOWN[:8], ids=lambda init: type(init).__name__)
def test_indistinguishable_from_mxnet(init):
    """Two-sample Kolmogorov-Smirnov at level 1e-4 for each; the seeds are fixed."""
    mx.random.seed(1)
    theirs, ours = mx.nd.zeros((400, 300)), mx.nd.zeros((400, 300))
    init._init_weight(mx.init.InitDesc("weight"), theirs)
    gi.Seeded(init, 1)._init_weight("weight", ours)
    a, b = theirs.asnumpy().ravel(), ours.asnumpy().ravel()
    assert scipy.stats.ks_2samp(a, b).pvalue > 1e-4
    assert abs(a.std() - b.std()) <= 0.01 * max(a.std(), 1e-9)


@pytest.mark.parametrize("init", KNOWN + OTHERS, ids=lambda init: type(init).__name__)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_initializer_works(init, dtype):
    shape = (4, 4, 3, 3)
    arrays = [mx.nd.zeros(shape, dtype=dtype) for _ in range(2)]
    for array in arrays:
        gi.Seeded(init, 2)._init_weight("weight", array)
    first, second = (array.asnumpy() for array in arrays)
    assert np.array_equal(first, second)
    assert first.dtype == dtype
    assert np.isfinite(first).all()


def test_custom_initializers_run_from_seeded_states():
    class Custom(mx.init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = np.random.rand(*arr.shape) + mx.nd.random.uniform(shape=arr.shape).asnumpy()

    np.random.seed(1)
    before = np.random.get_state()[1].tolist()
    nets = [two(5, 8), two(5, 8)]
    for net in nets:
        net.initialize(gi.Seeded(Custom(), 3))
    assert_same(nets[0], weights(nets[1]))
    assert np.random.get_state()[1].tolist() == before


def test_own_initializers_of_layers_are_kept_and_seeded():
    def net():
        made = nn.Dense(3, in_units=4, weight_initializer=mx.init.Normal(1),
                        bias_initializer=mx.init.Uniform(1))  # fmt: skip
        made.initialize(gi.Seeded(mx.init.One(), 3))
        return made

    a, b = net(), net()
    assert np.array_equal(a.weight.data().asnumpy(), b.weight.data().asnumpy())
    assert np.array_equal(a.bias.data().asnumpy(), b.bias.data().asnumpy())
    assert a.weight.data().asnumpy().std() > 0.1


def test_as_a_layers_own_initializer():
    def net():
        made = nn.Sequential()
        made.add(nn.Dense(3, weight_initializer=gi.Seeded(mx.init.Normal(1), 3)), nn.Dense(2))
        made.initialize()
        made(mx.nd.ones((1, 4)))
        return made[0].weight.data().asnumpy()

    assert np.array_equal(net(), net())


def test_around_print_init_and_by_pattern(capsys):
    net = two(5, 8)
    net.initialize(gi.Seeded(gi.PrintInit(mx.init.Normal(1)), 3))
    assert "0.weight" in capsys.readouterr().out
    other = two(5, 8)
    other.initialize(gi.Seeded(gi.ByPattern({"bias": mx.init.Normal(1)}, mx.init.Normal(1)), 3))
    assert_same(other, weights(net))
    assert other[0].bias.data().asnumpy().std() > 0


def test_in_module():
    def fit():
        symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
        module = mx.mod.Module(symbol, label_names=None)
        module.bind([("data", (2, 4))])
        module.init_params(gi.Seeded(mx.init.Normal(1), 3))
        return module.get_params()[0]

    first, second = fit(), fit()
    assert np.array_equal(first["fc_weight"].asnumpy(), second["fc_weight"].asnumpy())
    assert not first["fc_bias"].asnumpy().any()


def test_initialize_of_the_parameter_itself():
    layer = nn.Dense(3, in_units=4)
    with pytest.raises(gi.InitError, match="Call net"):
        layer.weight.initialize(gi.Seeded(mx.init.Normal(1), 3))
    layer.weight.init = gi.Seeded(mx.init.Normal(1), 3)
    layer.initialize()


@pytest.mark.parametrize("seed", [1.5, -1, "3", None, True])
def test_bad_seed(seed):
    with pytest.raises(gi.ArgumentError, match="seed must be an integer, at least 0"):
        gi.Seeded(mx.init.Normal(1), seed)


@pytest.mark.parametrize("init", [3, "no_such", mx.init.Normal, mx.init.Mixed([".*"], ["ones"])])
def test_bad_initializer(init):
    with pytest.raises(gi.ArgumentError, match="init"):
        gi.Seeded(init, 3)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 40), columns=st.integers(1, 40), seed=st.integers(0, 2**70),
    lazy=st.booleans(), extra=st.booleans(),
)  # fmt: skip
def test_the_rule_in_general(rows, columns, seed, lazy, extra):
    def weight(lazy, extra):
        net = nn.Sequential()
        net.add(nn.Dense(rows, in_units=0 if lazy else columns))
        if extra:
            net.add(nn.Dense(3))
        gi.force_init(net, (1, columns), init=mx.init.Normal(1), seed=seed)
        return net[0].weight.data().asnumpy()

    assert np.array_equal(weight(lazy, extra), weight(False, False))


def test_dumps_round_trip():
    init = gi.Seeded(mx.init.Xavier(), 2**80)
    again = mx.init.create(init.dumps())
    assert again == init
    assert json.loads(init.dumps())[0] == "seeded"
    assert eval(repr(init)) == init
    assert gluon.nn.Dense(3, weight_initializer=init).weight.init == init


@pytest.mark.parametrize("init", [mx.init.Normal(1), mx.init.Orthogonal(), mx.init.Constant(2)])
def test_sparse_parameters(init, recwarn, capfd):
    """Warnings are errors in the tests; MXNet writes some to stderr itself."""
    values = []
    for stype in ("default", "row_sparse"):
        array = mx.nd.zeros((3, 2), stype=stype)
        gi.Seeded(init, 1)._init_weight("weight", array)
        assert array.stype == stype
        values.append(array.asnumpy())
    assert np.array_equal(*values)
    assert not recwarn.list
    assert "fallback" not in capfd.readouterr().err


class Failing(mx.init.Initializer):
    def __init__(self, how):
        super().__init__(how=how.__name__)
        self.how = how

    def _init_weight(self, name, arr):
        self.how()


def raising():
    raise ZeroDivisionError("by hand")


def exiting():
    sys.exit(3)


def interrupting():
    raise KeyboardInterrupt


class TestFailures:
    @pytest.mark.parametrize(
        ("init", "said"),
        [
            (Failing(raising), r"Failing\(how='raising'\) failed on 2\.weight of shape \(4, 8\): "
                               r"ZeroDivisionError: by hand\. "),
            (Failing(exiting), r"how='exiting'\) failed on 2\.weight .*SystemExit: 3\. "),
            (Failing(interrupting), r"failed on 2\.weight .*KeyboardInterrupt: "),
            (mx.init.Bilinear(), r"Bilinear\(\) failed on 2\.weight of shape \(4, 8\): IndexError: "),
            (mx.init.Constant([1, 2, 3]), r"Constant\(value=\[1, 2, 3\]\) failed on 2\.weight "),
        ],
    )  # fmt: skip
    def test_name_initializer_and_path_and_say_what_has_become_of_the_net(self, init, said):
        def net():
            made = nn.HybridSequential()
            second = nn.Dense(4, in_units=8, weight_initializer=init)
            made.add(nn.Dense(8, in_units=5), nn.Activation("relu"), second)
            return made

        with pytest.raises(gi.InitError, match=said) as caught:
            net().initialize(gi.Seeded(mx.init.Normal(1), 3))
        assert "Nothing" not in str(caught.value)
        forced = net()
        with pytest.raises(gi.InitError, match=f"{said}.*Nothing has been initialized"):
            gi.force_init(forced, (1, 5), seed=3)
        assert not has_values(forced[0].weight)
