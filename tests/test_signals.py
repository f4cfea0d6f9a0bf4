"""Signals by depth: what is measured, what is named, and that nothing is changed by it."""

import random

import gluon_init as gi
from gluon_init._gluon.blocks import is_active
from gluon_init._gluon.parameters import has_values
from gluon_init.signals.batch import batch

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from nets import fingerprint
from other import OTHER

LABELS = mx.nd.array([i % 10 for i in range(32)])


def deep(activation, depth=12, width=64):
    net = nn.HybridSequential()
    for _ in range(depth):
        net.add(nn.Dense(width, activation=activation))
    net.add(nn.Dense(10))
    return net


def loss(output):
    return gluon.loss.SoftmaxCrossEntropyLoss()(output, LABELS)


def flagged(report, flag, what="output"):
    return [row.path for row in report.rows if flag in row.note and row.signal == what]


def test_it_measures_what_a_real_step_leaves():
    net = deep("relu", 3)
    net.initialize(mx.init.Xavier())
    x = mx.nd.random.normal(shape=(32, 20))
    report = gi.signal_report(net, x, loss)
    with autograd.record():
        hidden = net[0](x)
        total = loss(net(x))
    total.backward()
    first = next(row for row in report.outputs if row.path == "0")
    values = hidden.asnumpy().astype(np.float64)
    assert first.mean == pytest.approx(values.mean(), rel=1e-5)
    assert first.std == pytest.approx(values.std(), rel=1e-5)
    assert first.dead == pytest.approx((values == 0).all(axis=0).mean())
    assert report.losses[""] == pytest.approx(float(total.mean().asscalar()), rel=1e-5)
    for row in report.gradients:
        index, name = row.path.split(".")
        gradient = getattr(net[int(index)], name).grad().asnumpy().astype(np.float64)
        assert row.std == pytest.approx(gradient.std(), rel=1e-4)
        assert row.norm == pytest.approx(np.linalg.norm(gradient), rel=1e-4)


def test_rows_come_in_execution_order():
    net = deep("relu", 2)
    net.initialize()
    report = gi.signal_report(net, (32, 20), loss)
    assert [r.path for r in report.rows if r.signal == "output"] == [
        "0.act", "0", "1.act", "1", "2", ""
    ]  # fmt: skip
    assert [r.path for r in report.outputs] == ["0", "1", "2"]
    assert [r.path for r in report.gradients][:2] == ["0.weight", "0.bias"]


def test_everything_is_as_before():
    net = nn.HybridSequential()
    net.add(nn.Dense(8), nn.BatchNorm(), nn.Dropout(0.5), nn.Dense(10))
    net.initialize()
    net.hybridize()
    x = mx.nd.random.normal(shape=(32, 20))
    net(x)
    for parameter in net.collect_params().values():
        if parameter.grad_req != "null":
            parameter.grad()[:] = 3

    def numbers():
        arrays = [p.data().asnumpy() for p in net.collect_params().values()]
        arrays += [p.grad().asnumpy() for p in net.collect_params(".*dense.*").values()]
        return [array.tolist() for array in arrays]

    mx.random.seed(5)
    expected = mx.nd.random.uniform(shape=4).asnumpy().tolist()
    mx.random.seed(5)
    before = fingerprint(net), numbers(), random.getstate(), np.random.get_state()[1].tolist()
    gi.signal_report(net, x, loss)
    gi.signal_report(net, x, loss, compare={"One": mx.init.One()})
    after = fingerprint(net), numbers(), random.getstate(), np.random.get_state()[1].tolist()
    assert before == after
    assert mx.nd.random.uniform(shape=4).asnumpy().tolist() == expected
    assert is_active(net)


def test_a_deferred_net_stays_deferred_and_is_measured_with_the_values_it_would_get():
    net = nn.Dense(50)
    net.initialize(mx.init.Normal(1))
    mx.random.seed(1)
    report = gi.signal_report(net, (32, 20))
    assert not has_values(net.weight)
    x = mx.nd.array(batch(net, (32, 20))[0])
    assert report.outputs[0].std == pytest.approx(net(x).asnumpy().std(), rel=1e-4)


class TestWhatIsNamed:
    def test_vanishing(self):
        report = gi.signal_report(deep("tanh"), (32, 64), loss, compare={"U": mx.init.Uniform()})
        assert "11" in flagged(report, "vanishing")
        assert "0" not in flagged(report, "vanishing")
        assert "vanishing (outputs): 7" in str(report)

    def test_vanishing_gradient(self):
        report = gi.signal_report(deep("sigmoid"), (32, 64), loss, compare={"X": mx.init.Xavier()})
        assert "0.weight" in flagged(report, "vanishing", "gradient")

    def test_exploding(self):
        report = gi.signal_report(deep("relu"), (32, 64), loss, compare={"N": mx.init.Normal(1)})
        assert "11" in flagged(report, "exploding")

    def test_dead(self):
        net = nn.Sequential()
        net.add(nn.Dense(16, activation="relu", bias_initializer=mx.init.Constant(-99)))
        net.add(nn.Dense(10))
        net.initialize()
        report = gi.signal_report(net, (32, 4), loss)
        assert "0" in flagged(report, "dead")
        assert report.outputs[0].dead == 1
        assert "0.weight" in flagged(report, "no gradient", "gradient")

    def test_a_wanted_zero_gamma_is_not_dead(self):
        class Residual(gluon.Block):
            def __init__(self):
                super().__init__()
                self.branch = nn.Sequential()
                self.branch.add(nn.Dense(4), nn.BatchNorm(gamma_initializer="zeros"))
                self.gate = nn.Dense(4, weight_initializer="zeros")

            def forward(self, x):
                return x + self.branch(x) + self.gate(x)

        net = Residual()
        net.initialize()
        report = gi.signal_report(net, (32, 4))
        assert flagged(report, "zero gamma") == ["branch.1", "branch"]
        assert flagged(report, "zero weight") == ["gate"]
        assert not flagged(report, "dead")
        net.branch[1].gamma.set_data(mx.nd.ones(4))
        assert not flagged(gi.signal_report(net, (32, 4)), "zero gamma")

    def test_symmetric(self):
        report = gi.signal_report(
            deep("tanh", 2), (32, 4), loss, compare={"C": mx.init.Constant(0.1)}
        )
        assert {"0", "1"} <= set(flagged(report, "symmetric"))

    def test_not_finite(self):
        report = gi.signal_report(deep(None), (32, 64), compare={"N": mx.init.Normal(1e6)})
        assert flagged(report, "not finite")

    def test_a_good_start_is_left_in_peace(self):
        report = gi.signal_report(deep("tanh"), (32, 64), loss, compare={"X": mx.init.Xavier()})
        assert not any(row.note for row in report.rows)
        assert "nothing vanishes" in str(report)


def test_comparison():
    net = deep("relu", 3)
    report = gi.signal_report(net, (32, 20), loss, compare={"A": mx.init.One(), "B": "normal"})
    assert report.cases == ("A", "B")
    assert {row.case for row in report.rows} == {"A", "B"}
    again = gi.signal_report(net, (32, 20), loss, compare={"B": "normal"})
    assert [r.std for r in again.rows] == [r.std for r in report.rows if r.case == "B"]
    assert all(not has_values(p) and not p._deferred_init for p in net.collect_params().values())


@pytest.mark.parametrize("model", ["resnet18_v1", "mobilenet0.25", "mobilenetv2_0.25"])
def test_the_model_zoo(model):
    net = gluon.model_zoo.vision.get_model(model, classes=10)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    report = gi.signal_report(net, (2, 3, 64, 64), lambda y: (y * y).sum())
    trainable = [p for p in net.collect_params().values() if p.grad_req != "null"]
    assert len(report.gradients) == len(trainable)
    assert len(report.outputs) > 20


def test_several_inputs_states_and_devices():
    class Two(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Dense(4), nn.Dense(4)

        def hybrid_forward(self, F, x, y):
            return self.a(x) + self.b(y)

    net = Two()
    net.initialize(ctx=[OTHER, mx.cpu(3)])
    report = gi.signal_report(net, [(3, 5), mx.nd.ones((3, 6))])
    assert [row.path for row in report.outputs] == ["a", "b"]
    lstm = gluon.rnn.LSTM(7)
    lstm.initialize()
    report = gi.signal_report(lstm, [(5, 3, 4)], lambda y: y.sum())
    assert report.outputs[0].shape == (5, 3, 7)


def test_plot_draws_a_line_for_each_case():
    report = gi.signal_report(
        deep("tanh", 5), (32, 20), loss,
        compare={"Xavier": mx.init.Xavier(), "Normal": mx.init.Normal(0.01)},
    )  # fmt: skip
    top, bottom = report.plot().axes
    assert [line.get_label() for line in top.lines] == ["Xavier", "Normal"]
    expected = [row.std for row in report.outputs if row.case == "Normal"]
    assert list(top.lines[1].get_ydata()) == expected
    assert len(bottom.lines[0].get_xdata()) == 6


class TestBadInput:
    def test_not_initialized(self):
        with pytest.raises(gi.ArgumentError, match=r"0\.weight has no values"):
            gi.signal_report(deep("relu"), (32, 20))

    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"loss": 3}, "loss must be a function"),
            ({"compare": {}}, "compare must be a dictionary"),
            ({"compare": {"A": 3}}, "compare\\['A'\\]"),
            ({"inputs": ["no"]}, "inputs\\[0\\]"),
            ({"inputs": []}, "inputs is empty"),
            ({"net": 3}, "net must be a gluon.Block"),
        ],
    )
    def test_arguments(self, given, named):
        given, net = dict(given), deep("relu", 1)
        net.initialize()
        net, inputs = given.pop("net", net), given.pop("inputs", [(32, 20)])
        with pytest.raises(gi.ArgumentError, match=named):
            gi.signal_report(net, *inputs, **given)

    def test_a_forward_that_raises_names_the_block(self):
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.Dense(2, in_units=9))
        net.initialize()
        with pytest.raises(gi.ShapeError, match="'1'"):
            gi.signal_report(net, (2, 5))
        assert not has_values(net[0].weight)


def test_names_of_initializers_to_compare_are_checked():
    with pytest.raises(gi.ArgumentError, match=r"compare\['a'\] is 'xx', which names no"):
        gi.signal_report(nn.Dense(2), (2, 3), compare={"a": "xx"})


class TestLookedUp:
    """Numbers that an Embedding looks up are whole, and among those that it knows."""

    def net(self):
        net = nn.HybridSequential()
        net.add(nn.Embedding(7, 4), nn.Dense(3, flatten=False))
        net.initialize(mx.init.Normal(1))
        return net

    def test_a_shape_stands_for_numbers_that_it_knows(self):
        net = self.net()
        report = gi.signal_report(net, (500, 9))
        expected = net[0].weight.data().asnumpy()  # each number about as often as any other
        assert report.outputs[0].std == pytest.approx(expected.std(), rel=0.05)
        assert report.outputs[0].mean == pytest.approx(expected.mean(), abs=0.05)

    def test_sizes_may_be_integers_of_numpy(self):
        report = gi.signal_report(self.net(), (np.int64(4), 5))
        assert report.outputs[0].shape == (4, 5, 4)

    def test_also_where_they_are_turned_round_first(self):
        class Turned(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.low = nn.Embedding(3, 2)
                self.dense = nn.Dense(2)

            def hybrid_forward(self, F, x, features):
                return self.dense(F.concat(self.low(x.transpose()).flatten(), features, dim=1))

        net = Turned()
        net.initialize(mx.init.One())
        report = gi.signal_report(net, [(2, 5), (5, 3)], lambda out: out.sum())
        touched = next(row for row in report.gradients if row.path == "low.weight")
        assert touched.dead == 0

    @pytest.mark.parametrize("wrong", [7, -1])
    def test_a_number_that_it_does_not_know_is_named(self, wrong):
        with pytest.raises(gi.ArgumentError, match=f"holds {wrong}, but the Embedding '0' knows"):
            gi.signal_report(self.net(), mx.nd.array([[0, 1], [wrong, 3]]))

    def test_an_offset_inside_the_net_is_its_own_business(self):
        class Shifted(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.low = nn.Embedding(3, 2)

            def hybrid_forward(self, F, x):
                return self.low(x - 10)

        net = Shifted()
        net.initialize()
        gi.signal_report(net, mx.nd.array([10, 11, 12]))

    def test_a_net_that_cannot_be_traced_needs_arrays(self):
        class Opaque(gluon.Block):
            def __init__(self):
                super().__init__()
                self.low = nn.Embedding(3, 2)

            def forward(self, x):
                return self.low(x) * float(x.sum().asscalar())

        net = Opaque()
        net.initialize()
        gi.signal_report(net, mx.nd.array([0, 2]))
        with pytest.raises(gi.ArgumentError, match="Give an array"):
            gi.signal_report(net, (2,))
