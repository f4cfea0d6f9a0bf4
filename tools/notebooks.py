"""Lessons: from one source to the lesson and its solution, executed, and found in order.

The source of a lesson is ``notebooks/sources/NN_topic.py``, in jupytext's percent format. What
stands there between ``### BEGIN SOLUTION`` and ``### END SOLUTION`` is shown in
``notebooks/solutions/`` and becomes dots in ``notebooks/``. A cell tagged ``widget`` is executed,
but its output is not stored: it would hold random ids.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbguard.arithmetic import PLAIN, Setting
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import coalesce_streams

from nbguard import kernels
from tools import arithmetic

_SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*(\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
WIDGET = "widget"
START = "00_"  # the start page is no lesson: it has no solution, and not the nine parts
_SHOWING = frozenset({"print", "check", "settle", "attempt", "stages", "plot"})

# What must not be in a stored output, since it differs from machine to machine.
_FOREIGN = {
    "a path": re.compile(
        r"(?<![\w.])(?:/home/|/root/|/Users/|/tmp/|/usr/|/opt/|/work/|site-packages)"
    ),
    "an address": re.compile(r"\b0x[0-9a-fA-F]{6,}\b"),
    "a time": re.compile(r"\[?\b\d\d:\d\d:\d\d\b"),
    "a device": re.compile(r"[cg]pu\(\d+\)"),
    "a random id": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-|\b[0-9a-f]{32}\b|model_id"),
    "a kernel's file": re.compile(r"ipykernel_\d+"),
}


def sources(root: Path) -> list[Path]:
    """The sources of all lessons below the checkout ``root``, in the order of the course."""
    return sorted((root / "notebooks" / "sources").glob("[0-9][0-9]_*.py"))


def chosen(root: Path, names: Sequence[str]) -> list[Path]:
    """The sources whose file names begin with one of ``names``; all without names.

    Raises:
        LookupError: a name with which none begins.

    """
    found = sources(root)
    unknown = [name for name in names if not any(one.name.startswith(name) for one in found)]
    if unknown:
        raise LookupError(f"No lesson begins with {unknown}; name the first letters, such as 04.")
    return [one for one in found if one.name.startswith(tuple(names) or "")]


def targets(source: Path) -> Iterator[tuple[Path, bool]]:
    """The notebooks that are made of a source, and whether each is the solved one.

    The start page has no solved one.
    """
    folder = source.parent.parent
    yield folder / f"{source.stem}.ipynb", False
    if source.stem.startswith(START):
        return
    yield folder / "solutions" / f"{source.stem}.ipynb", True


def derive(source: Path, solved: bool) -> Any:
    """Returns the notebook of a source, not executed, the same on every machine."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{source.stem[:2]}-{number:03d}"
        if cell.cell_type == "code":
            cell.source = _SOLUTION.sub(r"\2" if solved else r"\1...\3", cell.source).rstrip()
            cell.metadata = nbformat.from_dict({"tags": cell.metadata.get("tags", [])})
            if not cell.metadata["tags"]:
                del cell.metadata["tags"]
        else:
            cell.metadata = nbformat.from_dict({})
    return notebook


def execute(notebook: Any, folder: Path, setting: Setting = PLAIN, *, nudged: bool = False) -> None:
    """Runs all cells in ``folder`` and keeps their outputs.

    Args:
        notebook: what :func:`derive` returns; it is changed.
        folder: the working directory of the cells.
        setting: how to compute; by default as this machine does by itself, on the default device.
        nudged: whether numbers close to an edge shall show another text: :mod:`nbguard.nudging`.

    Raises:
        RuntimeError: a cell fails; says which.

    """
    how = kernels.How(
        kernel=CURRENT_ENV_KERNEL_NAME,
        folder=folder,
        timeout=600,
        startup=60,
        environment=arithmetic.environment(setting),
        nudge="strict" if nudged else None,
    )
    kernel = kernels.Kernel(notebook, how)
    try:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                _run(kernel, index, cell)
    finally:
        kernel.stop()
    for cell in notebook.cells:
        if WIDGET in cell.metadata.get("tags", []):
            cell.outputs = []
    notebook.metadata = nbformat.from_dict(_METADATA)


def _run(kernel: kernels.Kernel, index: int, cell: Any) -> None:
    """Runs a cell and keeps its outputs, each stream in one piece."""
    ran = kernel.run(index)
    errors = [one for one in ran.outputs if one.output_type == "error"]
    if errors or ran.unfinished:
        reason = ran.unfinished or f"{errors[0].ename}: {errors[0].evalue}"
        raise RuntimeError(f"cell {cell['id']}: {reason}")
    cell.outputs = coalesce_streams(ran.outputs)


def write(notebook: Any, path: Path) -> None:
    """Stores a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def problems(path: Path, source: Path, solved: bool) -> list[str]:
    """What is wrong with a stored notebook: stale, outputs lost, or bound to one machine."""
    remedy = "run `make notebooks`"
    if not path.exists():
        return [f"{path.name} is missing: {remedy}"]
    stored = nbformat.read(path, as_version=4)
    fresh = derive(source, solved)
    if _essence(stored) != _essence(fresh):
        return [f"{path.name} is not what {source.name} makes now: {remedy}"]
    found = []
    if stored.metadata != fresh.metadata:
        found.append(f"{path.name} has foreign metadata: {remedy}")
    for cell in stored.cells:
        if cell.cell_type == "code":
            found += [f"{path.name}, cell {cell['id']}: {what}" for what in _cell_problems(cell)]
    return found


def _essence(notebook: Any) -> list[tuple[Any, ...]]:
    return [(c["id"], c.cell_type, c.source, c.metadata.get("tags", [])) for c in notebook.cells]


def _cell_problems(cell: Any) -> Iterator[str]:
    if cell.execution_count is None:
        yield "was not executed"
    if not cell.outputs and _must_show(cell):
        yield "has lost its output"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"raised {output.ename}"
        if output.get("name") == "stderr":
            yield f"wrote to stderr: {output.text[:80]!r}"
        for text in _texts(output):
            for what, pattern in _FOREIGN.items():
                match = pattern.search(text)
                if match:
                    yield f"shows {what}: {text[max(0, match.start() - 20) : match.end() + 20]!r}"


def _must_show(cell: Any) -> bool:
    """Whether a cell certainly shows something: it ends on a name or calls ``print`` and the like.

    A call at the end of a cell may return None, so only calls that are known to show count.
    """
    if WIDGET in cell.metadata.get("tags", []):
        return False
    body = ast.parse(cell.source).body
    if not body:
        return False
    if isinstance(body[-1], ast.Expr) and not isinstance(body[-1].value, ast.Call):
        return True
    top = [node for node in body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    calls = {
        ast.unparse(node.func)
        for statement in top
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    }
    return any(name.split(".")[-1] in _SHOWING for name in calls)


def _texts(output: Any) -> Iterator[str]:
    if "text" in output:
        yield output.text
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/") or kind == "image/svg+xml":
            yield value
