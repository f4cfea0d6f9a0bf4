"""What is said of a Trainer: all that it will not train, and why."""

import gluon_init as gi

import mxnet as mx
import pytest
from explained import X, says, two_layers
from mxnet import autograd, gluon
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")
SGD = ("sgd", {"learning_rate": 0.1})


def ready(**given):
    net = two_layers(hybrid=True)
    gi.force_init(net, X, **given)
    return net


def trainer_of(*nets):
    parameters = gluon.ParameterDict()
    for net in nets:
        parameters.update(net.collect_params())
    return gluon.Trainer(parameters, *SGD)


def step(net, trainer, loss=lambda output: output):
    before = {p.name: p.data().asnumpy() for p in net.collect_params().values()}
    with autograd.record():
        total = loss(net(X)).sum()
    total.backward()
    trainer.step(2)
    return {
        path for path, p in net._collect_params_with_prefix().items()
        if (before[p.name] != p.data().asnumpy()).any()
    }  # fmt: skip


def test_all_is_well():
    net = ready(seed=1)
    said = gi.explain(trainer_of(net))
    says(said, "The Trainer: it trains 4 parameters, as many as HybridSequential has.")
    assert len(said.rows) == 1


def test_what_has_no_values():
    net = two_layers()
    net.initialize()
    says(gi.explain(trainer_of(net)), "0.weight, 1.weight: deferred", "trainer.step(...) fails")
    trainer = trainer_of(net)
    gi.force_init(net, X)
    assert "fails" not in str(gi.explain(trainer))
    assert step(net, trainer)


def test_what_is_frozen_or_has_no_rate():
    net = ready(seed=1)
    gi.freeze(net, "0.weight")
    net[1].bias.lr_mult = 0
    trainer = trainer_of(net)
    says(gi.explain(trainer), "0.weight: frozen", "1.bias: never changed", "lr_mult = 1.0")
    assert not step(net, trainer) & {"0.weight", "1.bias"}
    gi.unfreeze(net, "0.weight")
    net[1].bias.lr_mult = 1.0
    assert step(net, trainer) >= {"0.weight", "1.bias"}
    assert len(gi.explain(trainer).rows) == 1


def test_no_rate_at_all():
    net = ready(seed=1)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0})
    says(gi.explain(trainer), "with a learning rate of 0", "set_learning_rate")
    assert not step(net, trainer)
    trainer.set_learning_rate(0.1)
    assert step(net, trainer)


def test_what_came_into_the_net_later():
    net = ready(seed=1)
    trainer = trainer_of(net)
    net.add(nn.Dense(3))
    net[2].initialize()
    net(X)
    says(gi.explain(trainer), "2.weight, 2.bias: in the net, and held by no Trainer")
    says(gi.explain(net), "2.weight, 2.bias: in the net, and held by no Trainer")
    assert not step(net, trainer) & {"2.weight", "2.bias"}
    trainer = gluon.Trainer(net.collect_params(), *SGD)
    assert "2.bias" in step(net, trainer)
    assert len(gi.explain(trainer).rows) == 1


def test_what_is_no_more_in_the_net():
    net = nn.HybridSequential()
    net.add(nn.Dense(5, in_units=5), nn.Dense(5, in_units=5))
    gi.force_init(net, seed=1)
    trainer = trainer_of(net)
    with pytest.warns(UserWarning, match="Make a new one"):
        gi.tie(net, "1.weight", "0.weight")
    says(gi.explain(trainer), "dense1_weight: held by the Trainer, and in no net any more")
    assert len(gi.explain(gluon.Trainer(net.collect_params(), *SGD)).rows) == 1


class Scaled(gluon.loss.Loss):
    """A loss with a parameter of its own."""

    def __init__(self):
        super().__init__(1.0, 0)
        with self.name_scope():
            self.scale = self.params.get("scale", shape=(1,), init=mx.init.One())

    def hybrid_forward(self, F, output, scale):
        return F.broadcast_mul(output, scale)


def test_a_loss_whose_parameters_nobody_holds():
    net, loss = ready(seed=1), Scaled()
    loss.initialize()
    trainer = trainer_of(net)
    says(gi.explain(loss), "scale: in the net, and held by no Trainer", "loss.collect_params()")
    step(net, trainer, loss)
    assert loss.scale.data().asscalar() == 1
    parameters = net.collect_params()
    parameters.update(loss.collect_params())
    step(net, gluon.Trainer(parameters, *SGD), loss)
    assert loss.scale.data().asscalar() != 1
    assert "no Trainer" not in str(gi.explain(loss))


def test_copies_that_differ():
    net = ready(seed=1, device=[mx.cpu(0), mx.cpu(1)])
    trainer = trainer_of(net)
    assert len(gi.explain(trainer).rows) == 1
    net[0].weight.list_data()[1][:] = 0
    says(gi.explain(trainer), "0.weight: different on its devices", "set_data")
    net[0].weight.set_data(net[0].weight.list_data()[0])
    assert len(gi.explain(trainer).rows) == 1


def test_two_nets_are_told_apart():
    one, other = ready(seed=1), nn.Dense(2)
    gi.force_init(other, X)
    gi.freeze(other, "bias")
    says(gi.explain(trainer_of(one, other)), "Dense bias: frozen")
