"""How shapes flow through a net, without data, draws or allocation.

A HybridBlock, and a Block whose forward only composes others, can be called with symbols in place
of arrays. MXNet's own shape inference then runs over the graph that comes out. Nothing of the net
is changed: its parameters lend their names and shapes, and get their cached symbols back.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import mxnet as mx
import numpy as np

from . import errors, paths
from .tables import shape_text

Shape = tuple[int | None, ...]


def known_shapes(net: Any, inputs: Sequence[Any]) -> dict[int, Shape | None]:
    """What inference can tell of each parameter, given the inputs: ``id(parameter)`` → shape.

    A parameter that the forward pass never uses keeps what it has.

    Args:
        net: any ``gluon.Block`` that can be called with symbols.
        inputs: one array or one shape for each argument of ``net``; tuples and lists of them as
            the net takes them.

    Raises:
        ShapeError: the inputs do not fit the net, or the net can only be run, not traced.

    """
    shapes = input_shapes(inputs)
    with _traced(net, shapes) as (graph, feeds):
        inferred = _infer(net, graph, feeds)
    found = {}
    for site in paths.sites(net):
        own = paths.shape_of(site.parameter)
        found[id(site.parameter)] = _better(own, inferred.get(site.parameter.name))
    return found


def input_shapes(inputs: Sequence[Any]) -> list[Any]:
    """Arrays or shapes → shapes, nested as given.

    ``(8, 20)`` is a shape; a tuple or list of shapes or of arrays is a nested argument.
    """
    return [_input_shape(value, f"inputs[{i}]") for i, value in enumerate(inputs)]


def _input_shape(value: Any, where: str) -> Any:
    if value is None:
        return None
    if isinstance(value, (tuple, list)):
        if value and all(_is_size(v) for v in value):
            shape = tuple(int(v) for v in value)
            if min(shape) < 1:
                raise errors.ArgumentError(
                    f"{where} is the shape {shape_text(shape)}, but each size must be at least 1: "
                    f"give the shape of a batch, for instance (1, 20)."
                )
            return shape
        if value and all(isinstance(v, (tuple, list)) or hasattr(v, "shape") for v in value):
            return [_input_shape(v, f"{where}[{i}]") for i, v in enumerate(value)]
    elif hasattr(value, "shape"):
        return tuple(int(size) for size in value.shape)
    raise errors.ArgumentError(
        f"{where} must be an array or a shape such as (8, 20), but it is {value!r} "
        f"of type {type(value).__name__}."
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


@contextlib.contextmanager
def _traced(net: Any, shapes: list[Any]) -> Iterator[tuple[Any, dict[str, Shape]]]:
    """The symbol graph of a call of ``net``, and the shape of each of its inputs."""
    feeds: dict[str, Shape] = {}

    def variable(shape: Any) -> Any:
        if shape is None:
            return None
        if isinstance(shape, list):
            return [variable(one) for one in shape]
        name = f"gluon_init_input{len(feeds)}"
        feeds[name] = shape
        symbol = mx.sym.var(name)
        return symbol.as_np_ndarray() if mx.util.is_np_array() else symbol

    with _lent(net):
        try:
            outputs = net(*[variable(shape) for shape in shapes])
        except (errors.InitError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise errors.ShapeError(
                f"The forward pass of {type(net).__name__} could not be traced without data "
                f"({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}). "
                f"It works for HybridBlocks and for Blocks whose forward only calls others; give "
                f"as many inputs as the net takes, or run the net once on real data."
            ) from error
        flat: list[Any] = []
        _flatten(outputs, flat)
        group = mx.sym.Group(flat) if len(flat) > 1 else flat[0]
        yield group, feeds


def _flatten(value: Any, into: list[Any]) -> None:
    if isinstance(value, (tuple, list)):
        for one in value:
            _flatten(one, into)
    elif value is not None:
        into.append(value)


@contextlib.contextmanager
def _lent(net: Any) -> Iterator[None]:
    """The net as a machine for symbols: no hooks fire, no names are used up, all is given back."""
    parameters = {id(site.parameter): site.parameter for site in paths.sites(net)}.values()
    blocks = {id(block): block for _, block in paths.blocks(net)}.values()
    kept = [(parameter, parameter._var) for parameter in parameters]
    state = [(block, dict(block.__dict__)) for block in blocks]
    numpy_mode = mx.util.is_np_array()
    try:
        for parameter in parameters:
            symbol = mx.sym.var(parameter.name, shape=parameter.shape, dtype=parameter.dtype)
            parameter._var = symbol.as_np_ndarray() if numpy_mode else symbol
        for block in blocks:
            block.__dict__["_forward_hooks"] = type(block._forward_hooks)()
            block.__dict__["_forward_pre_hooks"] = type(block._forward_pre_hooks)()
        with mx.name.NameManager():
            yield
    finally:
        for block, attributes in state:
            block.__dict__.clear()
            block.__dict__.update(attributes)
        for parameter, symbol in kept:
            parameter._var = symbol


def _infer(net: Any, graph: Any, feeds: Mapping[str, Shape]) -> dict[str, Shape | None]:
    """MXNet's partial inference over the graph: name of parameter → shape."""
    used = set(graph.list_inputs())
    given = {name: shape for name, shape in feeds.items() if name in used}
    try:
        arguments, _, auxiliary = graph.infer_shape_partial(**given)
    except mx.MXNetError as error:
        raise errors.ShapeError(
            f"The inputs {', '.join(map(shape_text, feeds.values()))} do not fit the net: "
            f"{_mismatch(net, str(error))}"
        ) from error
    names = graph.list_arguments() + graph.list_auxiliary_states()
    found = {}
    for name, shape in zip(names, list(arguments) + list(auxiliary), strict=True):
        found[name] = tuple(int(s) if s > 0 else None for s in shape) if shape else None
    return found


def _better(own: Shape | None, inferred: Shape | None) -> Shape | None:
    if own is None or inferred is None:
        return own or inferred
    return tuple(a if a is not None else b for a, b in zip(own, inferred, strict=True))


def _mismatch(net: Any, message: str) -> str:
    """MXNet's message on shapes that do not fit, in terms of the net's own paths."""
    operator = re.search(r"Error in operator (\w+):", message)
    found = re.search(
        r"Provided ?= ?[\[(]([\d,-]*)[\])], inferred shape ?= ?[\[(]([\d,-]*)", message
    )
    name = operator[1] if operator else ""
    owners = [(path, block) for path, block in paths.blocks(net) if name.startswith(block.prefix)]
    path, block = max(owners, key=lambda owner: len(owner[1].prefix), default=("", net))
    where = f"block {path!r} ({type(block).__name__})" if path else f"the {type(block).__name__}"
    if not found:
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        return f"{where} cannot take what reaches it ({lines[0] if lines else 'no reason given'})."
    has, wants = ("(" + sizes.replace(",", ", ") + ")" for sizes in found.groups())
    return (
        f"{where} has a parameter of shape {has}, and the input asks for {wants}. Give an input of "
        f"the width for which it was made, or build the net anew for this one."
    )
