"""How values are written: shapes, counts, lists that are too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def text_of(value: Any) -> str:
    """How a value is written in a table: None as ``-``, a shape with ``?`` for the unknown."""
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return (
            shape_text(value)
            if all(v is None or isinstance(v, int) for v in value)
            else (", ".join(map(text_of, value)))
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def some(names: Sequence[str], most: int = 6) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shape_text(shape: Sequence[int | None] | None) -> str:
    """``(256, None)`` → ``(256, ?)``; a shape of which not even the rank is known → ``?``."""
    if shape is None:
        return "?"
    inside = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def shortened(text: str, most: int) -> str:
    """The text, its end replaced by dots where it is longer than ``most``."""
    return text if len(text) <= most else text[: most - 3].rstrip() + "..."
