"""An nbgrader course on disk: its settings, folders, assignments and students."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from ..errors import ArgumentError
from ..results.text import some


@dataclass(frozen=True)
class TeachersCell:
    """A cell that nbgrader knows, as the teacher wrote it, hidden tests included.

    Attributes:
        grade_id: its identifier.
        kind: "code" or "markdown".
        source: its text, with hidden tests, without solutions.
        metadata: what nbgrader's metadata say of it.
        graded: whether points are given here.
        locked: whether students may not change it.

    """

    grade_id: str
    kind: str
    source: str
    metadata: dict[str, object]
    graded: bool
    locked: bool


class Course:
    """One course.

    Args:
        root: its folder, the one with nbgrader_config.py and source/.
        database: where the gradebook is, as SQLAlchemy writes it; None for what the course says.

    """

    def __init__(self, root: str | Path, database: str | None = None) -> None:
        self.root = Path(root).resolve()
        if not self.root.is_dir():
            raise ArgumentError(f"COURSE is {str(root)!r}, and there is no such folder.")
        self.log = _Log()
        self._app = NbGrader(log=self.log)
        self._app.initialize([], root=str(self.root))
        self.config: Config = self._app.config
        self.config.CourseDirectory.root = str(self.root)
        if database:
            self.config.CourseDirectory.db_url = _with_driver(database)

    def directory(self, assignment: str = "", student: str = "*") -> CourseDirectory:
        """The folders as nbgrader sees them, for one assignment and student."""
        return CourseDirectory(
            config=self.config, log=self.log, assignment_id=assignment, student_id=student
        )

    @cached_property
    def folders(self) -> CourseDirectory:
        """The folders as nbgrader sees them."""
        return self.directory()

    @property
    def database(self) -> str:
        """Where the gradebook is."""
        return str(self.folders.db_url)

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The gradebook, open as long as the ``with``."""
        with nbgrader_at_work(), Gradebook(self.database, self.folders.course_id) as gradebook:
            yield gradebook

    @property
    def cell_seconds(self) -> float:
        """How long one cell may take, by the course's settings; a minute where they do not say."""
        for name in ("Execute", "ExecutePreprocessor"):
            if self.config[name].get("timeout"):
                return float(self.config[name].timeout)
        return 60.0

    def path(self, step: str, student: str, assignment: str) -> Path:
        """A folder of the course: ``step`` is "source", "release", "submitted" and so on."""
        directory = getattr(self.folders, f"{step}_directory")
        return Path(self.folders.format_path(directory, student, assignment))

    def assignments(self) -> list[str]:
        """The names of all assignments that have a source, sorted."""
        folder = self.path("source", ".", "x").parent
        if not folder.is_dir():
            raise ArgumentError(
                f"COURSE is {str(self.root)!r}, and it has no folder {folder.name}/ with "
                "assignments: is it the folder of nbgrader_config.py?"
            )
        return sorted({path.parent.name for path in folder.glob("*/*.ipynb")})

    def chosen(self, names: list[str]) -> list[str]:
        """The assignments that are named, all without a name; an error for a name that is none."""
        known = self.assignments()
        unknown = [name for name in names if name not in known]
        if unknown:
            named = some([repr(name) for name in unknown])
            raise ArgumentError(f"ASSIGNMENT is {named}, but source/ has {some(known)}.")
        return names or known

    def handed_in(self, names: list[str]) -> list[str]:
        """The assignments that are named; without a name those that somebody has handed in."""
        return (
            self.chosen(names) if names else [one for one in self.chosen([]) if self.students(one)]
        )

    def students(self, assignment: str) -> list[str]:
        """Who has handed in an assignment, sorted."""
        marked = self.path("submitted", "STUDENT", assignment)
        above = marked.parents[marked.parts[::-1].index("STUDENT")]
        rest = marked.relative_to(above / "STUDENT")
        if not above.is_dir():
            return []
        return sorted(one.name for one in above.iterdir() if (one / rest).is_dir())

    def notebooks(self, assignment: str) -> list[str]:
        """The names of an assignment's notebooks that the gradebook knows, without ending."""
        with self.gradebook() as gradebook:
            try:
                found = gradebook.find_assignment(assignment).notebooks
            except MissingEntry:
                found = []
            names = sorted(notebook.name for notebook in found)
        if not names:
            raise ArgumentError(
                f"the gradebook does not know the assignment {assignment!r} yet: run "
                f"`gluon-init classroom release COURSE {assignment}` first."
            )
        return names

    def source(self, assignment: str, notebook: str) -> NotebookNode:
        """The teacher's notebook."""
        path = self.path("source", ".", assignment) / f"{notebook}.ipynb"
        return nbformat.read(path, as_version=4)

    def cells(self, assignment: str, notebook: str) -> list[TeachersCell]:
        """The cells that nbgrader knows, in the teacher's order."""
        order = [identifier(cell) for cell in self.source(assignment, notebook).cells]
        with self.gradebook() as gradebook:
            known = gradebook.find_notebook(notebook, assignment)
            points = {cell.name: cell.max_score for cell in known.grade_cells}
            tasks = {cell.name: cell.max_score for cell in known.task_cells}
            solutions = {cell.name for cell in known.solution_cells}
            found = [
                _teachers_cell(cell, points, tasks, cell.name in solutions)
                for cell in known.source_cells
            ]
        places = {name: place for place, name in enumerate(order) if name}
        return sorted(found, key=lambda cell: places.get(cell.grade_id, len(order)))


def _with_driver(database: str) -> str:
    """A URL that names today's driver of PostgreSQL, where it names none."""
    if find_spec("psycopg2") is not None:
        return database
    return re.sub(r"^postgresql://", "postgresql+psycopg://", database)


@contextmanager
def nbgrader_at_work() -> Iterator[None]:
    """What nbgrader needs around it: its own programs on the path, and nobody who reads warnings.

    It calls ``alembic`` when it makes a gradebook; SQLAlchemy warns of its ways at each submission.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.environ["PATH"] = before


class _Log(logging.Logger):
    """Takes what nbgrader says: it tells each step, and of an error only here what it was."""

    def __init__(self) -> None:
        super().__init__("gluon_init.classroom", logging.ERROR)
        self.propagate = False
        self.errors: list[str] = []
        self.addHandler(logging.NullHandler())

    def handle(self, record: logging.LogRecord) -> None:
        """Keeps the last line: of a traceback, the error itself."""
        self.errors.append(record.getMessage().strip().splitlines()[-1])

    def first_error(self) -> str:
        """What went wrong first, told once."""
        said = [line for line in self.errors if "processing assignment" not in line]
        self.errors.clear()
        return said[0] if said else "nbgrader gives no reason"


def _teachers_cell(
    cell: object, points: dict[str, float], tasks: dict[str, float], solution: bool
) -> TeachersCell:
    name = str(cell.name)  # type: ignore[attr-defined]
    graded, task = name in points, name in tasks
    metadata: dict[str, object] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": graded,
        "solution": solution,
        "task": task,
        "locked": bool(cell.locked),  # type: ignore[attr-defined]
        "checksum": cell.checksum,  # type: ignore[attr-defined]
        "cell_type": cell.cell_type,  # type: ignore[attr-defined]
    }
    if graded or task:
        metadata["points"] = points[name] if graded else tasks[name]
    kind, source = cell.cell_type, cell.source or ""  # type: ignore[attr-defined]
    return TeachersCell(name, kind, source, metadata, graded, bool(metadata["locked"]))


def identifier(cell: NotebookNode) -> str | None:
    """A cell's nbgrader identifier; None where it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata.get("grade_id") if isinstance(metadata, dict) else None
