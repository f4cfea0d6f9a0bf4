"""Submissions get what they deserve, in nbgrader's own gradebook, and hold nobody else up."""

from gluon_init.classroom.claims import claims_on
from gluon_init.classroom.course import Course, identifier
from gluon_init.classroom.grading import How, grade
from gluon_init.classroom.release import release
from gluon_init.classroom.running import Box
from gluon_init.classroom.sandbox import bubblewrap
from gluon_init.errors import ArgumentError

import nbformat
import pytest
from classrooms import (
    NAME,
    answered,
    cell,
    given,
    grade_all,
    graded_notebook,
    hand_in,
    make_course,
    points,
    released_course,
    source,
)
from nbgrader.apps import NbGraderAPI

FULL = {"test_double": 2, "test_triple": 3}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which several students have handed in, all graded in one go."""
    made = released_course(tmp_path_factory.mktemp("course"))
    hand_in(made, "right", answered(made, why="Since it is so."))
    hand_in(made, "untouched", given(made))
    hand_in(made, "Jürgen Müller-Weiß", answered(made, triple="def triple(x):\n    return x"))
    hand_in(made, "[a-z]* {b}", answered(made))
    warns = "import os, warnings\ndef double(x):\n    warnings.warn('old')\n"
    hand_in(
        made, "warns", answered(made, double=warns + "    os.write(2, b'C\\n')\n    return 2 * x")
    )
    hand_in(made, "cut off", b'{"cells": [{"cell_ty')
    hand_in(made, "word", b"PK\x03\x04\xff")
    silent = "get_ipython().showtraceback = lambda *a, **k: None\ndef double(x):\n    return 0"
    hand_in(made, "silent", answered(made, double=silent))
    (made.path("submitted", "nothing", NAME)).mkdir(parents=True)
    made.rows = grade_all(made)
    return made


def test_right_answers_get_all_and_a_person_marks_the_rest(course):
    assert points(course, "right") == {**FULL, "why": None}
    row = course.rows["right"]
    assert (row.points, row.most, row.to_mark, row.noticed) == (5, 7, 2, ())


def test_an_untouched_release_gets_nothing_without_a_person(course):
    assert points(course, "untouched") == {"test_double": 0, "test_triple": 0, "why": 0}
    assert course.rows["untouched"].to_mark == 0


def test_a_wrong_answer_costs_its_own_task(course):
    assert points(course, "Jürgen Müller-Weiß") == {"test_double": 2, "test_triple": 0, "why": 0}


def test_names_are_no_patterns(course):
    assert points(course, "[a-z]* {b}") == {**FULL, "why": 0}


def test_warnings_and_lines_of_c_cost_nothing(course):
    assert points(course, "warns") == {**FULL, "why": 0}


def test_errors_that_are_not_shown_cost_all_the_same(course):
    assert points(course, "silent") == {"test_double": 0, "test_triple": 3, "why": 0}


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("cut off", "sums.ipynb is cut off, or not valid JSON: graded as an empty one"),
        ("word", "sums.ipynb is no text, so no notebook: graded as an empty one"),
        ("nothing", "sums.ipynb was not handed in: graded as an empty one"),
    ],
)
def test_what_is_no_notebook_gets_nothing_and_is_told(course, student, said):
    assert points(course, student) == {"test_double": 0, "test_triple": 0, "why": 0}
    assert course.rows[student].noticed == (said,)
    assert said in graded_notebook(course, student).cells[0].source


def test_formgrader_sees_the_same(course):
    api = NbGraderAPI(coursedir=course.folders, config=course.config)
    found = {one["student"]: one for one in api.get_submissions(NAME)}
    assert found["right"]["score"] == 5
    assert found["right"]["needs_manual_grade"]
    assert not found["untouched"]["needs_manual_grade"]
    assert all(one["autograded"] for one in found.values())


def test_graders_see_no_secret_tests_and_each_cell_ran_once(course):
    notebook = graded_notebook(course, "right")
    names = [identifier(cell) for cell in notebook.cells]
    assert names == [None, "double", "test_double", "triple", "test_triple", "why"]
    assert next(one.execution_count for one in notebook.cells if one.cell_type == "code") == 1


@pytest.mark.slow
def test_the_report_fits_a_terminal(course):
    with claims_on(course.database) as claims:
        found = grade(course, [NAME], How(2, Box("none"), again=True), claims)
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split("  ")[0] for line in lines[:1]] == ["assignment"]


@pytest.mark.slow
class TestAgain:
    def test_what_is_graded_is_left_and_what_was_handed_in_anew_is_not(self, tmp_path):
        course = released_course(tmp_path)
        hand_in(course, "a", answered(course))
        hand_in(course, "b", answered(course, double="def double(x):\n    return x"))
        assert sorted(grade_all(course)) == ["a", "b"]
        assert grade_all(course) == {}
        hand_in(course, "b", answered(course))
        assert sorted(grade_all(course)) == ["b"]
        assert points(course, "b") == {**FULL, "why": 0}

    def test_points_given_by_hand_stay(self, tmp_path):
        course = released_course(tmp_path)
        hand_in(course, "a", answered(course, why="Because."))
        grade_all(course)
        with course.gradebook() as gradebook:
            gradebook.find_grade("why", NAME, NAME, "a").manual_score = 1.5
            gradebook.db.commit()
        hand_in(course, "a", answered(course, why="Because, and more."))
        assert grade_all(course)["a"].points == 6.5

    def test_an_interruption_leaves_what_is_done_and_the_next_call_goes_on(self, tmp_path):
        course = released_course(tmp_path)
        for number in range(5):
            hand_in(course, f"student {number}", answered(course))

        def interrupt(done, most, what):
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            grade_all(course, tell=interrupt)
        assert len(grade_all(course)) == 3
        assert len(list((course.root / "autograded").iterdir())) == 5


@pytest.mark.slow
def test_who_ends_the_process_that_grades_costs_nobody_else_anything(tmp_path):
    """Possible without a sandbox; with one, the machine may still run out of memory."""
    course = released_course(tmp_path)
    for number in range(4):
        hand_in(course, f"good {number}", answered(course))
    kills = "import os\nos.kill(os.getppid(), 9)\n"
    hand_in(course, "bad one", answered(course, double=kills))
    with claims_on(course.database) as claims:
        found = grade(course, [NAME], How(3, Box("none")), claims)
    assert list(found.failed) == ["bad one (sums)"]
    assert [row.points for row in found.rows] == [5, 5, 5, 5]
    assert "Not graded: bad one (sums)" in str(found)


class TestRefusals:
    def test_without_a_sandbox_nothing_runs(self, tmp_path, monkeypatch):
        course = released_course(tmp_path)
        hand_in(course, "a", answered(course))
        monkeypatch.setattr(bubblewrap, "program", lambda: None)
        with pytest.raises(
            ArgumentError, match=r"sandbox is 'bubblewrap', and that cannot .*risks"
        ):
            grade_all(course, engine="bubblewrap")
        assert not (course.root / "autograded").exists()

    def test_an_assignment_that_was_not_released(self, tmp_path):
        course = make_course(tmp_path)
        hand_in(course, "a", source())
        with pytest.raises(
            ArgumentError, match=r"run `gluon-init classroom release COURSE sums` first"
        ):
            grade_all(course)

    def test_an_assignment_that_is_none(self, tmp_path):
        with pytest.raises(ArgumentError, match=r"ASSIGNMENT is 'product', but source/ has sums"):
            make_course(tmp_path).chosen(["product"])

    def test_without_a_name_it_is_what_somebody_has_handed_in(self, tmp_path):
        course = released_course(tmp_path)
        assert course.handed_in([]) == []
        hand_in(course, "a", answered(course))
        assert course.handed_in([]) == [NAME]

    def test_a_folder_that_is_no_course(self, tmp_path):
        with pytest.raises(ArgumentError, match="no folder source/"):
            Course(tmp_path).assignments()

    def test_sqlite_takes_one_grader(self, tmp_path):
        course = released_course(tmp_path)
        with (
            claims_on(course.database),
            pytest.raises(ArgumentError, match="one writer"),
            claims_on(course.database),
        ):
            pass


class TestFiles:
    def test_those_of_the_student_are_there_and_the_teachers_win(self, tmp_path):
        course = make_course(
            tmp_path,
            notebook=source(
                cells=[
                    cell("double", "...", solution=True),
                    cell("test_double", "assert open('given.txt').read() == 'mine'\n"
                         "assert open('sub/own.txt').read() == 'own'", points=1),
                ]
            ),
        )  # fmt: skip
        (course.path("source", ".", NAME) / "given.txt").write_text("mine")
        release(course, [NAME])
        folder = hand_in(course, "a", given(course)).parent
        (folder / "given.txt").write_text("changed")
        (folder / "sub").mkdir()
        (folder / "sub" / "own.txt").write_text("own")
        (folder / "link.txt").symlink_to(course.root / "gradebook.db")
        grade_all(course)
        assert points(course, "a") == {"test_double": 1}


@pytest.mark.slow
def test_a_kernel_of_another_name(tmp_path, monkeypatch):
    kernels = tmp_path / "jupyter" / "kernels" / "statistics-course"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(
        '{"argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],'
        '"display_name": "Statistics", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    course = released_course(tmp_path / "course", notebook=source(kernel="statistics-course"))
    notebook = answered(course)
    notebook.metadata.kernelspec = {"name": "my-own", "display_name": "my own"}
    hand_in(course, "a", notebook)
    grade_all(course)
    assert points(course, "a") == {**FULL, "why": 0}


def test_a_released_notebook_holds_no_answer_and_no_output(tmp_path):
    course = released_course(tmp_path)
    text = (course.path("release", ".", NAME) / f"{NAME}.ipynb").read_text()
    for secret in ("x + x + x", "ababab", "-34", "teacher's view", "a reason that holds"):
        assert secret not in text
    assert not any(one.get("outputs") for one in given(course).cells)
    nbformat.validate(given(course))


def test_times_are_those_of_the_cells(course):
    assert all(0 < row.seconds < 60 for row in course.rows.values())
