"""The door to all pictures: stages of a net side by side, an empty picture, and the colours.

Each room draws its own results (``result.plot()``); matplotlib is loaded when something is drawn.
"""

from .results.figure import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    picture,
)
from .watching.picture import stages

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "YELLOW",
    "picture",
    "stages",
]
