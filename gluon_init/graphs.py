"""The graph of a net's forward pass, made by calling the net with symbols in place of arrays.

That works for a HybridBlock, and for a Block whose forward only composes others. Nothing of the
net is changed: parameters lend a symbol each, blocks note that they are called, and all of it is
given back.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mxnet as mx
import numpy as np

from . import errors, paths, rollback

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


@dataclass
class Graph:
    """What a call of the net leaves behind.

    Attributes:
        outputs: the net's outputs, flat.
        calls: each block's call, in the order in which they began; empty unless asked for.
        feeds: variable of an input → its shape.
        parameters: variable of a parameter → the parameter.

    """

    outputs: list[Any]
    calls: list[Call]
    feeds: dict[str, Shape]
    parameters: dict[str, Any] = field(default_factory=dict)

    def symbol(self) -> Any:
        """All outputs as one symbol."""
        return group(self.outputs)

    def used(self) -> set[int]:
        """``id()`` of each parameter that the outputs, or those of a recorded call, depend on."""
        inside = [output for call in self.calls for output in call.outputs]
        inputs = group([*self.outputs, *inside]).list_inputs()
        return {id(self.parameters[name]) for name in inputs if name in self.parameters}


def group(symbols: Sequence[Any]) -> Any:
    """Several symbols as one."""
    return mx.sym.Group(list(symbols)) if len(symbols) > 1 else symbols[0]


def flatten(value: Any, kind: type) -> list[Any]:
    """The symbols (or arrays) in nested tuples, lists and dictionaries, in order, and no more."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [one for part in value for one in flatten(part, kind)]
    return [value] if isinstance(value, kind) else []


def trace(net: Any, shapes: Sequence[Any], *, calls: bool = False) -> Graph:
    """Calls ``net`` with one symbol for each shape; shapes nested as the net takes its inputs.

    Raises:
        ShapeError: the forward pass needs real data; names the block that failed.

    """
    graph = Graph([], [], {})
    arguments = [_variable(shape, graph.feeds) for shape in shapes]
    recorder = CallRecorder(net, mx.sym.Symbol) if calls else None
    with _lent(net, graph.parameters, recorder.hooks if recorder else None):
        try:
            graph.outputs = flatten(net(*arguments), mx.sym.Symbol)
        except (errors.InitError, KeyboardInterrupt):
            raise
        except Exception as error:
            if recorder is None:  # once more, to learn which block it was
                return trace(net, shapes, calls=True)
            raise _not_traceable(net, recorder.current(), error) from error
        if not graph.outputs:
            raise _not_traceable(net, "", TypeError("it returned nothing that depends on data"))
    graph.calls = recorder.calls if recorder else []
    return graph


def side_traces(net: Any, shapes: Sequence[Any], used: set[int]) -> Iterator[Graph]:
    """Further traces where some parameter seems unused, until none does; adds to ``used``.

    One sees what blocks put out beside the net's outputs, one what the net does in training.
    """
    everything = {id(site.parameter) for site in paths.sites(net)}
    for mode in (mx.autograd.predict_mode, mx.autograd.train_mode):
        if everything <= used:
            return
        with mode():
            try:
                graph = trace(net, shapes, calls=True)
            except errors.ShapeError:  # training may do what cannot be traced: nothing is learnt
                continue
        used |= graph.used()
        yield graph


def _not_traceable(net: Any, path: str, error: Exception) -> errors.ShapeError:
    where = f"the block {path!r} of {type(net).__name__}" if path else type(net).__name__
    return errors.ShapeError(
        f"The forward pass of {where} could not be traced without data "
        f"({errors.in_a_line(error)}). {_way_out(net, path, error)}"
    )


def _way_out(net: Any, path: str, error: Exception) -> str:
    """What to do about a forward pass that fails with symbols."""
    block = dict(paths.blocks(net)).get(path, net)
    kind = type(block).__name__
    text = str(error)
    if isinstance(error, NotImplementedError) and not str(error):
        return f"Give {kind} a method hybrid_forward(self, F, x), or forward(self, x) to a Block."
    lost = re.search(r"hybrid_forward\(\) got an unexpected keyword argument '(\w+)'", text)
    if lost:
        return (
            f"Gluon hands each parameter to hybrid_forward by its name: write "
            f"def hybrid_forward(self, F, x, {lost[1]}) in {kind}."
        )
    if re.search(r"positional argument|multiple values for argument", text) and "forward" in text:
        return f"Give as many inputs as {kind} takes."
    if isinstance(error, AttributeError) and "Symbol" not in text and "'F'" not in text:
        return f"Mend {kind}: an attribute is used that nobody has set."
    return (
        "Tracing works for HybridBlocks and for Blocks whose forward only calls others. Any other "
        "can be run once on zeros: gi.infer_shapes(net, ..., run=True); gi.force_init, gi.summary "
        "and gi.explain take run=True too."
    )


def _variable(shape: Any, feeds: dict[str, Shape]) -> Any:
    if shape is None:
        return None
    if isinstance(shape, list):
        return [_variable(one, feeds) for one in shape]
    name = f"gluon_init_input{len(feeds)}"
    feeds[name] = shape
    return _symbol(name)


def _symbol(name: str) -> Any:
    symbol = mx.sym.var(name)
    return symbol.as_np_ndarray() if mx.util.is_np_array() else symbol


class CallRecorder:
    """Notes every call of every block of a net, by two hooks that each block gets."""

    def __init__(self, net: Any, kind: type) -> None:
        self.calls: list[Call] = []
        self._kind = kind
        self._time = 0
        self._running: list[tuple[Call, dict[int, list[str]]]] = []
        self._first: dict[int, str] = {}
        for path, block in paths.blocks(net):
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
        call = Call(self._path(block), block, flatten(inputs, self._kind), self._tick(), caller)
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


@contextlib.contextmanager
def _lent(net: Any, parameters: dict[str, Any], hooks: tuple[Any, Any] | None) -> Iterator[None]:
    """The net as a machine for symbols; fills ``parameters``. All is given back at the end."""
    blocks = {id(block): block for _, block in paths.blocks(net)}.values()
    state = [(block, dict(block.__dict__)) for block in blocks]
    contents = [pair for block in blocks for pair in _contents(block)]
    python, numpy = random.getstate(), np.random.get_state()
    kept: dict[int, tuple[Any, Any]] = {}
    for site in paths.sites(net):
        kept.setdefault(id(site.parameter), (site.parameter, site.parameter._var))

    def undo() -> None:
        for block, attributes in state:
            rollback.put_back(block.__dict__, attributes)
        for container, before in contents:
            _refill(container, before)
        for parameter, symbol in kept.values():
            parameter._var = symbol
        random.setstate(python)
        np.random.set_state(numpy)

    try:
        for number, (parameter, _) in enumerate(kept.values()):
            name = f"gluon_init_parameter{number}"
            parameters[name] = parameter
            parameter._var = _symbol(name)
        # A SymbolBlock brings a graph of its own, in which parameters go by Gluon's names.
        parameters.update({p.name: p for p, _ in reversed(list(kept.values()))})
        for block in blocks:
            give_hooks(block, hooks)
        with mx.name.NameManager():
            yield
    finally:
        try:  # an interrupt may come in the middle, also as undo is entered: see all_or_nothing
            undo()
        except KeyboardInterrupt:
            undo()
            raise


def _contents(block: Any) -> Iterator[tuple[Any, Any]]:
    """The containers that a forward pass may add to, each with a copy of what is in it."""
    own = [block._children, block._reg_params, block._params._params]
    if not type(block).__module__.startswith("mxnet."):
        own += [value for value in vars(block).values() if isinstance(value, (list, dict, set))]
    seen: set[int] = set()
    while own:
        container = own.pop()
        if id(container) not in seen:
            seen.add(id(container))
            before = container.copy()
            yield container, before
            inside = before.values() if isinstance(before, dict) else before
            own += [one for one in inside if isinstance(one, (list, dict, set))]


def _refill(container: Any, before: Any) -> None:
    container.clear()
    container.extend(before) if isinstance(container, list) else container.update(before)


def give_hooks(block: Any, hooks: tuple[Any, Any] | None) -> None:
    """Replaces a block's hooks by these, or by none. The caller restores ``block.__dict__``."""
    before, after = ([hook] for hook in hooks) if hooks else ([], [])
    block.__dict__["_forward_pre_hooks"] = OrderedDict(enumerate(before))
    block.__dict__["_forward_hooks"] = OrderedDict(enumerate(after))
