"""What each parameter of a net is right now, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from .._gluon import paths
from .._gluon.forward.calls import Shape
from .._gluon.parameters import NEVER_REACHED, devices_of, initializer_of, pending_of, state_of
from .._gluon.symbol_blocks import oddities
from .._gluon.view import View
from ..devices import default_name, trouble_with
from ..errors import ArgumentError
from ..results.table import Column, Table
from ..shapes.inference import known_shapes
from .picture import choosers, stages
from .rows import ParameterRow


class Summary(Table[ParameterRow]):
    """What :func:`summary` returns: a :class:`ParameterRow` for each place, in structural order.

    Attributes:
        total: numbers in all parameters whose shape is known, tied ones counted once.
        trainable: those of them which have a gradient.
        unknown: parameters (not numbers) of which a dimension is unknown.

    """

    def __init__(
        self, rows: Sequence[ParameterRow], columns: Sequence[Column[ParameterRow]], *warnings: str
    ) -> None:
        own = [row for row in rows if row.alias_of is None]
        self.total: int = sum(row.size or 0 for row in own)
        self.trainable: int = sum(row.size or 0 for row in own if row.trainable)
        self.unknown: int = sum(row.size is None for row in own)
        super().__init__(rows, columns, notes=[self._total_line(len(own)), *warnings])

    def _total_line(self, count: int) -> str:
        plus = f", and {self.unknown} of unknown size" if self.unknown else ""
        return (
            f"{count} parameter{'s' * (count != 1)}: {self.total:,} numbers, "
            f"{self.trainable:,} of them trainable{plus}"
        )

    def plot(self, of: str = "state") -> Any:
        """Draws each parameter; a matplotlib figure.

        Several moments of one net side by side: ``gluon_init.plots.stages``.

        Args:
            of: ``"state"`` for its shape and state, ``"initializer"`` for what fills it, and who
                chose that.

        Raises:
            ArgumentError: ``of`` is neither.

        """
        if of == "state":
            return stages({"now": self})
        if of == "initializer":
            return choosers(self.rows)
        raise ArgumentError(f"of must be 'state' or 'initializer', but it is {of!r}.")


def summary(
    net: gluon.Block, *inputs: mx.nd.NDArray | Sequence[Any] | None, run: bool = False
) -> Summary:
    """Returns one row for each parameter of ``net``: shape, size, state, and its initializer.

    Nothing is drawn, allocated or changed. Unknown dimensions are None in the rows and ``?`` in
    print. A parameter that sits at several places has a row for each; the first owns it, the
    others name it in ``alias_of`` and do not count in the totals.

    The initializer is the one that will be used, or was; ``-`` where nobody has chosen one yet,
    where values were loaded or set, and where they came before ``gluon_init`` was imported.
    ``source`` says who chose it: ``parameter`` (``param.initialize(init=...)``), ``layer``
    (``weight_initializer=...`` and the like) or ``initialize()``.

    The states: ``uninitialized``, ``deferred``, ``initialized``, ``re-initialized``, ``loaded``,
    ``set`` (by ``set_data``), and ``tied alias of`` its owner. Given inputs, ``reached`` says
    whether the forward pass uses it; where it does not, no batch will ever initialize it, and the
    table has ``never reached`` beside the state.

    Args:
        net: any ``gluon.Block``, hybridized or not, in any state.
        *inputs: arrays or shapes, as many as ``net`` takes. With them, the rows hold what shape
            inference can tell; the net itself does not learn it.
        run: for a net whose shapes only a run can tell, as in :func:`infer_shapes`.

    Raises:
        ArgumentError: ``net`` is no Block, an input is neither an array nor a shape, or ``run``
            is given without inputs.
        ShapeError: the inputs do not fit the net, or its forward cannot be traced without data.

    """
    view = View(net)
    known, used = known_shapes(view, inputs, run) if inputs or run else ({}, set())
    rows = []
    for site in view.sites:
        key = id(site.parameter)
        reached = key in used if inputs else None
        rows.append(_row(site, known.get(key), view.places[key], reached))
    columns = [*_COLUMNS, *_device_columns(rows)]
    notes = [paths.unseen_text(net), oddities(view.owned), _missing_device(view.owned)]
    return Summary(rows, columns, *notes)


def _missing_device(sites: Sequence[paths.Site]) -> str:
    """Why a device on which parameters wait cannot be used; "" where all can."""
    waiting = [pending for site in sites if (pending := pending_of(site.parameter))]
    return trouble_with(context for one in waiting for context in one.contexts) or ""


def _device_columns(rows: Sequence[ParameterRow]) -> list[Column[ParameterRow]]:
    """One column where all are on one device that is not the default, one each where several."""
    devices = sorted({device for row in rows for device in row.devices})
    if len(devices) > 1:
        return [_device_column(device) for device in devices]
    return [] if devices in ([], [default_name()]) else [Column("device", "devices")]


def _device_column(device: str) -> Column[ParameterRow]:
    return Column(device, lambda row: "yes" if device in row.devices else None)


def _row(
    site: paths.Site, known: Shape | None, places: Sequence[str], reached: bool | None
) -> ParameterRow:
    parameter = site.parameter
    shape = known or paths.shape_of(parameter)
    initializer, source = initializer_of(parameter, places)
    return ParameterRow(
        path=site.path,
        name=parameter.name,
        shape=shape,
        size=paths.size_of(shape),
        dtype=_dtype_name(parameter.dtype),
        state=f"tied alias of {site.alias_of}" if site.alias_of else state_of(parameter),
        reached=reached,
        initializer=initializer,
        source=source,
        alias_of=site.alias_of,
        devices=devices_of(parameter),
        trainable=parameter.grad_req != "null",
    )


def _state(row: ParameterRow) -> str:
    lost = row.reached is False and row.alias_of is None
    return f"{row.state}, {NEVER_REACHED}" if lost else row.state


_COLUMNS: list[Column[ParameterRow]] = [
    Column("path", "path"),
    Column("shape", "shape"),
    Column("size", "size", right=True),
    Column("dtype", "dtype"),
    Column("state", _state),
    Column("initializer", "initializer", can_be_cut=True),
    Column("chosen by", "source"),
]


def _dtype_name(dtype: Any) -> str:
    return str(np.dtype(dtype))
