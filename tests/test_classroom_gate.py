"""The gate opens for assignments that are fair on both sides, and says what is wrong with others."""

import subprocess
import sys

from gluon_init.classroom.gate import gate
from gluon_init.classroom.grading import How
from gluon_init.classroom.running import Box
from gluon_init.errors import ArgumentError

import pytest
from classrooms import NAME, cell, engine_here, make_course, source

GATE = """
# %% second: double
def double(x):
    return x + x

# %% second: triple
triple = lambda x: 3 * x

# %% wrong: double: halves
def double(x):
    return x / 2

# %% wrong: double: only positive numbers
def double(x):
    return 2 * abs(x)

# %% wrong: double: prints
def double(x):
    print(2 * x)

# %% wrong: triple: squares
def triple(x):
    return x * x

# %% wrong: triple: adds three
def triple(x):
    return x + 3

# %% wrong: triple: numbers only
def triple(x):
    return float(x) * 3

# %% must fail: test_triple
assert triple(2) == 7
"""
TABLE = """\
student,test_double,test_triple,why
release,0,0,0
solution,2,3,by hand
second,2,3,by hand
double: halves,0,3,by hand
double: only positive numbers,0,3,by hand
double: prints,0,3,by hand
triple: squares,2,0,by hand
triple: adds three,2,0,by hand
triple: numbers only,2,0,by hand
"""


def opened(root, **settings):
    return gate(root, how=How(2, Box(engine_here())), **settings)


def with_table(course, table=TABLE):
    (course.root / "gate").mkdir(exist_ok=True)
    (course.root / "gate" / f"{NAME}.csv").write_text(table)
    return course.root


def cells(**changed):
    """The cells of the standard assignment, some with another text."""
    found = {one.id: one for one in source().cells}
    for name, text in changed.items():
        found[name.replace("_", "-")].source = text
    return source(cells=list(found.values()))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the gate says of an assignment that is fair."""
    return opened(with_table(make_course(tmp_path_factory.mktemp("fair"), gate=GATE)))


def test_a_fair_assignment_goes_through(found):
    assert found.problems == ()
    assert found.notes == ()
    assert found.ok
    assert found.matrices[0].csv() == TABLE


def test_the_matrix_is_printed(found):
    lines = str(found).splitlines()
    assert lines[0] == "sums: 7 points"
    assert "The gate is open." in lines[-1]
    assert any(line.split() == ["triple:", "squares", "2", "0", "by", "hand"] for line in lines)


@pytest.mark.slow
def test_the_course_stays_as_it_was(found, tmp_path):
    course = make_course(tmp_path, gate=GATE)
    before = sorted(course.root.rglob("*"))
    opened(course.root, wrong_answers=0, times=1, accept=True)
    assert sorted(set(course.root.rglob("*")) - set(before)) == [course.root / "gate" / "sums.csv"]


@pytest.mark.slow
def test_a_course_without_answers_is_tried_as_far_as_it_goes(tmp_path):
    found = opened(with_table(make_course(tmp_path), "\n".join(TABLE.splitlines()[:3])), times=1)
    assert found.ok
    assert "no wrong answers" in found.notes[0]


def problems(tmp_path, notebook=None, gate=None, **settings):
    found = opened(with_table(make_course(tmp_path, notebook=notebook, gate=gate)), times=1,
                   **settings)  # fmt: skip
    assert not found.ok
    assert "The gate is closed." in str(found)
    return [problem for problem in found.problems if "sums.csv says" not in problem]


@pytest.mark.slow
def test_a_test_that_tests_nothing(tmp_path):
    said = problems(tmp_path, cells(test_double="assert True"))
    assert said == ["sums: test_double gives the untouched release 2 points: it tests nothing"]


@pytest.mark.slow
def test_an_assignment_without_tests(tmp_path):
    kept = [one for one in source().cells if not one.id.startswith("test")]
    assert "sums: no cell is graded by a test" in problems(tmp_path, source(cells=kept))


@pytest.mark.slow
def test_a_solution_that_does_not_pass(tmp_path):
    said = problems(tmp_path, cells(test_triple="assert triple(2) == 7"))
    assert "sums: solution gets 0 of 3 in test_triple" in said


@pytest.mark.slow
def test_a_wrong_answer_that_loses_nothing(tmp_path):
    right = "\n# %% wrong: double: right\ndef double(x):\n    return 2 * x\n"
    said = problems(tmp_path, gate=GATE + right)
    assert "sums: the wrong answer 'double: right' loses nothing" in said


@pytest.mark.slow
def test_too_few_wrong_answers(tmp_path):
    fewer = GATE.replace("# %% wrong: triple: squares\ndef triple(x):\n    return x * x\n", "")
    said = problems(tmp_path, gate=fewer)
    assert said == ["sums: gate/sums.py has 2 wrong answers for triple, of at least 3"]


@pytest.mark.slow
def test_points_that_rest_on_chance(tmp_path):
    lucky = [cell(f"test_{number}", "import os\nassert double(2) == 4 and os.urandom(1)[0] % 2",
                  points=1) for number in range(30)]  # fmt: skip
    course = make_course(tmp_path, notebook=source(cells=[*source().cells, *lucky]))
    found = opened(with_table(course), times=2)
    assert any("graded twice, the points differ" in problem for problem in found.problems)


@pytest.mark.slow
def test_a_read_only_cell_that_fails_before_anything_is_solved(tmp_path):
    needs = cell("needs", "shown = double(3) + 1")
    notebook = source(cells=[*source().cells, needs])
    assert "sums: needs is no task, and fails in the release" in problems(tmp_path, notebook)


@pytest.mark.slow
def test_a_must_fail_that_does_not(tmp_path):
    said = problems(tmp_path, gate=GATE.replace("triple(2) == 7", "triple(2) == 6"))
    assert any("solution: Secret tests that must fail did not" in one for one in said)


@pytest.mark.slow
def test_a_table_that_says_something_else(tmp_path):
    course = make_course(tmp_path, gate=GATE)
    table = TABLE.replace("triple: squares,2,0", "triple: squares,2,1")
    found = opened(with_table(course, table), times=1)
    assert found.problems == (
        "sums: 'triple: squares' has ['2', '0', 'by hand'], gate/sums.csv says "
        "['2', '1', 'by hand']",
    )


@pytest.mark.slow
class TestLeaks:
    def test_a_solution_that_stands_in_a_test(self, tmp_path):
        leak = "# x + x + x  # the teacher's own way\nassert triple(2) == 6"
        leak = leak.replace("# x", "# return x")
        with pytest.raises(ArgumentError, match=r"shows a line of triple that is not for students"):
            opened(make_course(tmp_path, notebook=cells(test_triple=leak)).root)

    def test_a_hidden_test_in_the_metadata(self, tmp_path):
        notebook = source()
        notebook.metadata["notes"] = 'assert triple("ab") == "ababab", "texts can be tripled, too"'
        with pytest.raises(ArgumentError, match="shows a line of test_triple"):
            opened(make_course(tmp_path, notebook=notebook).root)

    def test_an_answer_for_a_cell_that_is_none(self, tmp_path):
        gate = GATE + "\n# %% wrong: quadruple: squares\npass\n"
        with pytest.raises(ArgumentError, match="cell 'quadruple', which the assignment does not"):
            opened(make_course(tmp_path, gate=gate).root)

    def test_a_heading_that_is_none(self, tmp_path):
        with pytest.raises(ArgumentError, match="has the heading '# %% third: double'"):
            opened(make_course(tmp_path, gate="# %% third: double\npass").root)


@pytest.mark.slow
def test_nbgraders_own_example_course(tmp_path):
    quickstart = [sys.executable, "-m", "nbgrader", "quickstart", "course101"]
    subprocess.run(quickstart, cwd=tmp_path, check=True, capture_output=True)
    course = tmp_path / "course101"
    opened(course, accept=True, times=1)
    found = opened(course)
    assert found.problems == ()
    assert found.matrices[0].csv().splitlines()[1] == "release,0,0,0,0,0,0,by hand,0,0"
    assert any("'squares(10)'" in note for note in found.notes)
