"""Writes each student's feedback by nbgrader's own steps, without the hidden tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException

from ..errors import ArgumentError
from .course import Course, identifier, nbgrader_at_work
from .leaks import bare, leaks_in_feedback, secret_lines

_SPOKEN = ("Wrong", "NotTried", "NoFunction")  # errors whose sentence was written for students
_HIDDEN = "A test that you do not see has failed. It asks the same of other names, shapes or nets."


def write_feedback(course: Course, assignments: Sequence[str]) -> list[str]:
    """Writes ``feedback/`` for all that is graded; returns whose it is, as "student (assignment)".

    Raises:
        ArgumentError: nbgrader cannot write one, or it shows a hidden test all the same.

    """
    written = []
    for assignment in assignments:
        for student in course.students(assignment):
            if course.path("autograded", student, assignment).is_dir():
                _write(course, assignment, student)
                written.append(f"{student} ({assignment})")
        found = leaks_in_feedback(course, assignment)
        if found:
            raise ArgumentError(f"feedback on {assignment!r} must not be sent: {'; '.join(found)}")
    return written


def _write(course: Course, assignment: str, student: str) -> None:
    converter = _Converter(course, assignment, student)
    try:
        with nbgrader_at_work():
            converter.start()
    except NbGraderException:
        reason = course.log.first_error()
        raise ArgumentError(f"feedback for {student!r} could not be written: {reason}") from None


class _Converter(GenerateFeedback):
    """nbgrader's, with the hidden tests taken out of the notebook before it is shown."""

    def __init__(self, course: Course, assignment: str, student: str) -> None:
        directory = course.directory(assignment, student)
        super().__init__(coursedir=directory, config=course.config, log=course.log)
        self._course, self._student, self._assignment = course, student, assignment
        self.force = True

    def init_notebooks(self) -> None:
        """All notebooks that were graded; names are no patterns."""
        folder = self._course.path("autograded", self._student, self._assignment)
        self.notebooks = [str(path) for path in sorted(folder.glob("*.ipynb"))]
        self.assignments = {str(folder): self.notebooks}

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Shows one notebook as its student may see it."""
        resources: dict[str, Any] = self.init_single_notebook_resources(notebook_filename)
        name = resources["nbgrader"]["notebook"]
        notebook = nbformat.read(notebook_filename, as_version=4)
        source = self._course.source(self._assignment, name)
        hide_tests(notebook, source)
        self.write_single_notebook(*self.exporter.from_notebook_node(notebook, resources))


def hide_tests(notebook: NotebookNode, source: NotebookNode) -> None:
    """Takes hidden tests out of a graded notebook: their text, and errors that quote it.

    Of an error stays its name and message. Where a hidden test raised it, the message stays only
    if it was written for students, as those of this package's tests are.
    """
    hidden = secret_lines(source, ("HIDDEN TESTS",))
    with_hidden = set(hidden.values())
    for cell in notebook.cells:
        if identifier(cell) in with_hidden and cell.cell_type == "code":
            cell.source = re.sub(
                r"[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*\n?", "", cell.source,
                flags=re.DOTALL,
            ).rstrip()  # fmt: skip
            for output in cell.outputs:
                if output.output_type == "error":
                    _hide_in_error(output, hidden)


def _hide_in_error(output: NotebookNode, hidden: dict[str, str]) -> None:
    shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback))
    arrows = [bare(line) for line in re.findall(r"^-+> *\d+(.*)$", shown, flags=re.MULTILINE)]
    if output.ename not in _SPOKEN and any(line in hidden for line in arrows):
        output.evalue = _HIDDEN
    output.traceback = [f"{output.ename}: {output.evalue}".strip()]
