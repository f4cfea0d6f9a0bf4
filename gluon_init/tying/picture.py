"""Ties, and what each use contributes to a gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..results.figure import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, picture
from ..results.text import shape_text
from .rows import Group, Share

_MOST = 24


def ties(owner_of: Mapping[str, str], groups: Sequence[Group]) -> Any:
    """Places on the left, parameters on the right; a tied one has several lines, in colour."""
    places = dict(list(owner_of.items())[:_MOST])
    owners = list(dict.fromkeys(places.values()))
    tied = {row.owner: row for row in groups}
    colours = [VERMILION, BLUE, GREEN, PURPLE, ORANGE, SKY]
    colour = {owner: colours[i % 6] for i, owner in enumerate(o for o in owners if o in tied)}
    height = {path: -i for i, path in enumerate(places)}
    rows = {
        owner: sum(height[p] for p in places if places[p] == owner)
        / sum(1 for p in places if places[p] == owner)
        for owner in owners
    }
    figure, axes = picture(6.0, 0.9 + 0.34 * len(places))
    for path, owner in places.items():
        shade = colour.get(owner, GREY)
        axes.plot(
            [0, 1], [height[path], rows[owner]], color=shade, linewidth=2 if owner in tied else 1
        )
        axes.text(-0.04, height[path], path, ha="right", va="center", family="monospace",
                  fontsize=9, color=shade if owner in tied else BLACK)  # fmt: skip
    for owner in owners:
        row = tied.get(owner)
        shade = colour.get(owner, GREY)
        axes.plot([1], [rows[owner]], "s", color=shade, markersize=9 if row else 6)
        if row:
            text = f"one parameter {shape_text(row.shape)}\n{row.uses} uses"
            axes.text(1.05, rows[owner], text, va="center", fontsize=9, color=shade)
    axes.text(-0.04, 0.9, "places", ha="right", fontsize=9.5, weight="bold")
    axes.text(1, 0.9, "parameters", ha="center", fontsize=9.5, weight="bold")
    axes.set_xlim(-0.9, 2.0)
    axes.set_ylim(-len(places) + 0.4, 1.5)
    axes.axis("off")
    return figure


def shares(path: str, rows: Sequence[Share]) -> Any:
    """One bar a use: its share of the gradient, along the gradient's direction."""
    figure, axes = picture(6.0, 0.9 + 0.42 * len(rows))
    axes.barh(range(len(rows)), [row.share for row in rows], color=BLUE, height=0.6)
    for place, row in enumerate(rows):
        axes.text(max(row.share, 0) + 0.01, place, f"{row.share:.2f}", va="center", fontsize=9)
    axes.set_yticks(range(len(rows)), [row.path for row in rows], family="monospace", fontsize=9)
    axes.invert_yaxis()
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.set_xlabel(f"share of the gradient of {path} (all together: 1)", fontsize=9.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    figure.tight_layout()
    return figure
