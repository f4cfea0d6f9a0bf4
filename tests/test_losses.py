"""Weighted losses of heads, and metrics of one head."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from heads import LABEL, SOFTMAX, X, made, train
from mxnet import autograd


class TestLoss:
    def test_parts_by_name(self):
        net = made()
        loss = gi.AuxiliaryLoss(SOFTMAX, {"low": 0.1, "high": 0.2})
        output = train(net)
        total = loss(output, LABEL)
        report = loss.report()
        assert list(report) == ["prediction", "low", "high"]
        expected = report["prediction"] + 0.1 * report["low"] + 0.2 * report["high"]
        assert float(total.mean().asscalar()) == pytest.approx(expected, rel=1e-5)
        assert report["low"] == pytest.approx(
            float(SOFTMAX(output.auxiliary[0], LABEL).mean().asscalar())
        )

    def test_the_weight_leaves_the_main_heads_gradient_alone(self):
        gradients = []
        for weight in (0, 0.3, 10):
            net = made()
            with autograd.record():
                total = gi.AuxiliaryLoss(SOFTMAX, weight)(net(X), LABEL)
            total.backward()
            head = net.network._children["head"]
            gradients.append(
                (head.weight.grad().asnumpy(), net.network.low.weight.grad().asnumpy())
            )
        assert np.allclose(gradients[0][0], gradients[2][0], atol=1e-6)
        assert not np.allclose(gradients[0][1], gradients[2][1], atol=1e-3)

    @pytest.mark.parametrize(
        ("weights", "expected"),
        [(0.3, [0.3, 0.3]), ([0.1, 0.2], [0.1, 0.2]), (lambda e: 0.4 * 0.5**e, [0.1, 0.1]),
         (lambda e: [0.1 * e, 0], [0.2, 0])],
    )  # fmt: skip
    def test_weights_and_schedules(self, weights, expected):
        loss = gi.AuxiliaryLoss(SOFTMAX, weights)
        loss.epoch = 2
        assert list(loss.weights(("low", "high")).values()) == pytest.approx(expected)

    def test_labels_of_their_own(self):
        net = made()
        loss = gi.AuxiliaryLoss(SOFTMAX, 1)
        other = mx.nd.array([2, 2, 2, 2])
        output = train(net)
        loss(output, LABEL, other, LABEL)
        assert loss.report()["low"] == pytest.approx(
            float(SOFTMAX(output.auxiliary[0], other).mean().asscalar())
        )

    @pytest.mark.parametrize(
        ("weights", "named"),
        [(-0.1, "at least 0"), ([0.1, -1], "at least 0"), ("a", "weights must be numbers"),
         (None, "weights must be numbers"), (True, "at least 0")],
    )  # fmt: skip
    def test_bad_weights(self, weights, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.AuxiliaryLoss(SOFTMAX, weights)

    def test_bad_calls(self):
        net = made()
        output = train(net)
        for weights, named in (([0.3], "2 auxiliary head"), ({"low": 1}, "low, high"),
                               ({"low": 1, "top": 2}, "low, high")):  # fmt: skip
            with pytest.raises(gi.ArgumentError, match=named):
                gi.AuxiliaryLoss(SOFTMAX, weights)(output, LABEL)
        loss = gi.AuxiliaryLoss(SOFTMAX)
        with pytest.raises(gi.ArgumentError, match=r"inside autograd\.record"):
            loss(net(X), LABEL)
        with pytest.raises(gi.ArgumentError, match="label is missing"):
            loss(output, None)
        with pytest.raises(gi.ArgumentError, match="2 auxiliary"):
            loss(output, LABEL, LABEL)
        with pytest.raises(gi.ArgumentError, match="loss must be a function"):
            gi.AuxiliaryLoss(3)


class TestMetrics:
    def test_each_head(self):
        net = made()
        output = train(net)
        for head, scores in (("prediction", output.prediction), ("high", output.auxiliary[1])):
            metric = gi.head_metric("acc", head)
            metric.update(LABEL, output)
            expected = (scores.asnumpy().argmax(axis=1) == LABEL.asnumpy()).mean()
            assert metric.get() == (f"accuracy of {head}", pytest.approx(expected))
        metric = gi.head_metric("acc")
        metric.update(LABEL, net(X))
        metric.reset()

    def test_bad_heads(self):
        net = made()
        with pytest.raises(gi.ArgumentError, match="prediction, low, high"):
            gi.head_metric("acc", "top").update(LABEL, train(net))
        with pytest.raises(gi.ArgumentError, match="prediction alone"):
            gi.head_metric("acc", "low").update(LABEL, net(X))
