"""Names and objects that Module does not know: arguments, states, metrics, optimizers."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import states_of
from ..results.text import some
from . import of_losses, of_module_calls  # noqa: F401  of_losses adds to of_iterators.CASES
from .finding import Finding
from .of_bound_operators import of_a_layer
from .of_iterators import bound_module
from .scene import Scene

CASES = of_module_calls.CASES  # one list, of metrics, symbols, executors and cells as well


# ---------------------------------------------------------------------------------------------
# Names


@CASES.when(
    r"You created Module with Module\(\.\.\., (\w+)_names=(\[.*?\])\) but input with name '(.*?)' "
    r"is not found in symbol\.list_arguments\(\)\. Did you mean one of:\s*(.*?)(?:\x1b|$)"
)
def _not_an_argument(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind, given, name, others = (
        match[1],
        re.findall("'(.*?)'", match[2]),
        match[3],
        match[4].split(),
    )
    symbol = scene.local("_check_input_names", "symbol")
    what, state = f"{kind}_names={match[2]}", f"{name!r} is no argument of the symbol"
    why = f"The symbol's arguments that are no parameters by their names: {some(others) or 'none'}."
    word = "".join(given)
    if all(len(one) == 1 for one in given) and len(given) > 1:
        step = f"{kind}_names=[{word!r}], if that is meant: a text alone is taken letter by letter."
        return [Finding(what, state, "It is to be a list of names.", step)]
    if symbol is not None and kind in ("fixed_param", "state"):
        return [_not_a_parameter(symbol, kind, name, what)]
    if kind == "label" and not [one for one in others if "label" in one]:
        step = "Where the symbol has no label: mx.mod.Module(symbol, label_names=None, ...)."
        if [one for one in others if one != "data"]:
            step = f"label_names=[...] with those of {some(others)} that are labels. {step}"
    else:
        wanted = [one for one in others if ("label" in one) == (kind == "label")]
        step = f"mx.mod.Module(symbol, {kind}_names={wanted!r}, ...), if that is what feeds it."
        layer = of_a_layer(scene, symbol, wanted) if symbol is not None else None
        if layer is not None:
            step = f"{layer.next} Where it is fed by hand, {kind}_names={wanted!r}."
    return [Finding(what, state, why, step)]


def _not_a_parameter(symbol: Any, kind: str, name: str, what: str) -> Finding:
    """A name that is to be of a parameter or a state: the one that it is nearest to."""
    arguments = symbol.list_arguments()
    near, fitting = difflib.get_close_matches(name, arguments, 1), _fitting(name, arguments)
    step = f"Leave it out of {kind}_names. The symbol's arguments are {some(arguments)}."
    if fitting:
        step = (
            f"{kind}_names=[name for name in symbol.list_arguments() if re.match({name!r}, name)], "
            f"which are {some(fitting)}."
        )
    elif near:
        step = f"{kind}_names={near!r}, if that is meant."
    if name in symbol.list_auxiliary_states():
        return Finding(
            what, f"{name!r} is an auxiliary state",
            "It gets no gradient, and no optimizer changes it: a BatchNorm computes it. Its "
            "use_global_stats=True in the symbol keeps it as it is.",
            f"Leave it out of {kind}_names.",
        )  # fmt: skip
    return Finding(
        what, f"{name!r} is no argument of the symbol",
        "Each name is to be one of symbol.list_arguments(); a pattern is not understood.", step,
    )  # fmt: skip


def _fitting(pattern: str, names: Sequence[str]) -> list[str]:
    """The names that begin as a pattern says."""
    try:
        return [name for name in names if re.match(pattern, name)]
    except re.error:
        return []


@CASES.when(
    r"Data provided by (\w+)_shapes don't match names specified by \w+_names "
    r"\((.*) vs\. (\[.*?\])\)"
)
def _other_names(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind, declared = match[1], re.findall(r"'(.*?)'", match[3])
    given = re.findall(r"DataDesc\[(.*?),|\('(.*?)',", match[2])
    names = ["".join(one) for one in given]
    lacking = [name for name in declared if name not in names]
    extra = [name for name in names if name not in declared]
    if scene.owner(mx.mod.SequentialModule) is not None and kind == "data":
        return [Finding(
            f"data_names={declared!r}", f"of a module that gets {some(names)}",
            "Each module takes what the one before it puts out, under that name.",
            "module.add(other, auto_wiring=True, ...) gives it under the name that other has.",
        )]  # fmt: skip
    if not names:
        return [_nothing_supplied(declared)]
    fate = (
        "Module refuses."
        if kind == "data"
        else ("Module only warns, and binds zeros for a label that is not supplied.")
    )
    if len(lacking) == len(extra) == 1:
        step = (
            f"Give it under that name: {kind}_shapes=[({lacking[0]!r}, shape)], or an iterator "
            f"made with {kind}_name={lacking[0]!r}."
        )
    else:
        step = f"{kind}_names={names!r} for the Module, if the symbol has these arguments."
    return [Finding(
        f"{kind}_shapes", f"of {some(names) or 'nothing'}, and {kind}_names has {some(declared)}",
        fate, step,
    )]  # fmt: skip


def _nothing_supplied(labels: Sequence[str]) -> Finding:
    named = ", ".join(f"({name!r}, shape)" for name in labels)
    return Finding(
        "label_shapes", f"of nothing, and label_names has {some(labels)}",
        "To predict, none is needed. In training Module binds zeros, and learns from them.",
        f"To train, bind(..., label_shapes=[{named}]), and an iterator with labels; in a "
        f"SequentialModule, add(module, take_labels=True). To predict, nothing is to be done.",
    )  # fmt: skip


@CASES.when(r"Unknown initialization pattern for ([^\s.]+)\.")
def _state(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """The state of a recurrent operator, which is no parameter; other names are told elsewhere."""
    module, name = bound_module(scene), match[1]
    symbol = module.symbol if module is not None else None
    if symbol is None or name not in states_of(symbol):
        return []
    return [Finding(
        name, "a state that Module takes for a parameter",
        "It is where a recurrent operator begins. Module trains each argument that it was not told "
        "of, and would learn it as a weight, for one batch size.",
        f"mx.mod.Module(symbol, state_names={states_of(symbol)!r}, ...): Module keeps it, as zeros "
        f"until set_states. Or mx.sym.zeros(shape) in the symbol, in place of the variable.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Names and objects of other kinds


@CASES.when(r"(\S+) is not registered\. Please register with metric\.register")
@CASES.when(r"Cannot find optimizer (\S+)")
def _unknown_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = "optimizer" if "optimizer" in match[0] else "eval_metric"
    known = mx.optimizer.Optimizer.opt_registry
    if kind == "eval_metric":
        known = mx.registry.get_registry(mx.metric.EvalMetric)
    near = difflib.get_close_matches(match[1].lower(), known, 1)
    return [Finding(
        f"{kind} {match[1]!r}", "not known", "It is the name of a registered class.",
        f"{kind}={near[0]!r}, if that is meant." if near
        else f"One of {some(sorted(known), 40)}; or an object in place of the name.",
    )]  # fmt: skip


@CASES.when(r"'(\w+)' object is not callable", file="module/module.py")
def _initializer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("_impl", "initializer")
    if match[1] == "NoneType":
        lacking = [name for name in ("arg_params", "aux_params")
                   if scene.local("init_params", name) is None]  # fmt: skip
        return [Finding(
            " and ".join(lacking), "None, where the symbol has such parameters",
            "set_params draws nothing: it takes what it is given.",
            "module.set_params(*other.get_params()) gives both; or allow_missing=True, and {} in "
            "place of None, keeps what is there.",
        )]  # fmt: skip
    known = mx.registry.get_registry(mx.init.Initializer)
    name = known[given.lower()].__name__ if str(given).lower() in known else "Xavier"
    inside = ""
    if isinstance(given, (int, float)):
        name, inside = "Constant", repr(given)
    return [Finding(
        "initializer", f"of type {match[1]}, which is no initializer",
        "Module calls it for each parameter. Names are understood by Gluon only.",
        f"initializer=mx.init.{name}({inside}), an object.",
    )]  # fmt: skip


_OTHERWISE = {"lr": "learning_rate", "weight_decay": "wd", "mom": "momentum"}


@CASES.when(r"__init__\(\) got an unexpected keyword argument '(\w+)'", file="optimizer/")
def _no_argument(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given, called = (
        scene.local("create_optimizer", "kwargs"),
        scene.local("create_optimizer", "name"),
    )
    kind = mx.optimizer.Optimizer.opt_registry.get(str(called).lower())
    if given is None or kind is None:
        return []
    known = [
        name for one in kind.__mro__[:-1] for name in inspect.signature(one.__init__).parameters
    ]
    known = [one for one in dict.fromkeys(known) if one not in ("self", "kwargs", "args")]
    own = _OTHERWISE.get(match[1], "")
    near = [own] if own in known else difflib.get_close_matches(match[1], known, 1)
    step = f"optimizer_params={{{near[0]!r}: {given[match[1]]!r}}}." if near else ""
    return [Finding(
        f"optimizer_params[{match[1]!r}]", f"no argument of {kind.__name__}",
        f"It has {some(known, 20)}.", step or f"Leave {match[1]!r} out of optimizer_params.",
    )]  # fmt: skip


@CASES.when(r"dictionary update sequence element|cannot convert dictionary update", file="module/")
def _no_pairs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("init_optimizer", "optimizer_params")
    if not isinstance(given, (list, tuple)):
        return []
    is_pair = len(given) == 2 and isinstance(given[0], str)
    pairs = f"{{{given[0]!r}: {given[1]!r}}}" if is_pair else "{name: value}"
    return [Finding(
        "optimizer_params", f"{given!r}, which is no dictionary and no list of pairs",
        "Brackets around a single pair make no list of it.", f"optimizer_params={pairs}.",
    )]  # fmt: skip


@CASES.when(r"kvstore must be KVStore, str or None")
def _kvstore(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = type(scene.local("_create_kvstore", "kvstore")).__name__
    return [Finding(
        "kvstore", f"of type {kind}", "It is a name, a KVStore or None.",
        "kvstore='local', which is the default.",
    )]  # fmt: skip


@CASES.when(r"'(\w+)' object has no attribute 'list_arguments'", file="module/")
def _no_symbol(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "symbol", f"of type {match[1]}", "Module takes a graph, mx.sym.Symbol, with its loss.",
        "symbol = mx.sym.SoftmaxOutput(net(mx.sym.var('data')), name='softmax'), net being a "
        "HybridBlock; then mx.mod.Module(symbol). Its parameters begin anew: net keeps its own.",
    )]  # fmt: skip


@CASES.when(r"values to unpack \(expected 3", file="module/bucketing_module.py")
def _sym_gen(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "sym_gen", "does not return three things", "For each key it tells symbol and names.",
        "return symbol, ['data'], ['softmax_label'].",
    )]  # fmt: skip


@CASES.when(r"'NoneType' object is not iterable", file="module/base_module.py")
def _no_bucket(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.owner(mx.mod.BucketingModule) is None:
        return []
    return [Finding(
        "data_batch", "without a bucket_key, or without provide_data",
        "A BucketingModule chooses and binds the symbol of each batch by them. Iterators of one "
        "size, as NDArrayIter, have none.",
        "mx.io.DataBatch([data], [label], bucket_key=key, provide_data=[('data', shape)], "
        "provide_label=[('softmax_label', shape)]). For one size, mx.mod.Module(symbol).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Attributes of layers


@CASES.when(r"Set Attr only accepts string values|Attributes need to be string")
def _attribute(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A rate in attr= or in an AttrScope that is a number."""
    scope = scene.local("__init__", "kwargs") if scene.file == "attribute.py" else None
    given = scope or next((v["attr"] for _, v in scene.frames if v.get("attr")), None) or {}
    odd = {key: str(one) for key, one in given.items() if not isinstance(one, str)}
    if not scene.frames:
        return [Finding(
            "attr", "with an attribute that is no text", "A symbol keeps its attributes as texts.",
            "attr={'lr_mult': '0.1'}, the number as a text; or mx.sym.var(name, lr_mult=0.1).",
        )]  # fmt: skip
    if not odd:
        return []
    right = f"attr={ {**given, **odd}!r}"
    if scope:
        told = ", ".join(f"{key}={value!r}" for key, value in {**given, **odd}.items())
        right = f"mx.AttrScope({told})"
    return [Finding(
        some([f"{key}={given[key]!r}" for key in odd]), "an attribute that is no text",
        "A symbol keeps its attributes as texts.", f"{right}.",
    )]  # fmt: skip


@CASES.when(r"setting variable attributes with (\w+?)_(lr_mult|wd_mult|init|force_mirroring) is")
def _attribute_of_a_part(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    part, key = match.groups()
    given = next((values["attr"] for _, values in scene.frames if values.get("attr")), None) or {}
    value = given.get(f"{part}_{key}", "0.1")
    layer = next((v["name"] for _, v in scene.frames if v.get("attr") and v.get("name")), "fc")
    return [Finding(
        f"{part}_{key}", f"given to the layer for its {part}",
        "MXNet takes it at the variable itself.",
        f"{part}=mx.sym.var('{layer}_{part}', {key}={value}) in the call of the layer, in place of "
        f"attr.",
    )]  # fmt: skip
