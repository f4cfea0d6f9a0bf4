"""The stored notebooks are what their sources make, and hold nothing of this machine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import notebooks

ROOT = Path(__file__).parent.parent
ALL = [
    pytest.param(target, source, solved, id=f"{target.parent.name}/{target.stem}")
    for source in notebooks.sources(ROOT)
    for target, solved in notebooks.targets(source)
]
ANATOMY = ["Guess", "Run", "Look", "Why", "Trap", "Your turn", "Elsewhere", "Recap"]


LESSONS = [one for one in ALL if "/00_" not in one.id]


def test_there_are_a_start_page_and_ten_lessons():
    names = [source.stem[:2] for source in notebooks.sources(ROOT)]
    assert names == [f"{number:02}" for number in range(11)]


@pytest.mark.parametrize(("target", "source", "solved"), ALL)
def test_links_lead_to_pages_that_are_there(target, source, solved):
    notebook = nbformat.read(target, as_version=4)
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    pages = re.findall(r"\]\(([^)#:]+\.ipynb)\)", prose)
    assert [page for page in pages if not (target.parent / page).exists()] == (
        ["00_start_here.ipynb"] * pages.count("00_start_here.ipynb") if solved else []
    )


@pytest.mark.parametrize(("target", "source", "solved"), ALL)
def test_is_fresh_complete_and_the_same_everywhere(target, source, solved):
    assert notebooks.problems(target, source, solved) == []


@pytest.mark.parametrize(("target", "source", "solved"), LESSONS)
def test_has_all_nine_parts_in_order(target, source, solved):
    notebook = nbformat.read(target, as_version=4)
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    headings = [line[3:] for line in prose.splitlines() if line.startswith("## ")]
    assert [heading for heading in headings if heading in ANATOMY] == ANATOMY
    assert prose.startswith("# ")


@pytest.mark.parametrize(("target", "source", "solved"), LESSONS)
def test_exercises_are_open_in_the_lesson_and_right_in_the_solution(target, source, solved):
    notebook = nbformat.read(target, as_version=4)
    answers = [
        output.data["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("data", {}).get("text/plain", "").startswith("Exercise ")
    ]
    assert len(answers) >= 3
    expected = "right: " if solved else "not tried: "
    assert all(expected in answer for answer in answers)
    assert all("SOLUTION" not in cell.source for cell in notebook.cells)


@pytest.mark.parametrize(("target", "source", "solved"), ALL)
def test_experiments_are_short(target, source, solved):
    notebook = nbformat.read(target, as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    long = [cell for cell in cells if len(cell.splitlines()) > (16 if solved else 12)]
    assert long == []


@pytest.fixture
def lesson(tmp_path):
    """A small source and its notebook, executed and stored."""
    folder = tmp_path / "notebooks" / "sources"
    folder.mkdir(parents=True)
    source = folder / "01_small.py"
    source.write_text(
        "# %% [markdown]\n# # Small\n\n# %%\nprint(1)\n\n# %%\ndef f():\n"
        "    ### BEGIN SOLUTION\n    return 2\n    ### END SOLUTION\n\n\nf()\n"
    )
    target, _ = next(notebooks.targets(source))
    notebook = notebooks.derive(source, solved=False)
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.execution_count = number + 1
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    notebooks.write(notebook, target)
    return source, target


def edited(target, change):
    notebook = nbformat.read(target, as_version=4)
    change(notebook)
    nbformat.write(notebook, target)


def test_solutions_become_dots(lesson):
    source, target = lesson
    assert notebooks.problems(target, source, solved=False) == []
    assert notebooks.derive(source, False).cells[2].source == "def f():\n    ...\n\n\nf()"
    assert notebooks.derive(source, True).cells[2].source == "def f():\n    return 2\n\n\nf()"


def test_a_stale_notebook_is_caught(lesson):
    source, target = lesson
    source.write_text(source.read_text().replace("print(1)", "print(2)"))
    assert "is not what 01_small.py makes now" in notebooks.problems(target, source, False)[0]


def test_a_missing_notebook_is_caught(lesson):
    source, target = lesson
    target.unlink()
    assert "is missing" in notebooks.problems(target, source, False)[0]


def test_lost_outputs_are_caught(lesson):
    source, target = lesson

    def strip(notebook):
        notebook.cells[1].outputs = []
        notebook.cells[1].execution_count = None

    edited(target, strip)
    assert [p.split(": ")[1] for p in notebooks.problems(target, source, False)] == [
        "was not executed",
        "has lost its output",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "/home/ada/net.params",
        "<Net object at 0x7f3a2b4c5d6e>",
        "took [19:11:15]",
        "<NDArray 2x2 @cpu(0)>",
        "ipykernel_4711",
        "lib/python3.11/site-packages/mxnet",
        "id 8a4e9d0c-52b1-4f6e-9d5e-1c2b3a4d5e6f",
    ],
)
def test_what_differs_from_machine_to_machine_is_caught(lesson, text):
    source, target = lesson
    edited(target, lambda notebook: notebook.cells[1].outputs[0].update(text=text))
    assert " shows " in notebooks.problems(target, source, False)[0]


def test_warnings_and_errors_are_caught(lesson):
    source, target = lesson
    edited(target, lambda notebook: notebook.cells[1].outputs[0].update(name="stderr"))
    assert "wrote to stderr" in notebooks.problems(target, source, False)[0]


@pytest.mark.parametrize("lesson", ["01_lazy_shapes", "03_forcing_initialization"])
def test_another_device_shows_the_same(lesson):
    """The course as a whole on another device: GLUON_INIT_DEVICE='cpu(1)' make test."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "--nbval"]
    command += ["--nbval-current-env", str(ROOT / "notebooks" / f"{lesson}.ipynb")]
    environment = {**os.environ, "GLUON_INIT_DEVICE": "cpu(1)"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
