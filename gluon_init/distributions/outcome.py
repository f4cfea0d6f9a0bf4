"""What a statistical test of numbers against a law says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One test: what was seen, what the law says, and how probable such a deviation is.

    ``p_value`` is None for a test without chance, which ``failed`` decides.
    """

    test: str
    observed: float
    expected: float
    p_value: float | None
    sentence: str
    failed: bool = False
