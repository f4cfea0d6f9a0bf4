"""Freezing and its reverse, and what losses still reach."""

import gluon_init as gi

import numpy as np
import pytest
from heads import LABEL, SOFTMAX, X, made, small
from mxnet import autograd, gluon
from mxnet.gluon import nn
from nets import Opaque


class TestFreezing:
    def test_what_each_loss_reaches(self):
        report = gi.reach(small())
        by_path = {row.path: row.losses for row in report.rows}
        assert by_path["network.low.weight"] == ("prediction", "low", "high")
        assert by_path["network.middle.weight"] == ("prediction", "high")
        assert by_path["network.head.weight"] == ("prediction",)
        assert by_path["auxiliary.low.weight"] == ("low",)
        assert report.idle == ()

    def test_an_auxiliary_loss_for_nothing(self):
        net = made()
        report = gi.freeze(net, "^network.low")
        assert report.idle == ("low",)
        assert "low: its loss is calculated for nothing" in str(report)
        before = {p.name: p.data().asnumpy() for p in net.collect_params().values()}
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
        with autograd.record():
            loss = gi.AuxiliaryLoss(SOFTMAX)(net(X), LABEL)
        loss.backward()
        trainer.step(4)
        changed = {
            path for path, p in net._collect_params_with_prefix().items()
            if not np.array_equal(p.data().asnumpy(), before[p.name])
        }  # fmt: skip
        assert changed == {row.path for row in report.rows if row.losses}
        assert gi.unfreeze(net, "^network.low").idle == ()

    def test_running_statistics_stay_without_gradient(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(3), nn.BatchNorm())
        gi.freeze(net, ".")
        gi.unfreeze(net, ".")
        assert net[1].running_mean.grad_req == "null"
        assert net[1].gamma.grad_req == "write"
        assert "0 of 4 parameters are frozen, besides 2 without a gradient" in str(gi.reach(net))
        with pytest.raises(gi.ArgumentError, match="running statistics only"):
            gi.freeze(net, "running")

    def test_a_tied_parameter_is_found_at_each_of_its_places(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
        gi.tie(net, "1.weight", "0.weight")
        report = gi.freeze(net, r"^1\.")
        frozen = [row.paths for row in report.rows if row.frozen]
        assert frozen == [("0.weight", "1.weight"), ("1.bias",)]
        assert "0.weight, 1.weight" in str(report)

    @pytest.mark.parametrize("pattern", ["(", "nowhere", 3])
    def test_bad_pattern(self, pattern):
        with pytest.raises(gi.ArgumentError, match="pattern"):
            gi.freeze(small(), pattern)


class TestUnfreezing:
    @pytest.fixture
    def net(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(3, in_units=2), nn.Dense(2, in_units=3))
        net.collect_params().setattr("grad_req", "add")
        net[0].bias.grad_req = "write"
        return net

    def asked(self, net):
        return {p: one.grad_req for p, one in net._collect_params_with_prefix().items()}

    def test_brings_back_what_freezing_found(self, net):
        before = self.asked(net)
        gi.freeze(net, "^0")
        gi.freeze(net, ".")  # once more, for some
        assert set(self.asked(net).values()) == {"null"}
        gi.unfreeze(net, ".")
        assert self.asked(net) == before

    def test_leaves_alone_what_was_not_frozen(self, net):
        before = self.asked(net)
        gi.unfreeze(net, ".")
        assert self.asked(net) == before

    def test_of_what_something_else_froze_is_write(self, net):
        net[1].weight.grad_req = "null"
        gi.unfreeze(net, "1.weight")
        assert net[1].weight.grad_req == "write"

    def test_what_was_set_by_hand_in_between_counts(self, net):
        gi.freeze(net, "0.weight")
        net[0].weight.grad_req = "write"
        gi.freeze(net, "0.weight")
        gi.unfreeze(net, "0.weight")
        assert net[0].weight.grad_req == "write"


class TestFreezingWithoutAGraph:
    def test_freezes_and_says_what_it_cannot_tell(self):
        net = Opaque()
        found = gi.freeze(net, "weight")
        assert net.dense.weight.grad_req == "null"
        assert net.dense.bias.grad_req == "write"
        assert "which losses reach what cannot be told" in str(found)
        assert found.untold.endswith(".")
        assert found.trains == {}
        assert [row.losses for row in found.rows] == [None, None]
        gi.unfreeze(net, "weight")
        assert net.dense.weight.grad_req == "write"

    def test_reach_alone_is_an_error(self):
        with pytest.raises(gi.ShapeError, match="could not be traced"):
            gi.reach(Opaque())

    def test_the_nearest_paths_are_listed(self):
        with pytest.raises(gi.ArgumentError, match=r"nearest are dense\.weight"):
            gi.freeze(Opaque(), "dens_weight")
        with pytest.raises(gi.ArgumentError, match="no regular expression"):
            gi.freeze(Opaque(), b"dense")


def test_rows_hold_values_and_the_table_how_they_are_shown():
    """Seen: for a block used twice a row had the path "0.weight, 2.weight"."""
    shared = nn.Dense(3, in_units=3)
    net = nn.HybridSequential()
    net.add(shared, nn.Dense(3, in_units=3), shared)
    found = gi.reach(net)
    assert [(row.path, row.paths) for row in found.rows][:2] == [
        ("0.weight", ("0.weight", "2.weight")),
        ("0.bias", ("0.bias", "2.bias")),
    ]
    assert "0.weight, 2.weight" in str(found)
