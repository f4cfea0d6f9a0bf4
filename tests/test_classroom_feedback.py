"""Students read what was wrong, in words meant for them, and no hidden test."""

from gluon_init.classroom.course import Course, nbgrader_at_work
from gluon_init.classroom.feedback import write_feedback
from gluon_init.classroom.leaks import leaks_in_feedback
from gluon_init.classroom.steps import hide_tests

import pytest
from classrooms import (
    ANSWERS,
    NAME,
    TEST_DOUBLE,
    answered,
    cell,
    grade_all,
    graded_notebook,
    hand_in,
    need_sandbox,
    points,
    released_course,
    source,
)
from nbgrader.apps import NbGraderAPI

SPOKEN = """
from gluon_init.course.exercises import expect
expect(double(2) == 4, "double(2) is 4.")
### BEGIN HIDDEN TESTS
expect(double(-17) == -34, f"a number below zero gives {double(-17)}.")
### END HIDDEN TESTS
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    notebook = source()
    notebook.cells[2] = cell("test_double", SPOKEN, points=2)
    made = released_course(tmp_path_factory.mktemp("course"), notebook=notebook)
    hand_in(made, "right", answered(made))
    hand_in(made, "wrong", answered(
        made, double="def double(x):\n    return abs(2 * x)",
        triple="def triple(x):\n    return float(x) * 3",
    ))  # fmt: skip
    hand_in(made, "untouched", answered(made, double="double = 1", triple="..."))
    grade_all(made)
    assert sorted(write_feedback(made, [NAME])) == [
        "right (sums)", "untouched (sums)", "wrong (sums)",
    ]  # fmt: skip
    return made


def page(course, student):
    return (course.path("feedback", student, NAME) / f"{NAME}.html").read_text()


def test_no_page_shows_a_hidden_test(course):
    for student in ("right", "wrong", "untouched"):
        assert "ababab" not in page(course, student)
        assert "-17" not in page(course, student)
        assert "HIDDEN" not in page(course, student)
    assert leaks_in_feedback(course, NAME) == []


def test_what_was_written_for_students_stays(course):
    assert "a number below zero gives 34." in page(course, "wrong")


def test_of_other_hidden_tests_stays_that_one_failed(course):
    assert "A test that you do not see has failed." in page(course, "wrong")
    assert "texts can be tripled" not in page(course, "wrong")


def test_visible_tests_say_what_they_say(course):
    assert "AssertionError" not in page(course, "right")
    assert "NameError" in page(course, "untouched")


def test_points_stand_on_the_page(course):
    assert "(Score: 2.0 / 7.0)" not in page(course, "right")
    assert "Score: 5.0 / 7.0" in page(course, "right")


def test_the_grader_still_sees_the_tests(course):
    shown = [one.source for one in graded_notebook(course, "wrong").cells]
    assert any("ababab" in text for text in shown)


def test_a_notebook_that_graders_see_is_not_changed_on_the_way(course):
    notebook = graded_notebook(course, "wrong")
    hide_tests(notebook)
    assert not any("HIDDEN" in one.source for one in notebook.cells)
    assert any("HIDDEN" in one.source for one in graded_notebook(course, "wrong").cells)
    assert "HIDDEN" in TEST_DOUBLE


@pytest.mark.slow
def test_nbgraders_own_buttons_are_as_careful(tmp_path):
    need_sandbox()
    course = released_course(tmp_path)
    config = course.root / "nbgrader_config.py"
    config.write_text(
        "from gluon_init.classroom.steps import AUTOGRADE, FEEDBACK\n"
        + config.read_text()
        + "c.Autograde.autograde_preprocessors = AUTOGRADE\n"
        + "c.GenerateFeedback.preprocessors = FEEDBACK\n"
    )
    looks = f"import os\nprint('sees', os.path.exists({str(course.root / 'gradebook.db')!r}))\n"
    wrong = "def triple(x):\n    return float(x) * 3"
    hand_in(course, "a", answered(course, double=looks + ANSWERS["double"], triple=wrong))
    api = NbGraderAPI(config=Course(course.root).config)
    with nbgrader_at_work():
        assert api.autograde(NAME, "a")["success"]
        assert api.generate_feedback(NAME, "a")["success"]
    assert points(course, "a") == {"test_double": 2, "test_triple": 0, "why": 0}
    assert "sees False" in page(course, "a")
    assert "ababab" not in page(course, "a")
    assert leaks_in_feedback(course, NAME) == []
