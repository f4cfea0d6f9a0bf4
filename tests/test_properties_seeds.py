"""What a seed gives depends on it and on a parameter's path alone, in any net."""

import contextlib
import dataclasses

import gluon_init as gi

import mxnet as mx
import numpy as np
from hypothesis import strategies as st
from mxnet import autograd
from mxnet.gluon import nn
from other import OTHER
from random_nets import GLUONS_WARNINGS, force, holds_of, plans, ran, values

pytestmark = GLUONS_WARNINGS


class Own(mx.init.Initializer):
    """Of a law that gluon_init does not know: it runs in a copy of the process."""

    def _init_weight(self, name, arr):
        draw = mx.np.random.normal if mx.util.is_np_array() else mx.nd.random.normal
        arr[:] = draw(0, 1, arr.shape) * 2 + np.random.uniform()


INITIALIZERS = st.sampled_from(
    [mx.init.Normal(1), mx.init.Uniform(2), mx.init.Xavier(), mx.init.MSRAPrelu(), gi.MyInit()]
)


def has_no_zeros(init):
    return not isinstance(init, gi.MyInit)


def by_path(net):
    """Path → values, which must be the same on all devices."""
    found = {}
    for path, arrays in values(net).items():
        assert all(np.array_equal(arrays[0], array) for array in arrays)
        found[path] = arrays[0]
    return found


def made_elsewhere():
    """What must not matter: other nets, their names and draws, and all random states."""
    other = nn.HybridSequential()
    other.add(nn.Dense(3), nn.BatchNorm(), nn.Dense(2))
    gi.force_init(other, (2, 3), seed=99)
    other.initialize(mx.init.Normal(1), force_reinit=True)
    mx.random.seed(int(mx.nd.random.randint(0, 1000).asscalar()))
    np.random.uniform()


WAYS = {
    "registered in another order": lambda plan, n: plan.net(shuffled=n),
    "all declared": lambda plan, n: plan.net(declared=True),
    "nothing declared": lambda plan, n: plan.net(declared=False),
    "not hybridized": lambda plan, n: plan.net(hybridize=False),
}


@holds_of(
    90, plan=plans(), init=INITIALIZERS, seed=st.integers(0, 2**70), way=st.sampled_from([*WAYS]),
    number=st.integers(0, 9), devices=st.sampled_from([None, OTHER, [mx.cpu(0), OTHER]]),
    traced=st.booleans(), waiting=st.booleans(),
)  # fmt: skip
def test_values_do_not_depend_on_how_a_net_is_made_and_where(
    plan, init, seed, way, number, devices, traced, waiting
):
    with plan.mode():
        usual = by_path(force(plan, plan.net(), *plan.shapes(), init=init, seed=seed))
        made_elsewhere()
        net = WAYS[way](plan, number)
        if waiting:
            net.initialize(mx.init.One())
        with gi.trace_init(net) if traced else contextlib.nullcontext():
            force(
                plan, net, *plan.shapes(), init=init, seed=seed, device=devices, force_reinit=waiting
            )  # fmt: skip
        found = by_path(net)
        # A tied parameter belongs to the first of its places, which may be another in another order;
        # what is never reached is left out where nothing declares its shape.
        if plan.idle or way == "registered in another order":
            usual = {path: usual[path] for path in usual if path in found}
            found = {path: found[path] for path in usual}
        assert usual.keys() == found.keys()
        for path in usual:
            assert np.array_equal(usual[path], found[path]), path


@holds_of(50, plan=plans(), init=INITIALIZERS, seed=st.integers(0, 9), train=st.booleans())
def test_a_forward_pass_draws_what_force_init_draws(plan, init, seed, train):
    if not plan.deferrable:
        return
    with plan.mode():
        usual = by_path(force(plan, plan.net(), *plan.shapes(), init=init, seed=seed))
        net = plan.net()
        net.initialize(gi.Seeded(init, seed))
        with autograd.record(train_mode=train):
            ran(plan, net)
        statistics = {row.path for row in gi.summary(net).rows if "running" in row.path}
        found = by_path(net)
        assert usual.keys() == found.keys()
        for path in usual.keys() - (statistics if train else set()):  # training moves these on
            assert np.array_equal(usual[path], found[path]), path


@holds_of(30, plan=plans(numpy=True), init=INITIALIZERS, seed=st.integers(0, 9))
def test_they_are_the_same_in_numpy_mode(plan, init, seed):
    classic = dataclasses.replace(plan, numpy=False)
    with plan.mode():
        there = by_path(force(plan, plan.net(), *plan.shapes(), init=init, seed=seed))
    here = by_path(force(classic, classic.net(), *plan.shapes(), init=init, seed=seed))
    assert there.keys() == here.keys()
    for path in there:
        assert np.array_equal(there[path], here[path]), path


@holds_of(12, plan=plans(opaque=False), seed=st.integers(0, 9), number=st.integers(0, 9))
def test_initializers_of_unknown_law_too(plan, seed, number):
    with plan.mode():
        usual = by_path(force(plan, plan.net(), *plan.shapes(), init=Own(), seed=seed))
        made_elsewhere()
        net = plan.net(shuffled=number, hybridize=False)
        force(plan, net, *plan.shapes(), init=Own(), seed=seed, device=OTHER)
        found = by_path(net)
        for path in usual.keys() & found.keys():
            assert np.array_equal(usual[path], found[path]), path


@holds_of(40, plan=plans(), init=INITIALIZERS.filter(has_no_zeros), seed=st.integers(0, 9))
def test_no_two_parameters_and_no_two_seeds_draw_the_same(plan, init, seed):
    """Of those which draw at all, and so much that it cannot be chance."""
    with plan.mode():
        nets = [
            by_path(force(plan, plan.net(), *plan.shapes(), init=init, seed=one))
            for one in (seed, seed + 1)
        ]
        drawn = [array for net in nets for array in net.values()]
        drawn = [array for array in drawn if array.size > 4 and len(np.unique(array)) > 4]
        heads = [tuple(array.ravel()[:5] / np.abs(array).max()) for array in drawn]
        assert len(set(heads)) == len(heads)
