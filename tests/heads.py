"""What the tests of auxiliary share."""

import gluon_init as gi

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn

X = mx.nd.random.uniform(shape=(4, 6))


LABEL = mx.nd.array([0, 1, 2, 0])


SOFTMAX = gluon.loss.SoftmaxCrossEntropyLoss()


def stages():
    return {name: nn.Dense(8, activation="relu") for name in ("low", "middle", "high")}


def small(auxiliary=("low", "high")):
    return gi.AuxiliaryNet(stages(), nn.Dense(3), {name: nn.Dense(3) for name in auxiliary})


def made(auxiliary=("low", "high"), hybridize=False):
    net = small(auxiliary)
    gi.force_init(net, X, init=mx.init.Normal(0.5), seed=3)
    if hybridize:
        net.hybridize()
    return net


def train(net, x=X):
    with autograd.record():
        return net(x)
