"""What the properties of random nets have found: one plain test each."""

import gluon_init as gi

import mxnet as mx
import pytest
from mxnet import gluon
from mxnet.gluon import nn


class Twice(gluon.HybridBlock):
    """One block at two places, below a block that has a parameter to infer."""

    def __init__(self):
        super().__init__()
        self.weight = self.params.get("weight", shape=(3, 0), allow_deferred_init=True)
        self.first = nn.Activation("relu")
        self.second = self.first

    def hybrid_forward(self, F, x, weight):
        return self.second(F.FullyConnected(self.first(x), weight, no_bias=True, num_hidden=3))


def test_a_run_on_zeros_does_not_count_what_gluon_does_to_infer_shapes():
    net = nn.Sequential()
    net.add(nn.Dense(2, activation="relu"), Twice())
    told, ran = gi.infer_shapes(net, (1, 5)), gi.infer_shapes(net, (1, 5), run=True)
    assert [(row.block, row.inputs, row.outputs) for row in ran.rows] == [
        (row.block, row.inputs, row.outputs) for row in told.rows
    ]
    assert [row.block for row in ran.rows] == ["", "0", "0.act", "1", "1.first", "1.second"]


@pytest.mark.parametrize("norm", [nn.BatchNorm, nn.InstanceNorm, nn.LayerNorm])
@pytest.mark.parametrize("channels", [2, 6])
@pytest.mark.parametrize("look", [gi.infer_shapes, gi.summary, gi.force_init])
def test_a_normalization_of_other_channels_does_not_fit(norm, channels, look):
    """MXNet lets BatchNorm take any: of too few it reads what lies behind them."""
    net = nn.HybridSequential()
    net.add(nn.Conv1D(3, 1), norm(axis=1, in_channels=channels))
    with pytest.raises(gi.ShapeError, match=r"1\.gamma has the shape .* asks for \(3,\)") as caught:
        look(net, (2, 5, 4))
    assert "with in_channels=3" in str(caught.value)
    assert caught.value.block == "1"
    assert gi.explain(net, (2, 5, 4)).rows[0].state == "it fails in block '1'"


class Packed(gluon.HybridBlock):
    """All parameters of an LSTM in one vector."""

    def __init__(self):
        super().__init__()
        init = mx.init.FusedRNN(None, num_hidden=3, num_layers=1, mode="lstm", forget_bias=5)
        self.packed = self.params.get("packed", shape=(84,), init=init)

    def hybrid_forward(self, F, x, packed):
        return x


@pytest.mark.parametrize(
    "given",
    [
        {"init": mx.init.Normal(1)},
        {"init": mx.init.Normal(1), "seed": 3},
        {"init": gi.Seeded(mx.init.Normal(1), 3)},
        {"init": gi.ByPattern({"absent|packed": Packed().packed.init}, mx.init.Normal(1))},
        {"init": gi.ByPattern({".": Packed().packed.init}, mx.init.Normal(1)), "seed": 3},
    ],
    ids=["alone", "seed", "Seeded", "ByPattern", "ByPattern and seed"],
)
def test_fused_rnn_turns_to_the_global_initializer(given):
    net = gi.force_init(Packed(), **given)
    values = net.packed.data().asnumpy()
    assert (values == 5).sum() == 2 * 3  # the bias of the forget gate
    assert 0.7 < values[:60].std() < 1.3


def by_pattern(number):
    """No pattern of it is found at a weight, so that its default counts."""
    return gi.ByPattern({"bias": "zeros"}, default=mx.init.Constant(number))


WITHIN = {
    "PrintInit": gi.PrintInit,
    "Seeded": lambda inner: gi.Seeded(inner, 1),
    "Mixture": lambda inner: gi.Mixture([(1, inner)]),
    "ByPattern": lambda inner: gi.ByPattern({"bias": "ones"}, default=inner),
    "Mixture of Seeded": lambda inner: gi.Mixture([(1, gi.Seeded(inner, 1))]),
    "Seeded PrintInit": lambda inner: gi.Seeded(gi.PrintInit(inner), 1),
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("within", WITHIN.values(), ids=WITHIN)
class TestAnInitializerByPatternsInsideOfAnother:
    """It asked for the parameter's own, which was the one around it, and so on without end."""

    def weight(self, own, overall, force):
        layer = nn.Dense(3, weight_initializer=own)
        if force:
            gi.force_init(layer, (2, 4), init=overall)
        else:
            layer.initialize(overall)
            layer(mx.nd.ones((2, 4)))
        return set(layer.weight.data().asnumpy().ravel())

    def test_as_the_global_one(self, within, force):
        assert self.weight(None, within(by_pattern(5)), force) == {5}

    def test_as_a_layers_own(self, within, force):
        assert self.weight(within(by_pattern(5)), mx.init.Normal(1), force) == {5}

    @pytest.mark.parametrize("overall", WITHIN.values(), ids=WITHIN)
    def test_as_both(self, within, force, overall):
        assert self.weight(within(by_pattern(5)), overall(by_pattern(6)), force) == {5}


def test_a_mixture_lets_its_components_know_their_paths():
    net = nn.HybridSequential()
    net.add(nn.Dense(3, in_units=3), nn.Dense(3, in_units=3))
    net.initialize(gi.Mixture([(1, gi.Seeded(mx.init.Normal(1), 3))]))
    first, second = (layer.weight.data().asnumpy() for layer in net)
    assert not (first == second).any()
    with pytest.raises(gi.ArgumentError, match="'absent' matches none"):
        net.initialize(gi.Mixture([(1, gi.ByPattern({"absent": "ones"}))]), force_reinit=True)


@pytest.mark.parametrize("force", [False, True])
def test_seeded_around_seeded_leaves_layers_their_own(force):
    init = gi.Seeded(gi.Seeded(mx.init.Normal(1), 2), 1)
    layer = nn.Dense(3, bias_initializer=mx.init.Constant(7))
    if force:
        gi.force_init(layer, (2, 4), init=init)
    else:
        layer.initialize(init)
        layer(mx.nd.ones((2, 4)))
    assert (layer.bias.data() == 7).asnumpy().all()
    alone = gi.force_init(nn.Dense(3), (2, 4), init=mx.init.Normal(1), seed=2)
    assert (layer.weight.data() == alone.weight.data()).asnumpy().all()
    assert [row.initializer for row in gi.summary(layer).rows][1] == "Constant(value=7)"


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("norm", [nn.BatchNorm, nn.InstanceNorm, nn.LayerNorm])
@pytest.mark.parametrize("look", [gi.infer_shapes, gi.summary, gi.force_init])
def test_a_shared_normalization_that_got_two_widths(look, norm, again):
    """MXNet gives it the width of the last, and reads what it has not."""

    def net(channels):
        first = norm(axis=1)
        second = first if again else norm(axis=1, params=first.params)
        whole = nn.HybridSequential()
        whole.add(first, nn.Conv1D(channels, 1), second)
        return whole

    with pytest.raises(gi.ShapeError, match=r"2\.gamma has the shape \(3,\) since the block '0'"):
        look(net(4), (2, 3, 5))
    look(net(3), (2, 3, 5))
