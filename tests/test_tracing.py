import dataclasses

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn
from mxnet.gluon.model_zoo import vision
from nets import fingerprint
from other import NAME, OTHER


@mx.init.register
class Rebinds(mx.init.Initializer):
    """The mistake of section 1.3: the name is bound anew, the array is not written."""

    def _init_weight(self, name, data):
        data = nd.ones(data.shape)


@mx.init.register
class Adds(mx.init.Initializer):
    """Legal, since Gluon hands over zeros."""

    def _init_weight(self, name, data):
        data[:] += 1


def told(trace, *fields):
    return [tuple(getattr(event, field) for field in fields) for event in trace.events]


def methods():
    kinds = (gluon.Parameter, gluon.ParameterDict, gluon.Block)
    return {(kind, name): value for kind in kinds for name, value in vars(kind).items()}


def test_the_tutorial_net(mlp):
    with gi.trace_init(mlp) as trace:
        mlp.initialize()
        assert len(trace) == 2
        mlp(nd.ones((2, 20)))
        mlp(nd.ones((2, 20)))
    assert told(trace, "order", "path", "shape", "source", "trigger", "deferred") == [
        (1, "0.bias", (256,), "layer", "net.initialize()", False),
        (2, "1.bias", (10,), "layer", "net.initialize()", False),
        (3, "0.weight", (256, 20), "initialize()", "forward of 0", True),
        (4, "1.weight", (10, 256), "initialize()", "forward of 1", True),
    ]
    assert trace.events[2].initializer == "Uniform(scale=0.07)"
    assert trace.events[0].values == "constant 0"
    weight = mlp[0].weight.data().asnumpy()
    event = trace.events[2]
    assert (event.minimum, event.maximum) == (weight.min(), weight.max())
    assert event.mean == pytest.approx(weight.mean(), abs=1e-7)
    assert event.std == pytest.approx(weight.std(), rel=1e-5)
    assert event.zeros == (weight == 0).mean()
    assert event.seconds > 0


def test_every_way_to_give_values(tmp_path):
    net = nn.HybridSequential()
    net.add(nn.Dense(3, in_units=2), nn.Dense(4))
    file = str(tmp_path / "weights")
    with gi.trace_init(net) as trace:
        net[0].weight.initialize(mx.init.One())
        net[0].initialize(mx.init.Normal(), force_reinit=True)
        net[1].collect_params().initialize(mx.init.Xavier())
        net[1].weight.set_data(nd.ones((4, 3)))
        net(nd.ones((1, 2)))
        net[1].bias.set_data(nd.ones(4))
        net.initialize(mx.init.Zero(), mx.cpu(), False, True)
        net.save_parameters(file)
        net.load_parameters(file)
        net.collect_params().load_dict(
            {name: p.data() for name, p in net.collect_params().items()}, ctx=None
        )
    assert told(trace, "path", "initializer", "source", "trigger", "deferred")[:7] == [
        ("0.weight", "One()", "parameter", "0.weight.initialize()", False),
        ("0.weight", "Normal(sigma=0.01)", "initialize()", FORCED, False),
        ("0.bias", "Zero()", "layer", FORCED, False),
        ("1.bias", "Zero()", "layer", "collect_params().initialize()", False),
        ("1.weight", "-", "set", "forward of 1", True),
        ("1.bias", "-", "set", "1.bias.set_data()", False),
        ("0.weight", "Zero()", "initialize()", "net.initialize(force_reinit=True)", False),
    ]
    loaded = [event for event in trace.events if event.source == "loaded"]
    assert [event.trigger for event in loaded] == ["net.load_parameters()"] * 4 + [
        "collect_params().load_dict()"
    ] * 4


FORCED = "net.0.initialize(force_reinit=True)"


def test_initialize_that_is_ignored_is_no_event(mlp):
    mlp.initialize()
    mlp(nd.ones((2, 20)))
    with gi.trace_init(mlp) as trace, pytest.warns(UserWarning, match="already initialized"):
        mlp.initialize()
    assert trace.events == ()
    assert "0 initializations" in str(trace)


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("name", ["resnet18_v1", "mobilenetv2_0.25", "densenet121"])
def test_one_event_for_each_parameter_of_a_real_net(name, hybrid):
    net = vision.get_model(name, classes=3)
    if hybrid:
        net.hybridize()
    x = nd.ones((1, 3, 224, 224))
    with gi.trace_init(net, statistics=False) as trace:
        net.initialize()
        net(x)
    summary = gi.summary(net)
    assert sorted(event.path for event in trace.events) == sorted(r.path for r in summary.rows)
    assert {event.path: event.shape for event in trace.events} == {
        row.path: row.shape for row in summary.rows
    }
    deferred = {event.trigger for event in trace.events if event.deferred}
    assert (deferred == {"forward of the net"}) is hybrid
    assert trace.events[0].values == ""
    assert "values" not in str(trace)


def test_a_recurrent_net():
    net = rnn.LSTM(4, 2)
    with gi.trace_init(net) as trace:
        net.initialize()
        net(nd.ones((3, 2, 5)))
    assert len(trace) == len(net.collect_params().keys()) == 8
    assert {e.path for e in trace.events if e.deferred} == {"l0_i2h_weight"}


def test_a_tied_parameter_has_one_event_with_all_its_paths(tmp_path):
    net = nn.Sequential()
    first = nn.Dense(4)
    net.add(first, nn.Dense(4, params=first.params))
    file = str(tmp_path / "weights")
    with gi.trace_init(net) as trace:
        net.initialize()
        net(nd.ones((2, 4)))
        net.save_parameters(file)
        net.load_parameters(file)
    assert told(trace, "paths", "source") == [
        (("0.bias", "1.bias"), "layer"),
        (("0.weight", "1.weight"), "initialize()"),
        (("0.weight", "1.weight"), "loaded"),
        (("0.bias", "1.bias"), "loaded"),
    ]


def test_several_devices(mlp):
    with gi.trace_init(mlp) as trace:
        mlp.initialize(ctx=[mx.cpu(0), OTHER])
    assert trace.events[0].devices == ("cpu(0)", NAME)
    assert f"cpu(0), {NAME}" in str(trace)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_an_initializer_that_writes_nothing_is_found_out(dtype):
    def net(init):
        return nn.Dense(3, in_units=2, weight_initializer=init, use_bias=False, dtype=dtype)

    flags = {}
    for init in (Rebinds(), Adds(), mx.init.Zero(), mx.init.Constant(0), mx.init.Constant(np.nan)):
        one = net(init)
        with gi.trace_init(one) as trace:
            one.initialize()
        flags[type(init).__name__, str(init.dumps())[-7:]] = trace.events[0].flags
        assert not np.signbit(one.weight.data().asnumpy()).any()
    assert list(flags.values()) == [("wrote nothing",), ("constant",), ("constant",), ("constant",), ("NaN",)]  # fmt: skip


def test_the_values_are_those_without_the_trace():
    def values(watched):
        net = nn.HybridSequential()
        net.add(nn.Dense(5), nn.Dropout(0.5), nn.Dense(3, weight_initializer=Adds()))
        mx.random.seed(4)
        with gi.trace_init(net) if watched else autograd.pause():
            net.initialize(mx.init.Normal())
            with autograd.record():
                net(nd.ones((2, 4)))
        return [p.data().asnumpy() for p in net.collect_params().values()]

    for one, other in zip(values(True), values(False), strict=True):
        assert np.array_equal(one, other)


def test_outside_the_block_mxnet_is_as_before(mlp):
    before = methods()
    with gi.trace_init(mlp) as outer, gi.trace_init(mlp[0]) as inner:
        mlp.initialize()
        assert methods() != before
    assert methods() == before
    mlp(nd.ones((2, 20)))
    assert (len(outer), len(inner)) == (2, 1)
    with gi.trace_init(mlp) as again:
        mlp.initialize(force_reinit=True)
    assert len(again) == 4
    assert len(outer) == 2
    assert methods() == before


def test_an_exception_leaves_what_happened(mlp):
    before = methods()
    mlp[1].weight.shape = (10, 7)
    mlp.initialize()
    with pytest.raises(mx.MXNetError, match="inferred shape"), gi.trace_init(mlp) as trace:
        mlp(nd.ones((2, 20)))
    assert [event.path for event in trace.events] == ["0.weight"]
    assert methods() == before


def test_a_failing_initializer_leaves_the_parameter_as_mxnet_would():
    class Fails(mx.init.Initializer):
        def _init_weight(self, name, data):
            raise RuntimeError("no numbers today")

    net = nn.Dense(2, in_units=3)
    with pytest.raises(RuntimeError, match="no numbers today"), gi.trace_init(net) as trace:
        net.initialize(Fails())
    assert trace.events == ()
    net.initialize()
    assert net.weight.data().shape == (2, 3)


def test_blocks_added_inside_count_and_other_nets_do_not():
    net, other = nn.Sequential(), nn.Dense(2, in_units=2)
    with gi.trace_init(net) as trace:
        net.add(nn.Dense(3, in_units=2))
        net.initialize()
        other.initialize()
    assert [event.path for event in trace.events] == ["0.weight", "0.bias"]
    assert trace.parameters == ("0.weight", "0.bias")


def test_looking_at_shapes_is_no_event(mlp):
    with gi.trace_init(mlp) as trace:
        mlp.initialize()
        before = fingerprint(mlp)
        gi.infer_shapes(mlp, (2, 20), run=True)
        assert fingerprint(mlp) == before
    assert len(trace) == 2


def test_the_faces_agree(mlp):
    with gi.trace_init(mlp) as trace:
        mlp.initialize()
        mlp(nd.ones((2, 20)))
    assert trace.rows == trace.events
    assert dataclasses.asdict(trace.events[0])["values"] == trace.events[0].values
    assert len(trace) == 4
    assert "4 initializations, 2 of them deferred" in str(trace)
    assert "<td" in trace._repr_html_()
    assert list(trace.to_frame()["path"]) == [event.path for event in trace.events]


def test_the_timeline_shows_each_event_in_its_row(mlp):
    mlp.add(nn.Dense(5))
    with gi.trace_init(mlp) as trace:
        mlp.initialize()
        mlp[0](nd.ones((2, 20)))
    axes = trace.plot().axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == [f"{i}.{name}" for i in range(3) for name in ("weight", "bias")]
    at_once, deferred = (points.get_offsets().tolist() for points in axes.collections[-2:])
    assert at_once == [[0, 1], [1, 3], [2, 5]]
    assert deferred == [[3, 0]]
    assert {text.get_text() for text in axes.texts} == {"net.initialize()", "forward of 0"}
    with gi.trace_init(nn.Sequential()) as nothing:
        pass
    assert nothing.plot().axes


@pytest.mark.parametrize(("net", "words"), [(None, "net must be"), (nn.Dense, r"Dense\(\)")])
def test_bad_arguments_are_named(net, words):
    with pytest.raises(gi.ArgumentError, match=words), gi.trace_init(net):
        pass
    with (
        pytest.raises(gi.ArgumentError, match="statistics must be"),
        gi.trace_init(nn.Dense(1), statistics=1),
    ):
        pass
