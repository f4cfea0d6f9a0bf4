"""What this package's initializers have in common: equality, a repr to paste, a JSON dump."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable
from typing import Any

import mxnet as mx
import numpy as np

from .._gluon.describe import arguments_of, describe
from ..errors import ArgumentError, in_a_line

_FEW = 100  # numbers of an array that a repr writes out


class Nested:
    """An initializer among the arguments of another, which is dumped only when a dump is asked for.

    Many that work in Gluon cannot be dumped: those that hold a function or an array.
    """

    def __init__(self, initializer: Any, argument: str) -> None:
        self.initializer = initializer
        self.argument = argument

    def __repr__(self) -> str:
        return describe(self.initializer)

    def dumps(self) -> str:
        """The initializer as JSON; raises ArgumentError, naming the argument, where it cannot."""
        initializer = self.initializer
        try:
            if type(initializer).__module__.startswith("mxnet."):
                # Constant.dumps() changes its own arguments, and fails on what it has made of them
                kept = [type(initializer).__name__.lower(), arguments_of(initializer)]
                return json.dumps(kept, default=_plain)
            text: str = initializer.dumps()
            return text
        except ArgumentError:
            raise
        except Exception as error:
            raise ArgumentError(
                f"{self.argument} is {describe(initializer)}, which dumps() cannot write: "
                f"{in_a_line(error)}. Everything but a dump works with it: hand on the object "
                f"itself; or give super().__init__() of its class only what JSON can hold."
            ) from error


class OwnInitializer(mx.init.Initializer):  # type: ignore[misc]
    """Base of the initializers of this package. ``dumps()`` and ``mx.init.create`` round-trip."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _key(self) == _key(other)

    def __hash__(self) -> int:
        return hash(_key(self))

    def dumps(self) -> str:
        """Returns JSON of which ``mx.init.create`` makes an equal initializer.

        Raises:
            ArgumentError: an initializer inside cannot be written; names the argument.

        """
        kept = [type(self).__name__.lower(), self._kwargs]
        return json.dumps(kept, default=lambda nested: nested.dumps())

    def __repr__(self) -> str:
        return f"gi.{type(self).__name__}({self._arguments()})"

    def _arguments(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self._kwargs.items())


def without_own(desc: Any) -> Any:
    """A description without the initializer that its parameter names itself.

    Only who is global is asked beside that one. To whoever is that one, or inside of it or of
    another, it is no alternative: turning to it would go round in a circle.
    """
    return mx.init.InitDesc(str(desc), global_init=getattr(desc, "global_init", None))


def note_global(desc: Any, initializer: Any) -> None:
    """Notes in a description who is global, as MXNet's own do: FusedRNN(None) turns to that one."""
    if getattr(desc, "global_init", initializer) is None:
        desc.global_init = initializer


def pasted(initializer: Any) -> str:
    """An initializer as it can be pasted: ours as ``gi.``, MXNet's as ``mx.init.``."""
    if isinstance(initializer, OwnInitializer):
        return repr(initializer)
    prefix = "mx.init." if type(initializer).__module__.startswith("mxnet.") else ""
    if not isinstance(initializer, mx.init.Initializer):  # Mixed, Load, or a function
        return f"{prefix}{describe(initializer)}{'(...)' * bool(prefix)}"
    arguments = arguments_of(initializer) or {}
    inside = ", ".join(f"{name}={_pasted(value)}" for name, value in arguments.items())
    return f"{prefix}{type(initializer).__name__}({inside})"


def _plain(value: Any) -> Any:
    """NumPy's and MXNet's numbers and arrays, as JSON can hold them."""
    if isinstance(value, mx.nd.NDArray):
        value = value.asnumpy()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _pasted(value: Any) -> str:
    """An argument as Python reads it; of a large array only its shape is told."""
    if isinstance(value, (mx.nd.NDArray, np.ndarray, np.generic)):
        return repr(_plain(value)) if value.size <= _FEW else f"array{value.shape}"
    return repr(value)


def _key(value: Any) -> Any:
    """What a value is, to be compared and hashed. The order of a dictionary counts, as patterns."""
    if isinstance(value, Nested):
        return _key(value.initializer)
    if isinstance(value, mx.init.Initializer):
        return type(value), tuple(
            (name, _key(v)) for name, v in sorted((arguments_of(value) or {}).items())
        )
    if isinstance(value, (mx.nd.NDArray, np.ndarray, np.generic)):
        return _key(_plain(value))
    if isinstance(value, dict):
        return tuple((name, _key(inner)) for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value))
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return value if isinstance(value, Hashable) else ("object", id(value))
