"""The command that starts a program in a container of Docker or Podman, when asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from .bubblewrap import inside
from .plan import HOME, INSIDE, SUBMISSION, Plan

_SCRIPT = "/inside.py"


def command(engine: str, image: str, name: str, plan: Plan, kernel: list[str]) -> list[str]:
    """The command line that runs a kernel in a container: no network, nothing of this machine.

    Args:
        engine: ``"docker"`` or ``"podman"``.
        image: an image with the kernel's packages.
        name: the container's name, by which :func:`remove` ends it.
        plan: what the sandbox is to be; what it reads is the image, not ``plan.read``.
        kernel: the kernel's command line; this machine's Python becomes the image's.

    """
    limits = plan.limits
    size = f"size={limits.disk}m"
    user = [f"--user={os.getuid()}:{os.getgid()}"]
    if engine == "podman" and os.geteuid() != 0:
        user = ["--userns=keep-id"]
    files = [] if plan.files is None else [f"--volume={plan.files}:{SUBMISSION}:ro"]
    variables = {**plan.environment, "PATH": "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"}
    return [
        engine, "run", "--rm", "--init", f"--name={name}", "--network=none", "--read-only", *user,
        "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--memory={limits.memory}m",
        f"--pids-limit={limits.processes}", "--ulimit=nofile=1024:1024",
        f"--tmpfs=/tmp:{size},mode=1777",
        f"--tmpfs={HOME}:{size},mode=1777", f"--volume={plan.sockets}:{plan.sockets}",
        f"--volume={INSIDE}:{_SCRIPT}:ro", *files,
        *(f"--env={key}={value}" for key, value in variables.items()),
        image, *inside(plan, "python3", _SCRIPT, count_processes=False),
        *("python3" if part == sys.executable else part for part in kernel),
    ]  # fmt: skip


def remove(engine: str, name: str) -> None:
    """Ends a container; one that has ended already is fine."""
    subprocess.run([engine, "rm", "--force", name], capture_output=True, check=False)


def refusal(engine: str, image: str) -> str | None:
    """Why no container can be started here; None where nothing speaks against it."""
    if shutil.which(engine) is None:
        return f"{engine} is not installed"
    if not image:
        return f"{engine} needs an image with the course's packages: name it by --image"
    known = subprocess.run([engine, "image", "inspect", image], capture_output=True, check=False)
    if known.returncode:
        return f"{engine} has no image {image!r}, or does not run: build it first"
    return None
