"""What accuracy makes of an output that has one probability for each sample."""

from __future__ import annotations

import json
from typing import Any

import mxnet as mx


def of_accuracy(symbol: Any, data_iter: Any) -> list[str]:
    """A note on each output of width 1, of which 'acc' finds class 0 always."""
    if data_iter is None:
        return []
    supplied = [*data_iter.provide_data, *(data_iter.provide_label or [])]
    known = {one[0]: one[1] for one in supplied if one[0] in symbol.list_arguments()}
    try:
        _, shapes, _ = symbol.infer_shape_partial(**known)
    except mx.MXNetError:
        return []
    operators = {one["name"]: one["op"] for one in json.loads(symbol.tojson())["nodes"]}
    notes = []
    for output, shape in zip(symbol.list_outputs(), shapes or [], strict=False):
        operator = operators.get(output.removesuffix("_output"), "")
        if operator == "LogisticRegressionOutput" and len(shape) == 2 and shape[1] == 1:
            notes.append(
                f"{output}: one probability for each sample, in which 'acc', the default of fit, "
                f"finds no class; fit(..., eval_metric=mx.metric.CustomMetric(lambda label, "
                f"output: ((output.ravel() > 0.5) == label.ravel()).mean(), 'accuracy'))"
            )
    return notes
