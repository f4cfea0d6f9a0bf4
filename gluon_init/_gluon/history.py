"""What has happened to each parameter. Gluon itself does not keep that.

Methods of ``gluon.Parameter`` note it (:mod:`.patches`), from the moment on in which MXNet is
imported. Nothing is stored in the parameter, and no parameter is kept alive.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

INITIALIZED, REINITIALIZED = "initialized", "re-initialized"
LOADED, SET = "loaded", "set"


@dataclass(frozen=True)
class Past:
    """What is known of a parameter's past.

    Attributes:
        last: what gave it its values, or will once it has them: ``initialized``,
            ``re-initialized``, ``loaded`` or ``set``.
        initializer: what the last ``initialize`` that counted was given for it; None if unknown.
        overall: the global initializer of that ``initialize``, which may overrule that choice.
        waited: its shape was unknown at ``initialize``; only data could fill it.
        forced: the last ``initialize`` that counted had ``force_reinit=True``.
        replaced: an initializer that was pending has been replaced by a later ``initialize``.
        ignored: an ``initialize`` came after it had its values, and did nothing.
        turn: when that ``initialize`` was, counted over all; -1 where there was none.

    """

    last: str = INITIALIZED
    initializer: Any = None
    overall: Any = None
    waited: bool = False
    forced: bool = False
    replaced: bool = False
    ignored: bool = False
    turn: int = -1


_turns = itertools.count()
_past: weakref.WeakKeyDictionary[Any, Past] = weakref.WeakKeyDictionary()
_declared: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()
_made_with: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_passes: weakref.WeakKeyDictionary[Any, tuple[Any, int]] = weakref.WeakKeyDictionary()


def past_of(parameter: Any) -> Past:
    """What is known of a parameter's past; the defaults where nothing is."""
    return _past.get(parameter, Past())


def made_with(parameter: Any) -> Any:
    """The initializer that its layer named when it made the parameter; None where it named none."""
    return _made_with.get(parameter, parameter.init)


def was_declared(parameter: Any) -> bool:
    """Whether its whole shape was given when it was made; True where that is not known."""
    return _declared.get(parameter, True)


def note_draw(parameter: Any, initializer: Any, overall: Any, again: bool) -> None:
    """Notes a draw that did not come about by ``initialize``; ``again``: there were values."""
    last = REINITIALIZED if again else INITIALIZED
    _past[parameter] = Past(last=last, initializer=initializer, overall=overall)


def past_of_all(parameters: Iterable[Any]) -> dict[Any, Past]:
    """What is known of these parameters now, for :func:`restore_past`."""
    return {parameter: past_of(parameter) for parameter in parameters}


def restore_past(past: dict[Any, Past]) -> None:
    """Forgets what has been noted since :func:`past_of_all`."""
    _past.update(past)


def note_birth(parameter: Any) -> None:
    """Notes the initializer that a parameter was made with, and whether its shape was known."""
    _made_with[parameter] = parameter.init
    shape = parameter._shape
    # What is no number, "2", MXNet refuses later, and here is not the place to say so.
    _declared[parameter] = shape is not None and all(
        isinstance(size, Real) and float(size) > 0 for size in shape
    )


def note_pass(parameter: Any) -> None:
    """Notes which block was being called, the outermost, while a parameter is filled."""
    frame, outermost = sys._getframe(1), None
    while frame is not None:
        if frame.f_code.co_name == "__call__" and hasattr(frame.f_locals.get("self"), "_children"):
            outermost = frame.f_locals["self"]
        frame = frame.f_back  # type: ignore[assignment]
    if outermost is not None:
        _passes[parameter] = weakref.ref(outermost), next(_turns)


def pass_of(parameter: Any) -> tuple[Any, int]:
    """The block whose call filled it, and when; None and -1 where no call did."""
    block, turn = _passes.get(parameter, (lambda: None, -1))
    return block(), turn


def note_ignored(parameter: Any) -> None:
    """Notes an ``initialize`` that did nothing, since there were values."""
    _past[parameter] = dataclasses.replace(past_of(parameter), ignored=True)


def note_values(parameter: Any, what: str) -> None:
    """Notes values that did not come from an initializer: ``loaded`` or ``set``."""
    _past[parameter] = dataclasses.replace(past_of(parameter), last=what)


def note_initialize(
    parameter: Any, *, chosen: Any, overall: Any, forced: bool, had_values: bool, was_pending: bool
) -> None:
    """Notes an ``initialize`` that counted."""
    _past[parameter] = Past(
        last=REINITIALIZED if had_values else INITIALIZED,
        initializer=chosen,
        overall=overall,
        waited=parameter._data is None,
        forced=forced,
        replaced=was_pending,
        turn=next(_turns),
    )
