"""What operators of a symbol refuse when it is bound: types, axes, operators of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import LABEL_INPUT
from ..results.text import shape_text, some
from . import of_old_rnn
from .finding import Finding
from .of_iterators import bound_module, labels_of, shape_in
from .of_symbols import inputs_of, nodes_of, symbols_at_hand
from .scene import Scene

CASES = of_old_rnn.CASES  # one list: those who import this module hand it on


def bound_symbol(scene: Scene) -> Any:
    """The symbol that was being bound; or None."""
    for call in ("simple_bind", "bind", "_infer_shape_impl"):
        found = scene.local(call, "self")
        if isinstance(found, mx.sym.Symbol):
            return found
    return None


def _node(symbol: Any, name: str) -> dict[str, Any]:
    found = next((one for one in nodes_of(symbol) if one["name"] == name), {})
    return {"op": "", "attrs": {}, **found}


# ---------------------------------------------------------------------------------------------
# Types and axes


@CASES.when(
    r"Error in operator (\S+): .*This layer requires uniform type\. "
    r"Expected '(\w+)' v\.s\. given '(\w+)' at '(\w+)'"
)
def _types(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol, (operator, expected, given, which) = bound_symbol(scene), match.groups()
    if scene.net is not None:
        return []
    if symbol is None:
        return [Finding(
            f"{which} of {operator}", f"in {given}, and the data in {expected}",
            "All arrays of a layer are of one type.",
            f"mx.sym.Cast(data, dtype={given!r}) before {operator}.",
        )]  # fmt: skip
    node, inputs = _node(symbol, operator), inputs_of(symbol, operator)
    if node["op"] in LABEL_INPUT and which == "label":
        label = inputs[LABEL_INPUT[node["op"]]]
        return [Finding(
            label, f"in {given}, and {operator} is handed {inputs[0]} in {expected}",
            "A loss takes both in one type. Losses are computed in float32 also where the layers "
            "are not.",
            f"mx.sym.{node['op']}(mx.sym.Cast(output, dtype={given!r}), name={operator!r}), output "
            f"being {inputs[0]}.",
        )]  # fmt: skip
    names = [one for one in inputs if one.endswith(which)]
    name = names[0] if names else which
    return [Finding(
        f"{name} of {operator}", f"in {given}, and the data in {expected}",
        "All arrays of a layer are of one type.",
        f"mx.sym.var({name!r}, dtype={expected!r}) for it; or mx.sym.Cast(data, dtype={given!r}) "
        f"before {operator}.",
    )]  # fmt: skip


@CASES.when(
    r"Error in operator (\S+): .*Check failed: d?shp\.ndim\(\) == (\d)U? \((\d) vs\. \d\) ?: "
    r"Input data should be"
)
def _axes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol, operator = bound_symbol(scene), match[1]
    wanted, given = int(match[2]), int(match[3])
    if symbol is None or scene.net is not None:
        return []
    node = _node(symbol, operator)
    kernel = tuple(int(one) for one in re.findall(r"\d+", node["attrs"].get("kernel", "")))
    why = "Besides the batch and the channels there is an axis for each number of kernel."
    if not kernel:
        return []
    state = f"with kernel={kernel!r}, for data of {wanted} axes, and given {given}"
    if given > 2 and len(set(kernel)) == 1:
        right = kernel[:1] * (given - 2)
        other = f"mx.sym.{node['op']}(..., kernel={right!r}, name={operator!r})"
        image = "mx.sym.expand_dims(data, axis=1) in place of its data, if they lack the channels; "
        step = f"{other}." if given > wanted else f"{image}{other}, if they have them."
        return [Finding(operator, state, why, step)]
    axes = ["batch", "channels", *["depth", "height", "width"][-max(wanted - 2, 1) :]]
    return [Finding(
        operator, state, why, f"Give data of the axes {', '.join(axes)}: x.reshape(...).",
    )]  # fmt: skip


@CASES.when(r"InferType pass cannot decide dtypes for the following arguments.*?inputs:\s(.*)")
def _unknown_types(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol, names = bound_symbol(scene), re.findall(r"([^\s,]+): -1", match[1])
    if not names:
        return []
    layer = of_a_layer(scene, symbol, names) if symbol is not None else None
    if layer is not None:
        return [layer]
    labels = [name for name in names if name.endswith("label")]
    if symbol is not None:
        labels = [name for name in names if name in labels_of(symbol)]
    if labels and (symbol is None or bound_module(scene) is not None):
        return [_label(labels)]
    return [Finding(
        some(names), "of a type that nothing tells",
        "Binding infers types from the data's, and no layer tells this one.",
        f"mx.sym.var({names[0]!r}, dtype='float32', shape=(...)).",
    )]  # fmt: skip


def _label(labels: Sequence[str]) -> Finding:
    supplied = f"label_name={labels[0]!r}" if len(labels) == 1 else "label={name: y, ...}"
    return Finding(
        some(labels),
        "a label that Module takes for a parameter",
        "It is the label of a loss in the symbol, and not in label_names.",
        f"mx.mod.Module(symbol, label_names={list(labels)!r}, ...), and an iterator with "
        f"{supplied}.",
    )


def of_a_layer(scene: Scene, symbol: Any, names: Sequence[str]) -> Finding | None:
    """A variable that has the name of another symbol's layer, in place of that layer's output."""
    for other in symbols_at_hand(scene):
        inside = other.get_internals().list_outputs()
        for name in names:
            output = name if name in inside else f"{name}_output"
            if (
                output in inside
                and output not in other.list_arguments()
                and name in symbol.list_arguments()
            ):
                return Finding(
                    name, "a variable, with the name of a layer's output in another symbol",
                    "mx.sym.var makes an input, which has only its name in common with the layer.",
                    f"symbol.get_internals()[{output!r}] in place of mx.sym.var({name!r}), symbol "
                    f"being the one that has the layer.",
                )  # fmt: skip
    return None


@CASES.when(r"Error in operator (\S+): .*Incompatible attr in node \S+ at (\d)-th input: expected "
            r"\[([\d,]+)\], got \[([\d,]+)\]")  # fmt: skip
def _sizes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A sum or product, number by number, of layers of other sizes."""
    symbol, operator, at = bound_symbol(scene), match[1], int(match[2])
    if symbol is None or scene.net is not None:
        return []
    op, inputs = _node(symbol, operator)["op"], inputs_of(symbol, operator)
    first, second = shape_in(match[3]), shape_in(match[4])
    if at == 0 or len(inputs) <= at:
        return []
    state = (
        f"given {inputs[0]} of shape {shape_text(first)}, and {inputs[at]} of {shape_text(second)}"
    )
    pairs = list(zip(first, second, strict=False))
    if op.startswith("elemwise_") and len(first) == len(second) and all(
        a == b or 1 in (a, b) for a, b in pairs
    ):  # fmt: skip
        repeating = op.replace("elemwise_", "broadcast_")
        step = f"mx.sym.{repeating}(first, second), which repeats what has size 1."
    else:
        step = _as_large(symbol, inputs[at], first, second)
    return [Finding(operator, state, "It takes both number by number.", step)]


def _as_large(symbol: Any, name: str, wanted: tuple[int, ...], given: tuple[int, ...]) -> str:
    """How the layer of an input gets the size of the other one."""
    node = _node(symbol, name)
    for key in ("num_hidden", "num_filter"):
        axis = len(given) - 1 if key == "num_hidden" else 1
        rest = [a == b for i, (a, b) in enumerate(zip(wanted, given, strict=False)) if i != axis]
        if key in node["attrs"] and len(wanted) == len(given) and all(rest):
            return f"mx.sym.{node['op']}(..., {key}={wanted[axis]}, name={name!r})."
    return f"Give {name} the shape {shape_text(wanted)}: by its layer's sizes, or mx.sym.reshape."


# ---------------------------------------------------------------------------------------------
# Operators of one's own


@CASES.when(r"Error in operator (\S+): .*kCustomOpPropInferShape")
def _infer_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = bound_symbol(scene)
    if scene.net is not None:
        return []
    if symbol is None:
        return [Finding(
            f"infer_shape of the operator {match[1]}", "failed; MXNet has printed its traceback",
            "It is handed the shapes of what list_arguments() names.",
            "Let it return three lists: as many shapes as list_arguments() has names, those of the "
            "outputs, and those of the auxiliary states.",
        )]  # fmt: skip
    node, inputs = _node(symbol, match[1]), inputs_of(symbol, match[1])
    kind = node["attrs"].get("op_type", match[1])
    twice = [key for key in node["attrs"] if f"{match[1]}_{key}" in inputs]
    names = [one.removeprefix(f"{match[1]}_") for one in inputs]
    if twice:
        rest = [name for name in names if name not in twice]
        rest[0] = "data" if rest and rest[0] == inputs[0] else rest[0]
        return [Finding(
            f"{', '.join(twice)} of the operator {kind!r}",
            "a number that is handed over, and an array in list_arguments()",
            "list_arguments() names arrays. What mx.sym.Custom is given by name goes to __init__ "
            "of the class, as a text.",
            f"def list_arguments(self): return {rest!r}; in __init__(self, {', '.join(twice)}): "
            + "; ".join(f"self.{key} = float({key})" for key in twice) + ".",
        )]  # fmt: skip
    return [Finding(
        f"infer_shape of the operator {kind!r}", "failed; MXNet has printed its traceback",
        f"It is handed the shapes of {some(names)}.",
        f"Let it return three lists: {len(names)} shapes for list_arguments(), those of the "
        f"outputs, and those of the auxiliary states.",
    )]  # fmt: skip


@CASES.when(r"Cannot find custom operator (\w+)")
def _not_registered(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """An operator of a file, which names it and does not hold its code."""
    called = {name for name, _ in scene.frames}
    if "Custom" in called or not {"load", "load_json", "simple_bind", "bind"} & called:
        return []
    return [Finding(
        f"The operator {match[1]!r}", "in the symbol, and not registered here",
        "A symbol's file names it. Its code is in the Python file in which it was registered.",
        f"import the Python file that has @mx.operator.register({match[1]!r}), before the symbol "
        f"is loaded.",
    )]  # fmt: skip


@CASES.when(r"Error at Line \d+, around .*?Expect '(.)' but get")
def _path_for_a_text(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    text = scene.local("load_json", "json_str")
    if not isinstance(text, str) or not text.endswith(".json"):
        return []
    return [Finding(
        "mx.sym.load_json", "given the name of a file", "It takes the text that the file holds.",
        f"mx.sym.load({Path(text).name!r}), with the file's folder.",
    )]  # fmt: skip


@CASES.when(
    r"Error in operator (\S+): .*trying to split the (\d)-th axis of input tensor with shape "
    r"\[([\d,]+)\] into num_outputs=(\d+)"
)
def _steps_of_another_axis(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``cell.unroll(3, x, layout="TNC")`` of data whose steps are another axis."""
    shape, steps = tuple(map(int, match[3].split(","))), int(match[4])
    state = f"it takes axis {match[2]} of {shape_text(shape)} apart into {steps}"
    if scene.net is not None or not 0 < shape[1 - int(match[2])] == steps:
        return []
    layout = "NTC" if match[2] == "0" else "TNC"
    return [Finding(
        match[1], state,
        f"A cell's unroll does that: one array for each step. Here the steps are axis "
        f"{1 - int(match[2])}.",
        f"cell.unroll({steps}, inputs=data, layout={layout!r}, merge_outputs=True); elsewhere, "
        f"mx.sym.split(..., num_outputs={steps}, axis={1 - int(match[2])}).",
    )]  # fmt: skip


@CASES.when(
    r"Error in operator (\S+): .*kernel size \((\d+)\) exceeds input \((\d+) padded to (\d+)"
)
def _kernel(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = bound_symbol(scene)
    if symbol is None or scene.net is not None:
        return []
    node = _node(symbol, match[1])
    largest = int(match[4])
    kernel = [min(int(one), largest) for one in re.findall(r"\d+", node["attrs"].get("kernel", ""))]
    return [Finding(
        match[1],
        f"with a kernel of {match[2]}, given images of {match[3]}, {largest} with padding",
        "The kernel must lie within the image and its padding.",
        f"mx.sym.{node['op']}(..., kernel={tuple(kernel)!r}, name={match[1]!r}); or larger "
        f"images, or fewer layers before.",
    )]  # fmt: skip


@CASES.when(
    r"Error in operator (\S+): .*Invalid (begin|end) for (?:begin|end)=(-?\d+) as axis_size is "
    r"(\d+)"
)
def _slice(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = bound_symbol(scene)
    if symbol is None or scene.net is not None:
        return []
    node = _node(symbol, match[1])
    return [Finding(
        match[1], f"with {match[2]}={match[3]}, for an axis of {match[4]}",
        "A part lies within the axis.",
        f"mx.sym.{node['op']}(..., axis={node['attrs'].get('axis')}, begin=0, end=None, "
        f"name={match[1]!r}) takes all of it; end={match[4]} at most.",
    )]  # fmt: skip
