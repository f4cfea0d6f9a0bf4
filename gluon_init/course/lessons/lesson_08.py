"""The exercises of lesson 08, labels and Module."""

from __future__ import annotations

import random
import warnings
from typing import Any

import mxnet as mx
import numpy as np

from ..exercises import Exercise, Wrong, call, expect, listed, shown


def _symbol(labels: dict[str, str], init: bool = False) -> Any:
    """A trunk with one regression head for each name; name → label."""
    trunk = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="trunk")
    heads = []
    for number, (name, label) in enumerate(labels.items()):
        scores = mx.sym.FullyConnected(trunk, num_hidden=1, name=f"{name}_scores")
        given = {"init": mx.init.Normal()} if init and number else {}
        heads.append(mx.sym.LinearRegressionOutput(scores, mx.sym.var(label, **given), name=name))
    return mx.sym.Group(heads)


def _fit(symbol: Any, declared: list[str], supplied: list[str]) -> set[str] | None:
    """The trained parameters' names; None where fit fails."""
    labels = {name: np.ones((4, 1)) for name in supplied}
    batches = mx.io.NDArrayIter({"data": np.ones((4, 3))}, labels, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = mx.mod.Module(symbol, label_names=declared)
        try:
            module.fit(batches, num_epoch=1, eval_metric="mse")
        except ValueError:
            return None
    return set(module.get_params()[0])


def _outcome(answer: Any, draw: random.Random) -> None:
    cases = [(bool(n & 4), bool(n & 2), bool(n & 1)) for n in range(8)]
    draw.shuffle(cases)
    for declared, supplied, init in cases:
        symbol = _symbol({"main": "target", "helper": "aux"}, init)
        found = _fit(symbol, ["target", *["aux"] * declared], ["target", *["aux"] * supplied])
        right = "fails" if found is None else "silent" if "aux" in found else "trains"
        given = call(answer, declared, supplied, init)
        if given != right:
            why = _WORDS[right]
            if right == "fails":
                why += _REASONS[supplied]
            raise Wrong(
                f"declared={declared}, supplied={supplied}, init={init}: Module {why} "
                f"({right!r}), your function says {given!r}."
            )


_WORDS = {
    "fails": "raises an error",
    "silent": "makes the label a weight",
    "trains": "trains as it should",
}
_REASONS = {  # by whether the label is supplied
    True: ", since nothing tells the initializer how to fill it",
    False: ", if not before, then since the metric wants a label for each output",
}


def _needed_labels(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        heads = draw.sample(["main", "low", "left", "right", "side"], draw.randint(2, 4))
        names = draw.sample(["target", "aux", "price", "age_weight", "y", "speed"], len(heads))
        symbol = _symbol(dict(zip(heads, names, strict=True)))
        given = call(answer, symbol)
        found = listed(given)
        if found is None or set(map(str, found)) != set(names):
            arguments = ", ".join(symbol.list_arguments())
            raise Wrong(
                f"of the arguments {arguments} the labels are {', '.join(sorted(names))}; your "
                f"function says {shown(given) if found is None else found}."
            )


def _one_head(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        heads = draw.sample(["main", "low", "left", "right"], 2)
        labels = draw.sample(["a", "b", "target", "z"], 2)
        outputs = {f"{head}_output": mx.nd.full((2, 1), draw.uniform(1, 9)) for head in heads}
        truths = {label: mx.nd.full((2, 1), draw.uniform(11, 19)) for label in reversed(labels)}
        for head, label in zip(heads, labels, strict=True):
            metric = call(answer, head, label)
            expect(
                isinstance(metric, mx.metric.EvalMetric),
                f"a metric is asked for, but you returned {metric!r}.",
            )
            difference = truths[label] - outputs[f"{head}_output"]
            right = float((difference**2).mean().asscalar())
            metric.update_dict(truths, outputs)
            given = float(metric.get()[1])
            expect(
                abs(given - right) < 1e-3,
                f"the squared error of {head}_output against {label} is {right:g}, your metric "
                f"says {given:g}.",
            )


EXERCISES = (
    Exercise(
        "8.1",
        (
            "Which of the three must hold so that Module knows the label as one?",
            "Without the iterator's label the metric fails. With it, undeclared labels are "
            "parameters: they fail, unless init= says how to fill them.",
            "if not supplied: 'fails'. elif declared: 'trains'. else 'silent' if init else "
            "'fails'.",
        ),
        _outcome,
        "one of eight cases fails in silence, and it is the proposed remedy.",
        "outcome",
    ),
    Exercise(
        "8.2",
        (
            "Names do not tell which argument is a label: what it feeds does.",
            "gi.check_labels(symbol, ['data'], []) finds each label that is not declared; look at "
            "its rows.",
            "[row.argument for row in gi.check_labels(symbol, ['data'], []).rows if row.role "
            "== 'label']",
        ),
        _needed_labels,
        "a label is what feeds a loss as its label.",
        "needed_labels",
    ),
    Exercise(
        "8.3",
        (
            "What is the name of the output of a loss that is called main?",
            "gi.head_metric takes a metric, an output's name and a label's name.",
            "gi.head_metric('mse', f'{head}_output', label)",
        ),
        _one_head,
        "one output, its own label.",
        "one_head",
    ),
)
