"""Answers to exercises, checked at once; hints, one more at each call."""

from __future__ import annotations

import difflib
import functools
import html
import importlib
import pkgutil
import random
import warnings
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError, InitError
from . import lessons, solving
from .attempts import brief
from .exercises import Exercise, NoFunction, NotTried, Wrong

NOT_TRIED, WRONG, RIGHT = "not tried", "wrong", "right"


@dataclass(frozen=True)
class Feedback:
    """What :func:`check` answers: ``status`` is "not tried", "wrong" or "right"."""

    id: str
    status: str
    message: str

    def __str__(self) -> str:
        return f"Exercise {self.id}, {self.status}: {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour, mark = {
            NOT_TRIED: ("#999999", "&#9675;"),
            WRONG: ("#D55E00", "&#10007;"),
            RIGHT: ("#009E73", "&#10003;"),
        }[self.status]
        return (
            f'<div style="border-left:4px solid {colour};padding:2px 10px">'
            f"<b>{mark} Exercise {self.id}, {self.status}:</b> {html.escape(self.message)}</div>"
        )


@dataclass(frozen=True)
class Hint:
    """One step of help."""

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


hints_given: dict[str, int] = {}


def check(id: str, answer: Any = ...) -> Feedback:
    """Says at once whether an answer is right, and if not, what was expected and what was found.

    Each call draws fresh shapes and names, so that only an answer which works in general passes.

    Args:
        id: the exercise, for instance ``"1.2"``; the number 1.2 serves as well.
        answer: a function or a value, as the exercise asks. The dots ``...`` mean not tried.

    Raises:
        ArgumentError: there is no such exercise.

    """
    exercise = find(id)
    id = exercise.id
    untouched = f"replace the dots in the cell above; hint({id!r}) helps."
    if answer is ... or answer is None:
        return Feedback(id, NOT_TRIED, untouched)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exercise.test(answer, random.Random())
    except NotTried:
        return Feedback(id, NOT_TRIED, untouched)
    except NoFunction as problem:
        how = f'check("{id}", {exercise.function})'
        return Feedback(
            id, WRONG, f"a function is asked for, but the answer is {problem}: {how} hands it over."
        )
    except (Wrong, InitError) as problem:
        return Feedback(id, WRONG, str(problem))
    except Exception as error:
        what = f"{type(error).__name__}: {brief(error)}"
        return Feedback(id, WRONG, f"the check cannot work with what your function returns: {what}")
    solving.record(id)
    return Feedback(id, RIGHT, exercise.praise)


def hint(id: str) -> Hint:
    """Gives one hint more at each call; after the last one, the last again."""
    exercise = find(id)
    id, hints = exercise.id, exercise.hints
    number = min(hints_given.get(id, 0) + 1, len(hints))
    hints_given[id] = number
    return Hint(f"Hint {number} of {len(hints)}: {hints[number - 1]}")


def find(id: str) -> Exercise:
    """The exercise of that id; raises ArgumentError where there is none."""
    exercises = all_exercises()
    if str(id) not in exercises:
        near = difflib.get_close_matches(str(id), exercises, cutoff=0.3) or list(exercises)
        raise ArgumentError(f"id is {id!r}, and there is no such exercise: try {', '.join(near)}.")
    return exercises[str(id)]


@functools.cache
def all_exercises() -> dict[str, Exercise]:
    """Every exercise of the course, by its id."""
    names = [module.name for module in pkgutil.iter_modules(lessons.__path__)]
    found = [
        one
        for name in names
        for one in importlib.import_module(f"{lessons.__name__}.{name}").EXERCISES
    ]
    return {exercise.id: exercise for exercise in found}
