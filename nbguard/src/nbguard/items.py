"""What pytest runs for a notebook: its cells as nbval does, and what nbval does not look at."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

from nbguard import arithmetic, comparing, figures, kernels, markers, particulars, stored, update
from nbguard.failing import GuardItem
from nbguard.options import Options


class GuardedNotebook(IPyNbFile):
    """A notebook: an item for what is stored, one for each cell, and those that run it again."""

    asked: Options
    kernel: Any = None

    @classmethod
    def of(cls, parent: Any, path: Path, asked: Options) -> GuardedNotebook:
        """Makes one."""
        notebook: GuardedNotebook = cls.from_parent(parent, path=path)
        notebook.asked = asked
        return notebook

    def collect(self) -> Iterator[pytest.Item]:
        """All items of the notebook, in the order in which they run."""
        cells = list(super().collect())
        self.options = [one.options for one in cells]
        self.codes = [_code(one) for one in cells]
        self.indexes = [n for n, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        self.setup_sanitize_files()
        self.first: dict[int, list[Any]] = {}  # what the cells showed in the first run
        if self.asked.update:
            yield update.Update.from_parent(self, name="update")
            return
        yield Stored.from_parent(self, name="stored")
        for one in cells:
            yield GuardedCell.from_parent(
                self, name=one.name, cell_num=one.cell_num, cell=one.cell, options=one.options
            )
        if any(not code.is_empty for code in self.codes):
            yield Finished.from_parent(self, name="finished")
            if not self.asked.once:
                yield Again.from_parent(self, name="again")

    def setup(self) -> None:
        """Starts the kernel, where the first item needs one."""
        self.kernel = None

    def how(self, environment: dict[str, str], folder: Path | None = None) -> kernels.How:
        """How this notebook is run."""
        option = self.config.option
        name = self.nb.metadata.get("kernelspec", {}).get("name", "python")
        if option.nbval_current_env:
            name = CURRENT_ENV_KERNEL_NAME
        elif option.nbval_kernel_name:
            name = option.nbval_kernel_name
        return kernels.How(
            kernel=name,
            folder=folder or self.path.parent,
            timeout=option.nbval_cell_timeout,
            startup=option.nbval_kernel_startup_timeout,
            environment=environment,
        )

    def started(self) -> kernels.Kernel:
        """The kernel of the first run."""
        if self.kernel is None:
            self.ran = copy.deepcopy(self.nb)
            self.kernel = kernels.Kernel(
                self.ran, self.how(arithmetic.PLAIN.environment(without=()))
            )
            if getattr(self.config.option, "cov_source", None):
                from nbval.cover import setup_coverage

                setup_coverage(self.config, kernels.ForCoverage(self.kernel), self.fspath)
        running: kernels.Kernel = self.kernel
        return running

    def teardown(self) -> None:
        """Ends the kernel of the first run."""
        if self.kernel is None:
            return
        if self.kernel.is_alive() and getattr(self.config.option, "cov_source", None):
            from nbval.cover import teardown_coverage

            teardown_coverage(self.config, kernels.ForCoverage(self.kernel))
        self.kernel.stop()
        self.kernel = None

    def may_raise(self, number: int) -> bool:
        """Whether a cell announces an error."""
        return bool(self.options[number]["check_exception"])

    @property
    def where(self) -> str:
        """The notebook's path, as pytest shows it."""
        return str(self.nodeid)

    def clean(self, text: str) -> str:
        """What nbval's sanitising makes of a text."""
        return str(self.cell_item(0).sanitize(text))

    def cell_item(self, number: int) -> GuardedCell:
        """An item for a code cell, to compare with; pytest does not run this one."""
        code = self.codes[number]
        item: GuardedCell = GuardedCell.from_parent(
            self, name=f"Cell {number}", cell_num=number, cell=code.cell,
            options=self.options[number],
        )  # fmt: skip
        return item


class Stored(GuardItem):
    """What is wrong with the notebook as it is stored."""

    parent: GuardedNotebook

    def runtest(self) -> None:
        """Looks at the stored cells."""
        notebook = self.parent
        self.fail(
            stored.problems(
                notebook.codes,
                most_ignored=notebook.asked.most_ignored,
                lax=bool(self.config.option.nbval_lax),
                clean=notebook.clean,
                skipped=notebook.skip_compare,
            )
        )


class GuardedCell(IPyNbCell):
    """A cell: run and compared as nbval does, with what nbval leaves out."""

    parent: GuardedNotebook

    def setup(self) -> None:
        """Nothing: nbval would let the cells after a timeout pass as expected failures."""

    def runtest(self) -> None:
        """Runs the cell, and compares what it shows."""
        if self.options["skip"]:
            pytest.skip()
        notebook = self.parent
        try:
            ran = notebook.started().run(notebook.indexes[self.cell_num])
        except (kernels.DiedError, TimeoutError) as error:
            self.raise_cell_error(self.sentence(str(error)))
        outputs = coalesce_streams(copy.deepcopy(ran.outputs))
        notebook.first[self.cell_num] = outputs
        self.test_outputs = outputs
        self._fail_on_errors(outputs)
        if ran.unfinished:
            self.raise_cell_error(self.sentence(ran.unfinished))
        if self.cell.execution_count is None and self.cell.outputs:
            self.raise_cell_error("Unrun reference cell has outputs")
        if self.options["check"] and self.cell.execution_count is not None:
            found = self.faults(outputs)
            if found:
                self.raise_cell_error("Cell outputs differ", "\n".join(found))
            self._fail_on_this_machine(outputs)

    def _fail_on_errors(self, outputs: list[Any]) -> None:
        if self.options["check_exception"]:
            return
        for output in outputs:
            if output.output_type == "error":
                self.raise_cell_error(
                    "Cell execution caused an exception", "\n" + "\n".join(output.traceback)
                )

    def _fail_on_this_machine(self, outputs: list[Any]) -> None:
        here = particulars.Here(Path(self.config.rootpath), self.path.parent)
        for text in comparing.texts_of(outputs, self.parent.skip_compare):
            for kind, shown in here.found_in(self.sanitize(text)):
                self.raise_cell_error(
                    self.sentence(f"shows {kind}, which no other machine or run shows: {shown!r}")
                )

    def sentence(self, text: str) -> str:
        """A sentence with the notebook and the cell before it."""
        return f"{self.parent.where}: {self.parent.codes[self.cell_num].place} {text}"

    def faults(self, outputs: list[Any], *, write: bool = True) -> list[str]:
        """What a run of the cell shows otherwise than is stored; empty where nothing.

        Args:
            outputs: what the run shows.
            write: whether figures that differ are written to the folder for them.

        """
        reference = coalesce_streams(copy.deepcopy(self.cell.outputs))
        tolerance = markers.tolerance_of(self.cell)
        outputs = comparing.aligned(reference, coalesce_streams(outputs), tolerance)
        found = self._figure_faults(reference, outputs, write=write)
        if not comparing.equal(outputs, reference) and not self.compare_outputs(outputs, reference):
            reason = self._reason(reference, outputs)
            found += [self.sentence(reason)] if reason else []
            found += self.comparison_traceback
        return found

    def _figure_faults(self, reference: list[Any], outputs: list[Any], *, write: bool) -> list[str]:
        old, new = figures.pictures_of(reference), figures.pictures_of(outputs)
        if len(old) != len(new):
            verb = "is" if len(old) == 1 else "are"
            told = f"shows {_figures(len(new))} where {_figures(len(old))} {verb} stored"
            return [self.sentence(told)]
        found = []
        for number, (one, other) in enumerate(zip(old, new, strict=True), start=1):
            free = markers.any_figure(self.cell)
            difference = figures.difference(one, other, any_figure=free)
            if difference:
                told = f"shows another figure (number {number}): {difference}"
                if write:
                    name = f"{self.path.stem}-cell-{self.cell_num}-figure-{number}"
                    files = figures.write(self.parent.asked.figures, name, one, other)
                    told += "".join(f"\n    {_relative(file, self)}" for file in files)
                found.append(self.sentence(told))
        return found

    def _reason(self, reference: list[Any], outputs: list[Any]) -> str:
        """Why what is shown differs, in words, where it is one of the known reasons."""
        for name in ("stderr", "stdout"):
            old, new = (
                any(one.get("name") == name for one in some) for some in (reference, outputs)
            )
            if old and not new:
                return f"wrote to {name} when it was stored, and does not now"
            if new and not old:
                return f"writes to {name}, and did not when it was stored"
        kinds = []
        for old_text, new_text in zip(
            comparing.texts_of(reference), comparing.texts_of(outputs), strict=False
        ):
            kind = particulars.difference(self.sanitize(old_text), self.sanitize(new_text))
            kinds += [kind] if kind else []
        if not kinds:
            return ""
        return f"shows {kinds[0]}, which each run shows otherwise: show something else, or sanitize"


def _code(item: IPyNbCell) -> stored.Code:
    """A cell with what nbval's marks say of it."""
    skipped = bool(item.options["skip"])
    compared = bool(item.options["check"]) and not skipped
    return stored.Code(item.cell_num, item.cell, compared, skipped)


def _figures(number: int) -> str:
    return "1 figure" if number == 1 else f"{number or 'no'} figures"


def _relative(file: Path, item: Any) -> str:
    root = Path(item.config.rootpath)
    return str(file.relative_to(root) if file.is_relative_to(root) else file)


class Finished(GuardItem):
    """Whether the kernel still answers after the last cell."""

    parent: GuardedNotebook

    def runtest(self) -> None:
        """Asks the kernel."""
        kernel = self.parent.kernel
        if kernel is None or kernel.died:  # no cell was run, or a cell has failed for it
            return
        if kernel.was_told_to_end:
            self.fail(["the kernel was told to end by a cell (exit() or quit()): take that away"])
        if not kernel.is_alive():
            self.fail([f"{kernel.died}, so nobody knows what it left undone"])


class Again(GuardItem):
    """Whether a second run in a row shows the same, also where it computes in another way."""

    parent: GuardedNotebook

    def runtest(self) -> None:
        """Runs the notebook again, nudged and with other arithmetic; on a difference once more."""
        notebook = self.parent
        edges = notebook.asked.edges
        setting = arithmetic.others()[0]
        found = run_again(notebook, setting.environment(), edges)
        if not found:
            return
        plainly = run_again(notebook, arithmetic.PLAIN.environment(without=()), None)
        self.fail(
            [
                f"{notebook.codes[number].place} "
                + (
                    "does not show the same when the notebook is run again: "
                    f"{plainly[number]}. Something from before is read, or drawn by chance"
                    if number in plainly
                    else f"shows a number that another processor shows otherwise: {words}. Show "
                    "fewer digits, a comparison that is far from its edge, or a tolerance"
                )
                for number, words in found.items()
            ]
        )


def run_again(
    notebook: GuardedNotebook,
    environment: dict[str, str],
    edges: str | None,
    folder: Path | None = None,
    reference: dict[int, list[Any]] | None = None,
) -> dict[int, str]:
    """Runs a notebook once more in a new kernel.

    Args:
        notebook: the notebook.
        environment: the variables of the kernel's process.
        edges: how numbers are nudged; None where they are not.
        folder: where its cells run; by default where it lies.
        reference: what each cell is to show; by default what it showed in the first run.

    Returns:
        What each cell that is compared shows otherwise, by number.

    """
    how = dataclasses.replace(notebook.how(environment, folder), nudge=edges)
    executed = copy.deepcopy(notebook.nb)
    kernel = kernels.Kernel(executed, how)
    reference = notebook.first if reference is None else reference
    found = {}
    try:
        for code, index in zip(notebook.codes, notebook.indexes, strict=True):
            if code.skipped or code.is_empty:
                continue
            try:
                outputs = coalesce_streams(copy.deepcopy(kernel.run(index).outputs))
            except (kernels.DiedError, TimeoutError) as error:
                found[code.number] = str(error)
                break
            if code.compared and code.number in reference:
                words = _words(notebook, code, reference[code.number], outputs)
                if words:
                    found[code.number] = words
    finally:
        kernel.stop()
    return found


def _words(
    notebook: GuardedNotebook, code: stored.Code, reference: list[Any], outputs: list[Any]
) -> str:
    """What a cell shows otherwise than in another run; empty where nothing."""
    item = notebook.cell_item(code.number)
    item.cell = copy.deepcopy(code.cell)
    item.cell.outputs = reference
    if not item.faults(outputs, write=False):
        return ""
    free = markers.any_figure(code.cell)
    lines = comparing.between(str(code.number), reference, outputs, any_figure=free)
    return lines[0].words if lines else "other outputs are shown"
