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


class Two(gluon.HybridBlock):
    """Two parameters under two attributes of one block."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.w = self.params.get("w", shape=(3, 3))
            self.v = self.params.get("v", shape=(3, 3))

    def hybrid_forward(self, F, x, w, v):
        return F.dot(F.dot(x, w) ** 2, v)


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


def stack(layers=2, in_units=4):
    net = nn.HybridSequential()
    for _ in range(layers):
        net.add(nn.Dense(4, in_units=in_units))
    return net


@pytest.fixture
def numpy_mode():
    mx.npx.set_np()
    yield
    mx.npx.reset_np()


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


class TestGradientShares:
    @pytest.mark.parametrize("grad_req", ["write", "add"])
    def test_the_parts_add_up(self, grad_req):
        net = made(tied=True)
        net.encoder.weight.grad_req = grad_req
        if grad_req == "add":
            backward(net)
        shares = gi.gradient_shares(net, "decoder.weight", LOSS, X, Y)
        uses = [row.path for row in shares.rows]
        assert uses == ["(accumulated before)"] * (grad_req == "add") + list(GROUP)
        assert np.allclose(sum(row.gradient for row in shares.rows), shares.total, atol=1e-5)
        assert sum(row.share for row in shares.rows) == pytest.approx(1, abs=1e-5)
        backward(net)
        assert np.allclose(net.encoder.weight.grad().asnumpy(), shares.total, atol=1e-5)

    def test_each_part_is_the_gradient_of_that_use_alone(self):
        tied, untied = made(tied=True), made(tied=False)
        untied.decoder.weight.set_data(tied.decoder.weight.data())
        backward(untied)
        shares = gi.gradient_shares(tied, "encoder.weight", LOSS, X, Y)
        for row, layer in zip(shares.rows, (untied.encoder, untied.decoder), strict=True):
            assert np.allclose(row.gradient, layer.weight.grad().asnumpy(), atol=1e-5)

    def test_one_block_at_two_places_and_hybridized(self):
        layer = nn.Dense(4, in_units=4)
        net = nn.HybridSequential()
        net.add(layer, nn.Dropout(0.5), layer)
        net.initialize(mx.init.Normal(1))
        net.hybridize()
        shares = gi.gradient_shares(net, "0.weight", lambda y: (y * y).sum(), mx.nd.ones((3, 4)))
        assert [row.path for row in shares.rows] == ["0.weight", "2.weight"]

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
        assert [row.path for row in shares.rows] == [
            "layer.weight, call 1", "layer.weight, call 2"
        ]  # fmt: skip

    def test_two_attributes_of_one_block(self):
        net = gi.force_init(gi.tie(Two(), "v", "w"))
        shares = gi.gradient_shares(net, "w", lambda y: y.sum(), mx.nd.ones((2, 3)))
        assert [row.path for row in shares.rows] == ["w", "v"]
        apart = gi.untie(net, "v")
        with autograd.record():
            apart(mx.nd.ones((2, 3))).sum().backward()
        for row, parameter in zip(shares.rows, (apart.w, apart.v), strict=True):
            assert np.allclose(row.gradient, parameter.grad().asnumpy(), atol=1e-6)

    def test_two_attributes_that_a_block_reads_itself(self):
        class Reads(gluon.Block):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.w = self.params.get("w", shape=(3, 3))
                    self.v = self.params.get("v", shape=(3, 3))

            def forward(self, x):
                return mx.nd.dot(mx.nd.dot(x, self.v.data()), self.w.data())

        net = gi.force_init(gi.tie(Reads(), "v", "w"))
        shares = gi.gradient_shares(net, "w", lambda y: y.sum(), mx.nd.ones((2, 3)))
        assert [row.path for row in shares.rows] == ["w or v, call 1", "w or v, call 2"]

    def test_uses_outside_the_block(self):
        class Parent(gluon.Block):
            def __init__(self):
                super().__init__()
                self.b = nn.Dense(3, in_units=3)

            def forward(self, x):
                return mx.nd.dot(x, self.b.weight.data()) + self.b(x)

        net = nn.Sequential()
        net.add(Parent())
        net.initialize(mx.init.Normal(1))

        def loss(y):
            return (y * y).sum() + (net[0].b.weight.data() ** 2).sum()

        shares = gi.gradient_shares(net, "0.b.weight", loss, mx.nd.ones((2, 3)))
        assert [row.path for row in shares.rows] == [
            "0.b.weight, in 0", "0.b.weight", "0.b.weight, in loss"
        ]  # fmt: skip

    def test_sparse_gradients(self):
        net = nn.HybridSequential()
        net.add(nn.Embedding(10, 4, sparse_grad=True), nn.Dense(10, flatten=False))
        x = mx.nd.array([[1, 2, 3], [3, 4, 5]])
        gi.force_init(net, x)
        (row,) = gi.gradient_shares(net, "0.weight", LOSS, x, x).rows
        with autograd.record():
            LOSS(net(x), x).backward()
        expected = net[0].weight.grad().asnumpy()
        assert np.allclose(row.gradient, expected, atol=1e-6)
        assert expected.any()

    @pytest.mark.usefixtures("numpy_mode")
    @pytest.mark.parametrize("grad_req", ["write", "add"])
    def test_numpy_mode(self, grad_req):
        net = gi.force_init(gi.tie(stack(), "1.weight", "0.weight"))
        net.collect_params().setattr("grad_req", grad_req)
        x = mx.np.ones((2, 4))
        for _ in range(2):
            with autograd.record():
                net(x).sum().backward()
        expected = net[0].weight.grad().asnumpy()
        if grad_req == "add":
            expected = expected * 1.5
        shares = gi.gradient_shares(net, "0.weight", lambda y: y.sum(), x)
        assert np.allclose(shares.total, expected, atol=1e-5)
        assert [row.path for row in shares.rows][-2:] == ["0.weight", "1.weight"]

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
        assert widths == [row.share for row in shares.rows]

    def test_bad_input(self):
        net = made(tied=True)
        with pytest.raises(gi.ArgumentError, match="no values yet"):
            gi.gradient_shares(Model(tied=True), "encoder.weight", LOSS, X, Y)
        with pytest.raises(gi.ArgumentError, match="batch must be at least one input"):
            gi.gradient_shares(net, "encoder.weight", LOSS, X)
        with pytest.raises(gi.ArgumentError, match="loss must be a function"):
            gi.gradient_shares(net, "encoder.weight", 3, X, Y)
        with pytest.raises(gi.ArgumentError, match=r"built-in function max.*lambda"):
            gi.gradient_shares(net, "encoder.weight", max, X)
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

    def unchanged(self, net, error, match, file, **arguments):
        groups, before = str(gi.tied_groups(net)), fingerprint(net)
        with pytest.raises(error, match=match) as caught:
            gi.load(net, file, **arguments)
        assert fingerprint(net) == before
        assert str(gi.tied_groups(net)) == groups
        return str(caught.value)

    @pytest.fixture
    def copies(self, file):
        """A file in which the weights 0 and 1 are equal, and 2 and 3."""
        net = stack(4)
        net.initialize(mx.init.Normal(1))
        net[1].weight.set_data(net[0].weight.data())
        net[3].weight.set_data(net[2].weight.data())
        net.save_parameters(str(file))
        return net

    @pytest.mark.parametrize("state", ["new", "initialized"])
    def test_another_dtype(self, file, copies, state):
        copies.cast("float64")
        copies.save_parameters(str(file))
        net = stack(4)
        if state == "initialized":
            net.initialize()
        self.unchanged(
            net, gi.ArgumentError, r"0\.weight is float32, and the file float64.*Nothing", file
        )
        net.cast("float64")
        assert len(gi.load(net, file)) == 2

    @pytest.mark.parametrize("units", [0, 4])
    def test_another_device(self, file, copies, units):
        net = stack(4, in_units=units)
        net.initialize(ctx=mx.cpu(0))
        self.unchanged(
            net, gi.ArgumentError, r"device is cpu\(1\), but 0\.weight .* cpu\(0\).*reset_ctx",
            file, device=mx.cpu(1),
        )  # fmt: skip
        net.collect_params().reset_ctx(mx.cpu(1))
        gi.load(net, file, device=mx.cpu(1))
        assert net[0].weight.list_ctx() == [mx.cpu(1)]

    @pytest.mark.parametrize("device", ["cpu", 3, [], [mx.cpu(0), "x"]])
    def test_bad_devices(self, file, copies, device):
        self.unchanged(stack(4), gi.ArgumentError, "device must be", file, device=device)

    @pytest.mark.skipif(mx.runtime.Features().is_enabled("CUDA"), reason="the CPU build's sentence")
    def test_no_gpu(self, file, copies):
        self.unchanged(stack(4), gi.DeviceError, "gpu", file, device=mx.gpu(0))

    def test_no_path(self, file, copies):
        with file.open("rb") as opened:
            for wrong in (None, 3, str(file).encode(), opened):
                self.unchanged(stack(4), gi.ArgumentError, "file must be a path", wrong)

    def spoilt(self, how):
        net = stack(4)
        for layer in list(net)[:3]:
            layer.initialize()
        if how == "device":
            net[3].initialize(ctx=mx.cpu(1))
        elif how == "grad_stype":
            net[3].weight._grad_stype = "row_sparse"
        elif how == "grad_req":
            net[3].weight.grad_req = "null"
        else:
            setattr(net[3].weight, how, 0.5)
        return net

    @pytest.mark.parametrize("how", ["device", "grad_stype", "grad_req", "lr_mult", "wd_mult"])
    def test_what_cannot_be_tied_is_loaded_all_the_same(self, file, copies, how):
        net = self.spoilt(how)
        kept = net[3].weight
        before = kept.grad_req, kept.lr_mult, kept.wd_mult
        with pytest.warns(UserWarning, match=r"3\.weight and 2\.weight"):
            gi.load(net, file).check([("0.weight", "1.weight")])
        assert net[3].weight is kept
        assert (kept.grad_req, kept.lr_mult, kept.wd_mult) == before
        for mine, other in zip(net, copies, strict=True):
            assert np.array_equal(mine.weight.data().asnumpy(), other.weight.data().asnumpy())

    def test_copies_on_several_devices(self, file):
        net = stack(4)
        net.initialize(mx.init.Normal(1))
        for layer in list(net)[1:]:
            layer.weight.set_data(net[0].weight.data())
        net.save_parameters(str(file))
        other = stack(4)
        for number, layer in enumerate(other):
            layer.initialize(ctx=mx.cpu(number % 2))
        with pytest.warns(UserWarning, match=r"devices differ"):
            gi.load(other, file).check([("0.weight", "2.weight"), ("1.weight", "3.weight")])
        assert other[1].weight.list_ctx() == [mx.cpu(1)]

    def test_statistics_of_a_frozen_copy_stay_its_own(self, file):
        def pair():
            net = nn.HybridSequential()
            for _ in range(2):
                net.add(nn.BatchNorm(in_channels=4))
            net[1].collect_params().setattr("grad_req", "null")
            return net

        net = gi.force_init(pair())
        for layer in net:
            layer.running_mean.set_data(mx.nd.arange(4))
        net.save_parameters(str(file))
        with pytest.warns(UserWarning, match=r"1\.running_mean and 0\.running_mean"):
            gi.load(pair(), file).check([])

    @pytest.mark.filterwarnings("ignore:Cannot decide type")
    def test_a_graph_that_is_fixed(self, file, tmp_path):
        small = nn.HybridSequential()
        small.add(nn.Dense(4, in_units=4))
        small.initialize(mx.init.Normal(1))
        small.hybridize()
        small(mx.nd.ones((1, 4)))
        small.export(str(tmp_path / "small"))

        def whole():
            net = nn.HybridSequential()
            for _ in range(2):
                net.add(
                    gluon.SymbolBlock.imports(
                        f"{tmp_path}/small-symbol.json", ["data"], f"{tmp_path}/small-0000.params"
                    )
                )
            return net

        net, other = whole(), whole()
        net.save_parameters(str(file))
        with pytest.warns(UserWarning, match="SymbolBlock"):
            gi.load(other, file).check([])

    @pytest.mark.parametrize("tied", [False, True])
    def test_names_without_a_dot(self, file, tied):
        class Own(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.w = self.params.get("weight", shape=(3, 3))
                    self.v = self.params.get("other", shape=(3, 3))

        net, other = Own(), Own()
        if tied:
            gi.tie(net, "v", "w")
        gi.force_init(net)
        net.save_parameters(str(file))
        gi.load(other, file).check([("w", "v")] * tied)
        assert np.array_equal(other.v.data().asnumpy(), net.v.data().asnumpy())

    @pytest.mark.filterwarnings("ignore:Cannot decide type")
    def test_a_symbol_block(self, file):
        data = mx.sym.var("data")
        symbol = mx.sym.FullyConnected(data, num_hidden=3, name="first")
        symbol = mx.sym.FullyConnected(symbol, num_hidden=2, name="fully")
        net, other = (gluon.SymbolBlock(symbol, data) for _ in range(2))
        gi.force_init(net, (1, 4), init=mx.init.Uniform(1))
        net.save_parameters(str(file))
        gi.load(other, file)
        x = mx.nd.ones((1, 4))
        assert np.array_equal(other(x).asnumpy(), net(x).asnumpy())

    def test_an_array_that_mxnet_refuses(self, file, copies, monkeypatch):
        net = stack(4, in_units=0)
        net.initialize()
        load_init = gluon.Parameter._load_init

        def refuse(self, *args, **kwargs):
            load_init(self, *args, **kwargs)
            if self is net[3].bias:
                raise mx.MXNetError("no memory")

        monkeypatch.setattr(gluon.Parameter, "_load_init", refuse)
        self.unchanged(net, gi.InitError, r"3\.bias.*no memory.*Nothing has been loaded", file)

    def test_a_trace_names_the_call(self, file, copies):
        net = stack(4)
        with gi.trace_init(net) as trace:
            gi.load(net, file)
        assert {event.trigger for event in trace.events} == {"net.load_parameters()"}
        assert len(trace.events) == 6

    @pytest.mark.usefixtures("numpy_mode")
    def test_numpy_mode(self, file):
        net = gi.force_init(gi.tie(stack(), "1.weight", "0.weight"))
        net.save_parameters(str(file))
        other = stack(in_units=-1)
        gi.load(other, file).check([("0.weight", "1.weight")])
        assert type(other[0].weight.data()) is mx.np.ndarray
        assert np.array_equal(other(mx.np.ones((1, 4))), net(mx.np.ones((1, 4))))

    def test_a_file_of_the_other_mode(self, file):
        net = gi.force_init(stack())
        x = net(mx.nd.ones((1, 4))).asnumpy()
        net.save_parameters(str(file))
        mx.npx.set_np()
        try:
            other = stack()
            gi.load(other, file)
            assert np.array_equal(other(mx.np.ones((1, 4))).asnumpy(), x)
            other.save_parameters(str(file))
        finally:
            mx.npx.reset_np()
        gi.load(net, file)
        assert np.array_equal(net(mx.nd.ones((1, 4))).asnumpy(), x)
