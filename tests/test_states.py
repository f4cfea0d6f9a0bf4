import dataclasses

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn
from mxnet.gluon.model_zoo import vision
from nets import MODELS, fingerprint
from other import NAME, OTHER


def fields(summary, *names):
    return [tuple(getattr(row, name) for name in names) for row in summary.rows]


def test_before_initialize_nothing_is_known(mlp):
    summary = gi.summary(mlp)
    assert fields(summary, "path", "shape", "size", "state", "initializer", "source") == [
        ("0.weight", (256, None), None, "uninitialized", None, None),
        ("0.bias", (256,), 256, "uninitialized", "Zero()", "layer"),
        ("1.weight", (10, None), None, "uninitialized", None, None),
        ("1.bias", (10,), 10, "uninitialized", "Zero()", "layer"),
    ]
    assert (summary.total, summary.trainable, summary.unknown) == (266, 266, 2)


def test_initialize_fills_the_biases_and_defers_the_weights(mlp):
    mlp.initialize(mx.init.Normal(0.5))
    assert fields(gi.summary(mlp), "path", "state", "initializer", "source") == [
        ("0.weight", "deferred", "Normal(sigma=0.5)", "initialize()"),
        ("0.bias", "initialized", "Zero()", "layer"),
        ("1.weight", "deferred", "Normal(sigma=0.5)", "initialize()"),
        ("1.bias", "initialized", "Zero()", "layer"),
    ]


def test_after_data_everything_is_known(mlp):
    mlp.initialize()
    mlp(nd.ones((2, 20)))
    summary = gi.summary(mlp)
    assert fields(summary, "shape", "size", "state")[0] == ((256, 20), 5120, "initialized")
    assert (summary.total, summary.unknown) == (256 * 20 + 256 + 2560 + 10, 0)


def test_inputs_fill_in_the_shapes_but_not_on_the_net(mlp):
    mlp.initialize()
    before = fingerprint(mlp)
    summary = gi.summary(mlp, (2, 20))
    assert fields(summary, "shape") == [((256, 20),), ((256,),), ((10, 256),), ((10,),)]
    assert fields(summary, "state")[0] == ("deferred",)
    assert summary.unknown == 0
    assert fingerprint(mlp) == before
    assert mlp[0].weight.shape == (256, 0)


@pytest.mark.parametrize("sample", [(2, 20), [2, 20], nd.ones((2, 20)), np.ones((2, 20))])
def test_arrays_and_shapes_both_serve(mlp, sample):
    assert gi.summary(mlp, sample).rows[0].shape == (256, 20)


def test_looking_neither_draws_nor_names_nor_fires_hooks(mlp):
    mlp.initialize()
    mx.random.seed(3)
    expected = nd.random.uniform(shape=(3,)).asnumpy()
    name = mx.name.NameManager._current.value.get(None, "probe")
    fired = []
    mlp[0].register_forward_hook(lambda *_: fired.append(1))
    mx.random.seed(3)
    gi.summary(mlp, (2, 20))
    assert nd.random.uniform(shape=(3,)).asnumpy().tolist() == expected.tolist()
    following = mx.name.NameManager._current.value.get(None, "probe")
    assert int(following[5:]) == int(name[5:]) + 1
    assert fired == []
    mlp(nd.ones((2, 20)))
    assert fired == [1]


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_every_vision_model(name, hybrid):
    net = vision.get_model(name, classes=10)
    if hybrid:
        net.hybridize()
    net.initialize()
    before = fingerprint(net)
    size = 299 if name == "inceptionv3" else 224
    summary = gi.summary(net, (1, 3, size, size))
    assert fingerprint(net) == before
    assert summary.unknown == 0
    assert len(summary) == len(net.collect_params().keys())
    assert summary.total == sum(row.size for row in summary.rows)
    shapes = {row.name: row.shape for row in summary.rows}
    net.infer_shape(nd.ones((1, 3, size, size)))
    assert shapes == {name: p.shape for name, p in net.collect_params().items()}


def test_paths_are_those_of_save_parameters():
    net = vision.resnet18_v2()
    assert fields(gi.summary(net), "path") == [
        (path,) for path in net._collect_params_with_prefix()
    ]


def test_tied_parameters_count_once():
    net = nn.Sequential()
    shared = nn.Dense(8, in_units=8)
    net.add(shared, nn.Dense(8, in_units=8, params=shared.params), shared)
    net.initialize()
    summary = gi.summary(net)
    assert fields(summary, "path", "alias_of", "state") == [
        ("0.weight", None, "initialized"),
        ("0.bias", None, "initialized"),
        ("1.weight", "0.weight", "tied alias of 0.weight"),
        ("1.bias", "0.bias", "tied alias of 0.bias"),
        ("2.weight", "0.weight", "tied alias of 0.weight"),
        ("2.bias", "0.bias", "tied alias of 0.bias"),
    ]
    assert summary.total == 72


def test_values_set_before_the_first_forward_pass_are_named(mlp):
    mlp.initialize()
    mlp[0].weight.set_data(nd.ones((256, 4)))
    assert fields(gi.summary(mlp), "initializer", "source")[0] == ("set_data()", "parameter")


def test_frozen_and_auxiliary_parameters_are_not_trainable():
    net = nn.BatchNorm(in_channels=5)
    net.gamma.grad_req = "null"
    summary = gi.summary(net)
    assert (summary.total, summary.trainable) == (20, 5)


class Parallel(nn.Block):
    """A plain Block of two inputs, one of them nested, that only composes others."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.left, self.right = nn.Dense(3), nn.Dense(3)
            self.unused = nn.Dense(4)

    def forward(self, x, pair):
        return self.left(x) + self.right(pair[0]) * pair[1]


def test_plain_blocks_with_nested_inputs():
    net = Parallel()
    rows = {row.path: row.shape for row in gi.summary(net, (2, 5), [(2, 7), (2, 3)]).rows}
    assert rows["left.weight"] == (3, 5)
    assert rows["right.weight"] == (3, 7)
    assert rows["unused.weight"] == (4, None)


def test_recurrent_layers():
    net = nn.Sequential()
    net.add(rnn.LSTM(6, layout="NTC"), nn.Dense(2))
    rows = {row.path: row.shape for row in gi.summary(net, (4, 3, 5)).rows}
    assert rows["0.l0_i2h_weight"] == (24, 5)
    assert rows["1.weight"] == (2, 18)
    net.initialize()
    assert net(nd.ones((4, 3, 5))).shape == (4, 2)


def test_other_devices_are_shown(mlp):
    mlp.initialize(ctx=[mx.cpu(0), OTHER])
    summary = gi.summary(mlp)
    assert summary.rows[0].devices == ("cpu(0)", NAME)
    assert str(summary).splitlines()[0].split()[-2:] == ["cpu(0)", NAME]
    assert "cpu" not in str(gi.summary(nn.Dense(2)))


def test_the_text_is_the_same_on_every_device(mlp):
    mlp.initialize(ctx=OTHER)
    text = str(gi.summary(mlp))
    other = nn.Sequential()
    other.add(nn.Dense(256), nn.Dense(10))
    other.initialize()
    assert text.splitlines()[2].split()[:6] == str(gi.summary(other)).splitlines()[2].split()[:6]


def test_what_gave_the_values_is_told(mlp, tmp_path):
    file = str(tmp_path / "weights")
    mlp.initialize()
    mlp(nd.ones((2, 20)))
    mlp.save_parameters(file)
    mlp[0].weight.initialize(force_reinit=True)
    mlp[0].bias.set_data(nd.ones(256))
    mlp[1].weight._load_init(nd.ones((10, 256)), mx.cpu())
    states = ["re-initialized", "set", "loaded", "initialized"]
    assert [row.state for row in gi.summary(mlp).rows] == states
    with pytest.warns(UserWarning, match="already initialized"):
        mlp.initialize()
    assert [row.state for row in gi.summary(mlp).rows] == states
    mlp.load_parameters(file)
    assert {row.state for row in gi.summary(mlp).rows} == {"loaded"}


def test_what_no_batch_will_ever_initialize_is_told():
    class Unused(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.used, self.unused = nn.Dense(3), nn.Dense(4)

        def hybrid_forward(self, F, x):
            return self.used(x)

    net = Unused()
    net.initialize()
    found = gi.summary(net, (2, 5))
    assert {row.path: (row.state, row.reached) for row in found.rows} == {
        "used.weight": ("deferred", True),
        "used.bias": ("initialized", True),
        "unused.weight": ("deferred", False),
        "unused.bias": ("initialized", False),
    }
    assert "deferred, never reached" in str(found)
    assert {row.reached for row in gi.summary(net).rows} == {None}


def test_a_wrong_width_is_told(mlp):
    mlp.initialize()
    mlp(nd.ones((2, 20)))
    with pytest.raises(
        gi.ShapeError,
        match=r"'0' \(Dense\) cannot take \(2, 21\): .* 0.weight has the shape \(256, 20\)",
    ):
        gi.summary(mlp, (2, 21))
    assert gi.summary(mlp, (2, 20)).unknown == 0


def test_a_forward_that_needs_data_is_told():
    class Reader(nn.Block):
        def forward(self, x):
            return x if x.asnumpy().sum() > 0 else -x

    with pytest.raises(gi.ShapeError, match="Reader could not be traced without data"):
        gi.summary(Reader(), (1, 2))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((42,), "net must be a gluon.Block.*type int"),
        ((nn.Dense,), "a class was given, an object is needed"),
        ((nn.Dense(2), "2x20"), r"inputs\[0\] must be an array or a shape.*'2x20'"),
        ((nn.Dense(2), (0, 20)), r"inputs\[0\] has the shape \(0, 20\), but each size"),
        ((nn.Dense(2), ()), r"inputs\[0\] must be an array or a shape"),
        ((nn.Dense(2), 20), r"inputs\[0\] must be an array or a shape"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(gi.ArgumentError, match=words):
        gi.summary(*arguments)


def test_the_faces_agree(mlp):
    mlp.initialize()
    summary = gi.summary(mlp, (2, 20))
    assert summary.to_frame()["size"].sum() == summary.total
    assert str(summary).isascii()
    assert "5,120" in summary._repr_html_()
    assert "(10, 256)" in summary._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        summary.rows[0].path = "other"


def test_hybridized_nets_stay_as_they_are():
    net = nn.HybridSequential()
    net.add(nn.Dense(4), nn.Dropout(0.5), nn.Dense(2))
    net.initialize()
    net.hybridize()
    gi.summary(net, (3, 6))
    with autograd.record():
        net(nd.ones((3, 5))).backward()
    assert net[0].weight.shape == (4, 5)
    gi.summary(net, (3, 5))
    assert net(nd.ones((3, 5))).shape == (3, 2)


def test_numpy_mode():
    mx.npx.set_np()
    try:
        net = nn.HybridSequential()
        net.add(nn.Dense(4), nn.Dense(2))
        assert gi.summary(net).rows[0].shape == (4, None)
        assert gi.summary(net, (3, 6)).rows[0].shape == (4, 6)
        net.initialize()
        assert net(mx.np.ones((3, 6))).shape == (3, 2)
    finally:
        mx.npx.reset_np()


def test_constants_and_unattached_parameters_are_listed():
    class Scaled(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            self.scale = self.params.get_constant("scale", nd.ones((3,)))
            self.params.get("loose", shape=(2,))

        def hybrid_forward(self, F, x, scale):
            return F.broadcast_mul(x, scale)

    rows = gi.summary(Scaled(), (2, 3)).rows
    assert [row.path.split("_")[-1] for row in rows] == ["scale", "loose"]


@pytest.mark.filterwarnings("ignore:Cannot decide type for the following arguments")
def test_symbol_blocks():
    data = mx.sym.var("data")
    net = gluon.SymbolBlock(mx.sym.FullyConnected(data, num_hidden=4, name="fc"), data)
    assert {row.shape for row in gi.summary(net, (2, 6)).rows} == {(4, 6), (4,)}


@pytest.mark.filterwarnings("ignore:Cannot decide type for the following arguments")
def test_the_paths_of_a_symbol_block_are_whole(tmp_path):
    """Gluon cuts off what all names begin with, here ``conv``, also inside of a word."""
    data = mx.sym.var("data")
    symbol = mx.sym.FullyConnected(data, num_hidden=3, name="conv0")
    symbol = mx.sym.FullyConnected(symbol, num_hidden=2, name="conv1")

    def made():
        net = nn.HybridSequential()
        net.add(gluon.SymbolBlock(symbol, data), nn.Dense(1))
        return net

    net, other = made(), made()
    gi.force_init(net, (1, 4), init=mx.init.Uniform(1), seed=1)
    known = [row.path for row in gi.summary(net).rows]
    assert known[:4] == ["0.conv0_weight", "0.conv0_bias", "0.conv1_weight", "0.conv1_bias"]
    net.save_parameters(str(tmp_path / "file"))
    gi.load(other, tmp_path / "file", skip=["0.conv1_bias"])
    empty = [row.path for row in gi.summary(other).rows if "uninit" in row.state]
    assert empty == ["0.conv1_bias"]
    with pytest.raises(gi.ArgumentError, match=r"0\.conv0_weight"):
        gi.load(other, tmp_path / "file", skip=["0.0_weight"])


def test_the_device_is_shown_only_where_it_is_not_the_default(monkeypatch):
    net = nn.Dense(2, in_units=3)
    net.initialize(ctx=OTHER)
    assert NAME in str(gi.summary(net))
    monkeypatch.setenv("GLUON_INIT_DEVICE", NAME)
    assert "cpu" not in str(gi.summary(net))
    monkeypatch.setenv("GLUON_INIT_DEVICE", "no device")
    assert NAME in str(gi.summary(net))


class Opaque(gluon.Block):
    """Its forward needs real arrays."""

    def __init__(self):
        super().__init__()
        self.dense, self.spare = nn.Dense(3), nn.Dense(2)

    def forward(self, x):
        return self.dense(x) if float(x.sum().asscalar()) < 1 else x


class TestRun:
    """For nets whose shapes only a run can tell."""

    def test_summary(self):
        with pytest.raises(gi.ShapeError, match=r"gi\.summary and gi\.explain take run=True"):
            gi.summary(Opaque(), (2, 5))
        rows = {row.path: row for row in gi.summary(Opaque(), (2, 5), run=True).rows}
        assert rows["dense.weight"].shape == (3, 5)
        assert rows["spare.weight"].reached is False

    def test_explain(self):
        net = Opaque()
        net.initialize()
        text = str(gi.explain(net, (2, 5), run=True))
        assert "(3, 5)" in text
        assert "spare.weight" in text

    @pytest.mark.parametrize("function", [gi.summary, gi.explain])
    def test_needs_inputs_and_a_truth_value(self, function):
        with pytest.raises(gi.ArgumentError, match="inputs is empty"):
            function(Opaque(), run=True)
        with pytest.raises(gi.ArgumentError, match="run must be True or False"):
            function(Opaque(), (2, 5), run="yes")


def test_a_constant_is_filled_by_its_value():
    class Scaled(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.c = self.params.get_constant("c", mx.nd.ones((2,)))

        def hybrid_forward(self, F, x, c):
            return F.broadcast_mul(x, c)

    net = Scaled()
    with gi.trace_init(net) as trace:
        net.initialize()
    (row,) = gi.summary(net).rows
    assert (row.initializer, row.source, row.trainable) == ("its value", "layer", False)
    assert trace.rows[0].initializer == "its value"
