"""The verbs of ``gluon-init classroom``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from ..errors import ArgumentError


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """Tells a parser of the verbs, without importing what they need."""
    verbs = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    steps = {
        "release": "build the students' versions of assignments",
        "grade": "grade what was handed in, in parallel, each submission in a sandbox",
        "feedback": "write feedback for students, without the hidden tests",
        "gate": "test assignments with synthetic students before anybody gets them",
    }
    for name, text in steps.items():
        verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        verb.add_argument("course", metavar="COURSE", help="the folder with nbgrader_config.py")
        verb.add_argument("assignments", metavar="ASSIGNMENT", nargs="*", help="all by default")
        if name != "gate":
            verb.add_argument("--db", metavar="URL", help="where the gradebook is, if not as the "
                              "course says: sqlite:///..., postgresql://...")  # fmt: skip
        if name in ("grade", "gate"):
            _add_grading(verb)
    verbs.choices["grade"].add_argument(
        "--scheduler", metavar="URL", default="", help="a Dask cluster to run on: tcp://..."
    )
    verbs.choices["grade"].add_argument(
        "--again", action="store_true", help="also what has been graded"
    )
    verbs.choices["gate"].add_argument(
        "--accept", action="store_true", help="write the tables of points to gate/"
    )


def _add_grading(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--jobs", type=int, metavar="N", default=os.cpu_count() or 1,
                      help="submissions at a time (default: %(default)s, one a core)")  # fmt: skip
    verb.add_argument("--sandbox", choices=["bubblewrap", "docker", "podman", "none"],
                      default="bubblewrap", help="what keeps a student's program apart "
                      "(default: %(default)s); none: it runs with your rights")  # fmt: skip
    verb.add_argument("--image", default="", help="the image of docker and podman")
    verb.add_argument("--read", action="append", default=[], metavar="PATH",
                      help="one more folder that students' programs may read")  # fmt: skip
    verb.add_argument("--memory", type=int, default=4096, metavar="MIB",
                      help="memory of a submission (default: %(default)s)")  # fmt: skip
    verb.add_argument("--seconds", type=float, default=600, metavar="S",
                      help="time of a notebook (default: %(default)g); that of a cell is the "
                      "course's Execute.timeout")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code: 0, 1 for a failure, 130 interrupted."""
    try:
        return _STEPS[arguments.step](arguments)
    except ImportError as error:
        wanted = "psycopg[binary]" if error.name == "psycopg" else "gluon-init[classroom]"
        print(f"{error}: pip install '{wanted}' brings it.")
    except ArgumentError as error:
        print(error)
    return 1


def _course(arguments: argparse.Namespace) -> Any:
    from .course import Course

    return Course(arguments.course, getattr(arguments, "db", None))


def _release(arguments: argparse.Namespace) -> int:
    from .release import release

    course = _course(arguments)
    for one in release(course, course.chosen(arguments.assignments)):
        print(f"{one.assignment}: {one.folder}")
    return 0


def _feedback(arguments: argparse.Namespace) -> int:
    from .feedback import write_feedback

    course = _course(arguments)
    written = write_feedback(course, course.handed_in(arguments.assignments))
    print(f"Feedback for {len(written)} submissions is in {course.folders.feedback_directory}/.")
    return 0


def _grade(arguments: argparse.Namespace) -> int:
    from .claims import claims_on
    from .grading import grade

    course = _course(arguments)
    names = course.handed_in(arguments.assignments)
    try:
        with claims_on(course.database) as claims:
            graded = grade(course, names, _how(arguments, course), claims, _Progress())
    except KeyboardInterrupt:
        print("\nInterrupted. What was graded is in the gradebook; the same command goes on.")
        return 130
    print(graded if len(graded) or graded.failed else "All that was handed in is graded.")
    return 1 if graded.failed else 0


def _gate(arguments: argparse.Namespace) -> int:
    from .gate import gate

    course = _course(arguments)
    found = gate(
        course.root, course.chosen(arguments.assignments), _how(arguments, course),
        accept=arguments.accept, tell=_Progress(),
    )  # fmt: skip
    print(found)
    return 0 if found.ok else 1


def _how(arguments: argparse.Namespace, course: Any) -> Any:
    from .grading import How
    from .running import Box
    from .sandbox.plan import Limits

    return How(
        processes=max(arguments.jobs, 1),
        box=Box(arguments.sandbox, arguments.image, tuple(arguments.read), (str(course.root),)),
        limits=Limits(
            memory=arguments.memory, seconds=arguments.seconds, cell_seconds=course.cell_seconds
        ),
        scheduler=getattr(arguments, "scheduler", ""),
        again=getattr(arguments, "again", False),
    )


class _Progress:
    """Tells on stderr how far it is, one line a submission, and how long the rest will take."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def __call__(self, done: int, most: int, what: Any) -> None:
        if done == 1:
            self._first = time.monotonic()
        taken = time.monotonic() - self._begin
        left = taken / done * (most - done)
        if isinstance(what, str):
            told = f"NOT GRADED: {what}"
        else:
            told = f"{what.student:24.24} {what.points:g} of {what.most:g}"
        rest = f"about {left / 60:.0f} min left" if left > 90 else f"about {left:.0f} s left"
        print(f"[{done:>{len(str(most))}}/{most}] {told:40} {rest}", file=sys.stderr, flush=True)


_STEPS = {"release": _release, "grade": _grade, "feedback": _feedback, "gate": _gate}
