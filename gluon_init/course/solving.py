"""What the learner has solved, kept in a file beside the notebooks and nowhere else."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

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
