"""Building a graph of symbols: what is taken for a symbol, names of layers, init= of variables."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon.describe import describe
from ..results.text import shape_text, some
from . import of_metrics
from .c_side.call import call_of
from .finding import Finding
from .scene import Scene

CASES = of_metrics.CASES  # one list: those who import this module hand it on


def nodes_of(symbol: Any) -> list[dict[str, Any]]:
    """The nodes of a graph as MXNet writes them: op, name, inputs, attrs."""
    return list(json.loads(symbol.tojson())["nodes"])


def inputs_of(symbol: Any, name: str) -> list[str]:
    """The names of a node's inputs; none where there is no such node."""
    nodes = nodes_of(symbol)
    entries: list[list[int]] = next((n["inputs"] for n in nodes if n["name"] == name), [])
    return [nodes[entry[0]]["name"] for entry in entries]


def symbols_at_hand(scene: Scene) -> Iterator[Any]:
    """The symbols among the variables of all calls, outermost first."""
    for _, values in scene.frames:
        yield from (one for one in values.values() if isinstance(one, mx.sym.Symbol))


# ---------------------------------------------------------------------------------------------
# Outputs of layers by their names


@CASES.when(r'Cannot find output that matches name "(.*?)"')
def _no_output(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol, name = scene.local("__getitem__", "self"), match[1]
    what, why = f"symbol[{name!r}]", (
        "A layer without name= gets a number, which counts all layers of its kind in the process; "
        "one with a name has name_output."
    )  # fmt: skip
    if symbol is None:
        return [Finding(
            what, "no output of the graph", why,
            "symbol.get_internals().list_outputs() has all names; symbol.get_internals()[name] "
            "takes one.",
        )]  # fmt: skip
    variables = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    inside = [n for n in symbol.get_internals().list_outputs() if n not in variables]
    near = _nearest(symbol, name, inside or variables)
    if near == name:
        return [Finding(
            what, "an output of a layer inside, and none of the symbol itself",
            f"The symbol has the outputs {some(symbol.list_outputs())}; those of all layers are in "
            f"its internals.", f"symbol.get_internals()[{name!r}].",
        )]  # fmt: skip
    return [Finding(
        what, "no output of the graph", f"Its layers have {some(inside, 12)}. {why}",
        f"symbol.get_internals()[{near!r}], if that is meant.",
    )]  # fmt: skip


def _nearest(symbol: Any, name: str, inside: Sequence[str]) -> str:
    """The output that is meant: with its ending, or of the same kind of operator, or alike."""
    if name in inside or f"{name}_output" in inside:
        return name if name in inside else f"{name}_output"
    kind = re.sub(r"_?\d*(_output)?$", "", name).lower()
    alike = [node["name"] for node in nodes_of(symbol) if node["op"].lower() == kind]
    same = [f"{one}_output" for one in alike if f"{one}_output" in inside]
    return [*difflib.get_close_matches(name, inside, 1, cutoff=0), *same][-1]


@CASES.when(r'There are multiple outputs with name "(.*?)"')
def _several_outputs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = scene.local("__getitem__", "self")
    if symbol is None:
        return []
    places = [str(i) for i, one in enumerate(symbol.list_outputs()) if one == match[1]]
    return [Finding(
        f"symbol[{match[1]!r}]", f"the name of {len(places)} outputs, {some(places)}",
        "Layers of one name were made in several places, as Gluon does with a block that is called "
        "twice.", f"symbol[{places[-1]}], which is the last of them: numbers tell them apart.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What is taken for a symbol


@CASES.when(r"^(?:Positional arguments|Argument (\w+)) must be Symbol instances, but got ([\[(]|.)")
def _no_symbol(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.blocks:
        return []
    operator, local = scene.frames[-1] if scene.frames else ("operator", {})
    shown = "".join(f", {name}={value!r}" for name, value in local.get("kwargs", {}).items())
    given = local.get(match[1]) if match[1] else local.get("i")
    if isinstance(given, (list, tuple)) or (given is None and match[2] in "[("):
        return [Finding(
            f"mx.sym.{operator}", "given a list of symbols for one of them",
            "It takes symbols one by one, as many as there are.",
            f"mx.sym.{operator}(*symbols{shown}): the star hands over what is in the list.",
        )]  # fmt: skip
    if isinstance(given, (gluon.Block, gluon.Parameter)):
        is_block = isinstance(given, gluon.Block)
        return [Finding(
            f"mx.sym.{operator}", f"given a {type(given).__name__} for a symbol",
            "A block makes a symbol of another one; a parameter has a variable of its own.",
            f"{'block(mx.sym.var(' + repr('data') + '))' if is_block else 'parameter.var()'} in "
            f"its place.",
        )]  # fmt: skip
    return [_array_for_a_symbol(f"mx.sym.{operator}", given, match[1] or "data")]


def _array_for_a_symbol(what: str, given: Any, name: str) -> Finding:
    shape = shape_text(tuple(given.shape)) if hasattr(given, "shape") else "shape"
    kind = type(given).__name__ if given is not None else "something else"
    return Finding(
        what, f"given {kind}{f' of shape {shape}' * (shape != 'shape')} for a symbol",
        "Symbols describe a graph. Arrays come when the graph is bound and run.",
        f"{name} = mx.sym.var({name!r}) in its place; then executor = symbol.simple_bind(mx.cpu(), "
        f"{name}={shape}); executor.copy_params_from(arg_params, aux_params); "
        f"executor.forward({name}=array).",
    )  # fmt: skip


@CASES.when(r"^Expected a list of symbols as input$")
def _group(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("Group", "symbols") or []
    odd = [one for one in given if not isinstance(one, mx.sym.Symbol)]
    return [Finding(
        "mx.sym.Group", f"given {type(odd[0]).__name__} among the symbols" if odd else "given none",
        "It puts the outputs of symbols together.",
        "mx.sym.Group([first, second]), of symbols only.",
    )]  # fmt: skip


@CASES.when(r"^Compose expect `Symbol` as arguments$")
def _called(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = scene.local("__call__", "self")
    if scene.owner(mx.mod.BucketingModule) is not None:
        return [Finding(
            "sym_gen", "a symbol, where a function is wanted",
            "A BucketingModule asks it for the symbol of each key.",
            "mx.mod.BucketingModule(lambda key: (symbol_of(key), ['data'], ['softmax_label']), "
            "default_bucket_key=key), symbol_of(key) being the code that makes the symbol.",
        )]  # fmt: skip
    given = [
        *(scene.local("__call__", "args") or ()),
        *(scene.local("__call__", "kwargs") or {}).values(),
    ]
    if symbol is None or scene.blocks or not given:
        return []
    name = next(iter(scene.local("__call__", "kwargs") or symbol.list_arguments()))
    shape = shape_text(tuple(given[0].shape)) if hasattr(given[0], "shape") else "shape"
    return [Finding(
        "The symbol", f"called with {type(given[0]).__name__}",
        "Calling a symbol puts other symbols in the place of its variables. It computes nothing.",
        f"executor = symbol.simple_bind(mx.cpu(), {name}={shape}); "
        f"executor.copy_params_from(arg_params, aux_params); executor.forward({name}=array).",
    )]  # fmt: skip


@CASES.when(r'^Function (\w+)(?: \(namely operator "(.*?)"\))?.* is not implemented for Symbol and')
def _arrays_only(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.blocks:
        return []
    if match[2] and match[2].endswith("="):
        sign = match[2][:-1]
        return [Finding(
            f"symbol {match[2]} ...", "a change in place, which symbols do not know",
            "A node of a graph stays as it is; what is computed from it is a new one.",
            f"symbol = symbol {sign} ..., which makes a new node.",
        )]  # fmt: skip
    if isinstance(scene.local("Group", "symbols"), mx.sym.Symbol):
        return [Finding(
            "mx.sym.Group", "given symbols one by one", "It takes a list of them.",
            "mx.sym.Group([first, second]).",
        )]  # fmt: skip
    if match[2] == "bool":
        return [Finding(
            "A symbol", "asked whether it is true", "It has no values; only a run gives them.",
            "symbol is not None, where that is asked.",
        )]  # fmt: skip
    call = f"symbol.{match[1]}()" if not match[1].startswith("__") else f"{match[2]}(symbol)"
    return [Finding(
        call, "asked of a symbol, which has no values",
        "A symbol describes a computation; values are in the arrays of an executor.",
        "executor = symbol.simple_bind(mx.cpu(), data=shape); "
        "executor.copy_params_from(arg_params, aux_params); "
        "executor.forward(data=array)[0].asnumpy().",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# init= of variables


@CASES.when(r"has no attribute 'dumps'|dumps\(\) missing 1 required positional")
def _init_of_a_variable(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    called = [name for name, _ in scene.frames]
    if not {"var", "Variable"} & set(called):
        return []
    given, name = scene.local("var", "init"), scene.local("var", "name")
    if isinstance(given, (mx.init.Load, mx.init.Mixed)):
        kind = type(given).__name__
        made = "mx.init.Load(file, default_init=mx.init.Xavier())"
        if kind == "Mixed":
            made = "mx.init.Mixed(patterns, initializers)"
        return [Finding(
            f"init=mx.init.{kind}(...) of {name}", "an initializer for many variables, not for one",
            f"{kind} chooses by the names of all variables. init= is written into the graph, for "
            f"this one alone.",
            f"mx.sym.var({name!r}) without init=; then module.init_params({made}), which fit takes "
            f"as initializer=.",
        )]  # fmt: skip
    right, kind = "mx.init.Constant(value)", f"of type {type(given).__name__}"
    if isinstance(given, type):
        right, kind = f"mx.init.{given.__name__}()", "a class"
    elif isinstance(given, (int, float)):
        right = f"mx.init.Constant({given})"
    return [Finding(
        f"init= of {name}", f"{kind}, where an initializer is wanted",
        "It is an object of a class of mx.init, or its name.",
        f"mx.sym.var({name!r}, init={right}).",
    )]  # fmt: skip


@CASES.when(r"Cannot find argument '(init|lr_mult|wd_mult|shape)'")
def _init_of_an_operator(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """What a variable takes, given to the operator that makes the variable itself."""
    call = call_of(scene)
    name = next((v["name"] for f, v in scene.frames if f == call.operator and "name" in v), None)
    if call.prefix != "mx.sym." or not isinstance(name, str) or not hasattr(mx.sym, call.operator):
        return []
    rest = {key: value for key, value in call.given.items() if key != match[1]}
    try:
        made = getattr(mx.sym, call.operator)(mx.sym.var("data"), name=name, **rest)
    except (mx.MXNetError, TypeError):  # there is more amiss
        return []
    own = [one for one in made.list_arguments() if one.startswith(f"{name}_")]
    if not own:
        return []
    value = next(
        (v["kwargs"][match[1]] for _, v in scene.frames if match[1] in (v.get("kwargs") or {})),
        "...",
    )
    text = f"mx.init.{describe(value)}" if hasattr(value, "dumps") else f"{value}"
    more = "".join(f", {key}={value!r}" for key, value in rest.items())
    return [Finding(
        f"{match[1]} of mx.sym.{call.operator} {name!r}", "given to the operator",
        f"It belongs to a variable. {name} makes {some(own)} by itself.",
        f"mx.sym.{call.operator}(data, {own[0].removeprefix(f'{name}_')}=mx.sym.var({own[0]!r}, "
        f"{match[1]}={text}){more}, name={name!r}).",
    )]  # fmt: skip
