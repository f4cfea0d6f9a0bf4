"""The course's assignments are fair: each answer gets what it should, and nothing leaks."""

import ast
import os
import shutil
from pathlib import Path

from gluon_init.classroom.claims import claims_on
from gluon_init.classroom.course import Course
from gluon_init.classroom.gate import gate
from gluon_init.classroom.grading import How, grade
from gluon_init.classroom.release import release
from gluon_init.classroom.running import Box
from gluon_init.classroom.sandbox.plan import Limits
from gluon_init.classroom.variants import Variants

import nbformat
import pytest
from classrooms import engine_here

ROOT = Path(__file__).parent.parent / "notebooks" / "assignments"
SOURCES = sorted(ROOT.glob("source/*/*.ipynb"))
NAMES = [path.stem for path in SOURCES]


def through_the_gate(name, capsys, **settings):
    limits = Limits(cell_seconds=Course(ROOT).cell_seconds)
    found = gate(ROOT, [name], How(2, Box(engine_here()), limits), **settings)
    with capsys.disabled():
        print(f"\n{found.matrices[0]}", flush=True)
    assert found.problems == ()
    assert found.notes == ()


def test_the_first_assignment_goes_through_with_a_wrong_answer_for_each_task(capsys):
    through_the_gate(NAMES[0], capsys, wrong_answers=1, times=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_goes_through_with_all_wrong_answers(name, capsys):
    through_the_gate(name, capsys, times=2 if os.environ.get("ALL") else 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "patch",
    [
        "exercises.expect = lambda *anything: None",
        "exercises.call = lambda *anything, **more: [(5, 3)]",
        "exercises.Wrong.__init__ = lambda *anything: None\n"
        "get_ipython().set_custom_exc((Exception,), lambda *anything, **more: None)",
    ],
)
def test_a_student_who_patches_the_checking_functions_is_noticed(tmp_path, patch):
    shutil.copytree(ROOT, tmp_path / "course", ignore=shutil.ignore_patterns("gradebook.db"))
    course, name = Course(tmp_path / "course"), NAMES[0]
    release(course, [name])
    folder = course.path("submitted", "a", name)
    shutil.copytree(course.path("release", ".", name), folder)
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    trick = f"from gluon_init.course import exercises\n{patch}"
    notebook.cells.insert(3, nbformat.v4.new_code_cell(trick))
    nbformat.write(notebook, folder / f"{name}.ipynb")
    with claims_on(course.database) as claims:
        (row,) = grade(course, [name], How(1, Box(engine_here())), claims).rows
    assert row.points == 0
    assert row.tampered or "expect" not in patch


def test_there_are_five():
    assert NAMES == [
        "1_shapes", "2_watching", "3_distributions", "4_tying", "5_auxiliary_heads",
    ]  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
class TestSources:
    def graded(self, path):
        cells = nbformat.read(path, as_version=4).cells
        return [one for one in cells if one.metadata.get("nbgrader", {}).get("grade")]

    def test_twenty_points_one_task_for_a_person(self, path):
        points = [cell.metadata.nbgrader.points for cell in self.graded(path)]
        assert sum(points) == 20
        assert [cell.cell_type for cell in self.graded(path)].count("markdown") == 1
        assert all(isinstance(number, int) for number in points)

    def test_it_is_stored_as_it_is_written(self, path):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert not any(
            cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells
        )
        assert notebook.metadata.kernelspec.name == "python3"
        assert path.read_text() == nbformat.writes(notebook) + "\n"

    def test_each_test_has_a_hidden_part_and_speaks(self, path):
        for cell in self.graded(path):
            if cell.cell_type == "code":
                assert "### BEGIN HIDDEN TESTS" in cell.source, cell.id
                tree = ast.parse(cell.source)
                assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree)), cell.id

    def test_each_test_has_a_secret_twin_that_must_fail(self, path):
        """So that a checking function which a student has replaced is noticed."""
        tests = {
            one.metadata.nbgrader.grade_id for one in self.graded(path) if one.cell_type == "code"
        }
        assert set(Variants.of(ROOT, path.stem).must_fail) == tests

    def test_no_number_at_the_end_becomes_the_score(self, path):
        for cell in self.graded(path):
            if cell.cell_type == "code":
                last = ast.parse(cell.source).body[-1]
                assert not isinstance(last, ast.Expr) or isinstance(last.value, ast.Call), cell.id
