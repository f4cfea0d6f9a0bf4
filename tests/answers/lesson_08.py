"""Answers to lesson 08."""

import gluon_init as gi

import mxnet as mx
import numpy as np


def outcome(declared, supplied, init):
    if not supplied:
        return "fails"
    return "trains" if declared else "silent" if init else "fails"


def labels(symbol):
    rows = gi.check_labels(symbol, ["data"], []).rows
    return [row.argument for row in rows if row.role == "label"]


RIGHT = {
    "8.1": outcome,
    "8.2": labels,
    "8.3": lambda head, label: gi.head_metric("mse", f"{head}_output", label),
}

ALSO_RIGHT = [
    ("8.2", lambda symbol: np.array(labels(symbol))),
    ("8.2", lambda symbol: dict.fromkeys(labels(symbol)).keys()),
    ("8.2", lambda symbol: (name for name in labels(symbol))),
]

WRONG = [
    ("8.1", lambda d, s, i: "trains" if i or (d and s) else "fails", "your function says"),
    ("8.1", lambda d, s, i: "trains" if s else "fails", "Module"),
    ("8.1", lambda d, s, i: "trains" if d and s else "fails", "makes the label a weight"),
    ("8.2", lambda symbol: [n for n in symbol.list_arguments() if "label" in n] or ["x"],
     "the labels are"),
    ("8.2", lambda symbol: symbol.list_arguments(), "the labels are"),
    ("8.2", lambda symbol: " ".join(labels(symbol)), "your function says '"),
    ("8.2", lambda symbol: ["target", "aux"], "the labels are|your function"),
    ("8.3", lambda head, label: mx.metric.MSE(), "the squared error of"),
    ("8.3", lambda head, label: gi.head_metric("mse", head, label), "head is"),
    ("8.3", lambda head, label: gi.head_metric("rmse", f"{head}_output", label), "squared error"),
]  # fmt: skip
