"""Ties: found, made, undone, saved, loaded, and their gradients split."""

import gluon_init as gi
from gluon_init._gluon.blocks import is_active

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from nets import fingerprint
from other import OTHER
from tied import GROUP, VOCABULARY, WIDTH, Model, Two, X, backward, made, stack


class Listed(gluon.Block):
    """Keeps two parameters in a list, and all but one of them under attributes too."""

    def __init__(self, attributes):
        super().__init__()
        with self.name_scope():
            self.ws = [self.params.get(f"w{i}", shape=(4, 4)) for i in range(2)]
            self.more = {"pair": (self.ws[0], self.ws[1])}
            for name in attributes:
                setattr(self, name, self.params.get(name))
            self.d = nn.Dense(4, in_units=4)

    def forward(self, x):
        return mx.nd.dot(mx.nd.dot(self.d(x), self.ws[0].data()), self.more["pair"][1].data())


class TestGroups:
    def test_fields(self):
        groups = gi.tied_groups(Model(tied=True))
        (row,) = groups.rows
        assert row.paths == GROUP
        assert row.owner == "encoder.weight"
        assert row.shape == (VOCABULARY, WIDTH)
        assert row.uses == 2
        assert row.saved == GROUP
        assert row.deduplicated == "decoder.weight"

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
        for deduplicate, names in ((False, row.saved), (True, (row.deduplicated,))):
            net.save_parameters(str(tmp_path / "x"), deduplicate=deduplicate)
            there = mx.nd.load(str(tmp_path / "x"))
            assert tuple(name for name in there if name in GROUP) == names

    def test_one_block_at_two_places(self):
        layer = nn.Dense(4)
        net = nn.Sequential()
        net.add(layer, nn.Dense(4), layer)
        assert [row.paths for row in gi.tied_groups(net).rows] == [
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
        assert is_active(net)

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
            (lambda net: net.decoder.initialize(ctx=OTHER), gi.ArgumentError, "devices differ"),
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

    @pytest.mark.parametrize(
        ("path", "to"), [("0.bias", "1.running_mean"), ("1.running_mean", "1.gamma")]
    )
    def test_statistics_and_what_is_trained_cannot_agree(self, path, to):
        net = nn.HybridSequential()
        net.add(nn.Dense(4), nn.BatchNorm())
        before = fingerprint(net)
        with pytest.raises(gi.ArgumentError, match=r"statistic.*trained"):
            gi.tie(net, path, to)
        assert fingerprint(net) == before

    def test_what_is_frozen_may_be_tied(self):
        net = stack()
        net[0].weight.grad_req = "null"
        gi.tied_groups(gi.tie(net, "1.weight", "0.weight")).check([("0.weight", "1.weight")])
        assert net[1].weight.grad_req == "null"

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_parameter_that_only_a_list_holds(self, turned):
        net = Listed([])
        held = next(row.path for row in gi.summary(net).rows if row.path.endswith("w1"))
        before = fingerprint(net)
        paths = ["d.weight", held] if turned else [held, "d.weight"]
        with pytest.raises(gi.ArgumentError, match=rf"{held} is under no attribute.*setattr"):
            gi.tie(net, *paths)
        assert fingerprint(net) == before
        gi.force_init(net)
        net(mx.nd.ones((1, 4)))

    @pytest.mark.filterwarnings("ignore:Cannot decide type")
    def test_a_graph_that_is_fixed_can_only_be_followed(self):
        data = mx.sym.var("data")
        symbol = mx.sym.FullyConnected(data, num_hidden=4, name="fully")
        net = nn.Sequential()
        net.add(gluon.SymbolBlock(symbol, data), nn.Dense(4))
        inside = gi.summary(net).rows[0].path
        before = fingerprint(net)
        with pytest.raises(gi.ArgumentError, match="SymbolBlock"):
            gi.tie(net, inside, "1.weight")
        assert fingerprint(net) == before
        gi.tied_groups(gi.tie(net, "1.weight", inside)).check([(inside, "1.weight")])

    def test_containers_follow(self):
        net = Listed(["w0", "w1"])
        gi.tie(net, "w1", "w0")
        gi.force_init(net)
        assert net.ws[0] is net.ws[1] is net.more["pair"][1] is net.w1 is net.w0
        net(mx.nd.ones((1, 4)))

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

    def test_a_trainer_made_before_is_warned_of(self):
        net = gi.force_init(gi.tie(stack(), "1.weight", "0.weight"))
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        with autograd.record():
            net(mx.nd.ones((1, 4))).backward()
        trainer.step(1)
        with pytest.warns(UserWarning, match=r"1\.weight.*Make a new one"):
            gi.untie(net, "1.weight")

    def test_two_attributes_of_one_block(self):
        net = gi.force_init(gi.tie(Two(), "v", "w"))
        x = mx.nd.ones((2, 3))
        before = net(x).asnumpy()
        gi.untie(net, "v")
        gi.tied_groups(net).check([])
        assert net.w is not net.v
        assert set(map(id, net.collect_params().values())) == {id(net.w), id(net.v)}
        assert np.array_equal(net(x).asnumpy(), before)

    def test_two_attributes_of_a_recurrent_layer(self):
        net = gluon.rnn.LSTM(4, input_size=4)
        gi.force_init(gi.tie(net, "l0_h2h_weight", "l0_i2h_weight"))
        gi.untie(net, "l0_i2h_weight")
        gi.tied_groups(net).check([])
        net(mx.nd.ones((3, 2, 4)))

    def test_containers_follow_unless_two_attributes_share_one(self):
        net = gi.force_init(gi.tie(Listed(["w0", "w1"]), "w1", "w0"))
        before = fingerprint(net)
        with pytest.raises(gi.ArgumentError, match=r"w1.*ws"):
            gi.untie(net, "w1")
        assert fingerprint(net) == before
        net = gi.force_init(gi.tie(Listed(["w0", "w1"]), "w1", "d.weight"))
        gi.untie(net, "w1")
        assert net.ws[1] is net.more["pair"][1] is net.w1 is not net.d.weight

    @pytest.mark.parametrize("path", ["0.0.weight", "0.1.weight"])
    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("part", [False, True])
    def test_what_waits_for_seeded_draws_as_if_it_had_never_been_tied(self, path, when, part):
        def nested():
            net = nn.HybridSequential()
            net.add(stack(in_units=0), nn.Dense(3))
            return net

        net, plain = nested(), nested()
        if when == "before":
            gi.tie(net, "0.1.weight", "0.0.weight")
        for one in (net, plain):
            one.initialize(gi.Seeded("uniform", 3))
        if when == "after":
            gi.tie(net, "0.1.weight", "0.0.weight")
        gi.untie(*((net[0], path[2:]) if part else (net, path)))
        for one in (net, plain):
            one(mx.nd.ones((2, 4)))
        for name, parameter in plain._collect_params_with_prefix().items():
            mine = net._collect_params_with_prefix()[name]
            assert np.array_equal(mine.data().asnumpy(), parameter.data().asnumpy()), name

    def test_the_history_goes_along(self):
        net = gi.force_init(gi.tie(stack(), "1.weight", "0.weight"), init="xavier")
        gi.untie(net, "1.weight")
        first, _, second, _ = gi.summary(net).rows
        assert first.initializer == second.initializer
        assert first.source == second.source

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
