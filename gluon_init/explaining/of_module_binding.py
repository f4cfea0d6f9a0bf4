"""What fails when a Module is bound: devices, shared arrays, shapes that nothing tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import fed_by_data
from ..devices import trouble_with
from ..results.text import some
from .cases import Cases
from .finding import Finding
from .of_bound_operators import of_a_layer
from .of_iterators import bound_module
from .of_symbols import nodes_of
from .scene import Scene

CASES = Cases()


@CASES.when(r"simple_bind error")
def _device(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A device that cannot be used, which binding is the first to notice."""
    context = scene.local("simple_bind", "ctx")
    trouble = trouble_with([context]) if context is not None else None
    if not trouble:
        return []
    why, _, way = trouble.partition(". ")
    return [Finding(
        f"mx.{context}", "a device that cannot be used", f"{why}.",
        f"{way} For a Module: mx.mod.Module(symbol, ..., context=gi.device()).",
    )]  # fmt: skip


@CASES.when(r"simple_bind error.*(_Map_base::at|_Map_base: :at|Inferred shape does not match "
            r"shared_exec\.arg_array's shape)")  # fmt: skip
def _shared_arrays(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A bucket whose parameters are not those of the default bucket."""
    module, shared = bound_module(scene), scene.local("bind", "shared_module")
    if module is None or shared is None:
        return []
    buckets, key = scene.owner(mx.mod.BucketingModule), scene.local("switch_bucket", "bucket_key")
    who = f"bucket {key!r}" if buckets is not None else "this Module"
    other = "the default bucket" if buckets is not None else "shared_module"
    there = {*shared.symbol.list_arguments(), *shared.symbol.list_auxiliary_states()}
    held = [*module.symbol.list_arguments(), *module.symbol.list_auxiliary_states()]
    extra = [name for name in held if name not in there]
    if extra:
        step = (
            "Bind it without shared_module; then module.init_params(mx.init.Xavier(), "
            "*shared_module.get_params(), allow_missing=True, allow_extra=True) copies what both "
            "have, and draws the rest."
        )
        if buckets is not None:
            step = (
                "Let default_bucket_key be a key whose symbol has all parameters, or make the "
                "symbols of all keys of the same ones."
            )
        return [Finding(
            some(extra), f"of {who}, and not of {other}",
            "One set of arrays serves all: that which was bound first.", step,
        )]  # fmt: skip
    name = re.search(r"NDArray of the argument (\S+?) for", scene.message)
    sizes = re.search(r"\((\[[\d,]+\]) vs\. (\[[\d,]+\])\)", scene.message)
    told = f"{sizes[1]} in {who}, and {sizes[2]} in {other}" if sizes else "of two shapes"
    return [Finding(
        name[1] if name else "A parameter", told,
        "One set of arrays serves all: that which was bound first.",
        "Make the sizes of layers (num_hidden) and the width of the data the same for all; only "
        "lengths and batch sizes may differ.",
    )]  # fmt: skip


@CASES.when(r"simple_bind error.*cannot decide shapes for the following arguments.*?inputs:\s(.*)")
def _unknown_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module, names = bound_module(scene), re.findall(r"([^\s,]+): (?:None|[\[(])", match[1])
    if module is None and names and not scene.frames:
        return [Finding(
            some(names), "of unknown shape",
            "Binding infers shapes from the data's, and nothing that it is used for tells this.",
            f"mx.sym.var({names[0]!r}, shape=(...)); where it is fed, name it in data_names or "
            f"label_names.",
        )]  # fmt: skip
    if module is None or not names:
        return []
    layer = of_a_layer(scene, module.symbol, names)
    if layer is not None:
        return [layer]
    hidden = _hidden_states(module.symbol, names)
    if hidden:
        return hidden
    fed = [name for name in names if _is_alone(module, name)]
    if fed:
        return [_unnamed_data(module, fed)]
    labels = [name for name in names if name.endswith("label")]
    if labels:
        return [_unknown_labels(scene, module, labels)]
    declared = ", ".join(f"mx.sym.var({name!r}, shape=(...))" for name in names[:2])
    return [Finding(
        some(names), "of unknown shape",
        "Binding infers shapes from the data's, and nothing that it is used for tells this one.",
        f"Give the whole shape: {declared}. Where it is a state, mx.sym.zeros(shape) in its place, "
        f"or state_names=[...] for the Module beside the shape. Where it is fed, name it in "
        f"data_names or label_names.",
    )]  # fmt: skip


def _unknown_labels(scene: Scene, module: Any, labels: Sequence[str]) -> Finding:
    """Labels of a loss that is made of operators, which tell no shape."""
    data = scene.local("bind", "data_shapes") or []
    shape = f"({next(iter(data[0][1]))},)" if data else "(batch,)"
    pairs = ", ".join(f"({name!r}, {shape})" for name in labels)
    untold = [name for name in labels if name not in (module.label_names or [])]
    state = "a label that Module was not told of" if untold else "a label that was not bound"
    return Finding(
        some(labels), f"{state}, of unknown shape",
        "It goes into a loss that is made of operators. Its shape and type come from label_shapes "
        "alone.",
        f"module = mx.mod.Module(symbol, label_names={list(labels)!r}, ...); module.bind("
        f"data_shapes, label_shapes=[{pairs}]), for a number for each sample.",
    )  # fmt: skip


def _hidden_states(symbol: Any, names: Sequence[str]) -> Sequence[Finding]:
    """States that reach an RNN through operators which hand no shape back."""
    nodes = nodes_of(symbol)
    for node in nodes:
        begin = [nodes[entry[0]] for entry in node["inputs"][2:]] if node["op"] == "RNN" else []
        between = {
            nodes[entry[0]]["name"]: one["op"]
            for one in begin for entry in one["inputs"] if nodes[entry[0]]["name"] in names
        }  # fmt: skip
        if between:
            given = ["state", "state_cell"][: len(between)]
            told = ", ".join(
                f"{key}=mx.sym.var({name!r})" for key, name in zip(given, between, strict=False)
            )
            ops = some(sorted(set(between.values())))
            return [Finding(
                some(list(between)), f"a state of {node['name']}, behind {ops}",
                "RNN tells the shape of its states, and this operator hands none back to its "
                "input.",
                f"mx.sym.RNN(..., {told}), the variables themselves; and mx.mod.Module(symbol, "
                f"state_names={list(between)!r}, ...): Module keeps them, as zeros until "
                f"set_states.",
            )]  # fmt: skip
    return []


def _is_alone(module: Any, name: str) -> bool:
    """Whether layers compute on it, and an output depends on it and on none of the data."""
    inputs = [set(output.list_arguments()) for output in module.symbol]
    alone = any(name in own and not own & set(module.data_names) for own in inputs)
    return alone and name in fed_by_data(module.symbol)


def _unnamed_data(module: Any, fed: Sequence[str]) -> Finding:
    """Variables on which layers compute, and that Module was not told of."""
    names = [*(name for name in module.data_names if name in module.symbol.list_arguments()), *fed]
    shapes = ", ".join(f"{name!r}: ..." for name in names)
    return Finding(
        some(fed), "data that Module takes for a parameter",
        "A layer computes on it, and it is not in data_names.",
        f"mx.mod.Module(symbol, data_names={names!r}, ...), and an iterator with "
        f"data={{{shapes}}}.",
    )  # fmt: skip
