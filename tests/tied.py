"""What the tests of tying share."""

import gluon_init as gi

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

VOCABULARY, WIDTH = 30, 8


class Model(gluon.Block):
    """A language model whose decoder may share the embedding's weight."""

    def __init__(self, tied):
        super().__init__()
        with self.name_scope():
            self.encoder = nn.Embedding(VOCABULARY, WIDTH)
            self.rnn = gluon.rnn.LSTM(WIDTH)
            shared = {"params": self.encoder.params} if tied else {}
            self.decoder = nn.Dense(VOCABULARY, flatten=False, **shared)

    def forward(self, x):
        return self.decoder(self.rnn(self.encoder(x)))


X = mx.nd.array(np.arange(12).reshape(6, 2))


Y = mx.nd.array(np.arange(12).reshape(6, 2) + 1)


LOSS = gluon.loss.SoftmaxCrossEntropyLoss()


GROUP = ("encoder.weight", "decoder.weight")


class Two(gluon.HybridBlock):
    """Two parameters under two attributes of one block."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.w = self.params.get("w", shape=(3, 3))
            self.v = self.params.get("v", shape=(3, 3))

    def hybrid_forward(self, F, x, w, v):
        return F.dot(F.dot(x, w) ** 2, v)


def stack(layers=2, in_units=4):
    net = nn.HybridSequential()
    for _ in range(layers):
        net.add(nn.Dense(4, in_units=in_units))
    return net


def made(tied):
    net = Model(tied)
    gi.force_init(net, X, init=mx.init.Normal(0.3), seed=3)
    return net


def backward(net):
    with autograd.record():
        loss = LOSS(net(X), Y)
    loss.backward()
