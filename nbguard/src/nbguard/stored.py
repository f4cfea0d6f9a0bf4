"""What is wrong with a notebook as it is stored, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from nbguard import comparing, figures, kernels, markers, particulars


@dataclass(frozen=True)
class Code:
    """A code cell, and how nbval will treat it.

    Attributes:
        number: its number among the code cells, as nbval counts.
        cell: the cell itself.
        compared: whether its output is to be compared.
        skipped: whether it is not even run.

    """

    number: int
    cell: Any
    compared: bool
    skipped: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run; Jupyter gives such a cell no execution count."""
        return not self.cell.source.strip()

    @property
    def place(self) -> str:
        """The cell's number, and what Jupyter shows beside it."""
        count = self.cell.execution_count
        return f"cell {self.number}" + (f" (In [{count}])" if count else "")


def problems(
    codes: list[Code],
    *,
    most_ignored: float,
    lax: bool,
    clean: Callable[[str], str],
    skipped: Collection[str] = (),
) -> list[str]:
    """A sentence for each fault.

    Args:
        codes: the code cells.
        most_ignored: the greatest share of cells that may be marked to be ignored.
        lax: whether only marked cells are compared (``--nbval-lax``).
        clean: what nbval's sanitising makes of a text.
        skipped: streams and MIME types that nbval does not compare.

    """
    full = [code for code in codes if not code.is_empty]
    if not full:
        return []
    return [
        *_comparing_nothing(full, most_ignored, lax),
        *_not_in_order(full),
        *(f"{code.place} {fault}" for code in full for fault in _cell_faults(code, clean, skipped)),
    ]


def _comparing_nothing(full: list[Code], most_ignored: float, lax: bool) -> Iterator[str]:
    compared = [code for code in full if code.compared]
    if not compared:
        marked = "no cell is marked to be compared" if lax else "every cell is marked to be ignored"
        yield f"{marked}, so nothing is compared: take away some marks, or test it in another way"
        return
    ignored = len(full) - len(compared)
    if not lax and ignored > most_ignored * len(full):
        yield (
            f"{ignored} of {len(full)} cells ({ignored / len(full):.0%}) are marked to be ignored; "
            f"at most {most_ignored:.0%} may be (--nbguard-ignored)"
        )
    not_run = [code for code in compared if code.cell.execution_count is None]
    if len(not_run) == len(compared):
        yield (
            "no cell was run before the notebook was stored (every execution count is null), so "
            "nbval compares nothing: run all cells and save, or use --nbguard-update"
        )
        return
    for code in not_run:
        yield (
            f"{code.place} was stored without having been run (its execution count is null), so "
            "nbval does not compare it: run all cells and save, or use --nbguard-update"
        )
    if not any(code.cell.outputs for code in compared):
        yield (
            "no cell that is compared has a stored output, so nothing is compared: show something "
            "that matters"
        )


def _not_in_order(full: list[Code]) -> Iterator[str]:
    """Cells that were run before a cell above them."""
    highest = 0
    for code in full:
        count = code.cell.execution_count
        if count is None or code.skipped:
            continue
        if count <= highest:
            yield (
                f"{code.place} stands below In [{highest}]: the notebook was not run from top to "
                "bottom before it was stored; restart the kernel and run all cells"
            )
        highest = max(highest, count)


def _cell_faults(
    code: Code, clean: Callable[[str], str], skipped: Collection[str]
) -> Iterator[str]:
    try:
        markers.tolerance_of(code.cell)
    except ValueError as error:
        yield str(error)
    if not code.compared:
        return
    unfinished = kernels.unfinished_by(code.cell.outputs)
    if unfinished:
        yield f"stores a refusal: {unfinished}"
    for number, picture in enumerate(figures.pictures_of(code.cell.outputs), start=1):
        reason = figures.no_image(picture)
        if reason:
            yield f"stores a figure (number {number}) that {reason}"
    seen = set()
    for text in comparing.texts_of(code.cell.outputs, skipped):
        for kind, shown in particulars.in_stored(clean(text)):
            if kind not in seen:
                seen.add(kind)
                yield f"shows {kind}, which no other machine or run shows: {shown[:120]!r}"
