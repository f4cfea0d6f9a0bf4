"""Any initializer, also one made of others: what it fills, a copy of it fills too, and once."""

import copy
import inspect
import pickle
import re

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from hypothesis import strategies as st
from mxnet import gluon
from mxnet.gluon import nn
from random_nets import GLUONS_WARNINGS, force, holds_of, parameters, plans, same, values

pytestmark = GLUONS_WARNINGS

FACTORS = st.sampled_from(["avg", "in", "out"])


def eighths(least, most):
    """Numbers that all types of arrays can hold."""
    return st.integers(8 * least, 8 * most).map(lambda number: number / 8)


POSITIVE = eighths(1, 4) | st.integers(1, 3)
MATRICES = {
    mx.init.Xavier: st.builds(
        mx.init.Xavier, st.sampled_from(["uniform", "gaussian"]), FACTORS, POSITIVE
    ),
    mx.init.MSRAPrelu: st.builds(mx.init.MSRAPrelu, FACTORS, eighths(0, 1)),
    mx.init.Orthogonal: st.builds(
        mx.init.Orthogonal, POSITIVE, st.sampled_from(["uniform", "normal"])
    ),
}
"""Those that need at least two axes."""

VECTORS = {
    mx.init.Zero: st.builds(mx.init.Zero),
    mx.init.One: st.builds(mx.init.One),
    mx.init.Uniform: st.builds(mx.init.Uniform, POSITIVE),
    mx.init.Normal: st.builds(mx.init.Normal, POSITIVE),
    mx.init.Constant: st.builds(mx.init.Constant, eighths(-4, 4)),
    mx.init.LSTMBias: st.builds(mx.init.LSTMBias, eighths(0, 2)),
    gi.MyInit: st.builds(gi.MyInit, eighths(0, 2), eighths(3, 4), eighths(0, 1)),
}
"""Those that fill arrays of any shape."""

INSIDE_ONLY = st.one_of(  # MXNet cannot dump these alone
    st.builds(lambda number: mx.init.Constant([number]), eighths(-4, 4)),
    st.builds(lambda number: mx.init.Constant(np.full(1, number)), eighths(-4, 4)),
    st.builds(lambda number: mx.init.Normal(np.float32(number)), eighths(1, 4)),
)


def mixtures(inner):
    part = st.one_of(eighths(-4, 4), st.tuples(eighths(-4, -1), eighths(0, 4)), inner)
    shares = st.lists(st.integers(1, 5), min_size=1, max_size=3)
    return shares.flatmap(
        lambda some: st.lists(part, min_size=len(some), max_size=len(some)).map(
            lambda parts: gi.Mixture([(n / sum(some), one) for n, one in zip(some, parts, strict=True)])
        )
    )  # fmt: skip


EVERYWHERE = [".", "^.", "(?i)[A-Z]", re.compile("[A-Z]", re.I)]
WEIGHTS = ["weight$", "^0.*weight", re.compile("WEIGHT", re.I)]


def patterns(vectors, anything):
    """Patterns for the net of these tests: only weights get what needs two axes."""
    chosen = st.one_of(
        st.tuples(st.sampled_from(["bias$", "^1", *EVERYWHERE]), vectors),
        st.tuples(st.sampled_from(WEIGHTS), anything),
    )
    return st.builds(
        gi.ByPattern,
        st.lists(chosen, min_size=1, max_size=3).map(dict),
        default=st.none() | anything,
    )


def around(vectors, anything):
    """One more initializer around some."""
    return st.one_of(
        st.builds(gi.Seeded, st.none() | anything, st.integers(0, 2**70)),
        st.builds(gi.PrintInit, st.none() | anything),
        mixtures(anything),
        patterns(vectors, anything),
    )


FLAT = st.one_of(*VECTORS.values())
ALONE = st.one_of(FLAT, *MATRICES.values())
ANY = ALONE | st.recursive(
    ALONE | INSIDE_ONLY, lambda inner: around(FLAT | INSIDE_ONLY, inner), max_leaves=4
).filter(lambda init: type(init).__module__.startswith("gluon_init"))


def net_of(init=None):
    """Its weights have two and four axes; biases and norms have initializers of their own."""
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(4, 2, weight_initializer=init), nn.BatchNorm(),
        nn.Dense(4, flatten=False, weight_initializer=init),
        nn.Dense(3, weight_initializer=init),
    )  # fmt: skip
    return net


SHAPE = (2, 3, 4, 4)


def copies(init):
    """Initializers that must be the same: from the dump, by pickle, by copying, from the repr."""
    made = {
        "dump": mx.init.create(init.dumps()),
        "second dump": mx.init.create(mx.init.create(init.dumps()).dumps()),
        "pickle": pickle.loads(pickle.dumps(init)),
        "copy": copy.deepcopy(init),
    }
    if type(init).__module__.startswith("gluon_init"):
        made["repr"] = eval(repr(init), {"gi": gi, "mx": mx})
    return made


def drawn(init, way):
    """What it fills, in one of the ways in which it is used; each parameter must be filled once."""
    mx.random.seed(4)
    np.random.seed(4)
    net = net_of(init) if way == "layer" else net_of()
    with gi.trace_init(net) as trace:
        if way == "initialize":
            net.initialize(init)
            net(mx.nd.ones(SHAPE))
        elif way == "layer":
            net.initialize()
            net(mx.nd.ones(SHAPE))
        elif way == "seed" and not isinstance(init, gi.Seeded):
            gi.force_init(net, SHAPE, init=init, seed=11)
        else:
            gi.force_init(net, SHAPE, init=init)
    assert sorted(event.path for event in trace.events) == sorted(parameters(net))
    return values(net)


@holds_of(
    70, init=ANY, way=st.sampled_from(["initialize", "layer", "force_init", "seed"]),
    which=st.sampled_from(["dump", "second dump", "pickle", "copy", "repr"]),
)  # fmt: skip
def test_copies_fill_the_same_values(init, way, which):
    again = copies(init).get(which, init)
    assert type(again) is type(init)
    usual = drawn(init, way)
    assert same(drawn(again, way), usual)
    assert same(drawn(init, way), usual), "its own draws have changed it"
    assert again.dumps() == mx.init.create(init.dumps()).dumps()


@holds_of(30, plan=plans(), init=FLAT | mixtures(FLAT), seed=st.sampled_from([None, 3]))
def test_in_any_net_a_dump_fills_the_same(plan, init, seed):
    with plan.mode():
        nets = [plan.net(), plan.net()]
        for net, given in zip(nets, (init, init.dumps()), strict=True):
            mx.random.seed(6)
            force(plan, net, *plan.shapes(), init=given, seed=seed)
        assert same(*map(values, nets))


def test_every_initializer_is_drawn():
    """A new one in MXNet or here must be added above."""
    named = [*vars(mx.init).values(), *(getattr(gi, name) for name in gi.__all__)]
    every = {one for one in named if inspect.isclass(one) and issubclass(one, mx.init.Initializer)}
    combined = {gi.Seeded, gi.PrintInit, gi.Mixture, gi.ByPattern}
    elsewhere = {mx.init.Bilinear, mx.init.FusedRNN}  # for arrays of one kind only: below
    assert every - {mx.init.Initializer} == {*VECTORS, *MATRICES} | combined | elsewhere


class Packed(gluon.HybridBlock):
    """All parameters of a recurrent layer in one vector."""

    def __init__(self, init, size):
        super().__init__()
        self.packed = self.params.get("packed", shape=(size,), init=init)

    def hybrid_forward(self, F, x, packed):
        return x


@pytest.mark.parametrize(
    "around", [lambda init: init, lambda init: gi.Seeded(init, 2), gi.PrintInit]
)
def test_bilinear_and_fused_rnn(around):
    for make in (
        lambda init: nn.Conv2DTranspose(2, 4, weight_initializer=init, in_channels=3),
        lambda init: Packed(init, 84),
    ):
        bilinear = isinstance(make(None), nn.Conv2DTranspose)
        init = mx.init.Bilinear() if bilinear else mx.init.FusedRNN(None, 3, 1, "lstm")
        found = []
        for one in (around(init), mx.init.create(around(init).dumps())):
            mx.random.seed(2)
            net = make(one)
            net.initialize(mx.init.Normal(1))
            found.append(values(net))
        assert same(*found)
