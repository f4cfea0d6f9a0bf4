"""Symbols in hybrid_forward, NumPy mode, devices and steps: made, explained, mended as told."""

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")
X = nd.ones((2, 3))


def ready(net=None, x=X):
    net = nn.Dense(2) if net is None else net
    net.initialize()
    net(x)
    return net


class Layered(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.layer = nn.Dense(2)


class Printing(Layered):
    def hybrid_forward(self, F, x):
        print(x.asnumpy().sum())
        return self.layer(x)


class Deciding(Layered):
    def hybrid_forward(self, F, x):
        return self.layer(x * 2 if x.sum() > 0 else x)


class Choosing(Layered):
    def hybrid_forward(self, F, x):
        return self.layer(F.where(x > 0, x * 2, x))


class OfArrays(Layered):
    def hybrid_forward(self, F, x):
        return self.layer(nd.relu(x))


class OfBoth(Layered):
    def hybrid_forward(self, F, x):
        return self.layer(F.relu(x))


class TestHybridForward:
    def test_values(self, capsys):
        net = Printing()
        net.initialize()
        net.hybridize()
        says(failing(net, X), "calls asnumpy() of an array", "class Printing(gluon.Block)")

    def test_a_decision(self):
        net = Deciding()
        net.initialize()
        net.hybridize()
        says(failing(net, X), "decides by the values", "F.where(condition, a, b)")
        net = Choosing()
        net.initialize()
        net.hybridize()
        assert net(X).shape == (2, 2)

    def test_an_operator_of_arrays(self):
        net = OfArrays()
        net.initialize()
        net.hybridize()
        says(failing(net, X), "calls mx.nd.relu", "F.relu")
        net = OfBoth()
        net.initialize()
        net.hybridize()
        net(X)


class TestNumpyMode:
    def test_a_net_that_is_older(self, numpy_mode_later):
        net = nn.HybridSequential()
        net.add(nn.Dense(2))
        net.initialize()
        numpy_mode_later()
        says(failing(net, mx.np.ones((2, 3))), "made before mx.npx.set_np()")
        net = nn.HybridSequential()
        net.add(nn.Dense(2))
        net.initialize()
        assert net(mx.np.ones((2, 3))).shape == (2, 2)

    def test_a_label_of_the_other_kind(self, numpy_mode_later):
        numpy_mode_later()
        net = nn.Dense(2)
        net.initialize()
        pred, label = net(mx.np.ones((2, 3))), nd.ones((2, 2))
        says(failing(gluon.loss.L2Loss(), pred, label), "one of mx.np", "label.as_np_ndarray()")
        gluon.loss.L2Loss()(pred, label.as_np_ndarray())


@pytest.fixture
def numpy_mode_later():
    """A function that switches it on, until the test's end."""
    yield mx.npx.set_np
    mx.npx.reset_np()


class TestTrainers:
    def step(self, net, trainer, device):
        with autograd.record():
            loss = net(X.as_in_context(device)).sum()
        loss.backward()
        trainer.step(2)

    def test_moved_since(self):
        net = ready()
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        net.collect_params().reset_ctx(mx.cpu(1))
        says(failing(self.step, net, trainer, mx.cpu(1)), "They have been moved since",
             "Make the Trainer anew")  # fmt: skip
        self.step(net, gluon.Trainer(net.collect_params(), "sgd"), mx.cpu(1))

    def test_a_batch_of_nothing(self):
        net = ready()
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        says(failing(trainer.step, 0), "given a batch size of 0", "trainer.step(x.shape[0])")
        self.step(net, trainer, mx.cpu())

    def test_the_rate_of_a_scheduler(self):
        parameters = ready().collect_params()
        scheduler = mx.lr_scheduler.FactorScheduler(10)
        trainer = gluon.Trainer(parameters, "sgd", {"lr_scheduler": scheduler})
        says(failing(trainer.set_learning_rate, 0.1), "a scheduler sets the learning rate",
             "without lr_scheduler")  # fmt: skip
        trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.1})
        trainer.set_learning_rate(0.2)
        assert np.isclose(trainer.learning_rate, 0.2)

    @pytest.mark.parametrize(("wrong", "right"), [("*weight", ".*weight"), ("a[", "a\\[")])
    def test_a_pattern_that_is_none(self, wrong, right):
        net = ready()
        says(failing(net.collect_params, wrong), f"The pattern {wrong!r}", repr(right))
        net.collect_params(right)


def test_the_gradient_of_indices():
    net = nn.Embedding(10, 4)
    net.initialize()
    x = nd.ones((2, 5))
    x.attach_grad()
    with autograd.record():
        loss = net(x).sum()

    def computed():
        loss.backward()
        nd.waitall()

    says(failing(computed), "The indices of an Embedding", "without attach_grad()")
    with autograd.record():
        loss = net(nd.ones((2, 5))).sum()
    loss.backward()
    assert net.weight.grad().asnumpy().any()
