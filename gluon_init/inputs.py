"""Example inputs: arrays or shapes, several, nested as a net takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import errors
from .tables import shape_text


def input_shapes(inputs: Sequence[Any]) -> list[Any]:
    """Arrays or shapes → shapes, nested as given.

    ``(8, 20)`` is a shape; a tuple or list of shapes or of arrays is a nested argument. None
    stays: an argument that the net can do without.

    Raises:
        ArgumentError: an input is neither an array nor a shape, or there is none at all.

    """
    if not inputs:
        raise errors.ArgumentError(
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
    raise errors.ArgumentError(
        f"{where} must be an array or a shape such as (8, 20), but it is {value!r} "
        f"of type {type(value).__name__}{_because(value)}."
    )


def is_shape(value: Any) -> bool:
    """Whether it is a tuple or list of sizes, as ``(8, 20)``."""
    return isinstance(value, (tuple, list)) and bool(value) and all(map(_is_size, value))


def _filled(shape: tuple[int, ...], where: str) -> tuple[int, ...]:
    """The shape, if no size in it is 0, which MXNet would take for unknown."""
    if min(shape, default=1) < 1:
        raise errors.ArgumentError(
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
