"""Whole runs of `pytest --nbguard` in folders of their own: what is said, and what is not."""

import base64

import pytest
from nbguard_runs import guard, read, write
from nbguard_traps import (
    C_STDERR,
    FIGURE,
    STDERR,
    cell,
    figure_shown,
    notebook,
    result,
    stream,
)

HEALTHY = notebook(cell("print(1)", stream("1\n")), cell("1 + 1", result("2", 2), count=2))
STRIPPED = notebook(cell("print(1)", count=None))


def test_a_healthy_notebook_passes(tmp_path):
    run = guard(write(tmp_path, a=HEALTHY))
    assert (run.code, run.counts) == (0, "5 passed")  # stored, two cells, finished, again


@pytest.mark.parametrize("lax", [False, True])
def test_one_ini_line_switches_it_on(tmp_path, lax):
    write(tmp_path, a=STRIPPED)
    more = ["--nbval-lax"] if lax else []
    run = guard(tmp_path, *more, ini="nbguard = true\nnbguard_once = true", how="")
    assert run.code == 1
    assert ("no cell is marked" if lax else "a.ipynb: no cell was run before") in run.said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nbguard-edges=near"], "--nbguard-edges is 'near'; it must be likely, strict or off"),
        (["--nbguard-ignored=2"], "--nbguard-ignored is '2'; it must be a share from 0 to 1"),
        (["--nbguard-ignored=few"], "--nbguard-ignored is 'few'"),
        (["-p", "no:nbval"], "nbval is switched off"),
        (["--nbguard-update", "-n", "2"], "--nbguard-update runs in one process"),
    ],
)
def test_what_means_nothing_ends_the_run_with_its_reason(tmp_path, arguments, said):
    run = guard(write(tmp_path, a=HEALTHY), *arguments)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert f"nbguard: {said}" in run.said


@pytest.mark.slow
def test_a_share_of_ignored_cells_may_be_stated(tmp_path):
    cells = [cell("print(1)", stream("1\n"))]
    cells.append(cell("print(2)", stream("x\n"), count=2, tags=["nbval-ignore-output"]))
    write(tmp_path, a=notebook(*cells))
    assert guard(tmp_path, "--nbguard-once").code == 0
    assert guard(tmp_path, "--nbguard-once", ini="nbguard_ignored = 0.3").code == 1


def test_c_code_and_child_processes_are_heard_in_the_cell_that_ran_them(tmp_path):
    child = "import subprocess, sys\n_ = subprocess.run(['echo', 'from a child'])"
    cells = [
        cell("print('first')\n" + C_STDERR, stream("first\n"), stream("from C\n", STDERR)),
        cell(child, stream("from a child\n"), count=2),
        cell("print('last')", stream("last\n"), count=3),
    ]
    run = guard(write(tmp_path, a=notebook(*cells)))
    assert (run.code, run.counts) == (0, "6 passed")


@pytest.mark.slow
def test_cells_run_with_a_history_as_in_jupyter(tmp_path):
    cells = [
        cell("1 + 1", result("2")),
        cell("2 + 2;", count=2),
        cell("Out[1] + _1", result("4", 3), count=3),
    ]
    assert guard(write(tmp_path, a=notebook(*cells)), "--nbguard-once").code == 0


@pytest.mark.slow
def test_outputs_that_are_cleared_and_updated_are_those_that_remain(tmp_path):
    source = (
        "from IPython.display import clear_output, display\nprint(1)\nclear_output()\nprint(2)\n"
        "shown = display(3, display_id=True)\nshown.update(4)"
    )
    shown = {"data": {"text/plain": "4"}, "metadata": {}, "output_type": "display_data"}
    one = cell(source, stream("2\n"))
    one.outputs.append(type(one.outputs[0])(shown))
    assert guard(write(tmp_path, a=notebook(one)), "--nbguard-once").code == 0


@pytest.mark.slow
def test_a_tolerance_lets_numbers_differ_and_nothing_else(tmp_path):
    def shows(text, marker="# NBGUARD_TOLERANCE 1e-2\n"):
        source = f"{marker}print('loss', 0.5012, 'after', 10)"
        run = guard(write(tmp_path, a=notebook(cell(source, stream(text)))), "--nbguard-once")
        return run.code == 0

    assert shows("loss 0.5 after 10\n")
    assert not shows("loss 0.5 after 10\n", marker="")
    assert not shows("loss 0.52 after 10\n")
    assert not shows("loss 0.5 after 11\n")
    assert not shows("gain 0.5 after 10\n")


@pytest.mark.slow
def test_a_figure_that_differs_is_written_beside_the_stored_one(tmp_path):
    write(tmp_path, a=notebook(cell(FIGURE.format("1, 4, 9"), figure_shown("9, 4, 9"))))
    run = guard(tmp_path, "--nbguard-once")
    assert "a.ipynb: cell 0 (In [1]) shows another figure (number 1): " in run.said
    assert {file.name for file in (tmp_path / ".nbguard").glob("*.png")} == {
        f"a-cell-0-figure-1-{part}.png" for part in ("stored", "now", "difference")
    }


@pytest.mark.slow
def test_what_nbval_is_told_to_skip_is_not_looked_at(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "def pytest_collectstart(collector):\n"
        "    if hasattr(collector, 'skip_compare'):\n"
        "        collector.skip_compare += ('stderr',)\n"
    )
    told = "import sys\nprint(1)\nprint('/home/' + 'bob/x', file=sys.stderr)"
    write(tmp_path, a=notebook(cell(told, stream("1\n"), stream("/home/ada/x\n", STDERR))))
    assert guard(tmp_path).code == 0


@pytest.mark.slow
def test_any_figure_may_be_asked_for(tmp_path):
    source = "# NBGUARD_ANY_FIGURE\n" + FIGURE.format("1, 4, 9")
    write(tmp_path, a=notebook(cell(source, figure_shown("9, 4, 9"))))
    assert guard(tmp_path, "--nbguard-once").code == 0


def test_the_cells_after_a_death_say_who_died(tmp_path):
    cells = [
        cell("import os\nos.write(2, b'last words')\nos._exit(3)"),
        cell("print(1)", stream("1\n"), count=2),
    ]
    run = guard(write(tmp_path, a=notebook(*cells)), "--nbguard-once")
    died = "the kernel died in this cell (exit code 3); its last words: 'last words'"
    assert f"a.ipynb: cell 0 (In [1]) {died}" in run.said
    assert (
        f"a.ipynb: cell 1 (In [2]) was not run: {died.replace('this cell', 'cell 0')}" in run.said
    )


@pytest.mark.slow
def test_a_cell_that_takes_too_long_is_told(tmp_path):
    slow = notebook(cell("import time\nprint(1)\ntime.sleep(60)", stream("1\n")))
    run = guard(write(tmp_path, a=slow), "--nbguard-once", "--nbval-cell-timeout=2")
    assert run.code == 1
    assert "ran for more than 2 seconds" in run.said


@pytest.mark.slow
def test_in_parallel_each_notebook_stays_together(tmp_path):
    write(tmp_path, a=HEALTHY, b=HEALTHY, c=STRIPPED)
    run = guard(tmp_path, "-n", "2", "--dist", "loadscope")
    assert run.code == 1
    assert "c.ipynb: no cell was run before the notebook was stored" in run.said
    assert run.counts == "1 failed, 16 passed"


@pytest.mark.slow
def test_what_is_run_leaves_nothing_behind(tmp_path):
    write(tmp_path, a=HEALTHY, b=HEALTHY)
    before = (tmp_path / "a.ipynb").read_bytes()
    assert guard(tmp_path).code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.ipynb", "b.ipynb", "pytest.ini"]
    assert (tmp_path / "a.ipynb").read_bytes() == before


# --- updating -----------------------------------------------------------------------------------


def test_an_update_shows_what_changes_and_stores_it(tmp_path):
    stale = notebook(
        cell("print(1)\nprint(2)", stream("1\n3\n")),
        cell("# NBVAL_IGNORE_OUTPUT\nprint('now')", stream("then\n"), count=2),
        cell("print(4)", count=None),
    )
    write(tmp_path, a=stale)
    run = guard(tmp_path, how="--nbguard-update")
    assert run.code == 0
    assert "a.ipynb: what changes" in run.said
    assert [line for line in run.said.splitlines() if line[2:] in ("-3", "+2")] == ["  -3", "  +2"]
    texts = [one.outputs[0].text for one in read(tmp_path, "a").cells]
    assert texts == ["1\n2\n", "then\n", "4\n"]
    assert [one.execution_count for one in read(tmp_path, "a").cells] == [1, 2, 3]
    assert guard(tmp_path).code == 0
    assert "a.ipynb: no change" in guard(tmp_path, how="--nbguard-update").said


@pytest.mark.slow
def test_an_update_makes_figures_carry_their_data(tmp_path):
    write(tmp_path, a=notebook(cell(FIGURE.format("1, 4, 9"), figure_shown("1, 4, 9"))))
    run = guard(tmp_path, how="--nbguard-update")
    assert "figure: the same, stored with its data from now on" in run.said
    (output,) = read(tmp_path, "a").cells[0].outputs
    assert output.metadata["nbguard"]["figure"]["axes"][0]["drawn"][0]["line"].startswith("3 at ")
    stored = read(tmp_path, "a")
    stored.cells[0].source = FIGURE.format("1, 4, 8.5")
    run = guard(write(tmp_path, a=stored), "--nbguard-once")
    assert "has a point at" in run.said


@pytest.mark.slow
def test_a_cell_that_fails_stops_the_update(tmp_path):
    write(tmp_path, a=notebook(cell("print(1)", stream("2\n")), cell("1 / 0", count=2)))
    before = (tmp_path / "a.ipynb").read_bytes()
    run = guard(tmp_path, how="--nbguard-update")
    assert run.code == 1
    told = "a.ipynb: cell 1 (In [2]) raised ZeroDivisionError: division by zero; nothing was stored"
    assert told in run.said
    assert (tmp_path / "a.ipynb").read_bytes() == before


@pytest.mark.slow
def test_a_notebook_of_an_extension_carries_its_figures_data(tmp_path):
    source = "%load_ext nbguard\n" + FIGURE.format("1, 2, 3")
    write(tmp_path, a=notebook(cell(source, count=None)))
    assert guard(tmp_path, how="--nbguard-update").code == 0
    (output,) = read(tmp_path, "a").cells[0].outputs
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG")
    assert output.metadata["nbguard"]["figure"]["axes"]
