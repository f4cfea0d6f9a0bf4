"""Who initialized what, when, by which rule, from which shape, and with what result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from mxnet import gluon

from .._arguments import require_block
from .._gluon import paths
from .._gluon.fills import Fill, listening
from .._gluon.parameters import values_of
from ..devices import default_name
from ..errors import ArgumentError
from ..results.table import Table

_COLUMNS = {
    "order": "#",
    "path": "path",
    "shape": "shape",
    "initializer": "initializer",
    "source": "chosen by",
    "trigger": "triggered by",
    "when": "when",
    "values": "values",
}


@dataclass(frozen=True)
class Event:
    """A parameter got its values. Read a field as ``event.path`` or ``event["path"]``.

    Attributes:
        order: 1 for the first.
        path: where the parameter sits; its owner's place, if it is tied.
        paths: all its places.
        shape: of the parameter.
        initializer: written as a call; ``-`` for values that were loaded or set.
        source: the rule that chose it: ``parameter`` (``param.initialize(init=...)``), ``layer``
            (the layer's own default or ``weight_initializer=...``), ``initialize()`` (the global
            one), ``loaded`` or ``set``.
        trigger: the call that led to it: ``net.initialize()``, ``forward of 0``, ...
        deferred: whether it had to wait for the shape, or for its first use.
        devices: where the values are now.
        seconds: from the moment at which MXNet began to draw; the arrays themselves are filled in
            the background unless statistics are taken.
        values: the result in a line: min, max, mean, std, share of zeros, and what is odd.
        minimum, maximum, mean, std, zeros: the same as numbers; None without statistics. ``zeros``
            is a share between 0 and 1.
        flags: ``wrote nothing`` (the initializer left the array untouched), ``NaN``, ``constant``.

    """

    order: int
    path: str
    paths: tuple[str, ...]
    shape: tuple[int, ...]
    initializer: str
    source: str
    trigger: str
    deferred: bool
    devices: tuple[str, ...]
    seconds: float
    values: str
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    zeros: float | None
    flags: tuple[str, ...]

    def __getitem__(self, field: str) -> Any:
        if field not in self.keys():
            raise KeyError(field)
        return getattr(self, field)

    def keys(self) -> list[str]:
        """The names of the fields."""
        return [field.name for field in fields(self)]


@dataclass(frozen=True)
class _Seen:
    """A fill, and what must be noted at once, before the values change."""

    fill: Fill
    shape: tuple[int, ...]
    devices: tuple[str, ...]
    numbers: dict[str, float] | None


class InitTrace:
    """What :func:`trace_init` gives: the events so far, and their faces as text, HTML and picture.

    Attributes:
        events: one :class:`Event` for each time at which a parameter of the net got values.
        parameters: the paths of all parameters, also of those without an event.

    """

    def __init__(self, net: Any) -> None:
        self._net: Any = net
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._events: tuple[Event, ...] | None = None
        self._parameters: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, in the order in which they happened."""
        return self._events if self._events is not None else self._resolve()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The paths of all parameters of the net, in structural order, drawn or not."""
        if self._net is None:
            return self._parameters
        return tuple(site.path for site in paths.sites(self._net) if site.alias_of is None)

    @property
    def rows(self) -> tuple[Any, ...]:
        """The events as plain records."""
        return self._table().rows

    def to_frame(self) -> Any:
        """Returns the events as a ``pandas.DataFrame``; needs pandas."""
        return self._table().to_frame()

    def plot(self) -> Any:
        """Draws the timeline: which parameter at which step, at once or deferred, and by what."""
        from .timeline import timeline

        return timeline(self)

    def __len__(self) -> int:
        return len(self.events)

    def __str__(self) -> str:
        return str(self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()

    def _table(self) -> Table:
        columns = dict(_COLUMNS)
        events = self.events
        if all(event.minimum is None for event in events):
            del columns["values"]
        if any(event.devices != (default_name(),) for event in events):
            columns["devices"] = "device"
        rows = [
            {**dict(event), "when": "deferred" if event.deferred else "at once"} for event in events
        ]
        late = sum(event.deferred for event in events)
        count = f"{len(events)} initialization{'s' * (len(events) != 1)}, {late} of them deferred"
        return Table(rows, columns, notes=["", count], right=["order"])

    def _note(self, fill: Fill, statistics: bool) -> None:
        parameter = fill.parameter
        self._seen.pop((id(fill.trigger), id(parameter)), None)  # loaded under each of its names
        self._seen[id(fill.trigger), id(parameter)] = _Seen(
            fill,
            tuple(int(size) for size in parameter.shape),
            tuple(str(context) for context in parameter.list_ctx()),
            _numbers(values_of(parameter).asnumpy()) if statistics else None,
        )

    def _close(self) -> None:
        self._events, self._parameters = self._resolve(), self.parameters
        self._net, self._seen = None, {}

    def _resolve(self) -> tuple[Event, ...]:
        """Paths are looked up late, since blocks may be added while the trace runs."""
        places: dict[int, list[str]] = {}
        for site in paths.sites(self._net):
            places.setdefault(id(site.parameter), []).append(site.path)
        blocks: dict[int, str] = {}
        for path, block in paths.blocks(self._net):
            blocks.setdefault(id(block), path)
        events: list[Event] = []
        for seen in self._seen.values():
            own = places.get(id(seen.fill.parameter))
            if own:
                events.append(_event(len(events) + 1, seen, own, _trigger(seen, own, blocks)))
        return tuple(events)


@contextlib.contextmanager
def trace_init(net: Any, *, statistics: bool = True) -> Iterator[InitTrace]:
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
    if not isinstance(statistics, bool):
        raise ArgumentError(f"statistics must be True or False, but it is {statistics!r}.")
    trace = InitTrace(net)
    with listening(lambda fill: trace._note(fill, statistics), untouched=statistics):
        try:
            yield trace
        finally:
            trace._close()


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
        if trigger.call == "forward":
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
