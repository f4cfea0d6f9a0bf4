"""What an entry of the list of MXNet's C side is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SUBJECTS = ("shapes", "storage", "contexts", "recording", "files", "symbols")


@dataclass(frozen=True)
class Message:
    """One message: how it is made, and the advice that mends it.

    Attributes:
        name: short, and used for the test's name.
        subject: one of SUBJECTS.
        source: the file in MXNet's source that holds it.
        text: a pattern of MXNet's own text.
        call: makes the real error; it gets the arrays.
        advice: what must be said; the code that is run where there is no ``mended``.
        arrays: shapes of arrays of ones that call and advice get as x, y, z; or arrays.
        mended: the call as the advice says it, which must work; it gets the arrays.

    """

    name: str
    subject: str
    source: str
    text: str
    call: Callable[..., Any]
    advice: str
    arrays: tuple[Any, ...] = ()
    mended: Callable[..., Any] | None = None
