"""Ties: found, made, undone, saved, loaded, and their gradients split."""

import random

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from nets import fingerprint

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


def made(tied):
    net = Model(tied)
    gi.force_init(net, X, init=mx.init.Normal(0.3), seed=3)
    return net


def backward(net):
    with autograd.record():
        loss = LOSS(net(X), Y)
    loss.backward()


class TestGroups:
    def test_fields(self):
        groups = gi.tied_groups(Model(tied=True))
        (row,) = groups.rows
        assert row["paths"] == GROUP
        assert row["owner"] == "encoder.weight"
        assert row["shape"] == (VOCABULARY, WIDTH)
        assert row["uses"] == 2
        assert row["saved"] == GROUP
        assert row["deduplicated"] == "decoder.weight"

    def test_counts(self):
        net = made(tied=True)
        groups = gi.tied_groups(net)
        unique = sum(p.data().size for p in net.collect_params().values())
        assert groups.unique == unique == gi.summary(net).total
        assert groups.apparent == unique + VOCABULARY * WIDTH
        assert len(gi.tied_groups(made(tied=False)).rows) == 0

    def test_what_a_checkpoint_holds(self, tmp_path):
        net = made(tied=True)
        (row,) = gi.tied_groups(net).rows
        for deduplicate, names in ((False, row["saved"]), (True, (row["deduplicated"],))):
            net.save_parameters(str(tmp_path / "x"), deduplicate=deduplicate)
            there = mx.nd.load(str(tmp_path / "x"))
            assert tuple(name for name in there if name in GROUP) == names

    def test_one_block_at_two_places(self):
        layer = nn.Dense(4)
        net = nn.Sequential()
        net.add(layer, nn.Dense(4), layer)
        assert [row["paths"] for row in gi.tied_groups(net).rows] == [
            ("0.weight", "2.weight"), ("0.bias", "2.bias")
        ]  # fmt: skip

    def test_equal_values_are_no_tie(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=3), nn.Dense(3, in_units=3))
        net.initialize(mx.init.One())
        assert len(gi.tied_groups(net)) == 0

    def test_check(self):
        groups = gi.tied_groups(Model(tied=True))
        groups.check([GROUP])
        groups.check([reversed(GROUP)])
        with pytest.raises(gi.InitError, match="are one and should not be"):
            groups.check([])
        with pytest.raises(gi.InitError, match="should be one and are not"):
            gi.tied_groups(Model(tied=False)).check([GROUP])
        with pytest.raises(gi.ArgumentError, match=r"no\.such"):
            groups.check([("no.such", "encoder.weight")])

    def test_plot(self):
        (axes,) = gi.tied_groups(Model(tied=True)).plot().axes
        texts = [text.get_text() for text in axes.texts]
        assert "encoder.weight" in texts
        assert any("one parameter (30, 8)" in text for text in texts)


class TestTie:
    @pytest.mark.parametrize("state", ["new", "deferred", "initialized"])
    def test_in_any_state(self, state):
        net = Model(tied=False)
        if state != "new":
            net.initialize()
        if state == "initialized":
            net(X)
        assert gi.tie(net, "decoder.weight", "encoder.weight") is net
        gi.tied_groups(net).check([GROUP])
        if state == "new":
            net.initialize()
        net(X)
        net.encoder.weight.set_data(mx.nd.ones((VOCABULARY, WIDTH)))
        assert (net.decoder.weight.data().asnumpy() == 1).all()
        names = [p.name for p in net.collect_params().values()]
        assert len(names) == len(set(names)) == 6

    def test_shapes_flow_both_ways(self):
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.Dense(3, in_units=3))
        gi.tie(net, "1.weight", "0.weight")
        assert net[0].weight.shape == (3, 3)

    def test_one_gradient_and_one_step(self):
        net = gi.tie(made(tied=False), "decoder.weight", "encoder.weight")
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9})
        backward(net)
        before = net.encoder.weight.data().asnumpy()
        gradient = net.decoder.weight.grad().asnumpy()
        trainer.step(1)
        after = net.decoder.weight.data().asnumpy()
        assert np.allclose(before - 0.01 * gradient, after, atol=1e-6)
        assert len(trainer._params) == 6

    def test_the_same_as_tied_at_construction(self):
        late = gi.tie(made(tied=False), "decoder.weight", "encoder.weight")
        early = made(tied=True)
        early.decoder.bias.set_data(late.decoder.bias.data())
        backward(late)
        backward(early)
        assert np.allclose(late(X).asnumpy(), early(X).asnumpy())
        assert np.allclose(
            late.encoder.weight.grad().asnumpy(), early.encoder.weight.grad().asnumpy()
        )

    def test_hybridized(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
        net.initialize()
        net.hybridize()
        x = mx.nd.ones((1, 4))
        net(x)
        gi.tie(net, "1.weight", "0.weight")
        net[0].weight.set_data(mx.nd.ones((4, 4)))
        assert net(x).asnumpy().tolist() == [[16, 16, 16, 16]]
        assert net._active

    def test_groups_merge(self):
        net = nn.Sequential()
        for _ in range(3):
            net.add(nn.Dense(4, in_units=4))
        gi.tie(net, "1.weight", "0.weight")
        gi.tie(net, "0.weight", "2.weight")
        gi.tied_groups(net).check([("0.weight", "1.weight", "2.weight")])

    def test_a_trainer_made_before_is_warned_of(self):
        net = made(tied=False)
        gluon.Trainer(net.collect_params(), "sgd")
        with pytest.warns(UserWarning, match="Make a new one"):
            gi.tie(net, "decoder.weight", "encoder.weight")

    @pytest.mark.parametrize(
        ("change", "error", "named"),
        [
            (lambda net: setattr(net, "decoder", nn.Dense(7)), gi.ShapeError, r"\(7, \?\)"),
            (lambda net: net.decoder.cast("float16"), gi.ArgumentError, "dtype differ"),
            (lambda net: net.decoder.initialize(ctx=mx.cpu(1)), gi.ArgumentError, "devices differ"),
        ],
    )
    def test_what_cannot_agree(self, change, error, named):
        net = Model(tied=False)
        net.encoder.initialize()
        change(net)
        before = fingerprint(net)
        with pytest.raises(error, match=named):
            gi.tie(net, "decoder.weight", "encoder.weight")
        assert fingerprint(net) == before

    @pytest.mark.parametrize("paths", [("decoder.wieght", "encoder.weight"), ("rnn", 3)])
    def test_unknown_paths(self, paths):
        with pytest.raises(gi.ArgumentError, match=r"which the net does not have.*gi\.summary"):
            gi.tie(Model(tied=False), *paths)


class TestUntie:
    def test_values_stay_and_go_their_own_way(self):
        net = made(tied=True)
        before = net(X).asnumpy()
        gi.untie(net, "decoder.weight")
        gi.tied_groups(net).check([])
        assert np.array_equal(net(X).asnumpy(), before)
        net.encoder.weight.set_data(mx.nd.zeros((VOCABULARY, WIDTH)))
        assert net.decoder.weight.data().asnumpy().any()
        backward(net)
        gluon.Trainer(net.collect_params(), "sgd").step(1)

    def test_deferred(self):
        net = nn.Sequential()
        net.add(nn.Dense(4), nn.Dense(4))
        gi.tie(net, "1.weight", "0.weight")
        net.initialize()
        gi.untie(net, "1.weight")
        net(mx.nd.ones((2, 7)))
        assert net[1].weight.shape == (4, 4)

    def test_there_and_back(self):
        net = made(tied=False)
        gi.untie(gi.tie(net, "decoder.weight", "encoder.weight"), "encoder.weight")
        assert len({p.name for p in net.collect_params().values()}) == 7

    def test_bad_input(self):
        with pytest.raises(gi.ArgumentError, match="not tied"):
            gi.untie(Model(tied=False), "decoder.weight")
        layer = nn.Dense(4)
        net = nn.Sequential()
        net.add(layer, layer)
        with pytest.raises(gi.ArgumentError, match=r"at several places: 0\.weight, 1\.weight"):
            gi.untie(net, "1.weight")


class TestGradientShares:
    @pytest.mark.parametrize("grad_req", ["write", "add"])
    def test_the_parts_add_up(self, grad_req):
        net = made(tied=True)
        net.encoder.weight.grad_req = grad_req
        if grad_req == "add":
            backward(net)
        shares = gi.gradient_shares(net, "decoder.weight", LOSS, X, Y)
        uses = [row["use"] for row in shares.rows]
        assert uses == ["(accumulated before)"] * (grad_req == "add") + list(GROUP)
        assert np.allclose(sum(row["gradient"] for row in shares.rows), shares.total, atol=1e-5)
        assert sum(row["share"] for row in shares.rows) == pytest.approx(1, abs=1e-5)
        backward(net)
        assert np.allclose(net.encoder.weight.grad().asnumpy(), shares.total, atol=1e-5)

    def test_each_part_is_the_gradient_of_that_use_alone(self):
        tied, untied = made(tied=True), made(tied=False)
        untied.decoder.weight.set_data(tied.decoder.weight.data())
        backward(untied)
        shares = gi.gradient_shares(tied, "encoder.weight", LOSS, X, Y)
        for row, layer in zip(shares.rows, (untied.encoder, untied.decoder), strict=True):
            assert np.allclose(row["gradient"], layer.weight.grad().asnumpy(), atol=1e-5)

    def test_one_block_at_two_places_and_hybridized(self):
        layer = nn.Dense(4, in_units=4)
        net = nn.HybridSequential()
        net.add(layer, nn.Dropout(0.5), layer)
        net.initialize(mx.init.Normal(1))
        net.hybridize()
        shares = gi.gradient_shares(net, "0.weight", lambda y: (y * y).sum(), mx.nd.ones((3, 4)))
        assert [row["use"] for row in shares.rows] == ["0.weight", "2.weight"]

    def test_one_place_called_twice(self):
        class Twice(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.layer = nn.Dense(4, in_units=4)

            def hybrid_forward(self, F, x):
                return self.layer(self.layer(x))

        net = Twice()
        net.initialize(mx.init.Normal(1))
        shares = gi.gradient_shares(net, "layer.weight", lambda y: y.sum(), mx.nd.ones((3, 4)))
        assert [row["use"] for row in shares.rows] == [
            "layer.weight, call 1", "layer.weight, call 2"
        ]  # fmt: skip

    def test_nothing_is_changed(self):
        net = made(tied=True)
        backward(net)
        gradient = net.encoder.weight.grad().asnumpy()
        mx.random.seed(1)
        expected = mx.nd.random.uniform(shape=3).asnumpy().tolist()
        mx.random.seed(1)
        before = fingerprint(net), random.getstate()
        gi.gradient_shares(net, "encoder.weight", LOSS, X, Y)
        assert (fingerprint(net), random.getstate()) == before
        assert np.array_equal(net.encoder.weight.grad().asnumpy(), gradient)
        assert mx.nd.random.uniform(shape=3).asnumpy().tolist() == expected

    def test_plot(self):
        shares = gi.gradient_shares(made(tied=True), "encoder.weight", LOSS, X, Y)
        (axes,) = shares.plot().axes
        widths = [patch.get_width() for patch in axes.patches]
        assert widths == [row["share"] for row in shares.rows]

    def test_bad_input(self):
        net = made(tied=True)
        with pytest.raises(gi.ArgumentError, match="no values yet"):
            gi.gradient_shares(Model(tied=True), "encoder.weight", LOSS, X, Y)
        with pytest.raises(gi.ArgumentError, match="batch must be at least one input"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X)
        with pytest.raises(gi.ArgumentError, match="loss must be a function"):
            gi.gradient_shares(net, "encoder.weight", 3, X, Y)
        with pytest.raises(gi.ArgumentError, match="does not have"):
            gi.gradient_shares(net, "nowhere", LOSS, X, Y)
        with pytest.raises(gi.ArgumentError, match=r"batch\[0\] must be an array"):
            gi.gradient_shares(net, "encoder.weight", LOSS, (5, 4), Y)
        with pytest.raises(gi.ShapeError, match=r"failed in loss, given an output of \("):
            gi.gradient_shares(net, "encoder.weight", LOSS, X, Y[:1])
        net.decoder.bias._data = [mx.nd.ones((7,))]
        with pytest.raises(gi.ShapeError, match="decoder"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X, Y)
        net.collect_params().setattr("grad_req", "null")
        with pytest.raises(gi.ArgumentError, match="frozen"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X, Y)


class TestLoad:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "net.params"

    @pytest.mark.parametrize("state", ["new", "initialized"])
    @pytest.mark.parametrize("deduplicate", [False, True])
    def test_into_a_tied_net(self, file, deduplicate, state):
        net = made(tied=True)
        net.save_parameters(str(file), deduplicate=deduplicate)
        other = Model(tied=True)
        if state == "initialized":
            gi.force_init(other, X)
        gi.load(other, file).check([GROUP])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_into_an_untied_net_the_tie_is_kept(self, file):
        net = made(tied=True)
        net.save_parameters(str(file))
        other = Model(tied=False)
        gi.load(other, file).check([GROUP])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_deduplicated_into_an_untied_net(self, file):
        net = made(tied=True)
        net.save_parameters(str(file), deduplicate=True)
        other = Model(tied=False)
        before = fingerprint(other)
        with pytest.raises(gi.InitError, match=r"lacks encoder\.weight.*Nothing has been") as e:
            gi.load(other, file)
        assert fingerprint(other) == before
        assert "gi.tie(net, 'encoder.weight', 'decoder.weight')" in str(e.value)
        gi.tie(other, "encoder.weight", "decoder.weight")
        gi.load(other, file).check([GROUP])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_an_untied_file_into_a_tied_net(self, file):
        net = made(tied=False)
        net.save_parameters(str(file))
        other = made(tied=True)
        with pytest.raises(gi.InitError, match="different arrays"):
            gi.load(other, file)
        gi.load(gi.untie(other, "decoder.weight"), file).check([])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_an_untied_net_stays_untied(self, file):
        net = made(tied=False)
        net.save_parameters(str(file))
        gi.load(Model(tied=False), file).check([])

    def test_bad_files(self, file, tmp_path):
        net = made(tied=False)
        with pytest.raises(gi.ArgumentError, match="does not exist"):
            gi.load(net, file)
        file.write_bytes(b"no parameters")
        with pytest.raises(gi.ArgumentError, match="cannot read"):
            gi.load(net, file)
        small = nn.Sequential()
        small.add(nn.Dense(3, in_units=2))
        small.initialize()
        small.save_parameters(str(file))
        with pytest.raises(gi.InitError, match="lacks"):
            gi.load(net, file)
        wide, wider = nn.Sequential(), nn.Sequential()
        wide.add(nn.Dense(3, in_units=4))
        wider.add(nn.Dense(3, in_units=2), nn.Dense(3))
        with pytest.raises(gi.ShapeError, match=r"\(3, 4\), and the file \(3, 2\)"):
            gi.load(wide, file)
        wider.initialize()
        wider(mx.nd.ones((1, 2)))
        wider.save_parameters(str(file))
        with pytest.raises(gi.InitError, match=r"also has 1\.weight, 1\.bias"):
            gi.load(small, file)

    def test_a_part_and_the_whole(self, file):
        part = nn.HybridSequential()
        part.add(nn.Dense(3, in_units=2))
        whole = gi.AuxiliaryNet(part, attach={"0": nn.Dense(2, in_units=3)})
        whole.initialize()
        whole.inference().save_parameters(str(file))
        with pytest.raises(gi.InitError, match=r"gi\.load\(net\.network, file\)\. Nothing has"):
            gi.load(whole, file)
        gi.load(whole.network, file)
        whole.save_parameters(str(file))
        with pytest.raises(
            gi.InitError, match=r"one is a part: its names begin with 'auxiliary\.'"
        ):
            gi.load(part, file)

    def test_onto_a_device(self, file):
        net = made(tied=True)
        net.save_parameters(str(file))
        other = Model(tied=False)
        gi.load(other, file, device=mx.cpu(1))
        assert {str(p.list_ctx()) for p in other.collect_params().values()} == {"[cpu(1)]"}
