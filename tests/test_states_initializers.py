"""Summaries tell which initializer made a parameter's values, and who chose it."""

import gluon_init as gi

import mxnet as mx
import pytest
from fresh import answer
from mxnet import nd
from mxnet.gluon import nn


def test_each_source_of_an_initializer_is_told_apart():
    net = nn.Sequential()
    net.add(nn.Dense(3, weight_initializer=mx.init.One()), nn.Dense(3), nn.Dense(3))
    net.initialize(mx.init.Normal(0.5))
    net[1].weight.initialize(init=mx.init.Xavier())
    net[2].weight.initialize(init="ones")
    weights = [row for row in gi.summary(net).rows if row.path.endswith("weight")]
    assert [(row.initializer.split("(")[0], row.source) for row in weights] == [
        ("One", "layer"),
        ("Xavier", "parameter"),
        ("One", "parameter"),
    ]


def test_the_initializer_that_was_used_is_still_known(mlp):
    for made, expected in [
        (lambda: mlp.initialize(mx.init.Normal(0.5)) or mlp(nd.ones((2, 20))), "Normal(sigma=0.5)"),
        (lambda: gi.force_init(mlp, init=mx.init.Xavier(), force_reinit=True), "Xavier"),
        (lambda: gi.force_init(mlp, init=mx.init.One(), seed=1, force_reinit=True), "One()"),
    ]:
        made()
        weight, bias = gi.summary(mlp).rows[:2]
        assert weight.initializer.startswith(expected)
        assert (weight.source, bias.source) == ("initialize()", "layer")
    mlp[0].weight.set_data(nd.ones((256, 20)))
    weight = gi.summary(mlp).rows[0]
    assert (weight.initializer, weight.source) == (None, None)


@pytest.mark.parametrize("wrap", [lambda init: init, lambda init: gi.Seeded(init, 3)])
def test_patterns_are_named_where_they_decide(mlp, wrap):
    patterns = {"bias$": mx.init.One(), "^1": mx.init.Constant(2)}
    default = wrap(gi.ByPattern(patterns, default=mx.init.Constant(3)))
    expected = ["Constant(value=3)", "One()", "Constant(value=2)", "One()"]
    mlp.initialize(default)
    assert [row.initializer for row in gi.summary(mlp).rows] == expected
    with gi.trace_init(mlp) as trace:
        gi.force_init(mlp, (2, 20))
        gi.force_init(mlp, init=default, force_reinit=True)
    assert [row.initializer for row in gi.summary(mlp).rows] == expected
    assert {(e.path, e.initializer, e.source) for e in trace.events} == {
        (row.path, init, "initialize()")
        for row, init in zip(gi.summary(mlp).rows, expected, strict=True)
    }
    assert [float(p.data().asnumpy().flat[0]) for p in mlp.collect_params().values()] == [
        3,
        1,
        2,
        1,
    ]


class TestWhoChose:
    """parameter, layer or initialize()."""

    def made(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(3, in_units=2, bias_initializer="ones"), nn.BatchNorm(in_channels=3))
        return net

    def test_a_parameter_that_was_given_an_initializer_of_its_own(self):
        net = self.made()
        net[0].bias.init = mx.init.Constant(4)
        net.initialize()
        sources = {row.path: row.source for row in gi.summary(net).rows}
        assert sources["0.bias"] == "parameter"
        assert sources["0.weight"] == "initialize()"
        assert sources["1.gamma"] == "layer"

    @pytest.mark.parametrize("wrap", [lambda init: init, lambda init: gi.Seeded(init, 3)])
    def test_patterns_choose_only_what_they_match(self, wrap):
        net = self.made()
        net.initialize(wrap(gi.ByPattern({"weight|beta": mx.init.Constant(2)})))
        rows = {row.path: (row.initializer, row.source) for row in gi.summary(net).rows}
        assert rows["0.weight"] == rows["1.beta"] == ("Constant(value=2)", "initialize()")
        assert rows["0.bias"] == rows["1.gamma"] == ("One()", "layer")


def test_initializers_inside_of_others_are_written_as_calls():
    net = nn.Dense(3, in_units=2)
    net.initialize(gi.Mixture([(0.5, 1), (0.5, mx.init.Normal(1))]))
    assert (
        gi.summary(net).rows[0].initializer == "Mixture(parts=[[0.5, 1], [0.5, Normal(sigma=1)]])"
    )


def test_the_picture_of_initializers_is_coloured_by_who_chose():
    net = nn.HybridSequential()
    net.add(nn.Dense(3, in_units=2))
    net[0].bias.init = mx.init.One()
    net.initialize(mx.init.Constant(2))
    (axes,) = gi.summary(net).plot(of="initializer").axes
    assert [text.get_text() for text in axes.texts] == ["Constant(value=2)", "One()"]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["parameter", "initialize()"]
    with pytest.raises(gi.ArgumentError, match="of must be 'state' or 'initializer'"):
        gi.summary(net).plot(of="colour")


def test_another_tools_wrapper_does_not_switch_the_history_off():
    """Seen: where a tool had wrapped Parameter.initialize first, a weight that was set showed as
    initialized."""
    program = """
    import functools
    import gluon_init as gi
    from mxnet import gluon, nd
    from gluon_init._gluon import patches

    for name in ("__init__", "initialize", "_load_init", "set_data", "_finish_deferred_init"):
        own = vars(gluon.Parameter)[name].__wrapped__
        @functools.wraps(own)
        def theirs(self, *args, _own=own, **kwargs):
            return _own(self, *args, **kwargs)
        setattr(gluon.Parameter, name, theirs)
    patches.install()
    layer = gluon.nn.Dense(3, in_units=2)
    layer.initialize()
    layer.weight.set_data(nd.ones((3, 2)))
    answer = [row.state for row in gi.summary(layer).rows]
    """
    assert answer(program) == ["set", "initialized"]
