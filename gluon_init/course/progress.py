"""What the learner has solved and what is open, lesson by lesson."""

from __future__ import annotations

from ..results.table import Table
from .solving import solved


def progress() -> Table:
    """Returns one row a lesson: how many of its exercises are solved, and which are open."""
    from .checking import all_exercises

    done = solved()
    lessons: dict[int, list[str]] = {}
    for id in all_exercises():
        lessons.setdefault(int(id.split(".")[0]), []).append(id)
    rows = [
        {
            "lesson": number,
            "solved": sum(id in done for id in ids),
            "exercises": len(ids),
            "open": ", ".join(id for id in ids if id not in done) or "-",
        }
        for number, ids in sorted(lessons.items())
    ]
    total = sum(row["exercises"] for row in rows)  # type: ignore[misc]
    notes = ["", f"{len(done)} of {total} exercises solved"]
    columns = {"lesson": "lesson", "solved": "solved", "exercises": "of", "open": "open"}
    return Table(rows, columns, notes=notes, right=["lesson", "solved", "exercises"])
