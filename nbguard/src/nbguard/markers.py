"""What a cell asks for besides nbval's marks, in a comment or in a tag.

``# NBGUARD_TOLERANCE rtol=1e-3 atol=1e-8``, or the tag ``nbguard-tolerance: rtol=1e-3``: so far may
decimal numbers be from the stored ones; a number alone is the relative tolerance.

``# NBGUARD_ANY_FIGURE``, or the tag ``nbguard-any-figure``: there must be as many figures as are
stored, with the same texts, but what they draw may differ, as where chance or the processor has a
part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_COMMENT = re.compile(r"^\s*#+\s*NBGUARD_TOLERANCE\b[ :=]*(.*?)\s*$", re.MULTILINE)
_TAG = re.compile(r"nbguard-tolerance\b[ :=]*(.*)", re.IGNORECASE)
_ANY_FIGURE = re.compile(r"^\s*#+\s*NBGUARD_ANY_FIGURE\s*$", re.MULTILINE)
_HOW = "write `# NBGUARD_TOLERANCE 1e-3` or `# NBGUARD_TOLERANCE rtol=1e-3 atol=1e-8`"


@dataclass(frozen=True)
class Tolerance:
    """How far a shown number may be from the stored one, as :func:`math.isclose` takes it.

    Attributes:
        rtol: relative to the larger of the two.
        atol: absolute.

    """

    rtol: float = 0.0
    atol: float = 0.0

    def __str__(self) -> str:
        """As one would write it."""
        parts = [("rtol", self.rtol), ("atol", self.atol)]
        return " ".join(f"{name}={value:g}" for name, value in parts if value) or "rtol=0"


def tolerance_of(cell: Any) -> Tolerance | None:
    """The tolerance that a cell asks for; None where it asks for none.

    Raises:
        ValueError: it asks in words that mean no tolerance.

    """
    asked = [match[1] for match in _COMMENT.finditer(cell.source)]
    if not asked:
        tags = [tag for tag in cell.metadata.get("tags", []) if isinstance(tag, str)]
        asked = [match[1] for tag in tags if (match := _TAG.fullmatch(tag.strip()))]
    return _parsed(asked[-1]) if asked else None


def any_figure(cell: Any) -> bool:
    """Whether a cell asks that what its figures draw is not compared."""
    tags = [str(tag).strip().lower() for tag in cell.metadata.get("tags", [])]
    return bool(_ANY_FIGURE.search(cell.source)) or "nbguard-any-figure" in tags


def _parsed(text: str) -> Tolerance:
    found: dict[str, float] = {}
    for word in text.replace(",", " ").split():
        name, _, value = word.rpartition("=")
        name = name.strip() or "rtol"
        number = _number(value)
        if name not in ("rtol", "atol") or number is None or name in found:
            raise ValueError(f"the tolerance {text!r} cannot be read at {word!r}: {_HOW}")
        found[name] = number
    if not found:
        raise ValueError(f"a tolerance is asked for and none is given: {_HOW}")
    return Tolerance(**found)


def _number(text: str) -> float | None:
    """A number from 0 to below 1e308; None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
