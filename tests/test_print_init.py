import gluon_init as gi

import mxnet as mx
import pytest
from mxnet import nd
from mxnet.gluon import nn


def printed(capsys):
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_prints_at_the_first_forward_pass_and_fills(mlp, capsys):
    mlp.initialize(gi.PrintInit())
    assert printed(capsys) == []
    y = mlp(nd.ones((2, 20)))
    lines = printed(capsys)
    orders = [(line[0], "".join(line[2:])) for line in lines]
    assert orders == [
        ("1", "(256,20)"),
        ("2", "(10,256)"),
    ]
    assert [line[1] for line in lines] == [mlp[0].weight.name, mlp[1].weight.name]
    assert y.abs().sum().asscalar() > 0
    assert 0 < mlp[0].weight.data().abs().max().asscalar() <= 0.07
    mlp(nd.ones((2, 20)))
    assert printed(capsys) == []


@pytest.mark.parametrize("inner", [mx.init.One(), "ones", '["constant", {"value": 1}]'])
def test_the_inner_initializer_fills(inner, capsys):
    net = nn.Dense(3, in_units=2)
    net.initialize(gi.PrintInit(inner))
    assert net.weight.data().asnumpy().tolist() == [[1, 1]] * 3
    assert len(printed(capsys)) == 1


def test_draws_as_the_inner_one_would(capsys):
    values = []
    for initializer in (mx.init.Normal(0.3), gi.PrintInit(mx.init.Normal(0.3))):
        mx.random.seed(5)
        net = nn.Dense(3, in_units=2)
        net.initialize(initializer)
        values.append(net.weight.data().asnumpy().tolist())
    assert values[0] == values[1]


def test_as_a_layers_own_initializer_and_by_name(capsys):
    net = nn.Dense(3, in_units=2, weight_initializer=gi.PrintInit(), bias_initializer="printinit")
    net.initialize(mx.init.One())
    lines = printed(capsys)
    assert [line[1].rsplit("_", 1)[1] for line in lines] == ["weight", "bias"]


def test_in_module(capsys):
    out = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    module = mx.mod.Module(out, label_names=None)
    module.bind([("data", (1, 3))])
    module.init_params(gi.PrintInit(mx.init.One()))
    assert [line[1] for line in printed(capsys)] == ["fc_bias", "fc_weight"]
    arguments, _ = module.get_params()
    assert arguments["fc_weight"].asnumpy().tolist() == [[1, 1, 1]] * 2
    assert arguments["fc_bias"].asnumpy().tolist() == [0, 0]


def test_in_a_hybridized_net_and_in_a_symbol(capsys):
    net = nn.HybridSequential()
    net.add(nn.Dense(3, weight_initializer=gi.PrintInit(mx.init.Normal(0.1))))
    net.hybridize()
    net.initialize()
    net(nd.ones((1, 2)))
    assert len(printed(capsys)) == 1
    assert mx.sym.var("w", init=gi.PrintInit()).attr("__init__") == '["printinit", {}]'


def test_round_trip_and_equality():
    first = gi.PrintInit(mx.init.Normal(0.3))
    again = mx.init.create(first.dumps())
    assert again == first
    assert again != gi.PrintInit()


def test_with_the_initializers_that_only_module_knows(capsys):
    net = nn.Dense(3, in_units=2)
    inner = mx.init.Mixed([".*"], [mx.init.One()])
    net.initialize(gi.PrintInit(inner))
    assert net.weight.data().asnumpy().tolist() == [[1, 1]] * 3


@pytest.mark.parametrize("inner", [0.01, mx.init.Normal])
def test_a_wrong_inner_is_named(inner):
    with pytest.raises(gi.ArgumentError, match="inner must be an initializer"):
        gi.PrintInit(inner)


def test_its_repr_can_be_pasted_and_two_alike_are_equal():
    made = gi.PrintInit(gi.MyInit())
    assert repr(made) == "gi.PrintInit(gi.MyInit(low=5, high=10, zero=0.5))"
    assert eval(repr(made)) == made != gi.PrintInit()
    assert eval(repr(gi.PrintInit())) == gi.PrintInit()


def test_it_may_hold_one_that_goes_by_paths_or_cannot_be_dumped(capsys):
    net = nn.Dense(2, in_units=3)
    net.initialize(gi.PrintInit(gi.Seeded(mx.init.Constant([1]), 3)))
    assert net.weight.data().asnumpy().min() == 1
    assert printed(capsys)[0][0] == "1"
    with pytest.raises(gi.ArgumentError, match="'nope' matches none"):
        net.initialize(gi.PrintInit(gi.ByPattern({"nope": "one"})), force_reinit=True)


def test_a_name_that_is_not_registered():
    with pytest.raises(gi.ArgumentError, match="inner is 'foo', which names no registered"):
        gi.PrintInit("foo")
