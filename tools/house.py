"""The library's rooms and floors, read from the code: `make readme` writes them into the README.

A room is a package or a module directly under `gluon_init/`. What it is for, what it never does and
where to begin stands in its docstring; what it leans on are its imports.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "gluon_init"
README = ROOT / "README.md"
BEGIN, END = "<!-- rooms: made by `make readme` -->", "<!-- end of rooms -->"

FLOORS = [
    ("errors", "_compat", "results"),
    ("_arguments", "_fork", "devices", "_doctor"),
    ("_gluon",),
    ("shapes", "drawing", "tying", "auxiliary", "signals", "labels"),
    ("initializers", "watching"),
    ("forcing", "distributions", "explaining", "plots"),
    ("course", "classroom"),
    ("__main__",),
]
"""From the ground up: a room imports from its own floor and from those below it."""

Name = tuple[str, ...]


def files() -> list[Path]:
    """The library's modules, without the root's own."""
    return sorted(file for file in LIBRARY.rglob("*.py") if file != LIBRARY / "__init__.py")


def name_of(file: Path) -> Name:
    """``gluon_init/shapes/flow.py`` → ``("shapes", "flow")``; a package has its own name."""
    parts = file.relative_to(LIBRARY).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


@functools.cache
def modules() -> dict[Name, Path]:
    """All modules of the library by name."""
    return {name_of(file): file for file in files()}


def imported(file: Path) -> Iterator[Name]:
    """The modules of the library that a file imports by ``from``, anywhere in it."""
    known = modules()
    here = file.relative_to(LIBRARY).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        inside = tuple(node.module.split(".") if node.module else ())
        if node.level:
            target = (*here[: len(here) - node.level + 1], *inside)
        elif inside[:1] == ("gluon_init",):
            target = inside[1:]
        else:
            continue
        for alias in node.names:
            module = (*target, alias.name)
            yield module if module in known else target


def purpose_of(room: str) -> str:
    """What the room is for: of a package the whole docstring, of a module its first paragraph."""
    package = LIBRARY / room / "__init__.py"
    file = package if package.exists() else LIBRARY / f"{room}.py"
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    whole = text if package.exists() else text.partition("\n\n")[0]
    return " ".join(whole.split()).replace("``", "`").replace(":mod:`.", "`")


def leans_on(room: str) -> list[str]:
    """The rooms that it imports from."""
    own = [file for name, file in modules().items() if name[0] == room]
    rooms = {target[0] for file in own for target in imported(file) if target}
    return sorted(rooms & {one for floor in FLOORS for one in floor} - {room})


def floors_text() -> str:
    """The floors as text, the ground at the bottom."""
    lines = [f"{number}  {'   '.join(rooms)}" for number, rooms in enumerate(FLOORS, 1)]
    return "\n".join(reversed(lines))


def section() -> str:
    """What stands in the README between the two marks."""
    rows = ["| room | what it is for | leans on |", "|---|---|---|"]
    for floor in reversed(FLOORS):
        for room in floor:
            below = ", ".join(f"`{one}`" for one in leans_on(room)) or "nothing"
            rows.append(f"| `{room}` | {purpose_of(room)} | {below} |")
    return f"{BEGIN}\n```\n{floors_text()}\n```\n\n" + "\n".join(rows) + f"\n{END}"


def updated(text: str) -> str:
    """The README with the section as it is now."""
    before, _, rest = text.partition(BEGIN)
    return before + section() + rest.partition(END)[2]


if __name__ == "__main__":
    README.write_text(updated(README.read_text()))
