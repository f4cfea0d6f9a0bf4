"""What the lessons use: guesses, exercises that answer at once, hints."""

from __future__ import annotations

from .attempts import attempt
from .exercises import check, hint
from .predictions import predict

__all__ = ["attempt", "check", "hint", "predict"]
