"""Loads a file of parameters into a net, whole or not at all, and keeps its ties."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from .._arguments import require_block
from .._gluon import paths
from .._gluon.blocks import own_parameters, saved_parameters
from .._gluon.fills import acting
from .._gluon.forward.calls import Shape
from .._gluon.parameters import has_trainer, has_values, is_differentiable, is_ready, load_values
from .._gluon.rollback import all_or_nothing
from ..devices import contexts_of, names_of, trouble_with
from ..errors import ArgumentError, DeviceError, InitError, ShapeError, in_a_line
from ..results.text import shape_text, some, text_of
from .groups import TiedGroups, tied_groups
from .naming import by_paths, without
from .ties import make_one, require_tieable

_Pair = tuple[paths.Site, paths.Site]


def load(
    net: gluon.Block,
    file: str | os.PathLike[str],
    device: mx.Context | Sequence[mx.Context] | None = None,
    *,
    skip: Sequence[str] = (),
) -> TiedGroups:
    """Loads a file of parameters, whoever wrote it, and keeps the ties; returns them.

    What ``net.save_parameters``, ``net.export``, ``net.collect_params().save`` or Module wrote is
    found by its names; a file of a whole net serves its part: ``gi.load(net.features, file)``.

    MXNet's ``load_parameters`` loads a tied net's file into an untied net without a word, and an
    untied net's file into a tied one so that the last of two arrays wins. A file does not say what
    was tied. So here arrays that are equal in it, number by number, and not constant, are taken for
    one and tied; where they were only copies, ``gi.untie`` parts them. Copies that could not be
    one here, or that are trained differently (``grad_req``, ``lr_mult``, ``wd_mult``: a frozen
    teacher, for instance), stay two, and a warning names them. Everything is looked at first: where
    something does not fit, nothing is loaded.

    Args:
        net: a net of the architecture that was saved, in any state.
        file: also one with ``deduplicate=True``, in NumPy mode or not.
        device: a context or a list of contexts; None for those that the net has, or the CPU.
        skip: paths of blocks or parameters that are left as they are, as for another number of
            classes: ``gi.load(net, file, skip=["output"])``, then ``net.output.initialize()``.

    Raises:
        ArgumentError: no such file, or not one of a Gluon net; arrays of another type than their
            parameters; ``device`` is no context, or not where the net is; ``skip`` names what the
            net does not have.
        DeviceError: a device that is not there.
        ShapeError: an array of another shape than its parameter.
        InitError: names that are missing, too many, or that hold two different arrays for what is
            one parameter here; says what to do to lose nothing.

    Source: MXNet issues 18717, 18116; gluon-nlp issue 1513.

    """
    require_block(net)
    contexts = contexts_of(device)
    path_of = paths.by_saved_names(net)
    found = by_paths(_read(file), net, saved_parameters(net))
    own, arrays = (
        {path_of.get(name, name): one for name, one in named.items()}
        for named in (saved_parameters(net), found)
    )
    saved, arrays = without(own, skip, own), without(arrays, skip, own)
    _require_names(arrays, saved)
    for name, array in arrays.items():
        _require_fit(name, saved[name], array, contexts)
    _require_one_array(arrays, saved)
    pairs, apart = _ties(net, arrays, saved, contexts)
    gone = {id(old.parameter) for old, _ in pairs}
    left = {name: saved[name] for name in arrays if id(saved[name]) not in gone}
    _fill(net, arrays, left, contexts)
    for old, new in pairs:
        make_one(net, old, new)
    _warn(pairs, apart)
    return tied_groups(net)


def _fill(
    net: Any, arrays: Mapping[str, Any], saved: Mapping[str, Any], contexts: list[Any] | None
) -> None:
    """First what has no values yet: if MXNet fails, it does so there, and all can be undone."""
    order = sorted(saved, key=lambda name: has_values(saved[name]))
    with all_or_nothing(saved.values()), acting("load_parameters", net):
        name = ""
        try:
            for name in order:
                load_values(saved[name], arrays[name], contexts)
            mx.nd.waitall()
        except Exception as error:
            raise InitError(
                f"MXNet could not load the file, and failed at {name}: {in_a_line(error)}. Nothing "
                f"has been loaded."
            ) from error


# ---------------------------------------------------------------------------------------------
# What becomes one


def _ties(
    net: Any, arrays: Mapping[str, Any], saved: Mapping[str, Any], contexts: list[Any] | None
) -> tuple[list[_Pair], list[tuple[_Pair, str]]]:
    """Pairs that are to be tied, and pairs of equal arrays that stay apart, with the reason."""
    sites = {id(site.parameter): site for site in reversed(paths.sites(net))}
    pairs, apart = [], []
    for names in _equal(arrays):
        found: list[paths.Site] = []  # each of which will stay a parameter of its own
        for site in {id(saved[name]): sites[id(saved[name])] for name in names}.values():
            reasons = []
            for other in found:
                reason = _reason_against(net, site, other, contexts)
                if reason is None:
                    pairs.append((site, other))
                    break
                reasons.append(reason)
            else:
                if found:
                    apart.append(((site, found[0]), reasons[0]))
                found.append(site)
    return pairs, apart


def _equal(arrays: Mapping[str, Any]) -> list[list[str]]:
    """Groups of names whose arrays are equal and not constant."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, array in arrays.items():
        values = array.asnumpy()
        if values.size >= 2 and not (values == values.flat[0]).all():
            key = (values.shape, values.dtype.str, values.tobytes())
            groups.setdefault(key, []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _reason_against(
    net: Any, old: paths.Site, new: paths.Site, contexts: list[Any] | None
) -> str | None:
    """Why two parameters should stay two although their arrays are equal; None if they need not."""
    both = f"{old.path} and {new.path}"
    for what in ("grad_req", "lr_mult", "wd_mult"):
        for a, b in _trained_with(old, new):
            one, two = getattr(a, what), getattr(b, what)
            if one != two:
                whose = f"their {what}" if a is old.parameter else f"the {what} beside them"
                return (
                    f"{both} stay two: {whose} differ, {one} and {two}. "
                    f"gi.tie(net, {old.path!r}, {new.path!r}) makes them one all the same."
                )
    here, there = (_target(site.parameter, contexts) for site in (old, new))
    if set(here) != set(there):
        devices = f"{names_of(here)} and {names_of(there)}"
        return f"{both} cannot be one: their devices differ, {devices}."
    try:
        require_tieable(net, old, new)
    except InitError as error:
        return str(error)
    return None


def _trained_with(old: paths.Site, new: paths.Site) -> list[tuple[Any, Any]]:
    """The pair; for statistics also what is trained beside them, since they go along with it."""
    pairs = [(old.parameter, new.parameter)]
    if not is_differentiable(old.parameter):
        others = own_parameters(new.owner)
        pairs += [
            (p, others[name]) for name, p in own_parameters(old.owner).items() if name in others
        ]
    return pairs


def _target(parameter: Any, contexts: list[Any] | None) -> list[Any]:
    """The devices on which a parameter will be once it is loaded."""
    if is_ready(parameter):
        return list(parameter.list_ctx())
    return contexts or [mx.cpu()]


def _warn(pairs: Sequence[_Pair], apart: Sequence[tuple[_Pair, str]]) -> None:
    former = [old.path for old, _ in pairs if has_trainer(old.parameter)]
    if former:
        warnings.warn(
            f"A Trainer made before still holds the former {some(former)}. Make a new one: "
            f"gluon.Trainer(net.collect_params(), ...).",
            stacklevel=3,
        )
    if apart:
        rest = [f"{old.path} and {new.path}" for (old, new), _ in apart[2:]]
        more = f" Likewise {some(rest)}." if rest else ""
        told = " ".join(reason for _, reason in apart[:2])
        warnings.warn(
            f"All is loaded; not everything that is equal in the file is tied. {told}{more}",
            stacklevel=3,
        )


# ---------------------------------------------------------------------------------------------
# What does not fit


def _read(file: Any) -> dict[str, Any]:
    if not isinstance(file, (str, os.PathLike)):
        raise ArgumentError(
            f"file must be a path, a str or a pathlib.Path, but it is {file!r} of type "
            f"{type(file).__name__}."
        )
    name = os.fsdecode(file)
    if not Path(name).exists():
        raise ArgumentError(f"file is {name!r}, which does not exist.")
    try:
        arrays = _arrays(name)
    except mx.MXNetError as error:
        raise ArgumentError(
            f"file is {name!r}, which MXNet cannot read ({in_a_line(error)}). Give one that "
            f"net.save_parameters(file) has written."
        ) from error
    if not isinstance(arrays, dict):
        raise ArgumentError(
            f"file is {name!r}, which holds no parameters of a Gluon net: one is written by "
            f"net.save_parameters(file)."
        )
    if mx.util.is_np_array():
        return {key: array.as_np_ndarray() for key, array in arrays.items()}
    return dict(arrays)


def _arrays(name: str) -> Any:
    """MXNet reads a file only in the mode, NumPy's shapes or its own, in which it was written."""
    try:
        return mx.nd.load(name)
    except mx.MXNetError as error:
        if "np shape semantics" not in str(error):
            raise
    with mx.util.np_array(False), mx.util.np_shape(not mx.util.is_np_shape()):
        return mx.nd.load(name)


def _require_fit(name: str, parameter: Any, array: Any, contexts: list[Any] | None) -> None:
    shape = paths.shape_of(parameter)
    if shape is not None:
        _require_shape(name, shape, array.shape)
    mine, other = np.dtype(parameter.dtype), np.dtype(array.dtype)
    if mine != other:
        raise ArgumentError(
            f"{name} is {text_of(mine)}, and the file {text_of(other)}. Nothing has been loaded. "
            f"Call net.cast({text_of(other)!r}) before, or have the numbers converted: "
            f"net.load_parameters(file, cast_dtype=True)."
        )
    there = _target(parameter, contexts)
    if contexts is not None and set(contexts) != set(there):
        raise ArgumentError(
            f"device is {names_of(contexts)}, but {name} has its place on {names_of(there)}. "
            f"Nothing has been loaded. Leave device out, or move the net first: "
            f"net.collect_params().reset_ctx(...)."
        )
    trouble = trouble_with(there)
    if trouble:
        raise DeviceError(
            f"{name} waits for a device that cannot be used. {trouble} Nothing has been loaded. "
            f"net.collect_params().reset_ctx(gi.device()) lets the net wait for one that can."
        )


def _require_names(arrays: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    there = {id(saved[name]) for name in arrays if name in saved}
    missing = [name for name, parameter in saved.items() if id(parameter) not in there]
    extra = [name for name in arrays if name not in saved]
    prefixed = missing and extra and _other_prefix(extra, saved)
    if prefixed:
        raise InitError(f"{prefixed} Nothing has been loaded.")
    if missing:
        also = f" It has {some(extra)} instead, which the net does not have." if extra else ""
        raise InitError(
            f"The file lacks {some(missing)}.{also} Nothing has been loaded. "
            f"{_advice(arrays, saved, missing[0])}, or accept the gap: net.load_parameters(file, "
            f"allow_missing=True{', ignore_extra=True' * bool(extra)})."
        )
    if extra:
        raise InitError(
            f"The file also has {some(extra)}, which the net does not have. Nothing has been "
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
    if any(name.partition(".")[2] in saved for name in extra):  # but not all of this part
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


def _fits(shape: Shape, other: Sequence[int]) -> bool:
    return len(shape) == len(other) and all(
        a is None or a == b for a, b in zip(shape, other, strict=True)
    )


def _require_shape(name: str, shape: Shape, saved: tuple[int, ...]) -> None:
    if not _fits(shape, saved):
        raise ShapeError(
            f"{name} has the shape {shape_text(shape)}, and the file {shape_text(saved)}. Nothing "
            f"has been loaded. Build the net as the one that was saved; or load all but this layer "
            f"by gi.load(net, file, skip=[{name.rpartition('.')[0] or name!r}]), and initialize it."
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
                f"arrays for them. Nothing has been loaded: one of the arrays would be lost. Call "
                f"gi.untie(net, {there[-1]!r}) before, to keep both."
            )
