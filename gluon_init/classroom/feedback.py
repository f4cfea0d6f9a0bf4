"""Writes each student's feedback by nbgrader's own steps, without the hidden tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException

from ..errors import ArgumentError
from .course import Course, nbgrader_at_work
from .leaks import leaks_in_feedback
from .steps import HideTests


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
    """nbgrader's, of one submission, with the step that takes hidden tests out."""

    preprocessors: Any

    def __init__(self, course: Course, assignment: str, student: str) -> None:
        directory = course.directory(assignment, student)
        super().__init__(coursedir=directory, config=course.config, log=course.log)
        self._folder = course.path("autograded", student, assignment)
        steps: list[Any] = list(self.preprocessors)
        self.preprocessors = steps if HideTests in steps else [HideTests, *steps]
        self.force = True

    def init_notebooks(self) -> None:
        """All notebooks that were graded; names are no patterns."""
        self.notebooks = [str(path) for path in sorted(self._folder.glob("*.ipynb"))]
        self.assignments = {str(self._folder): self.notebooks}
