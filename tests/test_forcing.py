"""force_init: everything, from shapes alone, or nothing."""

import gc
import os
import pickle
import random
import subprocess
import sys
import textwrap
import warnings

import gluon_init as gi
from gluon_init.drawing import memory

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision
from nets import MODELS, Opaque, fingerprint


def values(net):
    return [p.data().asnumpy() for p in net.collect_params().values()]


def same(a, b):
    assert len(a) == len(b)
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def finished(program, seconds=60):
    """What a program of its own process prints; an error where it hangs or fails."""
    start = "import gluon_init as gi, mxnet as mx, threading, time\nfrom mxnet.gluon import nn\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start + textwrap.dedent(program)],
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def lazy():
    net = nn.HybridSequential()
    net.add(nn.Dense(8), nn.BatchNorm(), nn.Dense(4, weight_initializer=mx.init.One()), nn.Dense(2))
    return net


def declared():
    net = nn.HybridSequential()
    net.add(
        nn.Dense(8, in_units=5),
        nn.BatchNorm(in_channels=8),
        nn.Dense(4, in_units=8, weight_initializer=mx.init.One()),
        nn.Dense(2, in_units=4),
    )
    return net


class TestValues:
    def test_those_of_the_declared_net_with_the_same_seed(self):
        mx.random.seed(7)
        expected = declared()
        expected.initialize(mx.init.Normal(1))
        mx.random.seed(7)
        net = gi.force_init(lazy(), (1, 5), init=mx.init.Normal(1))
        assert same(values(net), values(expected))

    @pytest.mark.parametrize("model", ["resnet18_v1", "alexnet", "squeezenet1.0", "mobilenet0.25"])
    def test_of_the_model_zoo(self, model):
        size = 224
        flow = gi.infer_shapes(vision.get_model(model), (1, 3, size, size))
        expected = vision.get_model(model)
        for path, parameter in expected._collect_params_with_prefix().items():
            parameter.shape = flow.parameters[path]
        mx.random.seed(7)
        expected.initialize(mx.init.Xavier())
        mx.random.seed(7)
        net = gi.force_init(vision.get_model(model), (1, 3, size, size), init=mx.init.Xavier())
        assert same(values(net), values(expected))

    @pytest.mark.parametrize("model", MODELS)
    def test_every_shape_agrees_with_inference(self, model):
        shape = (1, 3, 299, 299) if model == "inceptionv3" else (1, 3, 224, 224)
        net = vision.get_model(model)
        flow = gi.infer_shapes(net, shape)
        gi.force_init(net, shape, init=mx.init.Zero(), seed=1)
        found = {p: v.data().shape for p, v in net._collect_params_with_prefix().items()}
        assert found == {path: flow.parameters[path] for path in found}

    def test_pending_initializers_are_kept(self):
        net = lazy()
        net.initialize(mx.init.Constant(3))
        net[3].weight.initialize(mx.init.Constant(4))
        gi.force_init(net, (1, 5))
        assert (net[0].weight.data().asnumpy() == 3).all()
        assert (net[2].weight.data().asnumpy() == 1).all()
        assert (net[3].weight.data().asnumpy() == 4).all()

    def test_init_replaces_the_pending_global_one_only(self):
        net = lazy()
        net.initialize(mx.init.Constant(3))
        net[3].weight.initialize(mx.init.Constant(4))
        gi.force_init(net, (1, 5), init=mx.init.Constant(9))
        assert (net[0].weight.data().asnumpy() == 9).all()
        assert (net[2].weight.data().asnumpy() == 1).all()
        assert (net[3].weight.data().asnumpy() == 4).all()
        assert not net[0].bias.data().asnumpy().any()

    def test_set_data_that_waits_is_applied(self):
        net = nn.Dense(2)
        net.initialize()
        net.weight.set_data(mx.nd.ones((2, 5)) * 6)
        gi.force_init(net, (1, 5))
        assert (net.weight.data().asnumpy() == 6).all()

    def test_what_has_values_keeps_them_unless_forced(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=5), nn.Dense(2))
        net.initialize(mx.init.One())
        gi.force_init(net, (1, 5), init=mx.init.Constant(2))
        assert (net[0].weight.data().asnumpy() == 1).all()
        assert (net[1].weight.data().asnumpy() == 2).all()
        gi.force_init(net, init=mx.init.Constant(7), force_reinit=True)
        assert (net[0].weight.data().asnumpy() == 7).all()
        assert {row.state for row in gi.summary(net).rows} == {"re-initialized"}

    def test_the_forward_pass_then_draws_nothing(self):
        net = gi.force_init(lazy(), (2, 5))
        with gi.trace_init(net) as trace:
            net(mx.nd.ones((2, 5)))
        assert len(trace.events) == 0


class TestSeed:
    @pytest.mark.parametrize(
        "init", [mx.init.Normal(1), mx.init.Xavier(), gi.MyInit(), mx.init.Orthogonal(), "uniform"]
    )
    def test_as_initialize_with_seeded(self, init):
        net = gi.force_init(lazy(), (1, 5), init=init, seed=3)
        other = declared()
        other.initialize(gi.Seeded(init, 3))
        assert same(values(net), values(other))

    def test_random_states_are_left_alone(self):
        mx.random.seed(5)
        expected = mx.nd.random.normal(shape=4).asnumpy().tolist()
        mx.random.seed(5)
        before = random.getstate(), np.random.get_state()[1].tolist()
        gi.force_init(lazy(), (1, 5), init=mx.init.Orthogonal(), seed=3)
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before
        assert mx.nd.random.normal(shape=4).asnumpy().tolist() == expected

    def test_traced_and_on_other_devices_the_same_values(self):
        plain = gi.force_init(lazy(), (1, 5), seed=3)
        traced, elsewhere = lazy(), lazy()
        with gi.trace_init(traced) as trace:
            gi.force_init(traced, (1, 5), seed=3)
        gi.force_init(elsewhere, (1, 5), seed=3, device=mx.cpu(1))
        assert same(values(plain), values(traced))
        assert same(values(plain), [p.data(mx.cpu(1)).asnumpy() for p in
                                    elsewhere.collect_params().values()])  # fmt: skip
        assert len(trace.events) == len(trace.parameters)
        first = trace.events[0]
        assert first.trigger == "gi.force_init(net)"
        assert first.source == "initialize()"
        assert first.initializer == "Uniform(scale=0.07)"
        assert not first.deferred


class TestDevices:
    def test_several(self):
        net = gi.force_init(lazy(), (1, 5), device=[mx.cpu(1), mx.cpu(2)])
        for parameter in net.collect_params().values():
            assert parameter.list_ctx() == [mx.cpu(1), mx.cpu(2)]
            assert np.array_equal(
                parameter.data(mx.cpu(1)).asnumpy(), parameter.data(mx.cpu(2)).asnumpy()
            )

    def test_default_is_the_pending_one_or_that_of_gi_device(self, monkeypatch):
        monkeypatch.setenv("GLUON_INIT_DEVICE", "cpu(1)")
        assert gi.force_init(lazy(), (1, 5))[0].weight.list_ctx() == [mx.cpu(1)]
        net = lazy()
        net.initialize(ctx=mx.cpu(2))
        assert gi.force_init(net, (1, 5))[0].weight.list_ctx() == [mx.cpu(2)]

    def test_gradients_are_there(self):
        net = gi.force_init(lazy(), (2, 5), seed=1)
        with mx.autograd.record():
            loss = net(mx.nd.ones((2, 5))).sum()
        loss.backward()
        gluon.Trainer(net.collect_params(), "sgd").step(1)
        assert net[3].bias.grad().asnumpy().tolist() == [2, 2]


class TestGradients:
    """With a seed, arrays and gradients are not made by Gluon: they must be as if they were."""

    def large(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(700), nn.BatchNorm(), nn.Dense(900), nn.Dense(3))
        return net

    def soil(self):
        """Leaves memory behind in which something is written."""
        for size in (100, 5_000, 200_000, 700_000, 3_000_000):
            for _ in range(4):
                mx.nd.full((size,), 7.0).wait_to_read()

    @pytest.mark.parametrize("told", [True, False], ids=["pages are told", "pages are not told"])
    def test_are_zero_whatever_was_in_that_memory(self, told, monkeypatch):
        if not told:
            opened = os.open

            def refuse(path, *args):
                if path == "/proc/self/pagemap":
                    raise PermissionError
                return opened(path, *args)

            monkeypatch.setattr(os, "open", refuse)
        net = self.large()
        for _ in range(4):
            self.soil()
            gi.force_init(net, (2, 1001), seed=1, force_reinit=True)
            for parameter in net.collect_params().values():
                if parameter.grad_req != "null":
                    assert not parameter.grad().asnumpy().any()
                    parameter.grad()[:] = 5

    @pytest.mark.parametrize("request_", ["write", "add"])
    def test_are_those_of_gluon_after_a_backward_pass(self, request_):
        found, x = [], mx.nd.arange(4004).reshape((4, 1001)).sin()
        for forced in (True, False):
            net = self.large()
            net.collect_params().setattr("grad_req", request_)
            if forced:
                gi.force_init(net, x, init=mx.init.Normal(), seed=3)
            else:
                net.initialize(gi.Seeded(mx.init.Normal(), 3))
                net(x)
            for _ in range(2):
                with autograd.record():
                    loss = (net(x) ** 2).sum()
                loss.backward()
            found.append([p.grad().asnumpy() for p in net.collect_params(".*weight").values()])
        assert same(*found)
        assert all(gradient.any() for gradient in found[0])

    def test_of_a_sparse_embedding_stay_sparse(self):
        net = gi.force_init(nn.Embedding(5000, 3, sparse_grad=True), (2,), seed=1)
        assert net.weight.list_grad()[0].stype == "row_sparse"

    def test_frozen_parameters_have_none(self):
        net, x = self.large(), mx.nd.arange(4004).reshape((4, 1001)).sin()
        net[0].collect_params().setattr("grad_req", "null")
        gi.force_init(net, x, seed=1)
        assert net[0].weight._grad is None
        with autograd.record():
            loss = (net(x) ** 2).sum()
        loss.backward()
        assert net[2].weight.grad().asnumpy().any()

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which memory is in use")
    @pytest.mark.parametrize(("seed", "arrays"), [(1, 1), (None, 2)])
    def test_take_no_memory_before_they_are_needed(self, seed, arrays):
        """With a seed, that of the values alone; without, MXNet writes the gradients too."""
        program = f"""
import resource
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
gi.force_init(nn.Dense(2), (1, 2), seed=1)
before = peak()
net = nn.Dense(5000)
gi.force_init(net, (1, 10000), seed={seed})
print((peak() - before) / (5000 * 10000 * 4))
"""
        assert float(finished(program)) < arrays + 0.2


class TestArrays:
    """With a seed, NumPy draws in the memory of MXNet's own arrays."""

    @pytest.mark.parametrize("device", [mx.cpu(0), mx.cpu(1), [mx.cpu(0), mx.cpu(2)]], ids=str)
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
        net.collect_params().reset_ctx(mx.cpu(1))
        assert np.array_equal(net[0].weight.data(mx.cpu(1)).asnumpy(), before[0])
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
        assert net._active
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
        assert net.lost.weight._data is None


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
            gi.force_init(net, device=mx.cpu(1))

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


@pytest.mark.parametrize("given", [{"init": mx.init.One()}, {"seed": 9}])
def test_arguments_that_change_nothing_are_told(given):
    net = gi.force_init(lazy(), (1, 5), seed=1)
    before = values(net)
    with pytest.warns(UserWarning, match="all 10 parameters have values.*force_reinit=True"):
        gi.force_init(net, (1, 5), **given)
    assert same(values(net), before)
    gi.force_init(net, (1, 5))


OWN = """
class Own(mx.init.Initializer):
    def _init_weight(self, name, array):
        array[:] = mx.nd.random.normal(shape=array.shape)
"""


class TestThreads:
    def test_several_may_force_their_own_nets(self):
        program = (
            OWN
            + """
def work(seed):
    for _ in range(8):
        gi.force_init(nn.Dense(3, in_units=4), seed=seed, init=Own())
threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("done")
"""
        )
        assert finished(program) == "done\n"

    @pytest.mark.parametrize("init", ["mx.init.Normal()", "Own()"])
    @pytest.mark.parametrize("again", [False, True], ids=["once", "anew"])
    def test_several_may_force_one_net(self, init, again):
        program = f"""
import sys
sys.setswitchinterval(1e-5)
def make():
    net = nn.HybridSequential()
    for _ in range(6):
        net.add(nn.Dense(30), nn.BatchNorm())
    return net
def force(net):
    return gi.force_init(net, (1, 7), init={init}, seed=3, force_reinit={again})
def found(net):
    parameters = net._collect_params_with_prefix().items()
    return [(path, p.data().asnumpy().tobytes(), p.grad_req == "null" or p.grad().asnumpy().any())
            for path, p in parameters]
expected = found(force(make()))
failures = []
def work(net, barrier):
    try:
        barrier.wait()
        force(net)
    except BaseException as error:
        failures.append(error)
for _ in range({4 if init == "Own()" else 15}):
    net, barrier = make(), threading.Barrier(4)
    threads = [threading.Thread(target=work, args=(net, barrier)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failures, failures
    assert found(net) == expected
    assert {{row["state"] for row in gi.summary(net).rows}} == {{
        "re-initialized" if {again} else "initialized"}}
    assert len(net(mx.nd.ones((2, 7)))) == 2
print("done")
"""
        assert finished(OWN + program) == "done\n"

    def test_a_copy_made_while_another_thread_forces_can_force(self):
        program = """
import os
begun = threading.Event()
def listen(fill):
    begun.set()
    time.sleep(1)
from gluon_init._gluon.fills import listening
def work():
    with listening(listen, untouched=False):
        gi.force_init(nn.Dense(3, in_units=4), seed=1)
thread = threading.Thread(target=work)
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    gi.force_init(nn.Dense(3, in_units=4), seed=1)
    os._exit(7)
_, status = os.waitpid(child, 0)
thread.join()
print(os.waitstatus_to_exitcode(status))
"""
        assert finished(program) == "7\n"

    def test_an_initializer_may_force_another_net(self):
        program = """
class Asking(mx.init.Initializer):
    def _init_weight(self, name, array):
        array[:] = gi.force_init(nn.Dense(3, in_units=4), seed=1).weight.data()
net = gi.force_init(nn.Dense(3, in_units=4), init=Asking())
print(net.weight.data().shape)
"""
        assert finished(program) == "(3, 4)\n"

    def test_one_that_never_leaves_mxnet_is_told(self):
        program = (
            OWN
            + """
from gluon_init import _fork
_fork._PATIENCE = 0.5
a = mx.nd.ones((1000, 1000))
def train():
    while True:
        mx.nd.dot(a, a).wait_to_read()
threading.Thread(target=train, daemon=True).start()
time.sleep(0.2)
net = nn.Dense(3, in_units=4)
try:
    for seed in range(100):
        gi.force_init(net, seed=seed, init=Own(), force_reinit=True)
        net.weight._data = None
except gi.InitError as error:
    print(error, flush=True)
assert net.weight._data is None
import os
os._exit(0)
"""
        )
        assert "Another thread has been at work in MXNet" in finished(program)

    def test_large_draws_work_while_python_ends(self):
        program = """
def late():
    time.sleep(0.5)
    net = gi.force_init(nn.Dense(1500, in_units=1500), seed=1)
    print(float(net.weight.data().abs().mean().asscalar()) > 0)
threading.Thread(target=late).start()
"""
        assert finished(program) == "True\n"


class TestInterrupts:
    def test_leave_the_net_as_it_was(self):
        program = """
import random, signal
net = nn.HybridSequential()
for _ in range(60):
    net.add(nn.Dense(4))
    net[-1].register_forward_hook(print)
draw, interrupts = random.Random(0), 0
def stop(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, stop)
for _ in range(200):
    try:
        signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-4, 8e-3))
        gi.force_init(net, (2, 4), seed=1, force_reinit=True)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
    for layer in net._children.values():
        assert len(layer.__dict__["_forward_hooks"]) == 1
        assert "_children" in layer.__dict__
assert interrupts > 10, interrupts
print("done")
"""
        assert finished(program) == "done\n"


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
        assert net.weight._data is None
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
