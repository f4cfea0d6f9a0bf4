"""Runs all notebooks strictly under settings which compute in really different ways.

`make portable` calls it; names of lessons, such as `04 09`, run these alone. Each line of the table
names what is really in use under a setting, as a process under it reports. What this processor
cannot play is 'not run'. It ends after eight that differ; WAYS=2 ends it after two (so does
`make check`), WAYS=all after all. The exit code is 1 where anything was shown otherwise than it is
stored, and with MUST_RUN=portable also where fewer could be run.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from tabulate import tabulate

from tools import arithmetic, notebooks

ROOT = Path(__file__).parent.parent
WAYS = os.environ.get("WAYS") or "8"
ENOUGH = 8 if WAYS == "all" else int(WAYS)
_ANSI = re.compile(r"(\x1b|#x1B)\[[0-9;]*m")
_STORED, _FOUND = re.compile(r"^ +\+ (.*)", re.M), re.compile(r"^ +- (.*)", re.M)


@dataclass
class Line:
    """One setting, what is in use under it, and how the notebooks fared."""

    setting: arithmetic.Setting
    signature: arithmetic.Signature | None
    outcome: str  # equal, DIFFERENT, or not run
    reason: str = ""
    failures: list[str] = field(default_factory=list)


def play(settings, probe, run):
    """Yields a line for each setting; ``run(setting)`` returns what failed, a sentence each."""
    seen = {}
    for number, setting in enumerate(settings, start=1):
        try:
            signature = probe(setting)
        except arithmetic.NotPlayedError as error:
            yield Line(setting, None, "not run", str(error))
            continue
        if signature in seen:
            yield Line(setting, signature, "not run", f"the same as line {seen[signature]}")
            continue
        seen[signature] = number
        began = time.monotonic()
        failures = run(setting)
        seconds = f"{time.monotonic() - began:.0f} s"
        yield Line(setting, signature, "DIFFERENT" if failures else "equal", seconds, failures)


def table(lines):
    """The lines as a text."""
    head = ["", "asked", "oneDNN", "BLAS", "NumPy's BLAS", "NumPy", "threads", "device", "result"]
    rows = []
    for number, line in enumerate(lines, start=1):
        result = f"{line.outcome}: {line.reason}" if line.reason else line.outcome
        rows.append([number, str(line.setting), *in_use(line.signature), result])
    return tabulate(rows, head, disable_numparse=True, maxcolwidths=[None, 44, *[None] * 6, 44])


def in_use(signature):
    """The six middle columns."""
    if signature is None:
        return [""] * 6
    newest = signature.numpy_simd[-1] if signature.numpy_simd else "baseline"
    shown = (signature.onednn, signature.blas, signature.numpy_blas, newest)
    return [*shown, str(signature.threads), signature.device]


def verdict(lines, must_run):
    """The last sentences, and the exit code."""
    played = [line for line in lines if line.outcome != "not run"]
    different = [line for line in played if line.failures]
    sentences = [f"{len(played)} different ways of computing were run, {len(different)} differ."]
    if len(played) < ENOUGH:
        sentences.append(f"This processor cannot play {ENOUGH}: run this on another one, too.")
    failed = bool(different) or (must_run and len(played) < ENOUGH)
    return " ".join(sentences), int(failed)


def run_notebooks(setting, chosen):
    """Runs the notebooks under nbval; returns what failed, a sentence each."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope"]
        command += ["--nbval", "--nbval-current-env", f"--junitxml={report}", *chosen]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=arithmetic.environment(setting),
            capture_output=True,
            text=True,
            check=False,
        )
        failures = failures_of(report.read_text("utf-8")) if report.exists() else []
    if done.returncode and not failures:
        failures = [f"pytest ended with exit code {done.returncode}: {done.stdout[-500:].strip()}"]
    return failures


def failures_of(report):
    """The failed cells of pytest's XML report: notebook, cell, what is stored, what was found."""
    failures = []
    for case in ElementTree.fromstring(report).iter("testcase"):
        for failure in [*case.findall("failure"), *case.findall("error")]:
            where = f"{case.get('classname', '')} {case.get('name', '')}"
            failures.append(f"{where}: {in_short(_ANSI.sub('', failure.text or ''))}")
    return failures


def in_short(failure):
    """What nbval says of a cell, in a line: what differs first, or the last line of an error."""
    after = failure.partition("Traceback:")[2] or failure
    stored, found = _STORED.search(after), _FOUND.search(after)
    if "mismatch" in after and (stored or found):
        one, other = (match[1].strip() if match else "" for match in (stored, found))
        return f"stored {one!r}, found {other!r}"
    return [line.strip() for line in after.splitlines() if line.strip()][-1][:300]


def main(names):
    """Prints the table; returns the exit code."""
    try:
        sources = notebooks.chosen(ROOT, names)
    except LookupError as error:
        sys.exit(f"make portable: {error}")
    chosen = [str(path) for source in sources for path, _ in notebooks.targets(source)]
    plain = arithmetic.probe(arithmetic.PLAIN)
    settings = arithmetic.for_comparison(plain.numpy_simd)
    lines = []
    for line in play(settings, arithmetic.probe, lambda setting: run_notebooks(setting, chosen)):
        lines.append(line)
        print(f"{len(lines)} of {len(settings)}: {line.setting}: {line.outcome}", flush=True)
        print("".join(f"    {failure}\n" for failure in line.failures), end="", flush=True)
        played = sum(one.outcome != "not run" for one in lines)
        if played >= ENOUGH and WAYS != "all":
            break  # the next ones say little more
    sentence, code = verdict(lines, "portable" in os.environ.get("MUST_RUN", "").split(","))
    print(f"\n{table(lines)}\n\n{sentence}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
