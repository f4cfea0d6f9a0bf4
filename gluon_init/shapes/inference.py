"""What MXNet's inference tells of each parameter's shape."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import mxnet as mx

from .._arguments import input_shapes, require_flag
from .._gluon import paths
from .._gluon.blocks import own_parameters
from .._gluon.forward.calls import Shape
from .._gluon.forward.graph import Graph, group, side_traces, trace
from .._gluon.forward.zeros import run_on_zeros
from .._gluon.layers import is_norm, norm_axis
from .._gluon.view import View
from ..errors import ShapeError
from . import misfits
from .strictness import require_runnable


class Foretold(NamedTuple):
    """What a forward pass would do.

    Attributes:
        parameters: ``id(parameter)`` → its shape then, as far as it can be told.
        used: ``id(parameter)`` of each that is reached.
        outputs: the shapes of what the net would give.

    """

    parameters: dict[int, Shape | None]
    used: set[int]
    outputs: list[Shape | None]


def foretell(view: View, inputs: Sequence[Any], run: bool = False) -> Foretold:
    """What can be told of a forward pass: by inference, or with ``run`` by a run on zeros.

    Raises:
        ShapeError: as :func:`infer_shapes`.

    """
    require_flag(run, "run")
    if run:
        ran = run_on_zeros(view, inputs)
        return Foretold(ran.parameters, ran.used, [value.shape for value in ran.outputs])
    sizes = input_shapes(inputs)
    graph, found = _inferred(view, sizes)
    known, used = told_by(view, sizes, graph, found)
    return Foretold(known, used, [s for one in graph.outputs for s in found.outputs_of(one)])


def known_shapes(
    view: View, inputs: Sequence[Any], run: bool = False
) -> tuple[dict[int, Shape | None], set[int]]:
    """The first two things that :func:`foretell` tells: shapes of parameters, and the reached."""
    told = foretell(view, inputs, run)
    return told.parameters, told.used


def _inferred(view: View, sizes: Sequence[Any]) -> tuple[Graph, Inference]:
    """From the outputs alone, if that will do."""
    if not _shares_norms(view):
        graph = trace(view, sizes)
        with contextlib.suppress(mx.MXNetError):
            return graph, Inference(graph, graph.outputs)
    # From the calls of each block, which is slower, but names what does not fit.
    graph = trace(view, sizes, calls=True)
    return graph, infer_calls(graph)


def told_by(
    view: View, sizes: Sequence[Any], graph: Graph, found: Inference
) -> tuple[dict[int, Shape | None], set[int]]:
    """The same, of a graph and inference over it."""
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
        given = self._given({*arguments, *auxiliary})
        found = _infer_partial(whole, given)
        require_runnable(whole, lambda symbol: _infer_partial(symbol, given)[1])
        pairs = [*zip(arguments, found[0], strict=True), *zip(auxiliary, found[2], strict=True)]
        self.variables = {name: _shape(sizes) for name, sizes in pairs}
        for name, sizes in given.items():
            _require_kept(sizes, self.variables[name])
        self._starts: dict[int, tuple[int, int]] = {}
        position = 0
        for symbol in self.symbols:
            self._starts[id(symbol)] = (position, position + _count(symbol))
            position += _count(symbol)
        self._outputs = [_shape(sizes) for sizes in found[1]]
        self._require_one_width_of_norms()

    def _given(self, names: set[str]) -> dict[str, tuple[int, ...]]:
        given: dict[str, Any] = {n: s for n, s in self._graph.feeds.items() if n in names}
        for name in names & set(self._graph.parameters):
            if self._graph.parameters[name].shape is not None:
                given[name] = tuple(int(size) for size in self._graph.parameters[name].shape)
        return given

    def _require_one_width_of_norms(self) -> None:
        """Raises MXNetError where one normalization takes inputs of two widths: see _require_kept.

        Of the calls that have been inferred; so only where calls have been recorded.
        """
        widths: dict[int, int] = {}
        for call in self._graph.calls:
            inferred = all(id(one) in self._starts for one in (*call.inputs, *call.outputs))
            if not inferred or not is_norm(call.block) or not call.inputs:
                continue
            sizes = self.outputs_of(call.inputs[0])[0]
            width = sizes[norm_axis(call.block)] if sizes else None
            if width is None:
                continue
            for parameter in own_parameters(call.block).values():
                _require_kept((widths.setdefault(id(parameter), width),), (width,))

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


def _shares_norms(view: View) -> bool:
    """Whether a normalization, or a parameter of one, sits at several places."""
    return any(site.alias_of is not None and is_norm(site.owner) for site in view.sites)


def _require_kept(given: Sequence[int], told: Shape | None) -> None:
    """Raises MXNetError where inference has another size than it was given.

    BatchNorm and InstanceNorm take their channels from the input and overwrite what their
    parameters have. MXNet then computes beyond the end of an array, or fails in the middle of it.
    """
    if told is None:
        return
    pairs = zip(given, told, strict=False)
    if len(given) != len(told) or any(a > 0 and b not in (None, a) for a, b in pairs):
        raise mx.MXNetError(f"Shape inconsistent, Provided = {list(given)}, inferred shape={told}")


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
