"""One thing that is to be said: about what, its state, why, and the next step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Four sentences or parts of one.

    Attributes:
        what: parameters and blocks by their paths, or an initializer or error by its name.
        state: what it is now.
        why: how that came about; "" where there is nothing to add.
        next: the step that really works; "" where none is needed.

    """

    what: str
    state: str
    why: str
    next: str
