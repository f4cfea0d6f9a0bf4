"""What a student hands in, made into a notebook with the teacher's cells, all and in order.

Students delete, copy, move and retype cells, and hand in files that are no notebooks. Their text
is kept in every case; where it belongs is decided by nbgrader's identifiers alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

import nbformat
from nbformat import NotebookNode

from .course import TeachersCell, identifier
from .running import Happening

_LARGEST = 50_000_000  # bytes


class UnreadableError(Exception):
    """What was handed in is no notebook; the message says what it is."""


def read(data: bytes) -> NotebookNode:
    """A notebook from what is in a file, of any version of the format.

    Only cells, with their texts and nbgrader's metadata, are taken over: tags and other metadata
    decide in some tools whether a cell runs at all.
    """
    if len(data) > _LARGEST:
        raise UnreadableError(f"is larger than {_LARGEST // 1_000_000} MB")
    if not data.strip():
        raise UnreadableError("is empty")
    try:
        text = data.decode("utf-8-sig")
        content = json.loads(text)
    except UnicodeDecodeError:
        raise UnreadableError("is no text, so no notebook") from None
    except (ValueError, RecursionError):
        cut = text.lstrip().startswith("{")
        what = "is cut off, or not valid JSON" if cut else "is not a notebook: it has no JSON"
        raise UnreadableError(what) from None
    if not isinstance(content, dict) or not {"cells", "worksheets"} & content.keys():
        raise UnreadableError("is JSON, but not a notebook: it has no cells")
    try:
        if content.get("nbformat", 4) < 4:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        cells = [_clean(cell) for cell in content["cells"]]
    except Exception as error:  # whatever a stranger's file makes the converter raise
        problem = f"is not a valid notebook ({type(error).__name__}: {error})"
        raise UnreadableError(problem) from None
    return nbformat.v4.new_notebook(cells=cells)


def _clean(cell: dict[str, object]) -> NotebookNode:
    kind = cell["cell_type"] if cell["cell_type"] in ("code", "raw") else "markdown"
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else str(source)
    made = getattr(nbformat.v4, f"new_{kind}_cell")(text)
    if kind == "markdown" and isinstance(cell.get("attachments"), dict):
        made.attachments = cell["attachments"]  # pictures in a written answer
    name = identifier(nbformat.from_dict({"metadata": cell.get("metadata") or {}}))
    if isinstance(name, str):
        made.metadata.nbgrader = {"grade_id": name}
    return made


def restored(
    notebook: NotebookNode, teachers: Sequence[TeachersCell]
) -> tuple[NotebookNode, list[Happening]]:
    """A notebook in which each of the teacher's cells stands once, of its type, in its order.

    Locked cells have the teacher's text again. Of a student's cell that stands several times the
    last one that was changed counts; the others stay as cells of the student's own, and run.
    """
    known = {cell.grade_id: cell for cell in teachers}
    happenings: list[Happening] = []
    copies: dict[str, list[NotebookNode]] = defaultdict(list)
    for cell in notebook.cells:
        name = identifier(cell)
        if name in known:
            copies[name].append(cell)
        else:
            cell.metadata.pop("nbgrader", None)
    chosen = {name: _counting(cells, known[name]) for name, cells in copies.items()}
    for name, cells in copies.items():
        if len(cells) > 1:
            happenings.append(Happening(name, f"stands {len(cells)} times; one counts"))
        for cell in cells:
            if cell is not chosen[name]:
                cell.metadata.pop("nbgrader", None)
    groups = _groups(notebook.cells)
    order = [name for name in groups if name in known]
    if order != [cell.grade_id for cell in teachers if cell.grade_id in order]:
        happenings.append(Happening("notebook", "cells were moved; the teacher's order is back"))
    cells = groups.get(None, [])
    for teachers_cell in teachers:
        group = groups.get(teachers_cell.grade_id, [])
        if not group:
            happenings.append(Happening(teachers_cell.grade_id, "was deleted; it is back"))
            group = [_new(teachers_cell, teachers_cell.source)]
        else:
            group[0] = _as_the_teacher_wants(group[0], teachers_cell, happenings)
        cells = [*cells, *group]
    return _numbered(cells), happenings


def _counting(cells: Sequence[NotebookNode], teachers: TeachersCell) -> NotebookNode:
    changed = [cell for cell in cells if cell.source.strip() != teachers.source.strip()]
    return (changed or cells)[-1]


def _groups(cells: Iterable[NotebookNode]) -> dict[str | None, list[NotebookNode]]:
    """Each identified cell with the student's own cells that follow it; those before, as None."""
    groups: dict[str | None, list[NotebookNode]] = {}
    name = None
    for cell in cells:
        name = identifier(cell) or name
        groups.setdefault(name, []).append(cell)
    return groups


def _as_the_teacher_wants(
    cell: NotebookNode, teachers: TeachersCell, happenings: list[Happening]
) -> NotebookNode:
    if cell.cell_type != teachers.kind:
        what = f"was made a {cell.cell_type} cell; it is a {teachers.kind} cell again"
        happenings.append(Happening(teachers.grade_id, what))
    made = _new(teachers, teachers.source if teachers.locked else cell.source)
    if "attachments" in cell and teachers.kind == "markdown":
        made.attachments = cell.attachments
    return made


def _new(teachers: TeachersCell, source: str) -> NotebookNode:
    make = nbformat.v4.new_code_cell if teachers.kind == "code" else nbformat.v4.new_markdown_cell
    return make(source, metadata={"nbgrader": dict(teachers.metadata)})


def _numbered(cells: Sequence[NotebookNode]) -> NotebookNode:
    """A notebook of these cells, whose identifiers do not depend on chance."""
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number + 1}"
    return nbformat.v4.new_notebook(cells=list(cells))
