"""Blocks and parameters that a net holds, and that Gluon does not see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._gluon import paths
from .._gluon.view import View
from ..results.text import some
from .finding import Finding


def unseen_blocks(net: Any) -> list[Finding]:
    """One finding for each list, tuple or dict of blocks that Gluon does not see."""
    return [unseen_block(path, blocks) for path, blocks in paths.unseen_blocks(net)]


def unseen_block(path: str, unseen: Sequence[Any]) -> Finding:
    """The finding for ``self.name = [blocks]``, whose path this is."""
    name = path.rpartition(".")[2]
    kinds = some([type(one).__name__ for one in unseen]) or "Blocks"
    return Finding(
        path,
        "blocks that the net does not see",
        f"{kinds} sit in a list, tuple or dict. Gluon registers a block only as an attribute of "
        f"its own: initialize(), collect_params() and save_parameters() pass these by.",
        f"Beside the list, register each: for block in self.{name}: self.register_child(block). Or "
        f"use nn.Sequential in place of the list. Then net.initialize().",
    )


def unseen_parameters(view: View) -> list[Finding]:
    """One finding for each parameter that was made without the ``params`` of a block."""
    listed = {id(one) for _, block in view.blocks for one in block.params.values()}
    return [unseen_parameter(site) for site in view.owned if id(site.parameter) not in listed]


def unseen_parameter(site: paths.Site) -> Finding:
    """The finding for ``self.name = gluon.Parameter(...)``."""
    name = site.path.rpartition(".")[2]
    return Finding(
        site.path, "a parameter that the net does not collect",
        f"{type(site.owner).__name__} has it as an attribute, and not from self.params. "
        f"initialize(), collect_params() and a Trainer pass it by.",
        f"In __init__, self.{name} = self.params.get({name!r}, shape=...), and build the net anew.",
    )  # fmt: skip


def of_strangers(net: Any) -> list[Finding]:
    """One finding for each thing that a net keeps for a block and is none."""
    return [_stranger(path, value) for path, value in paths.strangers(net)]


def _stranger(path: str, value: Any) -> Finding:
    kind, name = type(value).__name__, getattr(value, "__name__", "")
    state, step = f"of type {kind}, and no block", "net.add(a block)"
    if isinstance(value, type):
        state, step = f"the class {name}, and no block", f"net.add(nn.{name}(...)), an object"
    elif isinstance(value, (list, tuple)):
        step = "net.add(*blocks), with the star"
    elif callable(value):
        step = f"net.add(nn.Lambda({name}))" if name.isidentifier() else "net.add(nn.Lambda(it))"
    elif isinstance(value, str):
        step = f"net.add(nn.Activation({value!r})), if that is meant"
    return Finding(
        path,
        state,
        "add() keeps whatever it is given, and Gluon fails over it later: with initialize(), "
        "collect_params() or a call.",
        f"Make the net anew, with {step}.",
    )
