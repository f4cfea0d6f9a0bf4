"""What force_init does and says, word for word: the file is tests/said/forcing.txt."""

import gluon_init as gi

import mxnet as mx
import said
from mxnet import gluon
from mxnet.gluon import nn, rnn
from nets import Opaque

WIDE = (2, 5)
HALF = mx.init.Constant(0.5)


def stack(*layers):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(*(layers or (nn.Dense(4), nn.Dense(3, bias_initializer="ones"))))
    return net


def waiting(init=HALF, **settings):
    net = stack()
    net.initialize(init, **settings)
    return net


def ready():
    net = waiting()
    net(mx.nd.ones(WIDE))
    return net


def own():
    """One parameter was given an initializer of its own, and one values."""
    net = stack()
    net[1].weight.initialize(mx.init.Constant(3))
    net[1].bias.initialize()
    net[1].bias.set_data(mx.nd.array([1, 2, 3]))
    return net


def typed():
    net = stack()
    net[0].weight.grad_req = "add"
    net[0].bias.grad_req = "null"
    net.cast("float64")
    return net


class Half(nn.HybridSequential):
    """Its second child is never reached."""

    def hybrid_forward(self, F, x):
        return self[0](x)


def half():
    net = Half()
    net.add(nn.Dense(2), nn.Dense(3))
    return net


class Unseen(gluon.Block):
    """Keeps a layer in a list, where Gluon does not see it."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Dense(3)]


class Attribute(gluon.HybridBlock):
    """Has a parameter that collect_params() does not know."""

    def __init__(self):
        super().__init__()
        self.scale = gluon.Parameter("scale", shape=(3,))


class Unknown(gluon.HybridBlock):
    """Has a parameter whose size nothing tells."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.w = self.params.get("w", shape=(3, 0), allow_deferred_init=True)

    def hybrid_forward(self, F, x, w):
        return x


class Fails(mx.init.Initializer):
    """Fails on each weight."""

    def _init_weight(self, name, arr):
        raise ValueError("no numbers today")


def twins():
    net = nn.HybridSequential()
    net.add(nn.Dense(3, prefix="one_"), nn.Dense(3, prefix="one_"))
    return net


CALLS = {
    "constant": (stack, (WIDE,), {"init": HALF}),
    "a seed": (stack, (WIDE,), {"seed": 7}),
    "a seed and an initializer": (stack, (WIDE,), {"seed": 7, "init": mx.init.Normal(1)}),
    "Seeded": (stack, (WIDE,), {"init": gi.Seeded(mx.init.Normal(1), 7)}),
    "a pending seed and a newer one": (lambda: waiting(gi.Seeded("xavier", 3)), (WIDE,), {"seed": 7}),
    "many laws": (
        lambda: stack(nn.Dense(4, weight_initializer=gi.MyInit(), bias_initializer="uniform"),
                      nn.Dense(4, weight_initializer=mx.init.MSRAPrelu())),
        (WIDE,), {"seed": 2, "init": "xavier"},
    ),
    "an array": (stack, (mx.nd.ones(WIDE),), {"init": HALF}),
    "a list of inputs": (lambda: stack(rnn.LSTM(3)), ((4, 2, 5),), {"init": HALF}),
    "pending": (waiting, (WIDE,), {}),
    "pending, another initializer": (waiting, (WIDE,), {"init": mx.init.Constant(2)}),
    "pending on two devices": (
        lambda: waiting(ctx=[mx.cpu(0), mx.cpu(1)]), (WIDE,), {},
    ),
    "two devices": (stack, (WIDE,), {"init": HALF, "device": [mx.cpu(0), mx.cpu(1)]}),
    "another device": (stack, (WIDE,), {"seed": 1, "device": mx.cpu(1)}),
    "initializers of their own": (own, (WIDE,), {"init": HALF}),
    "initializers of their own, again": (own, (WIDE,), {"init": HALF, "force_reinit": True}),
    "types and requests": (typed, (WIDE,), {"seed": 5}),
    "ready": (ready, (), {}),
    "ready, an initializer": (ready, (), {"init": HALF}),
    "ready, a seed": (ready, (), {"seed": 3}),
    "ready, anew": (ready, (), {"init": mx.init.One(), "force_reinit": True}),
    "ready, by pattern": (
        ready, (), {"init": gi.ByPattern({"bias": "ones"}, "zeros"), "force_reinit": True},
    ),
    "ready, another device": (ready, (), {"device": mx.cpu(1)}),
    "ready, another device, anew": (ready, (), {"init": HALF, "device": mx.cpu(1), "force_reinit": True}),
    "half is reached": (half, (WIDE,), {"init": HALF}),
    "sizes known": (lambda: stack(nn.Dense(3, in_units=5)), (), {"init": HALF}),
    "nothing": (lambda: nn.HybridSequential(), (), {"seed": 1}),
    "a run": (Opaque, (WIDE,), {"init": HALF, "run": True}),
    "no run": (Opaque, (WIDE,), {"init": HALF}),
    "no inputs": (stack, (), {}),
    "no inputs, a convolution": (lambda: stack(nn.Conv2D(3, 3)), (), {}),
    "a size that nothing tells": (Unknown, (WIDE,), {}),
    "a size that nothing tells, no inputs": (Unknown, (), {}),
    "inputs that do not fit": (lambda: stack(nn.Dense(3, in_units=4)), (WIDE,), {}),
    "a layer in a list": (Unseen, (WIDE,), {}),
    "a parameter that Gluon does not know": (Attribute, (), {}),
    "two of one name": (twins, (WIDE,), {}),
    "an initializer that fails": (stack, (WIDE,), {"init": Fails()}),
    "an initializer that fails, with a seed": (stack, (WIDE,), {"init": Fails(), "seed": 1}),
    "two seeds": (stack, (WIDE,), {"init": gi.Seeded("xavier", 1), "seed": 2}),
    "a seed below zero": (stack, (WIDE,), {"seed": -1}),
    "a flag that is a number": (stack, (WIDE,), {"force_reinit": 1}),
    "a run that is a number": (stack, (WIDE,), {"run": 1}),
    "an initializer that is a class": (stack, (WIDE,), {"init": mx.init.Xavier}),
    "a device that is a text": (stack, (WIDE,), {"device": "gpu9"}),
    "no devices": (stack, (WIDE,), {"device": []}),
    "a pattern that matches nothing": (stack, (WIDE,), {"init": gi.ByPattern({"x": "zeros"})}),
}  # fmt: skip


def forced(make, inputs, settings):
    """Each parameter afterwards: its shape, first and last value, gradient and devices."""
    net = make()
    if gi.force_init(net, *inputs, **settings) is not net:
        raise AssertionError("it returns another net")
    return "\n".join(line(p) for p in net.collect_params().values())


def line(p):
    if p._data is None:
        return f"{p.name} {p.shape} waits"
    values = [p.data(device).asnumpy().ravel() for device in p.list_ctx()]
    gradient = "none" if p.grad_req == "null" else float(abs(p.list_grad()[0].asnumpy()).max())
    ends = [(float(one[0]), float(one[-1])) for one in values]
    return f"{p.name} {p.shape} {p.dtype} {ends} gradient {gradient} {p.list_ctx()}"


def left(make, inputs, settings):
    """What is left of a net on which force_init fails."""
    net = make()
    before = str(gi.summary(net))
    try:
        gi.force_init(net, *inputs, **settings)
    except Exception:
        return str(gi.summary(net)) == before
    return "it did not fail"


def scenes():
    """Each call, and of those that fail whether the net is as before."""
    for name, call in CALLS.items():
        yield name, lambda c=call: forced(*c)
    for name in ("an initializer that fails", "inputs that do not fit", "no inputs", "no devices"):
        yield f"{name}: unchanged", lambda c=CALLS[name]: left(*c)
    yield "no net", lambda: gi.force_init(3)
    yield "a class", lambda: gi.force_init(nn.Dense, WIDE)


def test_what_is_said_of_forcing():
    said.check("forcing", dict(scenes()))
