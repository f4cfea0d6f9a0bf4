"""What each parameter of a net is right now, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _history, paths, shapes
from .devices import default_name
from .errors import ArgumentError
from .graphs import Shape
from .initializer_text import describe
from .own_initializer import choice
from .tables import Table

UNINITIALIZED = "uninitialized"
DEFERRED = "deferred"
INITIALIZED = _history.INITIALIZED
NEVER_REACHED = "never reached"

_COLUMNS = {
    "path": "path",
    "shape": "shape",
    "size": "size",
    "dtype": "dtype",
    "state": "state",
    "initializer": "initializer",
    "source": "chosen by",
}


class Summary(Table):
    """What :func:`summary` returns: one row a parameter, in structural order.

    Attributes:
        total: numbers in all parameters whose shape is known, tied ones counted once.
        trainable: those of them which have a gradient.
        unknown: parameters (not numbers) of which a dimension is unknown.

    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], warning: str = ""
    ) -> None:
        own = [row for row in rows if row["alias_of"] is None]
        self.total: int = sum(row["size"] or 0 for row in own)
        self.trainable: int = sum(row["size"] or 0 for row in own if row["trainable"])
        self.unknown: int = sum(row["size"] is None for row in own)
        super().__init__(
            rows, columns, notes=["", self._total_line(len(own)), warning], right=["size"]
        )

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
        from .plots import of_states

        if of == "state":
            return of_states.stages({"now": self})
        if of == "initializer":
            return of_states.choosers(self)
        raise ArgumentError(f"of must be 'state' or 'initializer', but it is {of!r}.")


def summary(net: Any, *inputs: Any, run: bool = False) -> Summary:
    """Returns one row for each parameter of ``net``: shape, size, state, and its initializer.

    Nothing is drawn, allocated or changed. Unknown dimensions are None in the rows and ``?`` in
    print. A parameter that sits at several places has a row for each; the first owns it, the
    others name it in ``alias_of`` and do not count in the totals.

    The initializer is the one that will be used, or was; ``-`` where nobody has chosen one yet,
    where values were loaded or set, and where they came before ``gluon_init`` was imported.
    ``source`` says who chose it: ``parameter`` (``param.initialize(init=...)``), ``layer``
    (``weight_initializer=...`` and the like) or ``initialize()``.

    The states: ``uninitialized``, ``deferred``, ``initialized``, ``re-initialized``, ``loaded``,
    ``set`` (by ``set_data``), ``tied alias of`` its owner, and, given inputs, ``never reached``:
    the forward pass does not use it, so that no batch will ever initialize it.

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
    paths.require_block(net)
    sites = paths.sites(net)
    known, used = shapes.known_shapes(net, inputs, run) if inputs or run else ({}, set())
    places: dict[int, list[str]] = {}
    for site in sites:
        places.setdefault(id(site.parameter), []).append(site.path)
    rows = [_row(s, known.get(id(s.parameter)), places[id(s.parameter)]) for s in sites]
    if inputs:
        for site, row in zip(sites, rows, strict=True):
            if id(site.parameter) not in used and site.alias_of is None:
                row["state"] = NEVER_REACHED
    return Summary(rows, {**_COLUMNS, **_device_columns(rows)}, paths.unseen_text(net))


def _device_columns(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """One column where all are on one device that is not the default, one each where several."""
    devices = sorted({device for row in rows for device in row["devices"]})
    if len(devices) > 1:
        for row in rows:
            row.update({device: "yes" if device in row["devices"] else None for device in devices})
        return {device: device for device in devices}
    return {} if devices in ([], [default_name()]) else {"devices": "device"}


def _row(site: paths.Site, known: Shape | None, places: Sequence[str]) -> dict[str, Any]:
    parameter = site.parameter
    shape = known or paths.shape_of(parameter)
    initializer, source = initializer_of(parameter, places)
    return {
        "path": site.path,
        "name": parameter.name,
        "shape": shape,
        "size": paths.size_of(shape),
        "dtype": _dtype_name(parameter.dtype),
        "state": f"tied alias of {site.alias_of}" if site.alias_of else state_of(parameter),
        "initializer": initializer,
        "source": source,
        "alias_of": site.alias_of,
        "devices": devices_of(parameter),
        "trainable": parameter.grad_req != "null",
    }


def state_of(parameter: Any) -> str:
    """``uninitialized``, ``deferred`` (asked for, not yet drawn), or what gave it its values.

    That is ``initialized``, ``re-initialized`` (values that were there were drawn anew),
    ``loaded`` (from a file) or ``set`` (``set_data``). Steps of an optimizer and writing into
    ``data()`` change nothing of it.
    """
    if parameter._data is not None:
        return _history.of(parameter).last
    return DEFERRED if parameter._deferred_init else UNINITIALIZED


def initializer_of(parameter: Any, places: Sequence[str]) -> tuple[str | None, str | None]:
    """The initializer that will fill it or has, written as a call, and who chose it.

    None of both where nobody has chosen yet, or where the values did not come from one.
    """
    if parameter._data is not None:
        past = _history.of(parameter)
        if past.last not in (_history.INITIALIZED, _history.REINITIALIZED):
            return None, None
        chosen, overall = past.initializer, past.overall
    elif parameter._deferred_init:
        chosen, _, overall, values = parameter._deferred_init
        if values is not None:
            return "set_data()", "parameter"
    else:
        chosen, overall = parameter.init, None
    if chosen is None:
        return None, None
    filler, source = choice(parameter, chosen, overall, places)
    return describe(filler), source


def devices_of(parameter: Any) -> tuple[str, ...]:
    """The devices on which the parameter is, or will be: ``("cpu(0)",)``."""
    if parameter._data is None and not parameter._deferred_init:
        return ()
    return tuple(str(context) for context in parameter.list_ctx())


def _dtype_name(dtype: Any) -> str:
    return str(np.dtype(dtype))
