"""What infer_shapes says, word for word: the file is tests/said/shapes.txt."""

import gluon_init as gi

import mxnet as mx
import said
from mxnet import gluon
from mxnet.gluon import nn, rnn
from pictured import pictured


def net_of(*layers):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(*layers)
    return net


class Product(gluon.HybridBlock):
    """A weight of its own, in an operator that tells its shape or not; two inputs if asked for."""

    def __init__(self, operator, shape=(3, 0), inputs=1):
        super().__init__()
        self.operator, self.inputs = operator, inputs
        with self.name_scope():
            self.w = self.params.get("w", shape=shape, allow_deferred_init=True)

    def hybrid_forward(self, F, x, *others, w):
        y = others[0] if self.inputs == 2 else x
        if self.operator == "dot":
            return F.dot(y, w, transpose_b=True)
        if self.operator == "multiply":
            return F.broadcast_mul(y, w)
        return F.FullyConnected(y, w, no_bias=True, num_hidden=3)


class Infers(gluon.HybridBlock):
    """Tells its shape itself, in an infer_shape of its own."""

    def __init__(self, right=True):
        super().__init__()
        self.right = right
        with self.name_scope():
            self.w = self.params.get("w", shape=(0,), allow_deferred_init=True)

    def infer_shape(self, x):
        self.w.shape = (x.shape[-1] if self.right else 3,)

    def hybrid_forward(self, F, x, w):
        return F.broadcast_mul(x, F.reshape(w, (1, -1)))


class Steps(gluon.HybridBlock):
    """A recurrent cell over a few steps."""

    def __init__(self, cell):
        super().__init__()
        with self.name_scope():
            self.cell = cell

    def hybrid_forward(self, F, x):
        return self.cell.unroll(3, x, layout="NTC", merge_outputs=True)[0]


class Branches(gluon.HybridBlock):
    """Adds what two layers make of one input."""

    def __init__(self, one, other):
        super().__init__()
        with self.name_scope():
            self.one, self.other = one, other

    def hybrid_forward(self, F, x):
        return self.one(x) + self.other(x)


def shared(second):
    first = nn.Dense(4)
    return net_of(first, second(first))


FITTING = {
    "a weight of its own": (lambda: Product("connected"), (2, 5)),
    "a weight and a vector": (lambda: net_of(nn.Dense(4)), (6,)),
    "a weight for numbers of one vector": (lambda: Product("multiply", (1, 0)), (2, 5)),
    "a square input": (lambda: Product("multiply", (0, 0)), (5, 5)),
    "shapes known on one side": (lambda: Product("multiply", (0, 5)), (2, 5)),
    "a cell": (lambda: Steps(rnn.LSTMCell(4)), (2, 3, 5)),
    "a cell that is bidirectional": (
        lambda: Steps(rnn.BidirectionalCell(rnn.GRUCell(4), rnn.RNNCell(3))),
        (2, 3, 5),
    ),
    "branches": (lambda: Branches(nn.Dense(4), nn.Dense(4)), (2, 5)),
    "branches that end in one": (
        lambda: net_of(Branches(nn.Dense(4), nn.Dense(1)), nn.Dense(3)),
        (2, 5),
    ),
    "three dimensions": (lambda: net_of(nn.Conv3D(4, 2), nn.GlobalMaxPool3D()), (1, 2, 5, 5, 5)),
    "a transposed one of one dimension": (
        lambda: net_of(nn.Conv1DTranspose(4, 2, layout="NCW")),
        (1, 2, 5),
    ),
    "a group norm": (lambda: net_of(nn.GroupNorm(2), nn.LeakyReLU(0.1), nn.Swish()), (2, 4, 5)),
    "a layer twice": (lambda: shared(lambda first: nn.Dense(5)), (2, 5)),
    "a recurrent layer, time last": (
        lambda: net_of(rnn.GRU(3, layout="NTC"), rnn.RNN(2)),
        (2, 4, 5),
    ),
    "a long name": (
        lambda: net_of(*(net_of(net_of(nn.Dense(4, activation="tanh"))) for _ in range(3))),
        (2, 5),
    ),
    "many layers": (lambda: net_of(*(nn.Dense(4) for _ in range(30))), (2, 5)),
    "dense": (lambda: net_of(nn.Dense(4), nn.Dense(3, use_bias=False)), (2, 5)),
    "dense that keeps axes": (lambda: net_of(nn.Dense(4, flatten=False)), (2, 5, 6)),
    "dense that flattens": (lambda: net_of(nn.Dense(4)), (2, 5, 6)),
    "convolution": (lambda: net_of(nn.Conv2D(8, 3), nn.MaxPool2D(), nn.Dense(2)), (1, 3, 9, 9)),
    "groups": (lambda: net_of(nn.Conv2D(8, 3, groups=2)), (1, 4, 9, 9)),
    "layout": (lambda: net_of(nn.Conv2D(8, 3, layout="NHWC")), (1, 9, 9, 3)),
    "transposed": (lambda: net_of(nn.Conv2DTranspose(8, 3)), (1, 4, 9, 9)),
    "one dimension": (lambda: net_of(nn.Conv1D(8, 3), nn.GlobalAvgPool1D()), (1, 4, 9)),
    "norms": (lambda: net_of(nn.BatchNorm(), nn.LayerNorm(), nn.InstanceNorm()), (2, 5, 4)),
    "norm of another axis": (lambda: net_of(nn.BatchNorm(axis=-1)), (2, 5, 4)),
    "recurrent": (lambda: net_of(rnn.LSTM(3, 2, bidirectional=True), nn.Dense(2)), (4, 2, 5)),
    "embedding": (lambda: net_of(nn.Embedding(10, 3), nn.Dense(2)), (2, 5)),
    "sizes given": (lambda: net_of(nn.Dense(4, in_units=5), nn.Dense(3)), (2, 5)),
    "nested": (lambda: net_of(net_of(nn.Dense(4), nn.Activation("relu")), nn.Dropout(0.5)), (2, 5)),
    "prelu": (lambda: net_of(nn.PReLU(), nn.HybridLambda("relu")), (2, 5)),
    "nothing": (lambda: net_of(), (2, 5)),
}
MISFITS = {
    "an operator that tells nothing": (lambda: Product("dot"), (2, 5)),
    "an operator that tells nothing, inside": (lambda: net_of(nn.Dense(4), Product("dot")), (2, 5)),
    "an infer_shape of its own": (Infers, (2, 5)),
    "an infer_shape of its own, inside": (lambda: net_of(nn.Dense(4), Infers()), (2, 5)),
    "no batch axis": (lambda: net_of(nn.Conv2D(8, 3)), (3, 9, 9)),
    "no batch axis, three dimensions": (lambda: net_of(nn.Conv3D(8, 3)), (3, 9, 9, 9)),
    "too many axes": (lambda: net_of(nn.Conv1D(8, 3)), (1, 3, 9, 9)),
    "groups that do not divide": (lambda: net_of(nn.Conv2D(6, 3, groups=3)), (1, 4, 9, 9)),
    "a kernel too wide, dilated": (lambda: net_of(nn.Conv1D(8, 3, dilation=9)), (1, 3, 9)),
    "pooling too large": (lambda: net_of(nn.MaxPool2D(20)), (1, 3, 9, 9)),
    "branches that do not fit": (lambda: Branches(nn.Dense(4), nn.Dense(3)), (2, 5)),
    "branches that do not fit, inside": (
        lambda: net_of(nn.Dense(4), Branches(nn.Dense(4), nn.Dense(3))),
        (2, 5),
    ),
    "a layer for two widths": (lambda: shared(lambda first: first), (2, 5)),
    "a tied layer for two widths": (
        lambda: shared(lambda first: nn.Dense(4, params=first.params)),
        (2, 5),
    ),
    "a norm for two widths": (
        lambda: (lambda norm: net_of(nn.Dense(4), norm, nn.Dense(3), norm))(nn.BatchNorm()),
        (2, 5),
    ),
    "a weight of its own that is known": (lambda: Product("connected", (3, 4)), (2, 5)),
    "a recurrent layer of another width": (lambda: net_of(rnn.LSTM(3, input_size=4)), (4, 2, 5)),
    "an instance norm of one axis": (lambda: net_of(nn.InstanceNorm()), (5,)),
    "an embedding of floats": (lambda: net_of(nn.Embedding(3, 2), nn.Dense(2, in_units=3)), (2, 5)),
    "too narrow": (lambda: net_of(nn.Dense(4, in_units=6), nn.Dense(3)), (2, 5)),
    "too few axes": (lambda: net_of(nn.Conv2D(8, 3)), (2, 5)),
    "kernel too large": (lambda: net_of(nn.Conv2D(8, 30)), (1, 3, 9, 9)),
    "channels that differ": (lambda: net_of(nn.Conv2D(8, 3, in_channels=5)), (1, 4, 9, 9)),
    "norm that differs": (lambda: net_of(nn.BatchNorm(in_channels=6)), (2, 5, 4)),
    "second layer too narrow": (lambda: net_of(nn.Dense(4), nn.Dense(3, in_units=9)), (2, 5)),
    "no axis": (lambda: net_of(nn.Dense(4)), ()),
    "unknown size": (lambda: net_of(nn.Dense(4)), (0, 5)),
    "negative size": (lambda: net_of(nn.Dense(4)), (-1, 5)),
    "a text": (lambda: net_of(nn.Dense(4)), "2, 5"),
}


def ready(make, shape):
    """The same net after its first forward pass."""
    net = make()
    net.initialize()
    net(mx.nd.ones(shape))
    return gi.infer_shapes(net, shape)


def after_another(make):
    """The flow of inputs of another width through a net that has had its first pass."""
    net = make()
    net.initialize()
    net(mx.nd.ones((2, 6 if isinstance(net[0], nn.Dense) and net[0].weight.shape[1] == 6 else 5)))
    return gi.infer_shapes(net, (2, 7))


def flow(make, shape):
    """The flow through a new net."""
    return gi.infer_shapes(make(), shape)


def scenes():
    """Each net, its picture, some after their first pass, and what is no net."""
    for name, given in {**FITTING, **MISFITS}.items():
        yield name, lambda given=given: flow(*given)
    for name, given in FITTING.items():
        yield f"{name}, its picture", lambda given=given: pictured(flow(*given).plot())
    for name in ("dense", "convolution", "norms", "nested"):
        yield f"{name}, ready", lambda given=FITTING[name]: ready(*given)
    for name in ("an infer_shape of its own", "an infer_shape of its own, inside", "too narrow"):
        make, shape = MISFITS[name]
        yield f"{name}, by a run", lambda m=make, s=shape: gi.infer_shapes(m(), s, run=True)
    yield "dense, by a run", lambda: gi.infer_shapes(net_of(nn.Dense(4)), (2, 5), run=True)
    yield "a run that is a number", lambda: gi.infer_shapes(net_of(nn.Dense(4)), (2, 5), run=1)
    for name in ("dense", "second layer too narrow", "too narrow"):
        make, shape = {**FITTING, **MISFITS}[name]
        yield f"{name}, after another width", lambda m=make: after_another(m)
    yield "two inputs", lambda: gi.infer_shapes(Product("connected", inputs=2), (2, 5), (2, 7))
    yield "two inputs, one given", lambda: gi.infer_shapes(Product("connected", inputs=2), (2, 5))
    yield "parameters", lambda: dict(gi.infer_shapes(net_of(nn.Dense(4)), (2, 5)).parameters)
    yield "no net", lambda: gi.infer_shapes(3, (2, 5))
    yield "a class", lambda: gi.infer_shapes(nn.Dense, (2, 5))
    yield "no input", lambda: gi.infer_shapes(net_of(nn.Dense(4)))


def test_what_is_said_of_shapes():
    said.check("shapes", dict(scenes()))
