"""Where the auxiliary heads sit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._gluon import paths
from .._gluon.blocks import children
from ..results.figure import BLUE, ORANGE, picture


def heads(network: Any, stages: Sequence[str]) -> Any:
    """Draws the trunk from left to right; in blue what inference computes, in orange the heads.

    Each line below spans the stages that one loss trains.
    """
    names = _trunk(network, stages)
    places = {name: i for i, name in enumerate(names)}
    last = len(names) - 1
    many = len(names) > 6
    figure, axes = picture(min(7.4, 2.6 + 0.9 * len(names)), 3.2)
    axes.plot([-0.2, last + 0.2], [0, 0], color=BLUE, linewidth=1.5, zorder=1)
    for name, i in places.items():
        shown = "final head" if i == last else name.rpartition(".")[2]
        _box(axes, i, 0, shown, BLUE, 90 if many else 0)
    losses = []
    for stage in stages:
        i, short = places[stage], stage.rpartition(".")[2]
        axes.annotate(
            "", (i, 1.05), (i, 0.4 if many else 0.22),
            arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 1.5},
        )  # fmt: skip
        _box(axes, i, 1.4, f"head at\n{short}", ORANGE, 0)
        losses.append((f"by the loss at {short}", i, ORANGE))
    losses.append(("by the final loss", last, BLUE))
    for row, (name, end, colour) in enumerate(losses):
        y = -1.2 - 0.32 * row
        axes.plot([-0.35, end + 0.35], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
        axes.text(end + 0.5, y, f"trained {name}", va="center", fontsize=8.5)
    right = last + (4.2 if many else 2.4)
    axes.text(right, 1.4, "orange: in training only", ha="right", va="center", fontsize=8.5)
    axes.set_xlim(-0.8, right)
    axes.set_ylim(-1.4 - 0.32 * len(losses), 2.1)
    axes.axis("off")
    return figure


def _trunk(network: Any, stages: Sequence[str]) -> list[str]:
    """The blocks in a row with the stages, and the head behind them."""
    parent = stages[0].rpartition(".")[0]
    blocks = dict(paths.blocks(network))
    row = [paths.join(parent, name) for name in children(blocks[parent])]
    if parent:
        row += [name for name in children(network) if name != parent.split(".")[0]]
    return row


def _box(axes: Any, x: float, y: float, text: str, colour: str, rotation: float) -> None:
    box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": colour, "linewidth": 1.8}
    axes.text(x, y, text, ha="center", va="center", fontsize=9, bbox=box, rotation=rotation)
