"""A batch that a net can take: arrays as they are given, shapes as numbers drawn for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from mxnet.gluon import nn

from .._arguments import input_shapes, is_shape
from .._gluon import paths
from .._gluon.forward.graph import trace
from .._gluon.layers import embedding_size
from .._gluon.view import View
from ..drawing import laws, streams
from ..errors import ArgumentError, ShapeError
from ..results.text import shape_text


class _LookUp(NamedTuple):
    """The Embedding that takes an input, how many numbers it knows, whether it gets them as is."""

    path: str
    size: int
    as_is: bool


def batch(net: Any, x: Any) -> list[Any]:
    """The inputs as NumPy arrays, nested as given.

    A shape becomes standard normal numbers or, where an Embedding looks them up, whole numbers
    that it knows: the same on every machine (see ``streams``; seed 0).

    Raises:
        ArgumentError: ``x`` holds what is neither an array nor a shape, or numbers that an
            Embedding does not know: MXNet would take the nearest that it knows.

    """
    inputs = list(x) if _is_nested(x) else [x]
    looked_up = iter(_looked_up(net, input_shapes(inputs), list(_leaves(inputs))))
    stream = itertools.count()

    def array(value: Any) -> Any:
        if value is None:
            return None
        if _is_nested(value):
            return [array(one) for one in value]
        embedding = next(looked_up)
        if not hasattr(value, "shape"):
            key = streams.key(0, f"input {next(stream)}")
            return _normal(value, key) if embedding is None else _ids(value, embedding.size, key)
        given = value.asnumpy() if hasattr(value, "asnumpy") else np.asarray(value)
        if embedding is not None and embedding.as_is:
            _require_known(given, embedding)
        as_floats = given.dtype == np.float64 and not hasattr(value, "asnumpy")
        return given.astype(np.float32) if as_floats else given

    return [array(value) for value in inputs]


def _normal(shape: Any, key: int) -> Any:
    values = np.empty(shape, np.float32)
    streams.fill([streams.Draw(laws.single(laws.Normal(0.0, 1.0)), values, key)])
    return values


def _ids(shape: Any, size: int, key: int) -> Any:
    return np.random.default_rng(key).integers(size, size=shape).astype(np.float32)


def _looked_up(net: Any, shapes: Sequence[Any], leaves: Sequence[Any]) -> list[_LookUp | None]:
    """For each array, in order, the Embedding that takes it, or what has been made of it."""
    embeddings = [path for path, block in paths.blocks(net) if isinstance(block, nn.Embedding)]
    if not embeddings:
        return [None] * len(leaves)
    try:
        graph = trace(View(net), shapes, calls=True)
    except ShapeError as error:
        if any(not hasattr(value, "shape") for value in leaves):
            raise ArgumentError(
                f"x is a shape, for which numbers are to be drawn, but the Embedding "
                f"{embeddings[0]!r} wants whole ones, and whether of this input cannot be told "
                f"without data. Give an array instead, such as mx.nd.array([[0, 1]])."
            ) from error
        return [None] * len(leaves)
    found: dict[str, _LookUp] = {}
    for call in graph.calls:
        if isinstance(call.block, nn.Embedding):
            ids = call.inputs[0]
            for name in ids.list_inputs():
                size = embedding_size(call.block)
                found[name] = _LookUp(call.path, size, ids.name == name)
    return [found.get(name) for name in graph.feeds]


def _leaves(values: Any) -> Iterator[Any]:
    for value in values:
        if _is_nested(value):
            yield from _leaves(value)
        elif value is not None:
            yield value


def _is_nested(value: Any) -> bool:
    """Whether it holds several inputs, and is no shape."""
    return isinstance(value, (list, tuple)) and not is_shape(value)


def _require_known(ids: Any, embedding: _LookUp) -> None:
    outside = ids[(ids < 0) | (ids >= embedding.size)]
    if outside.size:
        where = f"the Embedding {embedding.path!r}" if embedding.path else "the Embedding"
        raise ArgumentError(
            f"x of shape {shape_text(ids.shape)} holds {outside[0]:g}, but {where} knows the "
            f"numbers from 0 to {embedding.size - 1}; MXNet would take the nearest of them without "
            f"a word."
        )
