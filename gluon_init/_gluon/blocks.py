"""What a block holds: its own parameters, the blocks inside it, its graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def own_parameters(block: Any) -> Mapping[str, Any]:
    """Attribute → parameter, for those that the block itself uses.

    Of a SymbolBlock they go by their names in the graph: it has no attributes, and Gluon cuts off
    what all names begin with, ``conv0_weight`` and ``conv1_weight`` to ``0_weight``.
    """
    from mxnet import gluon  # not above: this module is there before MXNet can be imported

    own: Mapping[str, Any] = block._reg_params
    if isinstance(block, gluon.SymbolBlock):
        return {parameter.name: parameter for parameter in own.values()}
    return own


def is_made(block: Any) -> bool:
    """Whether Block.__init__ has run; without it nothing can be asked of a block."""
    return "_children" in vars(block)


def children(block: Any) -> Mapping[str, Any]:
    """Name → block, for those directly inside it."""
    inside: Mapping[str, Any] = block._children
    return inside


def holds(block: Any, parameter: Any) -> bool:
    """Whether it is one of the block's own parameters."""
    return any(own is parameter for own in block._reg_params.values())


def is_borrowed(block: Any, parameter: Any) -> bool:
    """Whether the block was made with ``params=other.params``, and has this one from there."""
    other = block.params._shared
    return other is not None and any(one is parameter for one in other.values())


def saved_parameters(net: Any) -> dict[str, Any]:
    """Name → parameter, as ``save_parameters`` writes them."""
    saved: dict[str, Any] = net._collect_params_with_prefix()
    return saved


def forget_graph(block: Any) -> None:
    """Lets a hybridized block make its graph anew when it is next called."""
    if hasattr(block, "_clear_cached_op"):  # a HybridBlock
        block._clear_cached_op()


def is_active(block: Any) -> bool:
    """Whether it is hybridized."""
    return bool(getattr(block, "_active", False))


def set_active(block: Any, active: bool) -> None:
    """Hybridizes this block alone, or not; a graph that it has made stays."""
    block.__dict__["_active"] = active


def put_in_place(block: Any, name: str, new: Any) -> None:
    """Makes ``new`` the parameter under this attribute: there, in the registry, in ``params``."""
    old = block._reg_params[name]
    block._reg_params[name] = new
    if block.__dict__.get(name) is old:
        block.__dict__[name] = new
    held = block.params._params
    if holds(block, old):
        held[new.name] = new  # the old one stays, under another attribute
        return
    items = [(new.name, new) if p is old else (key, p) for key, p in held.items()]
    held.clear()
    held.update(items)


def remove_pre_forward_hooks(block: Any) -> None:
    """Takes away all hooks that see what a block is called with."""
    block._forward_pre_hooks.clear()


def containers_of(block: Any) -> Iterator[tuple[str, Any]]:
    """Attribute and value, for the lists, tuples and dictionaries that a block's author made."""
    for name, value in vars(block).items():
        gluons = name in ("_reg_params", "_children") or name.startswith("_cached")
        if isinstance(value, (list, tuple, dict)) and not gluons:
            yield name, value
