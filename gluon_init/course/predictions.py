"""Guesses, written down before the cell that settles them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from .attempts import in_lines

_NO_GUESS = (None, ...)


class Prediction:
    """A guess that waits for its answer. Settle it with :meth:`settle`."""

    def __init__(self, question: str, guess: Any) -> None:
        self.question = question
        self.guess = guess

    @property
    def made(self) -> bool:
        """Whether a guess has been put in place of the dots."""
        return not any(self.guess is nothing for nothing in _NO_GUESS)

    def settle(self, answer: Any, also: Sequence[Any] = ()) -> Settled:
        """Returns guess and answer side by side, for a person to compare.

        Args:
            answer: what came out.
            also: other ways to say the same.

        """
        return Settled(self, answer, also)

    def __str__(self) -> str:
        if self.made:
            return f"{in_lines(self.question)}\nYour guess: {self.guess}. Run on."
        what_to_do = "Replace the dots by your guess, then run this cell again."
        return f"{in_lines(self.question)}\n{what_to_do}"

    __repr__ = __str__


class Settled:
    """A prediction and what really happened. ``right`` is None where no guess was made."""

    def __init__(self, prediction: Prediction, answer: Any, also: Sequence[Any] = ()) -> None:
        self.prediction = prediction
        self.answer = answer
        self.right = None
        if prediction.made:
            self.right = any(_same(prediction.guess, one) for one in (answer, *also))

    def _verdict(self) -> str:
        if self.right is None:
            return f"No guess was made. The answer is {self.answer}."
        if self.right:
            return f"You guessed {self.prediction.guess}, and so it is."
        return f"You guessed {self.prediction.guess}. The answer is {self.answer}: find out why."

    def __str__(self) -> str:
        return f"{in_lines(self.prediction.question)}\n{self._verdict()}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = {None: "#999999", True: "#0072B2", False: "#E69F00"}[self.right]
        return (
            f'<div style="border-left:4px solid {colour};padding:2px 10px">'
            f"<i>{html.escape(self.prediction.question)}</i><br>{html.escape(self._verdict())}</div>"
        )


def predict(question: str, guess: Any = ...) -> Prediction:
    """Records a guess before the cells that settle it.

    Args:
        question: what is asked.
        guess: the learner's answer; the dots ``...`` mean that there is none yet.

    Returns:
        A prediction; ``prediction.settle(answer)`` compares it with what came out.

    """
    return Prediction(question, guess)


def _same(guess: Any, answer: Any) -> bool:
    if isinstance(answer, (tuple, list)) and isinstance(guess, (tuple, list)):
        return len(guess) == len(answer) and all(map(_same, guess, answer))
    said, meant = _number(guess), _number(answer)
    if said is not None and meant is not None:
        return said == meant
    return _word(guess) == _word(answer)


def _number(value: Any) -> Fraction | None:
    """The number that is said, also by a text such as ``"1/2"`` or ``"50 %"``."""
    if isinstance(value, bool):
        return None
    text = re.sub(r"\s", "", str(value))
    percent = text.endswith("%")
    try:
        found = Fraction(text.rstrip("%."))
    except (ValueError, ZeroDivisionError):
        return None
    return found / 100 if percent else found


def _word(value: Any) -> str:
    """As it would be said: ``"No."``, ``"no"`` and ``False`` alike, ``(7, 20)`` and ``"7,20"``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = re.sub(r"^(an?|the)\s+", "", str(value).strip().lower())
    return re.sub(r"[\s()\[\]'\"`]", "", text).strip(".!")
