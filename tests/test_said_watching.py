"""What summary and trace_init say, word for word: the file is tests/said/watching.txt."""

import gluon_init as gi
from gluon_init.watching import picture

import mxnet as mx
import said
from mxnet.gluon import nn
from nets import Opaque
from pictured import pictured

WIDE = (2, 5)


def stack(*layers):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(*(layers or (nn.Dense(4), nn.Dense(3, bias_initializer="ones"))))
    return net


def initialized(init=None, **settings):
    net = stack()
    net.initialize(init or mx.init.Constant(0.5), **settings)
    return net


def ready():
    net = initialized()
    net(mx.nd.ones(WIDE))
    return net


def loaded(folder):
    ready().save_parameters(str(folder / "net.params"))
    net = stack()
    net.load_parameters(str(folder / "net.params"))
    return net


def assigned():
    net = ready()
    net[0].weight.set_data(mx.nd.zeros((4, 5)))
    return net


def assigned_early():
    net = initialized()
    net[0].weight.set_data(mx.nd.zeros((4, 5)))
    return net


def again():
    net = ready()
    net.initialize(mx.init.One(), force_reinit=True)
    return net


def frozen():
    net = ready()
    net[0].weight.grad_req = "null"
    return net


def unreached():
    class Half(nn.HybridSequential):
        def hybrid_forward(self, F, x):
            return self[0](x)

    net = Half()
    net.add(nn.Dense(2), nn.Dense(3))
    return net


def long_one(count=40):
    return stack(*(nn.Dense(2) for _ in range(count)))


def mixed_up():
    return stack(nn.Conv2D(4, 3), nn.BatchNorm(), nn.Embedding(3, 2), nn.Dense(2, use_bias=False))


STATES = {
    "new": stack,
    "waiting": initialized,
    "ready": ready,
    "assigned": assigned,
    "assigned early": assigned_early,
    "again": again,
    "frozen": frozen,
    "tied": lambda: gi.tie(stack(nn.Dense(4, in_units=4), nn.Dense(4)), "1.weight", "0.weight"),
    "forced": lambda: gi.force_init(stack(), WIDE, init=mx.init.Constant(1), seed=1),
    "by pattern": lambda: initialized(gi.ByPattern({"1.bias": mx.init.Constant(7)}, "zeros")),
    "seeded": lambda: initialized(gi.Seeded(mx.init.Constant(2), 4)),
    "many kinds": mixed_up,
    "nothing": lambda: nn.HybridSequential(),
    "unreached": unreached,
}
WRONG = {
    "no net": lambda: gi.summary(3),
    "a class": lambda: gi.summary(nn.Dense),
    "an input that does not fit": lambda: gi.summary(stack(nn.Dense(3, in_units=4)), WIDE),
    "an input that is a text": lambda: gi.summary(stack(), "2, 5"),
    "a flag that is a number": lambda: gi.summary(stack(), WIDE, run=1),
    "a run without inputs": lambda: gi.summary(stack(), run=True),
    "a net that only a run tells": lambda: gi.summary(Opaque(), WIDE),
    "a picture of something else": lambda: gi.summary(stack()).plot("colours"),
    "statistics that are a text": lambda: traced(lambda net: None, statistics="no"),
    "a trace of no net": lambda: gi.trace_init(3).__enter__(),
}


def traced(act, make=stack, **settings):
    """The trace of what is done to a net."""
    net = make()
    with gi.trace_init(net, **settings) as trace:
        act(net)
    return trace


def passes(net):
    net.initialize(mx.init.Constant(0.5))
    net(mx.nd.ones(WIDE))


def nan(net):
    net.initialize(mx.init.Constant(float("nan")))
    net(mx.nd.ones(WIDE))


class Half(mx.init.Initializer):
    """Zeros and ones."""

    def _init_weight(self, name, arr):
        arr[:] = 1
        arr[0] = 0


class Lazy(mx.init.Initializer):
    """Writes nothing."""

    def _init_weight(self, name, arr):
        pass


def acts(folder):
    """What can be done to a net, by name."""

    def load(net):
        ready().save_parameters(str(folder / "net.params"))
        net.load_parameters(str(folder / "net.params"))

    def twice(net):
        passes(net)
        net.initialize(mx.init.One(), force_reinit=True)

    def fill_with(init):
        def fill(net):
            net.initialize(init)
            net(mx.nd.ones(WIDE))

        return fill

    return {
        "a pass": passes,
        "nothing": lambda net: None,
        "no pass": lambda net: net.initialize(),
        "one block": lambda net: (net[0].initialize(mx.init.One()), net[0](mx.nd.ones(WIDE))),
        "the dictionary": lambda net: (
            net.collect_params().initialize(mx.init.One()),
            net(mx.nd.ones(WIDE)),
        ),
        "one parameter": lambda net: net[1].bias.initialize(mx.init.One()),
        "forced": lambda net: gi.force_init(net, WIDE, init=mx.init.One()),
        "forced twice": lambda net: (
            gi.force_init(net, WIDE, init=mx.init.One()),
            gi.force_init(net, init=mx.init.Zero(), force_reinit=True),
        ),
        "loading": load,
        "twice": twice,
        "set": lambda net: (passes(net), net[0].weight.set_data(mx.nd.ones((4, 5)))),
        "set before": lambda net: (
            net.initialize(mx.init.One()),
            net[0].weight.set_data(mx.nd.ones((4, 5))),
            net(mx.nd.ones(WIDE)),
        ),
        "not a number": nan,
        "half zeros": fill_with(Half()),
        "an initializer that writes nothing": fill_with(Lazy()),
        "two devices": lambda net: gi.force_init(
            net, WIDE, init=mx.init.One(), device=[mx.cpu(0), mx.cpu(1)]
        ),
    }


def scenes(folder):
    """States, what is refused, traces, and their pictures."""
    for name, make in {**STATES, "loaded": lambda: loaded(folder)}.items():
        yield name, lambda m=make: gi.summary(m())
    for name in ("new", "assigned early", "many kinds", "unreached", "tied"):
        yield f"{name}, told a shape", lambda name=name: gi.summary(STATES[name](), WIDE)
    yield from WRONG.items()
    for of in ("state", "initializer"):
        yield f"picture of {of}", lambda of=of: pictured(gi.summary(ready()).plot(of))
    yield (
        "picture of stages",
        lambda: pictured(picture.stages({"a": gi.summary(stack()), "b": gi.summary(ready())})),
    )
    for name, act in acts(folder).items():
        yield f"trace: {name}", lambda a=act: traced(a)
    yield "what a trace knows of", lambda: traced(passes).parameters
    yield "trace without statistics", lambda: traced(passes, statistics=False)
    for name in ("tied", "assigned", "again", "unreached", "many kinds", "frozen"):
        yield (
            f"picture of {name}",
            lambda name=name: pictured(gi.summary(STATES[name](), WIDE).plot()),
        )
    yield "picture of many", lambda: pictured(gi.summary(long_one()).plot())
    yield "picture of many choosers", lambda: pictured(gi.summary(long_one()).plot("initializer"))
    yield "timeline: many", lambda: pictured(traced(passes, make=long_one).plot())
    yield "timeline: a few", lambda: pictured(traced(passes, make=lambda: long_one(9)).plot())
    for name in (
        "a pass",
        "nothing",
        "twice",
        "not a number",
        "an initializer that writes nothing",
    ):
        act = acts(folder)[name]
        yield f"timeline: {name}", lambda a=act: pictured(traced(a).plot())


def test_what_is_said_of_states_and_traces(tmp_path):
    said.check("watching", dict(scenes(tmp_path)))
