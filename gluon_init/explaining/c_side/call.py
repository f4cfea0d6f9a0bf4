"""The call of one operator of MXNet's C side that failed: what it was given, and as code again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx

from ..._gluon.layers import is_gluons_own
from ..at_work import block_of, named, operator_of
from ..cases import Cases
from ..finding import Finding
from ..scene import Scene

Told = tuple[str, str, str]  # state, why, next
Teller = Callable[["Call", "re.Match[str]"], "Told | None"]

LEFT_OUT: Any = object()  # in place of a value: the argument is not given
_NAMES = ("x", "y", "z", "u", "v", "w")
_SILENT = ("ctx", "name", "num_args")  # what MXNet adds itself


@dataclass(frozen=True)
class Call:
    """An operator, the shapes of its arrays, and its other arguments; less where it is a graph's.

    Attributes:
        operator: ``slice``; "" where that is not known.
        prefix: ``mx.nd.``, ``mx.sym.``, or ``F.`` inside of a block.
        shapes: those of its arrays; () where it was called with symbols or in a graph.
        types: their types.
        given: its other arguments, by name.

    """

    scene: Scene
    block: Any
    operator: str
    prefix: str
    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...]
    given: dict[str, Any]
    known: bool  # whether its arrays and arguments are all there

    @property
    def name(self) -> str:
        """As one writes it: ``mx.nd.slice``."""
        if self.prefix == "mx.nd." and not self.known and self.operator:
            return f"The operator {self.operator}"  # of a symbol
        return f"{self.prefix}{_public(self.operator)}" if self.operator else "the operator"

    @property
    def what(self) -> str:
        """A block by its path, or the function that was called."""
        if self.block is not None:
            return named(self.scene, self.block)
        return self.name if self.operator else "An operator"

    @property
    def is_layers(self) -> bool:
        """Whether one of Gluon's own layers called it, so that its arguments are the layer's."""
        return self.block is not None and is_gluons_own(self.block)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of its first array; () where it is not known."""
        return self.shapes[0] if self.shapes else ()

    def code(self, *arrays: str, called: str = "", **changed: Any) -> str:
        """The call with other arrays or arguments, to be pasted."""
        names = list(arrays) or list(_NAMES[: len(self.shapes)])
        names = names if names or self.known else ["..."]
        merged = {**self.given, **changed}
        shown = [
            f"{name}={value!r}"
            for name, value in merged.items()
            if value is not LEFT_OUT and name not in _SILENT
        ]
        if not (called or self.operator):
            return ", ".join([*arrays, *shown])
        return f"{self.prefix}{called or _public(self.operator)}({', '.join([*names, *shown])})"

    def step(self, *arrays: str, **changed: Any) -> str:
        """The same as a step: inside of a block it says where."""
        inside = ", in hybrid_forward" if self.block is not None else ""
        return f"{self.code(*arrays, **changed)}{inside}."


def call_of(scene: Scene) -> Call:
    """The operator that was at work when the error was raised."""
    block, operator = block_of(scene), operator_of(scene)
    arrays: Sequence[Any] = scene.local("_imperative_invoke", "ndargs") or ()
    keys, values = (scene.local("_imperative_invoke", name) or () for name in ("keys", "vals"))
    prefix = "mx.nd."
    called = [name for name, _ in scene.frames]
    if "_symbol_creator" in called:
        operator, prefix = called[called.index("_symbol_creator") - 1], "mx.sym."
        keys, values = (scene.local("_symbol_creator", name) or () for name in ("keys", "vals"))
    if not operator and scene.local("reshape", "handle") is not None:
        operator, prefix = "reshape", "x."
    return Call(
        known="_imperative_invoke" in called, scene=scene, block=block, operator=operator,
        prefix="F." if block is not None else prefix,
        shapes=tuple(tuple(array.shape) for array in arrays),
        types=tuple(str(getattr(array.dtype, "__name__", array.dtype)) for array in arrays),
        given={key: _plain(value) for key, value in zip(keys, values, strict=False)},
    )  # fmt: skip


def _public(operator: str) -> str:
    """The name under which users know it: ``random.normal`` for ``_random_normal``."""
    name = re.sub(r"^_(?:random|sample)_", "random.", operator)
    for room in ("linalg", "sparse"):
        if hasattr(getattr(mx.nd, room), name) and not hasattr(mx.nd, name):
            return f"{room}.{name}"
    return name.lstrip("_") if hasattr(mx.nd, name.lstrip("_")) else name


def _plain(value: Any) -> Any:
    """A value as one would write it; symbols get texts, of which numbers and tuples are read."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    if value in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[value]
    return value


class OperatorCases(Cases):
    """Cases about one operator's call; each speaks of the block or function at work."""

    def told(self, pattern: str) -> Callable[[Teller], Teller]:
        """Makes a function the one that tells state, why and next where a message matches."""

        def add(tells: Teller) -> Teller:
            def speaks(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
                call = call_of(scene)
                told = tells(call, match)
                return [Finding(call.what, *told)] if told is not None else []

            self.when(pattern)(speaks)
            return tells

        return add


def numbers(text: str) -> tuple[int, ...]:
    """The sizes in a shape as MXNet writes it."""
    return tuple(int(size) for size in re.findall(r"-?\d+", text))


def count(number: int, thing: str) -> str:
    """``1 axis``, ``2 axes``."""
    plural = {"axis": "axes"}.get(thing, f"{thing}s")
    return f"{number} {thing if number == 1 else plural}"
