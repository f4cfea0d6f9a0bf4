"""SymbolBlocks: labels that are taken for parameters, and BatchNorms that are drawn as weights."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import X, says
from mxnet import gluon

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:Cannot decide type:UserWarning"),
]


def layers():
    hidden = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    return hidden, mx.sym.SoftmaxOutput(hidden, name="softmax")


def normed():
    hidden, _ = layers()
    return mx.sym.BatchNorm(hidden, name="bn", fix_gamma=False)


def block_of(symbol, *inputs):
    return gluon.SymbolBlock(symbol, [mx.sym.var(name) for name in ("data", *inputs)])


def test_a_label_is_no_parameter():
    _, loss = layers()
    net = block_of(loss)
    says(gi.explain(net), "softmax_label: a label that SymbolBlock takes for a parameter", "Cut")
    for look in (lambda: gi.summary(net, X), lambda: gi.reach(net)):
        assert "softmax_label is a label" in str(look())
    cut = block_of(loss.get_internals()["fc_output"])
    gi.force_init(cut, X)
    assert "label" not in str(gi.explain(cut)) + str(gi.summary(cut)) + str(gi.reach(cut))
    assert cut(X).shape == (2, 3)
    both = block_of(loss, "softmax_label")
    gi.force_init(both, X, (2,))
    assert "label" not in str(gi.explain(both))
    assert np.allclose(both(X, mx.nd.zeros(2)).asnumpy().sum(axis=1), 1)


@pytest.mark.parametrize("init", [None, mx.init.Xavier(), mx.init.Normal(1)])
def test_a_batch_norm_is_not_drawn(init):
    net = block_of(normed())
    if isinstance(init, mx.init.Xavier):
        with pytest.raises(gi.InitError, match="vector"):
            gi.force_init(net, X, init=init)
        return
    gi.force_init(net, X, **({} if init is None else {"init": init}))
    said = gi.explain(net)
    says(said, "bn_gamma, bn_beta, bn_moving_mean, bn_moving_var: of a BatchNorm, and drawn", "nan")
    step = said.rows[0].next
    call = step[step.index("net.initialize(") : step.index(", which draws")]
    eval(call, {"net": net, "gi": gi, "mx": mx})
    assert (net.params.get("bn_moving_var").data().asnumpy() == 1).all()
    assert (net.params.get("fc_bias").data().asnumpy() == 0).all()
    assert np.isfinite(net(X).asnumpy()).all()
    assert "BatchNorm" not in str(gi.explain(net))


def test_a_variance_below_zero_is_marked_in_the_summary():
    net = gi.force_init(block_of(normed()), X, init=mx.init.Constant(-1))
    assert "bn_moving_var is a variance, and has numbers below 0" in str(gi.summary(net))
    net.params.get("bn_moving_var").set_data(mx.nd.ones(3))
    assert "variance" not in str(gi.summary(net))


def test_what_was_loaded_is_right(tmp_path):
    net = block_of(normed())
    gi.force_init(net, X, init="ones")
    net.save_parameters(str(tmp_path / "f"))
    other = block_of(normed())
    gi.load(other, tmp_path / "f")
    assert "BatchNorm" not in str(gi.explain(other))
