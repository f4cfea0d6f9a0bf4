"""Watches what all processes of a sandbox take together, and ends those that hold too much."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from .plan import MIB

_EVERY = 0.25  # seconds
_ENDINGS = 12  # times that long a process may take to end
_GROUPS = Path("/sys/fs/cgroup")


class Watch:
    """A thread that looks at a tree of processes until :meth:`stop`.

    ``reason`` says afterwards why the tree was ended; None where it was not.
    """

    def __init__(self, pid: int, memory: int, end: Callable[[], None]) -> None:
        self.reason: str | None = None
        self._pid, self._memory, self._end = pid, memory, end
        self._group = _Group(pid, memory)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the watching, not what is watched; calling it twice is fine."""
        self._stopped.set()
        self._thread.join()
        if self.reason is None and self._group.was_exceeded():
            self.reason = self._too_much()
        self._group.remove()

    def _look(self) -> None:
        while not self._stopped.wait(_EVERY):
            if takes_more_than(self._pid, self._memory * MIB):
                self.reason = self._too_much()
                self._end()
                return

    def _too_much(self) -> str:
        return f"took more than {self._memory} MiB of memory"


def takes_more_than(pid: int, size: int) -> bool:
    """Whether a process and all below it hold more bytes, what they share counted once."""
    processes = _tree(pid)
    if sum(_bytes(process, "rss") for process in processes) <= size:
        return False
    # What a process shares with its children stands in the figure of each; this one is slow.
    return sum(_bytes(process, "pss") for process in processes) > size


def processor_seconds(pid: int) -> float:
    """What a process and all below it have computed; what runs in a container is not seen."""
    return sum(_computed(process) for process in _tree(pid))


def _computed(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:  # it has ended meanwhile
        return []


def _bytes(process: psutil.Process, kind: str) -> int:
    with contextlib.suppress(psutil.Error):
        memory = process.memory_info() if kind == "rss" else process.memory_full_info()
        return int(getattr(memory, kind))
    return 0


class _Group:
    """A control group of Linux with a limit on memory, where one can be made; else nothing.

    It holds what a look every quarter of a second would miss, and what lies in memory as files.
    """

    def __init__(self, pid: int, memory: int) -> None:
        self._folder: Path | None = None
        one_tree = (_GROUPS / "cgroup.controllers").exists()
        parent = _GROUPS if one_tree else _GROUPS / "memory"
        folder = parent / f"gluon-init-{pid}"
        limit = "memory.max" if one_tree else "memory.limit_in_bytes"
        try:
            folder.mkdir()
        except OSError:  # not root, or a container's read-only view
            return
        try:
            (folder / limit).write_text(str(memory * MIB))
            (folder / "cgroup.procs").write_text(str(pid))
        except OSError:  # the controller is another's
            folder.rmdir()
            return
        self._folder = folder
        self._events = folder / ("memory.events" if one_tree else "memory.oom_control")

    def was_exceeded(self) -> bool:
        """Whether the system ended a process for its memory."""
        if self._folder is None:
            return False
        counts = dict(line.split() for line in self._events.read_text().splitlines())
        return int(counts.get("oom_kill", 0)) > 0

    def remove(self) -> None:
        """Removes the group; its last processes may take a moment to end."""
        if self._folder is None:
            return
        for _ in range(_ENDINGS):
            try:
                self._folder.rmdir()
            except OSError:
                time.sleep(_EVERY)
            else:
                return
