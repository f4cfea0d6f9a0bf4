"""Arguments of one name in a symbol: what was meant, by the layers that they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .._gluon.symbol_blocks import LABEL_INPUT
from ..results.text import some
from . import of_bound_operators
from .finding import Finding
from .of_iterators import bound_module
from .of_symbols import nodes_of
from .scene import Scene

CASES = of_bound_operators.CASES  # one list: those who import this module hand it on


@CASES.when(r"simple_bind error.*Input argument NDArray cannot be un-allocated")
def _twice(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Two variables of one name."""
    module = bound_module(scene)
    names = module.symbol.list_arguments() if module is not None else []
    twice = sorted({name for name in names if names.count(name) > 1})
    if not twice and not scene.frames:
        return [Finding(
            "The symbol", "with two arguments of one name",
            "Arguments go by their names, which symbol.list_arguments() shows. Two layers of one "
            "name make two of each.",
            "mx.sym.FullyConnected(..., name='other') for one of the layers; to share a variable, "
            "make it once, and hand it to both.",
        )]  # fmt: skip
    if not twice:
        return []
    told = _loss_on_a_loss(module.symbol, twice) or _layers_of_a_name(module.symbol, twice)
    if told is not None:
        return [told]
    return [Finding(
        some(twice), f"two variables of this name: the symbol has it {names.count(twice[0])} times",
        "Each mx.sym.var(name) makes a variable of its own, also where the name is the same. Only "
        "one of them is fed.",
        f"x = mx.sym.var({twice[0]!r}) once, and x in each place where it is used.",
    )]  # fmt: skip


def _loss_on_a_loss(symbol: Any, twice: Sequence[str]) -> Finding | None:
    """A new head that was put on top of the old loss, and not on the layer below it."""
    nodes = nodes_of(symbol)
    losses = [node for node in nodes if node["op"] in LABEL_INPUT]
    for first in losses:
        label = nodes[first["inputs"][LABEL_INPUT[first["op"]]][0]]["name"]
        inner = nodes[first["inputs"][0][0]]["name"]
        on_top = [n for n in nodes if any(nodes[e[0]] is first for e in n["inputs"])]
        if label in twice and on_top and len(losses) > 1:
            return Finding(
                label, f"the label of two losses, one on top of the other: {on_top[0]['name']} "
                f"stands on {first['name']}",
                f"The symbol that was loaded ends in its loss, {first['name']}. A new head belongs "
                f"on the layer below.",
                f"symbol.get_internals()['{inner}_output'] in place of symbol, as what "
                f"{on_top[0]['name']} is made of.",
            )  # fmt: skip
    return None


def _layers_of_a_name(symbol: Any, twice: Sequence[str]) -> Finding | None:
    """Layers of one name that cannot share: of other sizes, or one behind the other."""
    nodes = nodes_of(symbol)
    layers = [node for node in nodes if node["op"] != "null"]
    owners = [n for n in layers if any(one.startswith(f"{n['name']}_") for one in twice)]
    for node in owners:
        same = [one for one in owners if one["name"] == node["name"]]
        if len(same) < 2 or (
            same[0].get("attrs") == same[1].get("attrs") and not _is_behind(nodes, same)
        ):
            continue
        name, sizes = node["name"], [one.get("attrs", {}).get("num_hidden") for one in same]
        told = f", with num_hidden={sizes[0]} and {sizes[1]}" if sizes[0] != sizes[1] else ""
        return Finding(
            some([one for one in twice if one.startswith(f"{name}_")]),
            f"the parameters of two layers that are both called {name!r}{told}",
            "Parameters go by their names, so that each layer needs one of its own.",
            f"mx.sym.{node['op']}(..., name='{name}_new') for the new one. It is drawn where "
            f"allow_missing=True is given.",
        )  # fmt: skip
    return None


def _is_behind(nodes: Sequence[Any], same: Sequence[Any]) -> bool:
    """Whether the second of two nodes computes on what the first one puts out."""
    pending, seen = [entry[0] for entry in same[1]["inputs"]], set()
    while pending:
        one = pending.pop()
        if nodes[one] is same[0]:
            return True
        if one not in seen:
            seen.add(one)
            pending += [entry[0] for entry in nodes[one]["inputs"]]
    return False
