"""Which block was at work when an error was raised, and with what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.blocks import is_made
from .._gluon.gradients import is_new, trained_arrays
from .finding import Finding
from .scene import Scene

_NET = re.compile(r"(?<=\()net(?=[,)])|(?<!the )\bnet(?=\.\w|\[|\()")  # in code


def block_of(scene: Scene) -> Any:
    """The block whose operator failed, also in a graph; else the innermost that was running."""
    operator = _node(scene)
    if operator and scene.net is not None:
        inside = [block for _, block in paths.blocks(scene.net)]
        owners = [b for b in inside if b.prefix and operator.startswith(b.prefix)]
        if owners:
            return max(owners, key=lambda block: len(block.prefix))
    return scene.blocks[-1] if scene.blocks else None


def _node(scene: Scene) -> str:
    """The name of the node in a graph that failed, ``dense0_fwd``; "" where it was no graph."""
    found = re.search(r"Error in operator ([^\s:]+)", scene.message)
    return found[1] if found else ""


def operator_of(scene: Scene) -> str:
    """The operator that failed: ``concat``; "" where that is not known."""
    node, block = _node(scene), block_of(scene)
    if node:
        return re.sub(r"\d+$", "", node.removeprefix(block.prefix if block is not None else ""))
    called = [name for name, _ in scene.frames]
    return called[called.index("_imperative_invoke") - 1] if "_imperative_invoke" in called else ""


def named(scene: Scene, block: Any) -> str:
    """A block by path and type, ``Block '0' (Dense)``; by its type alone where it is the net."""
    path, kind = path_of(scene, block), type(block).__name__
    return f"Block {path!r} ({kind})" if path else kind


def path_of(scene: Scene, block: Any) -> str:
    """Where the block sits in the net; "" for the net itself, and where that is not known."""
    inside = paths.blocks(scene.net) if scene.net is not None else []
    return next((path for path, one in inside if one is block), "")


def in_code(path: str) -> str:
    """How one reaches what has this path: ``net[0].weight``."""
    parts = [f"[{part}]" if part.isdigit() else f".{part}" for part in path.split(".") if part]
    return f"net{''.join(parts)}"


def inputs_of(scene: Scene, block: Any) -> tuple[Any, ...]:
    """What this block had been called with, as far as it was called from Python."""
    for called, values in reversed(scene.frames):
        if called == "__call__" and values.get("self") is block and "args" in values:
            return tuple(values["args"])
    return ()


def users_values(scene: Scene) -> list[Any]:
    """The local variables of the functions that led into MXNet, innermost last."""
    return [value for _, value in _users_variables(scene)]


def _users_variables(scene: Scene) -> list[tuple[str, Any]]:
    variables: list[tuple[str, Any]] = []
    trace = scene.error.__traceback__
    while trace is not None and not _is_mxnets(trace.tb_frame):
        variables += trace.tb_frame.f_locals.items()
        trace = trace.tb_next
    return variables


def with_net(scene: Scene, found: Sequence[Finding]) -> list[Finding]:
    """The findings; where the user has several nets, each path with the variable of its net."""
    nets = {id(value): (name, value) for name, value in reversed(_users_variables(scene))
            if isinstance(value, gluon.Block) and is_made(value) and name[0] != "_"}  # fmt: skip
    if any(list(paths.strangers(net)) for _, net in nets.values()):
        return list(found)
    inside = {id(b) for _, net in nets.values() for path, b in paths.blocks(net) if path}
    whole = {key: name for key, (name, net) in nets.items()
             if key not in inside and paths.sites(net)}  # fmt: skip
    if len(whole) < 2 or id(scene.net) not in whole:
        return list(found)
    known = {site.path for site in paths.sites(scene.net)}
    known |= {path for path, _ in paths.blocks(scene.net) if path}
    name = whole[id(scene.net)]
    return [
        replace(
            one, what=_put_behind(one.what, known, f" of {name}"), next=_NET.sub(name, one.next)
        )
        for one in found
    ]


def _put_behind(what: str, known: set[str], of_net: str) -> str:
    """``0.weight (dense0_weight)`` → ``0.weight of net (dense0_weight)``; else as it is."""
    for path in sorted(known, key=len, reverse=True):
        for written in (f"Block {path!r}", path):
            if what == written or what.startswith((f"{written} ", f"{written},")):
                return f"{written}{of_net}{what.removeprefix(written)}"
    return what


def _is_mxnets(frame: Any) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("mxnet.")


def was_reached_by_backward(scene: Scene) -> bool:
    """Whether backward() has reached an array or net that the user's code holds."""
    arrays: list[Any] = []
    for value in users_values(scene):
        if isinstance(value, mx.nd.NDArray):
            arrays.append(value)
        elif isinstance(value, gluon.Block):
            arrays += [a for site in paths.sites(value) for a in trained_arrays(site.parameter)]
    return any(is_new(array) for array in arrays)
