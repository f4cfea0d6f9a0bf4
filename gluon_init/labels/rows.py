"""The row of a check of labels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """An argument or an output of the symbol.

    Attributes:
        argument: its name.
        role: what it is: ``data``, ``label``, ``parameter``, ``auxiliary state`` or ``output``.
        taken_for: what Module takes it for; None for an output.
        problem: what is wrong; None where all is well.
        remedy: what to do about it.

    """

    argument: str
    role: str
    taken_for: str | None
    problem: str | None = None
    remedy: str | None = None
