"""Whether a backward pass has written a gradient, and who uses it."""

from __future__ import annotations

from typing import Any

from .parameters import has_values


def is_new(array: Any) -> bool:
    """Whether backward() has reached an array since the last step of a Trainer."""
    return array.grad is not None and bool(array._fresh_grad)


def trained_arrays(parameter: Any) -> list[Any]:
    """A parameter's arrays, one on each device, whose gradients a Trainer uses."""
    if parameter.grad_req == "null" or not has_values(parameter):
        return []
    return list(parameter._data)


def store_updates(trainer: Any) -> bool:
    """Whether the Trainer's store has updated the parameters, and not the Trainer itself."""
    return bool(trainer._kvstore and trainer._update_on_kvstore)
