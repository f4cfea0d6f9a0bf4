"""Builds the students' versions of assignments from their sources, by nbgrader's own steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException

from ..errors import ArgumentError
from .course import Course, nbgrader_at_work
from .leaks import leaks_in_release


@dataclass(frozen=True)
class Released:
    """One assignment's folder for students."""

    assignment: str
    folder: Path


def release(course: Course, assignments: Sequence[str]) -> list[Released]:
    """Writes ``release/`` for each assignment, and tells the gradebook of its cells.

    Raises:
        ArgumentError: nbgrader cannot make one of them, or it holds a solution or a hidden test.

    """
    made = []
    for name in assignments:
        converter = GenerateAssignment(
            coursedir=course.directory(name, "."), config=course.config, log=course.log
        )
        converter.force = True
        try:
            with nbgrader_at_work():
                converter.start()
        except NbGraderException:
            reason = course.log.first_error()
            raise ArgumentError(f"assignment {name!r} could not be made: {reason}") from None
        found = leaks_in_release(course, name)
        if found:
            raise ArgumentError(f"assignment {name!r} must not be handed out: {'; '.join(found)}")
        made.append(Released(name, course.path("release", ".", name)))
    return made
