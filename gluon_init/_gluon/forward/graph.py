"""The graph of a net's forward pass, made by calling the net with symbols in place of arrays.

That works for a HybridBlock, and for a Block whose forward only composes others. Nothing of the
net is changed: parameters lend a symbol each, blocks note that they are called, and all of it is
given back.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import mxnet as mx
import numpy as np

from ... import errors
from .. import paths, rollback
from ..view import View
from .calls import Call, CallRecorder, Shape, flatten, give_hooks

_RUN = (
    "Tracing works for HybridBlocks and for Blocks whose forward only calls others. Any other "
    "can be run once on zeros: gi.infer_shapes(net, ..., run=True); gi.force_init, gi.summary "
    "and gi.explain take run=True too."
)


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


def trace(view: View, shapes: Sequence[Any], *, calls: bool = False) -> Graph:
    """Calls the net with one symbol for each shape; shapes nested as it takes its inputs.

    Raises:
        ShapeError: the forward pass needs real data; names the block that failed.

    """
    graph = Graph([], [], {})
    arguments = [_variable(shape, graph.feeds) for shape in shapes]
    recorder = CallRecorder(view, mx.sym.Symbol) if calls else None
    with _lent(view, graph.parameters, recorder.hooks if recorder else None):
        try:
            graph.outputs = flatten(view.net(*arguments), mx.sym.Symbol)
        except (errors.InitError, KeyboardInterrupt):
            raise
        except Exception as error:
            if recorder is None:  # once more, to learn which block it was
                return trace(view, shapes, calls=True)
            raise _not_traceable(view.net, recorder.current(), error) from error
        if not graph.outputs:
            raise _not_traceable(
                view.net, "", TypeError("it returned nothing that depends on data")
            )
    graph.calls = recorder.calls if recorder else []
    return graph


def side_traces(view: View, shapes: Sequence[Any], used: set[int]) -> Iterator[Graph]:
    """Further traces where some parameter seems unused, until none does; adds to ``used``.

    One sees what blocks put out beside the net's outputs, one what the net does in training.
    """
    everything = set(view.places)
    for mode in (mx.autograd.predict_mode, mx.autograd.train_mode):
        if everything <= used:
            return
        with mode():
            try:
                graph = trace(view, shapes, calls=True)
            except errors.ShapeError:  # training may do what cannot be traced: nothing is learnt
                continue
        used |= graph.used()
        yield graph


def _not_traceable(net: Any, path: str, error: Exception) -> errors.ShapeError:
    where = f"the block {path!r} of {type(net).__name__}" if path else type(net).__name__
    way_out = _way_out(net, path, error)
    told = errors.ShapeError(
        f"The forward pass of {where} could not be traced without data "
        f"({errors.in_a_line(error)}). {way_out}"
    )
    told.needs_run = way_out == _RUN
    return told


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
    return _RUN


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


@contextlib.contextmanager
def _lent(view: View, parameters: dict[str, Any], hooks: tuple[Any, Any] | None) -> Iterator[None]:
    """The net as a machine for symbols; fills ``parameters``. All is given back at the end."""
    blocks = {id(block): block for _, block in view.blocks}.values()
    state = [(block, dict(block.__dict__)) for block in blocks]
    contents = [pair for block in blocks for pair in _contents(block)]
    python, numpy = random.getstate(), np.random.get_state()
    kept = [(parameter, parameter._var) for parameter in view.parameters]

    def undo() -> None:
        for block, attributes in state:
            rollback.put_back(block.__dict__, attributes)
        for container, before in contents:
            _refill(container, before)
        for parameter, symbol in kept:
            parameter._var = symbol
        random.setstate(python)
        np.random.set_state(numpy)

    try:
        for number, (parameter, _) in enumerate(kept):
            name = f"gluon_init_parameter{number}"
            parameters[name] = parameter
            parameter._var = _symbol(name)
        # A SymbolBlock brings a graph of its own, in which parameters go by Gluon's names.
        parameters.update({p.name: p for p, _ in reversed(kept)})
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
