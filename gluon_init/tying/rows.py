"""The rows of tied groups and of a gradient's shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Group:
    """A parameter that sits at several places.

    Attributes:
        paths: all its places, the owner first.
        owner: the first of them.
        name: Gluon's own.
        shape: None for each unknown dimension; None if not even the rank is known.
        uses: how many places.
        size: how many numbers; None while a dimension is unknown.
        saved: the names under which ``save_parameters`` writes it.
        deduplicated: the one of them that ``deduplicate=True`` keeps.

    """

    paths: tuple[str, ...]
    owner: str
    name: str
    shape: tuple[int | None, ...] | None
    uses: int
    size: int | None
    saved: tuple[str, ...]
    deduplicated: str | None


@dataclass(frozen=True)
class Share:
    """What one use contributes to a gradient.

    Attributes:
        path: at which it is used; with the block that reads it where that is another,
            ``0.weight, in 1``, and the call's number where there are several.
        norm: Euclidean.
        share: how far it goes along the sum of all parts: its scalar product with the sum, divided
            by the sum's with itself. All shares add up to 1; one against the sum is negative.
        gradient: a NumPy array.

    """

    path: str
    norm: float
    share: float
    gradient: Any
