"""What a process of MXNet really computes with, under settings that make it compute otherwise.

The settings themselves, and what they are for, stand in :mod:`nbguard.arithmetic`.
"""

from __future__ import annotations

import json
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbguard.arithmetic import BLAS, NUMPY, OLDEST, ONEDNN, PLAIN, THREADS, Setting

from nbguard import arithmetic

DEVICE = "GLUON_INIT_DEVICE"
OTHER_DEVICE = Setting({DEVICE: "cpu(1)"})


def environment(setting: Setting) -> dict[str, str]:
    """The variables of a process under a setting, which may name a device."""
    return setting.environment(without=(*arithmetic.CHOOSING, DEVICE))


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


def for_build() -> tuple[Setting, Setting]:
    """Settings under which a notebook must show the same before it is stored; the first is plain.

    Raises:
        NotPlayedError: nothing that differs can be played, or MXNet cannot be loaded.

    """
    plain = probe(PLAIN)
    for other in arithmetic.others():
        try:
            if probe(other) != plain:
                return PLAIN, other
        except NotPlayedError:
            continue  # a processor of another kind: the next one is for it
    raise NotPlayedError(f"no second way of computing was found beside {plain}")


def for_comparison(numpy_features: Iterable[str], machine: str | None = None) -> list[Setting]:
    """Settings that compute in different ways, as many as common processors can play.

    What `make test` runs by itself comes last.

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
        return [OTHER_DEVICE, *threads, *cores, Setting(old_numpy), PLAIN]
    return [
        OTHER_DEVICE,
        OLDEST,
        Setting(old_numpy),
        Setting({ONEDNN: "SSE41", BLAS: "Nehalem", THREADS: "4"}),
        Setting({ONEDNN: "AVX", BLAS: "Sandybridge", THREADS: "2"}),
        Setting({ONEDNN: "AVX2", BLAS: "Haswell", THREADS: "1"}),
        Setting({ONEDNN: "AVX2", BLAS: "Zen", THREADS: "2"}),
        Setting({ONEDNN: "AVX512_CORE", BLAS: "Haswell", THREADS: "1"}),
        Setting({ONEDNN: "AVX512_CORE", BLAS: "SkylakeX", THREADS: "2"}),
        Setting({ONEDNN: "SSE41", BLAS: "Prescott", THREADS: "1", **old_numpy}),
        PLAIN,
    ]


def probe(setting: Setting) -> Signature:
    """Finds out, in a process under this setting, what it computes with.

    Raises:
        NotPlayedError: the process ends, or computes with something else than asked.

    """
    variables = {**environment(setting), "DNNL_VERBOSE": "1"}
    command = [sys.executable, str(Path(__file__).with_name("probe.py"))]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
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
