"""What a forward pass with these inputs would do: what it fills, what it gives, where it fails."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import mxnet as mx
import numpy as np

from .._arguments import input_shapes, is_shape
from .._gluon import paths
from .._gluon.forward.graph import trace
from .._gluon.parameters import has_values, pending_of
from .._gluon.view import View
from ..auxiliary.net import AuxiliaryNet
from ..devices import trouble_with
from ..errors import ShapeError
from ..results.text import shape_text, some
from ..shapes.inference import Foretold
from .finding import Finding


def of_pass(view: View, inputs: Sequence[Any], told: Foretold, run: bool = False) -> Finding:
    """What a pass would do, of a net into which these shapes fit."""
    reached = [site for site in view.owned if id(site.parameter) in told.used]
    empty = [s for s in reached if not has_values(s.parameter) and not pending_of(s.parameter)]
    what = _what(inputs)
    if empty:
        return Finding(
            what, "it fails",
            f"It reaches {some([site.path for site in empty])}, which no initialize() has reached.",
            "net.initialize(), which leaves alone what already has values.",
        )  # fmt: skip
    stopped = _at_devices(what, reached, inputs) or (None if run else _at_types(view, what, inputs))
    if stopped:
        return stopped
    filled = [site.parameter for site in reached if pending_of(site.parameter)]
    gives = _gives(view.net, told.outputs)
    if not filled:
        return Finding(what, f"it {gives}", "All that it reaches has its values already.", "")
    return Finding(what, f"it fills {_counted(filled, told)}, and {gives}", "", "")


def of_failed_pass(inputs: Sequence[Any], error: ShapeError) -> Finding:
    """A pass with shapes that do not fit."""
    where = f" in block {error.block!r}" if error.block else ""
    return Finding(_what(inputs), f"it fails{where}", str(error), "")


def _what(inputs: Sequence[Any]) -> str:
    return f"A pass with {_shapes(input_shapes(inputs)) or 'no inputs'}"


def _shapes(shapes: Sequence[Any]) -> str:
    """``(2, 5) and ((1, 2, 4), (1, 2, 4))``: shapes, nested as the net takes or gives them."""
    return " and ".join(map(_nested, shapes))


def _nested(shape: Any) -> str:
    return f"[{', '.join(map(_nested, shape))}]" if isinstance(shape, list) else shape_text(shape)


def _gives(net: Any, outputs: Sequence[Any]) -> str:
    """What comes out; of an AuxiliaryNet, whose heads the inference sees, in each mode."""
    if not isinstance(net, AuxiliaryNet):
        return f"gives {_shapes(outputs)}"
    count = len(outputs) - len(net.stages)
    return f"gives {_shapes(outputs[:count])}, in training also {_shapes(outputs[count:])}"


def _counted(parameters: Sequence[Any], told: Foretold) -> str:
    """``2 parameters, 23 numbers``; parameters alone where a shape is not known."""
    shapes: list[Any] = [told.parameters[id(one)] or (None,) for one in parameters]
    count = f"{len(parameters)} parameter{'s' * (len(parameters) != 1)}"
    if any(None in shape for shape in shapes):
        return count
    return f"{count}, {sum(map(math.prod, shapes)):,} numbers"


# ---------------------------------------------------------------------------------------------
# Inputs that are arrays: on which device, of which type


def _arrays(inputs: Any) -> Iterator[Any]:
    """The arrays among the inputs."""
    for one in inputs:
        if isinstance(one, (tuple, list)) and not is_shape(one):
            yield from _arrays(one)
        elif isinstance(one, mx.nd.NDArray):
            yield one


def _at_devices(what: str, reached: Sequence[paths.Site], inputs: Sequence[Any]) -> Finding | None:
    """A device that cannot be used, or an input on one where the parameters are not."""
    for site in reached:
        pending = pending_of(site.parameter)
        if pending and trouble_with(pending.contexts):
            return _to_come(what, site, pending.contexts)
    for array in _arrays(inputs):
        for site in reached:
            pending = pending_of(site.parameter)
            own = pending.contexts if pending else site.parameter.list_ctx()
            if array.ctx not in own:
                return _elsewhere(what, array, site, own)
    return None


def _to_come(what: str, site: paths.Site, contexts: Sequence[Any]) -> Finding:
    """A parameter that waits for a device which cannot be used."""
    return Finding(
        what, f"it fails: {site.path} is to be on {' and '.join(map(str, contexts))}",
        "That device cannot be used; see below.",
        "net.collect_params().reset_ctx(gi.device()); then the pass.",
    )  # fmt: skip


def _elsewhere(what: str, array: Any, site: paths.Site, own: Sequence[Any]) -> Finding:
    devices = [f"mx.{one}" for one in own]
    step = f"net(x.as_in_context({devices[0]}))."
    if len(own) > 1:
        step = f"gluon.utils.split_and_load(x, [{', '.join(devices)}]), and the net for each part."
    there = " and ".join(map(str, own))
    return Finding(
        what, f"it fails: the input is on {array.ctx}, and {site.path} on {there}",
        "An operator computes on one device. The net has no copy there.", step,
    )  # fmt: skip


def _at_types(view: View, what: str, inputs: Sequence[Any]) -> Finding | None:
    """Numbers of two types that meet in an operator; only arrays have one."""
    arrays = list(_arrays(inputs))
    if len(arrays) != len(_leaves(inputs)):
        return None
    graph = trace(view, input_shapes(inputs))
    types = dict(zip(graph.feeds, (array.dtype for array in arrays), strict=True))
    types |= {name: one.dtype for name, one in graph.parameters.items()}
    symbol = graph.symbol()
    names = {*symbol.list_arguments()}
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # where MXNet prints the arguments
            symbol.infer_type(**{name: one for name, one in types.items() if name in names})
    except mx.MXNetError:
        return _two_types(view, what, arrays)
    return None


def _leaves(inputs: Any) -> list[Any]:
    found = []
    for one in inputs:
        nested = isinstance(one, (tuple, list)) and not is_shape(one)
        found += _leaves(one) if nested else [one] * (one is not None)
    return found


def _two_types(view: View, what: str, arrays: Sequence[Any]) -> Finding:
    own = list(dict.fromkeys(np.dtype(one.dtype).name for one in view.parameters))
    given = list(dict.fromkeys(np.dtype(one.dtype).name for one in arrays))
    if len(own) == 1:
        state = f"it fails: {some(given)} meets parameters of {own[0]}"
        step = f"net(x.astype({own[0]!r})); or net.cast({given[0]!r}), for the whole net."
    else:
        state = f"it fails: the parameters are of {some(own)}"
        step = f"net.cast({given[0]!r}), for the whole net."
    return Finding(what, state, "An operator takes numbers of one type.", step)
