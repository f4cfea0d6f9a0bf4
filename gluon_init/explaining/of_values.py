"""Something of another kind than Gluon takes: a parameter for an array, a layer for a name."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from .._gluon.blocks import children
from ..results.text import shape_text
from .cases import Cases, site_of
from .finding import Finding
from .scene import Scene

CASES = Cases()
_ACTIVATIONS = ("relu", "sigmoid", "tanh", "softrelu", "softsign")


# ---------------------------------------------------------------------------------------------
# A parameter, which holds arrays and is none


@CASES.when(
    r"'Parameter' object (?:is not (?:subscriptable|iterable)|has no attribute '(\w+)')"
    r"|unsupported operand type\(s\) for (\S+): .*'Parameter'"
    r"|'Parameter' object does not support item assignment|type .*Parameter.* has no len"
)
def _parameter_for_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if match[1] and not hasattr(mx.nd.NDArray, match[1]):
        return []
    asked = f"asked for {match[1]}, which an array has" if match[1] else "used as an array"
    return [Finding(
        "A parameter", asked,
        "A Parameter holds arrays, one for each device, and is none itself.",
        "net[0].weight.data() for its array, say; set_data(array) to write into it. In "
        "hybrid_forward a parameter comes as an argument, and as an array.",
    )]  # fmt: skip


@CASES.when(r"'(?:function|method)' object (?:has no attribute '(\w+)'|is not subscriptable)")
def _method_for_its_result(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``weight.data.asnumpy()``, ``symbol.list_arguments[0]``, ``autograd.record``."""
    if match[1] in ("__enter__", "__exit__"):
        return _without_brackets(scene)
    asked = f".{match[1]}" if match[1] else "["
    found = re.findall(rf"\.(\w+){re.escape(asked)}", scene.line)
    if not found:  # a function of the user's own
        return []
    method = found[-1]
    then = f"{asked}()" if match[1] else "[...]"
    why = f"{method}() is a method; what it returns is what is meant."
    if method in ("data", "grad"):
        why = (
            "data() and grad() are methods of a Parameter; what they return is the array. (Of an "
            "NDArray, grad is an attribute.)"
        )
    return [Finding(method, "a method, which was not called", why, f".{method}(){then}.")]


@CASES.when(r"'function' object does not support the context manager protocol|^__enter__$")
def _record(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return _without_brackets(scene)


def _without_brackets(scene: Scene) -> Sequence[Finding]:
    found = re.search(r"with .*?\b(record|pause|train_mode|predict_mode)\b", scene.line)
    if found is None:
        return []
    return [Finding(
        f"with autograd.{found[1]}", "a function, which was not called",
        "What opens the record, or closes it, is what the call returns.",
        f"with autograd.{found[1]}(): ...",
    )]  # fmt: skip


@CASES.when(r"'(list|tuple|int|float)' object has no attribute 'shape'", file="gluon/parameter.py")
def _set_data(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter, data = scene.parameter, scene.local("set_data", "data")
    if parameter is None or data is None:
        return []
    right = "mx.nd.array(values)"
    if isinstance(data, (int, float)):
        right = f"mx.nd.full(parameter.shape, {data})"
    return [Finding(
        parameter.name, f"set_data was given a {match[1]}",
        f"It takes an array of the parameter's shape, {shape_text(parameter.shape)}.",
        f"set_data({right}).",
    )]  # fmt: skip


@CASES.when(
    r"not supported between instances of '(?:str|NoneType|list|tuple)' and 'int'"
    r"|shape dimension size cannot be less than 0|Invalid Parameter format for shape expect"
)
def _no_size(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A layer whose width is a text, a fraction, or below 0."""
    parameter = scene.parameter
    sizes = [] if parameter is None else list(parameter.shape or ())
    wrong = [size for size in sizes if not isinstance(size, (int, np.integer)) or size < 0]
    site, _ = site_of(scene)
    if not wrong or site is None:
        return []
    kind, held = type(site.owner), vars(site.owner)
    names = [
        name for name in inspect.signature(kind).parameters if held.get(f"_{name}") == wrong[0]
    ]
    argument = f"{names[0]}=" if names else "a size of "
    return [Finding(
        f"{site.path}", f"of shape {shape_text(sizes)}",
        f"The {kind.__name__} was made with {argument}{wrong[0]!r}. A size is a whole number of at "
        f"least 1; Gluon looks at it only when the parameter is filled.",
        f"nn.{kind.__name__}({argument}{_whole(wrong[0])}, ...), say, and build the net anew.",
    )]  # fmt: skip


def _whole(size: Any) -> int:
    try:
        return max(1, abs(round(float(size))))
    except (TypeError, ValueError):
        return 1


@CASES.when(r"'(\w+)' object is not callable", file="gluon/rnn/")
def _begin_state(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``begin_state(batch_size, device)``: its second argument is the function that makes them."""
    if not isinstance(scene.local("begin_state", "func"), mx.Context):
        return []
    return [Finding(
        "begin_state", "given a device for its second argument",
        "The second is func, the function that makes the arrays.",
        "begin_state(batch_size, ctx=...).",
    )]  # fmt: skip


@CASES.when(r"'(\w+)' object (?:has no attribute 'device_typeid'|is not iterable)")
def _no_device(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``ctx="cpu"``, ``ctx=mx.cpu``, ``ctx=0``."""
    given = [values["ctx"] for _, values in scene.frames
             if "ctx" in values and isinstance(values.get("self"), _OWNERS)]  # fmt: skip
    wrong = [one for one in given if one is not None and not _is_device(one)]
    if not wrong:
        return []
    one = wrong[0][0] if isinstance(wrong[0], (list, tuple)) else wrong[0]
    name = re.match(r"(?:cpu|gpu)", str(getattr(one, "__name__", one)))
    number = re.findall(r"\d+", str(one)) if isinstance(one, str) else []
    right = f"mx.{name[0] if name else 'cpu'}({number[0] if number else ''})"
    told = f"the function {one.__name__}" if callable(one) else f"{one!r}"
    return [Finding(
        "ctx", f"given {told}, which is no device",
        "A device is an object, mx.cpu() or mx.gpu(0), or a list of such.",
        f"ctx={right}.",
    )]  # fmt: skip


_OWNERS = (gluon.Block, gluon.ParameterDict, gluon.Parameter)


def _is_device(given: Any) -> bool:
    several = given if isinstance(given, (list, tuple)) else [given]
    return all(isinstance(one, mx.Context) for one in several)


@CASES.when(
    r"'(?:Hybrid)?Sequential' object (?:does not|doesn't) support item (assignment|deletion)"
)
def _other_layers(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    step = "new.add(*net[:-1], nn.Dense(3)), say, for another last layer; new[-1].initialize()"
    if match[1] == "deletion":
        step = "new.add(*net[:-1]), say, without the last"
    return [Finding(
        "A Sequential", f"asked for the {match[1]} of a layer",
        "Its layers are fixed when they are added. They can be put into another net, with the "
        "values that they have.",
        f"new = nn.HybridSequential(); {step}.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What a net does not hold


@CASES.when(r"list index out of range", file="gluon/nn/basic_layers.py")
def _no_such_child(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    net, key = scene.local("__getitem__", "self"), scene.local("__getitem__", "key")
    if not isinstance(net, gluon.Block):
        return []
    count = len(children(net))
    last = f"net[{count - 1}] is the last" if count else "net.add(...) comes first"
    held = f"it has {count} block{'' if count == 1 else 's'}"
    return [Finding(
        f"{type(net).__name__}[{key}]", held, "They are counted from 0.", f"{last}.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Activations


@CASES.when(r"unsupported operand type\(s\) for \+: '(.*?)' and 'str'", file="gluon/nn/")
def _activation(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A layer or an operator as activation=, or the width of the input in its place."""
    makers = [
        values for name, values in scene.frames if name == "__init__" and "activation" in values
    ]
    if not makers:
        return []
    given, layer = makers[0]["activation"], type(makers[0]["self"]).__name__
    why = "activation= is the name of one that mx.nd.Activation has: " + ", ".join(_ACTIVATIONS)
    if isinstance(given, int) and layer == "Dense":
        step = f"nn.Dense({makers[0].get('units', '...')}, in_units={given})."
        return [Finding("Dense", f"given {given} for its activation",
                        f"The second argument of Dense is activation. {why}.",
                        step)]  # fmt: skip
    name = getattr(given, "__name__", type(given).__name__)
    step = f"net.add(nn.{layer}(...)), then net.add({_as_block(given, name)}), a block of its own."
    if name.lower() in _ACTIVATIONS:
        step = f"nn.{layer}(..., activation={name.lower()!r})."
    return [Finding(layer, f"given {_kind(given, name)} for its activation", f"{why}.", step)]


def _as_block(given: Any, name: str) -> str:
    return f"nn.{name}(...)" if isinstance(given, gluon.Block) else f"nn.HybridLambda({name!r})"


def _kind(given: Any, name: str) -> str:
    if isinstance(given, gluon.Block):
        return f"a layer, {name},"
    return f"the operator {name}" if callable(given) else repr(given)


# ---------------------------------------------------------------------------------------------
# What a layer or a net is made of


@CASES.when(r"'\w+' object has no attribute 'endswith'")
@CASES.when(r"'(?:Hybrid)?Sequential' object has no attribute '_children'")
def _in_a_sequence(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``Sequential([a, b])`` or ``(a, b)``: it takes a prefix, and parameters to share."""
    given = [values for name, values in scene.frames if name == "__init__" and "prefix" in values]
    if not given or not isinstance(given[0]["prefix"], (list, tuple, gluon.Block)):
        return []
    kind = type(given[0]["self"]).__name__
    return [Finding(
        kind, "given blocks where it is made",
        f"nn.{kind}() begins empty; what it takes is the prefix of its names.",
        f"net = nn.{kind}(); net.add(first, second).",
    )]  # fmt: skip


@CASES.when(r"'(\w+)' object has no attribute 'prefix'", file="gluon/block.py")
def _params_for_sharing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``params=block.weight``."""
    if match[1] not in ("Parameter", "Constant", "dict", "list"):
        return []
    return [Finding(
        "params=", f"given a {match[1]}",
        "It takes the dictionary of a block's parameters, all of which are shared then.",
        "params=other.params. To share one parameter only, self.weight = other.weight in the "
        "block's __init__.",
    )]  # fmt: skip


@CASES.when(r"Model (\S+) is not supported\. Available options are(.*)")
def _no_such_model(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    known = match[2].split()
    near = [name for name in known if name.startswith(match[1].lower())] or (
        difflib.get_close_matches(match[1].lower(), known, 3)
    )
    step = f"{' or '.join(map(repr, near[:3]))}, if that is meant." if near else "One of these."
    return [Finding(
        f"The model {match[1]!r}", "not known", f"The zoo has {', '.join(known[:40])}.", step,
    )]  # fmt: skip


@CASES.when(r"type object '(\w+)' has no attribute 'lower'")
def _class_of_an_optimizer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("__init__", "optimizer") or scene.local("_init_optimizer", "optimizer")
    if not (isinstance(given, type) and issubclass(given, mx.optimizer.Optimizer)):
        return []
    name = match[1]
    return [Finding(
        f"optimizer={name}", "a class, where an optimizer is wanted",
        "The Trainer takes an object, which has its arguments, or the name of one.",
        f"gluon.Trainer(net.collect_params(), mx.optimizer.{name}(learning_rate=...)); or "
        f"{name.lower()!r}, and its arguments as a dictionary.",
    )]  # fmt: skip


@CASES.when(r"data type '(\w+)' not understood")
def _type_of_numbers(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    known = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8"]
    near = difflib.get_close_matches(match[1], known, 1) or ["float32"]
    return [Finding(
        f"The type {match[1]!r}", "not known", f"Parameters are of {', '.join(known[:3])}.",
        f"{near[0]!r}, if that is meant.",
    )]  # fmt: skip
