"""One processor plays several: settings under which the same net is computed in other ways.

A sum depends in its last digits on the order of its terms. The order depends on the instruction
set, on the BLAS core and on the number of threads, and each of these can be chosen by an
environment variable that is read when a process starts. So a text that is the same under settings
which really differ does not rest on that order.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEVICE = "GLUON_INIT_DEVICE"
ONEDNN = "DNNL_MAX_CPU_ISA"
BLAS = "OPENBLAS_CORETYPE"
THREADS = "OMP_NUM_THREADS"
NUMPY = "NPY_DISABLE_CPU_FEATURES"
# What a person may have set already; each setting begins without them.
_VARIABLES = (
    DEVICE, ONEDNN, BLAS, THREADS, NUMPY, "NPY_ENABLE_CPU_FEATURES", "MXNET_MKLDNN_ENABLED",
    "MKLDNN_VERBOSE", "DNNL_VERBOSE", "OPENBLAS_VERBOSE", "OPENBLAS_NUM_THREADS",
    "MXNET_ENGINE_TYPE",
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """How a process is to compute.

    Attributes:
        asked: environment variables and their values; none for what the machine does by itself.

    """

    asked: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The variables as one would type them."""
        return " ".join(f"{name}={_quoted(value)}" for name, value in self.asked.items()) or "-"

    def environment(self) -> dict[str, str]:
        """The variables of this process with ``asked``, and without others that choose."""
        kept = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
        # Threads that wait in a loop make a busy machine many times slower.
        return {"OMP_WAIT_POLICY": "passive", **kept, **self.asked}


@dataclass(frozen=True)
class Signature:
    """What a process really computes with. Two settings with one signature are one.

    Attributes:
        onednn: the instruction set of oneDNN's convolution, such as ``avx2``; ``off`` without it.
        blas: the core of MXNet's own BLAS, such as ``Haswell``.
        numpy_blas: that of NumPy's and SciPy's.
        numpy_simd: the instruction sets of NumPy's loops, beyond its baseline.
        threads: as many as OpenMP gives to MXNet.
        device: where the lessons put their arrays.

    """

    onednn: str
    blas: str
    numpy_blas: str
    numpy_simd: tuple[str, ...]
    threads: int | None
    device: str


class NotPlayedError(Exception):
    """A processor, or a library on it, cannot compute as asked; says why."""


PLAIN = Setting()
OLDEST = Setting({ONEDNN: "SSE41", BLAS: "Prescott", THREADS: "1"})
ONE_THREAD = Setting({THREADS: "1"})
TWO_THREADS = Setting({THREADS: "2"})
OTHER_DEVICE = Setting({DEVICE: "cpu(1)"})


def for_build() -> tuple[Setting, Setting]:
    """Settings under which a notebook must show the same before it is stored; the first is plain.

    On x86_64 the other is the oldest instruction set with one thread. Elsewhere the cores cannot
    be chosen, and only the number of threads differs.

    Raises:
        NotPlayedError: nothing that differs can be played, or MXNet cannot be loaded.

    """
    plain = probe(PLAIN)
    for other in (OLDEST, ONE_THREAD, TWO_THREADS):
        try:
            if probe(other) != plain:
                return PLAIN, other
        except NotPlayedError:
            continue  # a processor of another kind: the next one is for it
    raise NotPlayedError(f"no second way of computing was found beside {plain}")


def for_comparison(numpy_features: Iterable[str], machine: str | None = None) -> list[Setting]:
    """Settings that compute in different ways, as many as common processors can play.

    oneDNN is not switched off: MXNet 1.9.1 cannot train an LSTM then ("Check failed:
    in_data.size() == num_inputs").

    Args:
        numpy_features: what NumPy uses by itself, see :class:`Signature`; some settings do without.
        machine: such as ``x86_64``; by default this one.

    """
    old_numpy = {NUMPY: " ".join(numpy_features)}
    if (machine or platform.machine()) not in ("x86_64", "AMD64"):
        cores = [Setting({BLAS: core}) for core in ("ARMV8", "CORTEXA57", "NEOVERSEN1")]
        threads = [Setting({THREADS: number}) for number in ("1", "2", "4")]
        return [
            PLAIN,
            *threads,
            *cores,
            Setting(old_numpy),
            OTHER_DEVICE,
        ]
    return [
        PLAIN,
        OLDEST,
        Setting({ONEDNN: "SSE41", BLAS: "Nehalem", THREADS: "4"}),
        Setting({ONEDNN: "AVX", BLAS: "Sandybridge", THREADS: "2"}),
        Setting({ONEDNN: "AVX2", BLAS: "Haswell", THREADS: "1"}),
        Setting({ONEDNN: "AVX2", BLAS: "Zen", THREADS: "2"}),
        Setting({ONEDNN: "AVX512_CORE", BLAS: "Haswell", THREADS: "1"}),
        Setting({ONEDNN: "AVX512_CORE", BLAS: "SkylakeX", THREADS: "2"}),
        Setting({ONEDNN: "SSE41", BLAS: "Prescott", THREADS: "1", **old_numpy}),
        Setting(old_numpy),
        OTHER_DEVICE,
    ]


def probe(setting: Setting) -> Signature:
    """Finds out, in a process under this setting, what it computes with.

    Raises:
        NotPlayedError: the process ends, or computes with something else than asked.

    """
    environment = {**setting.environment(), "DNNL_VERBOSE": "1"}
    command = [sys.executable, str(Path(__file__).with_name("probe.py"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPlayedError(_end(done.returncode, done.stderr))
    signature = read_probe(done.stdout)
    reason = unlike(setting, signature)
    if reason:
        raise NotPlayedError(reason)
    return signature


def unlike(setting: Setting, found: Signature) -> str | None:
    """Why what was found is not what the setting asks for; None where it is."""
    asked = setting.asked
    if ONEDNN in asked and found.onednn.upper() != asked[ONEDNN]:
        return f"oneDNN was asked for {asked[ONEDNN]} and runs as {found.onednn.upper()}"
    if BLAS in asked and found.blas != asked[BLAS]:
        return f"MXNet's BLAS was asked for {asked[BLAS]} and runs as {found.blas}"
    if THREADS in asked and str(found.threads) != asked[THREADS]:
        return f"{asked[THREADS]} threads were asked for and there are {found.threads}"
    if DEVICE in asked and found.device != asked[DEVICE]:
        return f"the device {asked[DEVICE]} was asked for and it is {found.device}"
    still = sorted(set(asked.get(NUMPY, "").split()) & set(found.numpy_simd))
    if still:
        return f"NumPy was asked to do without {' '.join(still)} and uses it"
    return None


def read_probe(output: str) -> Signature:
    """What the probe printed: oneDNN's log, and one line of JSON."""
    found = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    features = tuple(found.pop("numpy_simd"))
    return Signature(onednn=_instruction_set(output), numpy_simd=features, **found)


def _instruction_set(log: str) -> str:
    """``avx2`` of a line such as ``dnnl_verbose,exec,cpu,convolution,jit:avx2,…``."""
    match = re.search(r"^dnnl_verbose,exec,cpu,convolution,([^,]+)", log, re.MULTILINE)
    return match[1].rpartition(":")[2] if match else "off"


def _end(code: int, stderr: str) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"the process ends with {signal.Signals(-code).name}"
    lines = [line for line in stderr.splitlines() if line.strip()]
    return f"the process ends with exit code {code}: {lines[-1] if lines else 'it says nothing'}"


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w.,:-]+", value) else f"'{value}'"


@dataclass(frozen=True)
class Difference:
    """A line that a cell shows otherwise under the other of two settings.

    Attributes:
        cell: the cell's id.
        one, other: the line, as each shows it; empty where one shows fewer lines.

    """

    cell: str
    one: str
    other: str

    def __str__(self) -> str:
        """One line."""
        one, other = changed_words(self.one, self.other)
        return f"cell {self.cell}: {one!r} becomes {other!r} in {self.one.strip()!r}"


def differences(one: Any, other: Any) -> list[Difference]:
    """Where two executed copies of one notebook show different texts: one for each line."""
    found = []
    for first, second in zip(one.cells, other.cells, strict=True):
        lines, others = list(_lines(first)), list(_lines(second))
        pairs = list(zip(lines, others, strict=False))
        if len(lines) != len(others):
            longer = [*lines[len(pairs) :], *others[len(pairs) :]]
            pairs.append((longer[0], "") if len(lines) > len(others) else ("", longer[0]))
        changed = [(line, another) for line, another in pairs if line != another]
        found += [Difference(first["id"], *pair) for pair in changed]
    return found


def _lines(cell: Any) -> Iterator[str]:
    """All lines of text that a cell shows, in order; pictures have none."""
    for output in cell.get("outputs", []):
        yield from output.get("text", "").splitlines()
        for kind, value in sorted(output.get("data", {}).items()):
            if kind.startswith("text/") or kind == "image/svg+xml":
                yield from value.splitlines()


def changed_words(line: str, other: str) -> tuple[str, str]:
    """The first word that differs, such as ``1.54`` and ``1.53``; all words that only one has."""
    words, others = line.split(), other.split()
    for word, another in zip(words, others, strict=False):
        if word != another:
            return word, another
    return " ".join(words[len(others) :]), " ".join(others[len(words) :])
