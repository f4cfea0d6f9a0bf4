"""One processor plays several: settings under which the same cell computes in other ways.

A sum depends in its last digits on the order of its terms. The order depends on the instruction
set, on the BLAS core and on the number of threads, and each of these can be chosen by an
environment variable that is read when a process starts. So a text that is the same under settings
which really differ does not rest on that order.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ONEDNN = "DNNL_MAX_CPU_ISA"
BLAS = "OPENBLAS_CORETYPE"
THREADS = "OMP_NUM_THREADS"
NUMPY = "NPY_DISABLE_CPU_FEATURES"
# What a person may have set already; each setting begins without them.
CHOOSING = (
    ONEDNN, BLAS, THREADS, NUMPY, "NPY_ENABLE_CPU_FEATURES", "ONEDNN_MAX_CPU_ISA",
    "MKLDNN_VERBOSE", "DNNL_VERBOSE", "OPENBLAS_VERBOSE", "OPENBLAS_NUM_THREADS",
    "MKL_CBWR", "MKL_NUM_THREADS", "MXNET_MKLDNN_ENABLED", "MXNET_ENGINE_TYPE",
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

    def environment(self, *, without: tuple[str, ...] = CHOOSING) -> dict[str, str]:
        """The variables of this process with ``asked``, and without others that choose."""
        kept = {name: value for name, value in os.environ.items() if name not in without}
        # Threads that wait in a loop make a busy machine many times slower.
        return {"OMP_WAIT_POLICY": "passive", **kept, **self.asked}


PLAIN = Setting()
OLDEST = Setting({ONEDNN: "SSE41", BLAS: "Prescott", THREADS: "1"})
ONE_THREAD = Setting({THREADS: "1"})
TWO_THREADS = Setting({THREADS: "2"})


def others(machine: str | None = None) -> tuple[Setting, ...]:
    """Settings that may compute in another way than ``PLAIN``, the most different one first.

    On x86_64 that is the oldest instruction set with one thread. Elsewhere the cores cannot be
    chosen, and only the number of threads differs.

    Args:
        machine: such as ``x86_64``; by default this one.

    """
    threads = (ONE_THREAD, TWO_THREADS)
    x86 = (machine or platform.machine()) in ("x86_64", "AMD64")
    return (OLDEST, *threads) if x86 else threads


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w.,:-]+", value) else f"'{value}'"
