"""Metrics of a Module: what they are, and what of outputs and labels they are handed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import LABEL_INPUT
from ..results.text import shape_text, some
from .cases import Cases
from .finding import Finding
from .of_iterators import bound_module
from .scene import Scene

CASES = Cases()


# ---------------------------------------------------------------------------------------------
# What a metric is


@CASES.when(r"", file="metric.py")
def _class(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """The class of a metric, which counts as a function and makes an object for each batch."""
    metric = scene.owner(mx.metric.CustomMetric)
    given = getattr(metric, "_feval", None)
    if not (isinstance(given, type) and issubclass(given, mx.metric.EvalMetric)):
        return []
    return [Finding(
        f"eval_metric={given.__name__}", "a class, where a metric is wanted",
        "A class can be called, so that it counts as a function of labels and outputs.",
        f"eval_metric=mx.metric.{given.__name__}(), an object."
        if hasattr(mx.metric, given.__name__) else f"eval_metric={given.__name__}(), an object.",
    )]  # fmt: skip


@CASES.when(r"unsupported operand type\(s\) for /: 'list'", file="metric.py")
def _lists(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    metric = scene.owner(mx.metric.EvalMetric)
    if metric is None:
        return []
    kind = type(metric).__name__
    return [Finding(
        f"eval_metric {kind}", "with lists of sums, which the get() that it inherits cannot divide",
        "EvalMetric.get divides one sum by one count. A metric of several numbers needs its own.",
        f"In class {kind}: def get(self): return self.name, [total / count if count else "
        f"float('nan') for total, count in zip(self.sum_metric, self.num_inst)], with self.name a "
        f"list of as many names; and def reset_local(self): self.reset().",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What it is handed


@CASES.when(r"Please use Accuracy if top_k is no more than 1")
def _top_k(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "TopKAccuracy.top_k", "1, or not given", "It counts a hit among the best k, k > 1.",
        "fit(..., eval_metric=mx.metric.TopKAccuracy(top_k=5)); for the best one, 'acc'.",
    )]  # fmt: skip


@CASES.when(r"currently only supports binary classification")
def _binary(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    metric = scene.owner(mx.metric.EvalMetric)
    return [Finding(
        type(metric).__name__ if metric is not None else "The metric",
        "given labels of more than two classes",
        "It counts hits of class 1 among the classes 0 and 1.",
        "eval_metric='acc', or 'ce', for more classes.",
    )]  # fmt: skip


@CASES.when(
    r"^shape mismatch: \(|assert label\.shape\[0\] == pred\.shape\[0\]|^\(\d+, \d+\)$|"
    r"Predictions should be no more than 2 dims", file="metric.py",
)  # fmt: skip
def _compared(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A metric of classes whose labels are not one number for each row of the output."""
    metric = scene.owner(mx.metric.EvalMetric)
    labels, outputs = scene.local("update", "labels"), scene.local("update", "preds")
    if not labels or not outputs:
        return []
    given, output = tuple(labels[0].shape), tuple(outputs[0].shape)
    step = f"y.argmax(axis=-1) in place of y, of shape {shape_text(output[:-1])}."
    if given != output:
        step = f"Give labels of shape {shape_text(output[:-1])}; for numbers, eval_metric='mse'."
    if len(output) > 2:
        step = "eval_metric=mx.metric.Accuracy(axis=-1), which takes more axes."
    return [Finding(
        f"eval_metric {type(metric).__name__}",
        f"given labels of shape {shape_text(given)} for an output of {shape_text(output)}",
        "It takes one number of a class for each row of the output.", step,
    )]  # fmt: skip


@CASES.when(
    r"assert len\(labels\) == len\(preds\)|Shape of labels \d+ does not match", file="metric.py"
)
def _heads(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """All outputs and all labels of a Module, of which there are not as many."""
    metric, module = scene.owner(mx.metric.EvalMetric), bound_module(scene)
    outputs, labels = scene.local("update_metric", "preds"), scene.local("update_metric", "labels_")
    if module is not None and labels is not None and not labels:
        return [Finding(
            f"eval_metric {type(metric).__name__}", "given no labels",
            f"The batches of {'eval_data' if scene.local('score', 'self') else 'train_data'} "
            f"have none, and a metric compares with them.",
            "mx.io.NDArrayIter(X, y, batch_size) for it. Without labels there is "
            "module.predict(iterator).",
        )]  # fmt: skip
    if module is None or not labels or len(outputs) == len(labels):
        return []
    label = next(iter(labels))
    own = _output_of(module.symbol, label, list(outputs))
    return [Finding(
        f"eval_metric {type(metric).__name__}",
        f"given {len(labels)} labels and {len(outputs)} outputs",
        "Module hands all outputs and all labels to the metric, which pairs them in order.",
        f"eval_metric=gi.head_metric(metric, {own!r}, {label!r}), which looks at one output and "
        f"its label. gi.check_labels tells all pairs.",
    )]  # fmt: skip


def _output_of(symbol: Any, label: str, outputs: Sequence[str]) -> str:
    """The output that is a prediction of this label: its loss's, or else one that is no loss."""
    nodes = json.loads(symbol.tojson())["nodes"]
    for node in nodes:
        inputs = [nodes[entry[0]]["name"] for entry in node["inputs"]]
        if node["op"] in LABEL_INPUT and label in inputs:
            found = [one for one in outputs if one.startswith(f"{node['name']}_output")]
            if found:
                return found[0]
    losses = [node["name"] for node in nodes if node["op"] in ("MakeLoss", "make_loss")]
    bare = [one for one in outputs if one.removesuffix("_output") not in losses]
    return next(iter(bare or outputs))


@CASES.when(r"^'(\S+)'$", file="metric.py")
def _unknown_head(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A KeyError: a metric of an output or a label that is not there."""
    outputs, labels = scene.local("update_metric", "preds"), scene.local("update_metric", "labels_")
    metric = scene.owner(mx.metric.EvalMetric)
    if outputs is None or labels is None or metric is None:
        return []
    kind, there = (
        ("output", outputs) if match[1] in (metric.output_names or []) else ("label", labels)
    )
    return [Finding(
        match[1], f"in the {kind}_names of {type(metric).__name__}, and no {kind} of the Module",
        f"The Module has {some(list(there)) or 'none'}.",
        f"{kind}_names=[...] of these; or, for one output and its label, gi.head_metric(metric, "
        f"output, label).",
    )]  # fmt: skip


@CASES.when(r"index (\d+) is out of bounds for axis 1 with size (\d+)", file="metric.py")
def _class_beyond(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A label that is no class of the predictions; Accuracy only counts it as wrong."""
    metric = scene.owner(mx.metric.EvalMetric)
    if metric is None:
        return []
    count = int(match[2])
    return [Finding(
        f"{type(metric).__name__}: a label of {match[1]}", f"for predictions of {count} classes",
        f"Classes are counted from 0, so that the last is {count - 1}. The loss does not complain, "
        f"and learns nothing from such a label.",
        f"Labels from 0 to {count - 1}: y - y.min(), if they begin with 1; or a layer of more "
        f"units.",
    )]  # fmt: skip
