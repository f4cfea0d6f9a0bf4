"""All or nothing: parameters as they were, if anything goes wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
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
        for parameter, attributes in before:
            parameter.__dict__.clear()
            parameter.__dict__.update(attributes)
        _history.restore(past)
        raise
