"""Structural names: where in a net each parameter sits, who owns it, under which other names.

Gluon's own names (``dense3_weight``) depend on how many layers were made before; a path
(``features.3.weight``) depends on the net alone. It is what ``save_parameters`` writes; only of a
SymbolBlock it writes less, see ``by_saved_names``.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mxnet import gluon

from .._arguments import require_block
from ..errors import ArgumentError
from .blocks import own_parameters


class Site(NamedTuple):
    """One place in a net at which a parameter is used."""

    path: str
    parameter: Any
    owner: Any
    alias_of: str | None


def join(prefix: str, name: str) -> str:
    """``("features.3", "weight")`` → ``"features.3.weight"``."""
    return f"{prefix}.{name}" if prefix else name


def blocks(net: Any) -> Iterator[tuple[str, Any]]:
    """Yields path and block, the net itself first (its path is ""), then depth first.

    A block that is used at two places comes twice.

    Raises:
        ArgumentError: something in it is no block.

    """
    require_block(net)
    pending = [("", net)]
    while pending:
        path, block = pending.pop()
        if not isinstance(block, gluon.Block):
            raise ArgumentError(
                f"net must hold blocks only, but {path!r} in it is of type {type(block).__name__}: "
                f"add() keeps whatever it is given. gi.explain(net) says what to give it instead."
            )
        yield path, block
        if block._children:
            children = [(join(path, name), child) for name, child in block._children.items()]
            pending.extend(reversed(children))


def strangers(net: Any) -> Iterator[tuple[str, Any]]:
    """Path and value of what a net, or a block in it, keeps for a block and is none."""
    pending = [("", net)]
    while pending:
        path, block = pending.pop()
        for name, child in block._children.items():
            if isinstance(child, gluon.Block):
                pending.append((join(path, name), child))
            else:
                yield join(path, name), child


def sites(net: Any) -> list[Site]:
    """All places at which a parameter sits, in structural order.

    The first place of a parameter owns it; each further one is an alias of it. Parameters that a
    block made with ``self.params.get(name)`` but keeps under no attribute, in a list for instance,
    come last, under that name.
    """
    first: dict[int, str] = {}
    found = []
    everywhere = list(blocks(net))

    def add(path: str, parameter: Any, owner: Any) -> None:
        found.append(Site(path, parameter, owner, first.get(id(parameter))))
        first.setdefault(id(parameter), path)

    for path, block in everywhere:
        for name, parameter in own_parameters(block).items():
            add(join(path, name), parameter, block)
    taken = {site.path for site in found}
    for path, block in everywhere:
        for name, parameter in block.params.items():
            if id(parameter) not in first:
                short = join(path, name.removeprefix(block.params.prefix))
                add(join(path, name) if short in taken else short, parameter, block)
    return found


def by_saved_names(net: Any) -> dict[str, str]:
    """Name in a file of ``save_parameters`` → path; they differ in a SymbolBlock alone."""
    return {
        join(path, saved): join(path, own)
        for path, block in blocks(net)
        for saved, own in zip(block._reg_params, own_parameters(block), strict=True)
    }


def unseen_blocks(net: Any) -> list[tuple[str, list[Any]]]:
    """Blocks with parameters that a net keeps in a container, where Gluon does not see them.

    By the path of the list, tuple or dictionary. Blocks without parameters do no harm there.
    """
    found = []
    everywhere = list(blocks(net))
    seen = {id(block) for _, block in everywhere}
    for path, block in everywhere:
        for name, value in vars(block).items():
            if isinstance(value, (dict, list, tuple)) and value and name != "_children":
                unseen = [
                    one
                    for one in _held(value)
                    if id(one) not in seen and any(b.params.keys() for _, b in blocks(one))
                ]
                if unseen:
                    found.append((join(path, name), unseen))
    return found


def _held(container: Any) -> Iterator[Any]:
    """The blocks in a list, tuple or dictionary, and in those inside it."""
    for one in container.values() if isinstance(container, dict) else container:
        if isinstance(one, gluon.Block):
            yield one
        elif isinstance(one, (dict, list, tuple)):
            yield from _held(one)


def unseen_text(net: Any) -> str:
    """A sentence about them with the way out; "" where there are none."""
    told = [f"{path} holds {len(held)}" for path, held in unseen_blocks(net)]
    if not told:
        return ""
    return (
        f"Gluon does not see blocks that sit in a list, tuple or dict: {', '.join(told)}. "
        f"Register each with self.register_child(block), or use nn.Sequential in place of the list."
    )


def shape_of(parameter: Any) -> tuple[int | None, ...] | None:
    """A parameter's shape, None for each unknown dimension, or None if the rank is unknown.

    Gluon writes an unknown dimension as 0, under ``npx.set_np`` as -1.
    """
    if parameter._shape is None:  # of a SymbolBlock, even where values are there
        return tuple(parameter._data[0].shape) if parameter._data else None
    return tuple(int(size) if size > 0 else None for size in parameter._shape)


def size_of(shape: tuple[int | None, ...] | None) -> int | None:
    """How many numbers a parameter of this shape has; None while a dimension is unknown."""
    if shape is None or None in shape:
        return None
    return math.prod([size for size in shape if size is not None])


def nearest(wanted: Any, names: Sequence[str]) -> str:
    """The three of the names that are most like what is wanted, for an error."""
    near = difflib.get_close_matches(str(wanted), names, n=3, cutoff=0)
    return ", ".join(near) or "none: it has no parameters"


def find(net: Any, path: Any, parameter: str) -> Site:
    """The place at ``path``; ArgumentError, with the nearest paths, where the net has none."""
    site_at = {site.path: site for site in sites(net)}
    if path not in site_at:
        raise ArgumentError(
            f"{parameter} is {path!r}, which the net does not have. The nearest are "
            f"{nearest(path, list(site_at))}; gi.summary(net) lists all."
        )
    return site_at[path]
