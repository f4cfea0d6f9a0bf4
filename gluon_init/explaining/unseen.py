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
