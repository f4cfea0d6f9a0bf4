"""What this package's initializers have in common: equality, a repr to paste, a JSON dump."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Sequence
from typing import Any

import mxnet as mx
import numpy as np

from . import _history
from .errors import ArgumentError, in_a_line
from .initializer_text import describe

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
                kept = [type(initializer).__name__.lower(), initializer._kwargs]
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

    @staticmethod
    def _text(initializer: Any) -> str:
        """An initializer as it can be pasted: ours as ``gi.``, MXNet's as ``mx.init.``."""
        if isinstance(initializer, OwnInitializer):
            return repr(initializer)
        inside = ", ".join(
            f"{name}={_pasted(value)}" for name, value in initializer._kwargs.items()
        )
        prefix = "mx.init." if type(initializer).__module__.startswith("mxnet.") else ""
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
        return type(value), tuple((name, _key(v)) for name, v in sorted(value._kwargs.items()))
    if isinstance(value, (mx.nd.NDArray, np.ndarray, np.generic)):
        return _key(_plain(value))
    if isinstance(value, dict):
        return tuple((name, _key(inner)) for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value))
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return value if isinstance(value, Hashable) else ("object", id(value))


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


def decided(chosen: Any, overall: Any, paths: Sequence[str]) -> Any:
    """Which initializer fills a parameter: Gluon's choice, unless the global one goes by paths.

    ``chosen`` is what the parameter or its layer names, or ``overall`` itself.
    """
    decide = getattr(overall, "fills", None)
    return chosen if decide is None else decide(paths, None if chosen is overall else chosen)


def choice(parameter: Any, chosen: Any, overall: Any, paths: Sequence[str]) -> tuple[Any, str]:
    """Which initializer fills ``parameter``, and who chose it: parameter, layer, initialize().

    A layer chooses when it makes the parameter; ``parameter.initialize(init)`` and a later
    ``parameter.init = init`` are the parameter's own.
    """
    filler = decided(chosen, overall, paths)
    if filler is not chosen or chosen is getattr(overall, "original", overall):
        return filler, "initialize()"
    return filler, "layer" if chosen is _history.made_with(parameter) else "parameter"


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
