"""Every call of every block, noted by hooks: what went in, what came out, who called."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import mxnet as mx

from .. import paths
from ..blocks import set_active
from ..view import View

Shape = tuple[int | None, ...]


@dataclass
class Call:
    """One call of one block: what went in and what came out, flat lists of symbols or arrays.

    ``began`` and ``ended`` count beginnings and ends over the whole run; ``caller`` is the call
    from which this one was made.
    """

    path: str
    block: Any
    inputs: list[Any]
    began: int
    caller: Call | None
    outputs: list[Any] = field(default_factory=list)
    ended: int = -1


def flatten(value: Any, kind: type) -> list[Any]:
    """The symbols (or arrays) in nested tuples, lists and dictionaries, in order, and no more."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [one for part in value for one in flatten(part, kind)]
    return [value] if isinstance(value, kind) else []


class CallRecorder:
    """Notes every call of every block of a net, by two hooks that each block gets."""

    def __init__(self, view: View, kind: type) -> None:
        self.calls: list[Call] = []
        self._kind = kind
        self._time = 0
        self._running: list[tuple[Call, dict[int, list[str]]]] = []
        self._first: dict[int, str] = {}
        for path, block in view.blocks:
            self._first.setdefault(id(block), path)

    @property
    def hooks(self) -> tuple[Any, Any]:
        """The pre-forward and the forward hook."""
        return self._begin, self._end

    def current(self) -> str:
        """The path of the innermost block that is running: the culprit after an exception."""
        return self._running[-1][0].path if self._running else ""

    def _begin(self, block: Any, inputs: Any) -> None:
        caller = self._running[-1][0] if self._running else None
        ahead = self._looks_ahead(inputs)
        path = self._first.get(id(block), "") if ahead else self._path(block)
        call = Call(path, block, flatten(inputs, self._kind), self._tick(), caller)
        if not ahead:
            self.calls.append(call)
        places: dict[int, list[str]] = {}
        for name, child in reversed(list(block._children.items())):
            places.setdefault(id(child), []).append(name)
        self._running.append((call, places))

    def _end(self, block: Any, inputs: Any, outputs: Any) -> None:
        while self._running:  # a block that raised, and whose caller went on, has not ended
            call, _ = self._running.pop()
            if call.block is block:
                call.outputs, call.ended = flatten(outputs, self._kind), self._tick()
                return

    def _looks_ahead(self, inputs: Any) -> bool:
        """Whether it is no call of the run, but Gluon inferring the shapes of a block in it.

        Gluon does that with symbols before the block's first call, once more through all below it.
        """
        return self._kind is mx.nd.NDArray and bool(flatten(inputs, mx.sym.Symbol))

    def _tick(self) -> int:
        self._time += 1
        return self._time

    def _path(self, block: Any) -> str:
        """Where a called block sits: below its caller, at the next of its places there."""
        if self._running:
            caller, left = self._running[-1]
            places = left.get(id(block))
            if places:
                name = places.pop() if len(places) > 1 else places[0]
                return paths.join(caller.path, name)
        return self._first.get(id(block), "")


def give_hooks(block: Any, hooks: tuple[Any, Any] | None) -> None:
    """Replaces a block's hooks by these, or by none. The caller restores ``block.__dict__``."""
    before, after = ([hook] for hook in hooks) if hooks else ([], [])
    block.__dict__["_forward_pre_hooks"] = OrderedDict(enumerate(before))
    block.__dict__["_forward_hooks"] = OrderedDict(enumerate(after))


def watch_calls(view: View) -> CallRecorder:
    """Begins to note every call with arrays, for good: in a copy of the process.

    No block stays hybridized, since a cached graph hides the blocks inside it.
    """
    recorder = CallRecorder(view, mx.nd.NDArray)
    for _, block in view.blocks:
        give_hooks(block, recorder.hooks)
        set_active(block, False)
    return recorder
