"""Finds shown numbers that lie close to an edge: where a bit more or less gives another text.

A trained accuracy of 0.7999 beyond which a cell says "learns", or a 1.535 that is shown with two
digits, may be the same on two processors and fall on the other side on a third. In a kernel where
:func:`install` was called, each cell rounds and compares its numbers three times: as they are, and
a bit larger and smaller, by :data:`SIZE`. Where these disagree, the cell goes on with
the other answer, so that its text becomes another one.

What is nudged: floats that are formatted (``f"{x:.2f}"``), rounded (``round(x, 2)``,
``x.round(2)``) or compared by ``<``, ``<=``, ``>``, ``>=`` in the cell itself; NumPy's arrays as
well, each number on its own. Not nudged: whole numbers, ``==``, and what the library itself shows.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

# float32 has seven digits. The order of a sum changes the last one or two, a few steps of training
# one or two more. An exact number of four digits, such as 29.17 for 175/6, must still pass.
SIZE = 3e-5
_SHOW, _ROUND, _ROUND_METHOD, _COMPARE = (
    f"__nudged_{name}__" for name in ("format", "round", "method", "compare")
)
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__",
}  # fmt: skip


def install() -> None:
    """Makes the IPython kernel of this process nudge in all cells to come."""
    from IPython import get_ipython

    for name, function in functions().items():
        setattr(builtins, name, function)
    get_ipython().ast_transformers.append(Nudge())


class Nudge(ast.NodeTransformer):
    """Puts the functions of this module where a cell formats, rounds or compares."""

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """``f"{x:.2f}"``."""
        self.generic_visit(node)
        if node.format_spec is None or node.conversion != -1:
            return node
        text = _call(_SHOW, node.value, node.format_spec)
        return ast.copy_location(ast.FormattedValue(text, -1, None), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``round(x, 2)`` and ``x.round(2)``."""
        self.generic_visit(node)
        function = node.func
        if node.keywords:
            return node
        if isinstance(function, ast.Name) and function.id == "round":
            return ast.copy_location(_call(_ROUND, *node.args), node)
        if isinstance(function, ast.Attribute) and function.attr == "round":
            return ast.copy_location(_call(_ROUND_METHOD, function.value, *node.args), node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """``x < 0.5``; not a chain of several."""
        self.generic_visit(node)
        name = _OPERATORS.get(type(node.ops[0]))
        if name is None or len(node.ops) > 1:
            return node
        call = _call(_COMPARE, node.left, ast.Constant(name), node.comparators[0])
        return ast.copy_location(call, node)


def other_if_near(value: Any, answer: Callable[[Any], Any]) -> Any:
    """Returns ``answer(value)``, or another answer where a slightly different value gives one."""
    plain = answer(value)
    for sign in (1, -1):
        nudged = _nudged(value, sign * SIZE)
        if nudged is None:
            return plain
        other = answer(nudged)
        if not np.array_equal(plain, other):
            return other
    return plain


def _nudged(value: Any, size: float) -> Any:
    """The value, a bit larger or smaller; None where it is not made of floats."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        sizes = size * np.random.default_rng(0).uniform(-1, 1, value.shape)
        return (value * (1 + sizes)).astype(value.dtype)
    if isinstance(value, (float, np.floating)):
        return type(value)(value * (1 + size))
    return None


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
    return ast.fix_missing_locations(call)


def functions() -> dict[str, Callable[..., Any]]:
    """What the transformed cells call, by name."""
    return {
        _SHOW: lambda value, spec: other_if_near(value, lambda number: format(number, spec)),
        _ROUND: lambda value, *digits: other_if_near(value, lambda number: round(number, *digits)),
        _ROUND_METHOD: lambda value, *digits: other_if_near(
            value, lambda number: number.round(*digits)
        ),
        _COMPARE: lambda left, name, right: other_if_near(left, _comparison(name, right)),
    }


def _comparison(name: str, right: Any) -> Callable[[Any], Any]:
    """A function of the left side. Python's own protocol, so that arrays are compared as ever."""
    return lambda left: getattr(operator, name)(left, right)
