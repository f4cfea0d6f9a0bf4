"""A running kernel: nbclient executes the cells, and what nbval cannot see is seen.

Cells run as Jupyter runs them: with a history (so ``;`` and ``Out[3]`` work), with outputs that are
cleared and updated, and with what C code writes.
"""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbval.kernel import NbvalKernelspecManager

_HERE = Path(__file__).parent
_LAST_WORDS = 400  # characters
_GRACE = 0.2  # seconds: what a cell has started may still end the kernel
_MAGIC = re.compile(r"UsageError: (?:Line|Cell) magic function `(%%?\w+)` not found|"
                    r"UsageError: (.*)")  # fmt: skip


class DiedError(Exception):
    """The kernel is gone; says what is known of why."""


@dataclass(frozen=True)
class How:
    """How a notebook is to be run.

    Attributes:
        kernel: the kernel's name, as nbval understands it.
        folder: the working directory of the cells.
        timeout: seconds for a cell.
        startup: seconds for the kernel to start.
        environment: the variables of the kernel's process.
        nudge: a key of :data:`nbguard.nudging.KINDS`; None to leave numbers as they are.

    """

    kernel: str
    folder: Path
    timeout: float
    startup: float
    environment: Mapping[str, str]
    nudge: str | None = None


@dataclass(frozen=True)
class Ran:
    """What became of a cell.

    Attributes:
        outputs: what it shows.
        unfinished: why its rest was not run although no error was shown; empty where it was run.

    """

    outputs: list[Any]
    unfinished: str = ""


class Kernel:
    """A kernel and the notebook that runs in it.

    Args:
        notebook: its cells' outputs are replaced as they run.
        how: see :class:`How`.

    """

    def __init__(self, notebook: Any, how: How) -> None:
        self._how = how
        self._scratch = tempfile.TemporaryDirectory(prefix="nbguard-")
        self._manager = AsyncKernelManager(
            kernel_name=how.kernel, kernel_spec_manager=NbvalKernelspecManager()
        )
        self._replies: list[Any] = []
        self.was_told_to_end = False
        self._client = NotebookClient(
            notebook, km=self._manager, timeout=how.timeout, startup_timeout=how.startup,
            allow_errors=True, interrupt_on_timeout=True, record_timing=False,
            skip_cells_with_tag="", on_cell_executed=self._note,
            extra_arguments=["--IPKernelApp.log_level=ERROR"] if self._is_python else [],
        )  # fmt: skip
        self._client.log.disabled = True  # what it logs is raised as well
        # ipykernel does not watch its descriptors where this is set; nbguard.inside does.
        environment = {"PYTEST_CURRENT_TEST": "nbguard", **how.environment}
        self._running = ExitStack()
        self._running.callback(self._scratch.cleanup)
        self._running.enter_context(
            self._client.setup_kernel(cleanup_kc=True, cwd=str(how.folder), env=environment)
        )
        self._died = ""
        if self._is_python:
            self._send("inside", NBGUARD_OPTIONS={"folder": self._scratch.name})
            if how.nudge:
                self._send("nudging", NBGUARD_NUDGE=how.nudge)

    @property
    def language(self) -> str:
        """The language of the kernel, such as ``python``."""
        spec = self._manager.kernel_spec
        return spec.language if spec is not None else ""

    @property
    def _is_python(self) -> bool:
        return self.language.lower() == "python"

    def run(self, index: int) -> Ran:
        """Runs the cell with this index in the notebook.

        Raises:
            DiedError: the kernel died, now or before.
            TimeoutError: the cell took too long.

        """
        if self._died:
            raise DiedError(f"was not run: {self._died}")
        cell = self._client.nb.cells[index]
        self._replies.clear()
        began = time.monotonic()
        try:
            self._client.execute_cell(cell, index)
        except DeadKernelError:
            raise self._death(index) from None
        except CellTimeoutError:
            raise self._too_long() from None
        interrupted = any(one.get("ename") == "KeyboardInterrupt" for one in cell.outputs)
        if interrupted and time.monotonic() - began >= self._how.timeout:
            raise self._too_long()
        return Ran(cell.outputs, self._unfinished(cell.outputs))

    def _too_long(self) -> TimeoutError:
        return TimeoutError(f"ran for more than {self._how.timeout:g} seconds")

    def is_alive(self) -> bool:
        """Whether the kernel answers."""
        if self._died:
            return False
        time.sleep(_GRACE)
        try:
            message = run_sync(self._answer)()
        except DeadKernelError:
            self._death(None)
            return False
        return message is not None

    async def _answer(self) -> Any:
        client = self._client.kc
        asked = client.kernel_info()
        asked = await asked if hasattr(asked, "__await__") else asked
        return await self._client.async_wait_for_reply(asked)

    @property
    def died(self) -> str:
        """How the kernel died; empty while it lives."""
        return self._died

    def stop(self) -> None:
        """Ends the kernel's process."""
        self._running.close()

    def do(self, source: str) -> None:
        """Runs code that leaves no trace in the notebook.

        Raises:
            RuntimeError: it raised.

        """
        cell = nbformat.v4.new_code_cell(source)
        extra = NotebookClient(nbformat.v4.new_notebook(cells=[cell]), km=self._manager, timeout=60)
        extra.kc = self._client.kc
        extra.allow_errors = True
        extra.execute_cell(cell, 0, store_history=False)
        errors = [one for one in cell.outputs if one.output_type == "error"]
        if errors:
            raise RuntimeError(f"{errors[0].ename}: {errors[0].evalue}")

    def _send(self, module: str, **names: Any) -> None:
        """Runs a module of this package in the kernel, outside the notebook's own namespace."""
        source = (_HERE / f"{module}.py").read_text("utf-8")
        self.do(f"exec({source!r}, { ({'__name__': f'nbguard.{module}', **names})!r})")

    def _note(self, execute_reply: Any, **_: Any) -> None:
        reply = execute_reply["content"]
        self._replies.append(reply)
        sources = [one.get("source") for one in reply.get("payload", [])]
        self.was_told_to_end = self.was_told_to_end or "ask_exit" in sources

    def _unfinished(self, outputs: list[Any]) -> str:
        """Why the rest of a cell was not run although no error was shown."""
        status = self._replies[-1]["status"] if self._replies else "ok"
        if status == "ok" or any(one.output_type == "error" for one in outputs):
            return ""
        return unfinished_by(outputs) or "its rest was not run"

    def _death(self, index: int | None) -> DiedError:
        code = _exit_code(self._manager)
        how = "" if code is None else f" ({_ending(code)})"
        told = f"{how}{self._last_words()}"
        self._died = f"the kernel died {self._place(index)}{told}"
        return DiedError(f"the kernel died in this cell{told}")

    def _place(self, index: int | None) -> str:
        if index is None:
            return "after its last cell"
        before = self._client.nb.cells[:index]
        return f"in cell {sum(cell.cell_type == 'code' for cell in before)}"

    def _last_words(self) -> str:
        file = Path(self._scratch.name, "stderr")
        words = file.read_text("utf-8", errors="replace").strip() if file.exists() else ""
        return f"; its last words: {words[-_LAST_WORDS:]!r}" if words else ""


def unfinished_by(outputs: list[Any]) -> str:
    """The sentence for a magic that does not exist or was misused, found in what a cell shows."""
    for output in outputs:
        match = _MAGIC.search(output.get("text", "")) if output.get("name") == "stderr" else None
        if match and match[1]:
            return f"the magic {match[1]} does not exist, so the rest of the cell was not run"
        if match:
            return f"a magic refused ({match[2]}), so the rest of the cell was not run"
    return ""


def _exit_code(manager: Any) -> int | None:
    """The exit code of the kernel's process, where it is known."""
    process = getattr(getattr(manager, "provisioner", None), "process", None)
    return process.poll() if process is not None else None


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"


class ForCoverage:
    """A kernel as nbval's measuring of coverage wants it.

    Args:
        kernel: the kernel.

    """

    def __init__(self, kernel: Kernel) -> None:
        self.kc = self
        self.language = kernel.language
        self._kernel = kernel

    def execute(self, source: str, **_: Any) -> None:
        """Runs code that is not the notebook's."""
        self._kernel.do(source)

    def await_idle(self, *_: Any) -> None:
        """It has run already."""
