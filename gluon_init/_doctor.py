"""What is installed here, what does not work, and how to mend it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass

from . import errors
from ._compat import cuda, libraries, machine
from .devices import VARIABLE, device, first_line, gpu_trouble
from .results.table import Column, Table

__all__ = ["Part", "doctor"]


@dataclass(frozen=True)
class Part:
    """One thing that the lessons need.

    Attributes:
        item: its name.
        found: the version, or what is wrong.
        remedy: what to do; None where nothing is wrong.

    """

    item: str
    found: str
    remedy: str | None = None


class Report(Table[Part]):
    """What :func:`doctor` found. ``ok`` says whether the lessons will run."""

    def __init__(self, rows: list[Part], ok: bool) -> None:
        verdict = "The lessons will run." if ok else "The lessons will not run."
        remedies = [f"{row.item}: {row.remedy}" for row in rows if row.remedy]
        columns: list[Column[Part]] = [
            Column("what", "item"),
            Column("found", "found"),
        ]
        super().__init__(rows, columns, notes=[verdict, *remedies])
        self.ok = ok


def doctor() -> Report:
    """Returns what is installed, which device is used, what does not work and how to mend it.

    The result's ``ok`` says whether the lessons will run here; the command ``gluon-init doctor``
    prints it and has it as its exit code. Nothing is raised.
    """
    rows: list[Part] = []

    def add(item: str, found: str, remedy: str | None = None) -> None:
        rows.append(Part(item, found, remedy))

    add("Python", platform.python_version())
    add("machine", f"{platform.system()} {platform.machine()}", machine.problem())
    for name in ("numpy", "matplotlib", "scipy", "tabulate"):
        _report_package(add, name, f"pip install {name}")
    needed = all(row.remedy is None for row in rows)
    for name in ("jupyterlab", "ipykernel", "scikit-learn"):
        _report_package(add, name, "only the lessons need it: pip install 'gluon-init[lab]'")
    ok = _report_mxnet(add) and needed
    return Report(rows, ok)


def _report_package(add: Callable[..., None], name: str, remedy: str) -> None:
    try:
        add(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        add(name, "not installed", remedy)


def _report_mxnet(add: Callable[..., None]) -> bool:
    builds = cuda.builds()
    if not builds:
        add("mxnet", "not installed", libraries.install_command())
        return False
    if len(builds) > 1:
        remedy = f"pip uninstall -y {' '.join(builds)}, then install one of them"
        add("mxnet", f"{' and '.join(builds)}, which share one folder", remedy)
        return False
    try:
        import mxnet as mx

        mx.nd.ones((1,)).wait_to_read()
    except Exception as error:
        remedy = libraries.install_command(builds[0])
        if isinstance(error, ImportError) and error.__cause__ is not None:
            remedy = str(error)
        add("mxnet", f"does not load: {first_line(error.__cause__ or error)}", remedy)
        return False
    add("mxnet", f"{mx.__version__} ({builds[0]})")
    try:
        add("device", str(device()))
    except errors.DeviceError as error:
        add("device", os.environ.get(VARIABLE, ""), str(error))
        return False
    if mx.runtime.Features().is_enabled("CUDA"):
        trouble = gpu_trouble(0)
        add("gpu(0)", "not usable" if trouble else "a kernel ran on it", trouble)
    return True
