"""How activations and gradients grow, vanish or die from layer to layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._arguments import as_initializer, require_block
from .._fork import FailedInCopyError
from .._gluon import paths
from .._gluon.parameters import is_ready
from ..errors import ArgumentError, ShapeError
from ..results.table import Column, Table
from ..results.text import some
from .batch import batch
from .rows import Signal
from .step import Measured, measure

FACTOR = 1000.0
MOST_DEAD = 0.9
NOTES = (
    "not finite", "exploding", "vanishing", "dead", "zero gamma", "zero weight", "symmetric",
    "no gradient",
)  # fmt: skip


class SignalReport(Table[Signal]):
    """What :func:`signal_report` returns: a :class:`Signal` for each, in execution order.

    The text shows layers and parameters; the rows have all blocks, also those that only hold
    others and a layer's own activation.

    Attributes:
        cases: the names of what was compared; ``("",)`` without a comparison.
        losses: case → the loss of the batch, averaged; None without ``loss``.

    """

    def __init__(self, rows: Sequence[Signal], losses: Mapping[str, float | None]) -> None:
        self.cases = tuple(losses)
        self.losses = dict(losses)
        compared = len(self.cases) > 1 or "" not in self.cases
        columns = [Column("initializer", "case"), *_COLUMNS] if compared else _COLUMNS
        layers = [row for row in rows if row.layer]
        super().__init__(rows, columns, notes=[*self._findings(layers)])

    @property
    def outputs(self) -> tuple[Signal, ...]:
        """The rows of the layers' outputs, in execution order."""
        return tuple(row for row in self.rows if row.signal == "output" and row.layer)

    @property
    def gradients(self) -> tuple[Signal, ...]:
        """The rows of parameters' gradients, in execution order."""
        return tuple(row for row in self.rows if row.signal == "gradient")

    def _shown(self) -> Sequence[Signal]:
        return [row for row in self.rows if row.layer]

    def _findings(self, rows: Sequence[Signal]) -> list[str]:
        lines = []
        for case in self.cases:
            for note in NOTES:
                found = [row for row in rows if row.case == case and note in row.note]
                for signal in ("output", "gradient"):
                    names = [row.path or "(net)" for row in found if row.signal == signal]
                    if names:
                        head = f"{case}: " if case else ""
                        lines.append(f"{head}{note} ({signal}s): {some(names, 4)}")
        return lines or ["nothing vanishes, explodes, dies or stays symmetric"]

    def plot(self) -> Any:
        """Draws the size of outputs, and of gradients, by depth; a matplotlib figure."""
        from .picture import by_depth

        return by_depth(self.outputs, self.gradients, self.cases)


def signal_report(
    net: gluon.Block,
    *inputs: mx.nd.NDArray | Sequence[Any] | Callable[..., Any] | None,
    loss: Callable[..., Any] | None = None,
    compare: Mapping[str, mx.init.Initializer | str] | None = None,
) -> SignalReport:
    """Measures one batch: every block's output, and every parameter's gradient, given a loss.

    It happens in a copy of the process, on the CPU, in training mode (Dropout drops, BatchNorm
    uses the batch), with no block hybridized. Afterwards the net, its gradients, its running
    statistics and all random states are as before. Needs a system with ``fork``.

    What is named:
        ``vanishing``, ``exploding``: the standard deviation is a thousand times smaller (larger)
        than that of the first layer's output, or, for gradients of weights, than that of the last
        weight's; what vanishes has also so small a mean. Biases, gammas and betas are not judged:
        some gradients are zero by nature, as that of a bias before BatchNorm.
        ``dead``: at least nine units in ten are zero for the whole batch. Where that is the layer's
        own doing, ``zero gamma`` or ``zero weight``: a residual branch is often begun so.
        ``symmetric``: more than one unit lives, and at most half of them differ.
        ``no gradient``: it is zero throughout. ``not finite``: NaN or infinite.

    Args:
        net: any ``gluon.Block`` that has been initialized, or is deferred: then with the values
            that it would get from this batch.
        *inputs: a batch, as arrays, nested as ``net`` takes them; a shape stands for standard
            normal numbers or, where an Embedding looks them up, for whole numbers that it knows:
            the same on every machine. Behind them the loss may stand.
        loss: a function of the net's output that returns the loss of the batch, for instance
            ``lambda output: gluon.loss.L2Loss()(output, labels)``.
        compare: name → initializer. The net is drawn anew by each, side by side, on copies, each
            from MXNet's seed 0; the net's own values play no part.

    Raises:
        ArgumentError: ``net`` is no Block, or not initialized; an input is no array, or holds
            numbers that an Embedding does not know; ``compare`` is empty or holds what is no
            initializer; ``loss`` is not callable.
        ShapeError: forward, loss or backward fails; names the block.

    """
    require_block(net)
    given, loss = _apart(inputs, loss)
    _require(net, loss, compare)
    arrays = batch(net, given)
    rows: list[Signal] = []
    losses: dict[str, float | None] = {}
    for case, initializer in (compare or {"": None}).items():
        try:
            found = measure(net, arrays, loss, initializer)
        except FailedInCopyError as failure:
            where = f"the block {failure.where!r}" if failure.where else type(net).__name__
            raise ShapeError(
                f"One training step of net failed in {where}: {failure.what}. Give inputs that the "
                f"net takes, and a loss that takes the net's output."
            ) from None
        losses[case] = found["loss"]
        for signal, measured, scale in (
            ("output", found["outputs"], _first(found["outputs"])),
            ("gradient", found["gradients"], _last(found["gradients"])),
        ):
            rows += [_row(case, signal, one, scale) for one in measured]
    return SignalReport(rows, losses)


def _apart(inputs: Sequence[Any], loss: Any) -> tuple[Any, Any]:
    """The inputs, and the loss, which may stand behind them."""
    last = inputs[-1] if len(inputs) > 1 else ()
    if loss is None and not isinstance(last, (tuple, list)) and not hasattr(last, "shape"):
        *inputs, loss = inputs
    return (inputs[0] if len(inputs) == 1 else list(inputs)), loss


def _first(measured: Sequence[Measured]) -> float:
    layers = [one.std for one in measured if one.layer and one.std > 0]
    return layers[0] if layers else 0.0


def _last(measured: Sequence[Measured]) -> float:
    weights = [one.std for one in measured if len(one.shape) > 1 and one.std > 0]
    return weights[-1] if weights else 0.0


def _row(case: str, signal: str, one: Measured, scale: float) -> Signal:
    return Signal(
        case=case, path=one.path, kind=one.kind, signal=signal, shape=one.shape, mean=one.mean,
        std=one.std, norm=one.norm, dead=one.dead, note=tuple(_notes(signal, one, scale)),
        layer=one.layer,
    )  # fmt: skip


def _notes(signal: str, one: Measured, scale: float) -> Iterator[str]:
    has_units = len(one.shape) > 1
    if not one.finite:
        yield "not finite"
        return
    if signal == "gradient" and one.norm == 0:
        yield "no gradient"
    elif signal == "output" and one.zeros:
        yield f"zero {one.zeros}"
    elif one.dead >= MOST_DEAD:
        yield "dead"
    elif has_units and scale and max(one.std, abs(one.mean)) < scale / FACTOR:
        yield "vanishing"
    elif has_units and scale and one.std > scale * FACTOR:
        yield "exploding"
    if has_units and one.alive > 1 and one.distinct <= 0.5:
        yield "symmetric"


_COLUMNS: list[Column[Signal]] = [
    Column("block or parameter", lambda row: row.path or "(net)"),
    Column("signal", "signal"),
    Column("shape", "shape"),
    Column("mean", lambda row: f"{row.mean:.2e}", right=True),
    Column("std", lambda row: f"{row.std:.2e}", right=True),
    Column("dead", lambda row: f"{row.dead:.0%}"),
    Column("note", lambda row: ", ".join(row.note)),
]


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
