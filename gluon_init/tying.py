"""Which parameters are one, how to make them one, and what each use contributes."""

from __future__ import annotations

import difflib
import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from . import paths
from .errors import ArgumentError, InitError, ShapeError
from .graphs import Shape
from .tables import Table, shape_text, text_of


class TiedGroups(Table):
    """What :func:`tied_groups` returns: one row for each parameter that sits at several places.

    Fields: ``paths`` (all its places, the owner first), ``owner``, ``name`` (Gluon's), ``shape``,
    ``uses`` (how many places), ``size`` (numbers; None while unknown), ``saved`` (the names under
    which ``save_parameters`` writes it), ``deduplicated`` (the one that ``deduplicate=True``
    keeps).

    Attributes:
        places: path → the owner's path, for every parameter of the net.
        unique: numbers in the net, each counted once; of the parameters whose shape is known.
        apparent: the same, each counted as often as it is used.

    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        places: Mapping[str, str],
        unique: int,
        apparent: int,
        unknown: int = 0,
    ) -> None:
        self.places = dict(places)
        self.unique, self.apparent = unique, apparent
        columns = {"owner": "owner", "others": "also at", "shape": "shape", "uses": "uses"}
        shown = [{**row, "others": ", ".join(row["paths"][1:])} for row in rows]
        count = f"{len(rows)} tied parameter{'s' * (len(rows) != 1)}"
        notes = [
            "",
            f"{count}; {unique:,} numbers in the net, {apparent:,} if each use had its own"
            + f", besides {unknown} parameters of unknown shape" * bool(unknown),
        ]
        super().__init__(shown, columns, notes=notes, right=["uses"])

    def check(self, expected: Iterable[Iterable[str]]) -> None:
        """Raises InitError unless exactly these groups of paths are tied; the order is free."""
        wanted = {frozenset(group) for group in expected}
        found = {frozenset(row["paths"]) for row in self.rows}
        unknown = sorted(path for group in wanted for path in group if path not in self.places)
        if unknown:
            raise ArgumentError(
                f"expected names {', '.join(unknown)}, which the net does not have. Its parameters "
                f"are {', '.join(list(self.places)[:8])}{' ...' if len(self.places) > 8 else ''}."
            )
        problems = [
            f"{_group(g)} should be one and are not" for g in sorted(wanted - found, key=sorted)
        ]
        problems += [
            f"{_group(g)} are one and should not be" for g in sorted(found - wanted, key=sorted)
        ]
        if problems:
            raise InitError(
                f"The ties are not as expected: {'; '.join(problems)}. gi.tie and gi.untie change "
                f"them."
            )

    def plot(self) -> Any:
        """Draws parameters on one side, their places on the other; a matplotlib figure."""
        from .plots.of_tying import ties

        return ties(self)


def tied_groups(net: Any) -> TiedGroups:
    """Returns the groups of paths that are one parameter, by identity, not by equal values.

    Args:
        net: any ``gluon.Block``, in any state; it is only looked at.

    Raises:
        ArgumentError: ``net`` is no Block.

    """
    paths.require_block(net)
    groups: dict[str, list[paths.Site]] = {}
    for site in paths.sites(net):
        groups.setdefault(site.alias_of or site.path, []).append(site)
    saved = list(net._collect_params_with_prefix())
    rows = []
    unique = apparent = unknown = 0
    for owner, sites in groups.items():
        shape = paths.shape_of(sites[0].parameter)
        known = [size for size in shape or () if size is not None]
        size = math.prod(known) if shape is not None and len(known) == len(shape) else None
        unknown += size is None
        unique += size or 0
        apparent += (size or 0) * len(sites)
        if len(sites) > 1:
            names = tuple(site.path for site in sites)
            kept = [name for name in saved if name in names]
            rows.append({
                "paths": names, "owner": owner, "name": sites[0].parameter.name, "shape": shape,
                "uses": len(sites), "size": size, "saved": tuple(kept),
                "deduplicated": kept[-1] if kept else None,
            })  # fmt: skip
    places = {site.path: owner for owner, sites in groups.items() for site in sites}
    return TiedGroups(rows, places, unique, apparent, unknown)


def tie(net: Any, path: str, to: str) -> Any:
    """Makes the parameter at ``path`` the one at ``to``; returns ``net``.

    It may happen before or after initialization, with shapes known or not: what one of the two
    knows of the shape, both know then. The values, the initializer, the gradient and ``grad_req``
    of ``to`` remain; those of ``path`` are gone. What was tied to ``path`` before goes with it. For
    more than two places, call it for one after the other. Make the Trainer afterwards: it then has
    one state for the one parameter.

    Args:
        net: any ``gluon.Block``; a hybridized one forgets its graphs, and makes them anew.
        path: for instance ``"decoder.weight"``.
        to: for instance ``"encoder.weight"``.

    Raises:
        ArgumentError: a path that the net does not have (the nearest are listed), types or devices
            that cannot agree, a SymbolBlock, whose graph is fixed.
        ShapeError: shapes that cannot agree.

    Source: ``params=`` at construction; ``share_parameters`` of MXNet 2.

    """
    paths.require_block(net)
    old, new = find(net, path, "path"), find(net, to, "to")
    if path == to:
        raise ArgumentError(f"path and to are both {path!r}: give two places.")
    if old.parameter is new.parameter:
        return net
    shape = _require_alike(old, new)
    places = [site for site in paths.sites(net) if site.parameter is old.parameter]
    for site in places:
        _require_replaceable(site)
    trainer = getattr(old.parameter, "_trainer", None)
    if shape is not None:
        new.parameter.shape = tuple(0 if size is None else size for size in shape)
    for site in places:
        _replace(site.owner, old.parameter, new.parameter)
    _forget_graphs(net)
    if trainer is not None:
        warnings.warn(
            f"A Trainer made before still holds the former {path}. Make a new one: "
            f"gluon.Trainer(net.collect_params(), ...).",
            stacklevel=2,
        )
    return net


def untie(net: Any, path: str) -> Any:
    """Gives the place ``path`` a parameter of its own again, a copy of the shared one.

    Returns ``net``.

    Raises:
        ArgumentError: a path that the net does not have or that is not tied, or one whose block
            itself sits at several places.

    """
    paths.require_block(net)
    site = find(net, path, "path")
    places = [other for other in paths.sites(net) if other.parameter is site.parameter]
    if len(places) == 1:
        raise ArgumentError(
            f"path is {path!r}, which is not tied to any other: gi.tied_groups(net)."
        )
    if sum(other.owner is site.owner for other in places) > 1:
        raise ArgumentError(
            f"path is {path!r}, whose block itself sits at several places: "
            f"{', '.join(other.path for other in places if other.owner is site.owner)}. Make a "
            f"second block in its stead."
        )
    _require_replaceable(site)
    taken = set(net.collect_params())
    name = site.owner.prefix + path.rpartition(".")[2]
    while name in taken:
        name += "_untied"
    _replace(site.owner, site.parameter, _copy(site.parameter, name))
    _forget_graphs(net)
    return net


def load(net: Any, file: str | os.PathLike[str], device: Any = None) -> TiedGroups:
    """Loads what ``net.save_parameters(file)`` wrote, and keeps the ties; returns them.

    MXNet's ``load_parameters`` loads a tied net's file into an untied net without a word, and an
    untied net's file into a tied one so that the last of two arrays wins. A file does not say what
    was tied. So here arrays that are equal in it, number by number, and not constant, are taken for
    one and tied; where they were only copies, ``gi.untie`` parts them. Everything is looked at
    first: where something does not fit, nothing is loaded.

    Args:
        net: a net of the architecture that was saved, in any state.
        file: written by ``save_parameters``, also with ``deduplicate=True``.
        device: a context or a list of contexts; None for those that the net has, or the CPU.

    Raises:
        ArgumentError: no such file, or not one of a Gluon net.
        ShapeError: an array of another shape than its parameter.
        InitError: names that are missing, too many, or that hold two different arrays for what is
            one parameter here; says what to do to lose nothing.

    Source: MXNet issues 18717, 18116; gluon-nlp issue 1513.

    """
    paths.require_block(net)
    arrays = _read(file)
    saved = net._collect_params_with_prefix()
    _require_names(arrays, saved)
    for name, parameter in saved.items():
        shape = paths.shape_of(parameter)
        if name in arrays and shape is not None:
            _require_shape(name, shape, arrays[name].shape)
    _require_one_array(arrays, saved)
    places = {id(site.parameter): site.path for site in reversed(paths.sites(net))}
    for first, second in _equal(arrays, saved):
        tie(net, places[id(saved[second])], places[id(saved[first])])
    net.load_parameters(os.fspath(file), ctx=device)
    return tied_groups(net)


# ---------------------------------------------------------------------------------------------
# Finding, comparing and replacing


def find(net: Any, path: Any, parameter: str) -> paths.Site:
    """The place at ``path``; ArgumentError, with the nearest paths, where the net has none."""
    sites = {site.path: site for site in paths.sites(net)}
    if path not in sites:
        near = difflib.get_close_matches(str(path), list(sites), n=3, cutoff=0)
        raise ArgumentError(
            f"{parameter} is {path!r}, which the net does not have. The nearest are "
            f"{', '.join(near) or 'none: it has no parameters'}; gi.summary(net) lists all."
        )
    return sites[path]


def _require_alike(old: paths.Site, new: paths.Site) -> Shape | None:
    a, b = old.parameter, new.parameter
    for what, mine, other in (
        ("dtype", np.dtype(a.dtype), np.dtype(b.dtype)),
        ("storage", a._stype, b._stype),
        ("gradient's storage", a._grad_stype, b._grad_stype),
        ("devices", _devices(a) or _devices(b), _devices(b) or _devices(a)),
    ):
        if mine != other:
            raise ArgumentError(
                f"{old.path} and {new.path} cannot be one: their {what} differ, {text_of(mine)} "
                f"and "
                f"{text_of(other)}. Make them agree first (net.cast, reset_ctx, or the same "
                f"argument "
                f"when the layers are made)."
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
    if parameter._data is None and not parameter._deferred_init:
        return ()
    return tuple(sorted(map(str, parameter.list_ctx())))


def _require_replaceable(site: paths.Site) -> None:
    if isinstance(site.owner, gluon.SymbolBlock):
        raise ArgumentError(
            f"{site.path} belongs to a SymbolBlock, whose graph is fixed: build the net from "
            f"layers."
        )


def _replace(owner: Any, old: Any, new: Any) -> None:
    """Puts one parameter of a block in another's place: attribute, registry and dictionary."""
    for name, parameter in list(owner._reg_params.items()):
        if parameter is old:
            owner._reg_params[name] = new
            if owner.__dict__.get(name) is old:
                owner.__dict__[name] = new
    held = owner.params._params
    items = [(new.name, new) if p is old else (name, p) for name, p in held.items()]
    held.clear()
    held.update(items)


def _forget_graphs(net: Any) -> None:
    for _, block in paths.blocks(net):
        if isinstance(block, gluon.HybridBlock):
            block._clear_cached_op()


def _copy(parameter: Any, name: str) -> Any:
    copy = gluon.Parameter(
        name, grad_req=parameter.grad_req, shape=parameter._shape, dtype=parameter.dtype,
        lr_mult=parameter.lr_mult, wd_mult=parameter.wd_mult, init=parameter.init,
        allow_deferred_init=parameter._allow_deferred_init,
        differentiable=parameter._differentiable, stype=parameter._stype,
        grad_stype=parameter._grad_stype,
    )  # fmt: skip
    if parameter._data is not None:
        copy._init_impl(parameter._data[0], parameter.list_ctx())
    else:
        copy._deferred_init = parameter._deferred_init
    return copy


def _group(group: Iterable[str]) -> str:
    return " and ".join(sorted(group))


# ---------------------------------------------------------------------------------------------
# Files


def _read(file: Any) -> dict[str, Any]:
    if not Path(file).exists():
        raise ArgumentError(f"file is {os.fspath(file)!r}, which does not exist.")
    try:
        arrays = mx.nd.load(os.fspath(file))
    except mx.MXNetError as error:
        raise ArgumentError(f"file is {os.fspath(file)!r}, which MXNet cannot read.") from error
    if not isinstance(arrays, dict) or any(":" in name for name in arrays):
        raise ArgumentError(
            f"file is {os.fspath(file)!r}, which holds no parameters of a Gluon net: one is "
            f"written "
            f"by net.save_parameters(file)."
        )
    return dict(arrays)


def _require_names(arrays: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    there = {id(saved[name]) for name in arrays if name in saved}
    missing = [name for name, parameter in saved.items() if id(parameter) not in there]
    extra = [name for name in arrays if name not in saved]
    prefixed = missing and extra and _other_prefix(extra, saved)
    if prefixed:
        raise InitError(f"{prefixed} Nothing has been loaded.")
    if missing:
        also = f" It has {_some(extra)} instead, which the net does not have." if extra else ""
        raise InitError(
            f"The file lacks {_some(missing)}.{also} Nothing has been loaded. "
            f"{_advice(arrays, saved, missing[0])}, or accept the gap: net.load_parameters(file, "
            f"allow_missing=True{', ignore_extra=True' * bool(extra)})."
        )
    if extra:
        raise InitError(
            f"The file also has {_some(extra)}, which the net does not have. Nothing has been "
            f"loaded. Build the net as the one that was saved, or leave them out: "
            f"net.load_parameters(file, ignore_extra=True)."
        )


def _other_prefix(extra: Sequence[str], saved: Mapping[str, Any]) -> str:
    """What helps where the file is of a part of this net, or of a net that this one is part of."""
    for part in dict.fromkeys(name.partition(".")[0] for name in saved):
        own = {name.removeprefix(f"{part}.") for name in saved if name.startswith(f"{part}.")}
        if own == set(extra):
            return (
                f"The file is of the net's part {part!r} alone: its names lack '{part}.'. Load it "
                f"into that: gi.load(net.{part}, file)."
            )
    heads = {name.partition(".")[0] for name in extra}
    if any(name.partition(".")[2] in saved for name in extra):
        return (
            f"The file is of a net of which this one is a part: its names begin with "
            f"{' or '.join(repr(f'{head}.') for head in sorted(heads))}. Load it into such a net, "
            f"and take the part from there."
        )
    return ""


def _advice(arrays: Mapping[str, Any], saved: Mapping[str, Any], missing: str) -> str:
    shape = paths.shape_of(saved[missing])
    same = [
        name for name, array in arrays.items()
        if name in saved and (shape is None or _fits(shape, array.shape))
    ]  # fmt: skip
    if not same:
        return "Build the net as the one that was saved"
    return (
        f"If the file was saved with deduplicate=True, {missing} was tied: call gi.tie(net, "
        f"{missing!r}, {same[-1]!r}) and load again"
    )


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _fits(shape: Shape, other: Sequence[int]) -> bool:
    return len(shape) == len(other) and all(
        a is None or a == b for a, b in zip(shape, other, strict=True)
    )


def _require_shape(name: str, shape: Shape, saved: tuple[int, ...]) -> None:
    if not _fits(shape, saved):
        raise ShapeError(
            f"{name} has the shape {shape_text(shape)}, and the file {shape_text(saved)}. Nothing "
            f"has "
            f"been loaded. Build the net as the one that was saved."
        )


def _require_one_array(arrays: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    groups: dict[int, list[str]] = {}
    for name in arrays:
        groups.setdefault(id(saved[name]), []).append(name)
    for there in groups.values():
        values = [arrays[name].asnumpy() for name in there]
        if any(not np.array_equal(values[0], other) for other in values[1:]):
            raise InitError(
                f"{' and '.join(there)} are one parameter here, and the file holds different "
                f"arrays "
                f"for them. Nothing has been loaded: one of the arrays would be lost. Call "
                f"gi.untie(net, {there[-1]!r}) before, to keep both."
            )


def _equal(arrays: Mapping[str, Any], saved: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of names whose arrays are equal, not constant, and two parameters in the net."""
    first: dict[tuple[Any, ...], str] = {}
    pairs = []
    for name, array in arrays.items():
        values = array.asnumpy()
        if values.size < 2 or (values == values.flat[0]).all():
            continue
        key = (values.shape, values.dtype.str, values.tobytes())
        other = first.setdefault(key, name)
        if saved[other] is not saved[name]:
            pairs.append((other, name))
    return pairs
