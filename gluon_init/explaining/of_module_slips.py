"""Something of another kind than Module, symbols and iterators take: a text, a tuple, a class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()


@CASES.when(r"'int' object is not subscriptable")
def _flat_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``bind([("data", 4, 3)])``: the second is taken for the shape, the third for the type."""
    given = [v[name] for _, v in scene.frames for name in ("data_shapes", "label_shapes")
             if isinstance(v.get(name), list)]  # fmt: skip
    wrong = [one for row in given for one in row
             if isinstance(one, tuple) and any(isinstance(size, int) for size in one)]  # fmt: skip
    if not wrong:
        return []
    name, *sizes = wrong[0]
    return [Finding(
        "data_shapes, label_shapes", f"{name!r} and its sizes in one row",
        "Each entry is a pair, of a name and a shape.",
        f"({name!r}, {tuple(sizes)!r}), the shape in brackets.",
    )]  # fmt: skip


@CASES.when(r"dictionary update sequence element|cannot convert dictionary update", file="module/")
def _optimizer_params(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "optimizer_params", "no dictionary, and no pairs of name and value",
        "It holds the optimizer's arguments by their names.",
        "optimizer_params={'learning_rate': 0.1}.",
    )]  # fmt: skip


@CASES.when(r"%d (?:format: a (?:real )?number is required|requires a real number), not (\w+)")
def _epoch(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    called = {name for name, _ in scene.frames}
    if "export" in called:
        return [Finding(
            "epoch", f"of type {match[1]}", "Its number is written into the file's name.",
            "net.export(path, epoch=1), a number: it writes path-0001.params.",
        )]  # fmt: skip
    if not {"load_checkpoint", "save_checkpoint", "load_params"} & called:
        return []
    return [Finding(
        "epoch", f"of type {match[1]}", "The number of an epoch is written into the file's name.",
        "mx.mod.Module.load(prefix, 1), a number: it reads prefix-0001.params.",
    )]  # fmt: skip


@CASES.when(r"(tuple|list) indices must be integers or slices, not str")
def _by_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """What Module and executors return in an order, asked for by a name."""
    if match[1] == "tuple" and "get_params" in scene.line:
        return [Finding(
            "A pair", "asked for by a name",
            "get_params() returns two dictionaries, of the parameters and of the auxiliary states.",
            "arg_params, aux_params = module.get_params(); arg_params[name].",
        )]  # fmt: skip
    if not re.search(r"outputs|forward\(", scene.line):
        return []
    return [Finding(
        "A list", "asked for by a name",
        "Outputs come in an order: that of symbol.list_outputs().",
        "executor.output_dict[name]; of a Module, dict(zip(module.output_names, "
        "module.get_outputs()))[name].",
    )]  # fmt: skip


@CASES.when(r"bad operand type for unary -: 'str'|'<' not supported .*'int' and 'str'", file="io/")
def _batch_size(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("__init__", "batch_size")
    if not isinstance(given, str):
        return []
    return [Finding(
        "batch_size", f"the text {given!r}", "It is a whole number.",
        f"mx.io.NDArrayIter(X, y, batch_size={given}).",
    )]  # fmt: skip


@CASES.when(r"Arguments need to be shapes \(tuple\), but argument (\S+) is <class '(\w+)'>")
def _shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = (scene.local("infer_shape", "args") or [None])[0]
    step = "symbol.infer_shape(data=(4, 3)), each shape under its name."
    if isinstance(given, list) and all(isinstance(one, tuple) for one in given):
        step = "symbol.infer_shape(**dict(the list)), each shape under its name."
    return [Finding(
        "infer_shape", f"given a {match[2]} for a shape",
        "It takes shapes by the names of inputs, or, without names, in their order.", step,
    )]  # fmt: skip


@CASES.when(r"Argument (\w+) must have NDArray type, but got")
def _no_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A function of mx.nd, here most often below a metric."""
    metric = scene.owner(mx.metric.EvalMetric)
    given = scene.frames[-1][1] if scene.frames else {}
    kind = type(given.get(match[1])).__name__
    what = f"{type(metric).__name__}.update" if metric is not None else "A function of mx.nd"
    return [Finding(
        what, f"given something else than an array of mx.nd for {match[1]}"
        if kind == "NoneType" else f"given {kind} for {match[1]}",
        "It computes with MXNet's arrays.",
        "mx.nd.array(values) in its place; metric.update([labels], [predictions]) takes lists of "
        "such." if metric is not None else f"mx.nd.array({match[1]}) in its place.",
    )]  # fmt: skip


@CASES.when(r"'(\w+)' object is not callable", file="initializer.py")
def _in_mixed(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Mixed calls what it holds, and does not look at it before."""
    mixed: Any = scene.owner(mx.init.Mixed)
    if mixed is None:
        return []
    wrong = [given for _, given in mixed.map if not callable(given)]
    known = mx.registry.get_registry(mx.init.Initializer)
    made = [f"mx.init.{known[one.lower()].__name__}()" for one in wrong
            if isinstance(one, str) and one.lower() in known]  # fmt: skip
    return [Finding(
        "mx.init.Mixed", f"it holds {wrong[0]!r}, of type {match[1]}",
        "Its second list holds initializers, objects of classes of mx.init.",
        f"{made[0] if made else 'mx.init.Xavier()'} in its place.",
    )]  # fmt: skip
