"""The rows of what grading and the gate tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Graded:
    """One submission.

    Attributes:
        assignment: its assignment.
        student: who handed it in.
        points: points so far, the automatic ones and those given by hand.
        most: points that can be had.
        to_mark: points that a person is still to give.
        seconds: how long its cells ran.
        noticed: what the teacher should know: the cell, and a sentence.
        tampered: whether the secret tests have shown that tests could not be trusted.

    """

    assignment: str
    student: str
    points: float
    most: float
    to_mark: float
    seconds: float
    noticed: tuple[str, ...]
    tampered: bool


@dataclass(frozen=True)
class Scored:
    """One synthetic student of the gate.

    Attributes:
        assignment: the assignment.
        student: "solution", "second", "release", or the cell and what is wrong with the answer.
        points: what each graded cell got, by its identifier; None where a person marks it.

    """

    assignment: str
    student: str
    points: dict[str, float | None]
