"""Which label Module's metric compares each output with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..results.figure import BLUE, GREY, VERMILION, picture
from .rows import Argument


def pairs(
    rows: Sequence[Argument], compared: Mapping[str, str | None], owns: Mapping[str, str]
) -> Any:
    """Outputs on the left, labels on the right; solid what the loss uses, dashed the metric."""
    labels = [row.argument for row in rows if row.role == "label"]
    outputs = list(compared)
    figure, axes = picture(6.0, 1.3 + 0.55 * max(len(outputs), len(labels)))
    left = {name: -i for i, name in enumerate(outputs)}
    right = {name: -i for i, name in enumerate(labels)}
    for output, label in owns.items():
        if label in right:
            ends = [left[output] + 0.06, right[label] + 0.06]
            axes.plot([0, 1], ends, color=BLUE, linewidth=2.2)
    for output, paired in compared.items():
        if paired in right:
            wrong = paired != owns.get(output, paired)
            colour = VERMILION if wrong else GREY
            ends = [left[output] - 0.06, right[paired] - 0.06]
            axes.plot([0, 1], ends, "--", color=colour, linewidth=1.8)
    for name, y in left.items():
        axes.text(-0.03, y, name, ha="right", va="center", family="monospace", fontsize=9.5)
    for name, y in right.items():
        axes.text(1.03, y, name, ha="left", va="center", family="monospace", fontsize=9.5)
    axes.text(-0.03, 0.75, "outputs", ha="right", weight="bold", fontsize=9.5)
    axes.text(1.03, 0.75, "labels", ha="left", weight="bold", fontsize=9.5)
    low = -max(len(outputs), len(labels)) + 0.35
    axes.plot([-0.35, -0.25], [low, low], color=BLUE, linewidth=2.2)
    axes.text(-0.22, low, "the loss learns from it", va="center", fontsize=9)
    kinds = {owns.get(o, p) == p for o, p in compared.items() if p in right}
    for right_one in sorted(kinds, reverse=True):
        colour = GREY if right_one else VERMILION
        words = "rightly" if right_one and len(kinds) > 1 else "wrongly" if not right_one else ""
        axes.plot([0.55, 0.65], [low, low], "--", color=colour, linewidth=1.8)
        text = f"the metric compares with it {words}".strip()
        axes.text(0.68, low, text, va="center", fontsize=9)
        low -= 0.35
    axes.set_xlim(-0.45, 1.4)
    axes.set_ylim(low, 1.1)
    axes.axis("off")
    return figure
