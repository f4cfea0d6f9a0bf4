"""One set of rows as text, HTML, records and DataFrame."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, Generic, TypeVar, get_args

from tabulate import tabulate

from .text import shortened, text_of

Row = TypeVar("Row")

WIDTH = 100  # of a terminal
_LEAST = 16  # characters that a cell keeps


@dataclass(frozen=True)
class Column(Generic[Row]):
    """What a table shows of each row under one heading.

    Attributes:
        heading: stands above.
        of: the row's field of this name, or what this function makes of the row.
        right: aligned to the right, as numbers are.
        can_be_cut: where the text is too wide, the ends of these cells are left out.

    """

    heading: str
    of: str | Callable[[Row], Any]
    right: bool = False
    can_be_cut: bool = False

    def cell(self, row: Row) -> str:
        """The text for one row."""
        return text_of(getattr(row, self.of) if isinstance(self.of, str) else self.of(row))


class Table(Generic[Row]):
    """Rows that are frozen dataclasses, and the faces which a person or a program wants of them.

    The text is the same on every machine. Where it would be wider than a terminal of 100 columns,
    cells of columns that can be cut are shortened; rows and HTML have them whole. The HTML holds
    neither ids nor times.

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
        self._notes = tuple(note for note in notes if note)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The records: values as they are, not as they print."""
        return self._rows

    def _shown(self) -> Sequence[Row]:
        """The rows that text and HTML show: all of them, unless a result says otherwise."""
        return self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def _fields(self) -> list[str]:
        """The names of the rows' fields, also of a result without rows, ``Table[its rows' class]``.

        None are known of a Table that says nothing of its rows and has none.
        """
        kind_of_table: Any = type(self)  # mypy knows no __orig_bases__
        named = [kind for base in kind_of_table.__orig_bases__ for kind in get_args(base)]
        kind = type(self.rows[0]) if self.rows else named[0]
        return [field.name for field in dataclasses.fields(kind)] if is_dataclass(kind) else []

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
        cells = self._fitting(self._cells())
        table = self._tabulated(cells, "simple")
        lines = [self._title, *table.splitlines(), *self._notes]
        return "\n".join(line.rstrip() for line in lines if line)

    def __repr__(self) -> str:
        return str(self)

    def _fitting(self, cells: list[list[str]]) -> list[list[str]]:
        """The cells, those of columns that can be cut shortened as far as the table is too wide."""
        headings = [f"{column.heading}  " for column in self._columns]  # as tabulate pads them
        widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
        too_much = sum(widths) + 2 * (len(widths) - 1) - WIDTH
        for number, column in enumerate(self._columns):
            if column.can_be_cut and too_much > 0:
                least = max(_LEAST, len(headings[number]))
                narrower = max(min(widths[number], least), widths[number] - too_much)
                too_much -= widths[number] - narrower
                widths[number] = narrower
        return [
            [
                shortened(cell, width) if column.can_be_cut else cell
                for column, cell, width in zip(self._columns, row, widths, strict=True)
            ]
            for row in cells
        ]

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        title = f"<div>{html.escape(self._title)}</div>" if self._title else ""
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self._notes)
        table = self._tabulated(self._cells(), "html")
        for cell in ("th", "td"):  # Jupyter aligns to the right what does not say otherwise
            table = table.replace(f"<{cell}>", f'<{cell} style="text-align: left;">')
        return f"{title}{table}{notes}"

    def to_frame(self) -> Any:
        """Returns the rows as a ``pandas.DataFrame``; needs pandas."""
        import pandas as pd

        fields = self._fields()
        records = [{name: getattr(row, name) for name in fields} for row in self.rows]
        return pd.DataFrame(records, columns=fields)
