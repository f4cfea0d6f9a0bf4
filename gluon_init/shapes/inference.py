"""What MXNet's inference tells of each parameter's shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import mxnet as mx

from .._arguments import input_shapes, require_flag
from .._gluon import paths
from .._gluon.forward.calls import Shape
from .._gluon.forward.graph import Graph, group, side_traces, trace
from .._gluon.forward.zeros import run_on_zeros
from .._gluon.view import View
from ..errors import ShapeError
from . import misfits


def known_shapes(
    view: View, inputs: Sequence[Any], run: bool = False
) -> tuple[dict[int, Shape | None], set[int]]:
    """What can be told of each parameter, and which parameters the forward pass uses.

    By inference, or with ``run`` by a run on zeros.

    Returns:
        ``id(parameter)`` → shape, and the set of ``id(parameter)`` that are reached.

    Raises:
        ShapeError: as :func:`infer_shapes`.

    """
    require_flag(run, "run")
    if run:
        ran = run_on_zeros(view, inputs)
        return ran.parameters, ran.used
    sizes = input_shapes(inputs)
    graph = trace(view, sizes)
    try:
        found = Inference(graph, graph.outputs)
    except mx.MXNetError:  # from the calls of each block, which is slower and names the misfit
        graph = trace(view, sizes, calls=True)
        found = infer_calls(graph)
    return told_by(view, sizes, graph, found)


def told_by(
    view: View, sizes: Sequence[Any], graph: Graph, found: Inference
) -> tuple[dict[int, Shape | None], set[int]]:
    """The same as :func:`known_shapes`, of a graph and inference over it."""
    known, used = _parameter_shapes(view, graph, found), graph.used()
    _learn_from_sides(view, sizes, known, used)
    return known, used


def _learn_from_sides(
    view: View, sizes: Sequence[Any], known: dict[int, Shape | None], used: set[int]
) -> None:
    """Adds what the net's outputs do not tell: side outputs, and what only training does."""
    if known.keys() <= used:
        return
    for graph in side_traces(view, sizes, used):
        try:
            more = _parameter_shapes(view, graph, infer_calls(graph))
        except ShapeError:  # only in training do these inputs not fit
            continue
        for key, shape in more.items():
            known[key] = _better(known[key], shape)


class Inference:
    """MXNet's partial inference over some symbols of a graph."""

    def __init__(self, graph: Graph, symbols: Iterable[Any]) -> None:
        self.symbols = list({id(symbol): symbol for symbol in symbols}.values())
        self._graph = graph
        whole = group(self.symbols)
        arguments, auxiliary = whole.list_arguments(), whole.list_auxiliary_states()
        found = _infer_partial(whole, self._given({*arguments, *auxiliary}))
        pairs = [*zip(arguments, found[0], strict=True), *zip(auxiliary, found[2], strict=True)]
        self.variables = {name: _shape(sizes) for name, sizes in pairs}
        self._starts: dict[int, tuple[int, int]] = {}
        position = 0
        for symbol in self.symbols:
            self._starts[id(symbol)] = (position, position + _count(symbol))
            position += _count(symbol)
        self._outputs = [_shape(sizes) for sizes in found[1]]

    def _given(self, names: set[str]) -> dict[str, tuple[int, ...]]:
        given: dict[str, Any] = {n: s for n, s in self._graph.feeds.items() if n in names}
        for name in names & set(self._graph.parameters):
            if self._graph.parameters[name].shape is not None:
                given[name] = tuple(int(size) for size in self._graph.parameters[name].shape)
        return given

    def outputs_of(self, symbol: Any) -> list[Shape | None]:
        """The shapes of what a symbol puts out."""
        start, end = self._starts[id(symbol)]
        return self._outputs[start:end]


def _infer_partial(symbol: Any, given: Mapping[str, tuple[int, ...]]) -> Any:
    """MXNet's partial inference, also of recurrent layers under NumPy's shapes.

    There a size of 0 means 0, but the states with which such a layer begins have it where their
    batch is unknown.
    """
    try:
        return symbol.infer_shape_partial(**given)
    except mx.MXNetError as error:
        if not mx.util.is_np_shape():
            raise
        unknown = {n: tuple(max(size, 0) for size in sizes) for n, sizes in given.items()}
        with mx.util.np_array(False), mx.util.np_shape(False):
            try:
                return symbol.infer_shape_partial(**unknown)
            except mx.MXNetError:
                raise error from None


def _count(symbol: Any) -> int:
    """How many outputs a symbol has; NumPy symbols with one refuse ``len``."""
    return int(mx.sym.Symbol.__len__(symbol))


def _shape(sizes: Sequence[int] | None) -> Shape | None:
    return tuple(int(s) if s > 0 else None for s in sizes) if sizes else None


def infer_calls(graph: Graph) -> Inference:
    """Inference over what goes into each block and comes out.

    Raises:
        ShapeError: it fails; names the first block that cannot be satisfied.

    """
    symbols = [one for call in graph.calls for one in (*call.inputs, *call.outputs)]
    try:
        return Inference(graph, [*symbols, *graph.outputs])
    except mx.MXNetError as error:
        raise misfits.first_misfit(graph, Inference, str(error)) from None


def _parameter_shapes(view: View, graph: Graph, found: Inference) -> dict[int, Shape | None]:
    """``id(parameter)`` → what is declared of its shape and what inference adds."""
    inferred = {
        id(graph.parameters[name]): shape
        for name, shape in found.variables.items()
        if name in graph.parameters
    }
    known = {}
    for parameter in view.parameters:
        own = paths.shape_of(parameter)
        known[id(parameter)] = _better(own, inferred.get(id(parameter)))
    return known


def _better(own: Shape | None, inferred: Shape | None) -> Shape | None:
    if own is None or inferred is None:
        return own or inferred
    return tuple(a if a is not None else b for a, b in zip(own, inferred, strict=True))
