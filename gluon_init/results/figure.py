"""What all pictures share: a figure that shows itself in Jupyter, and the colours."""

from __future__ import annotations

import functools
import io
from typing import Any

# Okabe and Ito's palette, which colour-blind people can tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#999999"


@functools.cache
def _picture_class() -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A matplotlib Figure that shows itself in Jupyter without pyplot or a magic."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            FigureCanvasAgg(self)

        def savefig(self, fname: Any, **kwargs: Any) -> None:
            """As of any Figure; what stands outside of the axes is kept too."""
            super().savefig(fname, **{"bbox_inches": "tight", **kwargs})

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", metadata={"Software": None})
            return buffer.getvalue()

    return Picture


def picture(width: float, height: float) -> Any:
    """Returns an empty figure of so many inches, with one axes."""
    figure = _picture_class()(figsize=(width, height), dpi=110)
    return figure, figure.add_subplot()
