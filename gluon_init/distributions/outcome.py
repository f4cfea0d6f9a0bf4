"""What a statistical test of numbers against a law says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One test.

    Attributes:
        test: its name.
        observed: what was seen.
        expected: what the law says.
        p_value: how probable such a deviation is; None for a test without chance.
        sentence: what is wrong, if it failed.
        failed: of a test without chance, whether it did.

    """

    test: str
    observed: float
    expected: float
    p_value: float | None
    sentence: str
    failed: bool = False
