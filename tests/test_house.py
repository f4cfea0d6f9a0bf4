"""How the library is built, held so: floors, one seam to Gluon, rooms with their sentences."""

import ast
from pathlib import Path

import gluon_init as gi

import pytest

LIBRARY = Path(gi.__file__).parent
ROOT = LIBRARY.parent

FLOORS = [
    ("errors", "_compat", "results"),
    ("_arguments", "_fork", "devices", "_doctor"),
    ("_gluon",),
    ("shapes", "drawing", "tying", "auxiliary", "signals", "labels"),
    ("initializers", "watching"),
    ("forcing", "distributions", "explaining", "plots"),
    ("course",),
    ("classroom",),
    ("__main__",),
]
"""From the ground up: a room imports from its own floor and from those below it."""
FLOOR = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}

FILES = sorted(file for file in LIBRARY.rglob("*.py") if file != LIBRARY / "__init__.py")


def name_of(file):
    parts = file.relative_to(LIBRARY).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {name_of(file): file for file in FILES}


def imported(file):
    """The modules of the library that a file imports, anywhere in it, as tuples of names."""
    here = file.relative_to(LIBRARY).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level + 1]
            target = (*base, *(node.module.split(".") if node.module else ()))
            for alias in node.names:
                full = (*target, alias.name)
                yield full if full in MODULES else target


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(name_of(file)))
def test_imports_run_down(file):
    room = name_of(file)[0]
    assert room in FLOOR, f"{room} has no floor: give it one in FLOORS"
    climbing = {
        ".".join(target)
        for target in imported(file)
        if target and target[0] in FLOOR and FLOOR[target[0]] > FLOOR[room]
    }
    assert climbing == set(), f"{file.relative_to(ROOT)} climbs to {sorted(climbing)}"


def circles(graph):
    """Groups of names that import one another, however deferred."""
    found, index, low, stack = [], {}, {}, []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in graph[name]:
            if target not in index:
                visit(target)
            if target in stack:
                low[name] = min(low[name], low[target])
        if low[name] == index[name]:
            at = stack.index(name)
            group = stack[at:]
            del stack[at:]
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_no_modules_import_one_another():
    """A room's ``__init__`` hands on names and is left out: who imports the room, imports it."""
    inside = {name for name in MODULES if MODULES[name].name != "__init__.py"}
    graph = {
        name: {target for target in imported(MODULES[name]) if target in inside} for name in inside
    }
    assert circles(graph) == []


def test_no_rooms_import_one_another():
    graph = {room: set() for room in FLOOR}
    for name, file in MODULES.items():
        graph[name[0]] |= {t[0] for t in imported(file) if t and t[0] in graph} - {name[0]}
    assert circles(graph) == []
