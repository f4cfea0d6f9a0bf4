"""Freezing, and which parameters each loss still reaches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import mxnet as mx
from mxnet import gluon

from .._arguments import input_shapes
from .._gluon import paths
from .._gluon.forward.arguments import count_of_inputs
from .._gluon.forward.graph import trace
from .._gluon.parameters import is_constant, is_differentiable
from .._gluon.symbol_blocks import oddities
from .._gluon.view import View
from ..errors import ArgumentError, ShapeError
from ..results.table import Column, Table
from .losses import MAIN
from .net import AuxiliaryNet
from .rows import Reached

# What a parameter's grad_req was before it was frozen: "write", or "add" to collect gradients.
_before: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


_COLUMNS: list[Column[Reached]] = [
    Column("path", lambda row: ", ".join(row.paths)),
    Column("frozen", "frozen"),
    Column("trained by the loss of", lambda row: ", ".join(row.losses or ())),
]


class Reach(Table[Reached]):
    """What :func:`reach` and :func:`freeze` return: a :class:`Reached` for each parameter.

    Attributes:
        trains: output → the paths that its loss trains, outside of its own head.
        idle: auxiliary heads whose losses train nothing but the head itself.
        untold: why it cannot be told what the losses reach; "" where it can.

    """

    def __init__(
        self, rows: Sequence[Reached], trains: Mapping[str, Sequence[str]],
        idle: Sequence[str], untold: str = "", odd: str = "",
    ) -> None:  # fmt: skip
        self.trains = {name: tuple(found) for name, found in trains.items()}
        self.idle, self.untold = tuple(idle), untold
        columns = _COLUMNS[:-1] if untold else _COLUMNS
        notes: list[str] = []
        frozen = sum(bool(row.frozen) for row in rows)
        trained = sum(row.frozen is not None for row in rows)
        others = f", besides {len(rows) - trained} without a gradient" * (trained < len(rows))
        notes.append(f"{frozen} of {trained} parameters are frozen{others}")
        for name, found in self.trains.items():
            notes.append(f"{name}: its loss trains {len(found)} parameters of the network")
        notes += [
            f"{name}: its loss is calculated for nothing: all below it is frozen. Leave it out"
            for name in self.idle
        ]
        if untold:
            notes.append(f"which losses reach what cannot be told: {untold}")
        super().__init__(rows, columns, notes=[*notes, odd])


def reach(net: gluon.Block, *inputs: mx.nd.NDArray | Sequence[Any] | None) -> Reach:
    """Tells which parameters the loss of each output still trains.

    Args:
        net: an AuxiliaryNet, or any HybridBlock (its outputs are then called by their numbers).
        *inputs: arrays or shapes, nested as ``net`` takes them. Their sizes play no part; without
            any, the net is called with as many as its forward has arguments.

    Raises:
        ArgumentError: ``net`` is no Block, or an input is neither an array nor a shape.
        ShapeError: its forward cannot be traced without data.

    """
    view = View(net)
    return _reach(view, _reached_by_output(view, inputs))


def _reached_by_output(view: View, inputs: Sequence[Any]) -> dict[str, set[int]]:
    """Name of an output → ``id()`` of each parameter on which it depends."""
    net = view.net
    called = net.network if isinstance(net, AuxiliaryNet) else net
    shapes = input_shapes(inputs) if inputs else [(1, 1)] * count_of_inputs(called)
    graph = trace(view, shapes)
    names = (
        [MAIN, *net.stages]
        if isinstance(net, AuxiliaryNet)
        else (
            [MAIN]
            if len(graph.outputs) == 1
            else [f"output {i}" for i in range(len(graph.outputs))]
        )
    )
    return {
        name: {id(graph.parameters[v]) for v in output.list_inputs() if v in graph.parameters}
        for name, output in zip(names, graph.outputs, strict=True)
    }


def _reach(view: View, by_output: dict[str, set[int]], untold: str = "") -> Reach:
    names = list(by_output)
    rows = []
    trains: dict[str, list[str]] = {name: [] for name in names}
    for site in view.owned:
        frozen = site.parameter.grad_req == "null" if is_differentiable(site.parameter) else None
        reached = [n for n in names if id(site.parameter) in by_output[n] and frozen is False]
        for name in reached:
            if not site.path.startswith("auxiliary."):
                trains[name].append(site.path)
        rows.append(Reached(
            path=site.path, paths=tuple(view.places[id(site.parameter)]),
            size=paths.size_of(paths.shape_of(site.parameter)), frozen=frozen,
            losses=None if untold else tuple(reached),
        ))  # fmt: skip
    idle = (
        [name for name in names[1:] if not trains[name]]
        if isinstance(view.net, AuxiliaryNet)
        else []
    )
    return Reach(rows, trains, idle, untold, oddities(view.owned))


def freeze(net: gluon.Block, pattern: str, *inputs: mx.nd.NDArray | Sequence[Any] | None) -> Reach:
    r"""Freezes the parameters whose path the pattern is found in; returns what losses still reach.

    They keep their values (``grad_req = "null"``). Running statistics of BatchNorm have no gradient
    and are not meant: in training they go on, on the CPU wherever something below is still trained.

    Where the forward pass cannot be traced without data they are frozen all the same, and what is
    returned says that it cannot tell what losses reach.

    Args:
        net: any ``gluon.Block``.
        pattern: a regular expression, such as ``"^network.features.[0-4]\."``.
        *inputs: as for :func:`reach`.

    Raises:
        ArgumentError: a pattern that does not compile, or is found in no path, or only in those of
            what has no gradient.

    Source: ``Parameter.grad_req``; the third forum thread of the course.

    """
    return _set(net, pattern, inputs, frozen=True)


def unfreeze(
    net: gluon.Block, pattern: str, *inputs: mx.nd.NDArray | Sequence[Any] | None
) -> Reach:
    """The reverse of :func:`freeze`: these parameters are trained again, as they were before.

    The ``grad_req`` that ``freeze`` found comes back ("add" stays "add"); "write" where something
    else froze them. What is not frozen is left as it is.
    """
    return _set(net, pattern, inputs, frozen=False)


def _set(net: Any, pattern: str, inputs: Sequence[Any], *, frozen: bool) -> Reach:
    view = View(net)
    try:
        found = re.compile(pattern)
        found.search("")  # which a pattern of bytes refuses
    except (re.error, TypeError) as error:
        raise ArgumentError(f"pattern {pattern!r} is no regular expression ({error}).") from error
    chosen = [site for site in view.sites if found.search(site.path)]
    if not chosen:
        near = paths.nearest(pattern, [site.path for site in view.sites])
        raise ArgumentError(
            f"pattern {pattern!r} is found in none of the {len(view.sites)} paths of this net. The "
            f"nearest are {near}; gi.summary(net) lists all."
        )
    trained = [site.parameter for site in chosen if is_differentiable(site.parameter)]
    if not trained:
        raise ArgumentError(_untrainable(pattern, chosen[0]))
    try:
        by_output, untold = _reached_by_output(view, inputs), ""
    except ShapeError as error:
        by_output, untold = {}, str(error).partition(". ")[0] + "."
    for parameter in trained:
        _freeze(parameter) if frozen else _unfreeze(parameter)
    return _reach(view, by_output, untold)


def _untrainable(pattern: str, site: paths.Site) -> str:
    """Why what a pattern has found can be neither frozen nor trained."""
    if is_constant(site.parameter):
        return (
            f"pattern {pattern!r} is found in constants only, such as {site.path}, which are never "
            f"trained. For a value that is, make it by params.get(...) in place of get_constant."
        )
    return (
        f"pattern {pattern!r} is found in running statistics only, such as {site.path}. They have "
        f"no gradient; use_global_stats=True of BatchNorm keeps them as they are."
    )


def _freeze(parameter: Any) -> None:
    if parameter.grad_req != "null":
        _before[parameter] = parameter.grad_req
        parameter.grad_req = "null"


def _unfreeze(parameter: Any) -> None:
    if parameter.grad_req == "null":
        parameter.grad_req = _before.pop(parameter, "write")
