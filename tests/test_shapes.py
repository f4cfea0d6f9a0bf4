import cProfile
import pstats
import random
import re

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import nd
from mxnet.gluon import nn, rnn
from mxnet.gluon.model_zoo import vision
from nets import MODELS, Adds, fingerprint
from other import OTHER


class Two(nn.HybridBlock):
    """Two inputs, one of them a list, and an output that is nested."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.left, self.right = nn.Dense(4), nn.Dense(4, flatten=False)

    def hybrid_forward(self, F, x, pair):
        a, b = self.left(x), self.right(pair[0])
        return a, [b, pair[1]]


class Reads(nn.Block):
    """A forward that only a run can tell."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.first, self.second = nn.Dense(5), nn.Dense(3)

    def forward(self, x):
        noise = nd.random.normal(shape=x.shape, ctx=x.context) * np.random.rand() * random.random()
        return self.second(self.first(x)) if x.asnumpy().shape[1] > 3 else self.second(x + noise)


def steps(flow, *fields):
    return [tuple(getattr(row, field) for field in fields) for row in flow.rows]


def recorded(net, *arrays):
    """What a real forward pass shows: block, input shapes, output shapes."""
    seen = []

    def note(block, inputs, outputs):
        flat = [x.shape for x in inputs if isinstance(x, nd.NDArray)]
        seen.append((type(block).__name__, flat, outputs))

    net.apply(lambda block: block.register_forward_hook(note))
    net(*arrays)
    return sorted((kind, str(ins), str(out.shape)) for kind, ins, out in seen)


def test_each_step_says_what_became_known_and_why():
    net = nn.Sequential()
    net.add(nn.Conv2D(8, 3), nn.BatchNorm(), nn.MaxPool2D(2), nn.Dense(10), nn.Dense(3))
    flow = gi.infer_shapes(net, (1, 3, 28, 28))
    assert steps(flow, "block", "kind", "inputs", "outputs") == [
        ("", "Sequential", ((1, 3, 28, 28),), ((1, 3),)),
        ("0", "Conv2D", ((1, 3, 28, 28),), ((1, 8, 26, 26),)),
        ("1", "BatchNorm", ((1, 8, 26, 26),), ((1, 8, 26, 26),)),
        ("2", "MaxPool2D", ((1, 8, 26, 26),), ((1, 8, 13, 13),)),
        ("3", "Dense", ((1, 8, 13, 13),), ((1, 10),)),
        ("4", "Dense", ((1, 10),), ((1, 3),)),
    ]
    assert flow.rows[4].resolved == {"3.weight": (10, 1352)}
    assert flow.rows[4].declared == {"3.weight": (10, None)}
    assert flow.rows[2].resolved["1.running_var"] == (8,)
    assert [row.because.popitem()[1] for row in flow.rows if row.because] == [
        "in_channels = 3, the input's axis 1 (C of NCHW)",
        "in_channels = 8, the input's axis 1",
        "in_units = 1352, the input's 8 x 13 x 13, flattened",
        "in_units = 10, the input's last axis",
    ]
    assert flow.outputs == ((1, 3),)
    assert flow.parameters["4.weight"] == (3, 10)


@pytest.mark.parametrize(
    ("block", "shapes", "reason"),
    [
        (nn.Dense(2, flatten=False), [(5, 6, 7)], "in_units = 7, the input's last axis"),
        (nn.Conv2D(4, 3, groups=2), [(1, 6, 9, 9)], "in_channels = 6, .* in 2 groups"),
        (nn.Conv1D(4, 3), [(1, 6, 9)], r"in_channels = 6, the input's axis 1 \(C of NCW\)"),
        (nn.Conv2DTranspose(4, 3), [(1, 6, 9, 9)], "in_channels = 6, the input's axis 1"),
        (nn.BatchNorm(axis=-1), [(2, 3, 5)], "in_channels = 5, the input's last axis"),
        (nn.LayerNorm(), [(2, 3, 5)], "in_channels = 5, the input's last axis"),
        (rnn.GRU(4), [(7, 2, 5)], "input_size = 5, the input's last axis"),
        (rnn.LSTMCell(4), [(2, 5), [(2, 4), (2, 4)]], "input_size = 5, the input's last axis"),
    ],
)
def test_the_reason_names_the_axis(block, shapes, reason):
    flow = gi.infer_shapes(block, *shapes)
    reasons = [text for row in flow.rows for text in row.because.values()]
    assert all(re.fullmatch(reason + ".*", text) for text in reasons)
    assert reasons


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_every_vision_model_agrees_with_gluon(name, hybrid):
    net = vision.get_model(name, classes=10)
    if hybrid:
        net.hybridize()
    size = 299 if name == "inceptionv3" else 224
    before = fingerprint(net)
    flow = gi.infer_shapes(net, (1, 3, size, size))
    assert fingerprint(net) == before
    assert flow.unreached == ()
    assert flow.outputs == ((1, 10),)
    net.infer_shape(nd.ones((1, 3, size, size)))
    assert flow.parameters == {
        row.path: row.shape for row in gi.summary(net).rows if not row.alias_of
    }
    told = {path: shape for row in flow.rows for path, shape in row.resolved.items()}
    assert all(flow.parameters[path] == shape for path, shape in told.items())


@pytest.mark.parametrize("name", ["squeezenet1.0", "resnet18_v2", "mobilenetv2_0.25"])
def test_steps_are_those_of_a_real_forward_pass(name):
    net = vision.get_model(name, classes=4)
    shape = (2, 3, 224, 224)
    traced, ran = gi.infer_shapes(net, shape), gi.infer_shapes(net, shape, run=True)
    assert steps(traced, "block", "inputs", "outputs", "resolved") == steps(
        ran, "block", "inputs", "outputs", "resolved"
    )
    net.initialize()
    real = recorded(net, nd.zeros(shape))
    mine = [(row.kind, str(list(row.inputs)), str(row.outputs[0])) for row in traced.rows]
    assert sorted(mine) == real


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    layers=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=8),
)
def test_chains_of_any_widths(width, layers):
    net = nn.Sequential()
    for units, norm in layers:
        net.add(nn.Dense(units))
        if norm:
            net.add(nn.BatchNorm())
    flow = gi.infer_shapes(net, (2, width))
    net.initialize()
    net(nd.ones((2, width)))
    assert flow.parameters == {row.path: row.shape for row in gi.summary(net).rows}


def test_several_and_nested_inputs():
    flow = gi.infer_shapes(Two(), (2, 3, 4), [nd.ones((2, 7, 5)), (9,)])
    assert flow.parameters["left.weight"] == (4, 12)
    assert flow.parameters["right.weight"] == (4, 5)
    assert flow.outputs == ((2, 4), (2, 7, 4), (9,))


def test_shared_layers_keep_their_places():
    shared = nn.Dense(8)
    net = nn.HybridSequential()
    net.add(shared, nn.Dense(8), shared)
    flow = gi.infer_shapes(net, (2, 8))
    assert [row.block for row in flow.rows] == ["", "0", "1", "2"]
    assert [len(row.resolved) for row in flow.rows] == [0, 1, 1, 0]


def test_a_language_model_with_tied_weights():
    class Model(nn.Block):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.encoder = nn.Embedding(50, 16)
                self.lstm = rnn.LSTM(16, 2)
                self.decoder = nn.Dense(50, flatten=False, params=self.encoder.params)

        def forward(self, x):
            return self.decoder(self.lstm(self.encoder(x)))

    net = Model()
    flow = gi.infer_shapes(net, (7, 3))
    assert flow.outputs == ((7, 3, 50),)
    assert flow.parameters["decoder.weight"] == (50, 16)
    net.initialize()
    net(nd.zeros((7, 3)))
    assert flow.parameters == {row.path: row.shape for row in gi.summary(net).rows}


def test_a_branch_that_is_never_reached():
    net = Adds(3, 3)
    net.unused = nn.Dense(4)
    flow = gi.infer_shapes(net, (2, 5))
    assert flow.unreached == ("unused.weight", "unused.bias")
    assert flow.parameters["unused.weight"] == (4, None)
    assert "never reached by this forward pass: unused.weight, unused.bias" in str(flow)


def test_a_forward_that_needs_arrays_runs_only_when_asked():
    net = Reads()
    net.initialize(mx.init.Normal())
    net.first.bias.set_data(nd.arange(5))
    with pytest.raises(gi.ShapeError, match=r"Reads could not be traced .* run=True"):
        gi.infer_shapes(net, (2, 4))
    before = fingerprint(net)
    mx.random.seed(3)
    np.random.seed(3)
    random.seed(3)
    expected = nd.random.uniform(shape=3).asnumpy(), np.random.rand(), random.random()
    mx.random.seed(3)
    np.random.seed(3)
    random.seed(3)
    flow = gi.infer_shapes(net, (2, 4), run=True)
    assert flow.parameters["second.weight"] == (3, 5)
    assert gi.infer_shapes(net, (2, 3), run=True).unreached == ("first.weight", "first.bias")
    assert fingerprint(net) == before
    assert "_data" in vars(net.first.bias)
    assert "data" not in vars(net.first.bias)
    assert net.first.bias.data().asnumpy().tolist() == [0, 1, 2, 3, 4]
    after = nd.random.uniform(shape=3).asnumpy(), np.random.rand(), random.random()
    assert np.array_equal(after[0], expected[0])
    assert after[1:] == expected[1:]


def test_nothing_of_the_net_changes():
    net = nn.HybridSequential()
    net.add(nn.Dense(5), nn.BatchNorm(), nn.Dense(2))
    net.initialize(ctx=[mx.cpu(0), OTHER])
    net.hybridize()
    net(nd.ones((2, 3), ctx=mx.cpu(0)))
    before = fingerprint(net)
    attributes = [dict(vars(block)) for block in (net, *net)]
    gi.infer_shapes(net, (2, 3))
    gi.infer_shapes(net, (2, 3), run=True)
    assert fingerprint(net) == before
    assert [dict(vars(block)) for block in (net, *net)] == attributes


def test_numpy_mode():
    mx.npx.set_np()
    try:
        net = nn.HybridSequential()
        net.add(nn.Dense(5), nn.Dense(2))
        assert gi.infer_shapes(net, (3, 4)).parameters["1.weight"] == (2, 5)
        assert gi.infer_shapes(net, (3, 4), run=True).parameters["1.weight"] == (2, 5)
    finally:
        mx.npx.reset_np()


@pytest.mark.parametrize("depth", [100, 3000])
def test_deep_chains(depth):
    net = nn.HybridSequential()
    net.add(*(nn.Dense(3) for _ in range(depth)))
    flow = gi.infer_shapes(net, (1, 2))
    assert len(flow) == depth + 1
    assert flow.rows[-1].resolved == {f"{depth - 1}.weight": (3, 3)}


def test_the_picture_shows_each_shape_before_and_after():
    net = nn.Sequential()
    net.add(nn.Conv2D(8, 3, activation="relu"), nn.Dense(10))
    figure = gi.infer_shapes(net, (1, 3, 9, 9)).plot()
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"0  Conv2D", "1  Dense", "(10, ?)", "(10, 392)", "(1, 8, 7, 7)"} <= set(texts)
    assert not any("Activation" in text for text in texts)
    large = gi.infer_shapes(vision.resnet152_v1(), (1, 3, 224, 224)).plot()
    boxes = [text for text in large.axes[0].texts if "  " in text.get_text()]
    assert 2 <= len(boxes) <= 20


class TestLinks:
    """Who made a block's inputs, and which blocks only hand on what others made."""

    def rows(self, net, *inputs):
        rows = gi.infer_shapes(net, *inputs).rows
        names = [row.block for row in rows]
        return {
            row.block: {
                field: [names[i] for i in getattr(row, field)]
                for field in ("takes", "gives", "inside")
            }
            for row in rows
        }

    def test_of_a_net_with_heads(self):
        net = gi.AuxiliaryNet(
            {"low": nn.Dense(8), "high": nn.Dense(5)}, nn.Dense(3), {"low": nn.Dense(3)}
        )
        rows = self.rows(net, (4, 20))
        assert rows[""]["inside"] == ["network", "auxiliary.low"]
        assert rows[""]["gives"] == ["network.head", "auxiliary.low"]
        assert rows["network"]["inside"] == ["network.low", "network.high", "network.head"]
        assert rows["auxiliary.low"]["takes"] == ["network.low"]
        assert rows["network.low"]["takes"] == []

    def test_an_lstm_makes_its_own_first_states(self):
        net = nn.HybridSequential()
        net.add(nn.Embedding(50, 8), rnn.LSTM(7), nn.Dense(3, flatten=False))
        assert self.rows(net, (5, 2))[""]["inside"] == ["0", "1", "2"]

    def test_a_block_that_computes_something_itself_is_no_link(self):
        rows = self.rows(vision.resnet18_v1(), (1, 3, 64, 64))
        assert "features.4.0" in rows["features.4"]["inside"]
        assert rows["features.4.0"]["inside"] == []

    def test_what_is_left_out_in_the_picture_is_said(self):
        figure = gi.infer_shapes(gi.googlenet(), (1, 3, 224, 224)).plot()
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert "network.stem.0  Conv2D" in texts
        assert texts.count("6 shapes became known inside") == 9
        assert texts.count("(1, 1000) out of the net") == 3
        assert texts.count("(1, 3, 224, 224) into the net") == 1
        assert len(figure.axes[0].lines) == 2  # to the two heads, past other boxes


class TestCost:
    """Grows with the number of layers, not with its square."""

    @staticmethod
    def work(monkeypatch, function, layers):
        """How many calls of Python functions, and how many names MXNet listed for them."""
        net = nn.HybridSequential()
        net.add(*(nn.Dense(4) for _ in range(layers)))
        listed = 0

        def counted(original):
            def list_names(symbol):
                nonlocal listed
                names = original(symbol)
                listed += len(names)
                return names

            return list_names

        with monkeypatch.context() as patch:
            for method in ("list_inputs", "list_arguments", "list_auxiliary_states"):
                original = getattr(mx.sym.Symbol, method)
                patch.setattr(mx.sym.Symbol, method, counted(original))
            profile = cProfile.Profile()
            profile.runcall(function, net, (1, 4))
        return pstats.Stats(profile).total_calls, listed

    @pytest.mark.parametrize("function", [gi.infer_shapes, gi.summary])
    def test_a_chain_twice_as_long_costs_twice_as_much(self, monkeypatch, function):
        self.work(monkeypatch, function, 2)  # what is done once for all
        calls, listed = self.work(monkeypatch, function, 200)
        more_calls, more_listed = self.work(monkeypatch, function, 400)
        assert more_calls < 2.1 * calls
        assert more_listed < 2.1 * listed
