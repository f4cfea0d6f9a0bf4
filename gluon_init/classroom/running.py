"""Runs a notebook's cells in a kernel of its own, whatever they do, and says what happened.

It knows nothing of points: a cell that could not be run to its end holds an error, as one that
raised does, and the cells after it get a new kernel with the same past.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import nbformat
import zmq
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .sandbox import bubblewrap
from .sandbox.plan import MIB, Limits
from .sandbox.provisioner import NAME
from .sandbox.watch import processor_seconds

_PATIENCE = 4  # times its limit that a cell may take where others keep the machine busy
_MOST = 0.75  # of its limit on the clock that a cell has computed where it had a core to itself
_GRACE = 5.0  # seconds that a kernel has to answer an interrupt
_STARTS = 4  # kernels for one notebook, at most
_START_SECONDS = 120
_SILENCE = 15  # seconds that the last of a cell's output may come after its end
_ERROR = 10_000  # characters of an error that are kept, whatever was printed before
_LARGEST = 64 * MIB  # of a message from the kernel: a larger one is not taken in
# exit() would end the kernel a tenth of a second later, in whatever cell that is then.
_STAY = "get_ipython().ask_exit = lambda: None"
_DIED, _TIMEOUT, _FLOOD = NOT_RUN = ("KernelDied", "Timeout", "Flood")  # errors of this room


@dataclass(frozen=True)
class Happening:
    """What happened in a cell that is worth telling: its identifier, and a sentence."""

    cell: str
    what: str


@dataclass(frozen=True)
class Run:
    """An executed notebook, and what happened in it."""

    notebook: NotebookNode
    happenings: tuple[Happening, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Box:
    """How the kernel is kept apart.

    Attributes:
        engine: "bubblewrap", "docker", "podman", or "none": as an ordinary kernel.
        image: the image of containers.
        read: more folders of this machine that can be read inside.
        hidden: folders that cannot be seen inside, whatever else can.

    """

    engine: str = "bubblewrap"
    image: str = ""
    read: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def run_notebook(notebook: NotebookNode, folder: str, box: Box, limits: Limits) -> Run:
    """Runs all code cells of a copy of a notebook.

    Args:
        notebook: its metadata name the kernel.
        folder: what the kernel finds in its working folder; without a sandbox it works in it.
        box: how the kernel is kept apart.
        limits: what it may use.

    Raises:
        KernelNotStartedError: no kernel can be had.

    """
    return asyncio.run(_Runner(notebook, folder, box, limits).run())


class KernelNotStartedError(Exception):
    """No kernel can be had, which is no student's fault; the message says why."""


class _Died(Exception):
    """The kernel is gone; the message says why."""


class _TooLarge(Exception):
    """A message from the kernel was too large to be taken in; how its cell ended is not known."""


@dataclass
class _Runner:
    """One run: a kernel, started again where a cell ends it."""

    notebook: NotebookNode
    folder: str
    box: Box
    limits: Limits
    client: _Client | None = None
    happenings: list[Happening] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    starts: int = 0

    async def run(self) -> Run:
        begin = time.monotonic()
        self.deadline = begin + self.limits.seconds
        executed = copy.deepcopy(self.notebook)
        try:
            for number, cell in enumerate(executed.cells):
                if cell.cell_type == "code" and cell.source.strip():
                    await self._cell(cell, number)
        finally:
            await self._stop()
        return Run(executed, tuple(self.happenings), time.monotonic() - begin)

    async def _cell(self, cell: NotebookNode, number: int) -> None:
        """Runs one cell; where that ends the kernel, the cell holds an error that says so."""
        cell.outputs = []
        try:
            self._seconds_left()
            client = await self._ready()
            truncated = await client.run(cell, number, self._seconds_left(), self.deadline)
        except _Died as death:
            await self._stop()
            self._fails(cell, number, _DIED, str(death))
            return
        except _TooLarge:
            self._fails(cell, number, _FLOOD, f"showed more than {_LARGEST // MIB} MiB at once")
            self.past.append(cell.source)
            return
        except CellTimeoutError:
            self._fails(cell, number, _TIMEOUT, f"did not end in {self._last_limit:g} seconds")
            if not await client.answers(_GRACE):  # a loop in C, or an interrupt that was swallowed
                await self._stop()
            return
        self.past.append(cell.source)
        if truncated:
            self._happens(cell, number, f"printed {truncated:,} characters more than are kept")

    def _seconds_left(self) -> float:
        left = max(self.deadline - time.monotonic(), 0.0)
        if not left:
            raise _Died(f"all cells together took more than {self.limits.seconds:g} seconds")
        self._last_limit = min(self.limits.cell_seconds, left)
        return self._last_limit

    async def _ready(self) -> _Client:
        """The kernel, a new one with the same past where there is none."""
        if self.client is None:
            if self.starts == _STARTS:
                raise _Died(f"{_STARTS} kernels have ended before this cell; it was not run")
            self.starts += 1
            self.client = _Client(self.notebook, self.folder, self.box, self.limits)
            await self.client.start()
            for number, source in enumerate(self.past):
                cell = nbformat.v4.new_code_cell(source)
                with contextlib.suppress(CellTimeoutError, _TooLarge):
                    await self.client.run(cell, number, self._seconds_left(), self.deadline)
        return self.client

    async def _stop(self) -> None:
        if self.client is not None:
            await self.client.stop()
            self.client = None

    def _fails(self, cell: NotebookNode, number: int, kind: str, what: str) -> None:
        cell.outputs.append(
            nbformat.v4.new_output(
                "error", ename=kind, evalue=what, traceback=[f"{kind}: this cell {what}."]
            )
        )
        self._happens(cell, number, what)

    def _happens(self, cell: NotebookNode, number: int, what: str) -> None:
        self.happenings.append(Happening(_called(cell, number), what))


def _called(cell: NotebookNode, number: int) -> str:
    """What a cell is called in a report: its nbgrader identifier, else its place."""
    return cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {number + 1}"


class _Client(NotebookClient):
    """nbclient's way of running a cell, with a cap on what is kept of its output."""

    km: Any
    kc: Any

    def __init__(self, notebook: NotebookNode, folder: str, box: Box, limits: Limits) -> None:
        name = notebook.metadata.get("kernelspec", {}).get("name", "python3")
        manager = AsyncKernelManager(kernel_name=name)
        super().__init__(
            nbformat.v4.new_notebook(cells=notebook.cells), km=manager, allow_errors=True,
            resources={"metadata": {"path": folder}}, iopub_timeout=_SILENCE,
            raise_on_iopub_timeout=True,
            on_cell_executed=_tell_hidden_error,
            record_timing=False, store_widget_state=False,
        )  # fmt: skip
        self._folder, self._box, self._limits = folder, box, limits
        self._manager = manager  # nbclient forgets it where a kernel does not come up

    async def start(self) -> None:
        """Starts the kernel; raises KernelNotStartedError where it does not come up."""
        if self._box.engine != "none":
            self.km.kernel_spec.metadata["kernel_provisioner"] = {
                "provisioner_name": NAME,
                "config": self._settings(),
            }
        try:
            await self.async_start_new_kernel(
                cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            self.kc = self.km.client()
            self.kc.context.setsockopt(zmq.MAXMSGSIZE, _LARGEST)
            self.kc.start_channels(stdin=False)
            await self.kc.wait_for_ready(timeout=_START_SECONDS)
            self.kc.allow_stdin = False
            self.kc.execute(_STAY, silent=True, store_history=False)
        except RuntimeError as error:  # "Kernel died before replying to kernel_info"
            await self.stop()
            why = bubblewrap.refusal() if self._box.engine == "bubblewrap" else None
            raise KernelNotStartedError(f"the kernel does not start: {why or error}") from None

    def _settings(self) -> dict[str, Any]:
        box, limits = self._box, self._limits
        return {
            "engine": box.engine,
            "image": box.image,
            "files": self._folder,
            "read": list(box.read),
            "hidden": list(box.hidden),
            "memory": limits.memory,
            "processes": limits.processes,
            "disk": limits.disk,
        }

    async def run(self, cell: NotebookNode, number: int, seconds: float, deadline: float) -> int:
        """Runs one cell; returns how many characters of its output were not kept.

        Args:
            cell: the cell.
            number: its place.
            seconds: its limit, see :class:`Limits`.
            deadline: when it ends in any case, on time.monotonic's clock.

        """
        self.timeout = max(1, round(seconds))
        self._computed = processor_seconds(self._pid())
        self._last_moment = min(time.monotonic() + _PATIENCE * seconds, deadline)
        self._kept = self._dropped = 0
        self.nb.cells = [*self.nb.cells, cell] if number >= len(self.nb.cells) else self.nb.cells
        try:
            await self.async_execute_cell(cell, number, store_history=True)
        except DeadKernelError:
            raise _Died(await self._cause_of_death()) from None
        except CellTimeoutError as error:
            if "IOPub" not in str(error):
                raise
            self._listen_again()
            raise _TooLarge from None
        if self._dropped:
            text = f"\n... {self._dropped:,} characters more were printed.\n"
            cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
        return self._dropped

    async def _async_handle_timeout(self, timeout: int, cell: NotebookNode | None = None) -> None:
        """Lets a cell go on that had no time to compute: nbclient asks again after as long."""
        computed = processor_seconds(self._pid()) - self._computed
        if computed < _MOST * timeout and time.monotonic() + timeout <= self._last_moment:
            return
        await super()._async_handle_timeout(timeout, cell)

    def _pid(self) -> int:
        return int(self._manager.provisioner.process.pid)

    def _listen_again(self) -> None:
        """Takes the kernel's output up again: a message that is too large ends the connection."""
        self.kc.iopub_channel.stop()
        self.kc._iopub_channel = None  # noqa: SLF001 (there is no public way to connect anew)
        self.kc.iopub_channel.start()

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        """Keeps what a cell shows up to the cap; of an error always something."""
        content, room = msg["content"], max(self._limits.output - self._kept, 0)
        size = len(str(content))
        if msg["msg_type"] == "stream":
            size = len(content["text"])
            content["text"] = content["text"][:room]
        elif msg["msg_type"] == "error":
            content.update(_shortened(content, max(room, _ERROR)))
            size = min(size, room)
        fits = size <= room or msg["msg_type"] == "error"
        if not fits and not (msg["msg_type"] == "stream" and room):
            self._dropped += size
            return None
        self._dropped += max(size - room, 0)
        self._kept += min(size, room)
        return super().output(outs, msg, display_id, cell_index)

    async def answers(self, seconds: float) -> bool:
        """Interrupts what is running; returns whether the kernel is free again in time."""
        await self.km.interrupt_kernel()
        request = self.kc.kernel_info()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(Exception):
                reply = await self.kc.get_shell_msg(timeout=end - time.monotonic())
                if reply["parent_header"].get("msg_id") == request:
                    return True
        return False

    async def stop(self) -> str | None:
        """Ends the kernel and all below it; returns why it was ended before, if it was."""
        provisioner = self._manager.provisioner
        if self.kc is not None:
            self.kc.stop_channels()
            self.kc = None
        if provisioner is not None:
            with contextlib.suppress(Exception):  # it is ending already
                await self._manager.shutdown_kernel(now=True)
        return getattr(provisioner, "ended", None)

    async def _cause_of_death(self) -> str:
        provisioner = self._manager.provisioner
        code = await provisioner.poll() if provisioner else None
        reason = await self.stop()
        if reason:
            return reason
        return "ended its kernel" + (f" (exit code {code})" if code else "")


def _tell_hidden_error(cell: NotebookNode, execute_reply: Any, **_: Any) -> None:
    """Adds the error that a reply tells of, where code has switched its display off."""
    reply = execute_reply["content"]
    told = any(output.output_type == "error" for output in cell.outputs)
    if reply["status"] == "error" and not told:
        traceback = reply.get("traceback") or ["The display of errors was switched off."]
        error = {"ename": reply["ename"], "evalue": reply["evalue"], "traceback": traceback}
        cell.outputs.append(nbformat.v4.new_output("error", **_shortened(error, _ERROR)))


def _shortened(error: dict[str, Any], most: int) -> dict[str, Any]:
    """An error whose texts are no longer than that."""
    text = "\n".join(error["traceback"])
    return {
        "ename": error["ename"][:200],
        "evalue": error["evalue"][:most],
        "traceback": error["traceback"] if len(text) <= most else [text[:most]],
    }


def texts_of(outputs: Iterable[NotebookNode]) -> str:
    """All text that a cell shows, for those who look for something in it."""
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts += [output.ename, output.evalue, *output.traceback]
        else:
            parts += [str(value) for value in output.get("data", {}).values()]
    return "\n".join(parts)
