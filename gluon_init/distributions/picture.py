"""The histogram of what was drawn, over the law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..drawing.laws import Law, Range, Values
from ..results.figure import BLUE, SKY, VERMILION, picture


def histogram(
    title: str, law: Law, heights: Values, edges: Values, points: Mapping[float, float]
) -> Any:
    """Bars are what was drawn, by heights and edges; the orange line is the law.

    Points are pins, with a scale of their own at the right: as high as their share of the values,
    which ``points`` has, an orange dash where the law has them.
    """
    figure, axes = picture(6.0, 3.2)
    if heights.any():
        axes.stairs(heights, edges, fill=True, color=SKY, label="drawn")
    x = np.linspace(*_range(law, heights, edges), 1500)
    density = law.pdf(x)
    if density.any():
        axes.plot(x, density, color=VERMILION, linewidth=1.6, label="law")
    axes.set_xlabel("value", fontsize=9.5)
    axes.set_ylabel("share of values per unit", fontsize=9.5)
    axes.set_ylim(bottom=0)
    _points(axes, law.points, points)
    axes.set_title(_short(title), fontsize=10, loc="left", pad=22)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8.5)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1.0), ncols=2,
            borderaxespad=0,
        )  # fmt: skip
    else:
        axes.set_yticks([])
        axes.set_ylabel("")
    figure.tight_layout()
    return figure


def _points(axes: Any, wanted: Mapping[float, float], drawn: Mapping[float, float]) -> None:
    if not wanted:
        return
    shares = axes.twinx()
    for value, weight in wanted.items():
        seen = drawn.get(value, 0.0)
        shares.plot([value, value], [0, seen], color=BLUE, linewidth=2)
        shares.plot([value], [seen], "o", color=BLUE, markersize=6)
        shares.plot([value], [weight], "_", color=VERMILION, markersize=18, markeredgewidth=2)
        top = max(seen, weight)
        high = top > 0.7
        shares.annotate(
            f"P(w = {value:g})\ndrawn {seen:.3f}\nlaw {weight:.3f}", (value, top),
            xytext=(13, 6) if high else (0, 8), textcoords="offset points", fontsize=9,
            ha="left" if high else "center", va="top" if high else "bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )  # fmt: skip
    shares.set_ylim(0, 1.05)
    shares.set_ylabel("share of a point", fontsize=9.5)
    shares.spines["top"].set_visible(False)
    shares.tick_params(labelsize=8.5)


def _range(law: Law, heights: Values, edges: Values) -> Range:
    """From where to where: all that was drawn, and what is worth showing of the law."""
    ranges = [part.shown for part in law.components]
    ranges.append((edges[0], edges[-1]) if heights.any() else (0.0, 0.0))
    low, high = min(start for start, _ in ranges), max(end for _, end in ranges)
    margin = (high - low) * 0.06 or 1.0
    return low - margin, high + margin


def _short(text: str, most: int = 72) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
