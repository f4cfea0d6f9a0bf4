"""One set of rows as text, HTML, records and DataFrame."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tabulate import tabulate

from .text import text_of


class Table:
    """Rows with named fields, and the faces which a person or a program wants of them.

    The text is ASCII and the same on every machine; the HTML holds neither ids nor times.

    Args:
        rows: one mapping a row, all with the same fields. They are copied, and read-only.
        columns: field → heading, for those fields that the text and the HTML show.
        title: a line above the table.
        notes: lines below the table.
        right: the fields which are aligned to the right, as numbers are.

    """

    def __init__(
        self,
        rows: Iterable[Mapping[str, Any]],
        columns: Mapping[str, str],
        *,
        title: str = "",
        notes: Sequence[str] = (),
        right: Sequence[str] = (),
    ) -> None:
        self._rows = tuple(MappingProxyType(dict(row)) for row in rows)
        self._columns = dict(columns)
        self._title = title
        self._notes = tuple(notes)
        self._right = frozenset(right)

    @property
    def rows(self) -> tuple[Mapping[str, Any], ...]:
        """The plain records: values as they are, not as they print."""
        return self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def _cells(self) -> list[list[str]]:
        return [[text_of(row[field]) for field in self._columns] for row in self._rows]

    def __str__(self) -> str:
        align = ["right" if field in self._right else "left" for field in self._columns]
        table = tabulate(
            self._cells(),
            headers=list(self._columns.values()),
            tablefmt="simple",
            colalign=align if self._rows else None,
            disable_numparse=True,
        )
        lines = [self._title, *table.splitlines(), *self._notes]
        return "\n".join(line.rstrip() for line in lines if line)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        style = {True: ' style="text-align:right"', False: ' style="text-align:left"'}
        right = [style[field in self._right] for field in self._columns]

        def line(tag: str, cells: Sequence[str]) -> str:
            inside = "".join(
                f"<{tag}{how}>{html.escape(cell)}</{tag}>"
                for how, cell in zip(right, cells, strict=True)
            )
            return f"<tr>{inside}</tr>"

        caption = f"<caption>{html.escape(self._title)}</caption>" if self._title else ""
        head = line("th", list(self._columns.values()))
        body = "".join(line("td", cells) for cells in self._cells())
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self._notes)
        return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>{notes}"

    def to_frame(self) -> Any:
        """Returns the rows as a ``pandas.DataFrame``; needs pandas."""
        import pandas as pd

        fields = list(self._rows[0]) if self._rows else list(self._columns)
        return pd.DataFrame([dict(row) for row in self._rows], columns=fields)
