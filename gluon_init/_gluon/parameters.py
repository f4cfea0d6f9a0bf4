"""A parameter's state, values and pending initialization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .choice import choice
from .describe import describe
from .history import INITIALIZED, REINITIALIZED, past_of

UNINITIALIZED = "uninitialized"


DEFERRED = "deferred"


NEVER_REACHED = "never reached"


def state_of(parameter: Any) -> str:
    """``uninitialized``, ``deferred`` (asked for, not yet drawn), or what gave it its values.

    That is ``initialized``, ``re-initialized`` (values that were there were drawn anew),
    ``loaded`` (from a file) or ``set`` (``set_data``). Steps of an optimizer and writing into
    ``data()`` change nothing of it.
    """
    if parameter._data is not None:
        return past_of(parameter).last
    return DEFERRED if parameter._deferred_init else UNINITIALIZED


def initializer_of(parameter: Any, places: Sequence[str]) -> tuple[str | None, str | None]:
    """The initializer that will fill it or has, written as a call, and who chose it.

    None of both where nobody has chosen yet, or where the values did not come from one.
    """
    if parameter._data is not None:
        past = past_of(parameter)
        if past.last not in (INITIALIZED, REINITIALIZED):
            return None, None
        chosen, overall = past.initializer, past.overall
    elif parameter._deferred_init:
        chosen, _, overall, values = parameter._deferred_init
        if values is not None:
            return "set_data()", "parameter"
    else:
        chosen, overall = parameter.init, None
    if chosen is None:
        return None, None
    filler, source = choice(parameter, chosen, overall, places)
    return describe(filler), source


def devices_of(parameter: Any) -> tuple[str, ...]:
    """The devices on which the parameter is, or will be: ``("cpu(0)",)``."""
    if parameter._data is None and not parameter._deferred_init:
        return ()
    return tuple(str(context) for context in parameter.list_ctx())
