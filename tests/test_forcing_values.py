"""force_init gives the values, gradients and devices that Gluon's own ways give; seeds theirs."""

import os
import random
import sys

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from forced import declared, finished, lazy, same, values
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision
from nets import MODELS
from other import NAME, OTHER


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
        gi.force_init(elsewhere, (1, 5), seed=3, device=OTHER)
        assert same(values(plain), values(traced))
        assert same(values(plain), [p.data(OTHER).asnumpy() for p in
                                    elsewhere.collect_params().values()])  # fmt: skip
        assert len(trace.events) == len(trace.parameters)
        first = trace.events[0]
        assert first.trigger == "gi.force_init(net)"
        assert first.source == "initialize()"
        assert first.initializer == "Uniform(scale=0.07)"
        assert not first.deferred


class TestDevices:
    def test_several(self):
        net = gi.force_init(lazy(), (1, 5), device=[OTHER, mx.cpu(3)])
        for parameter in net.collect_params().values():
            assert parameter.list_ctx() == [OTHER, mx.cpu(3)]
            assert np.array_equal(
                parameter.data(OTHER).asnumpy(), parameter.data(mx.cpu(3)).asnumpy()
            )

    def test_default_is_the_pending_one_or_that_of_gi_device(self, monkeypatch):
        monkeypatch.setenv("GLUON_INIT_DEVICE", NAME)
        assert gi.force_init(lazy(), (1, 5))[0].weight.list_ctx() == [OTHER]
        net = lazy()
        net.initialize(ctx=mx.cpu(3))
        assert gi.force_init(net, (1, 5))[0].weight.list_ctx() == [mx.cpu(3)]

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
