"""Mutation testing of the library, room by room: ``make mutants``, NAMES=labels for one room.

mutmut changes one thing at a time in a copy of the library and runs the room's tests: those that
notice have caught the mutant. It needs minutes for each room, so it is not part of ``make check``.
The scores go to ``benchmarks/mutants.md``, the mutants that live to ``.mutants/ROOM.txt``.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".mutants"
FILE = ROOT / "benchmarks" / "mutants.md"
UV = Path(sys.executable).with_name("uv")
WANTED = 0.85
CAUGHT = (1, 3)  # pytest's exit codes: a test failed, or could not even be collected
_EXPLAINING = (ROOT / "tests").glob("test_explaining*.py")
# The tests of each public room, besides tests/test_said_ROOM.py.
ROOMS = {
    "shapes": ["shapes", "shapes_misfits", "shapes_strict"],
    "tying": ["tying", "loading", "loading_kinds", "shares"],
    "auxiliary": ["auxiliary", "freezing", "losses", "several_inputs"],
    "signals": ["signals"],
    "labels": ["labels"],
    "initializers": ["initializers", "print_init", "seeding"],
    "watching": ["states", "states_initializers", "tracing"],
    "forcing": ["forcing", "forcing_failures", "forcing_processes", "forcing_values"],
    "distributions": ["distributions", "distributions_wrong"],
    "explaining": sorted(file.stem.removeprefix("test_") for file in _EXPLAINING),
}
_SETTINGS = """
[tool.mutmut]
source_paths = ["gluon_init"]
only_mutate = ["gluon_init/{room}/*"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not slow",
    "--hypothesis-profile=mutants", "-p", "mutants_in_copies"]
also_copy = ["gluon_init", "tests", "tools", "conftest.py", "nbguard", "README.md"]
use_setproctitle = false
"""
_HEAD = """# Do the tests notice a changed library?

`make mutants` changes one thing at a time in each public room (mutmut {version}) and runs its
tests; a mutant that none of them notices lives. Wanted: {wanted:.0%} of each room caught.

"""


@dataclass(frozen=True)
class Mutant:
    """One change, and whether a test noticed it."""

    place: str
    caught: bool
    before: str
    after: str


def tests_of(room: str) -> list[str]:
    """The test files of a room that are there."""
    files = [f"tests/test_{name}.py" for name in [*ROOMS[room], f"said_{room}"]]
    return [file for file in files if (ROOT / file).exists()]


def mutate(room: str) -> list[Mutant]:
    """Runs mutmut on one room, in a clone of what is committed."""
    clone = FOLDER / room
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    settings = clone / "pyproject.toml"
    text = settings.read_text() + _SETTINGS.format(room=room, tests=json.dumps(tests_of(room)))
    settings.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(FOLDER / "site")}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "2"]
    file = FOLDER / f"{room}.log"
    with file.open("w") as log:
        done = subprocess.run(command, cwd=clone, env=environment, stdout=log, stderr=log)
    if done.returncode:
        sys.exit(f"make mutants: {room}: mutmut ended with {done.returncode}; {file} says why.")
    files = (clone / "mutants" / "gluon_init" / room).rglob("*.meta")
    return [mutant for file in sorted(files) for mutant in read(file)]


def read(meta: Path) -> list[Mutant]:
    """The mutants of one file, from what mutmut has written beside it."""
    codes = json.loads(meta.read_text())["exit_code_by_key"]
    source = meta.with_suffix("").read_text()
    lines = source.splitlines()
    body = {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name
    }
    found = []
    for key, code in codes.items():
        name = key.rpartition(".")[2]
        original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", name)
        before, after = changed(body.get(original, []), body.get(name, []))
        place = f"{meta.with_suffix('').name}, {name.replace('__mutmut_', ' ')}"
        found.append(Mutant(place, code in CAUGHT, before, after))
    return found


def changed(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines in which a mutant differs, each side in one line; not its name."""
    lines = [line for line in difflib.ndiff(before, after) if "__mutmut_" not in line]
    sides = ([line[2:].strip() for line in lines if line.startswith(mark)] for mark in "-+")
    one, other = (" ".join(side) for side in sides)
    return one, other


def main(names: list[str]) -> int:
    """Writes the scores; returns the exit code."""
    unknown = sorted(set(names) - set(ROOMS))
    if unknown:
        sys.exit(f"make mutants: NAMES has {unknown}, but the rooms are {list(ROOMS)}.")
    FOLDER.mkdir(exist_ok=True)
    install = [UV, "pip", "install", "--quiet", "--target", FOLDER / "site", "mutmut"]
    subprocess.run(install, check=True)
    shutil.copy(Path(__file__).with_name("mutants_in_copies.py"), FOLDER / "site")
    rows = []
    for room in names or ROOMS:
        mutants = mutate(room)
        alive = [one for one in mutants if not one.caught]
        told = "".join(f"{one.place}\n  - {one.before}\n  + {one.after}\n" for one in alive)
        (FOLDER / f"{room}.txt").write_text(told, "utf-8")
        share = 1 - len(alive) / max(len(mutants), 1)
        rows.append([room, len(mutants), len(mutants) - len(alive), f"{share:.0%}"])
        print(*rows[-1], flush=True)
    if not names:
        (version,) = (FOLDER / "site").glob("mutmut-*.dist-info")
        head = _HEAD.format(version=version.name.split("-")[1], wanted=WANTED)
        table = tabulate(rows, ["room", "mutants", "caught", "score"], tablefmt="github")
        FILE.write_text(f"{head}{table}\n", "utf-8")
    return int(any(row[1] == 0 or row[2] < WANTED * row[1] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
