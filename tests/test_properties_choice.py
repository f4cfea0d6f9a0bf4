"""Who fills a parameter: of any initializers, nested in any way, the one that the rule names.

Recipes are plain data. All that draw nothing but one number each, so that the values tell who won.
"""

import re

import gluon_init as gi

import mxnet as mx
from hypothesis import strategies as st
from mxnet.gluon import nn
from random_nets import GLUONS_WARNINGS, force, holds_of, parameters, plans, same, values

pytestmark = GLUONS_WARNINGS

PATTERNS = [".", "weight$", "bias$", "^0", "^1", "gamma|beta", "(?i)RUNNING"]


def recipes():
    constant = st.tuples(st.just("constant"), st.integers(2, 60))
    return st.recursive(
        constant,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["seeded", "print", "mixture"]), inner),
            st.tuples(
                st.just("pattern"),
                st.dictionaries(st.sampled_from(PATTERNS), inner, min_size=1, max_size=3),
                inner,
            ),
        ),
        max_leaves=5,
    )


RECIPES = recipes()


def made(recipe):
    """The initializer of a recipe."""
    if recipe is None:
        return None
    kind, *parts = recipe
    if kind == "constant":
        return mx.init.Constant(parts[0])
    if kind == "pattern":
        inside = {pattern: made(inner) for pattern, inner in parts[0].items()}
        return gi.ByPattern(inside, default=made(parts[1]))
    inner = made(parts[0])
    return {
        "seeded": lambda: gi.Seeded(inner, 3),
        "print": lambda: gi.PrintInit(inner),
        "mixture": lambda: gi.Mixture([(0.5, inner), (0.5, inner)]),
    }[kind]()


def number(recipe, path):
    """What an initializer fills in by itself."""
    kind, *parts = recipe
    if kind == "constant":
        return parts[0]
    if kind == "pattern":
        found = matching(parts[0], path)
        return number(parts[1] if found is None else found, path)
    return number(parts[0], path)


def matching(patterns, path):
    return next((inner for pattern, inner in patterns.items() if re.search(pattern, path)), None)


def expected(overall, own, path):
    """What fills a parameter: patterns of the global one, else its own, else the global one."""
    decides = overall
    while decides[0] == "seeded":
        decides = decides[1]
    found = matching(decides[1], path) if decides[0] == "pattern" else None
    if found is not None:
        return number(found, path)
    return number(overall if own is None else own, path)


def net_of(own):
    net = nn.HybridSequential()
    net.add(
        nn.Dense(3, weight_initializer=made(own.get("0.weight")),
                 bias_initializer=made(own.get("0.bias"))),
        nn.BatchNorm(gamma_initializer=made(own.get("1.gamma")),
                     running_variance_initializer=made(own.get("1.running_var"))),
        nn.Dense(2, weight_initializer=made(own.get("2.weight"))),
    )  # fmt: skip
    return net


BY_ITSELF = {"1.beta": 0, "1.running_mean": 0, "2.bias": 0}
OWN = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("0.weight", "0.bias", "1.gamma", "1.running_var", "2.weight"), RECIPES),
)


@holds_of(
    120, own=OWN, overall=RECIPES,
    way=st.sampled_from(["initialize", "force_init", "seed", "pending", "pending and seed"]),
)  # fmt: skip
def test_values_and_all_that_is_told_agree_with_the_rule(own, overall, way):
    net = net_of(own)
    init = made(overall)
    seed = 7 if "seed" in way else None
    if isinstance(init, gi.Seeded) and way == "seed":
        return
    with gi.trace_init(net) as trace:
        if way == "initialize":
            net.initialize(init)
            pending = gi.summary(net, (4, 5))
            net(mx.nd.ones((4, 5)))
        elif way in ("force_init", "seed"):
            gi.force_init(net, (4, 5), init=init, seed=seed)
            pending = gi.summary(net)
        else:
            net.initialize(init)
            pending = gi.summary(net)
            gi.force_init(net, (4, 5), seed=seed)
    rule = {}
    for path in parameters(net):
        own_one = own.get(path)
        if own_one is None and path in BY_ITSELF:
            own_one = ("constant", BY_ITSELF[path])
        rule[path] = expected(overall, own_one, path)
    found = {path: {*arrays[0].ravel().tolist()} for path, arrays in values(net).items()}
    assert found == {path: {value} for path, value in rule.items()}
    events = {event.path: event for event in trace.events}
    after = {row.path: row for row in gi.summary(net).rows}
    assert len(trace.events) == len(events) == len(rule)
    for row in pending.rows:
        event, later = events[row.path], after[row.path]
        # A newer seed takes the place of one that waits.
        if not (way == "pending and seed" and isinstance(init, gi.Seeded)):
            assert (row.initializer, row.source) == (event.initializer, event.source)
        assert (event.initializer, event.source) == (later.initializer, later.source)
        plain = re.fullmatch(r"Constant\(value=(\d+)\)", row.initializer)
        assert not plain or int(plain[1]) == rule[row.path]


@holds_of(
    40,
    plan=plans(),
    seed=st.integers(0, 9),
    which=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_what_has_values_keeps_them_and_the_rest_is_as_ever(plan, seed, which):
    init = mx.init.Normal(1)
    with plan.mode():
        usual = values(force(plan, plan.net(), *plan.shapes(), init=init, seed=seed))
        net = plan.net()
        kept = set()
        for (path, parameter), keep in zip(parameters(net).items(), which, strict=False):
            if keep and path in usual:
                parameter.shape = usual[path][0].shape
                parameter.initialize(mx.init.Constant(9))
                kept.add(path)
        force(plan, net, *plan.shapes(), init=init, seed=seed)
        found = values(net)
        assert found.keys() == usual.keys()
        for path, arrays in found.items():
            wanted = arrays if path in kept else usual[path]
            assert same({path: arrays}, {path: wanted})
            assert path not in kept or (arrays[0] == 9).all()


@holds_of(
    30,
    plan=plans(numpy=False, opaque=False),
    seed=st.integers(0, 9),
    dtype=st.sampled_from(["float16", "float64"]),
)
def test_other_types(plan, seed, dtype):
    init = mx.init.Normal(1)
    usual = values(force(plan, plan.net(), *plan.shapes(), init=init, seed=seed))
    net = plan.net()
    net.cast(dtype)
    with gi.trace_init(net) as trace:
        force(plan, net, *plan.shapes(), init=init, seed=seed)
    found, types = values(net), {row.path: row.dtype for row in gi.summary(net).rows}
    assert {path: arrays[0].shape for path, arrays in found.items()} == {
        path: arrays[0].shape for path, arrays in usual.items()
    }
    assert {event.path for event in trace.events} == found.keys()
    for path, arrays in found.items():
        assert arrays[0].dtype == types[path]
        if types[path] == "float16":  # drawn as float32 and rounded
            assert same({path: arrays}, {path: [usual[path][0].astype("float16")]})
