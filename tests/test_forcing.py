"""force_init: everything, from shapes alone, or nothing."""

import gc
import pickle
import random
import warnings

import gluon_init as gi
from gluon_init._gluon.blocks import is_active
from gluon_init._gluon.parameters import has_values
from gluon_init.drawing import memory

import mxnet as mx
import numpy as np
import pytest
from forced import finished, lazy, same, values
from mxnet import autograd, gluon
from mxnet.gluon import nn
from nets import Opaque
from other import OTHER


class TestArrays:
    """With a seed, NumPy draws in the memory of MXNet's own arrays."""

    @pytest.mark.parametrize("device", [mx.cpu(0), OTHER, [mx.cpu(0), mx.cpu(3)]], ids=str)
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_have_one_value_for_a_seed_of_whatever_type_on_whatever_device(self, dtype, device):
        net = nn.Dense(3, in_units=4, dtype=dtype)
        gi.force_init(net, init=mx.init.Normal(1), seed=3, device=device)
        expected = nn.Dense(3, in_units=4, dtype=dtype)
        expected.initialize(gi.Seeded(mx.init.Normal(1), 3))
        for array, gradient in zip(net.weight.list_data(), net.weight.list_grad(), strict=True):
            assert array.asnumpy().dtype == gradient.asnumpy().dtype == dtype
            assert np.array_equal(array.asnumpy(), expected.weight.data().asnumpy())
            assert not gradient.asnumpy().any()

    def test_of_whole_numbers_are_drawn_too(self):
        class Counting(gluon.Block):
            def __init__(self):
                super().__init__()
                self.w = self.params.get(
                    "w", shape=(3, 4), dtype="int8", init=mx.init.Constant(5), grad_req="null"
                )

        assert (gi.force_init(Counting(), seed=1).w.data().asnumpy() == 5).all()

    def test_are_mxnets_numpy_arrays_where_those_are_on(self):
        mx.npx.set_np()
        try:
            net = gi.force_init(nn.Dense(3, in_units=4), init=mx.init.Normal(1), seed=3)
            assert type(net.weight.data()) is type(net.weight.grad()) is mx.np.ndarray
            found = net.weight.data().asnumpy()
        finally:
            mx.npx.reset_np()
        expected = gi.force_init(nn.Dense(3, in_units=4), init=mx.init.Normal(1), seed=3)
        assert np.array_equal(found, expected.weight.data().asnumpy())

    @pytest.mark.parametrize("store", [None, "local", "device"])
    @pytest.mark.parametrize("optimizer", ["sgd", "adam"])
    @pytest.mark.parametrize("static", [False, True], ids=["", "static"])
    def test_train_as_those_of_gluon(self, optimizer, store, static):
        x, found = mx.nd.arange(2 * 3 * 64).reshape((2, 3, 8, 8)).sin(), []
        for forced in (True, False):
            net = nn.HybridSequential()
            net.add(nn.Conv2D(5, 3), nn.BatchNorm(), nn.Dense(4))
            if forced:
                gi.force_init(net, x, seed=3)
            else:
                net.initialize(gi.Seeded(seed=3))
                net(x)
            net.hybridize(static_alloc=static, static_shape=static)
            trainer = gluon.Trainer(net.collect_params(), optimizer, kvstore=store)
            for _ in range(3):
                with autograd.record():
                    loss = (net(x) ** 2).sum()
                loss.backward()
                trainer.step(2)
            found.append([*values(net), net(x).asnumpy()])
        assert same(*found)

    def test_are_saved_moved_and_made_other_types(self, tmp_path):
        net = gi.force_init(lazy(), (2, 5), seed=3)
        before = values(net)
        net.save_parameters(str(tmp_path / "net"))
        other = lazy()
        other.load_parameters(str(tmp_path / "net"))
        assert same(values(other), before)
        assert np.array_equal(pickle.loads(pickle.dumps(net[0].weight.data())).asnumpy(), before[0])
        net.collect_params().reset_ctx(OTHER)
        assert np.array_equal(net[0].weight.data(OTHER).asnumpy(), before[0])
        net.cast("float64")
        assert np.array_equal(net[0].weight.data().asnumpy(), before[0].astype("float64"))

    @pytest.mark.parametrize("end", ["", "os._exit(0) if os.fork() == 0 else os.wait()\n"])
    def test_may_be_dropped_while_mxnet_works_on_them(self, end):
        """A fork or the end of Python must not wait for MXNet's thread, nor it for Python."""
        program = f"""
import gc, os
net = gi.force_init(nn.Dense(2500, in_units=2500), init=mx.init.Normal(), seed=1)
x = mx.nd.ones((2500, 2500))
x.wait_to_read()
for _ in range(5):
    with mx.autograd.record():
        loss = net(x)
    loss.backward()
del net, loss
gc.collect()
{end}print("done", flush=True)
"""
        assert finished(program) == "done\n"

    def test_stay_as_long_as_numpy_sees_them(self):
        for _ in range(20):
            array, seen = memory.new((300, 1000), "float32")
            other = memory.of(array)
            seen[:] = 7
            del array, seen
            gc.collect()
            mx.nd.full((300, 1000), 3).wait_to_read()
            assert (other == 7).all()


class TestNets:
    def test_hybridized_stays_hybridized(self):
        net = lazy()
        net.hybridize()
        gi.force_init(net, (1, 5))
        assert is_active(net)
        net(mx.nd.ones((2, 5)))

    def test_tied_language_model(self):
        class Model(gluon.Block):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.encoder = nn.Embedding(30, 8)
                    self.rnn = gluon.rnn.LSTM(8)
                    self.decoder = nn.Dense(30, flatten=False, params=self.encoder.params)

            def forward(self, x):
                return self.decoder(self.rnn(self.encoder(x)))

        net = gi.force_init(Model(), (5, 2), seed=3)
        assert net.decoder.weight is net.encoder.weight
        assert net(mx.nd.ones((5, 2))).shape == (5, 2, 30)

    def test_only_a_run_can_tell(self):
        class Real(gluon.Block):
            def __init__(self):
                super().__init__()
                self.dense = nn.Dense(3)

            def forward(self, x):
                return self.dense(x[:, : int(x.shape[1]) // 2])

        net = Real()
        with pytest.raises(gi.ShapeError, match="run=True"):
            gi.force_init(net, (2, 8))
        gi.force_init(net, (2, 8), run=True)
        assert net.dense.weight.data().shape == (3, 4)

    def test_never_reached(self):
        class Odd(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.used, self.known, self.lost = nn.Dense(3), nn.Dense(2, in_units=4), nn.Dense(2)

            def hybrid_forward(self, F, x):
                return self.used(x)

        net = Odd()
        with pytest.warns(UserWarning, match=r"never reaches.*: lost\.weight"):
            gi.force_init(net, (1, 5))
        assert net.known.weight.data().shape == (2, 4)
        assert not has_values(net.lost.weight)


class InADictionary(gluon.Block):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Dense(3), nn.Dense(4)

    def forward(self, x):
        return self.a(x), {"aux": self.b(x)}


class OnTheSide(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Dense(3), nn.Dense(4)

    def hybrid_forward(self, F, x):
        self.side = self.b(x)
        return self.a(x)


class InTraining(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Dense(3), nn.Dense(4)

    def hybrid_forward(self, F, x):
        if autograd.is_training():
            return self.a(x), self.b(x)
        return self.a(x)


class TestWhatTheNetUsesAtAll:
    @pytest.mark.parametrize("kind", [InADictionary, OnTheSide, InTraining])
    def test_outputs_beside_the_output_and_in_training(self, kind):
        net = gi.force_init(kind(), (2, 6), seed=1)
        assert net.b.weight.data().shape == (4, 6)
        with autograd.record():
            net(mx.nd.ones((2, 6)))
        fresh = kind()
        assert gi.infer_shapes(fresh, (2, 6)).unreached == ()
        states = {row.state for row in gi.summary(fresh, (2, 6)).rows}
        assert states == {"uninitialized"}

    def test_what_is_never_reached_waits_as_after_initialize(self):
        class Spare(OnTheSide):
            def hybrid_forward(self, F, x):
                return self.a(x)

        net = Spare()
        with pytest.warns(UserWarning, match="b.weight"):
            gi.force_init(net, (2, 6), init=mx.init.Normal(1), seed=4)
        reference = nn.HybridSequential()
        reference.add(nn.Dense(4, in_units=6))
        assert net.b(mx.nd.ones((2, 6))).shape == (2, 4)
        other = Spare()
        other.initialize(gi.Seeded(mx.init.Normal(1), 4))
        other(mx.nd.ones((2, 6))), other.b(mx.nd.ones((2, 6)))
        assert same(values(net), values(other))

    def test_lists_of_parameters_have_paths_of_the_net_alone(self):
        class Listed(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.ws = [self.params.get(f"w{i}", shape=(4, 4)) for i in range(2)]

            def hybrid_forward(self, F, x):
                for w in self.ws:
                    x = F.dot(x, w.var() if F is mx.sym else w.data())
                return x

        one, two = (gi.force_init(Listed(), seed=3) for _ in range(2))
        assert [row.path for row in gi.summary(one).rows] == ["w0", "w1"]
        assert same(values(one), values(two))


class TestForwardsThatDoMore:
    class Busy(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.a, self.seen, self.kept = nn.Dense(3), [], {"x": []}

        def hybrid_forward(self, F, x):
            self.seen.append(x)
            self.kept["x"].append(x)
            if not hasattr(self, "late"):
                self.late = nn.Dense(2)
            return self.a(x) * random.random() * float(np.random.rand())

    @pytest.mark.parametrize(
        "look",
        [gi.summary, gi.infer_shapes, lambda net, x: gi.force_init(net, x, seed=1)],
        ids=["summary", "infer_shapes", "force_init"],
    )
    @pytest.mark.filterwarnings("ignore:force_init left out")
    def test_leave_no_trace_of_a_look(self, look):
        net = self.Busy()
        before = random.getstate(), np.random.get_state()[1].tolist()
        look(net, (2, 5))
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before
        assert (net.seen, net.kept) == ([], {"x": []})
        assert list(net._children) == ["a"]


class TestPartsOfAPendingNet:
    def test_patterns_go_by_the_whole_nets_paths(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(4), nn.Dense(2))
        net.initialize(gi.ByPattern({"^0.*weight": "one", "^1.*weight": mx.init.Constant(2)}))
        gi.force_init(net[1], (2, 4))
        assert (net[1].weight.data() == 2).min().asscalar() == 1

    def test_so_do_seeds(self):
        nets = []
        for part in (True, False):
            net = lazy()
            net.initialize(gi.Seeded(mx.init.Normal(1), 5))
            if part:
                gi.force_init(net[3], (2, 4))
            net(mx.nd.ones((1, 5)))
            nets.append(net)
        assert same(*map(values, nets))

    def test_a_newer_seed_counts(self):
        net, other = lazy(), lazy()
        net.initialize(gi.Seeded(mx.init.Normal(1), 5))
        gi.force_init(net, (1, 5), seed=6)
        gi.force_init(other, (1, 5), init=mx.init.Normal(1), seed=6)
        assert same(values(net), values(other))
        with pytest.raises(gi.ArgumentError, match="seed is 6, but init has a seed of its own, 5"):
            gi.force_init(lazy(), (1, 5), init=gi.Seeded(mx.init.Normal(1), 5), seed=6)


def test_a_layers_own_patterns_are_checked_first():
    net = nn.Dense(3, in_units=2, weight_initializer=gi.ByPattern({"nope": "one"}))
    with pytest.raises(gi.ArgumentError, match="'nope' matches none"):
        gi.force_init(net)


def test_a_run_on_zeros_of_another_type():
    net = Opaque()
    net.cast("float64")
    gi.force_init(net, mx.nd.ones((2, 5), dtype="float64"), run=True)
    assert net.dense.weight.data().dtype == np.float64
    again = Opaque()
    again.cast("float64")
    gi.force_init(again, (2, 5), run=True)


def test_sparse_embeddings_by_a_run():
    net = nn.Sequential()
    net.add(gluon.contrib.nn.SparseEmbedding(30, 4), nn.Dense(2))
    with pytest.raises(gi.ShapeError, match="run=True"):
        gi.force_init(net, (5, 3))
    gi.force_init(net, (5, 3), run=True)
    assert net[1].weight.data().shape == (2, 12)


def test_values_that_a_symbol_block_was_given_have_shapes(tmp_path):
    made = nn.HybridSequential()
    made.add(nn.Dense(3), nn.Dense(2))
    gi.force_init(made, (1, 4), seed=1)
    made.hybridize()
    made(mx.nd.ones((1, 4)))
    made.export(str(tmp_path / "net"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = gluon.SymbolBlock.imports(
            str(tmp_path / "net-symbol.json"), ["data"], str(tmp_path / "net-0000.params")
        )
    assert gi.summary(net).unknown == 0
    assert gi.summary(net).total == gi.summary(made).total
    gi.force_init(net, init=mx.init.One(), force_reinit=True)


def test_a_block_that_infers_by_a_method_of_its_own():
    class Own(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.w = self.params.get("w", shape=(0, 3), allow_deferred_init=True)

        def infer_shape(self, x, *_):
            self.w.shape = (x.shape[1], 3)

        def hybrid_forward(self, F, x, w):
            return F.dot(x, w)

    with pytest.raises(gi.ShapeError, match=r"infer_shape of its own.*run=True"):
        gi.force_init(Own(), (2, 6))
    assert gi.force_init(Own(), (2, 6), run=True).w.shape == (6, 3)


@pytest.mark.filterwarnings("ignore:ndarray.context")  # MXNet itself asks for it
def test_recurrent_layers_under_numpy_shapes():
    mx.npx.set_np()
    try:
        net = nn.HybridSequential()
        net.add(nn.Embedding(50, 8), gluon.rnn.LSTM(7), nn.Dense(3, flatten=False))
        gi.force_init(net, (5, 2), seed=1)
        assert net[1].l0_i2h_weight.shape == (28, 8)
        assert net(mx.np.zeros((5, 2))).shape == (5, 2, 3)
    finally:
        mx.npx.reset_np()
