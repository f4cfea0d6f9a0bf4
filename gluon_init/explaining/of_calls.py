"""Calls that do not fit: an argument too few, too many, or of another name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence

import mxnet as mx
from mxnet import gluon

from ..results.text import some
from .calls import Call, calls_of, quoted
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_MOST = 12  # names of arguments in one sentence
# What the same thing is called elsewhere: in Keras, PyTorch, Module, or in another layer.
_ALIASES = {
    "kernel": "kernel_size", "stride": "strides", "pad": "padding", "filters": "channels",
    "out_channels": "channels", "num_filter": "channels", "dilate": "dilation",
    "num_hidden": "units hidden_size", "hidden_size": "num_hidden", "out_features": "units",
    "in_features": "in_units",
    "units": "hidden_size channels", "input_dim": "in_units input_size", "num_classes": "classes",
    "context": "ctx", "device": "ctx", "std": "sigma", "stddev": "sigma", "bias": "use_bias",
    "kernel_initializer": "weight_initializer", "lr": "learning_rate", "eps": "epsilon",
    "p": "rate", "num_embeddings": "input_dim", "embedding_dim": "output_dim",
    "bidirection": "bidirectional", "filename": "fname", "batch": "batch_size",
}  # fmt: skip

_HOMES = {
    "mxnet.gluon.nn": "nn.", "mxnet.gluon.rnn": "rnn.", "mxnet.gluon.loss": "gluon.loss.",
    "mxnet.gluon.trainer": "gluon.", "mxnet.gluon.parameter": "gluon.",
    "mxnet.initializer": "mx.init.", "mxnet.module": "mx.mod.", "mxnet.io": "mx.io.",
    "mxnet.rnn": "mx.rnn.", "mxnet.metric": "mx.metric.", "mxnet.optimizer": "mx.optimizer.",
    "mxnet.callback": "mx.callback.", "mxnet.monitor": "mx.mon.",
    "mxnet.lr_scheduler": "mx.lr_scheduler.",
}  # fmt: skip
_OBJECTS: dict[type, str] = {
    gluon.rnn.RecurrentCell: "cell.", gluon.Block: "net.", gluon.Trainer: "trainer.",
    gluon.ParameterDict: "net.collect_params().", gluon.Parameter: "net[0].weight.",
    mx.mod.BaseModule: "module.", mx.sym.Symbol: "symbol.", mx.rnn.BaseRNNCell: "cell.",
    mx.metric.EvalMetric: "metric.",
}  # fmt: skip
_OPTIMIZERS = {
    "Trainer": "gluon.Trainer(net.collect_params(), 'sgd', {}).",
    "BaseModule.fit": "module.fit(..., optimizer='sgd', optimizer_params={}).",
    "Module.init_optimizer": "module.init_optimizer('sgd', optimizer_params={}).",
}


@CASES.when(r"^([\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.*)")
def _too_few(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    missing = quoted(match[2])
    call = _of_mxnet(scene, match[1], lambda one: set(missing) <= set(one.required()))
    if call is None:
        return []
    by_class = _called_on_its_class(scene, call)
    if by_class:
        return by_class
    inside = ", ".join(f"{name}=..." if name in missing else name for name in call.required())
    return [Finding(
        call.written, f"called without {some(missing)}", _takes(call),
        f"{_before(call)}{call.written.rpartition('.')[2]}({inside}).",
    )]  # fmt: skip


@CASES.when(r"^([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
def _unknown_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = match[2]
    call = _of_mxnet(scene, match[1], lambda one: name not in one.names())
    if call is None:
        return []
    what = f"{call.written}: {name}="
    if _is_of_optimizer(call, name):
        return [Finding(what, "an argument of the optimizer", _takes(call),
                        _OPTIMIZERS[call.written].format(f"{{{name!r}: ...}}"))]  # fmt: skip
    if call.method == "initialize":
        return [_of_initialize(call, name)]
    if call.written == "BaseModule.fit" and name == "batch_size":
        step = "mx.io.NDArrayIter(X, y, batch_size=...), whose batches fit takes."
        return [Finding(what, "an argument of the iterator", _takes(call), step)]
    like = _like(name, call.names())
    made = f"{_before(call)}{call.written.rpartition('.')[2]}"
    step = f"{made}(..., {like}=...), if that is meant." if like else f"{made} without {name}=."
    return [Finding(what, "an argument that it does not take", _takes(call), step)]


def _of_initialize(call: Call, name: str) -> Finding:
    what, takes = f"initialize(): {name}=", _takes(call)
    state = "an argument that it does not take"
    if name == "seed":
        return Finding(what, state, takes,
                       "gi.force_init(net, shape of a batch, seed=...), which draws the same "
                       "values each time; or mx.random.seed(...) before.")  # fmt: skip
    like = _like(name, call.names())
    if like:
        return Finding(what, state, takes, f"net.initialize({like}=...), if that is meant.")
    kinds = [kind for kind in vars(mx.init).values()
             if isinstance(kind, type) and issubclass(kind, mx.init.Initializer)]  # fmt: skip
    having = [kind for kind in kinds if name in Call(kind, "__init__").names()]
    if having:
        return Finding(what, "an argument of an initializer", takes,
                       f"net.initialize(mx.init.{having[0].__name__}({name}=...)).")  # fmt: skip
    return Finding(what, state, takes, f"net.initialize() without {name}=.")


@CASES.when(r"^([\w.<>]+)\(\) takes .*?positional arguments? but (\d+) (?:was|were) given")
def _too_many(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    call = _of_mxnet(scene, match[1], lambda one: True)
    if call is None:
        return []
    names, given = call.names(), int(match[2]) - 1
    if call.method == "begin_state":
        return [Finding(call.written, "given its batch size by its place",
                        "A cell of several cells hands on what it is given by name.",
                        "cell.begin_state(batch_size=...).")]  # fmt: skip
    why = f"Python counts self with them. {_takes(call)}"
    if call.written == "Uniform" and given == 2:
        why = "Its scale is the end of an interval about 0, (-scale, scale)."
        return [
            Finding(
                "Uniform",
                "given two numbers",
                why,
                "mx.init.Uniform(scale), which draws from -scale to scale.",
            )
        ]
    if call.written == "Normal":
        why = "Its mean is 0; it takes the standard deviation alone."
        return [Finding("Normal", "given two numbers", why, "mx.init.Normal(sigma).")]
    inside = ", ".join(f"{name}=..." for name in names[:given]) or ""
    return [Finding(
        call.written, f"given {given} arguments by their places", why,
        f"{_before(call)}{call.written.rpartition('.')[2]}({inside}).",
    )]  # fmt: skip


def _is_of_optimizer(call: Call, name: str) -> bool:
    kinds = (mx.optimizer.SGD, mx.optimizer.Adam)
    known = {one for kind in kinds for one in Call(kind, "__init__").names()}
    return call.written in _OPTIMIZERS and name in known


def _called_on_its_class(scene: Scene, call: Call) -> Sequence[Finding]:
    """``monitor=mx.mon.Monitor``: a class, one of whose methods was called as if of an object."""
    held = {name: value for _, values in scene.frames for name, value in values.items()
            if isinstance(value, type) and call.method != "__init__"
            and getattr(value, call.method, None) is getattr(call.owner, call.method)}  # fmt: skip
    if not held:
        return []
    name, kind = next(iter(held.items()))
    inside = ", ".join(Call(kind, "__init__").required())
    return [Finding(
        f"{name}={kind.__name__}", "a class, where an object is wanted",
        f"{call.method} was called on it, and an object of the class was missing.",
        f"{name}={_home(kind)}{kind.__name__}({inside}).",
    )]  # fmt: skip


def _of_mxnet(scene: Scene, qualified: str, fits: Callable[[Call], bool]) -> Call | None:
    """The call, where it is one of MXNet's functions, or of a block of one's own to be made."""
    for call in calls_of(scene, qualified):
        own = issubclass(call.owner, gluon.Block) and call.method == "__init__"
        if (own or call.owner.__module__.startswith("mxnet.")) and fits(call):
            return call
    return None


def _takes(call: Call) -> str:
    names, required = call.names(), call.required()
    optional = [name for name in names if name not in required]
    if not names:
        return "It takes no arguments."
    needs = f"It needs {some(required)}" if required else "It needs nothing"
    also = f", and takes {some(optional, _MOST)}" if optional else ""
    return f"{needs}{also}."


def _before(call: Call) -> str:
    """What stands before the name of what is called."""
    if call.method == "__init__":
        return _home(call.owner)
    return next((name for kind, name in _OBJECTS.items() if issubclass(call.owner, kind)), "")


def _home(kind: type) -> str:
    """``nn.`` for nn.Dense; "" for classes of one's own."""
    homes = (short for long, short in _HOMES.items() if kind.__module__.startswith(long))
    return next(homes, "")


def _like(name: str, names: Sequence[str]) -> str:
    """The argument that was meant; "" where none is near."""
    known = [one for one in _ALIASES.get(name, "").split() if one in names]
    return (known or difflib.get_close_matches(name, names, 1) or [""])[0]
