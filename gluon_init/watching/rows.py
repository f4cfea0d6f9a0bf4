"""The rows of a summary and of a trace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParameterRow:
    """A parameter at one of its places.

    Attributes:
        path: where it sits.
        name: Gluon's own, which depends on how many layers were made before.
        shape: None for each unknown dimension; None if not even the rank is known.
        size: how many numbers; None while a dimension is unknown.
        dtype: such as ``float32``.
        state: whether it has numbers, and from where: ``uninitialized``, ``deferred``,
            ``initialized``, ``re-initialized``, ``loaded``, ``set``, or ``tied alias of`` and its
            owner.
        reached: whether the forward pass uses it; None where no inputs were given.
        initializer: what will fill it or has, written as a call; None where nobody has chosen.
        source: who chose it: ``parameter``, ``layer`` or ``initialize()``.
        alias_of: the path of its owner, where this is a further place of a tied one.
        devices: where it is, or will be.
        trainable: whether it gets a gradient.

    """

    path: str
    name: str
    shape: tuple[int | None, ...] | None
    size: int | None
    dtype: str
    state: str
    reached: bool | None
    initializer: str | None
    source: str | None
    alias_of: str | None
    devices: tuple[str, ...]
    trainable: bool


@dataclass(frozen=True)
class Event:
    """A parameter got its values.

    Attributes:
        order: 1 for the first.
        path: where the parameter sits; its owner's place, if it is tied.
        paths: all its places.
        shape: of the parameter.
        initializer: written as a call; ``-`` for values that were loaded or set.
        source: the rule that chose it: ``parameter`` (``param.initialize(init=...)``), ``layer``
            (the layer's own default or ``weight_initializer=...``), ``initialize()`` (the global
            one), ``loaded`` or ``set``.
        trigger: the call that led to it: ``net.initialize()``, ``forward of 0``, ...
        deferred: whether it had to wait for the shape, or for its first use.
        devices: where the values are now.
        seconds: from the moment at which MXNet began to draw; the arrays themselves are filled in
            the background unless statistics are taken.
        values: the result in a line: min, max, mean, std, share of zeros, and what is odd.
        minimum, maximum, mean, std, zeros: the same as numbers; None without statistics. ``zeros``
            is a share between 0 and 1.
        flags: ``wrote nothing`` (the initializer left the array untouched), ``NaN``, ``constant``.

    """

    order: int
    path: str
    paths: tuple[str, ...]
    shape: tuple[int, ...]
    initializer: str
    source: str
    trigger: str
    deferred: bool
    devices: tuple[str, ...]
    seconds: float
    values: str
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    zeros: float | None
    flags: tuple[str, ...]
