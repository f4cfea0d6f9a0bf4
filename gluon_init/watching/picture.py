"""Pictures of what each parameter is, from one moment to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..results.figure import picture
from ..results.text import shape_text, shortened
from .rows import ParameterRow

# Light relatives of the palette's colours, so that black text can be read on them.
COLOURS = {
    "uninitialized": "#E6E6E6",
    "deferred": "#F5C36B",
    "initialized": "#8CC8EC",
    "re-initialized": "#5FA8D3",
    "loaded": "#8FD3B6",
    "set": "#F3E98B",
    "never reached": "#F2B8A0",
    "tied alias": "#D5B3CB",
}
_MOST_ROWS = 40


CHOOSERS = {
    "parameter": "#F5C36B",
    "layer": "#8CC8EC",
    "initialize()": "#C9E3B4",
    None: "#E6E6E6",
}


class _Summary(Protocol):
    """What ``gi.summary`` returns."""

    @property
    def rows(self) -> tuple[ParameterRow, ...]:
        """One for each place."""


def stages(summaries: Mapping[str, _Summary]) -> Any:
    """Draws how each parameter fares from one moment to the next; returns a matplotlib figure.

    One column for each summary of the same net, in the order given and under the name given; one
    row for each parameter. A cell holds the shape, ``?`` for an unknown dimension, and its colour
    is the state.
    """
    columns = {
        name: [_Box(shape_text(row.shape), _kind(row), row.size is None) for row in summary.rows]
        for name, summary in summaries.items()
    }
    paths = [row.path for row in next(iter(summaries.values())).rows]
    return _grid(columns, paths, COLOURS, 0.84)


def choosers(rows: Sequence[ParameterRow]) -> Any:
    """Draws for each parameter the initializer that fills it, coloured by who chose it."""
    boxes = [
        _Box(shortened(row.initializer or "nobody yet", 26), row.source, False) for row in rows
    ]
    return _grid({"filled by": boxes}, [row.path for row in rows], CHOOSERS, 1.7)


class _Box(NamedTuple):
    text: str
    kind: str | None
    unknown: bool


def _kind(row: ParameterRow) -> str:
    if row.alias_of:
        return "tied alias"
    return "never reached" if row.reached is False else row.state


def _grid(
    columns: Mapping[str, Sequence[_Box]],
    paths: Sequence[str],
    colours: Mapping[Any, str],
    width: float,
) -> Any:
    """One row a parameter, one box in each column; boxes are ``width`` wide, of a pitch of 1."""
    shown = paths[:_MOST_ROWS]
    pitch = width + 0.16
    figure, axes = picture(2.1 + 1.9 * pitch * len(columns), 0.9 + 0.36 * len(shown))
    for x, boxes in enumerate(columns.values()):
        for y, box in enumerate(boxes[: len(shown)]):
            _draw(axes, x * pitch, y, width, box, colours[box.kind])
    axes.set_xlim(-pitch / 2 - 0.05, (len(columns) - 0.5) * pitch + 0.05)
    axes.set_ylim(len(shown) - 0.45, -0.55)
    axes.set_xticks([x * pitch for x in range(len(columns))], list(columns), fontsize=10)
    axes.set_yticks(range(len(shown)), shown, fontsize=9, family="monospace")
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(paths) > len(shown):
        axes.set_xlabel(f"the first {len(shown)} of {len(paths)} parameters", fontsize=9)
    _legend(axes, [box for boxes in columns.values() for box in boxes[: len(shown)]], colours)
    return figure


def _draw(axes: Any, x: float, y: float, width: float, box: _Box, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - 0.34), width, 0.68, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=colour, edgecolor="#444444", linestyle="--" if box.unknown else "-",
            linewidth=1,
        )
    )  # fmt: skip
    weight = "bold" if box.unknown else "normal"
    axes.text(x, y, box.text, ha="center", va="center", fontsize=9, fontweight=weight)


def _legend(axes: Any, boxes: Sequence[_Box], colours: Mapping[Any, str]) -> None:
    from matplotlib.patches import Patch

    there = {box.kind for box in boxes}
    handles = [
        Patch(facecolor=colour, edgecolor="#444444", label=kind or "nobody")
        for kind, colour in colours.items()
        if kind in there
    ]
    if any(box.unknown for box in boxes):
        handles.append(
            Patch(facecolor="white", edgecolor="#444444", linestyle="--", label="shape unknown")
        )
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9,
        borderaxespad=0, title="chosen by" if colours is CHOOSERS else None, title_fontsize=9,
    )  # fmt: skip
