"""The notebooks in the other order, each twice in a row, in a copy of their folder.

What ran before a notebook can reach it only by files, so the copy is made before anything has run.
Files in the home folder are shared by all runs: what depends on those is not seen here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from nbguard import arithmetic
from nbguard.failing import GuardItem
from nbguard.items import GuardedNotebook, run_again

NAME = "other order"
_VARIABLE = "NBGUARD_COPY"
_LEFT_OUT = ("__pycache__", "node_modules", "site-packages")


class FreshCopy:
    """A copy of the folder that the notebooks live in, as it was before the first run.

    With pytest-xdist all workers share the one that the main process made.
    """

    def __init__(self, base: Path, target: Path) -> None:
        self.base, self.target = base, target

    @classmethod
    def of(cls, config: Any) -> FreshCopy:
        """Makes it, or finds the main process's."""
        base = _base(config)
        if hasattr(config, "workerinput"):
            return cls(base, Path(os.environ[_VARIABLE]))
        target = Path(tempfile.mkdtemp(prefix="nbguard-"))
        for file in _files(base):
            place = target / "copy" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(base / file, place, follow_symlinks=False)
        os.environ[_VARIABLE] = str(target)
        return cls(base, target)

    def folder_of(self, path: Path) -> Path:
        """Where a notebook's cells run in the copy."""
        return self.target / "copy" / path.parent.relative_to(self.base)

    def environment(self) -> dict[str, str]:
        """The variables of a kernel, with a folder for temporary files of its own."""
        scratch = self.target / "tmp"
        scratch.mkdir(exist_ok=True)
        return {**arithmetic.PLAIN.environment(without=(_VARIABLE,)), "TMPDIR": str(scratch)}

    def remove(self, config: Any) -> None:
        """Takes it away, in the process that made it."""
        if not hasattr(config, "workerinput"):
            os.environ.pop(_VARIABLE, None)
            shutil.rmtree(self.target, ignore_errors=True)


def _base(config: Any) -> Path:
    """The folder to copy: the git checkout of what is tested, else what its paths share."""
    asked = [Path(config.invocation_params.dir, one.split("::")[0]) for one in config.args]
    shared = Path(os.path.commonpath([str(one.resolve()) for one in asked] or ["."]))
    folder = shared if shared.is_dir() else shared.parent
    top = _git(folder, "rev-parse", "--show-toplevel")
    return Path(top.strip()) if top else folder


def _git(folder: Path, *arguments: str) -> str:
    """What git says; empty where there is no git, or no checkout."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _files(base: Path) -> list[Path]:
    """The files to copy: what git has or would take up, else all but hidden and installed ones."""
    listed = _git(base, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed:
        named = [Path(name) for name in listed.split("\0") if name]
        return [file for file in named if (base / file).is_file()]
    found = []
    for folder, folders, names in os.walk(base):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _LEFT_OUT
            and not Path(folder, name, "pyvenv.cfg").exists()
        ]
        found += [Path(folder, name).relative_to(base) for name in names]
    return found


def in_other_order(session: Any, items: list[Any], copy: FreshCopy) -> list[Any]:
    """An item for each notebook, the last one first; none where there is only one notebook."""
    notebooks = list({one.parent: None for one in items if isinstance(one.parent, GuardedNotebook)})
    notebooks = [one for one in notebooks if any(not code.is_empty for code in one.codes)]
    if len(notebooks) < 2:
        return []
    backwards = notebooks[::-1]
    return [
        OtherOrder.after(session, one, backwards[:number], copy)
        for number, one in enumerate(backwards)
    ]


class OtherOrder(GuardItem):
    """Whether a notebook shows what is stored when those that come after it have run before it."""

    @classmethod
    def after(
        cls, session: Any, notebook: GuardedNotebook, before: list[Any], copy: FreshCopy
    ) -> OtherOrder:
        """Makes one."""
        name = str(notebook.path.relative_to(copy.base))
        # All of them in one scope, so that pytest-xdist lets one worker run them in this order.
        item: OtherOrder = cls.from_parent(session, name=name, nodeid=f"{NAME}::{name}")
        item.guarded, item.before, item.copy = notebook, before, copy
        return item

    guarded: GuardedNotebook
    before: list[GuardedNotebook]
    copy: FreshCopy

    @property
    def notebook(self) -> GuardedNotebook:
        """The notebook that it looks at."""
        return self.guarded

    def runtest(self) -> None:
        """Runs the notebook twice in the copy, and compares with what is stored."""
        codes = self.notebook.codes
        # A cell that was never run before it was stored is told elsewhere.
        were_run = [code for code in codes if code.cell.execution_count is not None]
        stored = {code.number: code.cell.outputs for code in were_run}
        for time in ("once", "twice in a row"):
            found = run_again(
                self.notebook,
                self.copy.environment(),
                None,
                folder=self.copy.folder_of(self.notebook.path),
                reference=stored,
            )
            if found:
                self._tell(time, found)

    def _tell(self, time: str, found: dict[int, str]) -> None:
        names = ", ".join(one.path.name for one in self.before) or "no other notebook"
        self.fail(
            [
                f"{self.notebook.codes[number].place} shows something else in a fresh copy of the "
                f"folder, run {time} after {names}: {words}"
                for number, words in found.items()
            ]
        )
