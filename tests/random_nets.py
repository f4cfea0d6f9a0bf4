"""Nets at random, for tests of what must hold of any net: :func:`plans` draws them.

A plan is plain data, so that hypothesis can show and shrink it, and so that one plan can be built
several times: as another net of the same kind, with its parts registered in another order, with a
layer that declares a wrong size. It knows the shapes of what its nets put out, from the arithmetic
of each layer and not from MXNet.
"""

import contextlib
import dataclasses
import functools
import math
import os
import random
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mxnet import autograd, gluon
from mxnet.gluon import nn, rnn
from mxnet.gluon.contrib import nn as more
from nets import fingerprint

Shape = tuple[int, ...]


# Plans -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """A layer: its class, its arguments, and whose parameters it takes.

    ``number`` is what a later layer names in ``shares``: it then gets that one's parameters, or is
    (``again``) the very same block. ``declares`` is the argument that says what reaches the layer,
    and the size that is right.
    """

    kind: str
    options: Mapping[str, Any]
    number: int
    declares: tuple[str, int] | None = None
    shares: int | None = None
    again: bool = False

    @property
    def hybrid(self):
        return self.kind != "Lambda"


@dataclass(frozen=True)
class Chain:
    """Parts one after the other.

    ``idle`` ones are registered and never called, what a ``training`` one gives is added in
    training alone.
    """

    kind: str  # Sequential, HybridSequential, Composed, HybridComposed
    parts: tuple[Any, ...]
    idle: tuple[Layer, ...] = ()
    training: tuple[Layer, ...] = ()

    @property
    def hybrid(self):
        return self.kind.startswith("Hybrid")


@dataclass(frozen=True)
class Branches:
    """Parts side by side on one input, whose outputs are added or concatenated."""

    kind: str  # Concurrent, HybridConcurrent, Joined, HybridJoined
    parts: tuple[Any, ...]
    join: str  # add, concat
    axis: int

    @property
    def hybrid(self):
        return self.kind.startswith("Hybrid")


@dataclass(frozen=True)
class Whole:
    """One arm for each input, what joins them, a trunk, and one head for each output."""

    kind: str  # Several, HybridSeveral
    arms: tuple[Any, ...]
    join: str
    trunk: Any
    heads: tuple[Any, ...]
    takes: str  # flat, list, nested
    gives: str  # one, tuple, list, nested, dict

    @property
    def hybrid(self):
        return self.kind.startswith("Hybrid")


@dataclass(frozen=True)
class Plan:
    """A net, what goes into it, and what shapes come out."""

    root: Any
    inputs: tuple[tuple[Shape, int | None], ...]  # a shape; how many words, where they are indices
    outputs: tuple[Shape, ...]
    numpy: bool
    hybridize: Mapping[str, bool] | None

    @property
    def opaque(self):
        """Whether the forward pass needs real arrays."""
        return any(
            getattr(part, "kind", "") in ("Lambda", "Concurrent") for part in walk(self.root)
        )

    @property
    def layers(self):
        return [part for part in walk(self.root) if isinstance(part, Layer)]

    @property
    def idle(self):
        """Whether there is something that no forward pass reaches."""
        spare = any(layer.options.get("spare") for layer in self.layers)
        return spare or any(getattr(part, "idle", ()) for part in walk(self.root))

    @property
    def idle_numbers(self):
        """Those of the layers that no forward pass reaches."""
        return {layer.number for part in walk(self.root) for layer in getattr(part, "idle", ())}

    @property
    def training_numbers(self):
        """Those of the layers that only training reaches."""
        return {layer.number for part in walk(self.root) for layer in getattr(part, "training", ())}

    @property
    def deferrable(self):
        """Whether Gluon itself can initialize it by a forward pass.

        It cannot where a HybridBlock has what this pass does not reach, and where one has a
        recurrent layer in NumPy mode.
        """
        reached = not self.idle and not self.training_numbers
        return reached and not (self.numpy and recurs(self.root))

    @contextlib.contextmanager
    def mode(self):
        """MXNet's NumPy mode, where the plan is of that kind."""
        if not self.numpy:
            yield
            return
        mx.npx.set_np()
        try:
            yield
        finally:
            mx.npx.reset_np()

    def net(self, **options):
        """The net, new; options as of built."""
        return self.built(**options)[0]

    def built(self, *, hybridize=True, shuffled=None, declared=None, wrong=None):
        """The net, new, and number of a layer → its block.

        Args:
            hybridize: whether to do so where the plan says it.
            shuffled: a seed for the order in which custom blocks register their parts.
            declared: True to declare what reaches each layer, False never to, None as planned.
            wrong: the number of a layer that declares a wrong size.

        """
        building = Building(shuffled, declared, wrong)
        net = building.make(self.root)
        if hybridize and self.hybridize is not None:
            net.hybridize(**self.hybridize)
        return net, building.made

    def arrays(self, device=None):
        """What the net takes, as arrays; the same numbers each time."""
        generator = np.random.RandomState(0)
        make = mx.np.array if self.numpy else mx.nd.array
        arrays = []
        for shape, words in self.inputs:
            if words is None:
                values = generator.uniform(0.5, 1.5, shape)
            else:
                values = generator.randint(0, words, shape)
            arrays.append(make(values.astype("float32"), ctx=device))
        return self._nested(arrays)

    def shapes(self):
        """The same as shapes."""
        return self._nested([shape for shape, _ in self.inputs])

    def _nested(self, values):
        takes = getattr(self.root, "takes", "flat")
        if takes == "list":
            return [list(values)]
        if takes == "nested":
            return [values[0], list(values[1:])]
        return list(values)


def changed(part, change):
    """A plan, or a part of one, with each layer changed."""
    if isinstance(part, Layer):
        return change(part)
    if isinstance(part, tuple):
        return tuple(changed(one, change) for one in part)
    if not dataclasses.is_dataclass(part):
        return part
    fields = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    return type(part)(**{name: changed(value, change) for name, value in fields.items()})


def walk(part):
    """A part of a plan and all inside it."""
    yield part
    inside = [getattr(part, name, ()) for name in ("arms", "parts", "idle", "training", "heads")]
    for one in [one for group in inside for one in group] + [getattr(part, "trunk", None)]:
        if one is not None:
            yield from walk(one)


def recurs(part):
    return any(getattr(one, "kind", "") in ("RNN", "LSTM", "GRU") for one in walk(part))


# Blocks ------------------------------------------------------------------------------------------


def namespace(value):
    """Where the functions for a symbol or an array are."""
    return mx.sym if isinstance(value, mx.sym.Symbol) else mx.nd


def joined(values, how, axis):
    if len(values) == 1:
        return values[0]
    if how == "add":
        return sum(values[1:], values[0])
    functions = namespace(values[0])
    if mx.util.is_np_array():
        return functions.np.concatenate(values, axis=axis)
    return functions.concat(*values, dim=axis)


def register(block, parts, order):
    """Sets parts as attributes, in an order of its own."""
    for name in order(list(parts)):
        setattr(block, name, parts[name])


class Parted:
    """A block with parts; a mixin for Block and HybridBlock."""

    def __init__(self, order, **groups):
        super().__init__()
        self.counts = {name: len(group) for name, group in groups.items()}
        register(
            self,
            {f"{name}{i}": one for name, group in groups.items() for i, one in enumerate(group)},
            order,
        )

    def group(self, name):
        return [getattr(self, f"{name}{i}") for i in range(self.counts[name])]


class InComposed(Parted):
    def run(self, x):
        for part in self.group("part"):
            x = part(x)
        if autograd.is_training():
            for part in self.group("training"):
                x = x + part(x)
        return x


class InJoined(Parted):
    def __init__(self, order, join, axis, **groups):
        super().__init__(order, **groups)
        self.join, self.axis = join, axis

    def run(self, x):
        return joined([part(x) for part in self.group("part")], self.join, self.axis)


class InSeveral(Parted):
    def __init__(self, order, plan, **groups):
        super().__init__(order, **groups)
        self.plan = plan

    def run(self, *inputs):
        flat = [one for x in inputs for one in (x if isinstance(x, (list, tuple)) else [x])]
        arms = self.group("arm")
        x = joined([arm(x) for arm, x in zip(arms, flat, strict=True)], self.plan.join, -1)
        x = self.trunk0(x)
        outputs = [head(x) for head in self.group("head")] or [x]
        return {
            "one": lambda: outputs[0],
            "tuple": lambda: tuple(outputs),
            "list": lambda: list(outputs),
            "nested": lambda: (outputs[0], outputs[1:]),
            "dict": lambda: {f"head{i}": one for i, one in enumerate(outputs)},
        }[self.plan.gives]()


class Plain:
    def forward(self, *inputs):
        return self.run(*inputs)


class Hybrid:
    def hybrid_forward(self, F, *inputs):
        return self.run(*inputs)


class Composed(Plain, InComposed, gluon.Block):
    pass


class HybridComposed(Hybrid, InComposed, gluon.HybridBlock):
    pass


class Joined(Plain, InJoined, gluon.Block):
    pass


class HybridJoined(Hybrid, InJoined, gluon.HybridBlock):
    pass


class Several(Plain, InSeveral, gluon.Block):
    pass


class HybridSeveral(Hybrid, InSeveral, gluon.HybridBlock):
    pass


class Unrolled(gluon.HybridBlock):
    """A recurrent cell over all steps of its input."""

    def __init__(self, cell, length):
        super().__init__()
        self.cell, self.length = cell, length

    def hybrid_forward(self, F, x):
        return self.cell.unroll(self.length, x, layout="NTC", merge_outputs=True)[0]


class Scale(gluon.HybridBlock):
    """Parameters of its own: one that is multiplied, and one that only a dictionary holds."""

    def __init__(self, rank, spare, params=None):
        super().__init__(params=params)
        self.scale = self.params.get("scale", shape=(1,) * rank, init="ones")
        if spare:
            self.params.get("spare", shape=(2, rank), allow_deferred_init=True)

    def hybrid_forward(self, F, x, scale):
        return x * scale if mx.util.is_np_array() else F.broadcast_mul(x, scale)


CONTAINERS = {
    "Sequential": nn.Sequential,
    "HybridSequential": nn.HybridSequential,
    "Concurrent": more.Concurrent,
    "HybridConcurrent": more.HybridConcurrent,
    "Composed": Composed,
    "HybridComposed": HybridComposed,
    "Joined": Joined,
    "HybridJoined": HybridJoined,
    "Several": Several,
    "HybridSeveral": HybridSeveral,
}


class Building:
    """Makes the blocks of a plan."""

    def __init__(self, shuffled=None, declared=None, wrong=None):
        self.declared, self.wrong = declared, wrong
        self.made = {}
        self.random = None if shuffled is None else random.Random(shuffled)

    def order(self, names):
        if self.random is not None:
            self.random.shuffle(names)
        return names

    def make(self, part):
        if isinstance(part, Layer):
            return self.layer(part)
        kind = CONTAINERS[part.kind]
        if isinstance(part, Whole):
            return kind(
                self.order, part, arm=self.all(part.arms), trunk=self.all([part.trunk]),
                head=self.all(part.heads),
            )  # fmt: skip
        if part.kind.endswith("Composed"):
            return kind(
                self.order, part=self.all(part.parts), idle=self.all(part.idle),
                training=self.all(part.training),
            )  # fmt: skip
        if part.kind.endswith("Joined"):
            return kind(self.order, part.join, part.axis, part=self.all(part.parts))
        block = kind(axis=part.axis) if isinstance(part, Branches) else kind()
        for one in self.all(part.parts):
            block.add(one)
        return block

    def all(self, parts):
        return [self.make(part) for part in parts]

    def layer(self, layer):
        if layer.again:
            return self.made[layer.shares]
        options = dict(layer.options)
        if layer.declares is not None:
            argument, size = layer.declares
            if self.wrong is not None and self.wrong in (layer.number, layer.shares):
                options[argument] = 2 * size
            elif self.declared is not None:
                options[argument] = size if self.declared else 0
        if layer.shares is not None:
            options["params"] = self.made[layer.shares].params
        block = KINDS[layer.kind].make(options)
        self.made[layer.number] = block
        return block


# Kinds of layers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of layer: what may be given to it, and what it makes of a shape.

    ``options`` draws arguments for an input of a shape, of which all but the axis ``keep`` must
    stay, or is None where the kind does not fit. ``gives`` is the shape that comes out, ``needs``
    the size which ``argument`` declares.
    """

    make: Callable[[dict[str, Any]], Any]
    options: Callable[[Any, Shape, int | None], dict[str, Any] | None]
    gives: Callable[[Mapping[str, Any], Shape], Shape | None]
    argument: str | None = None
    needs: Callable[[Mapping[str, Any], Shape], int] | None = None
    numpy: bool = True  # whether Gluon's own works in NumPy mode
    shared: bool = True  # whether it has parameters which another may take by params=


KINDS: dict[str, Kind] = {}

WEIGHTS = st.sampled_from([None, None, "normal", "xavier", "ones"])
BIASES = st.sampled_from(["zeros", "zeros", "ones", "uniform"])
SIZES = st.integers(1, 5)
SPATIAL = st.integers(0, 3).flatmap(
    lambda rank: st.lists(st.integers(1, 6), min_size=rank, max_size=rank)
)
SELDOM = st.integers(0, 7).map(lambda number: number == 7)


def same(options, shape):
    return shape


def fits_all(draw, shape, keep):
    return {}


def plain(kind, options=fits_all, gives=same, **more):
    """A layer without parameters."""
    KINDS[kind.__name__] = Kind(lambda given: kind(**given), options, gives, shared=False, **more)


def dense_options(draw, shape, keep):
    if keep not in (None, len(shape) - 1) or len(shape) < 2:
        return None
    flatten = keep is None and draw(st.integers(0, 2 if len(shape) > 2 else 1)) == 1
    return {
        "units": draw(SIZES), "flatten": flatten, "use_bias": draw(st.booleans()),
        "activation": draw(st.sampled_from([None, "relu"])),
        "weight_initializer": draw(WEIGHTS), "bias_initializer": draw(BIASES),
    }  # fmt: skip


KINDS["Dense"] = Kind(
    lambda given: nn.Dense(**given),
    dense_options,
    lambda o, s: (s[0], o["units"]) if o["flatten"] else (*s[:-1], o["units"]),
    "in_units",
    lambda o, s: math.prod(s[1:]) if o["flatten"] else s[-1],
)


def window(draw, sizes):
    """Kernel, stride and padding for these spatial sizes."""
    kernel = tuple(draw(st.integers(1, min(size, 3))) for size in sizes)
    strides = tuple(draw(st.integers(1, 2)) for _ in sizes)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    return kernel, strides, padding


def moved(shape, o, ceil=False):
    """What a window leaves of each spatial size."""
    dilation = o.get("dilation", (1,) * len(shape))
    sizes = []
    for i, size in enumerate(shape):
        room = size + 2 * o["padding"][i] - dilation[i] * (o["window"][i] - 1) - 1
        if room < 0:
            return None
        sizes.append((-(-room // o["strides"][i]) if ceil else room // o["strides"][i]) + 1)
    return tuple(sizes)


def conv(dimensions):
    def options(draw, shape, keep):
        if len(shape) != dimensions + 2 or keep not in (None, 1):
            return None
        if keep == 1:
            size = draw(st.sampled_from([1, 3]))
            kernel, strides = (size,) * dimensions, (1,) * dimensions
            padding = (size // 2,) * dimensions
        else:
            kernel, strides, padding = window(draw, shape[2:])
        channels = draw(SIZES)
        even = shape[1] % 2 == 0 and channels % 2 == 0
        return {
            "channels": channels, "kernel_size": kernel, "strides": strides, "padding": padding,
            "dilation": (1,) * dimensions, "groups": 2 if even and draw(st.booleans()) else 1,
            "use_bias": draw(st.booleans()), "weight_initializer": draw(WEIGHTS),
            "bias_initializer": draw(BIASES),
        }  # fmt: skip

    def gives(o, shape):
        if len(shape) != dimensions + 2 or shape[1] % o["groups"]:
            return None
        sizes = moved(shape[2:], {**o, "window": o["kernel_size"]})
        return sizes and (shape[0], o["channels"], *sizes)

    kind = getattr(nn, f"Conv{dimensions}D")
    KINDS[kind.__name__] = Kind(
        lambda given: kind(**given), options, gives, "in_channels", lambda o, s: s[1]
    )


def transposed(dimensions):
    def options(draw, shape, keep):
        if len(shape) != dimensions + 2 or keep is not None or max(shape[2:]) > 8:
            return None
        strides = tuple(draw(st.integers(1, 2)) for _ in shape[2:])
        kernel = tuple(draw(st.integers(1, 3)) for _ in shape[2:])
        return {
            "channels": draw(SIZES), "kernel_size": kernel, "strides": strides,
            "padding": tuple(draw(st.integers(0, (k - 1) // 2)) for k in kernel),
            "output_padding": tuple(draw(st.integers(0, s - 1)) for s in strides),
            "use_bias": draw(st.booleans()), "weight_initializer": draw(WEIGHTS),
        }  # fmt: skip

    def gives(o, shape):
        if len(shape) != dimensions + 2 or max(shape[2:]) > 8:
            return None
        sizes = (
            (size - 1) * s - 2 * p + k + more
            for size, s, p, k, more in zip(
                shape[2:], o["strides"], o["padding"], o["kernel_size"], o["output_padding"],
                strict=True,
            )
        )  # fmt: skip
        return (shape[0], o["channels"], *sizes)

    kind = getattr(nn, f"Conv{dimensions}DTranspose")
    KINDS[kind.__name__] = Kind(
        lambda given: kind(**given), options, gives, "in_channels", lambda o, s: s[1]
    )


def pooling(name, dimensions):
    def options(draw, shape, keep):
        if len(shape) != dimensions + 2 or keep is not None:
            return None
        size, strides, padding = window(draw, shape[2:])
        ceil = draw(st.booleans())
        return {"pool_size": size, "strides": strides, "padding": padding, "ceil_mode": ceil}

    def gives(o, shape):
        if len(shape) != dimensions + 2:
            return None
        sizes = moved(shape[2:], {**o, "window": o["pool_size"]}, o["ceil_mode"])
        return sizes and (*shape[:2], *sizes)

    plain(getattr(nn, f"{name}Pool{dimensions}D"), options, gives)


def global_pooling(name, dimensions):
    def options(draw, shape, keep):
        return {} if len(shape) == dimensions + 2 and keep is None else None

    def gives(o, shape):
        return (*shape[:2], *(1,) * dimensions) if len(shape) == dimensions + 2 else None

    plain(getattr(nn, f"Global{name}Pool{dimensions}D"), options, gives)


for dimensions in (1, 2, 3):
    conv(dimensions)
    transposed(dimensions)
    for name in ("Max", "Avg"):
        pooling(name, dimensions)
        global_pooling(name, dimensions)


def norm(kind, least, numpy, name=None):
    def options(draw, shape, keep):
        if len(shape) < least:
            return None
        o = {"center": draw(st.booleans()), "scale": draw(st.booleans())}
        if name is None:
            o["axis"] = draw(st.sampled_from([-1, *range(1, len(shape))]))
        return o

    def gives(o, shape):
        return shape if len(shape) >= max(least, o.get("axis", 1) + 1) else None

    KINDS[name or kind.__name__] = Kind(
        lambda given: kind(**given), options, gives, "in_channels",
        lambda o, s: s[o.get("axis", 1)], numpy,
    )  # fmt: skip


norm(nn.BatchNorm, 2, True)
norm(nn.LayerNorm, 2, True)
norm(nn.InstanceNorm, 3, False)
norm(functools.partial(more.SyncBatchNorm, num_devices=1), 3, False, name="SyncBatchNorm")


def group_norm_options(draw, shape, keep):
    if len(shape) < 3:
        return None
    groups = [n for n in range(1, shape[1] + 1) if shape[1] % n == 0]
    return {"num_groups": draw(st.sampled_from(groups))}


KINDS["GroupNorm"] = Kind(
    lambda given: nn.GroupNorm(**given), group_norm_options,
    lambda o, s: s if len(s) >= 3 and s[1] % o["num_groups"] == 0 else None, numpy=False,
)  # fmt: skip


def prelu_options(draw, shape, keep):
    return {"in_channels": draw(st.sampled_from([1, shape[1]]))} if len(shape) > 1 else None


KINDS["PReLU"] = Kind(
    lambda given: nn.PReLU(**given), prelu_options,
    lambda o, s: s if len(s) > 1 and o["in_channels"] in (1, s[1]) else None,
)  # fmt: skip
KINDS["Scale"] = Kind(
    lambda given: Scale(**given), lambda draw, shape, keep: {"rank": len(shape), "spare": draw(SELDOM)},
    lambda o, s: s if len(s) == o["rank"] else None,
)  # fmt: skip


def one_of(argument, *values):
    return lambda draw, shape, keep: {argument: draw(st.sampled_from(values))}


plain(nn.Dropout, one_of("rate", 0, 0.5))
plain(nn.Activation, one_of("activation", "relu", "tanh", "softrelu"))
plain(nn.HybridLambda, one_of("function", "relu", "sign"), numpy=False)
plain(nn.Lambda, one_of("function", "tanh", "square"), numpy=False)
plain(nn.Swish)
plain(more.Identity)
plain(
    nn.Flatten,
    lambda draw, shape, keep: {} if keep is None else None,
    lambda o, s: (s[0], math.prod(s[1:])),
)


def recurrent(kind):
    def options(draw, shape, keep):
        if len(shape) != 3 or keep not in (None, 2):
            return None
        return {
            "hidden_size": draw(SIZES), "num_layers": draw(st.integers(1, 2)),
            "layout": draw(st.sampled_from(["TNC", "NTC"])), "bidirectional": draw(st.booleans()),
            "i2h_weight_initializer": draw(WEIGHTS), "h2h_bias_initializer": draw(BIASES),
        }  # fmt: skip

    def gives(o, shape):
        width = o["hidden_size"] * (2 if o["bidirectional"] else 1)
        return (*shape[:2], width) if len(shape) == 3 else None

    KINDS[kind.__name__] = Kind(
        lambda given: kind(**given), options, gives, "input_size", lambda o, s: s[2]
    )


def cell(kind, wide=1):
    def options(draw, shape, keep):
        if len(shape) != 3 or keep not in (None, 2):
            return None
        return {"hidden_size": draw(SIZES), "length": shape[1]}

    def gives(o, shape):
        fits = len(shape) == 3 and shape[1] == o["length"]
        return (*shape[:2], wide * o["hidden_size"]) if fits else None

    def make(given):
        length = given.pop("length")
        return Unrolled(kind(**given), length)

    KINDS[kind.__name__] = Kind(
        make, options, gives, "input_size", lambda o, s: s[2], numpy=False, shared=False
    )


def both_ways(hidden_size, **given):
    return rnn.BidirectionalCell(
        rnn.LSTMCell(hidden_size, **given), rnn.GRUCell(hidden_size, **given)
    )


def stacked(hidden_size, **given):
    cells = rnn.HybridSequentialRNNCell()
    for one in (
        rnn.GRUCell(2, **given), rnn.DropoutCell(0.5), rnn.ResidualCell(rnn.RNNCell(2)),
        rnn.ZoneoutCell(rnn.LSTMCell(hidden_size), 0.5),
    ):  # fmt: skip
        cells.add(one)
    return cells


for kind in (rnn.RNN, rnn.LSTM, rnn.GRU):
    recurrent(kind)
for kind in (rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell):
    cell(kind)
cell(both_ways, wide=2)
cell(stacked)

# After an input of indices only.
KINDS["Embedding"] = Kind(
    lambda given: nn.Embedding(**given), lambda draw, shape, keep: None,
    lambda o, s: None,
)  # fmt: skip


# Drawing plans -----------------------------------------------------------------------------------


class Drawing:
    """What is kept while one plan is drawn."""

    def __init__(self, draw, numpy, opaque):
        self.draw, self.numpy, self.opaque = draw, numpy, opaque
        self.layers = []

    def layer(self, shape, keep):
        """A layer for an input of this shape, and the shape that it gives."""
        if self.layers and self.draw(st.integers(0, 3)) == 0:
            found = self.shared(shape, keep)
            if found is not None:
                return found
        fitting = []
        for name, kind in KINDS.items():
            usable = (kind.numpy or not self.numpy) and (self.opaque or name != "Lambda")
            if usable and kind.options(self._least, shape, keep) is not None:
                fitting.append(name)
        if self.opaque and self.draw(SELDOM):
            fitting = ["Lambda"]
        telling = [name for name in fitting if KINDS[name].argument is not None]
        pooling = [name for name in fitting if "Pool" in name]
        others = [name for name in fitting if name not in (*telling, *pooling)]
        groups = [group for group in (others, telling, telling, pooling) if group]
        fitting = self.draw(st.sampled_from(groups))
        name = self.draw(st.sampled_from(fitting))
        return self.made(name, KINDS[name].options(self.draw, shape, keep), shape)

    @staticmethod
    def _least(strategy):
        """Stands in for draw where only the answer None is of interest."""
        return 1

    def made(self, name, options, shape):
        kind = KINDS[name]
        declares = None
        if kind.argument is not None:
            size = kind.needs(options, shape)
            declares = (kind.argument, size)
            if self.draw(st.booleans()):
                options = {**options, kind.argument: size}
        layer = Layer(name, options, len(self.layers), declares)
        self.layers.append(layer)
        return layer, kind.gives(options, shape)

    def shared(self, shape, keep):
        """A layer with the parameters of an earlier one, where one fits here."""
        found = []
        for layer in self.layers:
            kind = KINDS[layer.kind]
            after = kind.gives(layer.options, shape) if layer.shares is None else None
            if after is None or not differs_only_at(shape, after, keep):
                continue
            if kind.needs is None or kind.needs(layer.options, shape) == layer.declares[1]:
                found.append((layer, after))
        if not found:
            return None
        layer, after = self.draw(st.sampled_from(found))
        again = not KINDS[layer.kind].shared or self.draw(st.booleans())
        own = dataclasses.replace(layer, number=len(self.layers), shares=layer.number, again=again)
        self.layers.append(own)
        return own, after

    def chain(self, shape, keep=None, most=3, depth=2):
        """A chain, and the shape that it gives."""
        parts = []
        for _ in range(self.draw(st.integers(1, most))):
            form = self.draw(st.integers(0, 7)) if depth else 0
            if form == 7:
                part, shape = self.chain(shape, keep, 2, depth - 1)
            elif form == 6 and len(shape) > 1:
                part, shape = self.branches(shape, keep, depth - 1)
            else:
                part, shape = self.layer(shape, keep)
            parts.append(part)
        kinds = ["Sequential", "Composed"]
        if all(part.hybrid for part in parts):
            kinds = ["HybridSequential", "HybridComposed", *kinds]
        kind = self.draw(st.sampled_from(kinds))
        idle = ()
        if kind.endswith("Composed") and self.draw(SELDOM):
            layer, _ = self.made("Dense", dense_options(self.draw, (2, 3), None), (2, 3))
            idle = (layer,)
        training = ()
        if kind.endswith("Composed") and not self.opaque and self.draw(SELDOM):
            layer, _ = self.to_width(shape, len(shape) - 1, shape[-1])
            training = (layer,)
        return Chain(kind, tuple(parts), idle, training), shape

    def to_width(self, shape, axis, width):
        """A layer that makes an axis as wide as it shall be."""
        if axis == len(shape) - 1:
            options = {"units": width, "flatten": False}
            return self.made("Dense", options, shape)
        ones, zeros = (1,) * (len(shape) - 2), (0,) * (len(shape) - 2)
        options = {
            "channels": width, "kernel_size": ones, "strides": ones, "padding": zeros, "groups": 1
        }  # fmt: skip
        return self.made(f"Conv{len(shape) - 2}D", options, shape)

    def branches(self, shape, keep, depth):
        axis = keep
        if axis is None:
            axis = self.draw(st.sampled_from(sorted({1, len(shape) - 1})))
        join = self.draw(st.sampled_from(["add", "concat"]))
        width = self.draw(SIZES)
        parts, widths = [], []
        for _ in range(self.draw(st.integers(2, 3))):
            part, after = self.chain(shape, axis, 2, depth)
            if join == "add" and after[axis] != width:
                last, after = self.to_width(after, axis, width)
                kind = "HybridSequential" if part.hybrid else "Sequential"
                part = Chain(kind, (part, last))
            parts.append(part)
            widths.append(after[axis])
        classic = join == "concat" and not self.numpy
        kinds = ["Joined", *["Concurrent"] * (classic and self.opaque)]
        if all(part.hybrid for part in parts):
            kinds = ["HybridJoined", *["HybridConcurrent"] * classic, *kinds]
        kind = self.draw(st.sampled_from(kinds))
        width = width if join == "add" else sum(widths)
        after = (*shape[:axis], width, *shape[axis + 1 :])
        return Branches(kind, tuple(parts), join, axis), after

    def input(self, batch):
        """An input: its shape and the number of words."""
        if self.draw(st.integers(0, 5)) == 0:
            steps = self.draw(st.lists(st.integers(1, 4), max_size=1))
            return (batch, *steps), self.draw(st.integers(1, 6))
        return (batch, self.draw(SIZES), *self.draw(SPATIAL)), None

    def arm(self, shape, words, **limits):
        if words is None:
            return self.chain(shape, **limits)
        options = {"input_dim": words, "output_dim": self.draw(SIZES)}
        options["weight_initializer"] = self.draw(WEIGHTS)
        first = Layer("Embedding", options, len(self.layers))
        self.layers.append(first)
        rest, after = self.chain((*shape, options["output_dim"]), **limits)
        kind = "HybridSequential" if rest.hybrid else "Sequential"
        return Chain(kind, (first, rest)), after

    def whole(self):
        """Several inputs, several outputs, or both."""
        batch, join = self.draw(st.integers(1, 3)), self.draw(st.sampled_from(["add", "concat"]))
        inputs, arms, widths = [], [], []
        width = self.draw(SIZES)
        for _ in range(self.draw(st.integers(1, 3))):
            shape, words = self.input(batch)
            part, after = self.arm(shape, words, most=2, depth=1)
            last, after = self.made(
                "Dense", {"units": width, "flatten": True, "use_bias": self.draw(st.booleans())},
                after,
            )  # fmt: skip
            kind = "HybridSequential" if part.hybrid else "Sequential"
            inputs.append((shape, words))
            arms.append(Chain(kind, (part, last)))
            widths.append(after[1])
        trunk, shape = self.chain((batch, width if join == "add" else sum(widths)), depth=1)
        heads = [self.chain(shape, most=2, depth=0) for _ in range(self.draw(st.integers(0, 3)))]
        parts = [*arms, trunk, *(part for part, _ in heads)]
        kinds = ["Several", *["HybridSeveral"] * all(part.hybrid for part in parts)]
        kind = self.draw(st.sampled_from(sorted(kinds)))
        forms = ["tuple", "list", "nested", *["dict"] * (kind == "Several")] if heads else ["one"]
        whole = Whole(
            kind, tuple(arms), join, trunk, tuple(part for part, _ in heads),
            takes=self.draw(st.sampled_from(["flat", "list", *["nested"] * (len(arms) > 1)])),
            gives=self.draw(st.sampled_from(forms)),
        )  # fmt: skip
        return whole, tuple(inputs), tuple(after for _, after in heads) or (shape,)


def differs_only_at(before, after, axis):
    """Whether a shape has changed at this axis at most; None for anywhere."""
    if axis is None:
        return True
    return len(before) == len(after) and all(
        a == b for i, (a, b) in enumerate(zip(before, after, strict=True)) if i != axis
    )


HYBRIDIZE = [None, {}, {"static_alloc": True}, {"static_alloc": True, "static_shape": True}]


@st.composite
def plans(draw, numpy=None, opaque=None):
    """Plans of nets: of any kind, or of those that are asked for."""
    if numpy is None:
        numpy = draw(st.integers(0, 3)) == 3
    if opaque is None:
        opaque = draw(st.integers(0, 4)) == 4
    drawing = Drawing(draw, numpy, opaque and not numpy)
    if draw(st.integers(0, 2)) == 2:
        root, inputs, outputs = drawing.whole()
    else:
        shape, words = drawing.input(draw(st.integers(1, 3)))
        root, after = drawing.arm(shape, words, most=5)
        inputs, outputs = ((shape, words),), (after,)
    # In NumPy mode MXNet cannot run a hybridized net with a recurrent layer inside.
    hybridize = None if numpy and recurs(root) else draw(st.sampled_from(HYBRIDIZE))
    return Plan(root, inputs, outputs, numpy, hybridize)


@st.composite
def misfits(draw):
    """Plans of nets with one layer, or its parameters, for two inputs of different sizes."""
    drawing = Drawing(draw, draw(st.integers(0, 3)) == 3, False)
    batch = draw(st.integers(1, 3))
    shape = (batch, draw(SIZES), *draw(SPATIAL))
    wide = (batch, *(size + 1 for size in shape[1:]))
    layer, after = drawing.layer(shape, None)
    kind = KINDS[layer.kind]
    gives = kind.gives(layer.options, wide) if kind.argument else None
    assume(gives is not None)
    options = {name: value for name, value in layer.options.items() if name != kind.argument}
    layer = dataclasses.replace(layer, options=options)
    shared = dataclasses.replace(
        layer, number=len(drawing.layers), shares=layer.number,
        again=not kind.shared or draw(st.booleans()),
    )  # fmt: skip
    drawing.layers.append(shared)
    width, arms = draw(SIZES), []
    for one, sizes in ((layer, after), (shared, gives)):
        last, _ = drawing.made("Dense", {"units": width, "flatten": True}, sizes)
        arms.append(Chain("HybridSequential", (one, last)))
    trunk = Layer("Identity", {}, len(drawing.layers))
    root = Whole("HybridSeveral", tuple(arms), "add", trunk, (), "flat", "one")
    inputs = ((shape, None), (wide, None))
    return Plan(root, inputs, ((batch, width),), drawing.numpy, draw(st.sampled_from(HYBRIDIZE)))


# Looking at nets ---------------------------------------------------------------------------------


def holds_of(examples, **drawn):
    """Makes a test of a property: of some examples, and marked slow of ten times as many.

    The examples are the same each time. EXAMPLES=0.2 takes a fifth of them.
    """
    examples = max(1, round(examples * float(os.environ.get("EXAMPLES") or 1)))

    def decorate(check):
        def test(examples):
            run = settings(
                max_examples=examples, derandomize=True, deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            )(given(**drawn)(check))  # fmt: skip
            run()

        test.__name__, test.__qualname__ = check.__name__, check.__qualname__
        test.__module__, test.__doc__ = check.__module__, check.__doc__
        few_and_many = [examples, pytest.param(10 * examples, marks=pytest.mark.slow)]
        return pytest.mark.parametrize("examples", few_and_many)(test)

    return decorate


def flat(values):
    """What a net puts out, as a list."""
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, (list, tuple)):
        return [one for part in values for one in flat(part)]
    return [values]


def parameters(net):
    """Path → parameter, for each once."""
    by_name = net.collect_params()
    return {row.path: by_name[row.name] for row in gi.summary(net).rows if row.alias_of is None}


def shapes(net):
    """Path → shape, for every place of every parameter; None for an unknown size."""
    by_name = net.collect_params()
    return {
        row.path: tuple(int(size) if size > 0 else None for size in by_name[row.name].shape)
        for row in gi.summary(net).rows
    }


def places(net, block, path=""):
    """The paths at which a net has a block."""
    found = [path] if net is block else []
    for name, child in net._children.items():
        found += places(child, block, f"{path}.{name}" if path else name)
    return found


def has_values(parameter):
    try:
        parameter.list_data()
    except (RuntimeError, gluon.parameter.DeferredInitializationError):
        return False
    return True


def values(net):
    """Path → the values on each device, for what has some."""
    return {
        path: [array.asnumpy() for array in parameter.list_data()]
        for path, parameter in parameters(net).items()
        if has_values(parameter)
    }


def same(a, b):
    """Whether two nets' values are equal, bit for bit."""
    return a.keys() == b.keys() and all(
        len(a[path]) == len(b[path])
        and all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a[path], b[path], strict=True))
        for path in a
    )


def condition(net):
    """All that can be seen of a net: rows, parameters, and what each block holds."""
    rows = gi.summary(net).rows
    blocks, pending = {}, [net]
    while pending:
        block = pending.pop()
        if id(block) not in blocks:
            blocks[id(block)] = {name: id(value) for name, value in vars(block).items()}
            pending += block._children.values()
    return rows, fingerprint(net), blocks


GLUONS_WARNINGS = [
    pytest.mark.filterwarnings("ignore:All children of this Sequential layer"),
    pytest.mark.filterwarnings("ignore:Parameter .* not used by any computation"),
    pytest.mark.filterwarnings("ignore:ndarray.context has been renamed"),  # recurrent layers do it
]


@contextlib.contextmanager
def untouched(net):
    """Raises where anything of the net, or of a random state, is another afterwards."""
    mx.random.seed(3)
    next_draw = mx.nd.random.uniform(shape=4).asnumpy().tolist()
    mx.random.seed(3)
    before, numbers = condition(net), values(net)
    states = random.getstate(), np.random.get_state()[1].tolist()
    yield
    after = condition(net)
    for old, new in zip(before, after, strict=True):
        assert old == new
    assert same(values(net), numbers)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states
    assert mx.nd.random.uniform(shape=4).asnumpy().tolist() == next_draw


def force(plan, net, *inputs, **options):
    """force_init, which warns of what it leaves out and where it has nothing to do, and only then."""
    everything = parameters(net).values()
    again = options.get("force_reinit") and everything
    done = not again and all(map(has_values, everything))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gi.force_init(net, *inputs, run=plan.opaque, **options)
    expected = []
    if not all(map(has_values, everything)):
        expected.append("force_init left out what the forward pass never reaches")
    if done and any(options.get(name) is not None for name in ("init", "seed")):
        expected.append("force_init changed nothing")
    said = [str(one.message) for one in told]
    assert len(said) == len(expected)
    assert all(one.startswith(start) for one, start in zip(said, expected, strict=True))
    return net


def ran(plan, net, device=None):
    """The shapes of what a net puts out in a real forward pass."""
    outputs = flat(net(*plan.arrays(device)))
    mx.nd.waitall()
    return tuple(output.shape for output in outputs)
