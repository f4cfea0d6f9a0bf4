"""Answers of synthetic students, which a teacher writes beside an assignment for the gate.

``gate/ASSIGNMENT.py`` has cells in percent format, each a whole cell of the assignment::

    # %% second: CELL
    # %% wrong: CELL: what is wrong with it
    # %% must fail: TEST CELL

A ``must fail`` is code that raises when it stands behind that test, whatever the student's answer
is: grading uses it in secret. The text of a markdown cell stands behind ``#`` in each line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ArgumentError

_HEADING = re.compile(r"# %% (second|wrong|must fail): ([\w.-]+)(?:: (.+))?$")


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: the cell, what is wrong, and its text."""

    cell: str
    what: str
    source: str


@dataclass(frozen=True)
class Variants:
    """What ``gate/ASSIGNMENT.py`` holds.

    Attributes:
        second: a second solution's cells, by identifier.
        wrong: wrong answers, in order.
        must_fail: code that must raise, by the test cell that it goes behind.

    """

    second: dict[str, str] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()
    must_fail: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, course: Path, assignment: str) -> Variants:
        """Those of a course's assignment; none where there is no file."""
        path = course / "gate" / f"{assignment}.py"
        return cls.read(path.read_text(encoding="utf-8"), path.name) if path.exists() else cls()

    @classmethod
    def read(cls, text: str, name: str) -> Variants:
        """Those in a text; ``name`` is what errors call it."""
        second: dict[str, str] = {}
        wrong: list[Wrong] = []
        must_fail: dict[str, list[str]] = defaultdict(list)
        for heading, source in _cells(text):
            match = _HEADING.match(heading)
            if match is None:
                raise ArgumentError(
                    f"gate/{name} has the heading {heading!r}; these are known: '# %% second: "
                    "CELL', '# %% wrong: CELL: what is wrong', '# %% must fail: TEST CELL'."
                )
            kind, cell, what = match.groups()
            if kind == "second":
                second[cell] = source
            elif kind == "wrong":
                wrong.append(Wrong(cell, what or f"answer {len(wrong) + 1}", source))
            else:
                must_fail[cell].append(source)
        return cls(second, tuple(wrong), dict(must_fail))


def _cells(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^(# %%.*)$", text, flags=re.MULTILINE)
    heads, bodies = parts[1::2], parts[2::2]
    return [(head.strip(), _content(body)) for head, body in zip(heads, bodies, strict=True)]


def _content(body: str) -> str:
    lines = body.strip().splitlines()
    if all(line.startswith("#") for line in lines):
        return "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    return "\n".join(lines)
