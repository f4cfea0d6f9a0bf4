"""What the initializers say, word for word: the file is tests/said/initializers.txt."""

import contextlib
import io

import gluon_init as gi

import mxnet as mx
import numpy as np
import said
from mxnet.gluon import nn


class Half(mx.init.Initializer):
    """Zeros and ones."""

    def __init__(self, rows=1):
        super().__init__(rows=rows)
        self.rows = rows

    def _init_weight(self, name, arr):
        arr[:] = 1
        arr[: self.rows] = 0


class Holds(mx.init.Initializer):
    """Keeps a function, which JSON cannot hold."""

    def __init__(self, law):
        super().__init__(law=law)

    def _init_weight(self, name, arr):
        arr[:] = 4


class Names(mx.init.Initializer):
    """Prints what it is told."""

    def _init_weight(self, name, arr):
        print(f"asked for {name} {getattr(name, 'attrs', None)} {arr.shape} {arr.dtype}")
        arr[:] = 9


RIGHT = {
    "MyInit": gi.MyInit,
    "MyInit, own numbers": lambda: gi.MyInit(1, 2.5, 0.25),
    "Mixture": lambda: gi.Mixture([(0.25, 0), (0.25, (1, 2)), (0.5, mx.init.Normal(1))]),
    "PrintInit": gi.PrintInit,
    "PrintInit of a name": lambda: gi.PrintInit("xavier"),
    "PrintInit of PrintInit": lambda: gi.PrintInit(gi.PrintInit(mx.init.Constant(2))),
    "Seeded": gi.Seeded,
    "Seeded, all given": lambda: gi.Seeded(mx.init.Uniform(0.1), 2**40),
    "ByPattern": lambda: gi.ByPattern({r"\.bias$": "zeros", "^0": gi.MyInit()}),
    "ByPattern, default": lambda: gi.ByPattern({"weight": "xavier"}, mx.init.Constant(3)),
    "Mixture of nested ones": lambda: gi.Mixture([(0.5, gi.Seeded("one", 3)), (0.5, gi.MyInit())]),
    "an own class inside": lambda: gi.Seeded(gi.PrintInit(mx.init.MSRAPrelu("in", 0.5)), 1),
    "Constant of an array": lambda: gi.PrintInit(mx.init.Constant(mx.nd.array([1, 2]))),
}
WRONG = {
    "no parts": lambda: gi.Mixture([]),
    "parts that are a number": lambda: gi.Mixture(3),
    "a part that is a number": lambda: gi.Mixture([3]),
    "a part of three": lambda: gi.Mixture([(1, 2, 3)]),
    "shares below one": lambda: gi.Mixture([(0.5, 0), (0.4, 1)]),
    "a share below zero": lambda: gi.Mixture([(-0.5, 0), (1.5, 1)]),
    "a share that is a text": lambda: gi.Mixture([("half", 0), (0.5, 1)]),
    "a component that is a text": lambda: gi.Mixture([(1, "no such")]),
    "a component that is a list of three": lambda: gi.Mixture([(1, (1, 2, 3))]),
    "a component upside down": lambda: gi.Mixture([(1, (2, 1))]),
    "a component that is not finite": lambda: gi.Mixture([(1, np.nan)]),
    "a class": lambda: gi.Mixture([(1, mx.init.Normal)]),
    "a component without width": lambda: gi.Mixture([(1, (2, 2))]),
    "a component from a text": lambda: gi.Mixture([(1, ("2", 3))]),
    "a component to a text": lambda: gi.Mixture([(1, (2, "3"))]),
    "a share above one": lambda: gi.Mixture([(1.5, 0), (-0.5, 1)]),
    "shares that nearly sum to one": lambda: gi.Mixture([(0.5, 0), (0.50000001, 1)]),
    "shares that sum to one but for rounding": lambda: gi.Mixture([(0.1, i) for i in range(10)]),
    "zero is a text": lambda: gi.MyInit(zero="0.5"),
    "low above high": lambda: gi.MyInit(3, 2),
    "low is a text": lambda: gi.MyInit("3"),
    "zero above one": lambda: gi.MyInit(zero=2),
    "PrintInit of a number": lambda: gi.PrintInit(3),
    "PrintInit of a class": lambda: gi.PrintInit(mx.init.Xavier),
    "PrintInit of an unknown name": lambda: gi.PrintInit("xaver"),
    "Seeded by a fraction": lambda: gi.Seeded("xavier", 1.5),
    "Seeded by a text": lambda: gi.Seeded("xavier", "1"),
    "Seeded below zero": lambda: gi.Seeded("xavier", -1),
    "Seeded of a number": lambda: gi.Seeded(3),
    "no patterns": lambda: gi.ByPattern({}),
    "patterns in a list": lambda: gi.ByPattern(["weight"]),
    "a pattern that is a number": lambda: gi.ByPattern({3: "zeros"}),
    "a pattern that is broken": lambda: gi.ByPattern({"(": "zeros"}),
    "a pattern with a number": lambda: gi.ByPattern({"weight": 0.5}),
    "a default that is a number": lambda: gi.ByPattern({"weight": "zeros"}, 3),
}
SHOWN = {
    "an own class": lambda: gi.PrintInit(Half(2)),
    "Mixed": lambda: gi.PrintInit(mx.init.Mixed([".*"], [mx.init.One()])),
    "Load": lambda: gi.PrintInit(mx.init.Load({})),
    "a function": lambda: gi.PrintInit(asked),
    "a large array": lambda: gi.PrintInit(mx.init.Constant(mx.nd.ones((101,)))),
    "a hundred numbers": lambda: gi.PrintInit(mx.init.Constant(np.arange(100.0))),
    "NumPy's numbers": lambda: gi.PrintInit(mx.init.Normal(np.float32(0.5))),
}
NOT_DUMPED = {
    "Seeded": lambda: gi.Seeded(Holds(len)),
    "PrintInit": lambda: gi.PrintInit(Holds(len)),
    "ByPattern": lambda: gi.ByPattern({"a": Holds(len)}),
    "ByPattern, default": lambda: gi.ByPattern({"a": "zeros"}, Holds(len)),
    "Mixture": lambda: gi.Mixture([(0.5, 0), (0.5, Holds(len))]),
    "inside of another": lambda: gi.Seeded(gi.PrintInit(Holds(len))),
    "Constant of an object": lambda: gi.Seeded(mx.init.Constant(object)),
}
ASKED = {
    "a weight": mx.init.InitDesc("fc_weight"),
    "a bias": mx.init.InitDesc("fc_bias"),
    "a bias that names ones": mx.init.InitDesc("fc_bias", {"__init__": '["one", {}]'}),
    "an unknown ending": mx.init.InitDesc("fc_scale"),
    "a text": "fc_weight",
}
DIRECT = {
    "PrintInit": lambda: gi.PrintInit(Names()),
    "PrintInit of Mixed": lambda: gi.PrintInit(
        mx.init.Mixed([".*bias", ".*"], [mx.init.One(), mx.init.Constant(4)])
    ),
    "Seeded": lambda: gi.Seeded(Names(), 1),
    "Seeded of MyInit": lambda: gi.Seeded(gi.MyInit(), 1),
    "ByPattern": lambda: gi.ByPattern({"bias": mx.init.Constant(7)}, Names()),
    "ByPattern of all": lambda: gi.ByPattern({"": Names()}),
    "Seeded of ByPattern": lambda: gi.Seeded(gi.ByPattern({"bias": mx.init.Constant(7)}, Names())),
    "ByPattern of Seeded": lambda: gi.ByPattern({"weight": gi.Seeded("uniform", 2)}, "one"),
    "Mixture": lambda: gi.Mixture([(1, 3), (0, mx.init.One())]),
    "Mixture of Names": lambda: gi.Mixture([(0, 3), (1, Names())]),
}
ON_A_NET = {
    "PrintInit": gi.PrintInit,
    "PrintInit of an initializer": lambda: gi.PrintInit(mx.init.Constant(0.5)),
    "PrintInit of ByPattern": lambda: gi.PrintInit(gi.ByPattern({"bias": "ones"}, "zeros")),
    "ByPattern of PrintInit": lambda: gi.ByPattern({"1.bias": gi.PrintInit("ones")}, "zeros"),
    "ByPattern that matches nothing": lambda: gi.ByPattern({"wieght": "zeros", "kernel": "ones"}),
    "ByPattern without a default": lambda: gi.ByPattern({"0.weight": mx.init.Constant(2)}),
    "Mixture of ByPattern": lambda: gi.Mixture(
        [(0, 1), (1, gi.ByPattern({"0.weight": "one"}, "zero"))]
    ),
    "Mixture of ByPattern that matches nothing": lambda: gi.Mixture(
        [(1, gi.ByPattern({"x": "one"}))]
    ),
    "Mixture of Names": lambda: gi.Mixture([(0, 1), (1, Names())]),
    "PrintInit of a Mixture": lambda: gi.PrintInit(gi.Mixture([(1, gi.ByPattern({"x": "one"}))])),
    "PrintInit of Names": lambda: gi.PrintInit(Names()),
    "ByPattern of Names": lambda: gi.ByPattern({"0": Names()}, "zeros"),
    "ByPattern, Names for the rest": lambda: gi.ByPattern({"0": "zeros"}, Names()),
    "Seeded of Names": lambda: gi.Seeded(Names()),
    "Seeded of ByPattern": lambda: gi.Seeded(gi.ByPattern({"bias": Names()}, "one")),
    "Seeded of ByPattern that matches nothing": lambda: gi.Seeded(gi.ByPattern({"x": "one"})),
    "Seeded of PrintInit": lambda: gi.Seeded(gi.PrintInit(mx.init.Constant(1)), 3),
}


def shown(make):
    """An initializer, how it is stored, and whether what is stored gives it back."""
    init = make()
    again = mx.init.create(*_stored(init))
    return f"{init!r}\n{init.dumps()}\n{again!r}\nequal: {again == init}"


def equal():
    """Which of them are equal, and so the same key in a dictionary."""
    pairs = {
        "two of one kind": (gi.MyInit(), gi.MyInit()),
        "other numbers": (gi.MyInit(), gi.MyInit(1, 2)),
        "MyInit and its Mixture": (gi.MyInit(), gi.Mixture(gi.MyInit().parts)),
        "arrays": (gi.PrintInit(mx.init.Constant(mx.nd.ones(2))),
                   gi.PrintInit(mx.init.Constant(mx.nd.ones(2)))),
        "other arrays": (gi.PrintInit(mx.init.Constant(mx.nd.ones(2))),
                         gi.PrintInit(mx.init.Constant(mx.nd.zeros(2)))),
        "no number": (gi.PrintInit(mx.init.Constant(float("nan"))),
                      gi.PrintInit(mx.init.Constant(float("nan")))),
        "lists": (gi.Seeded(Half([1])), gi.Seeded(Half([1]))),
        "other lists": (gi.Seeded(Half([1])), gi.Seeded(Half([2]))),
        "other seeds": (gi.Seeded("one", 1), gi.Seeded("one", 2)),
        "another order": (gi.ByPattern({"a": "one", "b": "zero"}),
                          gi.ByPattern({"b": "zero", "a": "one"})),
    }  # fmt: skip
    lines = [f"{name}: {a == b}, {len({a, b})} key(s)" for name, (a, b) in pairs.items()]
    return "\n".join(lines)


def asked(make, desc):
    """What an initializer does that is called with a description, as Module calls it."""
    array, printed = mx.nd.ones((2, 3)) * -1, io.StringIO()
    with contextlib.redirect_stdout(printed):
        make()(desc, array)
    return f"{printed.getvalue()}{array.asnumpy().tolist()}"


def _stored(init):
    name, settings = mx.init.json.loads(init.dumps())
    return (name,) if not settings else (init.dumps(),)


def filled(make):
    """What is printed while a net is initialized, what becomes of it, and the first values."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3), nn.Dense(2))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        net.initialize(make())
        net(mx.nd.ones((1, 4)))
    values = [float(p.data().asnumpy().flat[0]) for p in net.collect_params().values()]
    rounded = [value if value == int(value) else "drawn" for value in values]
    return f"{printed.getvalue()}{rounded}"


def scenes():
    """Each initializer as it shows itself, each refusal, and each on a net."""
    for name, make in RIGHT.items():
        yield name, lambda m=make: shown(m)
    for name, make in SHOWN.items():
        yield f"shown: {name}", lambda m=make: repr(m())
    for name, make in NOT_DUMPED.items():
        yield f"not dumped: {name}", lambda m=make: m().dumps()
    yield "equal", equal
    for name, make in DIRECT.items():
        for what, desc in ASKED.items():
            yield f"{name}, asked for {what}", lambda m=make, d=desc: asked(m, d)
    for name, make in WRONG.items():
        yield name, lambda m=make: repr(m())
    for name, make in ON_A_NET.items():
        yield f"{name}, on a net", lambda m=make: filled(m)


def test_what_the_initializers_say():
    said.check("initializers", dict(scenes()))
