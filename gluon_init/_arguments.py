"""What the caller handed in, checked: inputs, nets, seeds, flags, initializers.

Each function returns the value in one form, or raises an error that names the parameter, says what
was found, and what to give instead.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from .errors import ArgumentError
from .results.text import shape_text


def input_shapes(inputs: Sequence[Any]) -> list[Any]:
    """Arrays or shapes → shapes, nested as given.

    ``(8, 20)`` is a shape; a tuple or list of shapes or of arrays is a nested argument. None
    stays: an argument that the net can do without.

    Raises:
        ArgumentError: an input is neither an array nor a shape, or there is none at all.

    """
    if not inputs:
        raise ArgumentError(
            "inputs is empty, but one array or shape for each argument of the net is needed, "
            "for instance (1, 20)."
        )
    return [_input_shape(value, f"inputs[{i}]") for i, value in enumerate(inputs)]


def _input_shape(value: Any, where: str) -> Any:
    if value is None:
        return None
    if isinstance(value, (tuple, list)):
        if is_shape(value):
            return _filled(tuple(int(v) for v in value), where)
        if value and all(isinstance(v, (tuple, list)) or hasattr(v, "shape") for v in value):
            return [_input_shape(v, f"{where}[{i}]") for i, v in enumerate(value)]
    elif hasattr(value, "shape"):
        return _filled(tuple(int(size) for size in value.shape), where)
    raise ArgumentError(
        f"{where} must be an array or a shape such as (8, 20), but it is {value!r} "
        f"of type {type(value).__name__}{_because(value)}."
    )


def is_shape(value: Any) -> bool:
    """Whether it is a tuple or list of sizes, as ``(8, 20)``."""
    return isinstance(value, (tuple, list)) and bool(value) and all(map(_is_size, value))


def _filled(shape: tuple[int, ...], where: str) -> tuple[int, ...]:
    """The shape, if no size in it is 0, which MXNet would take for unknown."""
    if min(shape, default=1) < 1:
        raise ArgumentError(
            f"{where} has the shape {shape_text(shape)}, but each size must be at least 1: give "
            f"the shape of a batch, for instance (1, 20)."
        )
    return shape


def _because(value: Any) -> str:
    if _is_size(value):
        return ": a shape is a tuple, with parentheses of its own"
    if isinstance(value, (tuple, list)):
        if not value:
            return ", without any size"
        wrong = next(one for one in value if not _is_size(one))
        if wrong is None and any(map(_is_size, value)):
            return ": no size can be left open; give any that the net takes"
        return f", in which {wrong!r} is no whole number"
    return ""


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def require_flag(value: Any, parameter: str) -> None:
    """Raises ArgumentError unless it is True or False."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{parameter} must be True or False, but it is {value!r}.")


def require_block(net: Any, parameter: str = "net") -> None:
    """Raises ArgumentError unless ``net`` is a ``gluon.Block``."""
    if not isinstance(net, gluon.Block):
        made = (
            f"; a class was given, an object is needed: {net.__name__}()"
            if (isinstance(net, type))
            else ""
        )
        raise ArgumentError(
            f"{parameter} must be a gluon.Block, such as nn.Dense(10), "
            f"but it is of type {type(net).__name__}{made}."
        )


def require_seed(seed: Any, parameter: str = "seed") -> int:
    """Returns the seed as an int; raises ArgumentError unless it is an integer, at least 0."""
    if isinstance(seed, numbers.Integral) and not isinstance(seed, bool) and int(seed) >= 0:
        return int(seed)
    raise ArgumentError(
        f"{parameter} must be an integer, at least 0, but it is {seed!r} of type "
        f"{type(seed).__name__}."
    )


def as_initializer(value: Any, parameter: str) -> Any:
    """What Gluon takes for an initializer → an initializer; None → Gluon's default, Uniform(0.07).

    Raises:
        ArgumentError: it is none; names the parameter.

    """
    if value is None:
        return mx.init.Uniform()
    if isinstance(value, str):
        try:
            return mx.init.create(value)
        except (AssertionError, ValueError, TypeError, KeyError) as error:
            raise ArgumentError(
                f"{parameter} is {value!r}, which names no registered initializer. Give an object, "
                f"such as mx.init.Normal(0.01), or one of the names 'uniform', 'normal', 'xavier', "
                f"'zeros', 'ones'."
            ) from error
    if isinstance(value, mx.init.Initializer):
        require_complete(value, parameter)
        return value
    made = (
        f"; a class was given, an object is needed: {value.__name__}()"
        if (isinstance(value, type))
        else ""
    )
    raise ArgumentError(
        f"{parameter} must be an initializer such as mx.init.Normal(0.01), but it is {value!r} of "
        f"type {type(value).__name__}{made}."
    )


INCOMPLETE = "its __init__ does not call super().__init__(), which MXNet needs"
COMPLETION = "Begin it with super().__init__(), given the arguments that dumps() shall keep."


def is_complete(initializer: Any) -> bool:
    """Whether ``mx.init.Initializer.__init__`` has run for it."""
    return hasattr(initializer, "_kwargs")


def require_complete(initializer: Any, parameter: str) -> None:
    """Raises ArgumentError for an initializer whose class forgot ``super().__init__()``."""
    if not is_complete(initializer):
        raise ArgumentError(
            f"{parameter} is of type {type(initializer).__name__}, which cannot work: "
            f"{INCOMPLETE}. {COMPLETION}"
        )
