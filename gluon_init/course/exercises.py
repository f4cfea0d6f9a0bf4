"""What an exercise is, and what its check needs: calling an answer, showing a value, refusing."""

from __future__ import annotations

import ast
import inspect
import random
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from .attempts import brief, in_lines


class _Verdict(Exception):
    """What a test says of an answer: shown in a notebook as its sentence, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks for it; the lines of the test would only stand in the way.
        return in_lines(str(self)).splitlines()


class NotTried(_Verdict):
    """Raised by a check that meets an untouched stub."""

    def __init__(
        self, message: str = "Not tried yet: put your answer in place of the dots."
    ) -> None:
        super().__init__(message)


class Wrong(_Verdict):
    """Raised by a check; its message says what was expected and what was found."""


class NoFunction(Wrong):
    """Raised by a check that was handed something else than the function; says what it is."""


@dataclass(frozen=True)
class Exercise:
    """One exercise. ``test`` raises :class:`Wrong` or :class:`NotTried`, or returns.

    ``function`` is the name of the stub in the lesson.
    """

    id: str
    hints: Sequence[str]
    test: Callable[[Any, random.Random], None]
    praise: str
    function: str


def call(answer: Any, *arguments: Any, returns: str = "a value") -> Any:
    """Calls the learner's function and returns what it returns.

    Raises NotTried for a stub, NoFunction for what is no function, and Wrong where the function
    raises, or where nothing is returned, unless ``returns`` is "".
    """
    if not callable(answer) or isinstance(answer, (gluon.Block, mx.init.Initializer)):
        raise NoFunction(shown(answer))
    if _is_stub(answer):
        raise NotTried
    try:
        result = answer(*arguments)
    except (NotTried, Wrong):
        raise
    except Exception as error:
        raise Wrong(f"your code raised {type(error).__name__}: {brief(error)}") from None
    if result is ...:
        raise NotTried
    if result is None and returns:
        raise Wrong(
            f"{returns} is asked for, but your function returned None: is there a return in it?"
        )
    return result


def shown(value: Any) -> str:
    """A value as a message can say it: without addresses, and not longer than a line."""
    if isinstance(value, mx.nd.NDArray):
        return f"an NDArray of shape {value.shape}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    written = repr(value)
    short = len(written) <= 70 and "\n" not in written and not re.search(r"\b0x[0-9a-f]+", written)
    if short and not isinstance(value, (gluon.Block, mx.init.Initializer)):
        return written
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"


def plain(value: Any) -> Any:
    """Arrays as numbers and lists, whatever holds them; all else as it is."""
    if isinstance(value, mx.nd.NDArray):
        value = value.asnumpy()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value)) if type(value) in (list, tuple) else value
    return value


def listed(value: Any) -> list[Any] | None:
    """What a list, an array, a set or an iterator holds, plain; None for all else."""
    value = plain(value)
    if isinstance(value, (str, bytes, dict, gluon.Block)) or not isinstance(value, Iterable):
        return None
    return [plain(one) for one in value]


def number(value: Any) -> float | None:
    """One number, also out of an array or list of one; None for all else."""
    value = plain(value)
    while isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return None


def _is_stub(function: Any) -> bool:
    """Whether the body does nothing, as ``...`` or ``pass``, going by its source."""
    if not inspect.isfunction(function):
        return False
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # no source, or a part of an expression
        return False
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
        or (isinstance(node, ast.FunctionDef) and node.name == function.__name__)
    ]
    bodies = [node.body for node in functions]
    return bool(bodies) and all(map(_does_nothing, bodies))


def _does_nothing(body: Any) -> bool:
    """Whether statements, or the expression of a lambda, are dots, ``pass`` or a docstring."""
    if isinstance(body, list):
        return all(
            isinstance(one, ast.Pass)
            or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
            for one in body
        )
    return isinstance(body, ast.Constant) and body.value in (None, ...)


def expect(truth: Any, message: str) -> None:
    """Raises Wrong with the message unless ``truth`` holds."""
    if not truth:
        raise Wrong(message)


def initializer_class(answer: Any) -> Any:
    """The class that was handed in, or that the learner's function returns; Wrong for another."""
    kind = answer if isinstance(answer, type) else call(answer, returns="a class")
    expect(
        isinstance(kind, type) and issubclass(kind, mx.init.Initializer),
        f"a class derived from mx.init.Initializer is asked for, but you returned {shown(kind)}.",
    )
    return kind
