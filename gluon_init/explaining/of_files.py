"""The errors of loading parameters: which kind of file it is, and which call reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .._gluon.blocks import saved_parameters
from ..results.text import some
from . import of_file_contents
from .finding import Finding
from .loading import (
    BY_PATHS,
    EXPORTED,
    Loading,
    expression,
    files_of,
    fits,
    imports,
    inputs_of,
    loading_of,
    part_in_file,
    parts_of_net,
    renaming,
    symbol_beside,
    what_is_left,
    whole_of,
)
from .scene import Scene

CASES = of_file_contents.CASES  # one list for both modules

# ---------------------------------------------------------------------------------------------
# Names that do not fit


@CASES.when(r"is missing in (file|param_dict)|loaded from .* is not present|restore_prefix is")
def _names(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    loading = loading_of(scene)
    if loading is None or not loading.held:
        return []
    found = _of_names(scene, loading)
    before = "is not present" not in match[0]  # what is missing is looked for before all else
    why = f"{found.why} Nothing has been loaded." if before else found.why
    return [replace(found, why=why)]


def _of_names(scene: Scene, loading: Loading) -> Finding:
    if loading.call == "imports":
        return _into_a_graph(scene, loading)
    partly = _partly_by_gluons_names(loading)
    if partly is not None:
        return partly
    if loading.kind == EXPORTED:
        return _exported(loading)
    if loading.kind == BY_PATHS and loading.call == "load":
        return _paths_for_gluons_names(loading)
    return _paths(loading) if loading.kind == BY_PATHS else _gluons_names(loading)


def _partly_by_gluons_names(loading: Loading) -> Finding | None:
    """Where most of Gluon's names are those of the net: what is missing or too much."""
    held, bare = loading.held, loading.bare
    fitting = [name for name in held if name in bare and fits(held[name], bare[name])]
    left = [name for name in held if name not in bare]
    extra = [name for name in bare if name not in held]
    if len(fitting) + len(left) < len(held) or 2 * len(fitting) <= min(len(held), len(bare)):
        return None
    if not left and not extra:
        return None
    options = ", ".join(["allow_missing=True"] * bool(left) + ["ignore_extra=True"] * bool(extra))
    call = loading.by_gluons_names(options)
    if loading.net is None or len(held) < len(list(loading.net.collect_params())):
        call = f"the same call with {options}"
    if not left:
        return Finding(
            some(extra), "in the file, and not among what is to be loaded",
            f"{loading.title} has values for all that is to be loaded, and more.", f"{call}.",
        )  # fmt: skip
    also = f" It has {some(extra)} in addition, which will not be loaded." if extra else ""
    return Finding(
        some(left), "to be loaded, and not in the file",
        f"{loading.title} has values for {len(fitting)} of {len(held)} names.{also}",
        f"{call}. {what_is_left(held, left)}",
    )  # fmt: skip


def _exported(loading: Loading) -> Finding:
    """A file of ``export`` or ``save_checkpoint``, given to a net that Python built."""
    graph = symbol_beside(loading.file)
    step = renaming(loading)
    if set(loading.bare) == set(loading.held):
        step = f"{loading.by_gluons_names()}."
    if graph:
        step = f"net = {imports(graph, inputs_of(graph, loading.bare), loading.file)}."
    return Finding(
        loading.title, "of the kind that export() and Module.save_checkpoint() write",
        f"Its names are Gluon's, which depend on how many layers were made before, with arg: and "
        f"aux: before them: {_first(loading)}. The net has {next(iter(loading.held))}.",
        step or "Bring the -symbol.json that was written with it, and read both by "
        "gluon.SymbolBlock.imports; or have the net that was exported write another file, by "
        "save_parameters, and load that.",
    )  # fmt: skip


def _gluons_names(loading: Loading) -> Finding:
    """A file of ``collect_params().save``, or of one layer."""
    parts = parts_of_net(loading)
    prefix = getattr(loading.net, "prefix", "")
    stripped = {name.removeprefix(prefix) for name in loading.held}
    if parts:
        return _of_a_part(loading, parts)
    if set(loading.arrays) == set(loading.held):
        step = f"{loading.by_gluons_names()}."
    elif set(loading.arrays) == stripped and loading.call == "load":
        step = f"{loading.by_gluons_names('restore_prefix=net.prefix')}."
    else:
        step = renaming(loading)
    return Finding(
        loading.title, "of the kind that collect_params().save() writes",
        f"Its names are Gluon's, which depend on how many layers were made before: it has "
        f"{_first(loading)}. load_parameters() puts the net's prefix before them; the net has "
        f"{next(iter(loading.held))}."
        if loading.call == "load_parameters"
        else f"Its names are Gluon's, which depend on how many layers were made before: it has "
        f"{_first(loading)}. The net has {next(iter(loading.held))}.",
        step or "Build the net by the code that made the one that was saved, with the same "
        "prefix=..., and load into that; then net.save_parameters(file), whose names do not "
        "depend on such things.",
    )  # fmt: skip


def _paths_for_gluons_names(loading: Loading) -> Finding:
    """A file of ``save_parameters``, given to ``collect_params().load``."""
    return Finding(
        loading.title, "of the kind that save_parameters() writes",
        f"Its names are paths in the net: {_first(loading)}. collect_params().load() looks for "
        f"Gluon's names: {next(iter(loading.held))}.",
        f"{loading.by_paths()}.",
    )  # fmt: skip


def _of_a_part(loading: Loading, parts: Sequence[str]) -> Finding:
    several = f"; {some([expression(part) for part in parts[1:]])} would take it, too"
    file = loading.file or "net.params"
    return Finding(
        loading.title, "the file of a part of this net",
        f"Its names are counted from that part: {_first(loading)}. The net's are counted from the "
        f"whole: {next(iter(loading.saved))}.",
        f"{expression(parts[0])}.load_parameters({file!r}){several if parts[1:] else ''}.",
    )  # fmt: skip


def _paths(loading: Loading) -> Finding:
    """A file of ``save_parameters`` of another net."""
    parts = parts_of_net(loading)
    head = part_in_file(loading) if loading.left() else ""
    if parts:
        return _of_a_part(loading, parts)
    if head:
        return _of_the_whole(loading, head)
    if loading.of_other_shape() and loading.mostly_fits():
        return of_file_contents.of_another_shape(loading)
    if not loading.mostly_fits():
        return _of_another_net(loading)
    left, extra = loading.left(), [name for name in loading.arrays if name not in loading.saved]
    if not left:
        return Finding(
            some(extra), "in the file, and not in the net",
            f"{loading.title} has values for all of the net, and more.",
            f"{loading.by_paths('ignore_extra=True')} loads all that the net has.",
        )  # fmt: skip
    if _is_renamed(loading, left, extra):
        return _renamed(loading, left, extra)
    return _gap(loading, left, extra)


def _gap(loading: Loading, left: Sequence[str], extra: Sequence[str]) -> Finding:
    """Most is there, and something is missing: a layer that is new, or a tie written once."""
    options = "allow_missing=True" + ", ignore_extra=True" * bool(extra)
    call = f"{loading.by_paths(options)}. {what_is_left(loading.saved, left)}"
    twin = _same_shape(loading, left) if not extra else ""
    if twin:
        return Finding(
            some(left), "in the net, and not in the file",
            f"{loading.title} has all else. If the net that was saved had {left[0]} tied to "
            f"{twin}, save_parameters(file, deduplicate=True) has written it once.",
            f"If so, gi.tie(net, {twin!r}, {left[0]!r}); {loading.by_paths()}. If it had a weight "
            f"of its own, {call}",
        )  # fmt: skip
    also = f" It has {some(extra)} in addition, which will not be loaded." if extra else ""
    return Finding(
        some(left), "in the net, and not in the file",
        f"{loading.title} has values for {_count(loading)} of the net's {len(loading.saved)} "
        f"names.{also}",
        call,
    )  # fmt: skip


def _of_the_whole(loading: Loading, head: str) -> Finding:
    whole, arrays = whole_of(loading.net), loading.arrays
    held = saved_parameters(whole)
    fit = set(held) == set(arrays) and all(fits(held[name], arrays[name]) for name in held)
    if whole is not loading.net and fit:
        step = (
            f"Load it into the whole net ({type(whole).__name__}), of which this is a part: "
            f"{loading.by_paths()}."
        )
    else:
        step = (
            f"mx.nd.save('part.params', {{name.removeprefix('{head}.'): array for name, array in "
            f"{loading.source}.items() if name.startswith('{head}.')}}); "
            f"net.load_parameters('part.params')."
        )
    return Finding(
        loading.title, f"the file of a whole net, of which this one is the part {head!r}",
        f"Its names are counted from the whole: {head}.{next(iter(loading.saved))}. This net's are "
        f"counted from the part: {next(iter(loading.saved))}. allow_missing and ignore_extra would "
        "load nothing, and say nothing.",
        step,
    )  # fmt: skip


def _of_another_net(loading: Loading) -> Finding:
    fit = f"{_count(loading)} of its {len(loading.arrays)} names fit"
    if not _count(loading):
        fit = f"None of its {len(loading.arrays)} names fits"
    return Finding(
        loading.title, "the file of another net",
        f"{fit} the net's {len(loading.saved)}, in name and shape. It has "
        f"{some(list(loading.arrays), 3)}; the net has {some(list(loading.saved), 3)}. "
        "allow_missing and ignore_extra would load little or nothing, and say nothing.",
        "Build the net by the code that made the one that was saved, and load into that; "
        f"{loading.source} shows all names and shapes.",
    )  # fmt: skip


def _count(loading: Loading) -> int:
    return len(loading.fitting())


def _same_shape(loading: Loading, left: Sequence[str]) -> str:
    """A weight of the file with which the one that is missing may have been one; or ""."""
    if len(left) != 1 or not left[0].endswith("weight"):
        return ""
    same = [
        name for name in loading.fitting()
        if name.endswith("weight") and fits(loading.saved[left[0]], loading.arrays[name])
    ]  # fmt: skip
    return same[-1] if same else ""


def _is_renamed(loading: Loading, left: Sequence[str], extra: Sequence[str]) -> bool:
    """Whether what is missing and what is too much are one layer under two names."""
    return len(left) == len(extra) and all(
        _last(a) == _last(b)
        and None not in (loading.saved[a].shape or (None,))
        and 0 not in loading.saved[a].shape
        and fits(loading.saved[a], loading.arrays[b])
        for a, b in zip(left, extra, strict=True)
    )


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _renamed(loading: Loading, left: Sequence[str], extra: Sequence[str]) -> Finding:
    pairs = dict(zip(extra, left, strict=True))
    return Finding(
        some(left), "in the net, and in the file, so it seems, under another name",
        f"{loading.title} has {some(extra)} instead, of the same shapes.",
        f"names = {pairs!r}; mx.nd.save('renamed.params', {{names.get(name, name): array for name, "
        f"array in {loading.source}.items()}}); net.load_parameters('renamed.params'). If it is "
        f"another layer, {loading.by_paths('allow_missing=True, ignore_extra=True')}. "
        f"{what_is_left(loading.saved, left)}",
    )  # fmt: skip


def _into_a_graph(scene: Scene, loading: Loading) -> Finding:
    """``SymbolBlock.imports`` whose file of parameters does not fit its graph."""
    symbol_file, bare = loading.symbol_file, loading.bare
    given = scene.local("imports", "input_names") or []
    missing = [name for name in loading.held if name not in bare]
    inputs = inputs_of(symbol_file, bare, given)
    if missing and set(missing) <= set(inputs):
        labels = [name for name in inputs if name.endswith("label")]
        also = f" For predictions any {labels[0]} of the right shape will do." if labels else ""
        return Finding(
            some(missing), "an input of the graph that imports() was not told of",
            f"input_names is {given!r}. What else the graph takes counts as a parameter, and "
            f"{loading.title} has none of that name.",
            f"net = {imports(symbol_file, inputs, loading.file)}"
            f"{f'; net takes these {len(inputs)}, in this order' * (len(inputs) > 1)}.{also}",
        )  # fmt: skip
    own = [file for file in files_of(symbol_file) if file != loading.file]
    renamed = renaming(loading)
    if symbol_beside(loading.file) not in ("", symbol_file):
        step = f"net = {imports(symbol_beside(loading.file), given, loading.file)}."
    elif own:
        step = f"net = {imports(symbol_file, inputs or given, own[-1])}."
    elif renamed:
        graph = f"gluon.SymbolBlock.imports({symbol_file!r}, {inputs or given!r})"
        step = f"net = {graph}; {renamed}"
    else:
        step = (
            f"Build the net in Python and give it the file by net.load_parameters("
            f"{loading.file!r}); then net.hybridize(), net(x), net.export(path), which writes "
            "both files anew."
        )
    return Finding(
        loading.title, f"not the parameters that belong to {symbol_file}",
        f"The graph asks for {some(list(loading.held), 2)}; the file has {_first(loading)}. "
        "export(path) writes two files that belong together: path-symbol.json and "
        "path-0000.params.",
        step,
    )  # fmt: skip


def _first(loading: Loading) -> str:
    return some(list(loading.arrays), 2)
