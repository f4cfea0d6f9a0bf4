"""Every public function gives the same under npx.set_np() as without: one set of tests, two modes."""

import contextlib

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn

MODES = ["nd", "np"]


@contextlib.contextmanager
def mode(name):
    """MXNet's older arrays, or those of NumPy's kind."""
    with contextlib.ExitStack() as stack:
        if name == "np":
            stack.enter_context(mx.util.np_shape(True))
            stack.enter_context(mx.util.np_array(True))
        stack.enter_context(mx.name.NameManager())
        yield mx.np if name == "np" else mx.nd


def stack_of(*layers):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(*(layers or (nn.Dense(4, activation="relu"), nn.Dense(4))))
    return net


def square(output):
    return (output**2).sum()


def grid(arrays):
    return arrays.array((np.arange(10).reshape(2, 5) - 4) / 4, dtype="float32")


def traced(arrays):
    net = stack_of()
    with gi.trace_init(net) as trace:
        net.initialize(gi.Seeded("xavier", 3))
        net(grid(arrays))
    return trace


def forced(arrays, **settings):
    net = gi.force_init(stack_of(), grid(arrays), **settings)
    return [p.data().asnumpy().tolist() for p in net.collect_params().values()]


def known(arrays):
    return gi.force_init(stack_of(), grid(arrays), init=mx.init.Constant(0.5), seed=1)


def tied(arrays):
    net = stack_of(nn.Dense(5, in_units=5), nn.Dense(5, in_units=5))
    gi.force_init(net, init=mx.init.Constant(0.5), seed=1)
    return gi.tie(net, "1.weight", "0.weight")


def heads(arrays):
    net = gi.AuxiliaryNet({n: nn.Dense(4) for n in "ab"}, nn.Dense(3), {"a": nn.Dense(3)})
    return gi.force_init(net, grid(arrays), init=mx.init.Constant(0.5), seed=1)


def auxiliary_step(arrays):
    """Losses, metric and predictions, before and after hybridize()."""
    net, found = heads(arrays), []
    for _ in range(2):
        with autograd.record():
            output = net(grid(arrays))
            loss = gi.AuxiliaryLoss(gluon.loss.L2Loss())
            total = loss(output, arrays.ones((2, 3)))
        total.backward()
        metric = gi.head_metric("mse", "a")
        metric.update(arrays.ones((2, 3)), output)
        found.append([total.asnumpy().tolist(), loss.report(), metric.get()])
        found.append(net(grid(arrays)).asnumpy().tolist())
        net.hybridize()
    return found


def loaded(arrays, folder):
    file = str(folder / "net.params")
    known(arrays).save_parameters(file)
    net = stack_of()
    return str(gi.load(net, file)), net(grid(arrays)).asnumpy().tolist()


def explained(arrays):
    net = stack_of()
    net.initialize()
    return [
        str(gi.explain(net)),
        str(gi.explain(net, grid(arrays))),
        str(gi.explain(mx.init.Xavier())),
    ]


CALLS = {
    "infer_shapes": lambda a, _: str(gi.infer_shapes(stack_of(), grid(a))),
    "infer_shapes by a run": lambda a, _: str(gi.infer_shapes(stack_of(), (2, 5), run=True)),
    "summary": lambda a, _: str(gi.summary(known(a), grid(a))),
    "summary of a new net": lambda a, _: str(gi.summary(stack_of(), (2, 5))),
    "force_init": lambda a, _: forced(a, init=mx.init.Constant(0.5)),
    "force_init by a seed": lambda a, _: forced(a, seed=3),
    "force_init by MyInit": lambda a, _: forced(a, init=gi.MyInit(), seed=3),
    "force_init by patterns": lambda a, _: forced(a, init=gi.ByPattern({"bias": "ones"}), seed=3),
    "trace_init": lambda a, _: str(traced(a)),
    "signal_report": lambda a, _: str(gi.signal_report(known(a), grid(a), square)),
    "signal_report of a shape": lambda a, _: str(gi.signal_report(known(a), (2, 5), square)),
    "signal_report, compared": lambda a, _: str(
        gi.signal_report(stack_of(), grid(a), square, compare={"seeded": gi.Seeded("xavier", 3)})
    ),
    "check_distribution": lambda a, _: str(
        gi.check_distribution(gi.Seeded(gi.MyInit(), 3), shape=(40, 40))
    ),
    "explain": lambda a, _: explained(a),
    "reach": lambda a, _: str(gi.reach(heads(a))),
    "freeze": lambda a, _: str(gi.freeze(heads(a), "network.a")),
    "tied_groups": lambda a, _: str(gi.tied_groups(tied(a))),
    "untie": lambda a, _: str(gi.tied_groups(gi.untie(tied(a), "1.weight"))),
    "gradient_shares": lambda a, _: str(gi.gradient_shares(tied(a), "0.weight", square, grid(a))),
    "load": loaded,
    "auxiliary heads": lambda a, _: auxiliary_step(a),
}


@pytest.mark.parametrize("call", CALLS)
def test_both_modes_say_the_same(call, tmp_path):
    found = []
    for name in MODES:
        with mode(name) as arrays:
            found.append(CALLS[call](arrays, tmp_path))
    assert found[0] == found[1]


@pytest.mark.parametrize(("make", "size"), [(gi.googlenet, 224), (gi.inception_v3, 299)])
def test_the_papers_nets_give_the_same_in_both_modes(make, size):
    outputs = []
    for name in MODES:
        with mode(name) as arrays:
            net = gi.force_init(make(5), (1, 3, size, size), seed=1)
            outputs.append([net(arrays.ones((1, 3, size, size))).asnumpy()])
            net.hybridize()
            with autograd.record():
                output = net(arrays.ones((1, 3, size, size)))
            outputs[-1] += [len(output.auxiliary)]
    assert np.allclose(outputs[0][0], outputs[1][0], atol=1e-5)
    assert outputs[0][1] == outputs[1][1] >= 1
