"""One thing that is to be said: about what, its state, why, and the next step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Four sentences or parts of one; ``what`` names parameters and blocks by their paths."""

    what: str
    state: str
    why: str
    next: str
