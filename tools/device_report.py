"""Runs the library's tests and all lessons on one device, and writes a page to send back.

``make test DEVICE=gpu`` calls it. The page says what the machine is, what ran, and what failed, so
that whoever reads it need not ask.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import gluon_init as gi
from gluon_init import devices

from tabulate import tabulate

from tools import portable

ROOT = Path(__file__).parent.parent
FILE = "device-report.md"
PARTS = {
    "unit tests": ["-m", "not slow", "tests"],
    "lessons, their outputs compared": ["--nbval", "--nbval-current-env", "notebooks"],
}
_MOST = 25  # failures that are listed


@dataclass(frozen=True)
class Outcome:
    """What became of one part."""

    part: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    failures: list[str]


def run(part: str, device: str) -> Outcome:
    """Runs one part with pytest on a device."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", f"--junitxml={report}"]
        subprocess.run([*command, "--device", device, *PARTS[part]], cwd=ROOT, check=False)
        if not report.exists():
            return Outcome(part, 0, 1, 0, 0.0, ["pytest ended before it ran a test"])
        return read(part, report.read_text("utf-8"))


def read(part: str, report: str) -> Outcome:
    """What pytest's XML report says."""
    (suite,) = ElementTree.fromstring(report).iter("testsuite")
    count = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"]
    return Outcome(
        part,
        count["tests"] - failed - count["skipped"],
        failed,
        count["skipped"],
        float(suite.get("time", 0)),
        portable.failures_of(report),
    )


def page(device: str, outcomes: list[Outcome]) -> str:
    """The report, in Markdown."""
    lines = [
        [one.part, one.passed, one.failed, one.skipped, f"{one.seconds:.0f} s"] for one in outcomes
    ]
    table = tabulate(lines, ["part", "passed", "failed", "skipped", "time"], tablefmt="github")
    failures = [failure for one in outcomes for failure in one.failures]
    listed = "".join(f"- {failure}\n" for failure in failures[:_MOST])
    more = f"- and {len(failures) - _MOST} more\n" if len(failures) > _MOST else ""
    return (
        f"# gluon_init {gi.__version__} on {device}\n\n"
        f"{card()}\n{platform.platform()}, Python {platform.python_version()}\n\n"
        f"```\n{gi.doctor()}\n```\n\n{table}\n\n"
        f"## What failed\n\n{listed + more or 'Nothing.'}"
    ).rstrip() + "\n"


def card() -> str:
    """The graphics card as its driver names it."""
    if shutil.which("nvidia-smi") is None:
        return "No NVIDIA driver."
    query = ["nvidia-smi", "--query-gpu=name,compute_cap,driver_version,memory.total"]
    done = subprocess.run(
        [*query, "--format=csv,noheader"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "The NVIDIA driver names no card."


def main(device: str) -> int:
    """Writes the page; returns the exit code."""
    outcomes = [run(part, device) for part in PARTS]
    text = page(device, outcomes)
    Path(ROOT, FILE).write_text(text, "utf-8")
    print(f"{text}\nThis is in {FILE} as well: please send it back, in an issue.")
    return int(any(one.failed for one in outcomes))


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else devices.default_name()
    sys.exit(main(wanted))
