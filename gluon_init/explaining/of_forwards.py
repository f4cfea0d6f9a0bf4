"""What a block was called with, against what its forward or hybrid_forward names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from mxnet import gluon

from .._gluon.blocks import own_parameters
from .._gluon.forward.arguments import defaults_of, names_of_inputs
from ..results.text import some
from .at_work import named
from .calls import quoted
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_FORWARD = r"(?:^|cannot be inferred\. |[\s.>])(\w+)\.((?:hybrid_)?forward)\(\) "


@CASES.when(_FORWARD + r"missing \d+ required positional arguments?: (.*)")
def _without(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block, missing = _block(scene, match[1]), quoted(match[3])
    if block is None:
        return []
    if isinstance(block, gluon.rnn.RecurrentCell) and "states" in missing:
        return [Finding(
            named(scene, block), "a cell, called without states",
            "A cell takes one step: an input of shape (batch, features), and the states of the "
            "step before. It returns the output and the new states.",
            "states = cell.begin_state(batch_size=x.shape[0]); out, states = cell(x, states); or, "
            "for a whole sequence, cell.unroll(length, sequence, merge_outputs=True).",
        )]  # fmt: skip
    if match[2] == "forward" and _arguments(block, "forward")[:1] == ["F"]:
        return [Finding(
            f"{match[1]}.forward", "it names F, which it does not get",
            "F is given to the hybrid_forward of a HybridBlock alone.",
            f"def forward(self, {', '.join(missing)}), with operators of mx.nd; or class "
            f"{match[1]}(nn.HybridBlock), with hybrid_forward in place of forward.",
        )]  # fmt: skip
    inputs = [name for name in names_of_inputs(block) if name not in defaults_of(block)]
    given = max(len(inputs) - len(missing), 0)
    called = "loss" if isinstance(block, gluon.loss.Loss) else "net"
    return [Finding(
        named(scene, block), f"called without {some(missing)}",
        f"Its {match[2]} takes {some(inputs)}, and {given or 'none'} "
        f"{'was' if given == 1 else 'were'} given. A parameter comes by itself only under the name "
        f"of the attribute that holds it.",
        f"{called}({', '.join(inputs)}).",
    )]  # fmt: skip


@CASES.when(_FORWARD + r"got an unexpected keyword argument '(\w+)'")
def _unnamed(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """hybrid_forward is given each parameter of its block by the name of its attribute."""
    block, name = _block(scene, match[1]), match[3]
    if block is None or match[2] != "hybrid_forward" or name not in own_parameters(block):
        return []
    arguments = _arguments(block, "hybrid_forward")[1:]
    idle = [one for one in arguments[1:] if one not in own_parameters(block)]
    right = ["F", *(one for one in arguments if one not in idle[-1:]), name]
    named_otherwise = f" It names {idle[-1]} instead." if idle else ""
    return [Finding(
        f"{match[1]}.hybrid_forward", f"it does not name {name}, a parameter of its block",
        f"Gluon hands each parameter to it as an argument, under the name of the attribute that "
        f"holds it (self.{name}).{named_otherwise}",
        f"def hybrid_forward(self, {', '.join(right)}), and {name} in it, not self.{name}.",
    )]  # fmt: skip


@CASES.when(
    _FORWARD + r"(?:takes .*?positional arguments? but \d+ were|got multiple values for argument)"
)
def _too_many(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = _block(scene, match[1])
    if block is None:
        return []
    if isinstance(block, (gluon.nn.HybridSequential, gluon.nn.Sequential)):
        return [Finding(
            named(scene, block), "given several inputs",
            "It hands one array from block to block. Blocks of several inputs and outputs need a "
            "forward of your own.",
            "class Net(gluon.HybridBlock), with the blocks as attributes, and hybrid_forward(self, "
            "F, x, y): x, y = self.first(x, y); return self.second(x, y).",
        )]  # fmt: skip
    if match[2] == "hybrid_forward" and _lacks_f(block):
        inputs = _arguments(block, "hybrid_forward")
        return [Finding(
            f"{match[1]}.hybrid_forward", "it does not name F",
            "Its first argument after self is F: mx.nd, or mx.sym when the net is hybridized or "
            "its shapes are inferred.",
            f"def hybrid_forward(self, F, {', '.join(inputs)}).",
        )]  # fmt: skip
    inputs = names_of_inputs(block)
    return [Finding(
        named(scene, block), "given more inputs than its forward takes",
        f"It takes {some(inputs)}.",
        "Call it with as many arrays as its forward names, or let forward name one more.",
    )]  # fmt: skip


@CASES.when(
    r"^(?:HybridBlock|SymbolBlock|Block)\.__call__\(\) got an unexpected keyword argument '(\w+)'"
)
def _by_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Of a Block's call, which takes its inputs by their places."""
    name = match[1]
    return [Finding(
        "The block", f"called with {name}= by name",
        "A block takes its inputs by their places, and hands them to its forward in this order.",
        f"net(x, ...), without {name}=; what a layer or a loss is to know beforehand is given "
        f"where it is made, such as gluon.loss.L2Loss(weight=0.3).",
    )]  # fmt: skip


def _block(scene: Scene, kind: str) -> Any:
    """The innermost block that was running whose class, or one above it, has this name."""
    names = [(b, {one.__name__ for one in type(b).__mro__}) for b in reversed(scene.blocks)]
    return next((block for block, known in names if kind in known), None)


def _arguments(block: Any, method: str) -> list[str]:
    """What the method names after self."""
    parameters = inspect.signature(getattr(type(block), method)).parameters.values()
    open_ones = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.kind not in open_ones][1:]


def _lacks_f(block: Any) -> bool:
    names = _arguments(block, "hybrid_forward")
    return not names or (names[0] != "F" and len(names) <= max(1, len(own_parameters(block))))
