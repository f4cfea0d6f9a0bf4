"""What a sandbox is to be: what it reads, what it may use, whose files lie in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HOME = "/home/student"
WORK = f"{HOME}/work"
SUBMISSION = "/submission"
INSIDE = Path(__file__).with_name("inside.py")
MIB = 1024**2


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        memory: address space of each process, and memory of all of them together, in MiB.
        processes: processes and threads at a time.
        disk: size of each of the writable folders, and of the largest file, in MiB.
        cell_seconds: time for one cell. One that could not compute for three quarters of it, since
            the machine was busy or it waited for something, gets up to four times as much.
        seconds: time for one notebook, its kernel's starts included.
        output: characters that are kept of what one cell prints.

    """

    memory: int = 4096
    processes: int = 256
    disk: int = 512
    cell_seconds: float = 60.0
    seconds: float = 600.0
    output: int = 200_000


@dataclass(frozen=True)
class Plan:
    """One sandbox.

    Attributes:
        sockets: the folder of the kernel's connection file and sockets, seen inside by this path.
        files: the folder whose files the kernel finds in its working folder, as a copy.
        read: folders and files of this machine that can be read inside.
        hidden: folders that stay empty inside, also where they lie in one that can be read.
        uid: the user to become inside; None stays who one is.
        environment: the variables inside, no others.
        limits: what may be used.

    """

    sockets: Path
    files: Path | None
    read: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    uid: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
