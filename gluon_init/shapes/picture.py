"""The flow of shapes through a net, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..results.figure import BLACK, BLUE, VERMILION, picture
from ..results.text import shape_text
from .rows import Step

_MOST_STEPS = 20
_LANE = 0.2  # between lines that pass by


@dataclass(frozen=True)
class _Box:
    """A block as it is drawn: the row, the lines beside it, and the boxes that give its inputs."""

    row: Step
    lines: Sequence[tuple[str, str, str]]  # parameter, shape before, shape after
    givers: set[int]
    leaves: bool  # whether its output leaves the net


def flow(rows: Sequence[Step]) -> Any:
    """Draws one box a block from top to bottom, the shapes that flow between them on the arrows.

    Beside each box: its parameters whose shapes became known, before and after. A line at the left
    leads to a box that takes something else than what the box above it gives. At most 20 boxes are
    drawn: what is inside one, or inside a block that computes something itself, is summed up.
    Returns a matplotlib figure.
    """
    boxes = _boxes(rows)
    lines = _lines(boxes)
    tops = _tops(boxes)
    figure, axes = picture(7.2, tops[-1] + 0.6)
    for number, (box, top) in enumerate(zip(boxes, tops, strict=False)):
        passing = [(giver, lane) for giver, taker, lane in lines if taker == number]
        joined = len(passing) < len(box.givers)  # also by what stands above
        way = "" if box.givers else " into the net"
        _arrow(axes, top - (0.53 if joined else 0.35), top, box.row.inputs, way)
        for giver, lane in passing:
            _line(axes, lane, tops[giver] + _height(boxes[giver]) / 2, top - 0.35)
        _draw(axes, top, box)
        if box.leaves:
            end = top + _height(box)
            _arrow(axes, end + 0.02, end + 0.55, box.row.outputs, " out of the net")
    axes.set_xlim(-_LANE * max((lane for *_, lane in lines), default=0), 7.2)
    axes.set_ylim(tops[-1] + 0.5, -0.1)
    axes.set_axis_off()
    return figure


def _boxes(rows: Sequence[Step]) -> list[_Box]:
    """All that fits."""
    shown = [0]
    while (opened := _opened(rows, shown)) != shown:
        shown = opened
    number_of = {
        i + inside: number
        for number, i in enumerate(shown)
        for inside in range(len(_with_inside(rows, i)))
    }
    leaving = {number_of[giver] for giver in rows[0].gives}
    boxes = []
    for number, i in enumerate(shown):
        givers = {number_of[giver] for giver in rows[i].takes if giver in number_of}
        boxes.append(_Box(rows[i], _beside(rows, i), givers, number in leaving))
    return boxes


def _opened(rows: Sequence[Step], shown: Sequence[int]) -> list[int]:
    """One step further in: all boxes that only call others, or the largest if that is too much."""

    def opened(chosen: Sequence[int]) -> list[int]:
        return [j for i in shown for j in (rows[i].inside if i in chosen else [i])]

    closed = [i for i in shown if rows[i].inside]
    largest = sorted(closed, key=lambda i: -len(_with_inside(rows, i)))[:1]
    further = (opened(closed), opened(largest), list(shown))
    return next(boxes for boxes in further if len(boxes) <= _MOST_STEPS)


def _lines(boxes: Sequence[_Box]) -> list[tuple[int, int, int]]:
    """Giver, taker and lane of each line that passes by other boxes; those that meet lie apart."""
    lines: list[tuple[int, int, int]] = []
    for taker, box in enumerate(boxes):
        above = set() if taker and boxes[taker - 1].leaves else {taker - 1}
        for giver in sorted(box.givers - above):
            busy = {lane for _, end, lane in lines if end > giver}
            lane = next(lane for lane in range(1, len(lines) + 2) if lane not in busy)
            lines.append((giver, taker, lane))
    return lines


def _tops(boxes: Sequence[_Box]) -> list[float]:
    """Where each box begins, and last where the picture ends."""
    tops, y = [], 0.0
    for box in boxes:
        tops.append(y + 0.55)
        y = tops[-1] + _height(box) + (0.6 if box.leaves else 0)
    return [*tops, y]


def _height(box: _Box) -> float:
    return 0.62 + 0.3 * max(0, len(box.lines) - 1)


def _beside(rows: Sequence[Step], i: int) -> list[tuple[str, str, str]]:
    """Each parameter whose shape became known there: its name, the shape before and after."""
    inside = _with_inside(rows, i)
    lines = [
        (path.rpartition(".")[2], shape_text(one.declared[path]), shape_text(shape))
        for one in inside
        for path, shape in one.resolved.items()
    ]
    if lines and not rows[i].resolved:
        lines = [(f"{len(lines)} shapes became known inside", "", "")]
    return lines


def _with_inside(rows: Sequence[Step], i: int) -> Sequence[Step]:
    end = i + 1
    while end < len(rows) and rows[end].depth > rows[i].depth:
        end += 1
    return rows[i:end]


def _arrow(axes: Any, y: float, end: float, shapes: Sequence[Any], way: str) -> None:
    axes.annotate(
        "",
        xy=(1.5, end - 0.02),
        xytext=(1.5, y),
        arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.2},
    )
    text = ", ".join(map(shape_text, shapes[:3])) + (" ..." if len(shapes) > 3 else "") + way
    axes.text(1.65, end - 0.25, text, fontsize=9.5, va="center", color=BLUE)


def _line(axes: Any, lane: int, start: float, end: float) -> None:
    """From the left of a box down to the arrow of another."""
    x = 0.1 - _LANE * lane
    axes.plot([0.1, x, x, 1.5], [start, start, end, end], color=BLACK, linewidth=1.2)


def _draw(axes: Any, y: float, box: _Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    height = _height(box)
    axes.add_patch(
        FancyBboxPatch(
            (0.1, y),
            2.8,
            height,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="#EAF3FA",
            edgecolor="#444444",
        )
    )
    middle = y + height / 2
    name = f"{box.row.block}  {box.row.kind}" if box.row.block else box.row.kind
    size = 10 if len(name) < 26 else 255 / len(name)
    axes.text(1.5, middle, name, ha="center", va="center", fontsize=size)
    first = middle - 0.15 * (len(box.lines) - 1)
    for number, (parameter, before, after) in enumerate(box.lines):
        at = first + 0.3 * number
        axes.text(3.1, at, parameter, va="center", fontsize=9.5, family="monospace")
        if before:
            axes.text(5.15, at, before, va="center", ha="right", fontsize=9.5, color=VERMILION)
            axes.text(5.3, at, "\N{RIGHTWARDS ARROW}", va="center", ha="center", fontsize=9.5)
            axes.text(5.45, at, after, va="center", fontsize=9.5, fontweight="bold")
