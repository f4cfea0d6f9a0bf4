"""The errors of MXNet's C side about operators inside blocks: shapes, axes, types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from mxnet import gluon

from .._gluon import paths
from .._gluon.layers import is_convolution, is_gluons_own, layout_of
from ..results.text import some
from .at_work import block_of, inputs_of, named, operator_of, users_values
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()

_BROADCASTS = {
    "_mul": ("*", "mul"), "_plus": ("+", "add"), "_minus": ("-", "sub"), "_div": ("/", "div"),
    "_power": ("**", "power"), "_mod": ("%", "mod"),
}  # fmt: skip


@CASES.when(r"Error in operator .*Incompatible attr in node (\S+) at 1-th input: "
       r"expected \[([\d,]+)\], got \[([\d,]+)\]")  # fmt: skip
def _no_broadcast(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block, operator = block_of(scene), operator_of(scene)
    first, second = _shape(match[2]), _shape(match[3])
    if block is None or operator not in _BROADCASTS or not _do_broadcast(first, second):
        return []
    sign, function = _BROADCASTS[operator]
    own = [site for site in paths.sites(scene.net) if site.owner is block]
    found = next((s for s in own if tuple(s.parameter.shape) in (first, second)), None)
    operands = ["x", "y"]
    if found is not None:
        name = found.path.rpartition(".")[2]
        operands = [name, "x"] if tuple(found.parameter.shape) == first else ["x", name]
    return [Finding(
        found.path if found is not None else named(scene, block),
        f"in {operands[0]} {sign} {operands[1]} of shapes {first} and {second}",
        f"With arrays {sign} broadcasts. With symbols it takes equal shapes only, and "
        f"{type(block).__name__} is called with symbols when the net is hybridized, or when Gluon "
        "infers shapes.",
        f"F.broadcast_{function}({', '.join(operands)}) in its hybrid_forward.",
    )]  # fmt: skip


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def _do_broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    pairs = zip(reversed(first), reversed(second), strict=False)
    return all(a == b or 1 in (a, b) for a, b in pairs)


@CASES.when(r"[Ss]hape inconsistent, Provided = \[([\d,]+)\], inferred shape=\(([\d,]+)\)")
def _table(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """An F.Embedding in somebody's own block, with a weight of another shape."""
    block = block_of(scene)
    if block is None or is_gluons_own(block) or operator_of(scene).lower() != "embedding":
        return []
    has, wants = _shape(match[1]), _shape(match[2])
    own = [site for site in paths.sites(scene.net) if site.owner is block]
    found = next((site for site in own if tuple(site.parameter.shape) == has), None)
    if found is None or len(wants) != 2:
        return []
    name = found.path.rpartition(".")[2]
    return [Finding(
        found.path, f"of shape {has}, and looked up as {wants}",
        f"F.Embedding was called with input_dim={wants[0]} and output_dim={wants[1]}: together the "
        "shape of its weight.",
        f"F.Embedding(x, {name}, input_dim={has[0]}, output_dim={has[1]}) in hybrid_forward.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Axes

_AXIS = [
    r"Reduction axis \[?(?P<axis>-?\d+)\]? Exceeds input dimensions \[(?P<shape>[\d,]+)\]",
    r"axis (?P<axis>-?\d+) exceeds the input dimension of (?P<axes>\d+)",
    r"axis must be in the range \[-\d+, (?P<last>\d+)\] \((?P<axis>-?\d+) provided\)",
    r"axis (?P<axis>-?\d+) is out of bounds for array of ndim (?P<axes>\d+)",
    r"Recieved axis=(?P<axis>-?\d+), src_ndim=(?P<axes>\d+)",
    r"Channel axis out of range: (?:axis=)?(?P<axis>-?\d+)",
    r"Axis should be in the range of \[-r, r-1\]",
    r"axis < dshape\.ndim\(\) \((?P<axis>-?\d+) vs\. (?P<axes>\d+)\)",
    r"index = (?P<axis>-?\d+) must be in range \[0, (?P<axes>\d+)\)",
]


@CASES.when("|".join(re.sub(r"\?P<\w+>", "?:", pattern) for pattern in _AXIS))
def _axis(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    found = next(f.groupdict() for f in (re.search(p, scene.message) for p in _AXIS) if f)
    block, operator = block_of(scene), operator_of(scene)
    if "index = " in match[0] and not isinstance(block, gluon.nn.Dropout):
        return []
    asked = f"axis {found['axis']}" if found.get("axis") else "an axis that its input does not have"
    if block is None:
        return [_late(asked, found)]
    count = _count_of_axes(scene, block, found)
    there = f"asked for {asked}, and its input has {count} axes" if count else f"asked for {asked}"
    why = "Axes are counted from 0; -1 is the last."
    if count:
        why = f"Axes are counted from 0, so that {count - 1} is the last, as is -1."
    if is_gluons_own(block):
        argument = "axes=(-1,)" if isinstance(block, gluon.nn.Dropout) else "axis=-1"
        step = f"nn.{type(block).__name__}(..., {argument}) for the last axis."
    else:
        argument = _ARGUMENTS.get(operator, "axis=-1")
        step = f"F.{operator}(..., {argument}) for the last axis, in hybrid_forward."
        why += f" The operator is F.{operator}."
    return [Finding(named(scene, block), there, why, step)]


_ARGUMENTS = {"concat": "dim=-1", "swapaxes": "dim1=..., dim2=-1"}


def _late(asked: str, found: dict[str, str | None]) -> Finding:
    """The same of an operator that looks at its axis only when it runs, in the background."""
    count = f", and its input has {found['axes']} axes" if found.get("axes") else ""
    return Finding(
        "An operator", f"asked for {asked}{count}; which operator it was is not known here",
        "MXNet computes in the background, and tells of some errors where the values are read. "
        "softmax, log_softmax and flip look at their axis so late.",
        "Give softmax, log_softmax or flip axis=-1 for the last axis. To see which it is, call "
        "net(x).wait_to_read() on one block after another.",
    )  # fmt: skip


def _count_of_axes(scene: Scene, block: Any, found: dict[str, str | None]) -> int:
    """How many axes the array has; 0 where nobody tells."""
    if found.get("axes"):
        return int(found["axes"] or 0)
    if found.get("shape"):
        return len(_shape(found["shape"] or ""))
    if found.get("last"):
        return int(found["last"] or 0)
    arrays = inputs_of(scene, block)
    return len(arrays[0].shape) if arrays and is_gluons_own(block) else 0


# ---------------------------------------------------------------------------------------------
# Numbers of axes

_TAKES = {
    gluon.nn.GroupNorm: "3 axes or more: batch, channels, and what is behind them",
    gluon.nn.ReflectionPad2D: "4 axes: batch, channels, height, width",
}


@CASES.when(r"dshape\.ndim\(\) >= 3U? \((?P<axes>\d) vs\. 3\)|only supports 4-D or 5-D input")
def _too_few_axes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    if block is None or not is_gluons_own(block):
        return []
    layout = layout_of(block)
    takes = f"{len(layout)} axes, {layout}" if layout else _TAKES.get(type(block), "3 axes or more")
    arrays = inputs_of(scene, block)
    given = f"an array of shape {arrays[0].shape}" if arrays else "an array of too few axes"
    return [Finding(
        named(scene, block), f"given {given}",
        f"It takes {takes}.",
        "Put it before the first nn.Dense or nn.Flatten, which leave two axes (batch, features), "
        "and feed the net all axes.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Types


@CASES.when(r"Incompatible attr in node .*expected (u?int\d+|float\d+), got (u?int\d+|float\d+)")
@CASES.when(r"requires uniform type\. Expected '(\w+)' v\.s\. given '(\w+)'")
@CASES.when(r"Type inconsistent, Provided = (\w+), inferred type = (\w+)")
def _types(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block, net = block_of(scene), scene.net
    if block is None or net is None:
        return []
    what, state = named(scene, block), f"it meets {match[1]} and {match[2]} at once"
    inputs = [_type(array) for array in scene.inputs if hasattr(array, "dtype")]
    if isinstance(block, gluon.loss.Loss):
        kinds = [_type(array) for array in inputs_of(scene, block)[:2]]
        names = [
            name if kind == "float32" else f"{name}.astype('float32')"
            for name, kind in zip(("pred", "label"), kinds, strict=True)
        ]
        return [Finding(
            what, state, "Predictions and labels must be of one type. A sum of float16 loses the "
            "small ones, so that a loss is best computed in float32.",
            f"loss({', '.join(names)}).",
        )]  # fmt: skip
    by_type = _paths_by_type(net)
    if len(by_type) > 1:
        told = "; ".join(f"{kind}: {some(found, 3)}" for kind, found in by_type.items())
        target = inputs[0] if inputs and inputs[0] in by_type else next(iter(by_type))
        if target == "float16" and _on_the_cpu(scene.inputs):
            target = "float32"
        return [Finding(
            what, state, f"Only a part of the net has been cast ({told}).",
            f"net.cast({target!r}) and net(x.astype({target!r})).",
        )]  # fmt: skip
    own = next(iter(by_type), "float32")
    if own == "float16" and _on_the_cpu(scene.inputs):
        return [Finding(what, state, _NO_HALF, "net.cast('float32').")]
    if inputs and any(kind != own for kind in inputs):
        return [Finding(
            what, state,
            f"The parameters are {own}, the input is {some(sorted(set(inputs)))}. net.cast(...) "
            "changes parameters, not inputs.",
            f"net(x.astype({own!r})).",
        )]  # fmt: skip
    return [Finding(
        what, state, f"Parameters and inputs are {own}; something made in its hybrid_forward is "
        "not. F.zeros and the like make float32 where no dtype is given.",
        f"In hybrid_forward, give it dtype={own!r}, or F.cast(y, {own!r}).",
    )]  # fmt: skip


@CASES.when(r"FP16 gemm on cpu not implemented|float16 fully connected layer is currently\s*only")
def _no_half(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    what = named(scene, block) if block is not None else "A layer"
    return [Finding(what, "in float16, on the CPU", _NO_HALF, "net.cast('float32').")]


_NO_HALF = (
    "On the CPU MXNet multiplies no matrices in float16: nn.Dense, convolutions and recurrent "
    "layers need a GPU for it. The error may come only when values are read."
)


def _on_the_cpu(arrays: Sequence[Any]) -> bool:
    devices = [array.context.device_type for array in arrays if hasattr(array, "context")]
    return bool(devices) and set(devices) == {"cpu"}


def _type(array: Any) -> str:
    return str(np.dtype(array.dtype).name)


def _paths_by_type(net: Any) -> dict[str, list[str]]:
    """The types of a net's parameters; a BatchNorm's stay float32 in a float16 net by design."""
    found: dict[str, list[str]] = {}
    for site in paths.sites(net):
        if not isinstance(site.owner, gluon.nn.BatchNorm):
            found.setdefault(_type(site.parameter), []).append(site.path)
    return found


@CASES.when(r"could not create a descriptor for an? .*(?:de)?convolution")
def _channels_last(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """OneDNN's text; it may come only when values are read, after the call."""
    nets = [value for value in users_values(scene) if isinstance(value, gluon.Block)]
    for net in nets:
        for path, block in paths.blocks(net):
            if is_convolution(block) and layout_of(block).endswith("C"):
                kind, right = type(block).__name__, layout_of(block).replace("C", "")
                right = f"{right[0]}C{right[1:]}"
                axes = (0, len(right) - 1, *range(1, len(right) - 1))
                return [Finding(
                    f"Block {path!r} ({kind})" if path else kind,
                    f"with layout={layout_of(block)!r}, on the CPU",
                    "Channels may stand last on a GPU only.",
                    f"nn.{kind}(..., layout={right!r}), and net(x.transpose({axes})).",
                )]  # fmt: skip
    return []
