"""How activations and gradients grow, vanish or die from layer to layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._arguments import as_initializer, require_block
from .._fork import FailedInCopyError
from .._gluon import paths
from .._gluon.parameters import is_ready
from ..errors import ArgumentError, ShapeError
from ..results.table import Table
from ..results.text import some, text_of
from .batch import batch
from .step import measure

_COLUMNS = {
    "path": "block or parameter",
    "what": "signal",
    "shape": "shape",
    "mean": "mean",
    "std": "std",
    "dead": "dead",
    "flags": "note",
}
FACTOR = 1000.0
MOST_DEAD = 0.9
FLAGS = ("not finite", "exploding", "vanishing", "dead", "symmetric", "no gradient")


class SignalReport(Table):
    """What :func:`signal_report` returns: one row a signal, in execution order.

    Fields: ``case`` (the initializer's name in a comparison, else ""), ``path`` ("" for the net
    itself), ``kind``, ``what`` (``output`` or ``gradient``), ``shape``, ``mean``, ``std``,
    ``norm`` (Euclidean), ``dead`` (share of units that are zero throughout the batch, 0 to 1),
    ``flags``, ``layer``: whether the block is a layer. The text shows layers and parameters; the
    rows have all blocks, also those that only hold others and a layer's own activation.

    Attributes:
        cases: the names of what was compared; ``("",)`` without a comparison.
        losses: case → the loss of the batch, averaged; None without ``loss``.

    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], losses: Mapping[str, float | None]
    ) -> None:
        self.cases = tuple(losses)
        self.losses = dict(losses)
        columns = dict(_COLUMNS)
        if len(self.cases) > 1 or "" not in self.cases:
            columns = {"case": "initializer", **columns}
        shown = [row for row in rows if row["layer"]]
        super().__init__(rows, columns, notes=["", *self._findings(shown)], right=["mean", "std"])

    @property
    def outputs(self) -> tuple[Mapping[str, Any], ...]:
        """The rows of the layers' outputs, in execution order."""
        return tuple(row for row in self.rows if row["what"] == "output" and row["layer"])

    @property
    def gradients(self) -> tuple[Mapping[str, Any], ...]:
        """The rows of parameters' gradients, in execution order."""
        return tuple(row for row in self.rows if row["what"] == "gradient")

    def _cells(self) -> list[list[str]]:
        cells = []
        for row in filter(lambda row: row["layer"], self.rows):
            shown = {**row, "path": row["path"] or "(net)", "flags": ", ".join(row["flags"])}
            for field in ("mean", "std"):
                shown[field] = f"{row[field]:.2e}"
            shown["dead"] = f"{row['dead']:.0%}"
            cells.append([text_of(shown[field]) for field in self._columns])
        return cells

    def _findings(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        lines = []
        for case in self.cases:
            for flag in FLAGS:
                found = [r for r in rows if r["case"] == case and flag in r["flags"]]
                for what in ("output", "gradient"):
                    names = [row["path"] or "(net)" for row in found if row["what"] == what]
                    if names:
                        head = f"{case}: " if case else ""
                        lines.append(f"{head}{flag} ({what}s): {some(names, 4)}")
        return lines or ["nothing vanishes, explodes, dies or stays symmetric"]

    def plot(self) -> Any:
        """Draws the size of outputs, and of gradients, by depth; a matplotlib figure."""
        from .picture import by_depth

        return by_depth(self)


def signal_report(
    net: Any,
    x: Any,
    loss: Callable[..., Any] | None = None,
    *,
    compare: Mapping[str, Any] | None = None,
) -> SignalReport:
    """Measures one batch: every block's output, and every parameter's gradient, given a loss.

    It happens in a copy of the process, on the CPU, in training mode (Dropout drops, BatchNorm
    uses the batch), with no block hybridized. Afterwards the net, its gradients, its running
    statistics and all random states are as before. Needs a system with ``fork``.

    What is named:
        ``vanishing``, ``exploding``: the standard deviation is a thousand times smaller (larger)
        than that of the first layer's output, or, for gradients of weights, than that of the last
        weight's. Biases, gammas and betas are not judged: some gradients are zero by nature, as
        that of a bias before BatchNorm.
        ``dead``: at least nine units in ten are zero for the whole batch.
        ``symmetric``: more than one unit lives, and at most half of them differ.
        ``no gradient``: it is zero throughout. ``not finite``: NaN or infinite.

    Args:
        net: any ``gluon.Block`` that has been initialized, or is deferred: then with the values
            that it would get from this batch.
        x: a batch, as array; a shape stands for standard normal numbers or, where an Embedding
            looks them up, for whole numbers that it knows: the same on every machine. Several
            inputs in a list.
        loss: a function of the net's output that returns the loss of the batch, for instance
            ``lambda output: gluon.loss.L2Loss()(output, labels)``.
        compare: name → initializer. The net is drawn anew by each, side by side, on copies, each
            from MXNet's seed 0; the net's own values play no part.

    Raises:
        ArgumentError: ``net`` is no Block, or not initialized; ``x`` is no array, or holds numbers
            that an Embedding does not know; ``compare`` is empty or holds what is no initializer;
            ``loss`` is not callable.
        ShapeError: forward, loss or backward fails; names the block.

    """
    require_block(net)
    _require(net, loss, compare)
    arrays = batch(net, x)
    rows: list[dict[str, Any]] = []
    losses: dict[str, float | None] = {}
    for case, initializer in (compare or {"": None}).items():
        try:
            found = measure(net, arrays, loss, initializer)
        except FailedInCopyError as failure:
            where = f"the block {failure.where!r}" if failure.where else type(net).__name__
            raise ShapeError(
                f"One training step of net failed in {where}: {failure.what}. Give an x that the "
                f"net takes, and a loss that takes the net's output."
            ) from None
        losses[case] = found["loss"]
        outputs = [{"case": case, "what": "output", **row} for row in found["outputs"]]
        gradients = [{"case": case, "what": "gradient", **row} for row in found["gradients"]]
        rows += _flagged(outputs, _first(outputs)) + _flagged(gradients, _last(gradients))
    return SignalReport(rows, losses)


def _first(rows: Sequence[Mapping[str, Any]]) -> float:
    layers = [row["std"] for row in rows if row["layer"] and row["std"] > 0]
    return layers[0] if layers else 0.0


def _last(rows: Sequence[Mapping[str, Any]]) -> float:
    weights = [row["std"] for row in rows if len(row["shape"]) > 1 and row["std"] > 0]
    return weights[-1] if weights else 0.0


def _flagged(rows: Sequence[dict[str, Any]], scale: float) -> list[dict[str, Any]]:
    flagged = []
    for row in rows:
        flags = []
        several = row["alive"] > 1 and len(row["shape"]) > 1
        if not row["finite"]:
            flags.append("not finite")
        elif row["what"] == "gradient" and row["norm"] == 0:
            flags.append("no gradient")
        elif row["dead"] >= MOST_DEAD:
            flags.append("dead")
        elif len(row["shape"]) > 1 and scale and row["std"] < scale / FACTOR:
            flags.append("vanishing")
        elif len(row["shape"]) > 1 and scale and row["std"] > scale * FACTOR:
            flags.append("exploding")
        if several and row["distinct"] <= 0.5 and row["finite"]:
            flags.append("symmetric")
        kept = {k: v for k, v in row.items() if k not in ("alive", "distinct", "finite")}
        flagged.append({**kept, "flags": tuple(flags)})
    return flagged


def _require(net: Any, loss: Any, compare: Mapping[str, Any] | None) -> None:
    if loss is not None and not callable(loss):
        raise ArgumentError(
            f"loss must be a function of the net's output, such as lambda output: "
            f"gluon.loss.L2Loss()(output, labels), but it is of type {type(loss).__name__}."
        )
    if compare is None:
        for site in paths.sites(net):
            if not is_ready(site.parameter):
                raise ArgumentError(
                    f"net is not initialized: {site.path} has no values and none are pending. Call "
                    f"net.initialize(), or name initializers in compare={{...}}."
                )
        return
    if not isinstance(compare, Mapping) or not compare:
        raise ArgumentError(
            "compare must be a dictionary of name and initializer with at least one entry, such as "
            "{'Xavier': mx.init.Xavier(), 'Normal': mx.init.Normal(0.01)}."
        )
    for name, initializer in compare.items():
        if initializer is None:
            raise ArgumentError(f"compare[{name!r}] must be an initializer, but it is None.")
        as_initializer(initializer, f"compare[{name!r}]")
