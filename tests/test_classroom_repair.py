"""Whatever students hand in becomes a notebook with the teacher's cells, all and in order."""

import json
import random

from gluon_init.classroom import repair
from gluon_init.classroom.course import TeachersCell, identifier

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell


def teachers_cell(name, kind="code", locked=False):
    metadata = {"grade_id": name, "locked": locked, "grade": locked, "solution": not locked}
    return TeachersCell(name, kind, f"# the teacher's {name}", metadata, locked, locked)


TEACHERS = [
    teachers_cell("a"),
    teachers_cell("test_a", locked=True),
    teachers_cell("b"),
    teachers_cell("test_b", locked=True),
    teachers_cell("why", kind="markdown"),
]


def students_cell(name, text=None, kind="code"):
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(text or f"my {name}", metadata={"nbgrader": {"grade_id": name}})


def whole():
    return [
        students_cell("a"),
        students_cell("test_a"),
        new_code_cell("scratch = 1"),
        students_cell("b"),
        students_cell("test_b"),
        students_cell("why", kind="markdown"),
    ]


def repaired(cells):
    text = json.dumps({"nbformat": 4, "cells": cells})
    return repair.restored(repair.read(text.encode()), TEACHERS)


def texts(notebook):
    return {identifier(cell): cell.source for cell in notebook.cells if identifier(cell)}


class TestRestored:
    def test_answers_stay_and_locked_cells_are_the_teachers(self):
        notebook, happenings = repaired(whole())
        assert texts(notebook) == {
            "a": "my a", "test_a": "# the teacher's test_a", "b": "my b",
            "test_b": "# the teacher's test_b", "why": "my why",
        }  # fmt: skip
        assert happenings == []

    def test_a_deleted_cell_is_back_in_its_place(self):
        cells = [cell for cell in whole() if identifier(cell) != "test_a"]
        notebook, happenings = repaired(cells)
        assert list(texts(notebook)) == ["a", "test_a", "b", "test_b", "why"]
        assert [(one.cell, one.what) for one in happenings] == [
            ("test_a", "was deleted; it is back")
        ]

    def test_of_copies_the_last_changed_one_counts_and_the_others_still_run(self):
        stub = TEACHERS[0].source
        cells = [students_cell("a", "first"), students_cell("a", "second"), *whole()[1:]]
        notebook, happenings = repaired([*cells, students_cell("a", stub)])
        assert texts(notebook)["a"] == "second"
        assert "first" in [cell.source for cell in notebook.cells]
        assert ("a", "stands 3 times; one counts") in [(one.cell, one.what) for one in happenings]

    def test_a_cell_of_another_type_is_of_its_type_again(self):
        cells = [students_cell("a", kind="markdown"), *whole()[1:]]
        notebook, happenings = repaired(cells)
        assert notebook.cells[0].cell_type == "code"
        assert happenings[0].what == "was made a markdown cell; it is a code cell again"

    def test_metadata_that_decide_what_runs_or_counts_are_the_teachers(self):
        cells = whole()
        cells[1].metadata.tags = ["skip-execution"]
        cells[1].metadata.nbgrader.update(points=100, grade=False)
        notebook, _ = repaired(cells)
        test = next(cell for cell in notebook.cells if identifier(cell) == "test_a")
        assert "tags" not in test.metadata
        assert test.metadata.nbgrader == TEACHERS[1].metadata

    def test_cells_of_another_assignment_are_the_students_own(self):
        notebook, _ = repaired([*whole(), students_cell("test_c")])
        assert notebook.cells[-1].source == "my test_c"
        assert "nbgrader" not in notebook.cells[-1].metadata

    @given(st.randoms(use_true_random=False), st.integers(0, 6), st.integers(0, 6))
    def test_whatever_is_moved_copied_and_deleted(self, chance: random.Random, copies, deleted):
        cells = whole()
        cells += [chance.choice(cells).copy() for _ in range(copies)]
        chance.shuffle(cells)
        cells = cells[deleted:]
        notebook, _ = repaired(cells)
        known = [identifier(cell) for cell in notebook.cells if identifier(cell)]
        assert known == ["a", "test_a", "b", "test_b", "why"]
        own = sum(cell.source == "scratch = 1" for cell in cells)
        assert sum(cell.source == "scratch = 1" for cell in notebook.cells) == own
        nbformat.validate(notebook)
        again, happenings = repaired(notebook.cells)
        assert (texts(again), happenings) == (texts(notebook), [])


class TestRead:
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "is empty"),
            (b" \n", "is empty"),
            (b'{"cells": [', "is cut off"),
            (b"PK\x03\x04\xff\xfe", "is no text"),
            (b"Dear teacher, my dog", "is not a notebook"),
            (b"[1, 2]", "has no cells"),
            (b'{"nbformat": 4}', "has no cells"),
            (b'{"cells": [{"cell_type": "code"}]}', "is not a valid notebook"),
            (b'{"cells": 3}', "is not a valid notebook"),
            (b'{"cells": [' + b"[" * 100_000, "is cut off"),
        ],
    )
    def test_what_is_no_notebook_is_told(self, data, said):
        with pytest.raises(repair.UnreadableError, match=said):
            repair.read(data)

    def test_a_notebook_of_format_3(self):
        old = {
            "nbformat": 3, "nbformat_minor": 0, "metadata": {},
            "worksheets": [{"metadata": {}, "cells": [
                {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": [], "language":
                 "python", "collapsed": False, "metadata": {"nbgrader": {"grade_id": "a"}}},
                {"cell_type": "heading", "level": 1, "source": "Title", "metadata": {}},
            ]}],
        }  # fmt: skip
        notebook = repair.read(json.dumps(old).encode())
        assert [cell.source for cell in notebook.cells] == ["x = 1\ny = 2", "# Title"]
        assert identifier(notebook.cells[0]) == "a"

    def test_odd_metadata_stop_nobody(self):
        cells = [
            {"cell_type": "code", "source": ["a\n", "b"], "metadata": {"nbgrader": "yes"}},
            {"cell_type": "sparkle", "source": "c", "metadata": None},
            {"cell_type": "code", "source": "d", "metadata": {"nbgrader": {"grade_id": [1]}}},
        ]
        notebook = repair.read(json.dumps({"cells": cells}).encode())
        assert [cell.source for cell in notebook.cells] == ["a\nb", "c", "d"]
        assert not any(identifier(cell) for cell in notebook.cells)
