"""nbgrader's autograde in two halves; between them the cells run elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbgrader.converters import Autograde

from .course import Course, nbgrader_at_work


class Recorder(Autograde):
    """The steps of the course's own settings, without the one that runs the cells.

    Args:
        course: the course.
        assignment: the assignment.
        student: whose submission it is.

    """

    def __init__(self, course: Course, assignment: str, student: str) -> None:
        directory = course.directory(assignment, student)
        super().__init__(coursedir=directory, config=course.config, log=course.log)
        self._course, self._student, self._assignment = course, student, assignment
        self._executed: Mapping[str, NotebookNode] = {}
        self.force = True  # what is there already is the caller's question

    def sanitized(self, name: str, notebook: NotebookNode) -> NotebookNode:
        """A notebook as nbgrader wants it before it runs."""
        self.exporter = NotebookExporter(config=self.config)
        return nbformat.reads(self._converted(name, notebook, True)[0], as_version=4)

    def record(self, executed: Mapping[str, NotebookNode]) -> None:
        """Writes executed notebooks to ``autograded/`` and their points to the gradebook."""
        self._executed = executed
        with nbgrader_at_work():
            self.start()

    def init_notebooks(self) -> None:
        """All notebooks of the assignment, whatever lies in the folder."""
        self.exporter_class = NotebookExporter
        folder = self._course.path("submitted", self._student, self._assignment)
        names = [str(folder / f"{name}.ipynb") for name in self._executed]
        self.assignments, self.notebooks = {str(folder): names}, names

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Points from what has run, and the notebook as graders see it."""
        name = Path(notebook_filename).stem
        self.write_single_notebook(*self._converted(name, self._executed[name], False))

    def _converted(self, name: str, notebook: NotebookNode, sanitizing: bool) -> tuple[str, Any]:
        self._sanitizing = True  # the names are read off the path in submitted/
        folder = self._course.path("submitted", self._student, self._assignment)
        resources = self.init_single_notebook_resources(str(folder / f"{name}.ipynb"))
        self._sanitizing = sanitizing
        self._init_preprocessors()
        self._sanitizing = True
        with nbgrader_at_work():
            text, resources = self.exporter.from_notebook_node(notebook, resources)
        return text, resources

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        registered: list[Any] = self.exporter._preprocessors  # noqa: SLF001 (nbgrader sets it)
        self.exporter._preprocessors = [one for one in registered if not _runs_cells(one)]  # noqa: SLF001


def _runs_cells(preprocessor: object) -> bool:
    return isinstance(preprocessor, ExecutePreprocessor)


def make_harmless(notebook: NotebookNode) -> None:
    """Lets lines on stderr cost nothing: nbgrader gives no points where a test cell has one.

    MXNet logs there, and a library's warning is no wrong answer; an error is one, as ever.
    """
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            for output in cell.get("outputs", ()):
                if output.output_type == "stream":
                    output.name = "stdout"


def tell_the_grader(notebook: NotebookNode, sentences: Iterable[str]) -> None:
    """Puts what was noticed on top of the notebook that graders see."""
    lines = [f"- {sentence}" for sentence in sentences]
    if lines:
        text = "\n".join(["**Noticed when this was graded**", "", *lines])
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="noticed"))


def take_points(course: Course, assignment: str, student: str, comment: str) -> None:
    """Sets all automatic points of a submission to 0, and asks a person to look at it."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(assignment, student)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                if grade.auto_score is not None:
                    grade.auto_score = 0
                grade.needs_manual_grade = True
            for one in notebook.comments:
                one.auto_comment = comment
        gradebook.db.commit()


def points_of(course: Course, assignment: str, student: str) -> dict[str, float | None]:
    """What each graded cell got, None where a person is still to mark it."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(assignment, student)
        return {
            grade.name: None if grade.manual_score is None and grade.auto_score is None
            else float(grade.score)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }  # fmt: skip


def most_points(course: Course, assignment: str) -> dict[str, float]:
    """What each graded cell can get, in the teacher's order."""
    return {
        cell.grade_id: float(str(cell.metadata["points"]))
        for notebook in course.notebooks(assignment)
        for cell in course.cells(assignment, notebook)
        if "points" in cell.metadata
    }
