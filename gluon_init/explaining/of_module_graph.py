"""What the graph of a Module does that no call tells: gradients that stop, layers that repeat."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .._gluon.modules import copies_of, fixed_names, label_names, state_names
from .._gluon.symbol_blocks import LABEL_INPUT
from ..results.text import shape_text, some
from .finding import Finding
from .of_symbols import nodes_of

# Operators through which no gradient comes.
_STOPS = {
    "BlockGrad", "stop_gradient", "argmax", "argmin", "argmax_channel", "one_hot", "sign", "round",
    "rint", "fix", "floor", "ceil", "trunc", "zeros_like", "ones_like", "shape_array",
    "size_array", "argsort",
}  # fmt: skip
_NORMS = ("BatchNorm", "BatchNorm_v1", "_contrib_SyncBatchNorm")
_SOFTMAX = {"softmax": "softmax", "SoftmaxActivation": "softmax", "SoftmaxOutput": "softmax"}
_WITHIN = {
    "SoftmaxOutput": _SOFTMAX, "Softmax": _SOFTMAX, "softmax_cross_entropy": _SOFTMAX,
    "LogisticRegressionOutput": {"sigmoid": "sigmoid", "LogisticRegressionOutput": "sigmoid"},
}  # fmt: skip


def of_graph(module: Any) -> list[Finding]:
    """Layers that the loss repeats, and parameters that no gradient reaches."""
    if module.binded and not module.for_training:
        return []
    nodes = nodes_of(module.symbol)
    return [*_twice(nodes), *_cut_off(module, nodes), *_reshaped(module, nodes)]


def _reshaped(module: Any, nodes: list[dict[str, Any]]) -> list[Finding]:
    """Sizes written into Reshape: MXNet 1.9.1 does not ask whether there are as many numbers."""
    if not module.binded:
        return []
    described = [*module.data_shapes, *(module.label_shapes or [])]
    shapes = {one.name: tuple(one.shape) for one in described}
    inside = module.symbol.get_internals()
    known = dict(zip(inside.list_outputs(), inside.infer_shape_partial(**shapes)[1], strict=True))
    batch = described[0].shape[0]
    found = []
    for node in (one for one in nodes if one["op"] in ("Reshape", "reshape")):
        before = nodes[node["inputs"][0][0]]
        given = known.get(f"{before['name']}_output") or known.get(before["name"])
        made, asked = known.get(f"{node['name']}_output"), node.get("attrs", {}).get("shape", "")
        sizes = [int(size) for size in re.findall(r"-?\d+", asked)]
        if not given or not made or 0 in (*given, *made):
            continue
        if math.prod(given) != math.prod(made):
            found.append(_of_other_size(node["name"], given, made))
        elif batch > 1 and sizes[:1] == [batch] == [given[0]]:
            found.append(_of_one_batch(node["name"], sizes))
    return found


def _of_other_size(name: str, given: tuple[int, ...], made: tuple[int, ...]) -> Finding:
    return Finding(
        name,
        f"it makes {shape_text(made)} of {shape_text(given)}, which has not as many numbers",
        "MXNet does not ask. The graph computes with what lies behind the array in memory, or "
        "leaves numbers out.",
        f"mx.sym.reshape(..., shape=(0, -1), name={name!r}) keeps the batch, and makes one axis of "
        f"the rest.",
    )


def _of_one_batch(name: str, sizes: list[int]) -> Finding:
    return Finding(
        name,
        f"with shape={tuple(sizes)!r}, the batch's size among it",
        "Another batch, the last of an epoch or one to predict, has another size, and its numbers "
        "would fall into the wrong rows.",
        f"mx.sym.reshape(..., shape={(0, *sizes[1:])!r}, name={name!r}): 0 keeps an axis as it is.",
    )


def _twice(nodes: list[dict[str, Any]]) -> list[Finding]:
    found = []
    for loss in nodes:
        within = _WITHIN.get(loss["op"])
        if within is None:
            continue
        layer = nodes[loss["inputs"][0][0]]
        kind = layer.get("attrs", {}).get("act_type") or layer["op"]
        if kind in within:
            before = nodes[layer["inputs"][0][0]]["name"]
            label = nodes[loss["inputs"][LABEL_INPUT[loss["op"]]][0]]["name"]
            found.append(Finding(
                layer["name"], f"a {within[kind]} before {loss['op']} {loss['name']}, which "
                f"computes one itself",
                "Twice, all its outputs lie close together, and what is learned is little.",
                f"mx.sym.{loss['op']}({before}, mx.sym.var({label!r}), name={loss['name']!r}), "
                f"{before} being the output of the layer of this name.",
            ))  # fmt: skip
    return found


def _cut_off(module: Any, nodes: list[dict[str, Any]]) -> list[Finding]:
    reached = _reached(module.symbol, nodes)
    fed = {*module.data_names, *label_names(module), *state_names(module), *fixed_names(module)}
    names = [
        one["name"] for i, one in enumerate(nodes)
        if one["op"] == "null" and i not in reached and one["name"] not in fed
    ]  # fmt: skip
    names = [name for name in names if name in module.symbol.list_arguments()]
    stops = [one for one in nodes if one["op"] in _STOPS and _is_above(nodes, one, names)]
    if not names or not stops:
        return []
    who = some([f"{one['name']} ({one['op']})" for one in stops])
    return [Finding(
        some(names), "cut off from the loss: no gradient comes to it",
        f"All its ways to the loss go through {who}. A step only lets weight decay shrink it.",
        f"mx.mod.Module(symbol, fixed_param_names={names!r}, ...), where it is to stay as it is; "
        f"to train it, the symbol without {who}.",
    )]  # fmt: skip


def _reached(symbol: Any, nodes: list[dict[str, Any]]) -> set[int]:
    """The nodes to which gradients come, by their numbers."""
    pending = [head[0] for head in json.loads(symbol.tojson())["heads"]]
    reached: set[int] = set()
    while pending:
        number = pending.pop()
        if number in reached or nodes[number]["op"] in _STOPS:
            continue
        reached.add(number)
        label = LABEL_INPUT.get(nodes[number]["op"])
        inputs = nodes[number]["inputs"]
        pending += [entry[0] for place, entry in enumerate(inputs) if place != label]
    return reached


def _is_above(nodes: list[dict[str, Any]], node: dict[str, Any], names: list[str]) -> bool:
    """Whether one of these variables is computed on by the node, directly or not."""
    pending, seen = [entry[0] for entry in node["inputs"]], set()
    while pending:
        number = pending.pop()
        if number not in seen:
            seen.add(number)
            pending += [entry[0] for entry in nodes[number]["inputs"]]
    return any(nodes[number]["name"] in names for number in seen)


# ---------------------------------------------------------------------------------------------
# BatchNorm


def of_norms(module: Any) -> list[Finding]:
    """Numbers of a BatchNorm that are not used, or that no one has given."""
    if not (module.binded and module.params_initialized):
        return []
    nodes = nodes_of(module.symbol)
    norms = [one for one in nodes if one["op"] in _NORMS]
    inputs = {one["name"]: [nodes[entry[0]]["name"] for entry in one["inputs"]] for one in norms}
    return [*_fixed_gamma(module, norms, inputs), *_no_means(module, inputs)]


def _fixed_gamma(
    module: Any, norms: list[dict[str, Any]], inputs: dict[str, list[str]]
) -> list[Finding]:
    copies, given = copies_of(module), module._arg_params or {}  # noqa: SLF001
    fixed = [one["name"] for one in norms
             if one.get("attrs", {}).get("fix_gamma", "True") not in ("False", "0")]  # fmt: skip
    other = {}
    for name in fixed:
        gamma = inputs[name][1]
        held = [*copies.get(gamma, []), *([given[gamma]] if gamma in given else [])]
        if any((one.asnumpy() != 1).any() for one in held):
            other[name] = gamma
    if not other:
        return []
    first = next(iter(other))
    return [Finding(
        some(list(other.values())), "other numbers than 1, which are not used",
        "fix_gamma=True is the default of mx.sym.BatchNorm: it computes with 1, and writes 1 over "
        "them.",
        f"mx.sym.BatchNorm(..., fix_gamma=False, name={first!r}) where such numbers were learned.",
    )]  # fmt: skip


def _no_means(module: Any, inputs: dict[str, list[str]]) -> list[Finding]:
    """Means and variances as before training, in a Module that predicts by them."""
    if module.for_training:
        return []
    group = module._exec_group  # noqa: SLF001
    states = {
        name: arrays[0].asnumpy()
        for name, arrays in zip(group.aux_names, group.aux_arrays, strict=True)
    }
    fresh = []
    for names in inputs.values():
        mean, variance = (states.get(name) for name in names[3:5])
        if mean is not None and variance is not None and not mean.any() and (
            not variance.any() or (variance == 1).all()
        ):  # fmt: skip
            fresh += names[3:5]
    if not fresh:
        return []
    return [Finding(
        some(fresh), "as before any training, in a Module that is to predict",
        "A BatchNorm predicts by the means and variances that training has left. They are "
        "auxiliary states, and were not among what was given.",
        "module.set_params(arg_params, aux_params), both as module.get_params() or "
        "mx.model.load_checkpoint(prefix, epoch) returned them.",
    )]  # fmt: skip
