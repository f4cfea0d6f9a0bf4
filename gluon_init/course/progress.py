"""What the learner has solved and what is open, lesson by lesson."""

from __future__ import annotations

from dataclasses import dataclass

from ..results.table import Column, Table
from .checking import all_exercises
from .solving import solved


@dataclass(frozen=True)
class LessonProgress:
    """How far the exercises of a lesson are solved.

    Attributes:
        lesson: its number.
        solved: how many exercises are.
        exercises: how many there are.
        open: the ids of those that are not.

    """

    lesson: int
    solved: int
    exercises: int
    open: tuple[str, ...]


_COLUMNS: list[Column[LessonProgress]] = [
    Column("lesson", "lesson", right=True),
    Column("solved", "solved", right=True),
    Column("of", "exercises", right=True),
    Column("open", lambda row: ", ".join(row.open) or "-"),
]


def progress() -> Table[LessonProgress]:
    """Returns one row a lesson: how many of its exercises are solved, and which are open."""
    done = solved()
    ids_of: dict[int, list[str]] = {}
    for id in all_exercises():
        ids_of.setdefault(int(id.split(".")[0]), []).append(id)
    rows = []
    for lesson, ids in sorted(ids_of.items()):
        left = tuple(id for id in ids if id not in done)
        rows.append(LessonProgress(lesson, len(ids) - len(left), len(ids), left))
    total = sum(row.exercises for row in rows)
    return Table(rows, _COLUMNS, notes=[f"{len(done)} of {total} exercises solved"])
