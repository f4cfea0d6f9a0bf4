"""Outputs and gradients by depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..results.figure import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, picture
from .rows import Signal

_COLOURS = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY]
_MARKERS = ["o", "s", "^", "D", "v", "P"]


def by_depth(outputs: Sequence[Signal], gradients: Sequence[Signal], cases: Sequence[str]) -> Any:
    """Draws one line a case: standard deviation, on a logarithmic axis, from first to last layer.

    With gradients there is a second panel below, of the weights' gradients. Zeros and what is not
    finite have no place on the axis; a cross at its edge marks them.
    """
    panels = [("outputs", [row for row in outputs if len(row.shape) > 1])]
    if gradients:
        weights = [row for row in gradients if len(row.shape) > 1]
        panels.append(("gradients of the weights", weights))
    figure, first = picture(6.0, 0.6 + 2.6 * len(panels))
    first.remove()
    for number, (what, rows) in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, number + 1)
        _panel(axes, what, rows, cases)
        if number == 0 and len(cases) > 1:
            axes.legend(
                loc="lower center", bbox_to_anchor=(0.5, 1.12), ncols=min(3, len(cases)),
                frameon=False, fontsize=9,
            )  # fmt: skip
    figure.tight_layout()
    return figure


def _panel(axes: Any, what: str, rows: Sequence[Signal], cases: Sequence[str]) -> None:
    names: list[str] = []
    for number, case in enumerate(cases):
        own = [row for row in rows if row.case == case]
        names = [row.path or "(net)" for row in own] if len(own) > len(names) else names
        colour, marker = _COLOURS[number % 6], _MARKERS[number % 6]
        sizes = [row.std if _drawable(row.std) else math.nan for row in own]
        line_style = "-" if number < 6 else "--"
        axes.plot(
            range(1, len(own) + 1), sizes, line_style, marker=marker, color=colour, label=case,
            markersize=4, linewidth=1.4,
        )  # fmt: skip
        for place, row in enumerate(own, 1):
            if not _drawable(row.std):
                axes.plot(
                    [place], [0.02 if row.std == 0 else 0.98], "x", color=colour,
                    transform=axes.get_xaxis_transform(), clip_on=False, markersize=5,
                )  # fmt: skip
    axes.set_yscale("log")
    axes.set_title(f"{what}: standard deviation by depth", fontsize=10, loc="left")
    axes.set_ylabel("standard deviation", fontsize=9)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8.5)
    if len(names) <= 10:
        axes.set_xticks(range(1, len(names) + 1), names, rotation=30, ha="right", fontsize=8.5)
    else:
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel(f"layer: 1 is {names[0]}, {len(names)} is {names[-1]}", fontsize=9)


def _drawable(size: float) -> bool:
    return bool(math.isfinite(size) and size > 0)
