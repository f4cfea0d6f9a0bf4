"""What else looks at nets, ties or loads them: of any net, in any state."""

import dataclasses
import tempfile
from pathlib import Path

import gluon_init as gi

import mxnet as mx
from hypothesis import assume
from hypothesis import strategies as st
from random_nets import (
    GLUONS_WARNINGS,
    KINDS,
    changed,
    flat,
    force,
    holds_of,
    parameters,
    plans,
    ran,
    same,
    shapes,
    untouched,
    values,
)

pytestmark = GLUONS_WARNINGS


@holds_of(
    40, plan=plans(), state=st.sampled_from(["new", "waiting", "forced"]), inputs=st.booleans()
)
def test_looks_raise_nothing_and_change_nothing(plan, state, inputs):
    with plan.mode():
        net = plan.net()
        if state == "waiting":
            net.initialize()
        if state == "forced":
            force(plan, net, *plan.shapes(), seed=1)
        given = plan.shapes() if inputs else []
        looks = [
            lambda: gi.explain(net, *given, run=plan.opaque and inputs),
            lambda: gi.summary(net, *given, run=plan.opaque and inputs),
            lambda: gi.tied_groups(net),
        ]
        for look in looks:
            with untouched(net):
                result = look()
            assert str(result).isascii()
            assert result._repr_html_()
            assert len(result.to_frame()) == len(result.rows)
        if not inputs:
            for parameter in parameters(net).values():
                with untouched(net):
                    assert str(gi.explain(parameter)).isascii()


@holds_of(40, plan=plans())
def test_ties_are_those_that_were_made(plan):
    with plan.mode():
        net = plan.net()
        groups = gi.tied_groups(net).rows
        aliases = [row for row in gi.summary(net).rows if row.alias_of]
        assert sorted(path for group in groups for path in group.paths if path != group.owner) == (
            sorted(row.path for row in aliases)
        )
        assert {row.alias_of for row in aliases} == {group.owner for group in groups}


@holds_of(
    150, plan=plans(opaque=False),
    when=st.sampled_from(["before", "waiting", "with values"]), seed=st.integers(0, 9),
)  # fmt: skip
def test_what_is_untied_is_as_if_it_had_never_been_tied(plan, when, seed):
    plan = changed(plan, lambda layer: dataclasses.replace(layer, again=False))
    alone = changed(plan, lambda layer: dataclasses.replace(layer, shares=None))
    shared = [layer for layer in plan.layers if layer.shares is not None]
    if plan.idle or not all(KINDS[layer.kind].shared for layer in shared):
        return
    init = mx.init.Normal(1)
    with plan.mode():
        net = plan.net()
        if when == "waiting":
            net.initialize(gi.Seeded(init, seed))
        if when == "with values":
            force(plan, net, *plan.shapes(), init=init, seed=seed)
            before = [one.asnumpy() for one in flat(net(*plan.arrays()))]
        groups, tied = gi.tied_groups(net).rows, values(net)
        aliases = {row.path: row.alias_of for row in gi.summary(net).rows if row.alias_of}
        for path, owner in aliases.items():
            gi.untie(net, path)
            if owner in tied:
                tied[path] = tied[owner]
        assert not gi.tied_groups(net).rows
        if when == "with values":
            assert same(values(net), tied)
            for path, owner in aliases.items():
                gi.tie(net, path, to=owner)
            assert [(row.paths, row.owner) for row in gi.tied_groups(net).rows] == [
                (row.paths, row.owner) for row in groups
            ]
            after = [one.asnumpy() for one in flat(net(*plan.arrays()))]
            assert same({"": before}, {"": after})
        else:
            given = {} if when == "waiting" else {"init": init, "seed": seed}
            force(plan, net, *plan.shapes(), **given)
            free = force(alone, alone.net(), *plan.shapes(), init=init, seed=seed)
            assert same(values(net), values(free) | tied)
            assert ran(plan, net) == plan.outputs


@holds_of(40, plan=plans(numpy=False), deduplicate=st.booleans())
def test_what_is_saved_is_loaded(plan, deduplicate):
    assume(not plan.idle)  # Gluon does not save these
    net = force(plan, plan.net(), *plan.shapes(), init=mx.init.Normal(1), seed=1)
    assume(values(net))
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "net.params")
        net.save_parameters(file, deduplicate=deduplicate)
        other = plan.net()
        gi.load(other, file)
    assert same(values(net), values(other))
    assert shapes(net) == shapes(other)
    ran(plan, other)
