"""All or nothing: parameters as they were, if anything goes wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from .history import past_of_all, restore_past


@contextlib.contextmanager
def all_or_nothing(parameters: Iterable[Any]) -> Iterator[None]:
    """Puts every parameter back as it was if anything is raised inside.

    An interrupt can come while that is done, even as the function that does it is entered: it is
    then done again, and the interrupt counts afterwards.
    """
    before = [(parameter, dict(parameter.__dict__)) for parameter in parameters]
    past = past_of_all(parameter for parameter, _ in before)

    def undo() -> None:
        for parameter, attributes in before:
            put_back(parameter.__dict__, attributes)
        restore_past(past)

    try:
        yield
    except BaseException:
        try:
            undo()
        except KeyboardInterrupt:
            undo()
            raise
        raise


def put_back(attributes: dict[str, Any], before: dict[str, Any]) -> None:
    """Makes a dictionary what it was before; at no moment does it lack what it had."""
    attributes.update(before)
    for name in attributes.keys() - before.keys():
        del attributes[name]
