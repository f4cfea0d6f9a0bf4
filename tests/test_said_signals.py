"""What signal_report says, word for word: the file is tests/said/signals.txt.

All numbers are quarters and halves, so that no sum is rounded, whatever its order.
"""

import gluon_init as gi

import mxnet as mx
import numpy as np
import said
from mxnet import gluon
from mxnet.gluon import nn
from nets import Opaque
from pictured import pictured

X = mx.nd.array((np.arange(20).reshape(4, 5) % 7 - 3) / 2)


@mx.init.register
class Grid(mx.init.Initializer):
    """Quarters from -1 to 1, times a power of two."""

    def __init__(self, scale=1.0):
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name, arr):
        numbers = np.arange(arr.size) * 5 % 9 - 4
        arr[:] = (numbers.reshape(arr.shape) / 4 * self.scale).astype(np.float32)


def stack(*layers, init=None):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(*(layers or (nn.Dense(4, activation="relu"), nn.Dense(4), nn.Dense(2))))
    net.initialize(Grid() if init is None else init)
    return net


def loss(output):
    return (output**2).sum(axis=1)


def dead():
    return stack(
        nn.Dense(4, activation="relu", weight_initializer=mx.init.Constant(-1)), nn.Dense(2)
    )


def scaled(factor):
    return stack(*(nn.Dense(4, weight_initializer=Grid(factor)) for _ in range(4)))


def switched_off():
    net = stack()
    net[0].weight.grad_req = "null"
    net[1].weight.set_data(mx.nd.zeros((4, 4)))
    return net


def hybridized():
    net = stack()
    net.hybridize()
    return net


class Two(gluon.HybridBlock):
    """Two inputs, two outputs."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.left, self.right = nn.Dense(3), nn.Dense(2)

    def hybrid_forward(self, F, x, pair):
        return self.left(x), [self.right(pair[0]), pair[1]]


def two():
    net = Two()
    net.initialize(Grid())
    return net


def embedding():
    return stack(nn.Embedding(7, 4), nn.Dense(2))


CALLS = {
    "a net": (stack, (X, loss), {}),
    "without a loss": (stack, (X,), {}),
    "ready": (lambda: gi.force_init(stack(), X), (X, loss), {}),
    "hybridized": (hybridized, (X, loss), {}),
    "dead units": (dead, (mx.nd.abs(X), loss), {}),
    "vanishing": (lambda: scaled(2.0**-8), (X, loss), {}),
    "exploding": (lambda: scaled(2.0**8), (X, loss), {}),
    "symmetric": (lambda: stack(init=mx.init.Constant(0.5)), (X, loss), {}),
    "zeros": (lambda: stack(init="zeros"), (X, loss), {}),
    "not finite": (stack, (X * float("inf"), loss), {}),
    "no gradient": (switched_off, (X, loss), {}),
    "a loss that is a scalar": (stack, (X, lambda output: loss(output).sum()), {}),
    "convolutions": (
        lambda: stack(nn.Conv2D(3, 3), nn.MaxPool2D(), nn.Flatten(), nn.Dense(2)),
        (mx.nd.array((np.arange(2 * 2 * 36).reshape(2, 2, 6, 6) % 5 - 2) / 2), loss), {},
    ),
    "a list of inputs": (two, ([X, [X, X]], lambda output: loss(output[0])), {}),
    "an embedding": (embedding, (mx.nd.array([[0, 1], [6, 2]]), loss), {}),
    "an embedding, NumPy": (embedding, (np.array([[0, 1], [6, 2]]), loss), {}),
    "an embedding, a shape": (embedding, ((3, 2), loss), {}),
    "an embedding, outside": (embedding, (mx.nd.array([[0, 7]]), loss), {}),
    "an embedding, below": (lambda: stack(nn.Embedding(7, 4)), (mx.nd.array([[-1, 2]]),), {}),
    "NumPy": (stack, (X.asnumpy().astype(np.float64), loss), {}),
    "compared": (stack, (X, loss), {"compare": {"grid": Grid(), "half": Grid(0.5), "ones": "one"}}),
    "compared with one": (stack, (X, loss), {"compare": {"grid": Grid()}}),
    "compared, no values": (
        lambda: nn.Dense(2), (X, loss), {"compare": {"grid": Grid(), "zeros": "zeros"}},
    ),
    "compared with nothing": (stack, (X, loss), {"compare": {}}),
    "compared with a list": (stack, (X, loss), {"compare": [Grid()]}),
    "compared with None": (stack, (X, loss), {"compare": {"grid": None}}),
    "compared with a number": (stack, (X, loss), {"compare": {"grid": 3}}),
    "no values": (lambda: nn.Dense(2), (X, loss), {}),
    "no net": (lambda: 3, (X, loss), {}),
    "a class": (lambda: nn.Dense, (X, loss), {}),
    "a loss that is a number": (stack, (X, 3), {}),
    "a loss that fails": (stack, (X, lambda output: 1 / 0), {}),
    "a loss that ends the process": (stack, (X, lambda output: exit(3)), {}),
    "inputs that do not fit": (lambda: gi.force_init(stack(), X), (X.T, loss), {}),
    "inputs that are a text": (stack, ("X", loss), {}),
    "a block that fails": (lambda: stack(nn.Dense(3), nn.Conv2D(3, 3)), (X, loss), {}),
}  # fmt: skip


def report(make, arguments, settings):
    net = make()
    before = None if not isinstance(net, gluon.Block) else str(gi.summary(net))
    result = gi.signal_report(net, *arguments, **settings)
    assert before == str(gi.summary(net))
    return result


def scenes():
    """Each report with its losses, and pictures."""
    for name, call in CALLS.items():
        yield name, lambda c=call: report(*c)
    for name in ("a net", "without a loss", "compared", "not finite", "zeros"):
        yield f"{name}: losses", lambda c=CALLS[name]: report(*c).losses
        yield f"{name}: picture", lambda c=CALLS[name]: pictured(report(*c).plot())
    yield "opaque", lambda: gi.signal_report(Opaque(), X, compare={"grid": Grid()})
    yield "a shape", lambda: gi.signal_report(stack(), (4, 5)).losses


def test_what_is_said_of_signals():
    said.check("signals", dict(scenes()))
