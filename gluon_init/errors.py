"""The errors which a user of this package can cause."""

from __future__ import annotations

import re

__all__ = ["ArgumentError", "DeviceError", "InitError", "ShapeError"]


class InitError(Exception):
    """Base of this package's errors: names what is wrong, why, and what to do next."""


class ArgumentError(InitError, ValueError):
    """An argument that cannot be used; the message names it and says what was found."""


class ShapeError(InitError, ValueError):
    """Shapes that do not fit together; the message names the parameter and both shapes.

    Attributes:
        block: path of the first block that cannot be satisfied; None where it is not one block.
        parameter: path of its parameter that does not fit; None where it is none.
        has, wants: that parameter's shape, and the one that the input asks for.
        needs_run: whether nothing is wrong with the shapes, and only a run can tell them.

    """

    block: str | None = None
    parameter: str | None = None
    has: tuple[int, ...] | None = None
    wants: tuple[int, ...] | None = None
    needs_run: bool = False


class DeviceError(InitError, RuntimeError):
    """A device that was asked for and cannot be used; the message names the way out."""


def in_a_line(error: BaseException) -> str:
    """``ValueError: what it says``, without MXNet's C++ traceback and the full stop at the end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = (lines[-1] if lines and lines[0].startswith("Traceback") else "".join(lines[:1])) or (
        "no message"
    )
    kind = type(error).__name__
    told = without_place(line if line.startswith(f"{kind}:") else f"{kind}: {line}")
    return told.rstrip(". ")


def without_place(message: str) -> str:
    """A message of MXNet's without the time and the C++ file and line from which it came."""
    return re.sub(r"\[\d\d:\d\d:\d\d\] \S+: ", "", message)
