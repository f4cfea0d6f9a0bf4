"""The flow of shapes through a net, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..tables import shape_text
from . import style

if TYPE_CHECKING:
    from ..shapes import ShapeFlow

_MOST_STEPS = 20


def flow(shapes: ShapeFlow) -> Any:
    """Draws one box a block from top to bottom, the shapes that flow between them on the arrows.

    Beside each box: its parameters whose shapes became known, before and after. A net of more
    than 20 blocks is drawn at the greatest depth that fits; what is inside a box, and what is no
    chain, is summed up. Returns a matplotlib figure.
    """
    steps = _steps(shapes.rows)
    heights = [0.62 + 0.3 * max(0, len(step["lines"]) - 1) for step in steps]
    figure, axes = style.picture(7.2, 0.6 + 0.55 * len(steps) + sum(heights))
    y = 0.0
    for step, height in zip(steps, heights, strict=True):
        _arrow(axes, y, step["inputs"])
        y += 0.55
        _box(axes, y, height, step)
        y += height
    _arrow(axes, y, steps[-1]["outputs"])
    axes.set_xlim(0, 7.2)
    axes.set_ylim(y + 0.6, -0.1)
    axes.set_axis_off()
    return figure


def _steps(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The boxes: the net, opened level by level as long as chains are inside and all fits."""
    shown = [0]
    while True:
        opened = [i for parent in shown for i in (rows[parent]["chain"] or [parent])]
        if opened == shown or len(opened) > _MOST_STEPS:
            return [_step(rows, i) for i in shown]
        shown = opened


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


def _arrow(axes: Any, y: float, shapes: Sequence[Any]) -> None:
    axes.annotate(
        "",
        xy=(1.5, y + 0.53),
        xytext=(1.5, y + 0.02),
        arrowprops={"arrowstyle": "-|>", "color": style.BLACK, "linewidth": 1.2},
    )
    text = ", ".join(map(shape_text, shapes[:3])) + (" ..." if len(shapes) > 3 else "")
    axes.text(1.65, y + 0.27, text, fontsize=9.5, va="center", color=style.BLUE)


def _box(axes: Any, y: float, height: float, step: Mapping[str, Any]) -> None:
    from matplotlib.patches import FancyBboxPatch

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
    size = 10 if len(name) < 28 else 280 / len(name)
    axes.text(1.5, middle, name, ha="center", va="center", fontsize=size)
    first = middle - 0.15 * (len(step["lines"]) - 1)
    for number, (parameter, before, after) in enumerate(step["lines"]):
        at = first + 0.3 * number
        axes.text(3.1, at, parameter, va="center", fontsize=9.5, family="monospace")
        if before:
            axes.text(
                5.15, at, before, va="center", ha="right", fontsize=9.5, color=style.VERMILION
            )
            axes.text(5.3, at, "\N{RIGHTWARDS ARROW}", va="center", ha="center", fontsize=9.5)
            axes.text(5.45, at, after, va="center", fontsize=9.5, fontweight="bold")
