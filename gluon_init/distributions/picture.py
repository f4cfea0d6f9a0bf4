"""The histogram of what was drawn, over the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..drawing import laws
from ..results.figure import BLUE, SKY, VERMILION, picture

if TYPE_CHECKING:
    from .check import DistributionCheck


def histogram(check: DistributionCheck) -> Any:
    """Bars are what was drawn; the orange line is the law.

    Points are pins, with a scale of their own at the right: as high as their share of the values,
    an orange dash where the law has them.
    """
    figure, axes = picture(6.0, 3.2)
    heights, edges = check.histogram
    if heights.any():
        axes.stairs(heights, edges, fill=True, color=SKY, label="drawn")
    x = np.linspace(*_range(check), 1500)
    density = _density(check.law, x)
    if density.any():
        axes.plot(x, density, color=VERMILION, linewidth=1.6, label="law")
    axes.set_xlabel("value", fontsize=9.5)
    axes.set_ylabel("share of values per unit", fontsize=9.5)
    axes.set_ylim(bottom=0)
    _points(axes, check)
    verdict = "ok" if check.ok else check.problems[0]
    axes.set_title(_short(f"{check._name}: {verdict}"), fontsize=10, loc="left", pad=22)
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


def _points(axes: Any, check: DistributionCheck) -> None:
    wanted = {
        component.value: weight
        for weight, component in zip(check.law.weights, check.law.components, strict=True)
        if isinstance(component, laws.Point)
    }
    if not wanted:
        return
    shares = axes.twinx()
    for value, weight in wanted.items():
        seen = check.points.get(value, 0.0)
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


def _range(check: DistributionCheck) -> tuple[float, float]:
    _, edges = check.histogram
    low, high = (float(edges[0]), float(edges[-1])) if check.histogram[0].any() else (0.0, 0.0)
    for component in check.law.components:
        reach = 3 * component.variance**0.5 if not isinstance(component, laws.Uniform) else 0
        bounds = (
            (component.low, component.high)
            if isinstance(component, laws.Uniform)
            else (component.mean - reach, component.mean + reach)
        )
        low, high = min(low, bounds[0]), max(high, bounds[1])
    margin = (high - low) * 0.06 or 1.0
    return low - margin, high + margin


def _density(law: laws.Law, x: Any) -> Any:
    total = np.zeros_like(x)
    for weight, component in zip(law.weights, law.components, strict=True):
        if isinstance(component, laws.Uniform):
            inside = (x >= component.low) & (x <= component.high)
            total += weight * inside / (component.high - component.low)
        elif isinstance(component, laws.Normal) and component.sigma > 0:
            z = (x - component.mean) / component.sigma
            total += weight * np.exp(-(z**2) / 2) / (component.sigma * np.sqrt(2 * np.pi))
    return total


def _short(text: str, most: int = 72) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
