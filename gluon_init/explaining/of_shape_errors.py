"""The errors that MXNet raises about shapes, each with what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mxnet import gluon
from mxnet.gluon import nn

from .._gluon import paths
from .._gluon.blocks import is_borrowed
from .._gluon.history import past_of, was_declared
from .._gluon.layers import declaration, flattens, other_axes
from .._gluon.parameters import pending_of
from .._gluon.view import View
from ..errors import InitError, ShapeError
from ..results.text import shape_text, some
from ..shapes.flow import infer_shapes
from . import of_nets
from .cases import Cases, by_name
from .finding import Finding
from .scene import Scene, path_in, reached

CASES = Cases()
_OF_AN_IMAGE = 3  # its axes
_COLOURS = (1, 3, 4)  # channels of an image


@CASES.when(r"Shape dim size cannot be a negative value|dim_size_is_known")
def _no_inference(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    operator = re.search(r"Error in operator (\w+)", scene.message)
    named = f" ({operator[1]})" if operator else ""
    return [Finding(
        type(scene.blocks[-1]).__name__ if scene.blocks else "The block",
        "deferred, of a shape that this operator does not tell",
        f"An operator in its hybrid_forward{named} needs all shapes, and says nothing of a "
        "parameter's unknown ones. F.FullyConnected and F.Convolution do, F.dot does not.",
        "Give the full shape to params.get(..., shape=...), or use an operator that infers it.",
    )]  # fmt: skip


@CASES.when(r"Error in operator \S+: [Ss]hape inconsistent, Provided = (\[[\d,]+\]), inferred")
def _in_a_graph(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A SymbolBlock's layers are nodes of its graph, and no blocks."""
    graph = next((b for b in scene.blocks if isinstance(b, gluon.SymbolBlock)), None)
    node = re.search(r"Error in operator (\S+):", scene.message)
    if graph is None or node is None:
        return []
    has = tuple(map(int, re.findall(r"\d+", match[1])))
    layer = re.sub(r"_fwd$", "_", node[1])
    named = [p.name for p in graph.collect_params().values()
             if tuple(paths.shape_of(p) or ()) == has and p.name.startswith(layer)]  # fmt: skip
    shapes = some([shape_text(x.shape) for x in scene.inputs if hasattr(x, "shape")])
    return [Finding(
        f"{named[0] if named else node[1]}", f"of shape {shape_text(has)}, which this input does "
        f"not fit",
        f"The net was given {shapes or 'an input'}. A SymbolBlock has the widths of the net that "
        f"was exported; they do not change with an input.",
        f"Give it inputs as that net had them: of width {has[-1]} where they reach {node[1]}. For "
        f"another width, build the net by its code, and train it anew.",
    )]  # fmt: skip


@CASES.when(
    r"Shape inconsistent|[Ss]hape cannot be inferred|Deferred initialization failed|"
    r"operands could not be broadcast together"
)
def _shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    net, inputs = scene.net, scene.inputs
    if net is None or not inputs:
        return []
    try:
        infer_shapes(net, *inputs)
    except ShapeError as error:
        return [_misfit(net, error)] if error.block is not None else []
    except InitError:
        return []
    return _unreached(net, inputs)


def _unreached(net: Any, inputs: Any) -> Sequence[Finding]:
    """Parameters of unknown shape which a hybridized net does not use, and yet must fill."""
    view = View(net)
    used = reached(view, inputs) or set()
    return [
        Finding(
            site.path,
            "deferred, and never reached",
            "A hybridized net fills all its parameters before it computes anything. The forward "
            f"pass does not use block {of_nets.where(site)}, so that nothing tells its shape.",
            "Call the block in forward, or take it out of the net. Where neither can be, run one "
            "batch before net.hybridize().",
        )
        for site in view.owned
        if pending_of(site.parameter) and id(site.parameter) not in used
    ]


def _misfit(net: Any, error: ShapeError) -> Finding:
    sites = {site.path: site for site in paths.sites(net)}
    site = sites.get(error.parameter or "")
    if site is None or error.has is None or error.wants is None:
        return Finding(
            f"Block {error.block!r}" if error.block else "The net",
            "its input does not fit", str(error), _for_an_image(str(error)) or
            "Mend the block, or what feeds it, and build the net anew; gi.infer_shapes(net, shape "
            "of a batch) then shows the way of the shapes.",
        )  # fmt: skip
    has, wants = shape_text(error.has), shape_text(error.wants)
    owner, past = site.owner, past_of(site.parameter)
    uses = [s for s in sites.values() if s.parameter is site.parameter]
    if len(uses) > 1:
        return Finding(
            f"{site.path}, tied with {some([s.path for s in uses if s is not site])}",
            "its uses ask for different shapes",
            f"One parameter has one shape. It is {has}; block {error.block!r} asks for {wants}.",
            "Tie only layers that take inputs of the same width (gi.tied_groups(net) lists what is "
            "tied); give this block a parameter of its own, and build the net anew.",
        )  # fmt: skip
    sizes = _given(str(error))
    axes = other_axes(owner, error.has, sizes)
    if axes:
        return Finding(
            site.path, f"of shape {has}, and given an input of shape {shape_text(sizes)}",
            f"{axes[0]}.", f"{axes[1]}.",
        )  # fmt: skip
    if is_borrowed(owner, site.parameter):
        return Finding(
            site.path, f"of shape {has}, shared by params=, and this input asks for {wants}",
            f"It is another layer's parameter, of the shape that this one has given it. The "
            f"{type(owner).__name__} takes inputs of the width that fits.",
            f"Give it inputs of width {error.has[-1]}; or leave params=... out, so that it has a "
            f"parameter of its own. Then build the net anew.",
        )  # fmt: skip
    if past.waited or not was_declared(site.parameter):
        return Finding(
            site.path, f"of shape {has}, and this input asks for {wants}",
            "The first data that came through fixed the shape. It does not change with a later "
            f"input, even if that first forward pass failed further on.{_of_steps(owner, sizes)}",
            "Give inputs of the first width; for another one build the net anew (run the code that "
            "made it), initialize it, and run the new batch.",
        )  # fmt: skip
    block = f"block {error.block!r}" if error.block else type(owner).__name__
    declared = declaration(owner, error.wants) or f"the shape {wants}"
    return Finding(
        site.path, f"declared with shape {has}, and its input asks for {wants}",
        f"The width that was given when {type(owner).__name__} was made is not the width of what "
        f"reaches it.",
        f"Make {block} with {declared}, or without it, so that it is inferred; or change what "
        f"feeds it. Then build the net anew.",
    )  # fmt: skip


def _given(text: str) -> tuple[int, ...]:
    """The shape that a block cannot take, as its error says."""
    given = re.search(r"cannot take (\([\d, ]*\))", text)
    return tuple(map(int, re.findall(r"\d+", given[1]))) if given else ()


def _for_an_image(text: str) -> str:
    """The step for one image where a batch is wanted; "" where it is something else."""
    sizes = _given(text)
    if "is the batch axis missing" not in text or len(sizes) != _OF_AN_IMAGE:
        return ""
    last = len(sizes) - 1
    if sizes[-1] in _COLOURS and sizes[0] not in _COLOURS and "NC" in text:
        axes = (last, *range(last))
        return f"net(x.transpose({axes}).expand_dims(0)): channels first, in a batch of one."
    return "net(x.expand_dims(0)), a batch of one."


def _of_steps(owner: Any, sizes: tuple[int, ...]) -> str:
    """What makes the width of a Dense depend on how long a sequence is."""
    if not isinstance(owner, nn.Dense) or not flattens(owner) or len(sizes) < 3:
        return ""
    return (
        " Dense flattens all axes but the first, so that the number of steps counts too; with "
        "flatten=False it takes the last axis alone."
    )


@CASES.when(r"'Symbol' object has no attribute 'shape'")
def _symbol_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.blocks[-1]).__name__ if scene.blocks else "The block",
        "its hybrid_forward reads x.shape",
        "When Gluon infers shapes or hybridizes, hybrid_forward is called with symbols, which have "
        "none.",
        "Say it with operators: F.reshape(x, (0, -1)) keeps the first axis; 0 copies an axis, -1 "
        "takes the rest. F.shape_array and F.slice_like serve where that is not enough.",
    )]  # fmt: skip


@CASES.when(
    r"Parameter '([^']+)' because desired attribute does not match with stored for attribute "
    r"'(\w+)': desired '(.*?)' vs stored '(.*?)'"
)
def _tied_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [by_name(
        match[1], f"tied to a layer of another {match[2]}",
        f"params=... makes the new layer use the stored parameter, whose {match[2]} is "
        f"{_unknown_sizes(match[4])}; the new layer asks for {_unknown_sizes(match[3])}.",
        f"Make both layers with the same {'units' if match[2] == 'shape' else match[2]}, or leave "
        "params=... out, so that the new layer has its own.",
    )]  # fmt: skip


def _unknown_sizes(text: str) -> str:
    return re.sub(r"(?<![\d])(-1|0)(?![\d])", "?", text)


@CASES.when(r"Expected shape (\([^)]*\)) is incompatible with given shape (\([^)]*\))")
def _set_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given, own = match[1], match[2]
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else "The parameter"
    return [Finding(
        name, f"of shape {_unknown_sizes(own)}, and {given} was given",
        "A parameter's known sizes do not change. (MXNet's message names the two the wrong way "
        "round.)",
        f"Give an array of shape {_unknown_sizes(own)}; for another shape build the layer anew.",
    )]  # fmt: skip


@CASES.when(r"Failed loading Parameter '([^']+)' from saved params: shape incompatible expected "
       r"(\([^)]*\)) vs saved (\([^)]*\))")  # fmt: skip
def _load_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else match[1]
    return [Finding(
        name, f"of shape {_unknown_sizes(match[2])}, and the file has {match[3]}",
        "The file was saved from a net with another layer at this place. Parameters before it have "
        "been loaded already.",
        f"Make the layer so that it has shape {match[3]}, as the net that was saved; then load "
        "again.",
    )]  # fmt: skip
