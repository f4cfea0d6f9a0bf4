"""Grades what was handed in: in parallel, each submission in a sandbox, none able to stop another.

A submission is repaired and gets secret tests (``repair``, ``canaries``), runs as a job on its own
(``jobs``, ``schedulers``), and is written to nbgrader's gradebook by nbgrader's own steps
(``recording``), here and by one process, as soon as it has run. What was written stays when the
rest is interrupted; the next call goes on with what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException

from ..errors import ArgumentError
from ..results.table import Column, Table
from . import canaries, repair
from .claims import Claims
from .course import Course, TeachersCell
from .jobs import Job, files_in
from .recording import (
    Recorder,
    make_harmless,
    most_points,
    points_of,
    take_points,
    tell_the_grader,
)
from .rows import Graded
from .running import Box, Happening, Run
from .sandbox import bubblewrap, containers
from .sandbox.plan import Limits
from .schedulers import Outcome, run_here, run_on_dask
from .variants import Variants

TAMPERED = (
    "Secret tests that must fail did not: something in this notebook changes how tests work, so "
    "no automatic points are given."
)


@dataclass(frozen=True)
class How:
    """How to grade.

    Attributes:
        processes: submissions that run at the same time on this machine.
        box: how their kernels are kept apart.
        limits: what they may use.
        scheduler: the address of a Dask cluster that runs them instead; "" for this machine.
        again: also those that have been graded.

    """

    processes: int = 1
    box: Box = field(default_factory=Box)
    limits: Limits = field(default_factory=Limits)
    scheduler: str = ""
    again: bool = False


class Grading(Table[Graded]):
    """What grading has given: one row for each submission."""

    def __init__(self, rows: Sequence[Graded], failed: Mapping[str, str]) -> None:
        self.failed = dict(failed)
        notes = [f"Not graded: {name}: {reason}" for name, reason in failed.items()]
        super().__init__(rows, _COLUMNS, notes=notes)


_COLUMNS: tuple[Column[Graded], ...] = (
    Column("assignment", "assignment"),
    Column("student", "student", can_be_cut=True),
    Column("points", lambda row: f"{row.points:g} of {row.most:g}", right=True),
    Column("by hand", lambda row: f"{row.to_mark:g}" if row.to_mark else "", right=True),
    Column("seconds", lambda row: f"{row.seconds:.1f}", right=True),
    Column("noticed", lambda row: "; ".join(row.noticed), can_be_cut=True),
)


@dataclass(frozen=True)
class _Prepared:
    """A submission that is ready to run, and what is known of it before."""

    job: Job
    noticed: tuple[str, ...]
    secrets: Mapping[str, list[canaries.Canary]]


def refuse_without_sandbox(box: Box) -> None:
    """Raises ArgumentError where the sandbox that was asked for cannot start."""
    if box.engine == "none":
        return
    why = (
        bubblewrap.refusal() if box.engine == "bubblewrap"
        else containers.refusal(box.engine, box.image)
    )  # fmt: skip
    if why is not None:
        raise ArgumentError(
            f"sandbox is {box.engine!r}, and that cannot be had: {why}. Students' programs are "
            "not run without one. What `--sandbox none` risks: they would run with your rights, "
            "could read the hidden tests, change the gradebook and use the network."
        )


def grade(
    course: Course,
    assignments: Sequence[str],
    how: How,
    claims: Claims,
    tell: Callable[[int, int, Graded | str], None] = lambda done, most, what: None,
) -> Grading:
    """Grades all submissions of some assignments that are not graded yet.

    Args:
        course: the course; its assignments have been released.
        assignments: their names.
        how: how to grade.
        claims: what keeps graders from doing the same work.
        tell: called after each submission with how many are done, of how many, and its row, or a
            sentence about why it could not be graded.

    Raises:
        ArgumentError: an assignment was not released, or there is no sandbox.

    """
    if not how.scheduler:  # there the workers say so
        refuse_without_sandbox(how.box)
    teachers = {name: _Teacher(course, name, how) for name in assignments}
    waiting = [
        (name, student)
        for name in assignments
        for student in course.students(name)
        if how.again or not teachers[name].has_graded(student)
    ]
    prepared: dict[tuple[str, str], _Prepared] = {}
    rows: list[Graded] = []
    failed: dict[str, str] = {}

    def jobs() -> Iterator[Job]:
        for name, student in waiting:
            if claims.take(name, student) and (how.again or not teachers[name].has_graded(student)):
                prepared[name, student] = teachers[name].prepare(student)
                yield prepared[name, student].job

    for job, outcome in _run(jobs(), how):
        graded = teachers[job.assignment].record(prepared.pop(job.name), outcome)
        if isinstance(graded, Graded):
            rows.append(graded)
        else:
            failed[f"{job.student} ({job.assignment})"] = graded
        tell(len(rows) + len(failed), len(waiting), graded)
    return Grading(sorted(rows, key=lambda row: (row.assignment, row.student)), failed)


def _run(jobs: Iterator[Job], how: How) -> Iterator[tuple[Job, Outcome]]:
    if how.scheduler:
        return run_on_dask(jobs, how.scheduler)
    return run_here(jobs, how.processes)


class _Teacher:
    """One assignment as its teacher made it: what submissions are repaired by."""

    def __init__(self, course: Course, assignment: str, how: How) -> None:
        self._course, self._assignment, self._how = course, assignment, how
        self._cells: dict[str, list[TeachersCell]] = {
            name: course.cells(assignment, name) for name in course.notebooks(assignment)
        }
        self._kernels = {
            name: course.source(assignment, name).metadata.get("kernelspec") for name in self._cells
        }
        self._most = most_points(course, assignment)
        self._must_fail = Variants.of(course.root, assignment).must_fail
        self._ignored = tuple(course.folders.ignore)
        self._files = files_in(course.path("source", ".", assignment), self._ignored)

    def has_graded(self, student: str) -> bool:
        """Whether all notebooks were graded since they were handed in."""
        graded = self._course.path("autograded", student, self._assignment)
        handed_in = self._course.path("submitted", student, self._assignment)
        return all(
            _is_newer(graded / f"{name}.ipynb", handed_in / f"{name}.ipynb") for name in self._cells
        )

    def prepare(self, student: str) -> _Prepared:
        """A submission that is ready to run."""
        folder = self._course.path("submitted", student, self._assignment)
        recorder = Recorder(self._course, self._assignment, student)
        noticed, notebooks, secrets = [], {}, {}
        for name in self._cells:
            notebook, happenings = self._restored(folder / f"{name}.ipynb", name)
            notebook.metadata.kernelspec = self._kernels[name]
            notebook = recorder.sanitized(name, notebook)
            secrets[name] = canaries.set_among(notebook, self._must_fail)
            notebooks[name] = nbformat.writes(notebook)
            noticed += _sentences(happenings)
        # The teacher's files win, as with nbgrader: tests may rest on them.
        files = {**files_in(folder, self._ignored), **self._files}
        job = Job(student, self._assignment, notebooks, files, self._how.box, self._how.limits)
        return _Prepared(job, tuple(noticed), secrets)

    def _restored(self, path: Path, name: str) -> tuple[NotebookNode, list[Happening]]:
        try:
            handed_in = repair.read(path.read_bytes())
        except FileNotFoundError:
            problem = "was not handed in"
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
        except repair.UnreadableError as error:
            problem = str(error)
        else:
            return repair.restored(handed_in, self._cells[name])
        empty, _ = repair.restored(nbformat.v4.new_notebook(), self._cells[name])
        return empty, [Happening(path.name, f"{problem}: graded as an empty one")]

    def record(self, prepared: _Prepared, outcome: Outcome) -> Graded | str:
        """Writes what a submission got; returns its row, or why there is none."""
        if isinstance(outcome, Exception):
            return f"{type(outcome).__name__}: {outcome}"
        student = prepared.job.student
        happenings = [one for run in outcome.values() for one in run.happenings]
        noticed = [*prepared.noticed, *_sentences(happenings)]
        tampered = not all(
            canaries.take_out(run.notebook, prepared.secrets[name]) for name, run in outcome.items()
        )
        if tampered:
            noticed.append(TAMPERED)
        for run in outcome.values():
            make_harmless(run.notebook)
            tell_the_grader(run.notebook, noticed)
        try:
            notebooks = {name: run.notebook for name, run in outcome.items()}
            Recorder(self._course, self._assignment, student).record(notebooks)
        except NbGraderException:  # about this submission; the others go on
            return f"nbgrader could not record it: {self._course.log.first_error()}"
        if tampered:
            take_points(self._course, self._assignment, student, TAMPERED)
        return self._row(student, outcome, noticed, tampered)

    def _row(
        self, student: str, runs: Mapping[str, Run], noticed: Sequence[str], tampered: bool
    ) -> Graded:
        points = points_of(self._course, self._assignment, student)
        return Graded(
            assignment=self._assignment,
            student=student,
            points=sum(value for value in points.values() if value is not None),
            most=sum(self._most.values()),
            to_mark=sum(self._most[name] for name, value in points.items() if value is None),
            seconds=sum(run.seconds for run in runs.values()),
            noticed=tuple(noticed),
            tampered=tampered,
        )


def _sentences(happenings: Sequence[Happening]) -> list[str]:
    return [f"{one.cell} {one.what}" for one in happenings]


def _is_newer(graded: Path, handed_in: Path) -> bool:
    if not graded.exists():
        return False
    return not handed_in.exists() or graded.stat().st_mtime_ns >= handed_in.stat().st_mtime_ns
