"""A call that loads a file into a net: which kind of file it is, and what of it fits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.blocks import saved_parameters
from .._gluon.parameters import has_values, pending_of
from .._gluon.places import holder_of, home_of
from ..results.text import some
from .scene import Scene

EXPORTED, BY_PATHS, BY_GLUONS_NAMES = "exported", "by paths", "by Gluon's names"
_MARKS = ("arg:", "aux:")
_OF_ONE_LAYER = frozenset(["weight", "bias", "gamma", "beta", "running_mean", "running_var"])
_OF_A_PARAMETER = re.compile(r"(weight|bias|gamma|beta|mean|var|parameters)$")


@dataclass(frozen=True)
class Loading:
    """A call of ``load_parameters``, ``collect_params().load`` or ``SymbolBlock.imports``.

    Attributes:
        call: which of these: ``load_parameters``, ``load`` or ``imports``.
        file: the file's name as it was given; "" where the arrays came in a dictionary.
        symbol_file: of ``imports``, the other file.
        arrays: what the file holds, under its names.
        net: into which it goes; None where nobody knows.
        held: the parameters that are to be filled, by Gluon's names.

    """

    call: str
    file: str
    symbol_file: str
    arrays: Mapping[str, Any]
    net: Any
    held: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Which call wrote the file, told by its names."""
        if all(name.startswith(_MARKS) for name in self.arrays):
            return EXPORTED
        if any("." in name for name in self.arrays) or _OF_ONE_LAYER.issuperset(self.arrays):
            return BY_PATHS
        return BY_GLUONS_NAMES

    @property
    def bare(self) -> dict[str, Any]:
        """The arrays under Gluon's names: without ``arg:`` and ``aux:``."""
        return {
            name[4:] if name.startswith(_MARKS) else name: array
            for name, array in self.arrays.items()
        }

    @property
    def title(self) -> str:
        """How a text calls the file."""
        return self.file or "The dictionary of arrays"

    @property
    def source(self) -> str:
        """Code that gives the arrays."""
        return f"mx.nd.load({self.file!r})" if self.file else "arrays"

    def by_gluons_names(self, options: str = "") -> str:
        """Code that loads them by Gluon's names."""
        call, what = ("load", repr(self.file)) if self.file else ("load_dict", "arrays")
        return f"net.collect_params().{call}({what}{options and ', '}{options})"

    def by_paths(self, options: str = "") -> str:
        """Code that loads them by their paths in the net."""
        file = self.file or "net.params"
        before = "" if self.file else "mx.nd.save('net.params', arrays); "
        return f"{before}net.load_parameters({file!r}{options and ', '}{options})"

    def again(self, options: str = "") -> str:
        """Code that loads them by the same call."""
        by_paths = self.call == "load_parameters"
        return self.by_paths(options) if by_paths else self.by_gluons_names(options)

    @property
    def saved(self) -> dict[str, Any]:
        """The net's parameters by the names that ``save_parameters`` writes."""
        return saved_parameters(self.net) if self.net is not None else {}

    def left(self) -> list[str]:
        """The net's paths for whose parameter the file has no array, under any of its paths."""
        saved = self.saved
        there = {id(parameter) for path, parameter in saved.items() if path in self.arrays}
        return [path for path, parameter in saved.items() if id(parameter) not in there]

    def fitting(self) -> list[str]:
        """Names of the file which the net has too, for a parameter of that shape."""
        saved = self.saved
        return [
            name
            for name, array in self.arrays.items()
            if name in saved and fits(saved[name], array)
        ]

    def of_other_shape(self) -> list[str]:
        """Names of the file which the net has too, for a parameter of another shape."""
        fitting = set(self.fitting())
        return [name for name in self.arrays if name in self.saved and name not in fitting]

    def mostly_fits(self) -> bool:
        """Whether more than half of the net, or of the file, has its counterpart."""
        fitting = 2 * len(self.fitting())
        return fitting > len(self.saved) or fitting > len(self.arrays)


def loading_of(scene: Scene) -> Loading | None:
    """What was being loaded; None where nothing was, or where its arrays cannot be had."""
    called = [name for name, _ in scene.frames]
    file = next((str(f) for f in _locals(scene, "filename") if f is not None), "")
    arrays = scene.local("load_dict", "param_dict") or scene.local("load_parameters", "loaded")
    if arrays is None and "load" in called and Path(file).is_file():
        arrays = mx.nd.load(file)
    if not isinstance(arrays, dict) or not arrays:
        return None
    held = scene.owner(gluon.ParameterDict)
    if "imports" in called:
        call, net = "imports", scene.local("imports", "ret")
    elif "load_parameters" in called:
        call, net = "load_parameters", scene.local("load_parameters", "self")
    else:
        call, net = "load", home_of(held) if held is not None else None
    if held is None and net is not None:
        held = net.collect_params()
    symbol_file = str(scene.local("imports", "symbol_file") or "")
    return Loading(call, file, symbol_file, arrays, net, dict((held or {}).items()))


def _locals(scene: Scene, name: str) -> list[Any]:
    return [scene.local(call, name) for call in ("load_parameters", "load", "load_dict")]


def fits(parameter: Any, array: Any) -> bool:
    """Whether an array has the parameter's shape, as far as that is known."""
    shape = paths.shape_of(parameter)
    return shape is None or (
        len(shape) == len(array.shape)
        and all(a in (None, b) for a, b in zip(shape, array.shape, strict=True))
    )


def renaming(loading: Loading) -> str:
    """Code that loads arrays under the net's own Gluon names; "" where names do not tell how.

    Either one beginning stands for another (``net0_`` for ``net1_``), or all names are alike but
    for their numbers, in the same order.
    """
    bare, held = loading.bare, loading.held
    old, new = _beginning(bare), _beginning(held)
    renamed = {new + name.removeprefix(old): array for name, array in bare.items()}
    if _all_fit(renamed, held):
        name = "name[4:]" if loading.kind == EXPORTED else "name"
        key = f"{new!r} + {name}.removeprefix({old!r})" if old else f"{new!r} + {name}"
        entries = f"{{{key}: array for name, array in {loading.source}.items()}}"
        return f"net.collect_params().load_dict({entries})."
    alike = [_without_numbers(name) for name in bare] == [_without_numbers(name) for name in held]
    if alike and _all_fit(dict(zip(held, bare.values(), strict=True)), held):
        pairs = f"zip(net.collect_params(), {loading.source}.values())"
        return f"net.collect_params().load_dict(dict({pairs}))."
    return ""


def _all_fit(arrays: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    return set(arrays) == set(held) and all(fits(held[name], arrays[name]) for name in held)


def _beginning(names: Mapping[str, Any]) -> str:
    """What all begin with, up to an underscore."""
    first = next(iter(names))
    ends = [i + 1 for i, sign in enumerate(first) if sign == "_"]
    return next((first[:i] for i in reversed(ends) if all(n[:i] == first[:i] for n in names)), "")


def _without_numbers(name: str) -> str:
    return re.sub(r"\d+", "", name)


def part_in_file(loading: Loading) -> str:
    """Where in the net that was saved this one sat: all its paths follow on this one. Or ""."""
    first = next(iter(loading.saved), "")
    heads = [name.removesuffix(f".{first}") for name in loading.arrays if _ends(name, first)]
    for head in heads:
        if all(
            f"{head}.{path}" in loading.arrays and fits(p, loading.arrays[f"{head}.{path}"])
            for path, p in loading.saved.items()
        ):
            return head
    return ""


def parts_of_net(loading: Loading) -> list[str]:
    """The net's blocks whose own file this could be: they have just its names and shapes."""
    if loading.net is None:
        return []
    return [
        path
        for path, block in paths.blocks(loading.net)
        if path and _all_fit(loading.arrays, saved_parameters(block))
    ]


def whole_of(block: Any) -> Any:
    """The outermost block around this one; itself where nobody holds it."""
    around = holder_of(block)
    while around is not None:
        block, around = around, holder_of(around)
    return block


def _ends(name: str, path: str) -> bool:
    return bool(path) and name.endswith(f".{path}")


def expression(path: str) -> str:
    """How one reaches a block of the net: ``features.0`` → ``net.features[0]``."""
    return "net" + "".join(f"[{p}]" if p.isdigit() else f".{p}" for p in path.split("."))


def what_is_left(saved: Mapping[str, Any], left: Sequence[str]) -> str:
    """What becomes of the parameters for which the file has nothing, and what fills them."""
    told = []
    filled = [name for name in left if has_values(saved[name])]
    waiting = [n for n in left if n not in filled and pending_of(saved[n])]
    empty = [n for n in left if n not in filled and n not in waiting]
    if empty:
        told.append(f"Then net.initialize() draws {some(empty)}; it leaves alone what was loaded")
    if waiting:
        told.append(f"The first forward pass then draws {some(waiting)}")
    if filled:
        verb = "keeps the values that it has" if len(filled) == 1 else "keep the values they have"
        told.append(f"{some(filled)} {verb}")
    return f"{'. '.join(told)}." if told else ""


def symbol_beside(file: str) -> str:
    """The graph that ``export`` or ``save_checkpoint`` wrote with this file; "" where it is not."""
    match = re.fullmatch(r"(.*)-\d{4}\.params", file)
    graph = f"{match[1]}-symbol.json" if match else ""
    return graph if Path(graph).is_file() else ""


def files_of(symbol_file: str) -> list[str]:
    """The files of parameters that were written with a graph."""
    stem = symbol_file.removesuffix("-symbol.json")
    beside = Path(stem).parent.glob("*.params")
    own = re.compile(re.escape(Path(stem).name) + r"-\d{4}\.params")
    return sorted(f"{stem}{f.name[-12:]}" for f in beside if own.fullmatch(f.name))


def inputs_of(symbol_file: str, names: Mapping[str, Any], given: Sequence[str] = ()) -> list[str]:
    """What a graph takes that is neither in its file of parameters nor named like a parameter.

    In the order of those given; of ``data0``, ``data1``, in that of their numbers.
    """
    inputs = [
        name
        for name in mx.sym.load(symbol_file).list_inputs()
        if name not in names and not _OF_A_PARAMETER.search(name)
    ]
    inputs.sort(key=lambda n: [int(d) for d in re.findall(r"^data(\d+)$", n)])
    return sorted(inputs, key=lambda n: given.index(n) if n in given else len(given))


def imports(symbol_file: str, inputs: Sequence[str], file: str) -> str:
    """The call that reads an exported net."""
    return f"gluon.SymbolBlock.imports({symbol_file!r}, {list(inputs)!r}, {file!r})"
