"""The row of what losses reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reached:
    """A parameter, and the losses that train it.

    Attributes:
        path: where it sits; its owner's place, if it is tied.
        paths: all its places.
        size: how many numbers; None while a dimension is unknown.
        frozen: whether it is; None for running statistics and constants, which have no gradient.
        losses: the outputs whose losses change it: empty where it is frozen or none depends on it;
            None where that cannot be told.

    """

    path: str
    paths: tuple[str, ...]
    size: int | None
    frozen: bool | None
    losses: tuple[str, ...] | None
