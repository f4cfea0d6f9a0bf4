"""Which block was at work when an error was raised, and with what."""

from __future__ import annotations

import re
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.gradients import is_new, trained_arrays
from .scene import Scene


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
    values: list[Any] = []
    trace = scene.error.__traceback__
    while trace is not None and not _is_mxnets(trace.tb_frame):
        values += trace.tb_frame.f_locals.values()
        trace = trace.tb_next
    return values


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
