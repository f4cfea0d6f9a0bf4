"""``--nbguard-update``: shows what a notebook shows now and is not stored, then stores it."""

from __future__ import annotations

import copy
import difflib
from typing import TYPE_CHECKING, Any

import nbformat
from nbval.plugin import coalesce_streams

from nbguard import arithmetic, comparing, figures, kernels, stored
from nbguard.failing import GuardItem

if TYPE_CHECKING:
    from nbguard.items import GuardedNotebook


class Update(GuardItem):
    """Runs a notebook from top to bottom and rewrites its stored outputs."""

    parent: GuardedNotebook

    def runtest(self) -> None:
        """Shows the changes, then writes; writes nothing where a cell fails."""
        notebook = self.parent
        executed = copy.deepcopy(notebook.nb)
        kernel = kernels.Kernel(executed, notebook.how(arithmetic.PLAIN.environment(without=())))
        try:
            for code in notebook.codes:
                if not (code.skipped or code.is_empty):
                    self._run(kernel, code)
        finally:
            kernel.stop()
        changes = []
        for code, index in zip(notebook.codes, notebook.indexes, strict=True):
            changes += self._settle(code, executed.cells[index])
        self._show(changes)
        nbformat.write(executed, notebook.path)

    def _run(self, kernel: kernels.Kernel, code: stored.Code) -> None:
        """Runs a cell; fails where it ends in an error that it does not announce."""
        nothing = "; nothing was stored"
        try:
            ran = kernel.run(self.parent.indexes[code.number])
        except (kernels.DiedError, TimeoutError) as error:
            self.fail([f"{code.place} {error}{nothing}"])
            return
        errors = [one for one in ran.outputs if one.output_type == "error"]
        if errors and not self.parent.may_raise(code.number):
            self.fail([f"{code.place} raised {errors[0].ename}: {errors[0].evalue}{nothing}"])
        if ran.unfinished:
            self.fail([f"{code.place}: {ran.unfinished}{nothing}"])

    def _settle(self, code: stored.Code, cell: Any) -> list[str]:
        """Makes a cell that was run what is to be stored; returns what changes, a line each.

        A cell whose output is not compared keeps what is stored, and so does one that shows the
        same: a picture that no eye tells apart would only make the next commit larger.
        """
        old, new = code.cell.outputs, coalesce_streams(cell.outputs)
        item = self.parent.cell_item(code.number)
        never_run = code.cell.execution_count is None and not code.skipped
        same = not item.faults(copy.deepcopy(new), write=False)
        gains_data = [one.figure is None for one in figures.pictures_of(old)] != [
            one.figure is None for one in figures.pictures_of(new)
        ]
        if code.compared and (never_run or not same or gains_data):
            cell.outputs = new
            return _changes(code, old, new)
        cell.outputs = copy.deepcopy(old)
        for output in cell.outputs:
            if "execution_count" in output and not code.skipped:
                output.execution_count = cell.execution_count
        return []

    def _show(self, changes: list[str]) -> None:
        """Writes the changes to the terminal, whatever pytest captures."""
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        capture: Any = self.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(
                f"{self.parent.where}: {'what changes' if changes else 'no change'}"
            )
            for line in changes:
                terminal.write_line(f"  {line}")


def _changes(code: stored.Code, old: list[Any], new: list[Any]) -> list[str]:
    """What changes in a cell, as a difference of lines; figures in words."""
    before, after = ([*comparing.shown_lines(outputs)] for outputs in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
    counts = [len(figures.pictures_of(outputs)) for outputs in (old, new)]
    if counts[0] != counts[1]:
        lines.append(f"figures: {counts[0]} stored, {counts[1]} now")
    for one, other in zip(figures.pictures_of(old), figures.pictures_of(new), strict=False):
        difference = figures.difference(one, other)
        if difference:
            lines.append(f"figure: {difference}")
        elif one.figure is None and other.figure is not None:
            lines.append("figure: the same, stored with its data from now on")
    return [f"{code.place}:", *lines] if lines else [f"{code.place}: was not run before"]
