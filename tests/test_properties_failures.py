"""All or nothing, of any net: what fails leaves no parameter, state or random generator changed."""

import re

import gluon_init as gi

import mxnet as mx
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from random_nets import (
    GLUONS_WARNINGS,
    force,
    holds_of,
    misfits,
    parameters,
    places,
    plans,
    same,
    untouched,
    values,
)

pytestmark = GLUONS_WARNINGS

SEEDS = st.sampled_from([None, 5])
WHICH = st.integers(0, 99)


def begin(net, start):
    """Brings a net into one of the states in which it may be found."""
    if start != "new":
        net.initialize(mx.init.One())
    if start == "some":
        for path, parameter in parameters(net).items():
            if len(path) % 2 and all(size > 0 for size in parameter.shape):
                parameter.set_data(parameter.data() + 1)


STARTS = st.sampled_from(["new", "waiting", "some"])


@holds_of(60, plan=plans(), which=WHICH, start=STARTS, seed=SEEDS, again=st.booleans())
def test_a_layer_that_declares_a_wrong_size_is_named(plan, which, start, seed, again):
    uncalled = plan.idle_numbers | plan.training_numbers
    candidates = [
        layer.number
        for layer in plan.layers
        if layer.declares
        and layer.shares is None
        and layer.number not in uncalled
        # A run does not see it: MXNet lets BatchNorm take any channels.
        and not (plan.opaque and layer.kind == "BatchNorm")
    ]
    assume(candidates)
    wrong = candidates[which % len(candidates)]
    with plan.mode():
        net, made = plan.built(wrong=wrong)
        begin(net, start)
        looks = [
            lambda: gi.infer_shapes(net, *plan.shapes(), run=plan.opaque),
            lambda: gi.summary(net, *plan.shapes(), run=plan.opaque),
            lambda: gi.force_init(
                net, *plan.shapes(), run=plan.opaque, seed=seed, force_reinit=again
            ),
        ]
        for look in looks:
            with untouched(net), pytest.raises(gi.ShapeError) as caught:
                look()
            if not plan.opaque:
                assert is_inside(caught.value.block, places(net, made[wrong]))


@holds_of(60, plan=misfits(), start=STARTS, seed=SEEDS)
def test_a_layer_for_two_widths_is_named_where_it_meets_the_second(plan, start, seed):
    with plan.mode():
        net = plan.net()
        begin(net, start)
        for look in (
            gi.infer_shapes,
            gi.summary,
            lambda net, *given: gi.force_init(net, *given, seed=seed),
        ):
            with untouched(net), pytest.raises(gi.ShapeError) as caught:
                look(net, *plan.shapes())
            assert is_inside(caught.value.block, ["arm1.0"])


def is_inside(path, blocks):
    """Whether a block is one of some, or does a part of its work."""
    return any(path == block or path.startswith(f"{block}.") for block in blocks)


class Failing(mx.init.Initializer):
    """Draws, and then fails in one of several ways."""

    def __init__(self, way):
        super().__init__(way=way)
        self.way = way

    def _init_weight(self, name, arr):
        mx.random.seed(1)
        arr[:] = 7
        if self.way == "python":
            raise ZeroDivisionError("by hand")
        if self.way == "shape":
            arr[:] = mx.nd.ones((7, 7, 7))
        if self.way == "later":  # MXNet tells it to whoever waits
            mx.nd.random.normal(0, -1, shape=arr.shape, out=arr)
        if self.way == "exit":
            raise SystemExit(3)


@holds_of(
    60,
    plan=plans(opaque=False), which=WHICH, seed=SEEDS,
    start=st.sampled_from(["new", "waiting", "some", "full"]),
    way=st.sampled_from(["python", "shape", "later", "exit"]),
)  # fmt: skip
def test_an_initializer_that_fails_at_any_parameter(plan, which, seed, start, way):
    with plan.mode():
        net = plan.net()
        if start == "full":
            force(plan, net, *plan.shapes(), seed=1)
        else:
            begin(net, start)
        flow = gi.infer_shapes(net, *plan.shapes())
        paths = [path for path in parameters(net) if None not in flow.parameters[path]]
        assume(paths)
        path = paths[which % len(paths)]
        init = gi.ByPattern({f"^{re.escape(path)}$": Failing(way)}, default=mx.init.Normal(1))
        with untouched(net), pytest.raises(gi.InitError, match=re.escape(path)):
            gi.force_init(net, *plan.shapes(), init=init, seed=seed, force_reinit=True)
        # and nothing is in the way of another try
        again = {"init": mx.init.Normal(2), "seed": 6, "force_reinit": True}
        force(plan, net, *plan.shapes(), **again)
        assert same(values(net), values(force(plan, plan.net(), *plan.shapes(), **again)))
