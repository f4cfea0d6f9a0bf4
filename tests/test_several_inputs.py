"""Nets of several inputs, also nested: every function takes them as the net does."""

import gluon_init as gi

import mxnet as mx
import pytest
from mxnet import gluon
from mxnet.gluon import nn

X, PAIR = mx.nd.ones((2, 5)), [mx.nd.ones((2, 3)), mx.nd.ones((2, 4))]


class Two(gluon.HybridBlock):
    """Two inputs."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.left, self.right = nn.Dense(4), nn.Dense(4)

    def hybrid_forward(self, F, x, y):
        return self.left(x), self.left(x) + self.right(y)


class Nested(gluon.HybridBlock):
    """An input, and a pair of inputs."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.left, self.right = nn.Dense(4), nn.Dense(4)

    def hybrid_forward(self, F, x, pair):
        return self.left(x) + self.right(pair[0])


def losses(report):
    return {row.path: row.losses for row in report.rows}


def test_reach_and_freeze_of_a_net_of_two_inputs_need_none():
    net = Two()
    assert losses(gi.reach(net))["left.weight"] == ("output 0", "output 1")
    assert losses(gi.reach(net))["right.weight"] == ("output 1",)
    assert losses(gi.reach(net, (2, 5), (2, 7))) == losses(gi.reach(net))
    report = gi.freeze(net, "left", X, mx.nd.ones((2, 7)))
    assert losses(report)["left.weight"] == ()
    assert losses(gi.unfreeze(net, "left", X, X)) == losses(gi.reach(net))


def test_nested_inputs_are_given():
    net = Nested()
    assert losses(gi.reach(net, X, PAIR))["right.weight"] == ("prediction",)
    assert losses(gi.freeze(net, "left", (2, 5), [(2, 3), (2, 4)]))["left.weight"] == ()
    assert losses(gi.unfreeze(net, "", X, PAIR)) == losses(gi.reach(net, X, PAIR))


def test_auxiliary_nets_whose_network_takes_two():
    class Sum(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.low, self.head = nn.Dense(4), nn.Dense(3)

        def hybrid_forward(self, F, x, y):
            return self.head(self.low(F.concat(x, y, dim=1)))

    net = gi.AuxiliaryNet(Sum(), attach={"low": nn.Dense(3)})
    assert losses(gi.reach(net))["network.low.weight"] == ("prediction", "low")


@pytest.mark.parametrize("make", [Two, Nested])
def test_signals_and_shares(make):
    net = make()
    net.initialize(mx.init.One())
    inputs = (X, X) if make is Two else (X, PAIR)

    def loss(output):
        return (output[-1] if make is Two else output).sum()

    net(*inputs)
    shares = gi.gradient_shares(net, "left.weight", loss, *inputs)
    assert all(row.path.startswith("left.weight") for row in shares.rows)
    assert sum(float(abs(row.gradient).sum()) for row in shares.rows) == 2 * 5 * 4
    report = gi.signal_report(net, *inputs, loss=loss)
    assert {"left", "right"} <= {row.path for row in report.outputs}
    for given in ([*inputs, loss], [list(inputs), loss]):
        assert gi.signal_report(net, *given).rows == report.rows
    with pytest.raises(gi.ArgumentError, match=r"batch\[0\]"):
        gi.gradient_shares(net, "left.weight", loss, "x")


def test_a_constant_is_never_trained():
    class Scaled(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.c = self.params.get_constant("c", mx.nd.ones((1, 5)))
            self.d = nn.Dense(3)

        def hybrid_forward(self, F, x, c):
            return self.d(F.broadcast_mul(x, c))

    for change in (gi.freeze, gi.unfreeze):
        with pytest.raises(gi.ArgumentError, match="constants only, such as c,"):
            change(Scaled(), "^c$")
