"""Tests a course's assignments from both sides before anybody gets them.

Synthetic students hand in, in a copy of the course: the solution, a second one, the untouched
release, and wrong answers (``variants``). What each must get is known, and compared: with rules
that hold for every assignment, and with a table that the teacher has looked at and committed.
"""

from __future__ import annotations

import copy
import csv
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..errors import ArgumentError
from ..results.table import Column, Table
from .claims import claims_on
from .course import Course, identifier
from .feedback import write_feedback
from .grading import Grading, How, grade
from .recording import most_points, points_of
from .release import release
from .rows import Graded, Scored
from .variants import Variants

SOLUTION, SECOND, RELEASE = "solution", "second", "release"
_WRONG_ANSWERS = 3  # for each task, at least
_MARKER = re.compile(r"^[^\n]*### (BEGIN|END) SOLUTION[^\n]*\n?", re.MULTILINE)


class Matrix(Table[Scored]):
    """What each synthetic student got in each graded cell of one assignment."""

    def __init__(self, assignment: str, rows: Sequence[Scored], most: Mapping[str, float]) -> None:
        self.assignment, self.most = assignment, dict(most)
        columns = [Column[Scored]("student", "student")]
        columns += [
            Column(_heading(name, points), _points_in(name), right=True)
            for name, points in most.items()
        ]
        super().__init__(rows, columns, title=f"{assignment}: {sum(most.values()):g} points")

    def csv(self) -> str:
        """The table as it is committed."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["student", *self.most])
        for row in self.rows:
            writer.writerow([row.student, *(_shown(row.points[name]) for name in self.most)])
        return text.getvalue()


def _heading(name: str, points: float) -> str:
    """In several lines, so that a row for each student fits on a screen."""
    words = re.split(r"(?<=[_-])", name)
    return "\n".join([*words, f"({points:g})"])


def _points_in(name: str) -> Callable[[Scored], str]:
    return lambda row: _shown(row.points[name])


def _shown(points: float | None) -> str:
    return "by hand" if points is None else f"{points:g}"


@dataclass(frozen=True)
class Gate:
    """What the gate found.

    Attributes:
        matrices: one for each assignment.
        problems: what must be mended, as sentences.
        notes: what is no problem, and good to know.

    """

    matrices: tuple[Matrix, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the assignments can be handed out."""
        return not self.problems

    def __str__(self) -> str:
        parts = [str(matrix) for matrix in self.matrices]
        parts += [f"Note: {note}" for note in self.notes]
        parts += [f"PROBLEM: {problem}" for problem in self.problems]
        parts.append("The gate is open." if self.ok else "The gate is closed.")
        return "\n\n".join(parts)


def gate(
    root: str | Path,
    assignments: Sequence[str] = (),
    how: How | None = None,
    *,
    wrong_answers: int | None = None,
    times: int = 2,
    accept: bool = False,
    tell: Callable[[int, int, Graded | str], None] = lambda done, most, what: None,
) -> Gate:
    """Generates and grades assignments in a copy of a course, with synthetic students.

    Args:
        root: the course's folder, which is not changed.
        assignments: their names; none for all.
        how: how to grade.
        wrong_answers: how many for each task, None for all that are written.
        times: how often all is graded; each time must give the same.
        accept: whether to write the tables of points to ``gate/`` instead of comparing them.
        tell: called after each submission, as by :func:`grade`.

    """
    root = Path(root).resolve()
    matrices, problems, notes = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        course = _copy(root, Path(folder) / "course")
        for name in course.chosen(list(assignments)):
            one = _Assignment(course, name, wrong_answers)
            matrices.append(one.matrix(how or How(), times, tell))
            problems += [f"{name}: {problem}" for problem in one.problems()]
            notes += [f"{name}: {note}" for note in one.notes()]
            table = root / "gate" / f"{name}.csv"
            if accept:
                table.parent.mkdir(exist_ok=True)
                table.write_text(matrices[-1].csv(), encoding="utf-8")
            else:
                problems += _differences(table, matrices[-1], wrong_answers is None)
    return Gate(tuple(matrices), tuple(problems), tuple(notes))


def _copy(root: Path, to: Path) -> Course:
    """The course without what was made from it, and without its gradebook."""
    original = Course(root)
    made = {"release", "submitted", "autograded", "feedback", "gradebook.db", ".git"}
    made |= {original.path(step, "x", "x").relative_to(root).parts[0] for step in
             ("release", "submitted", "autograded", "feedback")}  # fmt: skip
    shutil.copytree(root, to, ignore=lambda folder, _: made if Path(folder) == root else set())
    return Course(to, database=f"sqlite:///{to / 'gradebook.db'}")


def _differences(table: Path, matrix: Matrix, whole: bool) -> list[str]:
    """Where a matrix is not as its committed table says."""
    if not table.exists():
        where = f"gate/{table.name}"
        return [f"{matrix.assignment}: there is no {where}; look at the table, then --accept it."]
    expected = {row[0]: row for row in csv.reader(io.StringIO(table.read_text(encoding="utf-8")))}
    found = {row[0]: row for row in csv.reader(io.StringIO(matrix.csv()))}
    names = found.keys() | expected.keys() if whole else found.keys()
    return [
        f"{matrix.assignment}: {name!r} has {found.get(name, ['no row'])[1:]}, gate/{table.name} "
        f"says {expected.get(name, ['no row'])[1:]}"
        for name in sorted(names)
        if found.get(name) != expected.get(name)
    ]


class _Assignment:
    """One assignment under test."""

    def __init__(self, course: Course, name: str, wrong_answers: int | None) -> None:
        self._course, self._name = course, name
        release(course, [name])
        self._variants = Variants.of(course.root, name)
        self._names = course.notebooks(name)
        self._cells = [cell for one in self._names for cell in course.cells(name, one)]
        self._most = most_points(course, name)
        self._scores: list[dict[str, dict[str, float | None]]] = []
        self._students: dict[str, str] = {}  # what each is called in tables, by its folder's name
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._hand_in(wrong_answers)

    def matrix(
        self, how: How, times: int, tell: Callable[[int, int, Graded | str], None]
    ) -> Matrix:
        """Grades, as often as asked, and gives what the last time gave."""
        for _ in range(times):
            again = replace(how, again=True)
            with claims_on(self._course.database) as claims:
                grading = grade(self._course, [self._name], again, claims, tell)
            self._look_at(grading)
            self._scores.append(
                {
                    called: points_of(self._course, self._name, student)
                    for student, called in self._students.items()
                    if student not in grading.failed
                }
            )
        rows = [Scored(self._name, called, points) for called, points in self._scores[-1].items()]
        return Matrix(self._name, rows, self._most)

    def _look_at(self, grading: Grading) -> None:
        self._problems += [f"{who} was not graded: {why}" for who, why in grading.failed.items()]
        for row in grading.rows:
            called = self._students[row.student]
            if row.noticed and called in (SOLUTION, SECOND, RELEASE):
                self._problems.append(f"{called}: {'; '.join(row.noticed)}")
            elif row.tampered:
                self._problems.append(
                    f"{called!r} was taken for tampering: see its must fail tests"
                )

    def _hand_in(self, wrong_answers: int | None) -> None:
        released = {name: self._notebook("release", name) for name in self._names}
        solved = {name: self._solved(name, notebook) for name, notebook in released.items()}
        second = {name: self._with(notebook, self._variants.second)
                  for name, notebook in solved.items()}  # fmt: skip
        self._add(RELEASE, released)
        self._add(SOLUTION, solved)
        if self._variants.second:
            self._add(SECOND, second)
        count: dict[str, int] = {}
        for wrong in self._variants.wrong:
            self._must_be_a_cell(wrong.cell)
            count[wrong.cell] = count.get(wrong.cell, 0) + 1
            if wrong_answers is None or count[wrong.cell] <= wrong_answers:
                answers = {wrong.cell: wrong.source}
                changed = {name: self._with(one, answers) for name, one in solved.items()}
                self._add(f"{wrong.cell}: {wrong.what}", changed)

    def _add(self, called: str, notebooks: Mapping[str, NotebookNode]) -> None:
        student = f"student {len(self._students) + 1:02d}"
        self._students[student] = called
        folder = self._course.path("submitted", student, self._name)
        shutil.copytree(self._course.path("release", ".", self._name), folder)
        for name, notebook in notebooks.items():
            nbformat.write(notebook, folder / f"{name}.ipynb")

    def _notebook(self, step: str, name: str) -> NotebookNode:
        path = self._course.path(step, ".", self._name) / f"{name}.ipynb"
        return nbformat.read(path, as_version=4)

    def _solved(self, name: str, released: NotebookNode) -> NotebookNode:
        """The release with the solutions of the source."""
        answers = {
            identifier(cell) or "": _MARKER.sub("", cell.source).strip()
            for cell in self._notebook("source", name).cells
            if cell.metadata.get("nbgrader", {}).get("solution")
        }
        return self._with(released, answers)

    def _with(self, notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
        changed = copy.deepcopy(notebook)
        for cell in changed.cells:
            cell.source = answers.get(identifier(cell) or "", cell.source)
        return changed

    def _must_be_a_cell(self, name: str) -> None:
        cells = {cell.grade_id for cell in self._cells}
        if name not in cells:
            raise ArgumentError(
                f"gate/{self._name}.py has an answer for the cell {name!r}, which the assignment "
                f"does not have; it has {', '.join(sorted(cells))}."
            )

    def problems(self) -> list[str]:
        """What breaks the rules that hold for every assignment."""
        scores = self._scores[-1]
        found = [*self._problems, *self._of_tests(), *self._of_release()]
        for called in (SOLUTION, SECOND):
            for name, points in scores.get(called, {}).items():
                if points is not None and points != self._most[name]:
                    found.append(f"{called} gets {points:g} of {self._most[name]:g} in {name}")
        for called, points_by_cell in scores.items():
            if called not in (SOLUTION, SECOND, RELEASE) and not self._loses(points_by_cell):
                found.append(f"the wrong answer {called!r} loses nothing")
        if any(other != scores for other in self._scores):
            found.append("graded twice, the points differ: something rests on chance or time")
        try:
            write_feedback(self._course, [self._name])
        except ArgumentError as error:
            found.append(str(error))
        return found

    def _loses(self, points: Mapping[str, float | None]) -> bool:
        return any(value is not None and value < self._most[name] for name, value in points.items())

    def _tests(self) -> list[str]:
        """The identifiers of the cells that are graded by running them."""
        return [
            cell.grade_id
            for cell in self._cells
            if cell.graded and cell.kind == "code" and not cell.metadata["solution"]
        ]

    def _of_tests(self) -> list[str]:
        if not self._tests():
            return ["no cell is graded by a test"]
        if not self._variants.wrong:
            return []
        tasks = {wrong.cell for wrong in self._variants.wrong} | self._variants.second.keys()
        counts = {task: sum(wrong.cell == task for wrong in self._variants.wrong) for task in tasks}
        return [
            f"gate/{self._name}.py has {count} wrong answers for {task}, of at least "
            f"{_WRONG_ANSWERS}"
            for task, count in sorted(counts.items())
            if count < _WRONG_ANSWERS and task not in self._most  # those are marked by hand
        ]

    def _of_release(self) -> list[str]:
        """The untouched release gets nothing, and fails in its tests and nowhere else."""
        found = [
            f"{name} gives the untouched release {points:g} points: it tests nothing"
            for name, points in self._scores[-1].get(RELEASE, {}).items()
            if points
        ]
        student = next(one for one, called in self._students.items() if called == RELEASE)
        for name in self._names:
            path = self._course.path("autograded", student, self._name) / f"{name}.ipynb"
            for cell in nbformat.read(path, as_version=4).cells:
                if not _fails(cell) or _is_the_students_or_graded(cell):
                    continue
                if identifier(cell):
                    found.append(f"{identifier(cell)} is no task, and fails in the release")
                else:
                    line = cell.source.splitlines()[0]
                    self._notes.append(f"a cell fails until a task is solved: {line!r}")
        return found

    def notes(self) -> list[str]:
        """What is no problem, and good to know."""
        if self._variants == Variants():
            missing = f"no gate/{self._name}.py: no wrong answers and no second solution were tried"
            return [missing, *self._notes]
        return self._notes


def _fails(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", ()))


def _is_the_students_or_graded(cell: NotebookNode) -> bool:
    metadata = cell.metadata.get("nbgrader", {})
    return bool(metadata.get("solution") or metadata.get("grade"))
