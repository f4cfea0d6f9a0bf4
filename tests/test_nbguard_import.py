"""nbguard is a distribution of its own that costs nothing where nobody asks for it."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from nbguard_traps import HEALTHY, TRAPS

ROOT = Path(__file__).parent.parent
HEAVY = ["numpy", "mxnet", "gluon_init", "nbformat", "nbval", "nbclient", "IPython", "PIL", "zmq"]
LOOK = f"""
import sys
hooks, finders = list(sys.meta_path), list(sys.path_hooks)
import nbguard, nbguard.plugin, nbguard.options
assert sys.meta_path == hooks and sys.path_hooks == finders, sys.meta_path
print([name for name in {HEAVY} if name in sys.modules])
"""


def run(*command, folder=ROOT):
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False
    )


def test_importing_it_brings_in_nothing_heavy_and_no_import_hook(tmp_path):
    done = run("-c", LOOK, folder=tmp_path)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_library_and_the_guard_import_nothing_of_one_another():
    guard = "\n".join(file.read_text() for file in (ROOT / "nbguard" / "src").rglob("*.py"))
    library = "\n".join(file.read_text() for file in (ROOT / "gluon_init").rglob("*.py"))
    assert "gluon_init" not in guard
    assert "mxnet" not in guard.lower().replace("mxnet_", "")
    assert "nbguard" not in library


def test_its_distribution_does_not_ask_for_mxnet():
    wanted = importlib.metadata.requires("nbguard")
    assert any(one.startswith("nbval") for one in wanted)
    assert not any(one.lower().startswith(("mxnet", "numpy", "gluon")) for one in wanted)
    entries = importlib.metadata.entry_points(group="pytest11")
    assert "nbguard.plugin" in {entry.value for entry in entries}


@pytest.mark.parametrize("trap", [TRAPS[0], HEALTHY[0]], ids=lambda trap: trap.name)
def test_it_adds_nothing_to_a_run_that_does_not_ask_for_it(trap, tmp_path):
    trap.write(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = ["-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist", "--nbval", "."]
    runs = [run(*command, *more, folder=tmp_path).stdout for more in ([], ["-p", "no:nbguard"])]
    told = [
        [line for line in text.splitlines() if "plugins:" not in line and " in " not in line]
        for text in runs
    ]
    assert told[0] == told[1]
    assert f"{len(trap.make()['trap.ipynb'].cells)} passed" in runs[0]
