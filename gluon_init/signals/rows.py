"""The row of a report of signals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """A block's output or a parameter's gradient, in one training step.

    Attributes:
        case: the initializer's name in a comparison, else "".
        path: of the block or parameter; "" for the net itself.
        kind: name of the block's class.
        signal: ``output`` or ``gradient``.
        shape: of the array.
        mean, std: of its numbers.
        norm: Euclidean.
        dead: share of units that are zero throughout the batch, 0 to 1.
        note: what is odd: ``not finite``, ``exploding``, ``vanishing``, ``dead``,
            ``zero gamma``, ``zero weight``, ``symmetric``, ``no gradient``.
        layer: whether the block is a layer: it has parameters of its own, or nothing inside.

    """

    case: str
    path: str
    kind: str
    signal: str
    shape: tuple[int, ...]
    mean: float
    std: float
    norm: float
    dead: float
    note: tuple[str, ...]
    layer: bool
