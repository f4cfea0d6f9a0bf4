"""Names of other frameworks, of other modules, nearly right, and values that do not fit."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("named_alike")
X = nd.ones((2, 3))


def net_of(*layers):
    net = nn.HybridSequential()
    net.add(*layers or (nn.Dense(4), nn.Dense(2)))
    net.initialize()
    net(X)
    return net


# What was written, what is said, and what stands in its place; all as code.
NAMES = {
    "nn.Linear(3, 2)": ("nn.Dense(units)", "nn.Dense(2)"),
    "nn.ReLU()": ("nn.Activation('relu')", "nn.Activation('relu')"),
    "nn.Softmax()": ("mx.nd.softmax(x)", "mx.nd.softmax(X)"),
    "nn.ModuleList()": ("nn.Sequential()", "nn.Sequential()"),
    "nn.Conv2d(3, 3)": ("nn.Conv2D, if that is meant", "nn.Conv2D(3, 3)"),
    "nn.LSTM(3)": ("rnn.LSTM", "rnn.LSTM(3)"),
    "gluon.Dense(3)": ("nn.Dense", "nn.Dense(3)"),
    "gluon.loss.CrossEntropyLoss()": (
        "gluon.loss.SoftmaxCrossEntropyLoss()", "gluon.loss.SoftmaxCrossEntropyLoss()"),
    "gluon.loss.MSELoss()": ("gluon.loss.L2Loss()", "gluon.loss.L2Loss()"),
    "mx.init.Kaiming()": ("mx.init.MSRAPrelu('in', slope=0)", "mx.init.MSRAPrelu('in', slope=0)"),
    "mx.init.Gaussian(0.1)": ("mx.init.Normal(sigma)", "mx.init.Normal(0.1)"),
    "mx.init.zeros()": ("mx.init.Zero()", "mx.init.Zero()"),
    "nn.init.xavier_uniform_(X)": ("net.initialize(mx.init.Xavier())",
                                   "nn.Dense(2).initialize(mx.init.Xavier())"),
    "gluon.optim.SGD": ("gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})",
                        "gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})"),
    "mx.tensor([1])": ("mx.nd.array(values)", "mx.nd.array([1])"),
    "autograd.no_grad()": ("autograd.pause()", "autograd.pause()"),
    "mx.no_grad()": ("autograd.pause()", "autograd.pause()"),
    "net.parameters()": ("net.collect_params().values()", "net.collect_params().values()"),
    "net.state_dict()": ("net.save_parameters(file)", "net.save_parameters('file')"),
    "net.get_weights()": ("{name: p.data() for name, p in net.collect_params().items()}",
                          "{name: p.data() for name, p in net.collect_params().items()}"),
    "net.eval()": ("outside of autograd.record() a net predicts", "net(X)"),
    "net.train()": ("with autograd.record(): ...", "autograd.record()"),
    "net.to(mx.cpu())": ("net.collect_params().reset_ctx(device)",
                         "net.collect_params().reset_ctx(mx.cpu())"),
    "net.build((2, 3))": ("gi.force_init(net, shape of a batch)",
                          "gi.force_init(nn.Dense(2), (2, 3))"),
    "net.init()": ("net.initialize()", "nn.Dense(2).initialize()"),
    "net.weight": ("net[0].weight for the first", "net[0].weight"),
    "net[0].in_units": ("net.weight.shape[1]", "net[0].weight.shape[1]"),
    "net.hybridise()": ("hybridize, if that is meant", "net.hybridize()"),
    "trainer.zero_grad()": ("each backward() replaces the gradient",
                            "net.collect_params().zero_grad()"),
    "trainer.lr": ("trainer.learning_rate", "trainer.learning_rate"),
    "X.sum().item()": ("x.asscalar()", "X.sum().asscalar()"),
    "X.view(3, 2)": ("x.reshape(shape)", "X.reshape((3, 2))"),
    "X.unsqueeze(0)": ("x.expand_dims(axis)", "X.expand_dims(0)"),
}  # fmt: skip


@pytest.mark.parametrize("written", NAMES)
def test_names(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = net_of()
    known = {
        "net": net, "trainer": gluon.Trainer(net.collect_params(), "sgd"), "gi": gi, "mx": mx,
        "nn": nn, "rnn": rnn, "gluon": gluon, "autograd": autograd, "X": X,
    }  # fmt: skip
    said, right = NAMES[written]
    says(failing(eval, written, known), "a name that it does not have", said)
    eval(right, known)


def test_what_nobody_can_mean_is_left_to_python():
    with pytest.raises(AttributeError) as error:
        nn.Dense(2).qwertz  # noqa: B018
    assert not gi.explain(error.value).known


def bias_of(layer):
    return layer.bias.data()


def test_a_layer_without_a_bias():
    layer = nn.Dense(2, in_units=3, use_bias=False)
    layer.initialize()
    says(failing(bias_of, layer), "layer.bias: None", "use_bias=False")
    layer = nn.Dense(2, in_units=3)
    layer.initialize()
    assert bias_of(layer).shape == (2,)


def copied(one, other, values):
    for mine, name in zip(values(one), values(other), strict=True):
        name.set_data(mine.data())


def test_a_dictionary_is_gone_through_by_names():
    one, other = net_of(), net_of()
    says(failing(copied, one.collect_params().values(), other.collect_params(), list),
         "by its names", "net.collect_params().values()")  # fmt: skip
    copied(one.collect_params().values(), other.collect_params().values(), list)
    assert (one[0].weight.data() == other[0].weight.data()).asnumpy().all()


class TestValues:
    def layer(self):
        layer = nn.Dense(2, in_units=3)
        layer.initialize()
        return layer

    def written(self, values):
        self.layer().weight.data()[:] = values

    def test_of_another_shape(self):
        says(failing(self.written, nd.ones((3, 2))), "of shape (2, 3)", "values.T")
        self.written(nd.ones((3, 2)).T)
        says(failing(self.written, np.ones((6,))), "values.reshape((2, 3))")
        self.written(np.ones((6,)).reshape((2, 3)))
        says(failing(self.written, np.ones((5,))), "values of the shape (2, 3)")

    def test_a_parameter(self):
        layer, other = self.layer(), self.layer()
        says(failing(layer.weight.set_data, other.weight), "set_data(other.data())")
        layer.weight.set_data(other.weight.data())

    def test_a_text_for_a_factor(self):
        def step(factor):
            net = net_of()
            net.collect_params().setattr("wd_mult", factor)
            trainer = gluon.Trainer(net.collect_params(), "sgd")
            with autograd.record():
                loss = net(X).sum()
            loss.backward()
            trainer.step(2)

        says(failing(step, "0"), "the text '0'", ".setattr('wd_mult', 0)")
        step(0)
