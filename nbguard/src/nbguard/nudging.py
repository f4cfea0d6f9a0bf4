"""Finds shown numbers that lie close to an edge: where a bit more or less gives another text.

A trained accuracy of 0.7999 beyond which a cell says "learns", or a 1.535 that is shown with two
digits, may be the same on two processors and fall on the other side on a third. In a kernel where
:func:`install` was called, each cell rounds and compares its numbers three times: as they are, and
a bit larger and smaller. Where these disagree, the cell goes on with the other answer, so that its
text becomes another one.

What is nudged: floats that are formatted (``f"{x:.2f}"``, ``format(x, ".2f")``, ``"%.2f" % x``,
``"{:.2f}".format(x)``), rounded (``round(x, 2)``, ``x.round(2)``) or compared by ``<``, ``<=``,
``>``, ``>=`` in the cell itself; NumPy's arrays as well, each number on its own. Not nudged: whole
numbers, ``==``, and what a library formats by itself.

This file is sent to kernels as text, so it imports the standard library alone.
"""

from __future__ import annotations

import ast
import builtins
import operator
import struct
import sys
from collections.abc import Callable
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple


class Nudging(NamedTuple):
    """How large a bit is.

    Attributes:
        single: relative size for numbers of single precision, and those that come from it. float32
            has seven digits; the order of a sum changes the last one or two, a few steps of
            training one or two more. An exact number of four digits, such as 29.17 for 175/6, must
            still pass.
        double: the same for a number of double precision.
        doubles: the same for each number of an array of double precision.
        cap: the greatest size, in units of the last digit shown.
        exact: whether a number that lies on the very edge counts, such as 0.5 in ``x >= 0.5``.

    """

    single: float
    double: float
    doubles: float
    cap: float
    exact: bool


STRICT = Nudging(3e-5, 3e-5, 3e-5, cap=float("inf"), exact=True)
"""For those who choose the numbers that they show."""
LIKELY = Nudging(3e-5, 1e-6, 1e-9, cap=1 / 200, exact=False)
"""For anybody's notebook: an edge that another processor may really cross."""
KINDS = {"strict": STRICT, "likely": LIKELY}

_SHOW, _ROUND, _ROUND_METHOD, _COMPARE, _PERCENT, _FORMAT = (
    f"__nudged_{name}__" for name in ("show", "round", "method", "compare", "percent", "format")
)
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__",
}  # fmt: skip


def install(shell: Any, kind: str) -> None:
    """Makes the IPython kernel of this process nudge in all cells to come."""
    for name, function in functions(KINDS[kind]).items():
        setattr(builtins, name, function)
    shell.ast_transformers.append(Nudge())


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
        """``round(x, 2)``, ``x.round(2)``, ``format(x, ".2f")`` and ``"{:.2f}".format(x)``."""
        self.generic_visit(node)
        replaced = self._replaced(node)
        return node if replaced is None else ast.copy_location(replaced, node)

    def _replaced(self, node: ast.Call) -> ast.Call | None:
        function = node.func
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            return None
        if isinstance(function, ast.Name) and function.id == "round":
            return _call(_ROUND, *node.args)
        if isinstance(function, ast.Name) and function.id == "format" and len(node.args) == 2:
            return _call(_SHOW, *node.args)
        if not isinstance(function, ast.Attribute):
            return None
        if function.attr == "round":
            return _call(_ROUND_METHOD, function.value, *node.args)
        if function.attr == "format" and _is_text(function.value):
            return _call(_FORMAT, function.value, *node.args)
        return None

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """``"%.2f" % x``."""
        self.generic_visit(node)
        if not (isinstance(node.op, ast.Mod) and _is_text(node.left)):
            return node
        return ast.copy_location(_call(_PERCENT, node.left, node.right), node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """``x < 0.5``; not a chain of several."""
        self.generic_visit(node)
        name = _OPERATORS.get(type(node.ops[0]))
        if name is None or len(node.ops) > 1:
            return node
        call = _call(_COMPARE, node.left, ast.Constant(name), node.comparators[0])
        return ast.copy_location(call, node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
    return ast.fix_missing_locations(call)


def functions(kind: Nudging = STRICT) -> dict[str, Callable[..., Any]]:
    """What the transformed cells call, by name."""

    def shown(value: Any, answer: Callable[[Any], Any]) -> Any:
        return other_if_near(value, answer, kind)

    def several(values: tuple[Any, ...], answer: Callable[..., Any]) -> Any:
        """One number after the other is nudged, the rest stay as they are."""
        for number, value in enumerate(values):
            before, after = values[:number], values[number + 1 :]
            other = shown(value, lambda one, b=before, a=after: answer(*b, one, *a))  # type: ignore[misc]
            if other != answer(*values):
                return other
        return answer(*values)

    def percent(text: str, right: Any) -> str:
        if isinstance(right, tuple):
            return str(several(right, lambda *values: text % values))
        return str(shown(right, lambda value: text % value))

    def compare(left: Any, name: str, right: Any) -> Any:
        def answer(value: Any) -> Any:
            return getattr(operator, name)(value, right)

        if kind.exact:
            return shown(left, answer)
        if _is_array(left):
            return sys.modules["numpy"].where(left == right, answer(left), shown(left, answer))
        on_the_edge = isinstance(left, Real) and isinstance(right, Real) and left == right
        return answer(left) if on_the_edge else shown(left, answer)

    return {
        _SHOW: lambda value, spec: shown(value, lambda number: format(number, spec)),
        _ROUND: lambda value, *digits: shown(value, lambda number: round(number, *digits)),
        _ROUND_METHOD: lambda value, *digits: shown(value, lambda number: number.round(*digits)),
        _FORMAT: lambda text, *values: several(values, text.format) if values else text.format(),
        _PERCENT: percent,
        _COMPARE: compare,
    }


def other_if_near(value: Any, answer: Callable[[Any], Any], kind: Nudging = STRICT) -> Any:
    """Returns ``answer(value)``, or another answer where a slightly different value gives one."""
    plain = answer(value)
    size = _size(value, kind)
    if size is None:
        return plain
    if not _is_array(value):
        unit = _last_digit(plain)
        if unit is not None and not kind.exact and _is_halfway(value, unit):
            return plain
        if unit is not None and value:
            size = min(size, kind.cap * float(unit) / abs(float(value)))
    for sign in (1, -1):
        other = answer(_nudged(value, sign * size))
        if not _same(plain, other):
            return other
    return plain


def _size(value: Any, kind: Nudging) -> float | None:
    """How large a bit is for this value; None where it is not made of floats."""
    np = sys.modules.get("numpy")
    if _is_array(value):
        if value.dtype.kind != "f":
            return None
        return kind.single if value.dtype.itemsize <= 4 else kind.doubles
    if np is not None and isinstance(value, np.floating) and value.dtype.itemsize <= 4:
        return kind.single
    if isinstance(value, float):
        return kind.single if _comes_from_single(value) else kind.double
    return None


def _comes_from_single(value: float) -> bool:
    """Whether single precision holds this number as it is."""
    try:
        return bool(struct.unpack("f", struct.pack("f", value))[0] == value)
    except OverflowError:
        return False


def _nudged(value: Any, size: float) -> Any:
    """The value, a bit larger or smaller."""
    if _is_array(value):
        np = sys.modules["numpy"]
        sizes = size * np.random.default_rng(0).uniform(-1, 1, value.shape)
        return (value * (1 + sizes)).astype(value.dtype)
    return type(value)(value * (1 + size))


def _last_digit(shown: Any) -> Decimal | None:
    """What the last digit of a shown number stands for: 0.01 for 1.53; None where it is none."""
    if isinstance(shown, bool):
        return None
    try:
        exponent = Decimal(str(shown).strip().replace(",", "")).as_tuple().exponent
    except ArithmeticError:
        return None
    return Decimal(10) ** exponent if isinstance(exponent, int) else None


def _is_halfway(value: Any, unit: Decimal) -> bool:
    """Whether a number lies on the very edge, as 0.25 does where one digit is shown."""
    return abs(Decimal(float(value)) / unit) % 1 == Decimal("0.5")


def _is_array(value: Any) -> bool:
    np = sys.modules.get("numpy")
    return np is not None and isinstance(value, np.ndarray)


def _same(one: Any, other: Any) -> bool:
    np = sys.modules.get("numpy")
    return bool(np.array_equal(one, other)) if np is not None else bool(one == other)


if "NBGUARD_NUDGE" in globals():  # sent to a kernel
    from IPython import get_ipython

    install(get_ipython(), globals()["NBGUARD_NUDGE"])
