"""A hundred submissions graded, and what a submission costs over nbgrader's own autograde."""

import copy
import itertools
import shutil
import sys
import tempfile
import time
from pathlib import Path

from gluon_init.classroom.claims import claims_on
from gluon_init.classroom.course import Course, identifier, nbgrader_at_work
from gluon_init.classroom.grading import How, grade
from gluon_init.classroom.release import release
from gluon_init.classroom.running import Box
from gluon_init.classroom.sandbox.plan import Limits
from gluon_init.classroom.variants import Variants

import nbformat
from nbgrader.apps import NbGraderAPI
from tabulate import tabulate

COURSE = Path(__file__).parent.parent / "notebooks" / "assignments"
NAME = "1_shapes"
FEW, MANY = 8, 100
PLAIN = "from gluon_init.classroom.steps import AUTOGRADE, FEEDBACK"


def course_in(folder, plain=False):
    """A released copy of the course; a plain one with nbgrader's own steps."""
    shutil.copytree(COURSE, folder, ignore=shutil.ignore_patterns("release", "gradebook.db"))
    if plain:
        config = folder / "nbgrader_config.py"
        lines = config.read_text().splitlines()
        kept = [line for line in lines if "AUTOGRADE" not in line and "FEEDBACK" not in line]
        config.write_text("\n".join(kept))
    course = Course(folder)
    release(course, [NAME])
    return course


def hand_in(course, count):
    """Submissions of all kinds: the second solution, and wrong answers in turn."""
    variants = Variants.of(COURSE, NAME)
    given = nbformat.read(course.path("release", ".", NAME) / f"{NAME}.ipynb", as_version=4)
    wrong = itertools.cycle([None, *variants.wrong])
    for number in range(count):
        one, answers = next(wrong), dict(variants.second)
        if one is not None:
            answers[one.cell] = one.source
        notebook = copy.deepcopy(given)
        for cell in notebook.cells:
            cell.source = answers.get(identifier(cell), cell.source)
        folder = course.path("submitted", f"student {number:03d}", NAME)
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{NAME}.ipynb")


def ours(folder, count, processes):
    """Seconds for all of them."""
    course = course_in(folder / f"ours {count} {processes}")
    hand_in(course, count)
    how = How(processes, Box(hidden=(str(course.root),)), Limits(cell_seconds=course.cell_seconds))
    start = time.monotonic()
    with claims_on(course.database) as claims:
        grading = grade(course, [NAME], how, claims)
    took = time.monotonic() - start
    assert len(grading) == count, grading.failed
    return took


def nbgraders(folder, count):
    """Seconds for all of them by nbgrader itself, one after the other, in one process."""
    course = course_in(folder / f"nbgrader {count}", plain=True)
    hand_in(course, count)
    api = NbGraderAPI(config=course.config)
    start = time.monotonic()
    with nbgrader_at_work():
        for student in course.students(NAME):
            assert api.autograde(NAME, student)["success"], student
    return time.monotonic() - start


def main():
    """Prints one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = [(nbgraders(folder / str(turn), FEW), ours(folder / str(turn), FEW, 1))
                 for turn in range(3)]  # fmt: skip
        theirs = min(pair[0] for pair in pairs) / FEW
        mine = min(pair[1] for pair in pairs) / FEW
        many = ours(folder, MANY, 2)
    each = [theirs, mine, many / MANY]
    what = [
        "nbgrader autograde, no sandbox, one after the other",
        "gluon-init classroom grade --jobs 1, in a sandbox",
        f"the same, --jobs 2, {MANY} submissions: {many:.0f} s in all",
    ]
    rows = [
        (name, f"{one:.2f}", f"{one / theirs:.2f}") for name, one in zip(what, each, strict=True)
    ]
    print(tabulate(rows, headers=["what", "seconds a submission", "times nbgrader"],
                   tablefmt="github", disable_numparse=True))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
