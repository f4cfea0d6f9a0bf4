"""The row of a flow of shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._gluon.forward.calls import Shape


@dataclass(frozen=True)
class Step:
    """One call of a block.

    Attributes:
        block: path of the block; "" for the net itself.
        kind: name of its class.
        inputs: shapes of what went in.
        outputs: shapes of what came out.
        resolved: path of a parameter → the shape that became known in this call.
        because: path of a parameter → the sentence that says from which number.
        declared: path of a parameter → its shape as it was before.
        depth: of the call; 0 for the net.
        takes: the numbers of the rows that made its inputs.
        gives: those of the rows that made its outputs: its own, or some inside it.
        inside: those of the blocks that it calls, where it does nothing but hand on arrays.

    """

    block: str
    kind: str
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    resolved: Mapping[str, Shape | None]
    because: Mapping[str, str]
    declared: Mapping[str, Shape | None]
    depth: int
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    inside: tuple[int, ...]
