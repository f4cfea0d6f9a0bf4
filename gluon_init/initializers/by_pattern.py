"""The initializer that chooses others by where a parameter sits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import mxnet as mx

from .._arguments import as_initializer
from .._gluon.paths import nearest
from .._gluon.places import current_paths
from ..errors import ArgumentError
from .base import Nested, OwnInitializer, note_global, pasted, without_own


@mx.init.register
class ByPattern(OwnInitializer):
    """Chooses an initializer for each parameter by its structural path: what Mixed promises.

    The first pattern that is found in the path (``re.search``) wins, and overrides what the layer
    or the parameter names itself, biases and gammas included. A tied parameter has a path for each
    of its places. Where no pattern is found, the parameter's own initializer counts, or else
    ``default``.

    Args:
        patterns: regular expression → initializer, tried in this order. ``bias$``, ``^features``.
            The flags of a compiled one are kept as a prefix: ``(?i)bias$``.
        default: for parameters which no pattern matches and which have none of their own; None for
            Gluon's ``Uniform(0.07)``.

    Raises:
        ArgumentError: a pattern that does not compile, or that matches no parameter of the net
            whose ``initialize`` is called (it lists the nearest paths; nothing is changed); a value
            that is no initializer.

    Example:
        >>> net.initialize(gi.ByPattern({"bias$": mx.init.One(), "^0": mx.init.Normal(1)}))

    Source: ``mx.init.Mixed``, which Gluon refuses; MXNet issues 9376 and 5677.

    """

    asks_for_path = True

    def __init__(
        self,
        patterns: Mapping[str, mx.init.Initializer | str],
        default: mx.init.Initializer | str | None = None,
    ) -> None:
        if not isinstance(patterns, Mapping) or not patterns:
            raise ArgumentError(
                f"patterns must be a dictionary of regular expression and initializer, such as "
                f"{{'bias$': mx.init.One()}}, but it is {patterns!r}."
            )
        self.patterns = {
            _compiled(pattern): _given(value, f"patterns[{pattern!r}]")
            for pattern, value in patterns.items()
        }
        self.default = as_initializer(default, "default")
        super().__init__(
            patterns={
                p.pattern: Nested(value, f"patterns[{p.pattern!r}]")
                for p, value in self.patterns.items()
            },
            default=Nested(self.default, "default"),
        )

    def check_paths(self, paths: list[str]) -> None:
        """Raises ArgumentError where a pattern is found in none of the paths."""
        for pattern in self.patterns:
            if not any(pattern.search(path) for path in paths):
                raise ArgumentError(
                    f"patterns: {pattern.pattern!r} matches none of the {len(paths)} parameters of "
                    f"this net. The nearest paths are {nearest(pattern.pattern, paths)}; "
                    f"gi.summary(net) lists all."
                )

    def fills(self, paths: Sequence[str], own: Any) -> Any:
        """The initializer for a parameter that sits at these paths and names ``own`` or None."""
        for pattern, initializer in self.patterns.items():
            if any(pattern.search(path) for path in paths):
                return initializer
        return own if own and mx.init.create(own) != self else self.default

    def stands_for(self, path: str, desc: Any, arr: Any) -> Any:
        """The initializer that this one would let fill the parameter at ``path``."""
        own = getattr(desc, "attrs", {}).get("__init__")
        note_global(desc, self.default)
        return mx.init.create(self.fills(current_paths() or (path,), own))

    def __call__(self, desc: Any, arr: Any) -> None:
        """Fills ``arr`` for the parameter that ``desc`` describes."""
        chosen = self.stands_for(str(desc), desc, arr)
        if chosen is self.default and not getattr(desc, "attrs", {}).get("__init__"):
            chosen(desc, arr)  # in Module: by the ending of the name
        else:
            chosen._init_weight(desc, arr)

    def _init_weight(self, name: Any, arr: Any) -> None:
        desc = without_own(name)
        self.stands_for(str(name), desc, arr)._init_weight(desc, arr)

    def _arguments(self) -> str:
        inside = ", ".join(f"{p.pattern!r}: {pasted(v)}" for p, v in self.patterns.items())
        return f"{{{inside}}}, default={pasted(self.default)}"


def _given(value: Any, where: str) -> Any:
    if value is None:
        raise ArgumentError(
            f"{where}: an initializer is needed, such as mx.init.Normal(0.01), not None. Leave the "
            f"pattern out for parameters that shall keep their own; default= is for all others."
        )
    return as_initializer(value, where)


_LETTERS = {re.I: "i", re.M: "m", re.S: "s", re.X: "x", re.A: "a"}


def _compiled(pattern: Any) -> re.Pattern[str]:
    """The pattern, with its flags written into it, since a dump keeps nothing but the text."""
    try:
        if isinstance(pattern, bytes) or isinstance(getattr(pattern, "pattern", None), bytes):
            raise TypeError("paths are text, this is bytes")
        compiled = re.compile(pattern)
        begins = re.match(r"\(\?([aimsux]+)\)", compiled.pattern)
        before = begins[1] if begins else ""
        more = [c for flag, c in _LETTERS.items() if compiled.flags & flag and c not in before]
        if not more:
            return compiled
        rest = compiled.pattern[begins.end() if begins else 0 :]
        return re.compile(f"(?{before}{''.join(more)}){rest}")
    except (re.error, TypeError) as error:
        raise ArgumentError(
            f"patterns: {pattern!r} is no regular expression ({error}). '^0' means paths that "
            f"begin with 0, 'bias$' those that end with bias, '.*' all."
        ) from error
