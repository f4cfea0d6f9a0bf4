"""Runs what takes longer than `make test` or needs more than an environment: `make check`.

Each part is a command of its own. It ends with 0 where all holds, with 3 where it cannot run on
this machine, and says the reason in its last line; anything else is a failure. `make check` leaves
out what hardly ever finds what the others do not; `make check ALL=1` runs everything, and `make
check ONLY=portable,seeds` some parts. MUST_RUN=sid,portable turns their 'not run' into a failure.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable
NOT_RUN = 3
_SLOW = [PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", "slow"]
_NUMBERS = ["tests/test_distributions.py", "tests/test_normals.py", "tests/test_seed_digests.py"]
_SANDBOXED = ["tests/test_classroom_sandbox.py", "tests/test_classroom_hostile.py"]
_GATES = [
    "tests/test_assignments.py",
    *(f"tests/test_classroom_{name}.py" for name in ("feedback", "gate", "grading")),
]
_GUARD = [*_SLOW, "tests/test_nbguard_traps.py", "tests/test_nbguard_runs.py"]
_GUARDED = f"{PYTHON} -m pytest -q -n 2 --dist loadscope --nbguard --nbval-current-env"
ALL = bool(os.environ.get("ALL"))
# On another machine the question is whether it runs; examples are looked for by `make test` here.
_FRESH = ["env", "EXAMPLES=0.2", "bash", "tools/fresh_machine.sh", "--env", "EXAMPLES"]
_SOME = [
    "--", "sh", "-c",
    "make env && .venv/bin/python -m pytest -q -n 2 --dist loadscope -m 'not slow'"
    " tests/test_compat*.py tests/test_start*.py tests/test_course.py tests/test_s[at]*.py &&"
    " .venv/bin/python -m pytest -q -n 2 --dist loadscope --nbguard --nbguard-once"
    " --nbval-current-env notebooks",
]  # fmt: skip
PARTS = {
    "seeds": [*_SLOW, *_NUMBERS],
    "sandbox": [
        "sh",
        "-c",
        f"{PYTHON} -m gluon_init.classroom.sandbox && {' '.join(_SLOW + _SANDBOXED)}",
    ],
    "gates": [*_SLOW, *_GATES],
    "guard": _GUARD,
    "cluster": [PYTHON, "-m", "tools.cluster"],
    "portable": ["env", f"WAYS={8 if ALL else 2}", PYTHON, "-m", "tools.portable"],
    "sid": [*_FRESH, "--with", "python3.15,python3.15-venv", "sid", *([] if ALL else _SOME)],
    "lessons": ["sh", "-c", f"{_GUARDED} notebooks/*.ipynb"],
    "trixie": [*_FRESH, "trixie"],
}
_ONLY_WITH_ALL = {"lessons", "trixie"}


def names_in(variable):
    """The names in a variable of the environment, separated by commas; each must be a part."""
    names = [name for name in os.environ.get(variable, "").split(",") if name]
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        sys.exit(f"make check: {variable} names {unknown}, but the parts are {list(PARTS)}.")
    return names


def run(command):
    """Runs one part, shows what it prints, and returns its exit code and its last line."""
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode, last


def outcome_of(name, must_run):
    """Runs a part; returns its line of the table, and whether it failed."""
    print(f"\n=== {name}: {' '.join(map(str, PARTS[name]))}", flush=True)
    start = time.monotonic()
    code, last = run(PARTS[name])
    took = f"{time.monotonic() - start:.0f} s"
    if code == NOT_RUN:
        failed = name in must_run
        return (name, f"NOT RUN, but MUST_RUN names it: {last}" if failed else f"not run: {last}",
                took), failed  # fmt: skip
    return (name, "passed" if code == 0 else f"FAILED (exit code {code})", took), code != 0


def main():
    """Returns whether anything failed."""
    only, must_run = names_in("ONLY"), names_in("MUST_RUN")
    usual = [name for name in PARTS if ALL or name not in _ONLY_WITH_ALL or name in must_run]
    asked = only or usual
    outcomes = [outcome_of(name, must_run) for name in PARTS if name in asked]
    left_out = [] if only else [name for name in PARTS if name not in asked]
    lines = [line for line, _ in outcomes]
    lines += [(name, "not asked for; make check ALL=1 runs it", "") for name in left_out]
    print("\n" + tabulate(lines, headers=["part", "outcome", "time"]))
    return any(failed for _, failed in outcomes)


if __name__ == "__main__":
    sys.exit(main())
