"""Freezing, and which parameters each loss still reaches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import graphs, paths
from .auxiliary import AuxiliaryNet
from .auxiliary_losses import MAIN
from .errors import ArgumentError
from .tables import Table

_SHOWN = 12


class Reach(Table):
    """What :func:`reach` and :func:`freeze` return: one row a parameter.

    Fields: ``path``, ``paths`` (all its places), ``size`` (None while unknown), ``frozen`` (None
    for running statistics, which have no gradient), ``reached_by`` (the outputs whose losses change
    it: empty where it is frozen or none depends on it).

    Attributes:
        trains: output → the paths that its loss trains, outside of its own head.
        idle: auxiliary heads whose losses train nothing but the head itself.

    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], trains: Mapping[str, Sequence[str]],
        idle: Sequence[str],
    ) -> None:  # fmt: skip
        self.trains = {name: tuple(found) for name, found in trains.items()}
        self.idle = tuple(idle)
        columns = {"path": "path", "frozen": "frozen", "by": "trained by the loss of"}
        shown = [
            {**row, "path": ", ".join(row["paths"]), "by": ", ".join(row["reached_by"])}
            for row in rows
        ]
        notes = [""]
        frozen = sum(bool(row["frozen"]) for row in rows)
        trained = sum(row["frozen"] is not None for row in rows)
        statistics = f", besides {len(rows) - trained} running statistics" * (trained < len(rows))
        notes.append(f"{frozen} of {trained} parameters are frozen{statistics}")
        for name, found in self.trains.items():
            notes.append(f"{name}: its loss trains {len(found)} parameters of the network")
        notes += [
            f"{name}: its loss is calculated for nothing: all below it is frozen. Leave it out"
            for name in self.idle
        ]
        super().__init__(shown, columns, notes=notes)


def reach(net: Any) -> Reach:
    """Tells which parameters the loss of each output still trains.

    Args:
        net: an AuxiliaryNet, or any HybridBlock (its outputs are then called by their numbers).
            Shapes play no part, so nothing needs to be known of them.

    Raises:
        ArgumentError: ``net`` is no Block.
        ShapeError: its forward cannot be traced without data.

    """
    paths.require_block(net)
    graph = graphs.trace(net, [(1, 1)])
    names = (
        [MAIN, *net.stages]
        if isinstance(net, AuxiliaryNet)
        else (
            [MAIN]
            if len(graph.outputs) == 1
            else [f"output {i}" for i in range(len(graph.outputs))]
        )
    )
    by_output = {
        name: {id(graph.parameters[v]) for v in output.list_inputs() if v in graph.parameters}
        for name, output in zip(names, graph.outputs, strict=True)
    }
    sites = [site for site in paths.sites(net) if site.alias_of is None]
    places: dict[int, list[str]] = {}
    for site in paths.sites(net):
        places.setdefault(id(site.parameter), []).append(site.path)
    rows = []
    trains: dict[str, list[str]] = {name: [] for name in names}
    for site in sites:
        frozen = site.parameter.grad_req == "null" if site.parameter._differentiable else None
        reached = [n for n in names if id(site.parameter) in by_output[n] and frozen is False]
        for name in reached:
            if not site.path.startswith("auxiliary."):
                trains[name].append(site.path)
        shape = paths.shape_of(site.parameter)
        known = shape is not None and None not in shape
        rows.append({
            "path": site.path, "paths": tuple(places[id(site.parameter)]),
            "size": _product(shape) if known else None, "frozen": frozen,
            "reached_by": tuple(reached),
        })  # fmt: skip
    idle = [name for name in names[1:] if not trains[name]] if isinstance(net, AuxiliaryNet) else []
    return Reach(rows, trains, idle)


def _product(shape: Any) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def freeze(net: Any, pattern: str) -> Reach:
    r"""Freezes the parameters whose path the pattern is found in; returns what losses still reach.

    They keep their values (``grad_req = "null"``). Running statistics of BatchNorm have no gradient
    and are not meant: in training they go on, on the CPU wherever something below is still trained.

    Args:
        net: any ``gluon.Block``.
        pattern: a regular expression, such as ``"^network.features.[0-4]\."``.

    Raises:
        ArgumentError: a pattern that does not compile, or is found in no path.

    Source: ``Parameter.grad_req``; the third forum thread of the course.

    """
    _set(net, pattern, frozen=True)
    return reach(net)


def unfreeze(net: Any, pattern: str) -> Reach:
    """The reverse of :func:`freeze`: these parameters are trained again."""
    _set(net, pattern, frozen=False)
    return reach(net)


def _set(net: Any, pattern: str, *, frozen: bool) -> None:
    paths.require_block(net)
    try:
        found = re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ArgumentError(f"pattern {pattern!r} is no regular expression ({error}).") from error
    sites = paths.sites(net)
    chosen = [site for site in sites if found.search(site.path)]
    if not chosen:
        some = ", ".join(site.path for site in sites[:_SHOWN])
        raise ArgumentError(
            f"pattern {pattern!r} is found in none of the {len(sites)} paths, such as {some}."
        )
    trained = [site.parameter for site in chosen if site.parameter._differentiable]
    if not trained:
        raise ArgumentError(
            f"pattern {pattern!r} is found in running statistics only, such as {chosen[0].path}. "
            f"They have no gradient; use_global_stats=True of BatchNorm keeps them as they are."
        )
    for parameter in trained:
        parameter.grad_req = "null" if frozen else "write"
