"""Runs all tests again and again, each time otherwise: ``make flakes``, RUNS=50 by default.

Each run has an order of its own; every second one has twice as many workers as processors, and
every third one a machine that is busy with something else. A test that fails in any of them is
told with the run in which it did, so that it can be run again. Each run is kept in
``benchmarks/flakes.json`` when it ends, and a later call goes on after the last one: fifty need
hours. A failure begins the count anew. The table is ``benchmarks/flakes.md``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
FILE = ROOT / "benchmarks" / "flakes.md"
KEPT = FILE.with_suffix(".json")
PROCESSORS = os.cpu_count() or 1
_SPIN = "while True: pass"
_HEAD = """# Does a test ever fail by chance?

`make flakes` runs all tests again and again: each time in another order, every second time with
twice as many workers as processors, every third time beside programs that keep all processors busy.

"""


@dataclass(frozen=True)
class Run:
    """How one run goes, which its number decides, so that it can be repeated."""

    number: int

    @property
    def workers(self) -> int:
        """Processes that test side by side."""
        return PROCESSORS * (2 if self.number % 2 == 0 else 1)

    @property
    def busy(self) -> bool:
        """Whether something else keeps all processors busy."""
        return self.number % 3 == 0

    @property
    def commands(self) -> list[list[str]]:
        """What is run: the unit tests in an order of their own, and the notebooks."""
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        pytest += ["-n", str(self.workers), "--dist", "loadscope"]
        order = ["--random-order-bucket=module", f"--random-order-seed={self.number}"]
        guarded = ["--nbguard", "--nbguard-once", "--nbval-current-env"]
        return [
            [*pytest, "-m", "not slow", *order, "tests"],
            [*pytest, *guarded, "notebooks"],
        ]


@contextmanager
def busy_machine(programs: int) -> Iterator[None]:
    """Keeps that many processors busy."""
    spinning = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(programs)]
    try:
        yield
    finally:
        for program in spinning:
            program.kill()
            program.wait()


def outcome_of(run: Run) -> dict[str, Any]:
    """What is kept of a run: how it went, pytest's last lines, and the tests that failed."""
    began = time.monotonic()
    with busy_machine(PROCESSORS if run.busy else 0):
        parts = [result_of(command) for command in run.commands]
    return {
        "run": run.number,
        "commit": said_by("git", "rev-parse", "--short", "HEAD"),
        "workers": run.workers,
        "machine": "busy" if run.busy else "",
        "seconds": round(time.monotonic() - began),
        "result": "; ".join(last for last, _ in parts),
        "failed": [line for _, lines in parts for line in lines],
    }


def said_by(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def result_of(command: list[str]) -> tuple[str, list[str]]:
    """The last line of one pytest, and the tests that failed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    failed = [line for line in lines if re.match(r"(FAILED|ERROR) ", line)]
    if done.returncode and not failed:
        failed = [f"pytest ended with {done.returncode}: {lines[-1] if lines else done.stderr}"]
    return re.sub(r" in [\d.]+s.*", "", lines[-1]) if lines else "", failed


def page_of(kept: list[dict[str, Any]]) -> str:
    """The table of all runs, and what failed."""
    shown = [{name: one[name] for name in one if name != "failed"} for one in kept]
    told = [f"- run {one['run']}: {line}" for one in kept for line in one["failed"]]
    none = f"No test failed in {len(kept)} runs in a row."
    return (
        f"{_HEAD}{tabulate(shown, 'keys', tablefmt='github')}\n\n"
        + "\n".join(told or [none])
        + "\n"
    )


def main(runs: int) -> int:
    """Runs what is missing of ``runs`` in a row, keeps each, and returns the exit code."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else []
    if any(one["failed"] for one in kept):
        kept = []
    for run in map(Run, range(len(kept) + 1, runs + 1)):
        kept.append(outcome_of(run))
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        FILE.write_text(page_of(kept), "utf-8")
        print(*kept[-1].values(), sep=" | ", flush=True)
    return int(any(one["failed"] for one in kept))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
