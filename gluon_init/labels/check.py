"""Which inputs of a symbol Module takes for parameters, and which labels its metric compares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import LABEL_INPUT, states_of
from ..errors import ArgumentError, InitError
from ..results.table import Column, Table
from .accuracy import of_accuracy
from .rows import Argument

# Endings for which MXNet's initializers have a pattern (mx.init.Initializer.__call__).
_ENDINGS = ("weight", "bias", "gamma", "beta", "min", "max", "weight_quantize", "bias_quantize")
DATA, LABEL, PARAMETER, OUTPUT = "data", "label", "parameter", "output"
STATE, AUXILIARY = "state", "auxiliary state"


_COLUMNS: list[Column[Argument]] = [
    Column("name", "argument"),
    Column("what it is", "role"),
    Column("Module takes it for", "taken_for"),
    Column("", lambda row: "<- see below" if row.problem else ""),
]


class LabelCheck(Table[Argument]):
    """What :func:`check_labels` returns: an :class:`Argument` for each argument and output.

    Attributes:
        ok: whether there is no problem.
        pairs: output → the label that Module's metric compares with it; None for no label.
        owns: output → the label from which its loss learns, where it has one.

    """

    def __init__(
        self,
        rows: Sequence[Argument],
        pairs: dict[str, str | None],
        owns: dict[str, str],
        known: bool,
        more: Sequence[str] = (),
    ) -> None:
        self.owns = owns
        self.ok = all(row.problem is None for row in rows)
        self.pairs = pairs
        notes: list[str] = []
        for row in rows:
            if row.problem:
                notes += [f"{row.argument}: {row.problem}", f"  remedy: {row.remedy}"]
        if known:
            compared = ", ".join(f"{out} with {label or 'nothing'}" for out, label in pairs.items())
            notes.append(f"the metric compares {compared}")
        notes += more
        notes.append("ok" if self.ok else "NOT ok")
        super().__init__(rows, _COLUMNS, notes=notes)

    def plot(self) -> Any:
        """Draws which label each output learns from, and which one it is measured with."""
        from .picture import pairs

        return pairs(self.rows, self.pairs, self.owns)

    def check(self) -> None:
        """Raises InitError with the first problem and its remedy, unless all is well."""
        for row in self.rows:
            if row.problem:
                raise InitError(f"{row.argument}: {row.problem} {row.remedy}")


def check_labels(
    symbol: mx.sym.Symbol,
    data_names: Sequence[str] = ("data",),
    label_names: Sequence[str] = ("softmax_label",),
    data_iter: mx.io.DataIter | None = None,
    state_names: Sequence[str] = (),
) -> LabelCheck:
    """Tells, before ``fit``, what Module will take each argument of a symbol for.

    Module treats every argument that is in none of ``data_names``, ``label_names`` and
    ``state_names`` as a parameter, also the state with which an RNN begins. A second label then
    ends in "Unknown initialization pattern". Where it was given ``init=``, it becomes a weight, in
    silence: drawn, updated, saved in the batch's size. An iterator that supplies it overwrites it
    each batch; without one its head learns the drawn numbers. Found are also labels that the
    iterator does not supply, and a metric that compares outputs with the wrong labels: Module pairs
    outputs with labels in the order in which the iterator has them (NDArrayIter: by the alphabet).

    Args:
        symbol: as for ``mx.mod.Module``.
        data_names: as for ``mx.mod.Module``, with its default.
        label_names: the same.
        data_iter: the iterator for ``fit``; without one nothing is said of what is supplied.
        state_names: as for ``mx.mod.Module``, with its default.

    Raises:
        ArgumentError: ``symbol`` is no Symbol, names that are no list of strings, an iterator
            without ``provide_data``.

    Source: the forum's thread 5267 (seed 000); MXNet issues 5894, 5271, 8466;
    ``mxnet/module/module.py``, ``executor_group.py``.

    """
    if not isinstance(symbol, mx.sym.Symbol):
        raise ArgumentError(f"symbol must be a Symbol, but it is of type {type(symbol).__name__}.")
    view = _View(
        symbol, _names(data_names, "data_names"), _names(label_names, "label_names"),
        _names(state_names, "state_names"), *_supplied(data_iter),
    )  # fmt: skip
    rows = [_argument(view, name) for name in symbol.list_arguments()]
    rows += [_row(name, AUXILIARY) for name in symbol.list_auxiliary_states()]
    rows += _undeclared_names(view)
    pairs, owns, outputs = _pairs(view)
    more = of_accuracy(symbol, data_iter)
    return LabelCheck(rows + outputs, pairs, owns, view.supplied_labels is not None, more)


@dataclass
class _View:
    """The symbol, the names that were declared, and those that the iterator has."""

    symbol: Any
    data_names: list[str]
    label_names: list[str]
    state_names: list[str]
    supplied_data: list[str] | None
    supplied_labels: list[str] | None

    def __post_init__(self) -> None:
        self.arguments = self.symbol.list_arguments()
        self.attributes = self.symbol.attr_dict()
        self.feeds = _label_feeds(self.symbol)
        self.states = states_of(self.symbol)

    @property
    def unknown_labels(self) -> list[str]:
        """What the iterator supplies and the symbol has no argument for: fit fails at bind."""
        return [name for name in self.supplied_labels or [] if name not in self.arguments]

    def declaration(self, *more: str) -> str:
        """The call that declares all labels: those that are, those that lack it, and ``more``."""
        names = [name for name in self.label_names if name in self.arguments]
        lacking = [name for name in self.arguments if name in self.feeds]
        names = list(dict.fromkeys([*names, *lacking, *more]))
        return f"mx.mod.Module(symbol, label_names={names!r}, ...)"


def _names(names: Any, parameter: str) -> list[str]:
    listed = [] if names is None else names
    if isinstance(listed, str) or not isinstance(listed, Iterable):
        raise ArgumentError(f"{parameter} must be a list of names, but it is {names!r}.")
    listed = list(listed)
    if not all(isinstance(name, str) for name in listed):
        raise ArgumentError(f"{parameter} must be a list of names, but it is {names!r}.")
    return listed


def _supplied(data_iter: Any) -> tuple[list[str] | None, list[str] | None]:
    if data_iter is None:
        return None, None
    if not hasattr(data_iter, "provide_data"):
        raise ArgumentError(
            f"data_iter must be an iterator such as mx.io.NDArrayIter, but it is of type "
            f"{type(data_iter).__name__}."
        )
    return [one[0] for one in data_iter.provide_data], [
        one[0] for one in data_iter.provide_label or []
    ]


def _label_feeds(symbol: Any) -> dict[str, str]:
    """Variable → the loss whose label it is, directly or through operators on the way."""
    nodes = json.loads(symbol.tojson())["nodes"]

    def variables(number: int) -> set[str]:
        found, pending, seen = set(), [number], set()
        while pending:
            one = pending.pop()
            if one in seen:
                continue
            seen.add(one)
            if nodes[one]["op"] == "null":
                found.add(nodes[one]["name"])
            pending += [entry[0] for entry in nodes[one]["inputs"]]
        return found

    feeds: dict[str, str] = {}
    for node in nodes:
        place = LABEL_INPUT.get(node["op"])
        if place is not None and len(node["inputs"]) > place:
            others = [e[0] for i, e in enumerate(node["inputs"]) if i != place]
            rest = set().union(*(variables(other) for other in others))
            for name in variables(node["inputs"][place][0]) - rest:
                feeds.setdefault(name, node["name"])
        elif node["op"] == "Custom":
            for name in _labels_of_custom(nodes, node):
                feeds.setdefault(name, node["name"])
    return feeds


def _labels_of_custom(nodes: list[Any], node: Any) -> list[str]:
    """The labels of an operator of one's own, by their names: MXNet calls them NAME_label."""
    inputs = [nodes[entry[0]] for entry in node["inputs"][1:]]
    return [one["name"] for one in inputs if one["op"] == "null" and one["name"].endswith("label")]


def _row(
    name: str,
    role: str,
    problem: str | None = None,
    remedy: str | None = None,
    taken_for: str | None = None,
) -> Argument:
    taken = taken_for or (None if role == OUTPUT else role)
    return Argument(name, role, taken, problem, remedy)


def _argument(view: _View, name: str) -> Argument:
    if name in view.data_names:
        missing = view.supplied_data is not None and name not in view.supplied_data
        if missing:
            return _row(
                name, DATA, "It is in data_names, and the iterator does not supply it.",
                f"Give the iterator data={{{name!r}: ...}}.",
            )  # fmt: skip
        return _row(name, DATA)
    if name in view.label_names:
        return _label(view, name)
    if name in view.state_names:
        return _row(name, STATE)
    if name in view.states:
        return _state(view, name)
    supplied = name in (view.supplied_labels or [])
    if name in view.feeds or supplied:
        return _taken_for_a_parameter(view, name, supplied)
    if not name.endswith(_ENDINGS) and "__init__" not in view.attributes.get(name, {}):
        return _row(
            name, PARAMETER,
            f"Its name ends in nothing that MXNet's initializers know; fit fails with 'Unknown "
            f"initialization pattern for {name}'.",
            f"mx.sym.var({name!r}, init=mx.init.Normal(0.01)); or, if it is a label, "
            f"{view.declaration(name)}.",
        )  # fmt: skip
    return _row(name, PARAMETER)


def _state(view: _View, name: str) -> Argument:
    lacking = [one for one in view.states if one not in (*view.data_names, *view.state_names)]
    return _row(
        name, STATE,
        "It is where a recurrent operator begins, and not in state_names. Module takes it for a "
        "parameter.",
        f"mx.mod.Module(symbol, state_names={[*view.state_names, *lacking]!r}, ...): Module keeps "
        f"it, as zeros until set_states.",
        PARAMETER,
    )  # fmt: skip


def _label(view: _View, name: str) -> Argument:
    if view.supplied_labels is None or name in view.supplied_labels:
        return _row(name, LABEL)
    return _row(
        name, LABEL,
        "It is in label_names, and the iterator does not supply it. Module warns, binds zeros in "
        "its place, and trains on them.",
        f"Give the iterator label={{{name!r}: ...}}.",
    )  # fmt: skip


def _taken_for_a_parameter(view: _View, name: str, supplied: bool) -> Argument:
    loss = view.feeds.get(name)
    what = f"It is the label of {loss}" if loss else "The iterator supplies it as a label"
    saved = "it is drawn, saved with the weights and updated as they are, in silence"
    fate = (
        "each batch of the iterator overwrites it"
        if supplied
        else "its head learns the drawn numbers, unless an iterator overwrites them"
    )
    if "__init__" in view.attributes.get(name, {}):
        then = f"as init= was given, {saved}; {fate}"
    elif name.endswith(_ENDINGS):
        then = f"as its name ends as a parameter's, {saved}; {fate}"
    else:
        once = ", once the iterator's labels are right" * bool(view.unknown_labels)
        then = f"fit fails with 'Unknown initialization pattern for {name}'{once}"
    problem = f"{what}, but not in label_names. Module takes it for a parameter: {then}."
    iterator = "" if supplied else f" and an iterator with label={{{name!r}: ...}}"
    return _row(name, LABEL, problem, f"{view.declaration(name)}{iterator}.", PARAMETER)


def _undeclared_names(view: _View) -> list[Argument]:
    """Names that were declared or are supplied, and that the symbol does not have."""
    rows = []
    for name in view.data_names:
        if name not in view.arguments:
            rows.append(_row(
                name, DATA, "It is in data_names, and no argument of the symbol. Module refuses.",
                f"The arguments are {', '.join(view.arguments)}.",
            ))  # fmt: skip
    extra = [name for name in view.label_names if name not in view.arguments]
    for name in extra:
        others = [n for n in view.feeds if n not in view.data_names]
        if name in view.unknown_labels:
            continue
        only = (
            ""
            if view.supplied_labels is not None
            else (f"; but fit fails at bind with KeyError {name!r} where the iterator supplies it")
        )
        rows.append(_row(
            name, LABEL,
            f"It is in label_names, and no argument of the symbol. Module only warns{only}.",
            f"{view.declaration(*[n for n in others if n not in view.label_names])}"
            + ("" if others else ", without labels") + ".",
        ))  # fmt: skip
    return rows + [_unknown_label(view, name) for name in view.unknown_labels]


def _unknown_label(view: _View, name: str) -> Argument:
    wanted = [one for one in view.feeds if one not in (view.supplied_labels or [])]
    if not wanted:
        remedy = "Leave it out of the iterator: without labels, mx.io.NDArrayIter(X, None, ...)."
    else:
        remedy = (
            f"Give it under the symbol's name: mx.io.NDArrayIter(X, y, ..., "
            f"label_name={wanted[0]!r}); and {view.declaration(*wanted)}."
        )
    return _row(
        name, LABEL,
        f"The iterator supplies it, and the symbol has no such argument: fit fails at bind with "
        f"KeyError {name!r}.",
        remedy,
    )  # fmt: skip


def _pairs(view: _View) -> tuple[dict[str, str | None], dict[str, str], list[Argument]]:
    """What the metric will compare, what the losses learn from, and the outputs' rows."""
    outputs = view.symbol.list_outputs()
    labels = view.label_names if view.supplied_labels is None else view.supplied_labels
    labels = [name for name in labels if name in view.arguments]
    pairs: dict[str, str | None] = {
        output: labels[i] if i < len(labels) else None for i, output in enumerate(outputs)
    }
    own = {f"{loss}_output": name for name, loss in view.feeds.items()}
    own.update({f"{loss}_output0": name for name, loss in view.feeds.items()})
    count_differs = len(labels) != len(outputs)
    nodes = json.loads(view.symbol.tojson())["nodes"]
    values = [node["name"] for node in nodes if node["op"] in ("MakeLoss", "make_loss")]
    rows = []
    for output in outputs:
        label = own.get(output)
        of = label or next(iter(labels), "label")
        remedy = f"fit(..., eval_metric=gi.head_metric(your metric, {output!r}, {of!r}))."
        if output.removesuffix("_output") in values:
            remedy = (
                f"It is a loss, and no prediction: mx.metric.Loss(output_names=[{output!r}], "
                f"label_names=[]) tells its mean; gi.head_metric serves for other outputs."
            )
        if view.supplied_labels is None or not labels:
            rows.append(_row(output, OUTPUT))
        elif count_differs and len(outputs) > 1:
            rows.append(_row(
                output, OUTPUT,
                f"A metric of all outputs fails: 'Shape of labels {len(labels)} does not match "
                f"shape of predictions {len(outputs)}'.", remedy,
            ))  # fmt: skip
        elif label is not None and pairs[output] != label:
            rows.append(_row(
                output, OUTPUT,
                f"A metric of all outputs compares it with {pairs[output]}, not with its own label "
                f"{label}: labels come in the iterator's order, {', '.join(labels)}.", remedy,
            ))  # fmt: skip
        else:
            rows.append(_row(output, OUTPUT))
    return pairs, {output: own[output] for output in outputs if output in own}, rows
