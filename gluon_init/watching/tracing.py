"""Who initialized what, when, by which rule, from which shape, and with what result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from mxnet import gluon

from .._arguments import require_block, require_flag
from .._gluon.fills import FORWARD, Fill, listening
from .._gluon.parameters import values_of
from .._gluon.view import View
from ..devices import default_name
from ..results.table import Column, Table
from .rows import Event


@dataclass(frozen=True)
class _Seen:
    """A fill, and what must be noted at once, before the values change."""

    fill: Fill
    shape: tuple[int, ...]
    devices: tuple[str, ...]
    numbers: dict[str, float] | None


class InitTrace(Table[Event]):
    """What :func:`trace_init` gives: an :class:`Event` for each time a parameter got values.

    It can be read inside the ``with`` block, so far as it has come, and is complete after it.
    """

    def __init__(self, net: Any) -> None:
        super().__init__((), ())
        self._net: Any = net
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._parameters: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Event, ...]:
        """The events, in the order in which they happened."""
        return self._rows if self._net is None else self._resolve()

    @property
    def events(self) -> tuple[Event, ...]:
        """The same as ``rows``."""
        return self.rows

    @property
    def parameters(self) -> tuple[str, ...]:
        """The paths of all parameters of the net, in structural order, drawn or not."""
        if self._net is None:
            return self._parameters
        return tuple(site.path for site in View(self._net).owned)

    def plot(self) -> Any:
        """Draws the timeline: which parameter at which step, at once or deferred, and by what."""
        from .timeline import timeline

        return timeline(self.events, self.parameters)

    def __str__(self) -> str:
        return str(self._table())

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        return self._table()._repr_html_()

    def _table(self) -> Table[Event]:
        events = self.events
        columns = _COLUMNS
        if all(event.minimum is None for event in events):
            columns = [column for column in columns if column.of != "values"]
        if any(event.devices != (default_name(),) for event in events):
            columns = [*columns, Column("device", "devices")]
        late = sum(event.deferred for event in events)
        count = f"{len(events)} initialization{'s' * (len(events) != 1)}, {late} of them deferred"
        return Table(events, columns, notes=[count])

    def note(self, fill: Fill, statistics: bool) -> None:
        """Notes a fill, at once, before the values change."""
        parameter = fill.parameter
        self._seen.pop((id(fill.trigger), id(parameter)), None)  # loaded under each of its names
        self._seen[id(fill.trigger), id(parameter)] = _Seen(
            fill,
            tuple(int(size) for size in parameter.shape),
            tuple(str(context) for context in parameter.list_ctx()),
            _numbers(values_of(parameter).asnumpy()) if statistics else None,
        )

    def close(self) -> None:
        """Settles the rows, and lets the net go."""
        self._rows, self._parameters = self._resolve(), self.parameters
        self._net, self._seen = None, {}

    def _resolve(self) -> tuple[Event, ...]:
        """Paths are looked up late, since blocks may be added while the trace runs."""
        view = View(self._net)
        blocks: dict[int, str] = {}
        for path, block in view.blocks:
            blocks.setdefault(id(block), path)
        events: list[Event] = []
        for seen in self._seen.values():
            own = view.places.get(id(seen.fill.parameter))
            if own:
                events.append(_event(len(events) + 1, seen, own, _trigger(seen, own, blocks)))
        return tuple(events)


_COLUMNS: list[Column[Event]] = [
    Column("#", "order", right=True),
    Column("path", "path"),
    Column("shape", "shape"),
    Column("initializer", "initializer", can_be_cut=True),
    Column("chosen by", "source"),
    Column("triggered by", "trigger", can_be_cut=True),
    Column("when", lambda event: "deferred" if event.deferred else "at once"),
    Column("values", "values"),
]


@contextlib.contextmanager
def trace_init(net: gluon.Block, *, statistics: bool = True) -> Iterator[InitTrace]:
    """Records each initialization of each parameter of ``net`` while the ``with`` block runs.

    It is recorded whichever way it happens: ``initialize`` on the net, a block, a dictionary or a
    parameter, the first forward pass, ``force_reinit``, ``load_parameters``, ``set_data`` (at
    once, or stored and applied later), ``gi.force_init``. A tied parameter has one event, with all
    its paths. The values are the same as without the trace, and outside the block MXNet is as
    before.

    Args:
        net: any ``gluon.Block``; blocks that it gets inside the ``with`` block count.
        statistics: whether to look at the values. That waits for each draw and reads the array
            about six times, which for cheap initializers costs more than the draw; without,
            the trace costs some microseconds a parameter.

    Yields:
        an :class:`InitTrace`; readable inside the block and after it, also after an exception.

    Raises:
        ArgumentError: ``net`` is no Block.

    Example:
        >>> with gi.trace_init(net) as trace:
        ...     net.initialize()
        ...     net(x)
        >>> print(trace)

    """
    require_block(net)
    require_flag(statistics, "statistics")
    trace = InitTrace(net)
    with listening(lambda fill: trace.note(fill, statistics), untouched=statistics):
        try:
            yield trace
        finally:
            trace.close()


def _event(order: int, seen: _Seen, own: list[str], trigger: str) -> Event:
    fill, numbers = seen.fill, seen.numbers
    flags = tuple(_flags(fill, numbers))
    known = numbers or dict.fromkeys(("minimum", "maximum", "mean", "std", "zeros"))
    return Event(
        order=order,
        path=own[0],
        paths=tuple(own),
        shape=seen.shape,
        initializer=fill.initializer,
        source=fill.source,
        trigger=trigger,
        deferred=fill.deferred,
        devices=seen.devices,
        seconds=fill.seconds,
        values=_line(numbers, flags),
        flags=flags,
        **{name: known[name] for name in ("minimum", "maximum", "mean", "std", "zeros")},
    )


def _trigger(seen: _Seen, own: list[str], blocks: dict[int, str]) -> str:
    trigger = seen.fill.trigger
    target = trigger.target
    if isinstance(target, gluon.Block):
        path = blocks.get(id(target), target.name)
        if trigger.call == FORWARD:
            return f"forward of {path or 'the net'}"
        name = f"net.{path}" if path else "net"
    elif isinstance(target, gluon.Parameter):
        name = own[0]
    else:
        name = "collect_params()"
    if trigger.call == "force_init":
        return f"gi.force_init({name}{', force_reinit=True' * trigger.forced})"
    inside = "force_reinit=True" if trigger.forced else ""
    return f"{name}.{trigger.call}({inside})"


def _numbers(array: Any) -> dict[str, float]:
    values = np.asarray(array, dtype=np.float32 if array.dtype == np.float16 else array.dtype)
    if not values.size:
        return {"minimum": 0.0, "maximum": 0.0, "mean": 0.0, "std": 0.0, "zeros": 0.0}
    return {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean(dtype=np.float64)),
        "std": float(values.std(dtype=np.float64)),
        "zeros": float(1 - np.count_nonzero(values) / values.size),
    }


def _flags(fill: Fill, numbers: dict[str, float] | None) -> Iterator[str]:
    if fill.untouched:
        yield "wrote nothing"
    elif numbers is not None and np.isnan(numbers["mean"]):
        yield "NaN"
    elif numbers is not None and numbers["minimum"] == numbers["maximum"]:
        yield "constant"


def _line(numbers: dict[str, float] | None, flags: tuple[str, ...]) -> str:
    if numbers is None:
        return ""
    if flags == ("constant",):
        return f"constant {numbers['minimum'] + 0:.3g}"
    text = ", ".join(
        f"{short} {numbers[name] + 0:.3g}"
        for short, name in (
            ("min", "minimum"),
            ("max", "maximum"),
            ("mean", "mean"),
            ("std", "std"),
        )
    )
    zeros = f", {numbers['zeros']:.0%} zeros" if numbers["zeros"] else ""
    return "; ".join([*flags, text + zeros])
