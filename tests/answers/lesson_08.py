"""Answers to lesson 08."""

import gluon_init as gi

import mxnet as mx


def outcome(declared, supplied, init):
    if not supplied:
        return "fails"
    return "trains" if declared else "silent" if init else "fails"


def labels(symbol):
    rows = gi.check_labels(symbol, ["data"], []).rows
    return [row["argument"] for row in rows if row["role"] == "label"]


RIGHT = {
    "8.1": outcome,
    "8.2": labels,
    "8.3": lambda head, label: gi.head_metric("mse", f"{head}_output", label),
}

WRONG = [
    ("8.1", lambda d, s, i: "trains" if i or (d and s) else "fails", "your function says"),
    ("8.1", lambda d, s, i: "trains" if s else "fails", "Module"),
    ("8.1", lambda d, s, i: "trains" if d and s else "fails", "makes the label a weight"),
    ("8.2", lambda symbol: [n for n in symbol.list_arguments() if "label" in n] or ["x"],
     "the labels are"),
    ("8.2", lambda symbol: symbol.list_arguments(), "the labels are"),
    ("8.2", lambda symbol: ["target", "aux"], "the labels are|your function"),
    ("8.3", lambda head, label: mx.metric.MSE(), "the squared error of"),
    ("8.3", lambda head, label: gi.head_metric("mse", head, label), "head is"),
    ("8.3", lambda head, label: gi.head_metric("rmse", f"{head}_output", label), "squared error"),
]  # fmt: skip
