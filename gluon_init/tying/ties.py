"""Which parameters are one, how to make them one, and what each use contributes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from mxnet import gluon

from .._arguments import require_block
from .._gluon import paths
from .._gluon.blocks import containers_of, forget_graph, own_parameters, put_in_place
from .._gluon.forward.calls import Shape
from .._gluon.history import past_of, restore_past
from .._gluon.parameters import has_trainer, is_differentiable, is_ready, storages_of, twin
from .._gluon.paths import find
from .._gluon.places import move_places, noted_paths
from ..errors import ArgumentError, ShapeError
from ..results.text import shape_text, text_of


def tie(net: gluon.Block, path: str, to: str) -> gluon.Block:
    """Makes the parameter at ``path`` the one at ``to``; returns ``net``.

    It may happen before or after initialization, with shapes known or not: what one of the two
    knows of the shape, both know then. The values, the initializer, the gradient and ``grad_req``
    of ``to`` remain; those of ``path`` are gone. What was tied to ``path`` before goes with it, and
    where a block keeps it in a list, tuple or dictionary besides, it is exchanged there too. For
    more than two places, call it for one after the other. Make the Trainer afterwards: it then has
    one state for the one parameter.

    Args:
        net: any ``gluon.Block``; a hybridized one forgets its graphs, and makes them anew. Give
            the outermost: a hybridized net around ``net`` keeps its graph, in which the two are
            still apart, until ``outer.hybridize()`` is called again.
        path: for instance ``"decoder.weight"``.
        to: for instance ``"encoder.weight"``.

    Raises:
        ArgumentError: a path that the net does not have (the nearest are listed) or that is no
            attribute of its block, types or devices that cannot agree, a statistic and what is
            trained, or ``path`` in a SymbolBlock, whose graph is fixed.
        ShapeError: shapes that cannot agree.

    Source: ``params=`` at construction; ``share_parameters`` of MXNet 2.

    """
    require_block(net)
    old, new = find(net, path, "path"), find(net, to, "to")
    if path == to:
        raise ArgumentError(f"path and to are both {path!r}: give two places.")
    if old.parameter is new.parameter:
        return net
    require_tieable(net, old, new)
    make_one(net, old, new)
    if has_trainer(old.parameter):
        warnings.warn(_new_trainer(f"still holds the former {path}"), stacklevel=2)
    return net


def untie(net: gluon.Block, path: str) -> gluon.Block:
    """Gives the place ``path`` a parameter of its own again, a copy of the shared one.

    Returns ``net``. What waits for its draw then waits at each of the two places, and
    :class:`~gluon_init.Seeded` draws for both as if they had never been tied. As with :func:`tie`,
    make the Trainer afterwards, and give the outermost net.

    Raises:
        ArgumentError: a path that the net does not have or that is not tied, one whose block
            itself sits at several places, or that also sits in a list in which nobody can tell
            the places apart.

    """
    require_block(net)
    site = find(net, path, "path")
    places = [other for other in paths.sites(net) if other.parameter is site.parameter]
    if len(places) == 1:
        raise ArgumentError(
            f"path is {path!r}, which is not tied to any other: gi.tied_groups(net)."
        )
    same = [p.path for p in places if p.owner is site.owner and _name(p) == _name(site)]
    if len(same) > 1:
        raise ArgumentError(
            f"path is {path!r}, whose block itself sits at several places: {', '.join(same)}. Make "
            f"a second block in its stead."
        )
    _require_replaceable(site)
    _require_clear(net, site)
    taken = set(net.collect_params())
    name = site.owner.prefix + _name(site)
    while name in taken:
        name += "_untied"
    copy = twin(site.parameter, name)
    _note_past(places, site, copy)
    put_in_place(site.owner, _name(site), copy)
    _exchange(site.owner, site.parameter, copy)
    _forget_graphs(net)
    if has_trainer(site.parameter):
        warnings.warn(_new_trainer(f"does not train the new {path}"), stacklevel=2)
    return net


# ---------------------------------------------------------------------------------------------
# Finding, comparing and replacing


def require_tieable(net: Any, old: paths.Site, new: paths.Site) -> None:
    """Raises InitError unless the parameter at ``old`` can become the one at ``new``."""
    _common_shape(old, new)
    _require_attribute(new)
    for site in _places_of(net, old.parameter):
        _require_replaceable(site)


def make_one(net: Any, old: paths.Site, new: paths.Site) -> None:
    """Puts the parameter at ``new`` wherever that at ``old`` sits; ask require_tieable first."""
    shape = _common_shape(old, new)
    if shape is not None:
        new.parameter.shape = tuple(0 if size is None else size for size in shape)
    for site in _places_of(net, old.parameter):
        put_in_place(site.owner, _name(site), new.parameter)
    for _, block in paths.blocks(net):
        _exchange(block, old.parameter, new.parameter)
    _forget_graphs(net)


def _places_of(net: Any, parameter: Any) -> list[paths.Site]:
    return [site for site in paths.sites(net) if site.parameter is parameter]


def _name(site: paths.Site) -> str:
    return site.path.rpartition(".")[2]


def _common_shape(old: paths.Site, new: paths.Site) -> Shape | None:
    a, b = old.parameter, new.parameter
    for what, mine, other in (
        ("dtype", np.dtype(a.dtype), np.dtype(b.dtype)),
        ("storage", storages_of(a)[0], storages_of(b)[0]),
        ("gradient's storage", storages_of(a)[1], storages_of(b)[1]),
        ("devices", _devices(a) or _devices(b), _devices(b) or _devices(a)),
    ):
        if mine != other:
            raise ArgumentError(
                f"{old.path} and {new.path} cannot be one: their {what} differ, {text_of(mine)} "
                f"and {text_of(other)}. Make them agree first (net.cast, reset_ctx, or the same "
                f"argument when the layers are made)."
            )
    if is_differentiable(a) != is_differentiable(b):
        fixed, trained = (new, old) if is_differentiable(a) else (old, new)
        raise ArgumentError(
            f"{old.path} and {new.path} cannot be one: {fixed.path} is a statistic or fixed "
            f"(differentiable=False), and {trained.path} is trained by its gradient. Tie "
            f"statistics with statistics, and weights with weights."
        )
    one, two = paths.shape_of(a), paths.shape_of(b)
    if one is None or two is None:
        return one or two
    fits = len(one) == len(two) and all(
        x is None or y is None or x == y for x, y in zip(one, two, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{old.path} and {new.path} cannot be one: their shapes are {shape_text(one)} and "
            f"{shape_text(two)}. Only layers of the same sizes can share; a Dense that decodes has "
            f"the shape (units, in_units), an Embedding (input_dim, output_dim)."
        )
    return tuple(x if x is not None else y for x, y in zip(one, two, strict=True))


def _devices(parameter: Any) -> tuple[str, ...]:
    if not is_ready(parameter):
        return ()
    return tuple(sorted(map(str, parameter.list_ctx())))


def _require_replaceable(site: paths.Site) -> None:
    if isinstance(site.owner, gluon.SymbolBlock):
        raise ArgumentError(
            f"{site.path} belongs to a SymbolBlock, whose graph is fixed: build the net from "
            f"layers."
        )
    _require_attribute(site)


def _require_attribute(site: paths.Site) -> None:
    if own_parameters(site.owner).get(_name(site)) is not site.parameter:
        raise ArgumentError(
            f"{site.path} is under no attribute of its block (is it in a list?), so Gluon sees it "
            f"at one place only. Make it one where it is made, setattr(self, 'name', "
            f"self.params.get(...)); a list may hold it besides."
        )


def _new_trainer(why: str) -> str:
    return f"A Trainer made before {why}. Make a new one: gluon.Trainer(net.collect_params(), ...)."


def _note_past(places: Sequence[paths.Site], site: paths.Site, copy: Any) -> None:
    """Notes of a copy where it sits and what has happened to it, as if it had been there always.

    Paths are counted from the block that was initialized, which ``net`` may be a part of.
    """
    parameter = site.parameter
    restore_past({copy: past_of(parameter)})
    noted = noted_paths(parameter)
    prefixes = [
        long.removesuffix(place.path)
        for long in noted
        for place in places
        if long == place.path or long.endswith(f".{place.path}")
    ]
    if prefixes:
        prefix = min(prefixes, key=len)
        own = prefix + site.path
        rest = [*noted, *(prefix + place.path for place in places)]
        move_places(copy, (own,))
        move_places(parameter, tuple(dict.fromkeys(one for one in rest if one != own)))


def _forget_graphs(net: Any) -> None:
    for _, block in paths.blocks(net):
        forget_graph(block)


# ---------------------------------------------------------------------------------------------
# Parameters that a block keeps in a list, tuple or dictionary besides


def _exchange(block: Any, old: Any, new: Any) -> None:
    """Puts ``new`` in the place of ``old`` in each container among a block's attributes."""
    for name, value in list(containers_of(block)):
        changed = _exchanged(value, old, new)
        if changed is not value:
            block.__dict__[name] = changed


def _require_clear(net: Any, site: paths.Site) -> None:
    """Raises ArgumentError where a container holds a tied parameter, and who knows for which place.

    It is clear in a block that has the parameter under one attribute: that is the place.
    """
    for path, block in paths.blocks(net):
        own = [p for p in own_parameters(block).values() if p is site.parameter]
        if len(own) == 1 or (own and block is not site.owner):
            continue
        for name, value in containers_of(block):
            if _holds(value, site.parameter):
                raise ArgumentError(
                    f"path is {site.path!r}, whose parameter also sits in {paths.join(path, name)}"
                    f", where nobody can tell which entry stands for this place. Let the forward "
                    f"pass read attributes, getattr(self, name), and do without that container."
                )


def _exchanged(value: Any, old: Any, new: Any) -> Any:
    """The container, changed in place; a tuple that held it is made anew."""
    if value is old:
        return new
    if isinstance(value, (list, dict)):
        for key, one in list(value.items() if isinstance(value, dict) else enumerate(value)):
            changed = _exchanged(one, old, new)
            if changed is not one:
                value[key] = changed
    elif isinstance(value, tuple) and _holds(value, old):
        items = [_exchanged(one, old, new) for one in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    return value


def _holds(value: Any, parameter: Any) -> bool:
    if isinstance(value, (list, tuple, dict)):
        inside = value.values() if isinstance(value, dict) else value
        return any(_holds(one, parameter) for one in inside)
    return value is parameter
