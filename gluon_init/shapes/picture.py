"""The flow of shapes through a net, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..results.figure import BLACK, BLUE, VERMILION, picture
from ..results.text import shape_text

if TYPE_CHECKING:
    from .flow import ShapeFlow

_MOST_STEPS = 20
_LANE = 0.2  # between lines that pass by


def flow(shapes: ShapeFlow) -> Any:
    """Draws one box a block from top to bottom, the shapes that flow between them on the arrows.

    Beside each box: its parameters whose shapes became known, before and after. A line at the left
    leads to a box that takes something else than what the box above it gives. At most 20 boxes are
    drawn: what is inside one, or inside a block that computes something itself, is summed up.
    Returns a matplotlib figure.
    """
    steps = _steps(shapes.rows)
    lines = _lines(steps)
    tops = _tops(steps)
    figure, axes = picture(7.2, tops[-1] + 0.6)
    for number, (step, top) in enumerate(zip(steps, tops, strict=False)):
        passing = [(giver, lane) for giver, taker, lane in lines if taker == number]
        joined = len(passing) < len(step["givers"])  # also by what stands above
        way = "" if step["givers"] else " into the net"
        _arrow(axes, top - (0.53 if joined else 0.35), top, step["inputs"], way)
        for giver, lane in passing:
            _line(axes, lane, tops[giver] + _height(steps[giver]) / 2, top - 0.35)
        _box(axes, top, step)
        if step["leaves"]:
            end = top + _height(step)
            _arrow(axes, end + 0.02, end + 0.55, step["outputs"], " out of the net")
    axes.set_xlim(-_LANE * max((lane for *_, lane in lines), default=0), 7.2)
    axes.set_ylim(tops[-1] + 0.5, -0.1)
    axes.set_axis_off()
    return figure


def _steps(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The boxes: all that fits."""
    shown = [0]
    while (opened := _opened(rows, shown)) != shown:
        shown = opened
    box = {
        i + inside: number
        for number, i in enumerate(shown)
        for inside in range(len(_with_inside(rows, i)))
    }
    steps = [
        {**_step(rows, i), "givers": {box[j] for j in rows[i]["takes"] if j in box}} for i in shown
    ]
    leaving = {box[giver] for giver in rows[0]["gives"]}
    return [{**step, "leaves": number in leaving} for number, step in enumerate(steps)]


def _opened(rows: Sequence[Mapping[str, Any]], shown: Sequence[int]) -> list[int]:
    """One step further in: all boxes that only call others, or the largest if that is too much."""

    def opened(chosen: Sequence[int]) -> list[int]:
        return [j for i in shown for j in (rows[i]["inside"] if i in chosen else [i])]

    closed = [i for i in shown if rows[i]["inside"]]
    largest = sorted(closed, key=lambda i: -len(_with_inside(rows, i)))[:1]
    further = (opened(closed), opened(largest), list(shown))
    return next(boxes for boxes in further if len(boxes) <= _MOST_STEPS)


def _lines(steps: Sequence[Mapping[str, Any]]) -> list[tuple[int, int, int]]:
    """Giver, taker and lane of each line that passes by other boxes; those that meet lie apart."""
    lines: list[tuple[int, int, int]] = []
    for taker, step in enumerate(steps):
        above = set() if taker and steps[taker - 1]["leaves"] else {taker - 1}
        for giver in sorted(step["givers"] - above):
            busy = {lane for _, end, lane in lines if end > giver}
            lane = next(lane for lane in range(1, len(lines) + 2) if lane not in busy)
            lines.append((giver, taker, lane))
    return lines


def _tops(steps: Sequence[Mapping[str, Any]]) -> list[float]:
    """Where each box begins, and last where the picture ends."""
    tops, y = [], 0.0
    for step in steps:
        tops.append(y + 0.55)
        y = tops[-1] + _height(step) + (0.6 if step["leaves"] else 0)
    return [*tops, y]


def _height(step: Mapping[str, Any]) -> float:
    return 0.62 + 0.3 * max(0, len(step["lines"]) - 1)


def _step(rows: Sequence[Mapping[str, Any]], i: int) -> dict[str, Any]:
    inside = _with_inside(rows, i)
    lines = [
        (path.rpartition(".")[2], shape_text(one["declared"][path]), shape_text(shape))
        for one in inside
        for path, shape in one["resolved"].items()
    ]
    if lines and not rows[i]["resolved"]:
        lines = [(f"{len(lines)} shapes became known inside", "", "")]
    return {**rows[i], "lines": lines}


def _with_inside(rows: Sequence[Mapping[str, Any]], i: int) -> Sequence[Mapping[str, Any]]:
    end = i + 1
    while end < len(rows) and rows[end]["depth"] > rows[i]["depth"]:
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


def _box(axes: Any, y: float, step: Mapping[str, Any]) -> None:
    from matplotlib.patches import FancyBboxPatch

    height = _height(step)
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
    name = f"{step['block']}  {step['kind']}" if step["block"] else step["kind"]
    size = 10 if len(name) < 26 else 255 / len(name)
    axes.text(1.5, middle, name, ha="center", va="center", fontsize=size)
    first = middle - 0.15 * (len(step["lines"]) - 1)
    for number, (parameter, before, after) in enumerate(step["lines"]):
        at = first + 0.3 * number
        axes.text(3.1, at, parameter, va="center", fontsize=9.5, family="monospace")
        if before:
            axes.text(5.15, at, before, va="center", ha="right", fontsize=9.5, color=VERMILION)
            axes.text(5.3, at, "\N{RIGHTWARDS ARROW}", va="center", ha="center", fontsize=9.5)
            axes.text(5.45, at, after, va="center", fontsize=9.5, fontweight="bold")
