"""One set of rows as text, HTML, records and DataFrame."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tabulate import tabulate

from .text import shortened, text_of

Row = TypeVar("Row")

WIDTH = 100  # of a terminal: wider tables have their long cells shortened
_LEAST = 16  # a cell that is shortened keeps as much


@dataclass(frozen=True)
class Column(Generic[Row]):
    """What a table shows of each row under one heading.

    Attributes:
        heading: stands above.
        of: the row's field of this name, or what this function makes of the row.
        right: aligned to the right, as numbers are.

    """

    heading: str
    of: str | Callable[[Row], Any]
    right: bool = False

    def cell(self, row: Row) -> str:
        """The text for one row."""
        return text_of(getattr(row, self.of) if isinstance(self.of, str) else self.of(row))


class Table(Generic[Row]):
    """Rows that are frozen dataclasses, and the faces which a person or a program wants of them.

    The text is ASCII and the same on every machine. It fits into 100 columns: where it would not,
    the longest cells are shortened; rows and HTML have all of them. The HTML holds neither ids nor
    times.

    Args:
        rows: instances of one dataclass.
        columns: what the text and the HTML show.
        title: a line above the table.
        notes: lines below the table.

    """

    def __init__(
        self,
        rows: Iterable[Row],
        columns: Sequence[Column[Row]],
        *,
        title: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        self._rows = tuple(rows)
        self._columns = tuple(columns)
        self._title = title
        self._notes = tuple(notes)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The records: values as they are, not as they print."""
        return self._rows

    def _shown(self) -> Sequence[Row]:
        """The rows that text and HTML show: all of them, unless a result says otherwise."""
        return self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def _cells(self) -> list[list[str]]:
        return [[column.cell(row) for column in self._columns] for row in self._shown()]

    def _tabulated(self, cells: Sequence[Sequence[str]], form: str) -> str:
        align = ["right" if column.right else "left" for column in self._columns]
        text: str = tabulate(
            cells,
            headers=[column.heading for column in self._columns],
            tablefmt=form,
            colalign=align if cells else None,
            disable_numparse=True,
        )
        return text

    def __str__(self) -> str:
        cells = _fitting(self._cells(), [column.heading for column in self._columns])
        table = self._tabulated(cells, "simple")
        lines = [self._title, *table.splitlines(), *self._notes]
        return "\n".join(line.rstrip() for line in lines if line)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        title = f"<div>{html.escape(self._title)}</div>" if self._title else ""
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self._notes)
        return f"{title}{self._tabulated(self._cells(), 'html')}{notes}"

    def to_frame(self) -> Any:
        """Returns the rows as a ``pandas.DataFrame``; needs pandas."""
        import pandas as pd

        if not self.rows:
            return pd.DataFrame([], columns=[column.heading for column in self._columns])
        fields = [field.name for field in dataclasses.fields(self.rows[0])]  # type: ignore[arg-type]
        records = [{name: getattr(row, name) for name in fields} for row in self.rows]
        return pd.DataFrame(records, columns=fields)


def _fitting(cells: list[list[str]], headings: Sequence[str]) -> list[list[str]]:
    """The cells, those of the widest columns shortened as far as the table is too wide."""
    columns = zip(headings, *cells, strict=True)
    widths = [max(map(len, column)) for column in columns]
    gaps = 2 * (len(widths) - 1)
    while sum(widths) + gaps > WIDTH and max(widths) > _LEAST:
        widest = widths.index(max(widths))
        too_much = sum(widths) + gaps - WIDTH
        second = max((width for i, width in enumerate(widths) if i != widest), default=0)
        widths[widest] = max(_LEAST, widths[widest] - too_much, min(second, widths[widest] - 1))
    return [
        [shortened(cell, width) for cell, width in zip(row, widths, strict=True)] for row in cells
    ]
