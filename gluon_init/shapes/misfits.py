"""Inputs that do not fit: the first block that cannot be satisfied, what it has, what it got."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import mxnet as mx

from .._gluon import paths
from .._gluon.blocks import children, own_parameters
from .._gluon.forward.calls import Call, Shape
from .._gluon.forward.graph import Graph
from .._gluon.layers import (
    declaration,
    groups_of,
    infers_itself,
    is_gluons_own,
    kernel_of,
    layout_of,
    other_axes,
)
from ..errors import ShapeError, without_place
from ..results.text import shape_text

_SIZES = r"[\[(]([\d, -]*)[\])]"


def first_misfit(
    graph: Graph, infer: Callable[[Graph, Sequence[Any]], Any], message: str
) -> ShapeError:
    """Finds, by bisection over the values in the order in which they arise, where inference fails.

    ``infer`` raises MXNetError when the symbols given to it cannot be satisfied together;
    ``message`` is what it said of all of them.
    """
    begun = [(call.began, call, "in", one) for call in graph.calls for one in call.inputs]
    done = [(call.ended, call, "out", one) for call in graph.calls for one in call.outputs]
    values = sorted([*begun, *done], key=lambda value: value[0])
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        try:
            infer(graph, [value for *_, value in values[: middle + 1]])
            low = middle + 1
        except mx.MXNetError as error:
            message, high = str(error), middle
    _, call, side, _ = values[high]
    if side == "in":  # what goes into a block was made by its caller
        call = call.caller or call
    fitting = [value for *_, value in values[:high]]
    known = infer(graph, [*fitting, *call.inputs])
    inputs = [shape for symbol in call.inputs for shape in known.outputs_of(symbol)]
    return _error(graph, call, inputs, message)


def _error(graph: Graph, call: Call, inputs: Sequence[Shape | None], message: str) -> ShapeError:
    found = re.search(f"Provided ?= ?{_SIZES}, inferred shape ?= ?{_SIZES}", message)
    kind = type(call.block).__name__
    name = f"The block {call.path!r} ({kind})" if call.path else f"The net itself ({kind})"
    got = f"{name} cannot take {' and '.join(map(shape_text, inputs))}"
    if found:
        has, wants = (tuple(int(n) for n in sizes.split(",") if n) for sizes in found.groups())
        for path, parameter in _fitting(call, has):
            declared = paths.shape_of(parameter) or (None,)
            since = "" if None not in declared else _since(graph, call, parameter)
            error = ShapeError(
                f"{got}: its parameter {path} has the shape {shape_text(has)}{since}, and this "
                f"input asks for {shape_text(wants)}. "
                + (_by_axes(call, has, inputs) or _mend(graph, call, parameter, path, wants))
            )
            error.block, error.parameter, error.has, error.wants = call.path, path, has, wants
            return error
    own = is_gluons_own(call.block)
    sizes = {name: paths.shape_of(one) for name, one in own_parameters(call.block).items()}
    unknown = {name: shape for name, shape in sizes.items() if paths.size_of(shape) is None}
    if unknown and not own and not infers_itself(call.block):
        which = " and ".join(f"{name} of {shape_text(shape)}" for name, shape in unknown.items())
        error = ShapeError(
            f"{got}: its operators cannot tell what is unknown of its own {which} "
            f"({_reason(message)}). Give the full shape where the parameter is made, "
            f"self.params.get(..., shape=...)."
        )
        error.parameter = paths.join(call.path, next(iter(unknown)))
    elif not own and (other := _broadcasting(call.block, message)):
        error = ShapeError(
            f"{got}: {other} A run of a net that is not hybridized takes it as it is: run=True."
        )
    elif children(call.block) and not own:
        error = ShapeError(
            f"{got}: in its own forward it combines values that do not fit together "
            f"({_reason(message)}). Compare the shapes of what the blocks inside it put out."
        )
    else:
        error = ShapeError(f"{got} ({_reason(message)}). {_need(call.block, inputs)}")
    error.block = call.path
    return error


def _broadcasting(block: Any, message: str) -> str:
    """What helps where an arithmetic sign joins a block's own parameter with another shape."""
    found = re.search(
        r"operator \w*?_(plus|minus|mul|div|power|maximum|minimum)\d+:.* "
        f"expected {_SIZES}, got {_SIZES}", message, re.DOTALL,
    )  # fmt: skip
    if not found:
        return ""
    sizes = [tuple(int(n) for n in text.split(",") if n) for text in found.groups()[1:]]
    shapes = {name: paths.shape_of(one) for name, one in own_parameters(block).items()}
    own = next((name for name, shape in shapes.items() if shape in sizes), None)
    if own is None or not _broadcast(*sizes):
        return ""
    operator = {"plus": "add", "minus": "sub"}.get(found[1], found[1])
    return (
        f"its forward joins its own {own} of {shape_text(shapes[own])} with an array of another "
        f"shape by a sign, which in a graph takes equal shapes only. Write "
        f"F.broadcast_{operator}(...) in its place."
    )


def _broadcast(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two arrays of as many axes, or one of which has one number, can be joined."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return all(a == b or 1 in (a, b) for a, b in pairs)


def _mend(graph: Graph, call: Call, parameter: Any, path: str, wants: Any) -> str:
    """What helps where a parameter's shape is not the one that the input asks for."""
    uses = list(dict.fromkeys(
        paths.join(other.path, name)
        for other in graph.calls
        for name, one in own_parameters(other.block).items()
        if one is parameter
    ))  # fmt: skip
    if len(uses) > 1:
        return (
            f"It is one parameter at {', '.join(uses)}, so that all its uses must take inputs of "
            f"one width: tie only such layers, or let gi.untie give this one its own."
        )
    if not call.path:
        return "Give an input of the width for which it was made, or build the net anew."
    declare = declaration(call.block, wants)
    declared = f"{declare}, or without it" if declare else f"the shape {shape_text(wants)}"
    kind = type(call.block).__name__
    return (
        f"Make {kind} with {declared}, or change what feeds it, then build the net anew. If only "
        f"this batch is of another width, give one of the width for which the net was made."
    )


def _by_axes(call: Call, has: tuple[int, ...], inputs: Sequence[Shape | None]) -> str:
    """What helps where the width is there, along another axis."""
    known = [tuple(size or 0 for size in shape) for shape in inputs[:1] if shape is not None]
    told = other_axes(call.block, has, known[0]) if known else None
    return f"{told[0]}: {told[1]}." if told else ""


def _need(block: Any, inputs: Sequence[Shape | None]) -> str:
    """What one of Gluon's own layers takes, beside what reached it."""
    if infers_itself(block):
        return "It has an infer_shape of its own, which only a run consults: give run=True."
    layout = layout_of(block)
    sizes = inputs[0] if inputs else None
    if not layout or sizes is None or None in sizes:
        return "Change what feeds it, or take another layer."
    names = {"N": "batch", "C": "channels", "D": "depth", "H": "height", "W": "width"}
    if len(sizes) != len(layout):
        axes = ", ".join(names[axis] for axis in layout)
        lack = ": is the batch axis missing?" if len(sizes) == len(layout) - 1 else "."
        return f"It takes {len(layout)} axes, {layout}: {axes}; this has {len(sizes)}{lack}"
    kernel, groups = kernel_of(block), groups_of(block)
    channels = sizes[layout.index("C")] or 0
    if channels % groups:
        return f"Its {groups} groups must divide the {channels} channels: change one of the two."
    area = " x ".join(map(str, kernel))
    return (
        f"Its kernel is {area}: give larger images, pad, take a smaller kernel, or shrink the "
        f"image less in the layers before."
    )


def _fitting(call: Call, shape: tuple[int, ...]) -> list[tuple[str, Any]]:
    """The block's own parameters which have, or can have got, this shape."""
    found = []
    for name, parameter in own_parameters(call.block).items():
        declared = paths.shape_of(parameter)
        if declared is None or (
            len(declared) == len(shape)
            and all(own in (None, size) for own, size in zip(declared, shape, strict=True))
        ):
            found.append((paths.join(call.path, name), parameter))
    return found


def _since(graph: Graph, call: Call, parameter: Any) -> str:
    for earlier in graph.calls:
        if earlier is not call and any(
            p is parameter for p in own_parameters(earlier.block).values()
        ):
            return f" since the block {earlier.path!r} was called"
    return ""


def _reason(message: str) -> str:
    """MXNet's reason, without its file names, clock and operator numbers."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    line = next((line for line in lines if "Error in operator" in line), lines[0] if lines else "")
    line = re.sub(r"^.*?Error in operator (\w+): ", r"operator \1: ", line)
    return (
        re.sub(r"Check failed: .*?: ", "", without_place(line)).rstrip(". ")
        or "MXNet gives no reason"
    )
