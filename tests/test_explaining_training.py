"""Each of the messages of MXNet's Trainer and of what trains with it: made for real, and followed."""

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import numpy as np
import pytest
from explained import Unused, X, failing, says, warned
from mxnet import autograd, gluon
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")

HERE = [mx.cpu(0)]
BOTH = [mx.cpu(0), mx.cpu(1)]
ONE = {"learning_rate": 0.5}


def net_on(ctx=None, layers=2):
    net = nn.HybridSequential()
    net.add(*[nn.Dense(3) for _ in range(layers)])
    net.initialize(ctx=ctx)
    return net


def backward(net, devices=HERE, scale=1):
    """A forward and a backward pass on each of the devices."""
    with autograd.record():
        losses = [(net(X.as_in_context(device)) * scale).sum() for device in devices]
    autograd.backward(losses)


def learns(net, trainer, devices=HERE, step=None):
    """Whether a step changes all parameters, on all devices alike."""
    backward(net, devices)
    before = {p: p.data(devices[0]).asnumpy() for p in net.collect_params().values()}
    (step or trainer.step)(2)
    for p, values in before.items():
        after = [p.data(device).asnumpy() for device in devices]
        assert (after[0] != values).any()
        assert all((one == after[0]).all() for one in after)


class TestMakingATrainer:
    def test_a_net(self):
        net = net_on()
        says(failing(gluon.Trainer, net, "sgd"), "a HybridSequential", "net.collect_params()")
        learns(net, gluon.Trainer(net.collect_params(), "sgd", ONE))

    def test_one_parameter(self):
        net = net_on(layers=1)
        says(failing(gluon.Trainer, net[0].weight, "sgd"), "gluon.Trainer([parameter], 'sgd')")
        gluon.Trainer([net[0].weight], "sgd")

    def test_the_values_of_a_dictionary(self):
        net = net_on()
        values = net.collect_params().values()
        says(failing(gluon.Trainer, values, "sgd"), "gluon.Trainer(list(...), 'sgd')")
        learns(net, gluon.Trainer(list(values), "sgd", ONE))

    def test_layers(self):
        net = net_on()
        said = failing(gluon.Trainer, [net[0], net[1]], "sgd")
        says(said, "a list with a Dense in it", "params.update(net[1].collect_params())")
        params = net[0].collect_params()
        params.update(net[1].collect_params())
        learns(net, gluon.Trainer(params, "sgd", ONE))

    def test_arrays(self):
        net = net_on()
        net(X)
        said = failing(gluon.Trainer, [net[0].weight.data()], "sgd")
        says(said, "a list with a NDArray in it", "net.collect_params()")

    def test_parameters_on_different_devices(self):
        net = net_on(BOTH, layers=3)
        net[1].initialize(ctx=mx.cpu(1), force_reinit=True)
        failing(net, X)
        said = failing(gluon.Trainer, net.collect_params(), "sgd")
        says(said, "1.weight, 1.bias", "reset_ctx([mx.cpu(0), mx.cpu(1)])")
        net.collect_params().reset_ctx([mx.cpu(0), mx.cpu(1)])
        backward(net, BOTH)
        learns(net, gluon.Trainer(net.collect_params(), "sgd", ONE), BOTH)

    def test_values_stay_when_they_are_moved(self):
        net = net_on()
        net(X)
        before = net[0].weight.data().asnumpy()
        net[1].collect_params().reset_ctx(mx.cpu(1))
        said = failing(gluon.Trainer, net.collect_params(), "sgd")
        says(said, "1.weight, 1.bias", "reset_ctx(mx.cpu(0))")
        net.collect_params().reset_ctx(mx.cpu(0))
        assert (net[0].weight.data().asnumpy() == before).all()
        learns(net, gluon.Trainer(net.collect_params(), "sgd", ONE))

    def test_arguments_of_an_optimizer_that_is_made(self):
        net = net_on()
        said = failing(gluon.Trainer, net.collect_params(), mx.optimizer.SGD(), ONE)
        says(said, "mx.optimizer.SGD(learning_rate=0.5)", "gluon.Trainer(params, 'sgd'")
        trainer = gluon.Trainer(net.collect_params(), mx.optimizer.SGD(learning_rate=0.5))
        assert trainer.learning_rate == 0.5
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
        assert trainer.learning_rate == 0.5


class Rows(gluon.Block):
    """A weight of which rows are fetched, and a layer that waits for its shape."""

    def __init__(self):
        super().__init__()
        kind = {"stype": "row_sparse", "grad_stype": "row_sparse"}
        self.table = self.params.get("table", shape=(6, 3), **kind)
        self.out = nn.Dense(2)

    def forward(self, x):
        rows = self.table.row_sparse_data(x)
        return self.out(mx.nd.Embedding(x, rows, input_dim=6, output_dim=3, sparse_grad=True))


WORDS = mx.nd.array([1, 2], dtype="int64")


class TestStores:
    def test_a_sparse_weight_that_the_trainer_would_update(self, tmp_path):
        net = Rows()
        net.initialize()
        trainer = gluon.Trainer(net.collect_params(), "sgd", update_on_kvstore=False)
        says(failing(net, WORDS), "table", "without update_on_kvstore")
        net = Rows()
        net.initialize()
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        said = failing(trainer.save_states, str(tmp_path / "states"))
        says(said, "out.weight: deferred", "Run one batch")
        net(WORDS)
        trainer.save_states(str(tmp_path / "states"))
        assert (tmp_path / "states").stat().st_size
        with autograd.record():
            loss = net(WORDS).sum()
        loss.backward()
        says(failing(trainer.update, 2), "table is row_sparse", "trainer.step(batch_size)")
        trainer.step(2)

    @staticmethod
    def with_store(sparse=False, **given):
        net = nn.Sequential()
        net.add(nn.Embedding(5, 3, sparse_grad=sparse), nn.Dense(2, flatten=False))
        net.initialize(ctx=BOTH)
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE, **given)
        with autograd.record():
            losses = [net(mx.nd.array([1, 2], ctx=device)).sum() for device in BOTH]
        autograd.backward(losses)
        trainer.step(2)
        found = [net[0].weight.data(device).asnumpy() for device in BOTH]
        assert (found[0] == found[1]).all()

    def test_one_that_runs_no_optimizer(self):
        given = {"kvstore": "teststore", "update_on_kvstore": True}
        said = failing(lambda: self.with_store(**given))
        says(said, "a TestStore", "update_on_kvstore=False")
        self.with_store(kvstore="teststore", update_on_kvstore=False)
        said = failing(lambda: self.with_store(sparse=True, kvstore="teststore"))
        says(said, "0.weight", "kvstore='device'")
        self.with_store(sparse=True, kvstore="device")

    def test_none_on_one_device(self):
        net = net_on()
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE, update_on_kvstore=True)
        backward(net)
        says(failing(trainer.step, 2), "where there is no store", "without update_on_kvstore")
        learns(net, gluon.Trainer(net.collect_params(), "sgd", ONE))

    def test_one_for_two_trainers(self):
        store = mx.kv.create("device")
        first, second = net_on(BOTH), net_on(BOTH)
        learns(first, gluon.Trainer(first.collect_params(), "sgd", ONE, kvstore=store), BOTH)
        trainer = gluon.Trainer(second.collect_params(), "sgd", ONE, kvstore=store)
        backward(second, BOTH)
        says(failing(trainer.step, 2), "another Trainer has filled", "kvstore='device'")
        learns(second, gluon.Trainer(second.collect_params(), "sgd", ONE, kvstore="device"), BOTH)

    @pytest.mark.parametrize("name", ["update", "allreduce_grads"])
    def test_updates_by_the_store(self, name):
        net = net_on(BOTH)
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE)
        backward(net, BOTH)
        said = failing(lambda: getattr(trainer, name)(*([2] if name == "update" else [])))
        says(said, f"Trainer.{name}", "cpu(0), cpu(1)", "update_on_kvstore=False")
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE, update_on_kvstore=False)

        def step(batch_size):
            trainer.allreduce_grads()
            trainer.update(batch_size)

        learns(net, trainer, BOTH, step)


class TestSteps:
    def test_without_a_backward_pass(self):
        net = net_on()
        net(X)
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE)
        says(failing(trainer.step, 2), "trainer.step", "No parameter has a new gradient")
        learns(net, trainer)
        says(failing(trainer.step, 2), "trainer.step", "loss.backward()")

    def test_with_a_layer_that_forward_does_not_use(self):
        net = Unused(in_units=5)
        net.initialize()
        net(X)
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE)
        backward(net)
        before = net.used.weight.data().asnumpy()
        said = failing(trainer.step, 2)
        says(said, "spare.weight, spare.bias", "does not use it", "changed nothing")
        assert (net.used.weight.data().asnumpy() == before).all()
        backward(net)
        trainer.step(2, ignore_stale_grad=True)
        assert (net.used.weight.data().asnumpy() != before).all()
        assert (net.used.bias.data().asnumpy() != 0).all()

    def test_with_a_layer_from_which_the_loss_was_cut_off(self):
        net = net_on()
        net(X)
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE)
        with autograd.record():
            loss = net[1](net[0](X).detach()).sum()
        loss.backward()
        says(failing(trainer.step, 2), "0.weight, 0.bias", "detach")

    def test_on_one_of_two_devices(self):
        for given in ({}, {"update_on_kvstore": False}):
            net = net_on(BOTH)
            trainer = gluon.Trainer(net.collect_params(), "sgd", ONE, **given)
            backward(net)
            net(X.as_in_context(mx.cpu(1)))
            before = net[0].weight.data(mx.cpu(0)).asnumpy()
            said = failing(trainer.step, 2)
            changed = (net[0].weight.data(mx.cpu(0)).asnumpy() != before).any()
            words = "changed nothing" if given else "changed the parameters nevertheless"
            assert changed == (not given)
            says(said, "without a new gradient on cpu(1)", "Feed every device", words)
            learns(net, trainer, BOTH)


class TestBatchesAndGradients:
    def test_a_batch_that_is_split_unevenly(self):
        net = net_on(BOTH)
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE)
        x = mx.nd.ones((3, 5))
        said = failing(gluon.utils.split_and_load, x, BOTH)
        says(said, "of 3, and split into 2", "split_and_load(x, ctx_list, even_split=False)",
             "trainer.step(3)")  # fmt: skip
        parts = gluon.utils.split_and_load(x, BOTH, even_split=False)
        assert sorted(part.shape[0] for part in parts) == [1, 2]
        with autograd.record():
            losses = [net(part).sum() for part in parts]
        autograd.backward(losses)
        trainer.step(3)
        says(failing(gluon.utils.split_data, x, 2), "split_data(x, 2, even_split=False)")
        assert len(gluon.utils.split_data(x, 2, even_split=False)) == 2

    def test_a_batch_of_fewer_rows_than_devices(self):
        data = gluon.data.ArrayDataset(np.arange(5))
        loader = gluon.data.DataLoader(data, 2)
        said = failing(lambda: [gluon.utils.split_and_load(x, BOTH) for x in loader])
        says(said, "of 1, and split into 2", "last_batch='rollover'")
        loader = gluon.data.DataLoader(data, 2, last_batch="rollover")
        epochs = [[gluon.utils.split_and_load(x, BOTH) for x in loader] for _ in range(2)]
        assert [len(epoch) for epoch in epochs] == [2, 3]
        says(failing(gluon.utils.split_data, mx.nd.ones((1, 5)), 2), "last_batch='rollover'")

    def test_nothing_to_clip(self):
        says(failing(gluon.utils.clip_global_norm, [], 1.0), "p.grad_req != 'null'")
        net = net_on()
        backward(net, scale=100)
        grads = [p.grad() for p in net.collect_params().values() if p.grad_req != "null"]
        gluon.utils.clip_global_norm(grads, 1.0)
        assert sum(float((g**2).sum().asscalar()) for g in grads) == pytest.approx(1, rel=1e-3)

        def clip():
            frozen = net_on()
            frozen.collect_params().setattr("grad_req", "null")
            held = frozen.collect_params().values()
            gluon.utils.clip_global_norm([p.grad() for p in held if p.grad_req != "null"], 1.0)

        says(failing(clip), "frozen", "setattr('grad_req', 'write')")
        net.collect_params().setattr("grad_req", "null")
        net.collect_params().setattr("grad_req", "write")
        learns(net, gluon.Trainer(net.collect_params(), "sgd", ONE))

    def test_gradients_that_are_not_finite(self):
        net = net_on()
        trainer = gluon.Trainer(net.collect_params(), "sgd", ONE)
        backward(net, scale=float("inf"))
        grads = [p.grad() for p in net.collect_params().values()]
        said = warned(gluon.utils.clip_global_norm, grads, 1.0, part="nan or inf")
        says(said, "inf or nan", "if np.isfinite(gluon.utils.clip_global_norm(grads, max_norm))")
        for scale in (float("inf"), 1):
            backward(net, scale=scale)
            with pytest.warns() if scale != 1 else pytest.MonkeyPatch.context():
                finite = np.isfinite(gluon.utils.clip_global_norm(grads, 1.0))
            assert finite == (scale == 1)
            if finite:
                trainer.step(2)
        assert all(np.isfinite(p.data().asnumpy()).all() for p in net.collect_params().values())

    def test_a_negative_size(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(3, in_units=-1))
        says(failing(net.initialize), "0.weight", "(3, -1)", "without in_units")
        net = net_on(layers=1)
        assert net(X).shape == (2, 3)

        class Own(gluon.HybridBlock):
            def __init__(self, shape, **given):
                super().__init__()
                self.w = self.params.get("w", shape=shape, **given)

            def hybrid_forward(self, F, x, w):
                return F.FullyConnected(x, w, no_bias=True, num_hidden=3)

        says(failing(Own((3, -1)).initialize), "w", "shape=(3, 0), allow_deferred_init=True")
        net = Own((3, 0), allow_deferred_init=True)
        net.initialize()
        assert net(X).shape == (2, 3)


class Mixed(gluon.HybridBlock):
    """A block whose outputs are made of its input by functions."""

    def __init__(self, *functions):
        super().__init__()
        self.functions = functions

    def hybrid_forward(self, F, x):
        found = [function(x) for function in self.functions]
        return found if len(found) > 1 else found[0]


def classic(x):
    return x.as_nd_ndarray()


def numpys(x):
    return x.as_np_ndarray()


class TestTwoKindsOfArrays:
    def test_together(self):
        net = Mixed(classic, numpys)
        net.hybridize()
        says(failing(net, X), "Mixed", "return out.as_nd_ndarray()")
        net = Mixed(classic, lambda x: numpys(x).as_nd_ndarray())
        net.hybridize()
        assert len(net(X)) == 2

    def test_classic_ones_in_numpy_mode(self, numpy_mode):
        x = mx.np.ones((2, 5))
        for hybrid in (False, True):
            net = nn.HybridSequential()
            net.add(Mixed(classic))
            if hybrid:
                net.hybridize()
            says(failing(net, x), "Block '0' (Mixed)", "return out.as_np_ndarray()")
            net = nn.HybridSequential()
            net.add(Mixed(lambda x: classic(x).as_np_ndarray()))
            if hybrid:
                net.hybridize()
            assert net(x).shape == (2, 5)
