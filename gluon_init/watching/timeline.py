"""The timeline of an initialization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..results.figure import BLUE, ORANGE, VERMILION, picture
from .rows import Event

_MOST_ROWS, _MOST_STEPS = 40, 60


def timeline(all_events: Sequence[Event], parameters: Sequence[str]) -> Any:
    """Draws one row a parameter, one column a step; returns a matplotlib figure.

    A blue square was filled at once, an orange circle had to wait. The bands name the call that
    led to the steps in them. A parameter that got no values has an empty row.
    """
    rows = list(parameters)[:_MOST_ROWS]
    height = {path: number for number, path in enumerate(rows)}
    events = [event for event in all_events if event.path in height][:_MOST_STEPS]
    steps = max(len(events), 1)
    bands = _bands(events)
    figure, axes = picture(min(7.0, 2.6 + 0.3 * steps), 1.2 + 0.27 * len(rows))
    for number, (trigger, start, end) in enumerate(bands):
        colour = "#F2F2F2" if number % 2 else "#FFFFFF"
        axes.axvspan(start - 0.5, end + 0.5, color=colour, zorder=0)
        axes.text(start - 0.35, -0.8, trigger, rotation=35, ha="left", va="bottom", fontsize=8.5)
    for deferred, marker, colour, label in (
        (False, "s", BLUE, "filled at once"),
        (True, "o", ORANGE, "deferred: filled when its shape was known"),
    ):
        chosen = [(i, height[e.path]) for i, e in enumerate(events) if e.deferred is deferred]
        if chosen:
            axes.scatter(*zip(*chosen, strict=True), marker=marker, c=colour, s=34, label=label)
    odd = [(i, e) for i, e in enumerate(events) if {"wrote nothing", "NaN"} & set(e.flags)]
    for i, event in odd:
        axes.annotate(
            event.flags[0], (i, height[event.path]), xytext=(7, 0), textcoords="offset points",
            fontsize=8.5, va="center", color=VERMILION,
        )  # fmt: skip
    axes.set_xlim(-0.6, steps - 0.4)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), rows, fontsize=9, family="monospace")
    numbers = [str(e.order) if steps <= 20 or i % 5 == 0 else "" for i, e in enumerate(events)]
    axes.set_xticks(range(steps), numbers or [""], fontsize=8.5)
    left_out = len(all_events) - len(events)
    axes.set_xlabel(f"step{f' (and {left_out} more)' if left_out else ''}", fontsize=9.5)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if events:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.55 / (0.27 * len(rows) + 0.4)), ncols=2,
            frameon=False, fontsize=9, borderaxespad=0, handletextpad=0.2,
        )  # fmt: skip
    return figure


def _bands(events: Sequence[Event]) -> list[tuple[str, int, int]]:
    """Runs of steps with one trigger: its name, the first step, the last."""
    bands: list[tuple[str, int, int]] = []
    for i, event in enumerate(events):
        if bands and bands[-1][0] == event.trigger:
            bands[-1] = (event.trigger, bands[-1][1], i)
        else:
            bands.append((event.trigger, i, i))
    return bands
