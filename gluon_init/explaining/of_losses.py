"""What the loss of a symbol is handed and cannot use: labels of other shapes, other types."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx
import numpy as np

from .._gluon.symbol_blocks import LABEL_INPUT
from ..results.text import shape_text, some
from . import of_iterators
from .finding import Finding
from .of_bound_operators import bound_symbol
from .of_iterators import bound_module, loaded, shape_in
from .of_symbols import inputs_of, nodes_of
from .scene import Scene

CASES = of_iterators.CASES  # one list: those who import this module hand it on


# ---------------------------------------------------------------------------------------------
# Shapes of labels


@dataclass
class _Label:
    """A label, its shape, the one that is asked for, and where it goes."""

    name: str
    given: tuple[int, ...]
    wanted: tuple[int, ...]
    loss: dict[str, Any]
    layer: str = ""
    output: tuple[int, ...] = ()

    @property
    def operator(self) -> str:
        return str(self.loss.get("op", ""))

    @property
    def state(self) -> str:
        who = f"its loss ({self.operator})" if self.operator else "the Module as it is bound"
        return f"of shape {shape_text(self.given)}, and {who} takes {shape_text(self.wanted)}"


@CASES.when(
    r"simple_bind error.*Error in operator (\S+): (?:Shape inconsistent, "
    r"Provided ?= ?\[([\d,]+)\], inferred shape ?= ?\[([\d,]+)\]|"
    r"Expecting \[[\d,]+\] or \[([\d,]+)\]\. But got \[([\d,]+)\])"
)
def _label_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A label whose shape its loss does not take."""
    symbol = bound_symbol(scene)
    nodes = nodes_of(symbol) if symbol is not None else []
    loss = next((n for n in nodes if n["name"] == match[1] and n["op"] in LABEL_INPUT), None)
    if loss is None:
        return []
    layer, name = (nodes[loss["inputs"][i][0]]["name"] for i in (0, LABEL_INPUT[loss["op"]]))
    shapes = _shapes(symbol, scene.local("simple_bind", "kwargs") or {})
    label = _Label(
        name, shape_in(match[2] or match[5]), shape_in(match[3] or match[4]), loss, layer,
        shapes.get(layer, ()),
    )  # fmt: skip
    return [_flat(label, nodes, shapes) or _of_images(label) or _other(label)]


def _shapes(symbol: Any, given: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of each node's output, as far as the data tell it: without the labels."""
    internals, found = symbol.get_internals(), {}
    for name in internals.list_outputs():
        part = internals[name]
        known = {n: s for n, s in given.items() if n in part.list_arguments()}
        try:
            _, outputs, _ = part.infer_shape_partial(**known)
        except mx.MXNetError:
            break  # the loss itself, and what comes after it
        found[name.removesuffix("_output")] = tuple(outputs[0]) if outputs else ()
    return found


def _flat(
    label: _Label, nodes: list[dict[str, Any]], shapes: dict[str, tuple[int, ...]]
) -> Finding | None:
    """A sequence of which the layers or the labels were made flat, and not both."""
    given, wanted = label.given, label.wanted
    if len(wanted) == 1 and len(given) > 1 and given[0] != wanted[0] == math.prod(given):
        return Finding(
            label.name, label.state,
            f"{label.layer} has a row for each of the {wanted[0]} places, of all samples together. "
            f"The labels are not made flat with it.",
            f"mx.sym.{label.operator}({label.layer}, mx.sym.Reshape(mx.sym.var({label.name!r}), "
            f"shape=(-1,)), name={label.loss['name']!r}), {label.layer} being the output of the "
            f"layer of this name.",
        )  # fmt: skip
    flat = _flattening(nodes, shapes)
    if len(given) <= len(wanted) or len(wanted) != 2 or given[-1] != wanted[-1] or not flat:
        return None
    return Finding(
        label.name, label.state,
        f"FullyConnected makes one row of all axes but the first. {some(flat)} would keep them "
        f"with flatten=False.",
        "; ".join(f"mx.sym.FullyConnected(..., flatten=False, name={name!r})" for name in flat)
        + ".",
    )  # fmt: skip


def _flattening(nodes: list[dict[str, Any]], shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """The FullyConnected layers that make their input flat, and those that come after them."""
    found: list[str] = []
    after: set[int] = set()
    for number, node in enumerate(nodes):
        inputs = [entry[0] for entry in node["inputs"]]
        follows = bool(after & set(inputs))
        if follows:
            after.add(number)
        if node["op"] != "FullyConnected" or node.get("attrs", {}).get("flatten") == "False":
            continue
        if follows or len(shapes.get(nodes[inputs[0]]["name"], ())) > 2:
            found.append(node["name"])
            after.add(number)
    return found


def _of_images(label: _Label) -> Finding | None:
    """A convolution in the place of the last layer: classes for each place of an image."""
    output, loss = label.output, label.loss
    if label.operator != "SoftmaxOutput" or len(output) < 4:
        return None
    is_each = loss.get("attrs", {}).get("multi_output") in ("True", "1")
    why = (
        f"{label.layer} puts out {shape_text(output)}: batch, classes, and the places of an image."
    )
    if label.given == (output[0],):
        row = _a_row(label.layer, output[2:])
        return Finding(
            label.name, f"of shape {shape_text(label.given)}, a class for each image, and "
            f"SoftmaxOutput is handed classes for each place", why,
            f"mx.sym.SoftmaxOutput(mx.sym.Flatten({row}), name={loss['name']!r}), without "
            f"multi_output, {label.layer} being the output of the layer of this name.",
        )  # fmt: skip
    if is_each or label.given != (output[0], *output[2:]):
        return None
    return Finding(
        label.name, f"of shape {shape_text(label.given)}, a class for each place, and "
        f"SoftmaxOutput takes the last axis for that of the classes", why,
        f"mx.sym.SoftmaxOutput({label.layer}, multi_output=True, name={loss['name']!r}).",
    )  # fmt: skip


def _a_row(layer: str, places: tuple[int, ...]) -> str:
    """The call that makes one place of all places of an image."""
    if math.prod(places) == 1:
        return layer
    return f"mx.sym.Pooling({layer}, global_pool=True, pool_type='avg', kernel=(1, 1))"


def _other(label: _Label) -> Finding:
    """A label of another shape than its loss asks for, by the kind of loss."""
    name, given, wanted = label.name, label.given, label.wanted
    if len(wanted) == 1 and given[1:] == (1,):
        return Finding(
            name, label.state, "A column is a second axis, which numbers of classes do not have.",
            f"Give y.reshape(-1) in place of y, of shape {shape_text(wanted)}.",
        )  # fmt: skip
    if len(wanted) == 1:
        return Finding(
            name, label.state, "Wanted is one number of a class for each sample.",
            "y.argmax(axis=1) in place of y where each row marks one class; else one number for "
            "each sample. The last layer needs num_hidden=number of classes.",
        )  # fmt: skip
    if label.operator == "SoftmaxOutput":
        return Finding(
            name, label.state, "The output has more than two axes. SoftmaxOutput takes a class for "
            "each place along all but that of the classes.",
            f"Give labels of shape {shape_text(wanted)}. Where one label is meant for several "
            f"places, take one of them, or their mean, before SoftmaxOutput.",
        )  # fmt: skip
    return Finding(
        name, label.state,
        "Each number that the last layer puts out is compared with one of the label.",
        f"num_hidden={given[-1]} for the last layer, or labels of shape {shape_text(wanted)}.",
    )  # fmt: skip


@CASES.when(r"Incompatible attr in node  at 0-th output: expected \[([\d,]*)\], got \[([\d,]*)\]")
def _in_a_batch(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A batch's label that is copied into an array of another shape."""
    module = bound_module(scene)
    if module is None or "_load_label" not in [name for name, _ in scene.frames]:
        return []
    name = loaded(scene, module.label_names)
    return [_other(_Label(name, shape_in(match[1]), shape_in(match[2]), {}))]


@CASES.when(r"Error in operator (\S+): Expecting \[[\d,]+\] or \[([\d,]+)\]\. But got \[([\d,]+)\]")
def _label_in_a_text(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A label of a SoftmaxOutput with multi_output, of which only the text is at hand."""
    if scene.frames:
        return []
    wanted, given = shape_in(match[2]), shape_in(match[3])
    step = f"Give labels of shape {shape_text(wanted)}."
    if given == wanted[:1]:
        step = (
            f"mx.sym.SoftmaxOutput(mx.sym.Flatten({_a_row('output', wanted[1:])}), "
            f"name={match[1]!r}), without multi_output, for a class for each image."
        )
    return [Finding(
        f"The label of {match[1]}", f"of shape {shape_text(given)}, and {match[1]} takes "
        f"{shape_text(wanted)}", "With multi_output=True there is a class for each place.", step,
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Losses of one's own


@CASES.when(r"simple_bind error.*Error in operator (\S+): .*Incompatible attr in node \S+ at 1-th "
            r"input: expected \[([\d,]+)\], got \[([\d,]+)\]")  # fmt: skip
def _numbers_of_classes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A label of one number for each row, multiplied by an array with a number for each class."""
    module = bound_module(scene)
    if module is None:
        return []
    inputs, shapes = inputs_of(module.symbol, match[1]), [shape_in(match[2]), shape_in(match[3])]
    labels = [i for i, name in enumerate(inputs[:2]) if name in (module.label_names or [])]
    if len(labels) != 1 or len(inputs) != 2:
        return []
    label, other = inputs[labels[0]], inputs[1 - labels[0]]
    given, output = shapes[labels[0]], shapes[1 - labels[0]]
    if len(output) != 2 or given != output[:1]:
        return []
    return [Finding(
        label, f"of shape {shape_text(given)}, and {match[1]} takes it with {other} of "
        f"{shape_text(output)}, number by number",
        "The label is the number of a class. There is no number for each class in it.",
        f"mx.sym.one_hot(mx.sym.var({label!r}), depth={output[1]}) in its place.",
    )]  # fmt: skip


@CASES.when(r"axis 1 exceeds the input dimension of 1")
def _one_number(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A metric of classes, handed a loss that is a single number."""
    metric, module = scene.owner(mx.metric.EvalMetric), bound_module(scene)
    outputs = scene.local("update_metric", "preds")
    if metric is None or module is None or not outputs:
        return []
    alone = [name for name, one in outputs.items() if len(one.shape) == 1]
    if not alone:
        return []
    return [Finding(
        f"eval_metric {type(metric).__name__}",
        f"given {alone[0]} of shape {shape_text(outputs[alone[0]].shape)}, which is a loss",
        "It looks for the largest number of each row, and a loss has no rows of classes.",
        f"eval_metric=mx.metric.Loss(output_names=[{alone[0]!r}], label_names=[]), its mean. For "
        f"accuracy, mx.sym.Group([loss, mx.sym.BlockGrad(prediction)]) as the symbol.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Types


@CASES.when(r"requires uniform type\. Expected '(u?int\d+)' v\.s\. given '(\w+)'")
def _whole_numbers(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Data in whole numbers, whose type all layers take on."""
    shapes = scene.local("bind_exec", "data_shapes") or []
    data = [one.name for one in shapes
            if np.dtype(getattr(one, "dtype", np.float32)).name == match[1]]  # fmt: skip
    if not data or bound_module(scene) is None:
        return []
    return [Finding(
        some(data), f"in {match[1]}, and layers compute on it",
        "Module binds the type that the iterator tells, and weights take on that of the data. In "
        "whole numbers they can be neither drawn nor learned.",
        f"mx.sym.Cast(mx.sym.var({data[0]!r}), dtype={match[2]!r}) in place of "
        f"mx.sym.var({data[0]!r}).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Operators of one's own


@CASES.when(r"kCustomOp(Forward|Backward)\]")
def _custom(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """An error in the Python of an operator, of which MXNet hands on nothing."""
    module, call = bound_module(scene), match[1].lower()
    nodes = [n for n in nodes_of(module.symbol) if n["op"] == "Custom"] if module else []
    why = (
        f"MXNet has printed its traceback, below 'Error in CustomOp.{call}', and raises an error "
        f"without it, where numbers are read."
    )
    if not scene.frames:
        return [Finding(
            f"{call} of an operator of one's own", "failed", why,
            f"Mend the line that is printed, in {call} of the class that is a CustomOp.",
        )]  # fmt: skip
    if not nodes:
        return []
    kinds = list(dict.fromkeys(node["attrs"]["op_type"] for node in nodes))
    given = {one[0]: one[1] for one in [*module.data_shapes, *(module.label_shapes or [])]}
    shapes = _shapes(module.symbol, given)
    inputs = [shapes.get(name, ()) for name in inputs_of(module.symbol, nodes[0]["name"])]
    arrays = ", ".join(f"mx.nd.ones({shape!r})" for shape in inputs)
    return [Finding(
        f"{call} of the operator {some([repr(kind) for kind in kinds])}", "failed",
        f"{why} 'Shape is unknown' there: out_grad is empty, unless its Prop says "
        f"super().__init__(need_top_grad=True).",
        f"Mend the line that is printed, and try it alone: xs = [{arrays}]; [x.attach_grad() for x "
        f"in xs]; mx.autograd.set_recording(True); y = mx.nd.Custom(*xs, op_type={kinds[0]!r}); "
        f"mx.autograd.set_recording(False); y.backward(); mx.nd.waitall().",
    )]  # fmt: skip
