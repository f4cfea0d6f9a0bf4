"""What a hybrid_forward asks of symbols, which have no values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mxnet import gluon

from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_WHEN = (
    "When Gluon infers shapes or hybridizes, hybrid_forward is called with symbols, which have no "
    "values."
)
_AS_A_BLOCK = "class {0}(gluon.Block), with def forward(self, x), is called with arrays always."


@CASES.when(r'^Function (\w+)(?: \(namely operator "(.*?)"\))?.* is not implemented for Symbol and')
def _values(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if not scene.blocks:
        return []
    kind, call = type(scene.blocks[-1]).__name__, match[2] or f"{match[1]}()"
    state = f"its hybrid_forward calls {call} of an array"
    step = f"Say it with operators of F. Else: {_AS_A_BLOCK.format(kind)}"
    if call == "bool":
        state = "its hybrid_forward decides by the values of an array (if, while, and, or)"
        step = (
            f"F.where(condition, a, b) for a choice by values. What is known when the net is made "
            f"is decided by an attribute of self. Else: {_AS_A_BLOCK.format(kind)}"
        )
    elif match[1] in ("asnumpy", "asscalar", "item", "wait_to_read"):
        step = (
            f"Leave it out; look at values outside: net(x).asnumpy(), or "
            f"block.register_forward_hook(f), with net.hybridize(False). Else: "
            f"{_AS_A_BLOCK.format(kind)}"
        )
    return [Finding(kind, state, _WHEN, step)]


@CASES.when(r"Argument \w+ must have NDArray type, but got <Symbol")
def _arrays_operator(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    blocks = [b for b in scene.blocks if isinstance(b, gluon.HybridBlock)]
    if not blocks:
        return []
    kind, operator = type(blocks[-1]).__name__, scene.frames[-1][0]
    return [Finding(
        kind, f"its hybrid_forward calls mx.nd.{operator}", _WHEN,
        f"F.{operator}, which is that of arrays or of symbols, as F is.",
    )]  # fmt: skip


@CASES.when(r"Error in operator (\S+): .*kCustomOpPropInferShape")
def _shapes_of_ones_own(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """MXNet prints what an operator of one's own raised, and goes on with a text without it."""
    if not scene.blocks:
        return []
    return [Finding(
        match[1], "an operator of your own, whose infer_shape raises",
        "MXNet has printed its traceback, under 'Error in ....infer_shape'; the exception that "
        "came here does not have it.",
        "Call it alone, with the shapes of its inputs as lists: Prop().infer_shape([[2, 3]]). It "
        "returns three lists: of the inputs' shapes, the outputs', the auxiliary states'.",
    )]  # fmt: skip
