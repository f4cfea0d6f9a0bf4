"""How an initializer is named in tables: ``Normal(sigma=0.01)``, ``Zero()``."""

from __future__ import annotations

import json
from typing import Any

import mxnet as mx

_OF_A_CONSTANT = "Constant.__init__.<locals>.Init"  # a class that get_constant makes for each


def describe(initializer: Any) -> str:
    """Returns the call that would make the initializer, for instance ``Xavier(magnitude=3)``.

    Takes what Gluon takes: an initializer, its registered name, its JSON dump, or any callable.
    Gluon's own aliases ``zeros`` and ``ones`` are written as the classes that they stand for.
    """
    if isinstance(initializer, str):
        try:
            initializer = mx.init.create(initializer)
        except (AssertionError, ValueError):
            return repr(initializer)
    if not isinstance(initializer, mx.init.Initializer):
        return getattr(initializer, "__name__", type(initializer).__name__)
    if type(initializer).__qualname__ == _OF_A_CONSTANT:
        return "its value"
    kept = arguments_of(initializer) or {}
    inside = ", ".join(f"{name}={_value(value)}" for name, value in kept.items())
    return f"{type(initializer).__name__}({inside})"


def arguments_of(initializer: Any) -> dict[str, Any] | None:
    """What it was made with, as a dump keeps it; None where ``super().__init__()`` did not run."""
    return getattr(initializer, "_kwargs", None)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_value(inner)}' for name, inner in value.items())}}}"
    if isinstance(value, str) and value.startswith("["):
        try:
            kind, arguments = json.loads(value)
        except ValueError:
            return repr(value)
        return describe(mx.init.create(kind, **arguments))
    shape = getattr(value, "shape", ())
    return f"array{shape}" if shape else repr(value)
