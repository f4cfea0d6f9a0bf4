"""What the lessons use: guesses, exercises that answer at once, hints, things to move.

It never grades, and never sends anything anywhere: what is solved stays beside the lessons.
Begin with ``checking.py``; ``lessons/`` has the exercises of each lesson.
"""

from __future__ import annotations

import os

# MXNet's C side writes a line to stderr whenever Module binds, unless told not to.
os.environ.setdefault("MXNET_SUBGRAPH_VERBOSE", "0")

from .attempts import attempt
from .checking import check, hint
from .predictions import predict
from .progress import progress

__all__ = ["attempt", "check", "hint", "predict", "progress"]
