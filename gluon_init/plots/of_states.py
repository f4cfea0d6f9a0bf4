"""Pictures of what each parameter is, from one moment to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..tables import shape_text
from .style import picture

if TYPE_CHECKING:
    from ..states import Summary

# Light relatives of style's colours, so that black text can be read on them.
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


def stages(summaries: Mapping[str, Summary]) -> Any:
    """Draws how each parameter fares from one moment to the next; returns a matplotlib figure.

    One column for each summary of the same net, in the order given and under the name given; one
    row for each parameter. A cell holds the shape, ``?`` for an unknown dimension, and its colour
    is the state.
    """
    from matplotlib.patches import FancyBboxPatch, Patch

    columns = list(summaries.items())
    paths = [row["path"] for row in columns[0][1].rows]
    shown = paths[:_MOST_ROWS]
    figure, axes = picture(2.1 + 1.9 * len(columns), 0.9 + 0.36 * len(shown))
    seen = []
    for x, (_, summary) in enumerate(columns):
        for y, row in enumerate(summary.rows[: len(shown)]):
            state = "tied alias" if row["alias_of"] else row["state"]
            seen.append(state)
            unknown = row["size"] is None
            axes.add_patch(
                FancyBboxPatch(
                    (x - 0.42, y - 0.34),
                    0.84,
                    0.68,
                    boxstyle="round,pad=0,rounding_size=0.08",
                    facecolor=COLOURS[state],
                    edgecolor="#444444",
                    linestyle="--" if unknown else "-",
                    linewidth=1,
                )
            )
            weight = "bold" if unknown else "normal"
            text = shape_text(row["shape"])
            axes.text(x, y, text, ha="center", va="center", fontsize=9, fontweight=weight)
    axes.set_xlim(-0.55, len(columns) - 0.45)
    axes.set_ylim(len(shown) - 0.45, -0.55)
    axes.set_xticks(range(len(columns)), [name for name, _ in columns], fontsize=10)
    axes.set_yticks(range(len(shown)), shown, fontsize=9, family="monospace")
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(paths) > len(shown):
        axes.set_xlabel(f"the first {len(shown)} of {len(paths)} parameters", fontsize=9)
    handles = [
        Patch(facecolor=COLOURS[state], edgecolor="#444444", label=state)
        for state in COLOURS
        if state in seen
    ]
    if any(row["size"] is None for _, summary in columns for row in summary.rows[: len(shown)]):
        handles.append(
            Patch(facecolor="white", edgecolor="#444444", linestyle="--", label="shape unknown")
        )
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize=9,
        borderaxespad=0,
    )
    return figure
