"""All or nothing: parameters as they were, if anything goes wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import _history


@contextlib.contextmanager
def all_or_nothing(parameters: Iterable[Any]) -> Iterator[None]:
    """Puts every parameter back as it was if anything is raised inside."""
    before = [(parameter, dict(parameter.__dict__)) for parameter in parameters]
    past = _history.snapshot(parameter for parameter, _ in before)
    try:
        yield
    except BaseException:

        def undo() -> None:
            for parameter, attributes in before:
                put_back(parameter.__dict__, attributes)
            _history.restore(past)

        to_its_end(undo)
        raise


def put_back(attributes: dict[str, Any], before: dict[str, Any]) -> None:
    """Makes a dictionary what it was before; at no moment does it lack what it had."""
    attributes.update(before)
    for name in attributes.keys() - before.keys():
        del attributes[name]


def to_its_end(undo: Callable[[], None]) -> None:
    """Calls ``undo``, which may be called twice; an interrupt meanwhile counts when it is done."""
    try:
        undo()
    except KeyboardInterrupt:
        undo()
        raise
