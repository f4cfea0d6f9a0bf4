"""What must hold of any net: drawn at random by random_nets.plans, of every kind of layer."""

import collections

import gluon_init as gi

import mxnet as mx
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import autograd
from random_nets import (
    CONTAINERS,
    GLUONS_WARNINGS,
    KINDS,
    force,
    holds_of,
    parameters,
    plans,
    ran,
    same,
    shapes,
    untouched,
    values,
    walk,
)

pytestmark = GLUONS_WARNINGS


def given_to(plan, arrays):
    return plan.arrays() if arrays else plan.shapes()


def unknown(shape):
    return shape is None or None in shape


def steps(flow):
    """Each call. Inputs of recurrent blocks are left out: their first states have no batch yet."""
    recurrent = ("RNN", "LSTM", "GRU")
    return [
        (row.block, row.kind, row.outputs, row.resolved,
         None if row.kind.startswith(recurrent) else row.inputs)
        for row in flow.rows
    ]  # fmt: skip


def test_plans_are_of_every_kind():
    seen = collections.Counter()

    @settings(max_examples=1000, derandomize=True, deadline=None)
    @given(plans())
    def look(plan):
        seen.update({part.kind for part in walk(plan.root)})
        layers = plan.layers
        seen.update({
            "numpy": plan.numpy, "opaque": plan.opaque, "idle": plan.idle,
            "training": bool(plan.training_numbers), "hybridized": plan.hybridize is not None,
            "inputs": len(plan.inputs) > 1, "outputs": len(plan.outputs) > 1,
            "shared": any(layer.shares is not None and not layer.again for layer in layers),
            "again": any(layer.again for layer in layers),
        })  # fmt: skip

    look()
    assert all(seen[kind] for kind in [*KINDS, *CONTAINERS])
    few = {
        name: seen[name] for name in ("opaque", "idle", "training", "numpy", "inputs", "outputs")
    }
    assert min(few.values()) > 20, few


@holds_of(80, plan=plans(), arrays=st.booleans())
def test_inference_tells_what_a_forward_pass_makes_and_touches_nothing(plan, arrays):
    with plan.mode():
        net = plan.net()
        inputs = given_to(plan, arrays)
        with untouched(net):
            flow = gi.infer_shapes(net, *inputs, run=plan.opaque)
            summary = gi.summary(net, *inputs, run=plan.opaque)
        assert flow.outputs == plan.outputs
        assert {row.path: row.shape for row in summary.rows} == flow.parameters
        unreached = [row.path for row in summary.rows if not row.reached and not row.alias_of]
        assert unreached == list(flow.unreached)
        assert plan.idle or not unreached
        assert {path for path, shape in flow.parameters.items() if unknown(shape)} <= {*unreached}
        if plan.deferrable:
            with gi.trace_init(net) as trace:
                net.initialize()
                assert ran(plan, net) == plan.outputs
            assert shapes(net) == flow.parameters
            assert sorted(event.path for event in trace.events) == sorted(parameters(net))
            assert {event.path: event.shape for event in trace.events}.items() <= (
                flow.parameters.items()
            )


@holds_of(80, plan=plans(), arrays=st.booleans(), seed=st.sampled_from([None, 5]))
def test_force_init_fills_each_parameter_once_and_the_forward_pass_none(plan, arrays, seed):
    with plan.mode():
        flow = gi.infer_shapes(plan.net(), *plan.shapes(), run=plan.opaque)
        net = plan.net()
        with gi.trace_init(net) as trace:
            force(plan, net, *given_to(plan, arrays), seed=seed)
            filled = len(trace.events)
            assert ran(plan, net) == plan.outputs
            with autograd.record():
                assert ran(plan, net) == plan.outputs
        known = {path: shape for path, shape in flow.parameters.items() if not unknown(shape)}
        paths = [path for path in parameters(net) if path in known]
        assert sorted(event.path for event in trace.events) == sorted(paths)
        assert filled == len(paths)
        assert all(event.shape == known[event.path] for event in trace.events)
        assert shapes(net) == flow.parameters
        for path, arrays in values(net).items():
            assert arrays[0].shape == known[path]


@holds_of(25, plan=plans(opaque=False))
def test_steps_are_those_of_a_run_on_zeros(plan):
    if plan.training_numbers:  # a run is one in prediction
        return
    with plan.mode():
        net = plan.net()
        traced = gi.infer_shapes(net, *plan.shapes())
        with untouched(net):
            run = gi.infer_shapes(net, *plan.shapes(), run=True)
        assert steps(traced) == steps(run)
        assert traced.parameters == run.parameters
        assert traced.unreached == run.unreached


@holds_of(40, plan=plans(), hybridize=st.booleans())
def test_draws_come_in_the_order_of_a_net_whose_shapes_are_known(plan, hybridize):
    with plan.mode():
        init = mx.init.Normal(1)
        known = force(plan, plan.net(hybridize=hybridize), *plan.shapes())
        mx.random.seed(8)
        known.initialize(init, force_reinit=True)
        mx.random.seed(8)
        net = force(plan, plan.net(), *plan.shapes(), init=init)
        assert same(values(net), values(known))
