"""The errors of loading and saving that are not about names: shapes, types, devices, no files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np

from .._gluon.paths import shape_of
from ..results.text import shape_text, some
from .cases import Cases, devices_in_code
from .finding import Finding
from .kinds_of_files import kind_of
from .loading import Loading, loading_of, what_is_left
from .scene import Scene, path_in

CASES = Cases()

_PARAMETERS = "gluon/parameter.py"


# ---------------------------------------------------------------------------------------------
# Shapes, types and devices that do not fit


@CASES.when(r"from saved params: shape incompatible")
@CASES.when(r"Expected shape .* is incompatible with given shape", file=_PARAMETERS)
def _shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    loading = loading_of(scene)
    if loading is None or loading.net is None or loading.call != "load_parameters":
        return []
    if not loading.of_other_shape():
        return []
    return [of_another_shape(loading)]


def of_another_shape(loading: Loading) -> Finding:
    """The names fit, and not all shapes: another number of classes, say, or another width."""
    saved, differ = loading.saved, loading.of_other_shape()
    told = [f"{n} {_shape_of(saved[n])}, in the file {loading.arrays[n].shape}" for n in differ]
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in differ))
    as_saved = (
        f"To use all that was saved, make {some([repr(layer) for layer in layers])} as it was in "
        "that net, and build the net anew."
    )
    if not loading.mostly_fits() or "" in layers:
        return Finding(
            some(differ), "of other shapes in the file",
            f"{some(told, 3)}. What came before may have been loaded already.",
            "Make each layer so that it has the shape in the file, as in the net that was saved; "
            "build the net anew and load again.",
        )  # fmt: skip
    heads = tuple(f"{layer}." for layer in layers)
    left = [name for name in saved if name.startswith(heads) or name not in loading.arrays]
    test = repr(heads[0]) if len(heads) == 1 else repr(heads)
    return Finding(
        some(differ), "of other shapes in the file",
        f"{some(told, 3)}. The rest of {loading.title} fits; some of it may have been loaded "
        "already.",
        f"{as_saved} To load the rest and train this layer anew: mx.nd.save('rest.params', {{name: "
        f"array for name, array in {loading.source}.items() if not "
        f"name.startswith({test})}}); net.load_parameters('rest.params', allow_missing=True). "
        f"{what_is_left(saved, left)}",
    )  # fmt: skip


def _shape_of(parameter: Any) -> str:
    return shape_text(shape_of(parameter))


@CASES.when(r"from saved params: dtype incompatible expected (.+) vs saved (.+)\. Set cast_dtype")
def _dtype(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    loading, parameter = loading_of(scene), scene.parameter
    if loading is None or parameter is None:
        return []
    array = scene.local("_load_init", "data")
    own, other = _type(parameter.dtype), _type(array.dtype)
    return [Finding(
        path_in(loading.net, parameter), f"{own}, and {other} in {loading.title}",
        "MXNet converts numbers only when it is told to. Parameters before this one have been "
        "loaded already; loading again loads all.",
        f"{loading.again('cast_dtype=True')}, and the net stays {own}; with "
        f"dtype_source='saved' in addition it becomes {other}.",
    )]  # fmt: skip


def _type(dtype: Any) -> str:
    dtype = np.dtype(dtype)
    return str(dtype.names[0] if dtype.names else dtype.name)


@CASES.when(r"assert dtype_source in \['current', 'saved'\]")
def _dtype_source(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("_load_init", "dtype_source")
    return [Finding(
        f"dtype_source={given!r}", "an unknown choice",
        "'current' converts what is in the file to the net's type; 'saved' gives the net the "
        "file's.",
        "net.load_parameters(file, cast_dtype=True, dtype_source='current').",
    )]  # fmt: skip


@CASES.when(r"Failed to load Parameter '[^']+' on (\[.*?\]) because it was previous initialized on "
       r"(\[.*?\])")  # fmt: skip
def _devices(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    loading = loading_of(scene)
    if loading is None or scene.parameter is None:
        return []
    there, asked = match[2].strip("[]"), match[1].strip("[]")
    devices = devices_in_code(asked.split(", "))
    return [Finding(
        path_in(loading.net, scene.parameter), f"on {there}, and asked for on {asked}",
        "What initialize(ctx=...) has placed stays where it is; ctx=... of loading is for a net "
        "without values.",
        f"{loading.again()}, without ctx: it loads on {there}. A net that is to be on "
        f"{asked} is moved before: net.collect_params().reset_ctx({devices}).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Files that are none


@CASES.when(r"Invalid NDArray file format")
def _no_arrays(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    file = str(scene.local("load_parameters", "filename") or scene.local("load", "fname") or "")
    state, why, step = kind_of(file)
    return [Finding(file or "The file", state, why, step)]


@CASES.when(r"save only accept dict str->NDArray or list of NDArray")
def _no_arrays_to_save(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("save", "data")
    values = given.values() if isinstance(given, dict) else given
    others = [one for one in values if not isinstance(one, mx.nd.NDArray)]
    kinds = dict.fromkeys(type(one).__name__ for one in others)
    return [Finding(
        "mx.nd.save", f"given {some(list(kinds)) or type(given).__name__}",
        "It writes arrays: a list of them, or a dictionary from names to them.",
        "mx.nd.save(file, {name: parameter.data() for name, parameter in "
        "net.collect_params().items()}); better net.save_parameters(file).",
    )]  # fmt: skip


@CASES.when(r"fname required to be a string", file="ndarray/utils.py")
def _no_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("load", "fname")
    step = "The name of a file, a text: net.load_parameters('net.params')."
    if isinstance(given, dict):
        step = "mx.nd.save('net.params', arrays), then net.load_parameters('net.params')."
    elif isinstance(given, os.PathLike):
        step = "net.load_parameters(str(path))."
    return [Finding("filename", f"of type {type(given).__name__}", "It is a text.", step)]


@CASES.when(r"expecting a dict type, got <class 'list'>|'list' object has no attribute 'keys'",
       file="gluon/block.py")  # fmt: skip
def _without_names(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    file = scene.local("load_parameters", "filename")
    if file is None:
        return []
    return [Finding(
        str(file), "a list of arrays without names",
        "mx.nd.save(file, [array, ...]) wrote it. Nothing tells which parameter each is.",
        f"arrays = mx.nd.load({file!r}), and parameter.set_data(array) for each; better is a file "
        "of net.save_parameters(file).",
    )]  # fmt: skip


_PREFIX = re.compile(
    r"Prefix '([^']*)' is to be striped before saving, but Parameter's name '([^']+)'"
)


@CASES.when(_PREFIX.pattern)
@CASES.when(r"'ValueError' object has no attribute 'message'", file="gluon/block.py")
def _saving(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    net = scene.local("save_params", "self")
    told = match if match.re.groups else _PREFIX.search(str(scene.error.__context__))
    if told is None:
        return []
    return [Finding(
        told[2], f"without the beginning {told[1]!r}, which was to be taken away",
        "A net's layers have its prefix only where they were made within `with "
        "self.name_scope():`, and a shared parameter has the prefix of its first layer."
        f"{'' if net is None else ' (MXNet fails once more while it tells that.)'}",
        "net.save_parameters(file), whose names do not depend on prefixes; net.load_parameters("
        "file) reads it.",
    )]  # fmt: skip


@CASES.when(r"(save|load)_params is deprecated\. Please use (save|load)_parameters")
def _old_names(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if match[1] == "save":
        return [Finding(
            "save_params", "the former name, and the former kind of file",
            "It writes Gluon's names without the net's prefix. They fit only nets whose layers "
            "were made in the same order, within name_scope().",
            "net.save_parameters(file), which writes paths; net.load_parameters(file) reads both "
            "kinds.",
        )]  # fmt: skip
    return [Finding(
        "load_params", "the former name of load_parameters",
        "It calls load_parameters, which reads the files of both.",
        "net.load_parameters(file).",
    )]  # fmt: skip
