"""Every place at which MXNet's Python raises, asserts or warns, in the modules that users meet."""

import ast
import re
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import NamedTuple

import mxnet as mx

ROOT = Path(mx.__file__).parent
MODULES = [
    "autograd.py",
    "initializer.py",
    "metric.py",
    "model.py",
    *(f"gluon/{name}.py" for name in ("block", "loss", "parameter", "trainer", "utils")),
    *(
        path.relative_to(ROOT).as_posix()
        for folder in ("gluon/nn", "gluon/rnn", "io", "module")
        for path in sorted((ROOT / folder).glob("*.py"))
    ),
]
_WARNS = re.compile(r"(?:warnings\.warn|logging\.warn(?:ing)?|(?:self\.)?logger\.warn(?:ing)?)$")


class Place(NamedTuple):
    """A statement: the second ``raise`` of a function, say, counted from 1."""

    file: str
    function: str
    kind: str  # raise, assert, warn
    number: int

    def __str__(self):
        return f"{self.file} {self.function} {self.kind} {self.number}"


@cache
def places():
    """All of them: each with the statement's source and its lines."""
    return {place: found for module in MODULES for place, found in _in_module(module)}


def _in_module(module):
    counted = {}
    for function, kind, node in _statements(ast.parse((ROOT / module).read_text("utf-8")), ()):
        counted[function, kind] = counted.get((function, kind), 0) + 1
        place = Place(module, function, kind, counted[function, kind])
        yield place, (ast.unparse(node), range(node.lineno, node.end_lineno + 1))


def _statements(node, names):
    for child in ast.iter_child_nodes(node):
        inside = (
            (*names, child.name) if hasattr(child, "body") and hasattr(child, "name") else names
        )
        function = ".".join(name for name in inside if name)
        if isinstance(child, (ast.Raise, ast.Assert)):
            yield function, type(child).__name__.lower(), child
        elif isinstance(child, ast.Call) and _WARNS.match(ast.unparse(child.func)):
            yield function, "warn", child
        yield from _statements(child, inside)


def place_of(error):
    """Where an error was raised, as text: a place, or the C++ file; "" where it is neither."""
    frames = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    file, line = frames[-1]
    if Path(file).is_relative_to(ROOT / "base.py") or "_ffi" in file:
        source = re.search(r"src/[\w/.-]+?\.(?:cc|h|cu)\b", str(error))
        return f"C side, {source[0]}" if source else "C side"
    return _at(file, line)


def place_of_warning():
    """The same for the warning that is just being given; called by what stands in for ``warn``."""
    frame = sys._getframe(2)
    return _at(frame.f_code.co_filename, frame.f_lineno)


def _at(file, line):
    if not Path(file).is_relative_to(ROOT):
        return ""
    module = Path(file).relative_to(ROOT).as_posix()
    found = [p for p, (_, lines) in places().items() if p.file == module and line in lines]
    return str(found[-1]) if found else ""
