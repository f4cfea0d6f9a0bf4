"""How shapes flow through a net: one row for each call of a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._arguments import input_shapes, require_flag
from .._gluon import paths
from .._gluon.blocks import own_parameters
from .._gluon.forward.calls import Call, Shape
from .._gluon.forward.graph import trace
from .._gluon.forward.zeros import run_on_zeros
from .._gluon.view import View
from ..results.table import Column, Table
from ..results.text import shape_text, some
from . import reasons
from .inference import infer_calls, told_by
from .rows import Step


class ShapeFlow(Table[Step]):
    """What :func:`infer_shapes` returns: a :class:`Step` for each call of a block, in order.

    A block's row comes before those of the blocks inside it.

    Attributes:
        parameters: path → shape, for every parameter; None for what stays unknown.
        outputs: the shapes of the net's outputs.
        unreached: paths of the parameters which the forward pass never uses.

    """

    def __init__(
        self,
        rows: Sequence[Step],
        parameters: Mapping[str, Shape | None],
        outputs: Sequence[Shape | None],
        unreached: Sequence[str],
        warning: str = "",
    ) -> None:
        self.parameters = dict(parameters)
        self.outputs = tuple(outputs)
        self.unreached = tuple(unreached)
        super().__init__(rows, _COLUMNS, notes=[self._closing(rows), warning])

    def _closing(self, rows: Sequence[Step]) -> str:
        count = sum(len(row.resolved) for row in rows)
        lines = [f"{count} parameter shape{'s' * (count != 1)} became known"]
        unknown = [path for path, shape in self.parameters.items() if _is_open(shape)]
        if unknown:
            lines.append(f"still unknown: {some(unknown, most=5)}")
        if self.unreached:
            lines.append(f"never reached by this forward pass: {some(self.unreached, most=5)}")
        return "; ".join(lines)

    def plot(self) -> Any:
        """Draws the net as a flow, each parameter's shape before and after; a matplotlib figure."""
        from .picture import flow

        return flow(self.rows)


def infer_shapes(
    net: gluon.Block, *inputs: mx.nd.NDArray | Sequence[Any] | None, run: bool = False
) -> ShapeFlow:
    """Infers all shapes of ``net`` step by step, from the shapes of its inputs.

    No data is needed, nothing is drawn, allocated or changed; the net does not learn what is
    found (``gi.force_init`` makes it). MXNet's own inference runs over the graph that the net
    makes when it is called with symbols.

    Args:
        net: any ``gluon.Block``, in any state, hybridized or not.
        *inputs: arrays or shapes, nested as ``net`` takes them. Of arrays only the shape counts.
        run: for a Block whose forward needs real arrays: run it once, on zeros and with zeros as
            parameters. That happens in a copy of the process, so that the net and all random
            states stay as they are; needs a system with ``fork``.

    Raises:
        ArgumentError: ``net`` is no Block, or an input is neither an array nor a shape.
        ShapeError: the inputs do not fit; names the first block that cannot be satisfied, what it
            has and what reached it. Also for a forward that only a run can tell, without ``run``.

    Source: ``HybridBlock.infer_shape`` and ``Symbol.infer_shape_partial``.

    """
    view = View(net)
    require_flag(run, "run")
    shapes = input_shapes(inputs)
    if run:
        ran = run_on_zeros(view, inputs)
        return _flow(view, ran.calls, lambda v: [v.shape], ran.parameters, ran.used, ran.outputs)
    graph = trace(view, shapes, calls=True)
    found = infer_calls(graph)
    known, used = told_by(view, shapes, graph, found)
    sizes = {id(symbol): found.outputs_of(symbol) for symbol in found.symbols}
    return _flow(view, graph.calls, lambda value: sizes[id(value)], known, used, graph.outputs)


def _flow(
    view: View,
    calls: Sequence[Call],
    shapes_of: Callable[[Any], list[Shape | None]],
    known: Mapping[int, Shape | None],
    used: set[int],
    outputs: Sequence[Any],
) -> ShapeFlow:
    """The rows, from the calls and from what has become known."""
    first = {key: places[0] for key, places in view.places.items()}
    told: set[int] = set()
    rows = []
    depths: dict[int, int] = {}
    links = _links(calls)
    for number, call in enumerate(calls):
        depths[id(call)] = depths[id(call.caller)] + 1 if call.caller else 0
        inputs = tuple(shape for value in call.inputs for shape in shapes_of(value))
        resolved: dict[str, Shape | None] = {}
        because: dict[str, str] = {}
        declared: dict[str, Shape | None] = {}
        for name, parameter in own_parameters(call.block).items():
            before, after = paths.shape_of(parameter), known[id(parameter)]
            if id(parameter) in told or id(parameter) not in used or before == after:
                continue
            told.add(id(parameter))
            path = first[id(parameter)]
            resolved[path], declared[path] = after, before
            because[path] = reasons.because(call.block, name, before, after, inputs)
        outputs_of_call = tuple(shape for value in call.outputs for shape in shapes_of(value))
        rows.append(Step(
            block=call.path, kind=type(call.block).__name__, inputs=inputs,
            outputs=outputs_of_call, resolved=resolved, because=because, declared=declared,
            depth=depths[id(call)], **links[number],
        ))  # fmt: skip
    return ShapeFlow(
        rows,
        {site.path: known[id(site.parameter)] for site in view.sites},
        tuple(shape for value in outputs for shape in shapes_of(value)),
        [site.path for site in view.owned if id(site.parameter) not in used],
        paths.unseen_text(view.net),
    )


def _links(calls: Sequence[Call]) -> list[dict[str, tuple[int, ...]]]:
    """For each call, by number: who made its inputs, who its outputs, and whom it only links."""
    makers: dict[int, int] = {}
    for number in sorted(range(len(calls)), key=lambda i: calls[i].ended):
        for value in calls[number].outputs:
            makers.setdefault(id(value), number)  # the innermost block that put it out
    children: dict[int, list[int]] = {}
    for number, call in enumerate(calls):
        children.setdefault(id(call.caller), []).append(number)

    def made(values: Sequence[Any]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(makers[id(v)] for v in values if id(v) in makers))

    links = []
    for call in calls:
        own = children.get(id(call), [])
        linked = bool(own) and _only_hands_on(call, [calls[i] for i in own], makers)
        inside = tuple(own) if linked else ()
        links.append({"takes": made(call.inputs), "gives": made(call.outputs), "inside": inside})
    return links


def _only_hands_on(call: Call, inside: Sequence[Call], makers: Mapping[int, int]) -> bool:
    """Whether a block computes nothing itself: all that it hands on came from elsewhere."""
    known = {id(value) for value in call.inputs} | makers.keys()
    own = {id(value) for value in call.outputs} - {id(v) for one in inside for v in one.outputs}
    foreign = [value for one in inside for value in one.inputs if id(value) not in known]
    # Only what is foreign is asked whether it is constant: that takes a walk over all below it.
    whole = all(_is_constant(value) for value in foreign)
    return whole and not (own - {id(v) for v in call.inputs}) and not own_parameters(call.block)


def _is_constant(value: Any) -> bool:
    """Whether a symbol depends on nothing, such as the states with which an LSTM begins."""
    return isinstance(value, mx.sym.Symbol) and not value.list_inputs()


def _became(row: Step) -> str:
    """``gamma, beta (8,)``: names within the block, those of one shape together."""
    names: dict[Shape | None, list[str]] = {}
    for path, shape in row.resolved.items():
        names.setdefault(shape, []).append(path.rpartition(".")[2])
    return "; ".join(f"{', '.join(same)} {shape_text(shape)}" for shape, same in names.items())


def _why(row: Step) -> str:
    return "; ".join(dict.fromkeys(reason for reason in row.because.values() if reason))


def _is_open(shape: Shape | None) -> bool:
    return shape is None or None in shape


_COLUMNS: list[Column[Step]] = [
    Column("block", lambda row: row.block or "(net)"),
    Column("kind", "kind"),
    Column("in", "inputs"),
    Column("out", "outputs"),
    Column("became known", _became),
    Column("because", _why),
]
