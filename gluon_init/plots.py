"""For pictures of one's own: stages of a net side by side, an empty picture, and the colours.

What a result draws (``result.plot()``) is in its room's ``picture.py``.
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
