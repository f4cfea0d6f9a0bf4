"""Cells that are meant to fail."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import without_place


@dataclass
class Attempt:
    """What :func:`attempt` gives: ``error`` is the exception afterwards, None if there was none."""

    error: Exception | None = None


@contextmanager
def attempt() -> Iterator[Attempt]:
    """Runs what stands below it; where that fails, prints the error in brief and goes on.

    The text is the same on every machine: MXNet's messages carry times, source lines and C++
    stacks, which are left out, and so are warnings. Where nothing fails, it says so.
    """
    made = Attempt()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield made
    except Exception as error:
        made.error = error
        print(in_lines(f"{type(error).__name__}: {brief(error)}"))
    else:
        print("No error.")


def in_lines(text: str) -> str:
    """A text in lines that fit below a cell, cut between words."""
    return textwrap.fill(text, 88, break_long_words=False, break_on_hyphens=False)


def brief(error: BaseException) -> str:
    """The telling line of an error's message, without times, source lines and stacks."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    lines = [line for line in lines if not re.match(r"(File |Stack trace|\[bt\]|Traceback)", line)]
    telling = next((line for line in lines if line.startswith(("MXNetError:", "Error in"))), None)
    text = telling or (lines[0] if lines else "")
    return re.sub(r"^(MXNetError: )+", "", without_place(text))
