"""Calls that do not fit: an argument too few, too many, or of another name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import mxnet as mx
from mxnet import gluon

from ..results.text import some
from .calls import Call, call_of, quoted
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_MOST = 12  # names of arguments in one sentence
# What the same thing is called elsewhere: in Keras, PyTorch, Module, or in another layer.
_ALIASES = {
    "kernel": "kernel_size", "stride": "strides", "pad": "padding", "filters": "channels",
    "out_channels": "channels", "num_filter": "channels", "dilate": "dilation",
    "num_hidden": "units hidden_size", "out_features": "units", "in_features": "in_units",
    "units": "hidden_size channels", "input_dim": "in_units input_size", "num_classes": "classes",
    "context": "ctx", "device": "ctx", "std": "sigma", "stddev": "sigma", "bias": "use_bias",
    "kernel_initializer": "weight_initializer", "lr": "learning_rate", "eps": "epsilon",
    "p": "rate", "num_embeddings": "input_dim", "embedding_dim": "output_dim",
    "bidirection": "bidirectional", "filename": "fname", "batch": "batch_size",
}  # fmt: skip


@CASES.when(r"^([\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.*)")
def _too_few(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    call = _of_mxnet(scene, match[1])
    if call is None:
        return []
    missing = quoted(match[2])
    inside = ", ".join(f"{name}=..." if name in missing else name for name in call.required())
    return [Finding(
        call.written, f"called without {some(missing)}", _takes(call),
        f"{_before(call)}{call.written.rpartition('.')[2]}({inside}).",
    )]  # fmt: skip


@CASES.when(r"^([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
def _unknown_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    call = _of_mxnet(scene, match[1])
    if call is None:
        return []
    name, what = match[2], f"{call.written}: {match[2]}="
    if call.written == "Trainer":
        step = f"gluon.Trainer(net.collect_params(), 'sgd', {{{name!r}: ...}})."
        return [Finding(what, "an argument of the optimizer", _takes(call), step)]
    if call.method == "initialize":
        return [_of_initialize(call, name)]
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
    call = _of_mxnet(scene, match[1])
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


def _of_mxnet(scene: Scene, qualified: str) -> Call | None:
    """The call, where it is one of MXNet's functions, or of a block of one's own to be made."""
    call = call_of(scene, qualified)
    if call is None:
        return None
    ours = issubclass(call.owner, gluon.Block) and call.method == "__init__"
    return call if ours or call.owner.__module__.startswith("mxnet.") else None


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
    if call.method != "__init__":
        return {gluon.Trainer: "trainer."}.get(call.owner, "net.") if _is_known(call) else ""
    homes = {"mxnet.gluon.nn": "nn.", "mxnet.gluon.rnn": "rnn.", "mxnet.initializer": "mx.init."}
    module = call.owner.__module__
    return next((short for long, short in homes.items() if module.startswith(long)), "")


def _is_known(call: Call) -> bool:
    return issubclass(call.owner, (gluon.Block, gluon.Trainer))


def _like(name: str, names: Sequence[str]) -> str:
    """The argument that was meant; "" where none is near."""
    known = [one for one in _ALIASES.get(name, "").split() if one in names]
    return (known or difflib.get_close_matches(name, names, 1) or [""])[0]
