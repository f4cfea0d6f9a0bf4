"""Binding and running a symbol by hand: its arguments, shapes, types and devices."""

from __future__ import annotations

import ast
import linecache
import re
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import mxnet as mx

from ..results.text import shape_text, some
from . import of_symbols
from .finding import Finding
from .of_iterators import labels_of
from .of_symbols import nodes_of
from .scene import Scene

CASES = of_symbols.CASES  # one list: those who import this module hand it on


# ---------------------------------------------------------------------------------------------
# bind and simple_bind


@CASES.when(
    r"^key `(\S+)` is missing in `(\w+)`$|^Length of (\w+) does not match the number of arg"
)
def _missing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol, kind = scene.local("bind", "self"), match[2] or match[3]
    given = scene.local("_get_ndarray_inputs", "args")
    names = scene.local("_get_ndarray_inputs", "arg_names")
    if symbol is None or names is None:
        return [Finding(
            match[1] or kind, f"of the symbol, and not in {kind}" if match[1] else "too short",
            "bind makes no arrays by itself; simple_bind does.",
            "symbol.simple_bind(mx.cpu(), data=shape), which makes all of them.",
        )]  # fmt: skip
    arrays = scene.local("bind", "args")
    if isinstance(arrays, list):
        arrays = dict(zip(symbol.list_arguments(), arrays, strict=False))
    arrays = {name: one.shape for name, one in (arrays or {}).items() if hasattr(one, "shape")}
    shapes = _shapes(symbol, arrays)
    there = given if isinstance(given, dict) else dict(zip(names, given or [], strict=False))
    lacking = [name for name in names if name not in there]
    made = {
        name: f"mx.nd.{'ones' if name.endswith('var') else 'zeros'}({shapes.get(name, 'shape')})"
        for name in lacking
    }
    told, pairs = "", ", ".join(f"{name!r}: {code}" for name, code in made.items())
    step = f"{{**{kind}, {pairs}}}" if isinstance(given, dict) and there else f"{{{pairs}}}"
    if isinstance(given, list) and given:
        told = f" A list has one array for each of {some(names)}, in this order."
        step = f"[*{kind}, {', '.join(made.values())}]"
    return [Finding(
        some(lacking), f"of the symbol, and not in {kind}",
        f"bind makes no arrays by itself; simple_bind does.{told}",
        f"{kind}={step}, with values of your own in place of these."
        if lacking else f"{kind}={{name: array}}, with the names {some(names)}.",
    )]  # fmt: skip


def _shapes(symbol: Any, given: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The shapes of arguments and auxiliary states, as far as the given ones tell them."""
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    known = {name: shape for name, shape in given.items() if name in names}
    try:
        arguments, _, states = symbol.infer_shape_partial(**known)
    except mx.MXNetError:  # the given ones do not fit each other
        return dict(known)
    found = dict(zip(names, [*(arguments or []), *(states or [])], strict=False))
    return {name: shape for name, shape in found.items() if shape and 0 not in shape}


@CASES.when(r"'(list|tuple)' object has no attribute 'device_typeid'")
def _devices(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = scene.local("simple_bind", "self")
    symbol = symbol if symbol is not None else scene.local("bind", "self")
    if symbol is None:
        return []
    context = next(v["ctx"] for f, v in scene.frames if f in ("simple_bind", "bind") and "ctx" in v)
    shapes = {n: s for n, s in (scene.local("simple_bind", "kwargs") or {}).items()
              if n in symbol.list_arguments()}  # fmt: skip
    labels = [name for name in labels_of(symbol) if name in symbol.list_arguments()]
    data = [(name, tuple(shape)) for name, shape in shapes.items() if name not in labels]
    told = _shapes(symbol, dict(data))
    bound = [(name, told[name]) for name in labels if name in told] or None
    devices = ", ".join(f"mx.{one}" for one in context)
    return [Finding(
        "ctx", f"a {match[1]} of {len(context)} devices", "An executor computes on one device.",
        f"module = mx.mod.Module(symbol, data_names={[name for name, _ in data]!r}, "
        f"label_names={labels!r}, context=[{devices}]); module.bind({data!r}, {bound!r}), which "
        f"cuts each batch into parts. On one device, ctx=mx.{context[0] if context else 'cpu()'}.",
    )]  # fmt: skip


@CASES.when(r"Trying to save gradient to (\S+) while its source node .* computes it on (\S+)\. ")
def _group(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A variable of one group whose operator is of another one."""
    symbol = scene.local("simple_bind", "self")
    symbol = symbol if symbol is not None else scene.local("bind", "self")
    if symbol is None:
        return [Finding(
            "group2ctx", f"a gradient on {match[2]}, and a variable on {match[1]}",
            "A gradient is computed where its operator runs. MXNet does not copy it.",
            "with mx.AttrScope(ctx_group=...): mx.sym.var(...), the group of the operator that "
            "uses the variable.",
        )]  # fmt: skip
    nodes, attributes = nodes_of(symbol), symbol.attr_dict()
    for node in nodes:
        group = attributes.get(node["name"], {}).get("__ctx_group__")
        for entry in node["inputs"]:
            name = nodes[entry[0]]["name"]
            own = attributes.get(name, {}).get("__ctx_group__")
            if nodes[entry[0]]["op"] == "null" and own != group and group is not None:
                return [Finding(
                    name, f"of the group {own!r}, and used by {node['name']}, of {group!r}",
                    f"The gradient of {name} is computed where its operator runs, and is to be "
                    f"kept where the variable is. MXNet does not copy it.",
                    f"with mx.AttrScope(ctx_group={group!r}): {name} = mx.sym.var({name!r}), the "
                    f"group of its operator.",
                )]  # fmt: skip
    return []


# ---------------------------------------------------------------------------------------------
# infer_shape that tells nothing


@CASES.when(r"Cannot decide shape for the following arguments.*?as input:\s*(.*)")
def _undecided(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """The warning of infer_shape, which then returns None three times."""
    names = re.findall(r"^\s*(\S+): ", match[1], re.MULTILINE)
    roots = [name for name in names if not re.search(r"_(weight|bias|gamma|beta|label)$", name)]
    return [_nothing_told(roots or names, {})] if names else []


@CASES.when(r"'NoneType' object is not (?:iterable|subscriptable)|zip argument #\d must support")
def _shapes_of_none(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """infer_shape has returned None for each of its three lists, and they are used."""
    frames = [frame for frame, _ in traceback.walk_tb(scene.error.__traceback__)]
    if scene.file or not frames or "infer_shape" not in frames[-1].f_code.co_names:
        return []
    symbols = [v for v in frames[-1].f_locals.values() if isinstance(v, mx.sym.Symbol)]
    if not symbols:
        return []
    given = _given_to("infer_shape", frames[-1])
    own = [one for one in symbols if set(given) <= {*one.list_arguments(), "**"}]
    if not own:
        return []
    symbol = own[-1]
    known = _shapes(symbol, {name: shape for name, shape in given.items() if shape is not None})
    unknown = [name for name in symbol.list_arguments() if name not in {**known, **given}]
    roots = [name for name in unknown if not _is_made(symbol, name)]
    if not unknown or ("**" in given and not roots):
        return []
    return [_nothing_told(roots or unknown, given)]


def _nothing_told(names: Sequence[str], given: Mapping[str, Any]) -> Finding:
    told = [
        "**shapes" if name == "**" else f"{name}={shape or '...'}" for name, shape in given.items()
    ]
    told += [f"{name}=shape" for name in names]
    return Finding(
        some(names),
        "of a shape that nothing tells",
        "infer_shape then warns, and returns None for each of its three lists.",
        f"symbol.infer_shape({', '.join(told)}).",
    )


def _is_made(symbol: Any, name: str) -> bool:
    """Whether an operator has made the variable by itself: a weight, a label."""
    owners = [node["name"] for node in nodes_of(symbol) if node["op"] != "null"]
    return any(name.startswith(f"{owner}_") for owner in owners)


def _given_to(method: str, frame: Any) -> dict[str, Any]:
    """What the last call of a method in a frame's code was given by name; None if unreadable."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    except SyntaxError:  # no source, or that of a cell with magics
        return {}
    own = [
        call for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == method
        and frame.f_code.co_firstlineno <= call.lineno <= frame.f_lineno
    ]  # fmt: skip
    if not own:
        return {}
    found: dict[str, Any] = {}
    for keyword in max(own, key=lambda call: call.lineno).keywords:
        value = _value(keyword.value, frame.f_locals)
        if keyword.arg is None:
            found.update(value if isinstance(value, dict) else {"**": None})
        else:
            found[keyword.arg] = tuple(value) if isinstance(value, (tuple, list)) else None
    return found


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """A literal, a name, or what a name has; None for what would have to be computed."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, names), node.attr, None)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


# ---------------------------------------------------------------------------------------------
# Running an executor


@CASES.when(r"^Unknown argument (\S+)$", file="executor.py")
def _unknown(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    executor = scene.owner(mx.executor.Executor)
    if executor is None:
        return []
    names = list(executor.arg_dict)
    made = [name for name in names if re.search(r"_(weight|bias|gamma|beta|label)$", name)]
    free = [name for name in names if name not in made] or names
    return [Finding(
        f"executor.forward({match[1]}=...)", "no argument of the symbol",
        f"It has {some(names, 12)}.", f"executor.forward({free[0]}=array), if that is meant.",
    )]  # fmt: skip


@CASES.when(r"^Shape not match! Argument (\S+), need: (\(.*?\)), received: (\(.*?\))$")
def _other_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name, need, got = match[1], ast.literal_eval(match[2]), ast.literal_eval(match[3])
    state = f"of shape {shape_text(got)}, and bound with {shape_text(need)}"
    if got[1:] != need[1:]:
        wanted = ", ".join(["batch", *map(str, need[1:])])
        return [Finding(
            name, state, "The sizes of parameters follow from all axes but the first.",
            f"Give data of shape ({wanted}); or bind the symbol anew with {name}={got!r}, with "
            f"parameters of that size.",
        )]  # fmt: skip
    return [Finding(
        name, state, "An executor has arrays of one size.",
        f"executor = executor.reshape(partial_shaping=True, allow_up_sizing=True, {name}={got!r}); "
        f"executor.forward({name}=array). It keeps the parameters.",
    )]  # fmt: skip
