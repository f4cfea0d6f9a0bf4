"""Things to move. Each stands beside a cell that shows the same without being moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plots
from ..errors import ShapeError
from ..watching.states import summary


def explore_image_size(make: Callable[[], Any], channels: int = 1, largest: int = 128) -> Any:
    """Returns a slider for the image's size and, below it, the shapes that follow.

    Args:
        make: makes the net anew, for one image of ``channels`` channels.
        channels: the image's channels.
        largest: the largest height and width, in pixels.

    """
    import ipywidgets

    defined = summary(make())

    def show(size: int) -> Any:
        try:
            inferred = summary(make(), (1, channels, size, size))
        except ShapeError as error:
            print(error)
            return None
        return plots.stages({"defined": defined, f"{size} x {size} pixels": inferred})

    slider = ipywidgets.IntSlider(28, 1, largest, description="image size")
    return _moving(show, size=slider)


def explore_mixture() -> Any:
    """Returns a slider for the share of zeros and, below it, histogram and law of ``MyInit``."""
    import ipywidgets

    from ..distributions.check import check_distribution
    from ..initializers.mixture import MyInit

    def show(zero: float) -> Any:
        return check_distribution(MyInit(zero=zero), shape=(300, 300)).plot()

    slider = ipywidgets.FloatSlider(0.5, min=0, max=1, step=0.05, description="zeros")
    return _moving(show, zero=slider)


def explore_gain() -> Any:
    """Returns sliders for gain and depth and, below them, the signal in a ReLU net by depth."""
    import ipywidgets
    import mxnet as mx
    from mxnet.gluon import nn

    from ..signals.report import signal_report

    def show(gain: float, depth: int) -> Any:
        net = nn.Sequential()
        net.add(*(nn.Dense(64, activation="relu") for _ in range(depth)))
        init = mx.init.Xavier(magnitude=3 * gain**2)
        return signal_report(net, (100, 64), compare={f"gain {gain:g}": init}).plot()

    gain = ipywidgets.FloatSlider(1.0, min=0.2, max=3, step=0.1, description="gain")
    depth = ipywidgets.IntSlider(20, 2, 60, description="layers")
    return _moving(show, gain=gain, depth=depth)


def _moving(show: Callable[..., Any], **controls: Any) -> Any:
    """The controls and, below them, what ``show`` returns for their values."""
    import ipywidgets

    return ipywidgets.interactive(show, {"auto_display": True}, **controls)
