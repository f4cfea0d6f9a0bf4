"""Starts kernels in a sandbox: jupyter_client's own extension point, so that any tool can use it.

A kernel's specification asks for it by ``"kernel_provisioner": {"provisioner_name":
"gluon-init-sandbox"}`` in its metadata. There is no network inside, so the kernel's sockets are
files (``transport = "ipc"``), in a folder with a short name: their paths hold 107 bytes at most.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Enum, Integer, List, Unicode

from . import bubblewrap, containers
from .plan import HOME, Limits, Plan
from .watch import Watch

NAME = "gluon-init-sandbox"


class SandboxProvisioner(LocalProvisioner):
    """A local kernel, in bubblewrap or in a container.

    Afterwards ``ended`` says why it was ended, where its memory was the reason; else it is None.
    """

    engine = Enum(
        ["bubblewrap", "docker", "podman"], "bubblewrap", help="What makes the sandbox."
    ).tag(config=True)
    image = Unicode("", help="The image of containers.").tag(config=True)
    files = Unicode("", help="The folder whose copy the kernel works in.").tag(config=True)
    read = List(Unicode(), help="Folders and files to be read inside.").tag(config=True)
    hidden = List(Unicode(), help="Folders that stay empty inside.").tag(config=True)
    memory = Integer(Limits.memory, help="MiB, of each process and of all.").tag(config=True)
    processes = Integer(Limits.processes, help="Processes and threads.").tag(config=True)
    disk = Integer(Limits.disk, help="MiB of each writable folder.").tag(config=True)

    ended: str | None = None
    _folder: Path | None = None
    _watch: Watch | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Puts the kernel's command into the sandbox."""
        manager = self.parent
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="gi-", dir="/tmp"))  # short, see above
            manager.transport = "ipc"
            manager.ip = str(self._folder / "k")
            manager.connection_file = str(self._folder / "kernel.json")
            manager.cache_ports = False
        # A signal would reach bubblewrap, not the kernel.
        self.kernel_spec.interrupt_mode = "message"
        kwargs = await super().pre_launch(**kwargs)
        self.files = self.files or str(kwargs.get("cwd") or "")
        plan = self._plan(kwargs["cmd"])
        if plan.uid is not None:
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, plan.uid, plan.uid)
        kwargs["cmd"] = self._command(plan, kwargs["cmd"])
        # What the kernel sees of the environment stands in the plan, JPY_PARENT_PID among what it
        # does not: in a namespace of its own, it would take its parent for dead.
        kwargs.update(independent=True, cwd="/")
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Starts it, and the watch over its memory."""
        info = await super().launch_kernel(cmd, **kwargs)
        self._watch = Watch(self.process.pid, self.memory, self._end)
        return info

    async def kill(self, restart: bool = False) -> None:
        """Ends all that runs in the sandbox."""
        self._end()

    async def terminate(self, restart: bool = False) -> None:
        """Ends all that runs in the sandbox."""
        self._end()

    async def cleanup(self, restart: bool = False) -> None:
        """Removes the sockets."""
        if self._watch is not None:
            self._watch.stop()
            self.ended, self._watch = self._watch.reason, None
        if self._folder is not None and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        await super().cleanup(restart)

    def _end(self) -> None:
        # bubblewrap takes all that runs inside with it; of a container only the client is ours.
        if self.process is not None:
            self.process.kill()
        if self.engine != "bubblewrap":
            containers.remove(self.engine, self._container)

    @property
    def _container(self) -> str:
        return f"gluon-init-{os.getpid()}-{id(self)}"

    def _command(self, plan: Plan, kernel: list[str]) -> list[str]:
        if self.engine == "bubblewrap":
            return bubblewrap.command(plan, kernel)
        return containers.command(self.engine, self.image, self._container, plan, kernel)

    def _plan(self, kernel: list[str]) -> Plan:
        assert self._folder is not None
        return Plan(
            sockets=self._folder,
            files=Path(self.files) if self.files else None,
            read=(*interpreters(kernel[0]), *map(Path, self.read)),
            hidden=tuple(map(Path, self.hidden)),
            uid=bubblewrap.free_uid() if self.engine == "bubblewrap" else None,
            environment=_environment(kernel[0]),
            limits=Limits(memory=self.memory, processes=self.processes, disk=self.disk),
        )


def interpreters(program: str) -> tuple[Path, ...]:
    """What a kernel's program and this Python need to run: their environments and installations."""
    found = [Path(sys.prefix), Path(sys.base_prefix), *_prefixes(Path(program)), *_own_package()]
    return tuple(dict.fromkeys(path for path in found if path.exists()))


def _prefixes(program: Path) -> Iterator[Path]:
    """An environment, and the installation that it rests on, from .../bin/program."""
    if program.is_absolute():
        yield program.parent.parent
        real = program.resolve()
        if real.parent.name == "bin" and len(real.parents) > 3:
            yield real.parent.parent


def _own_package() -> Iterator[Path]:
    # In a checkout it lies beside the assignments' sources, which nobody inside may read.
    package = Path(__file__).parent.parent.parent
    if not package.is_relative_to(sys.prefix):
        yield package


def _environment(program: str) -> dict[str, str]:
    folders = [str(Path(program).parent), str(Path(sys.executable).parent), "/usr/bin", "/bin"]
    threads = {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
    kept = ("NBGRADER_EXECUTION", "GLUON_INIT_DEVICE", "OPENBLAS_CORETYPE", "OMP_WAIT_POLICY")
    return {
        "PATH": os.pathsep.join(dict.fromkeys(folders)),
        "HOME": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "PYTHONDONTWRITEBYTECODE": "1",
        **threads,
        **{name: os.environ[name] for name in kept if name in os.environ},
    }
