"""One submission as a job: all that a worker needs to run it, here or on another machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from .running import Box, Run, run_notebook
from .sandbox.plan import Limits

_LARGEST = 100_000_000  # bytes of files beside the notebooks


@dataclass(frozen=True)
class Job:
    """One submission, ready to run.

    Attributes:
        student: who handed it in.
        assignment: its assignment.
        notebooks: each notebook as text, by its name.
        files: the files beside them, by their path in the submission.
        box: how its kernels are kept apart.
        limits: what they may use.

    """

    student: str
    assignment: str
    notebooks: Mapping[str, str]
    files: Mapping[str, bytes]
    box: Box
    limits: Limits

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.assignment, self.student


def run_job(job: Job) -> dict[str, Run]:
    """Runs each notebook of a submission; the files of one are not seen by the next."""
    runs = {}
    for name, text in job.notebooks.items():
        with tempfile.TemporaryDirectory(prefix="gi-files-") as folder:
            Path(folder).chmod(0o755)  # whoever one becomes in the sandbox reads it
            _write(Path(folder), job.files)
            notebook = nbformat.reads(text, as_version=4)
            runs[name] = run_notebook(notebook, folder, job.box, job.limits)
    return runs


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def files_in(folder: Path, ignored: tuple[str, ...] = ()) -> dict[str, bytes]:
    """All ordinary files in a folder but notebooks, by their relative paths.

    Links are left out: one could lead to the gradebook.
    """
    found: dict[str, bytes] = {}
    room = _LARGEST
    for path in sorted(_ordinary(folder)):
        size = path.stat().st_size
        wanted = path.suffix != ".ipynb" and not any(map(path.match, ignored))
        if wanted and size <= room:
            found[str(path.relative_to(folder))] = path.read_bytes()
            room -= size
    return found


def _ordinary(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".ipynb_checkpoints"]
        for name in names:
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path
