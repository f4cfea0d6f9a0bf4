"""What the learner has solved, kept in a file beside the notebooks and nowhere else."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from ..tables import Table

FILE = ".progress.json"


def solved() -> set[str]:
    """The exercises that have been answered rightly in this folder; none where nothing is kept."""
    try:
        kept = json.loads(Path(FILE).read_text())
    except (OSError, ValueError):
        return set()
    return set(kept) if isinstance(kept, list) else set()


def record(id: str) -> None:
    """Notes that an exercise was solved. Where the folder cannot be written, nothing is kept."""
    done = solved()
    if id not in done:
        with contextlib.suppress(OSError):
            Path(FILE).write_text(json.dumps(sorted({*done, id})))


def progress() -> Table:
    """Returns one row a lesson: how many of its exercises are solved, and which are open."""
    from .exercises import _all

    done = solved()
    lessons: dict[int, list[str]] = {}
    for id in _all():
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
