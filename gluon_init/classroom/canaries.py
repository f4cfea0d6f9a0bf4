"""Secret tests that must fail, set among the others when a submission is graded.

Student code shares the kernel that reports on it, so a test can be made to pass by what it runs
on: an ``assert`` taken out, a checking function replaced, ``run_cell`` that does nothing. None of
that can be prevented. It is noticed, because then the secret tests do not fail either.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from .course import identifier
from .running import NOT_RUN, texts_of

# How tests of other courses compare; each gets a comparison that cannot hold.
_WAYS = {
    "numpy.testing": "__import__('numpy').testing.assert_equal({a}, {b}, err_msg={key!r})",
    "unittest": "__import__('unittest').TestCase().assertEqual({a}, {b}, {key!r})",
}


@dataclass(frozen=True)
class Canary:
    """A secret test: the id of its cell, and what its error must say, which may be nothing."""

    cell_id: str
    key: str


def set_among(notebook: NotebookNode, must_fail: Mapping[str, Sequence[str]]) -> list[Canary]:
    """Adds secret tests to a notebook's cells, behind graded ones; returns them.

    Args:
        notebook: changed in place.
        must_fail: code of the course's own that must raise, by the test cell it goes behind.

    """
    tests = [cell for cell in notebook.cells if _is_test(cell)]
    if not tests:
        return []
    names = [name for cell in tests if (name := identifier(cell))]
    behind = {name: [(source, "") for source in must_fail.get(name, ())] for name in names}
    for source, key in _general("\n".join(cell.source for cell in tests)):
        behind[random.choice(names)].append((source, key))
    cells, canaries = [], []
    for cell in notebook.cells:
        cells.append(cell)
        for source, key in behind.get(identifier(cell) or "", ()):
            canaries.append(Canary(secrets.token_hex(6), key))
            cells.append(nbformat.v4.new_code_cell(source, id=canaries[-1].cell_id))
    notebook.cells = cells
    return canaries


def _is_test(cell: NotebookNode) -> bool:
    metadata = cell.metadata.get("nbgrader", {})
    return bool(cell.cell_type == "code" and metadata.get("grade") and not metadata.get("solution"))


def _general(tests: str) -> Iterator[tuple[str, str]]:
    """Tests that fail in the ways in which these tests would, each with the word it must say."""
    forms = ["assert {a} == {b}, {key!r}", "raise AssertionError({key!r})"]
    forms += [form for way, form in _WAYS.items() if way in tests]
    for form in forms:
        key = secrets.token_hex(6)
        number = random.randint(10, 10_000)
        yield form.format(a=number, b=number + random.randint(1, 9), key=key), key


def take_out(notebook: NotebookNode, canaries: Sequence[Canary]) -> bool:
    """Removes the secret tests again, so that nobody reads them; returns whether each has failed.

    One that could not run to its end tells nothing.
    """
    keys = {canary.cell_id: canary.key for canary in canaries}
    ran = [cell for cell in notebook.cells if cell.id in keys]
    notebook.cells = [cell for cell in notebook.cells if cell.id not in keys]
    return len(ran) == len(keys) and all(_has_failed(cell, keys[cell.id]) for cell in ran)


def _has_failed(cell: NotebookNode, key: str) -> bool:
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if any(error.ename in NOT_RUN for error in errors):
        return True
    return bool(errors) and key in texts_of(errors)
