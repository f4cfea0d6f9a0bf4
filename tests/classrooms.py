"""A small nbgrader course without MXNet, and what students hand in, for the tests of classrooms."""

import json
import os
from pathlib import Path

from gluon_init.classroom.claims import claims_on
from gluon_init.classroom.course import Course, identifier
from gluon_init.classroom.grading import How, grade
from gluon_init.classroom.recording import points_of
from gluon_init.classroom.release import release
from gluon_init.classroom.running import Box
from gluon_init.classroom.sandbox import bubblewrap
from gluon_init.classroom.sandbox.plan import Limits

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = "sums"
ANSWERS = {
    "double": "def double(x):\n    return 2 * x",
    "triple": "def triple(x):\n    return 3 * x",
}
DOUBLE = """
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
"""
TRIPLE = """
def triple(x):
    ### BEGIN SOLUTION
    return x + x + x  # the teacher's own way
    ### END SOLUTION
"""
TEST_DOUBLE = """
assert double(2) == 4, "double(2) is 4"
### BEGIN HIDDEN TESTS
assert double(-17) == -34, "a negative number"
### END HIDDEN TESTS
"""
TEST_TRIPLE = """
assert triple(2) == 6, "triple(2) is 6"
### BEGIN HIDDEN TESTS
assert triple("ab") == "ababab", "texts can be tripled, too"
### END HIDDEN TESTS
"""
WHY = """
*Why?*
### BEGIN SOLUTION
Because it is the teacher's view.
Two points for a reason that holds.
### END SOLUTION
"""


def cell(name, source, *, solution=False, points=None, kind="code"):
    """A cell of the source, as nbgrader wants it."""
    metadata = {
        "schema_version": 3, "grade_id": name, "solution": solution, "locked": not solution,
        "grade": points is not None, "task": False,
    }  # fmt: skip
    if points is not None:
        metadata["points"] = points
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source.strip(), metadata={"nbgrader": metadata}, id=name.replace("_", "-"))


def source(*, kernel="python3", cells=None):
    """The teacher's notebook."""
    standard = [
        new_markdown_cell("# Sums", id="title"),
        cell("double", DOUBLE, solution=True),
        cell("test_double", TEST_DOUBLE, points=2),
        cell("triple", TRIPLE, solution=True),
        cell("test_triple", TEST_TRIPLE, points=3),
        cell("why", WHY, solution=True, points=2, kind="markdown"),
    ]
    metadata = {"kernelspec": {"name": kernel, "display_name": "Python", "language": "python"}}
    return new_notebook(cells=standard if cells is None else cells, metadata=metadata)


def make_course(root, *, notebook=None, gate=None):
    """A course with one assignment that is not released yet."""
    folder = Path(root) / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook or source(), folder / f"{NAME}.ipynb")
    (Path(root) / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'small'\nc.Execute.timeout = 20\n"
    )
    if gate is not None:
        (Path(root) / "gate").mkdir()
        (Path(root) / "gate" / f"{NAME}.py").write_text(gate)
    return Course(root)


def released_course(root, **settings):
    """A course whose assignment students have."""
    course = make_course(root, **settings)
    release(course, [NAME])
    return course


def given(course):
    """The notebook that a student gets."""
    return nbformat.read(course.path("release", ".", NAME) / f"{NAME}.ipynb", as_version=4)


def answered(course, **answers):
    """The student's notebook with some cells answered; both right where nothing is said."""
    notebook = given(course)
    for one in notebook.cells:
        one.source = {**ANSWERS, **answers}.get(identifier(one), one.source)
    return notebook


def hand_in(course, student, content):
    """Puts a notebook, or the bytes of a file, where a student's submission lies."""
    folder = course.path("submitted", student, NAME)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.ipynb"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(json.dumps(content), encoding="utf-8")
    return path


def grade_all(course, *, engine=None, tell=lambda done, most, what: None, **limits):
    """Grades what is not graded; returns the rows by student."""
    how = How(
        processes=2,
        box=Box(engine or engine_here(), hidden=(str(course.root),)),
        limits=Limits(**{"cell_seconds": 20, "seconds": 300, **limits}),
    )
    with claims_on(course.database) as claims:
        grading = grade(course, [NAME], how, claims, tell)
    assert not grading.failed, grading.failed
    return {row.student: row for row in grading.rows}


def points(course, student):
    """What a student has in each graded cell."""
    return points_of(course, NAME, student)


def graded_notebook(course, student):
    """The notebook as graders see it."""
    path = course.path("autograded", student, NAME) / f"{NAME}.ipynb"
    return nbformat.read(path, as_version=4)


def engine_here():
    """A sandbox where one starts; these students are our own."""
    return "none" if bubblewrap.refusal() else "bubblewrap"


def need_sandbox():
    """Skips a test of the sandbox where none can start, unless MUST_RUN names it."""
    why = bubblewrap.refusal()
    if why and "sandbox" in os.environ.get("MUST_RUN", "").split(","):
        pytest.fail(f"not run, but MUST_RUN names sandbox: {why}")
    if why:
        pytest.skip(f"not run: {why}")
