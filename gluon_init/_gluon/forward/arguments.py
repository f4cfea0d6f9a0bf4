"""What a net's forward takes, told by its signature."""

from __future__ import annotations

import inspect
from typing import Any

from mxnet import gluon

from ..blocks import own_parameters


def count_of_inputs(net: Any) -> int:
    """How many inputs a net wants: its forward's arguments without a default; at least one."""
    return max(1, sum(one.default is one.empty for one in _arguments(net)))


def names_of_inputs(net: Any) -> list[str]:
    """The names of all that its forward takes, neither ``F`` nor the net's own parameters."""
    return [one.name for one in _arguments(net)]


def defaults_of(net: Any) -> dict[str, Any]:
    """Name → default of each argument of its forward that a call may leave out."""
    return {one.name: one.default for one in _arguments(net) if one.default is not one.empty}


def _arguments(net: Any) -> list[inspect.Parameter]:
    """Those by place, without ``self``, ``F`` and the net's own parameters."""
    hybrid = hasattr(net, "hybrid_forward") and type(net).forward is gluon.HybridBlock.forward
    arguments = inspect.signature(net.hybrid_forward if hybrid else net.forward).parameters.values()
    by_place = [
        one
        for one in arguments
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        and one.name not in own_parameters(net)
    ]
    return by_place[1:] if hybrid else by_place
