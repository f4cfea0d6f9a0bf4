"""Looks for what students must not see in what they are given: solutions and hidden tests."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from nbformat import NotebookNode

from .course import Course, identifier

_KINDS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
_TELLING = 12  # characters: a shorter line says nothing


def secret_lines(notebook: NotebookNode, kinds: Sequence[str] = _KINDS) -> dict[str, str]:
    """The lines of solutions, hidden tests or mark schemes that stand nowhere else in the source.

    Each, without its spaces, with the identifier of its cell.
    """
    region = re.compile(rf"BEGIN ({'|'.join(kinds)})\b(.*?)END \1", re.DOTALL)
    open_text = "\n".join(region.sub("", cell.source) for cell in notebook.cells)
    open_lines = {bare(line) for line in open_text.splitlines()}
    found = {}
    for cell in notebook.cells:
        for match in region.finditer(cell.source):
            for line in match.group(2).splitlines()[1:-1]:
                if len(bare(line)) >= _TELLING and bare(line) not in open_lines:
                    found[bare(line)] = identifier(cell) or "a cell without identifier"
    return found


def bare(line: str) -> str:
    """A line without what markup and spaces may change in it."""
    return re.sub(r"\s+", "", line)


def leaks_in_release(course: Course, assignment: str) -> list[str]:
    """Sentences about what a release shows that it must not; none where all is well."""
    found: list[str] = []
    for path in sorted(course.path("source", ".", assignment).glob("*.ipynb")):
        secret = secret_lines(course.source(assignment, path.stem))
        folder = course.path("release", ".", assignment)
        found += _leaks(secret, folder)
        released = json.loads((folder / path.name).read_text(encoding="utf-8"))
        found += [
            f"{path.name}: a cell has outputs" for cell in released["cells"] if cell.get("outputs")
        ]
    return found


def leaks_in_feedback(course: Course, assignment: str) -> list[str]:
    """Sentences about the hidden tests that students' feedback shows; none where all is well.

    A student's own solution may well be the teacher's, so solutions are not looked for.
    """
    found: list[str] = []
    for path in sorted(course.path("source", ".", assignment).glob("*.ipynb")):
        secret = secret_lines(course.source(assignment, path.stem), ("HIDDEN TESTS",))
        for student in course.students(assignment):
            found += _leaks(secret, course.path("feedback", student, assignment))
    return found


def _leaks(secret: dict[str, str], folder: Path) -> Iterator[str]:
    """All text in the files of a folder is looked at, metadata and pages included."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".ipynb", ".html", ".py", ".md", ".txt"):
            continue
        text = bare(_readable(path))
        for line, cell in secret.items():
            if line in text:
                yield f"{path.name} shows a line of {cell} that is not for students: {line[:60]!r}"


def _readable(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".html":
        return html.unescape(re.sub(r"<[^>]+>", "", text))
    if path.suffix == ".ipynb":
        return "\n".join(_strings(json.loads(text)))
    return text


def _strings(value: object) -> Iterator[str]:
    """Every text in a notebook's JSON; lists of lines are put together first."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            yield "".join(value)
        else:
            for one in value:
                yield from _strings(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from _strings(one)
