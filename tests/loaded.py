"""What the tests of loading files share."""

import re

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import X
from mxnet import gluon
from mxnet.gluon import nn

MARKS = [
    pytest.mark.usefixtures("named_alike", "here"),
    # MXNet warns of what was loaded when the rest is initialized, and of types in imports().
    pytest.mark.filterwarnings("ignore:(Parameter|Cannot decide type)"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Files have short names, which are alike in each run."""
    monkeypatch.chdir(tmp_path)


class Net(gluon.HybridBlock):
    """Two parts; Gluon's names in it have its prefix."""

    def __init__(self, classes=2, **given):
        super().__init__(**given)
        with self.name_scope():
            self.features = nn.HybridSequential()
            with self.features.name_scope():
                self.features.add(nn.Dense(4, activation="relu"), nn.BatchNorm(), nn.Dense(3))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F, x):
        return self.output(self.features(x))


def trained(net=None):
    """A net with values in all of its parameters, none of which is constant."""
    net = net or Net()
    net.initialize(mx.init.Normal(1))
    net(X)
    for parameter in net.collect_params().values():
        parameter.set_data(mx.nd.random.uniform(0.5, 1.5, parameter.shape))
    return net


def exported(net):
    net.hybridize()
    net(X)
    net.export("net")
    return net


def done(said, net=None, begin=""):
    """Runs the code of the next step, from where it begins to the end of its sentence."""
    step = " ".join(said.rows[0].next.split())
    code = re.match(r"(.*?\))(\.( |$)|; net takes| loads)", step[step.index(begin) :])[1]
    names = {"mx": mx, "gluon": gluon, "gi": gi, "net": net}
    exec(code, names)
    return names["net"]


def same(a, b):
    assert np.array_equal(a(X).asnumpy(), b(X).asnumpy())
