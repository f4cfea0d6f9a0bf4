"""Things to move. Each stands beside a cell that shows the same without being moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plots, states
from ..errors import ShapeError


def explore_image_size(make: Callable[[], Any], channels: int = 1, largest: int = 128) -> Any:
    """Returns a slider for the image's size and, below it, the shapes that follow.

    Args:
        make: makes the net anew, for one image of ``channels`` channels.
        channels: the image's channels.
        largest: the largest height and width, in pixels.

    """
    import ipywidgets

    defined = states.summary(make())

    def show(size: int) -> Any:
        try:
            inferred = states.summary(make(), (1, channels, size, size))
        except ShapeError as error:
            print(error)
            return None
        return plots.stages({"defined": defined, f"{size} x {size} pixels": inferred})

    slider = ipywidgets.IntSlider(28, 1, largest, description="image size")
    return ipywidgets.interactive(show, size=slider)
