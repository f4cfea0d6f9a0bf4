"""What four runners of notebooks say of each trap: ``python -m tools.traps`` writes the table.

The others are plain nbval, nbmake and pytest-notebook, in an environment of their own, ``.traps``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".traps"
PYTHON = FOLDER / "bin" / "python"
UV = Path(sys.executable).with_name("uv")
FILE = ROOT / "nbguard" / "TRAPS.md"
RUNNERS = {
    "nbval": ["--nbval", "--nbval-current-env"],
    "nbmake": ["-p", "no:nbval", "--nbmake"],
    "pytest-notebook": ["--nb-test-files"],
    "nbguard": ["--nbguard", "--nbval-current-env"],
}
# pytest-notebook compares what Jupyter writes about the kernel, too, unless it is told not to.
INI = "[pytest]\nnb_diff_ignore =\n    /metadata/language_info\n"
HEAD = """# Traps

Notebooks that a test may pass without having compared anything, or that fail for a reason that is
hard to see. `python -m tools.traps` makes this table: each notebook (`tests/nbguard_traps.py`) is
run by four runners, each as it comes.

nbmake runs a notebook and compares nothing, so it can fail only on an error. pytest-notebook is
told to ignore `/metadata/language_info`; it compares all the rest, also counts.

"""


def prepare() -> None:
    """Makes the environment, or brings it up to date."""
    if not PYTHON.exists():
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, FOLDER], check=True)
    packages = ["nbval", "nbmake", "pytest-notebook", "matplotlib", "ipykernel", "./nbguard"]
    install = [UV, "pip", "install", "--quiet", "--python", PYTHON, *packages]
    subprocess.run(install, check=True, cwd=ROOT)


def said_by(runner: str, trap: object) -> tuple[str, str]:
    """Whether a runner passes a trap, and nbguard's sentence where it does not."""
    with tempfile.TemporaryDirectory() as folder:
        trap.write(Path(folder))  # type: ignore[attr-defined]
        Path(folder, "pytest.ini").write_text(INI)
        command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"]
        options = [] if runner in ("nbmake", "pytest-notebook") else trap.options  # type: ignore[attr-defined]
        environment = {**os.environ, "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [*command, *RUNNERS[runner], *options], cwd=folder, env=environment,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
    if done.returncode in (0, 5):
        return "passes", ""
    sentences = [line for line in done.stdout.splitlines() if ".ipynb: " in line]
    return "fails", sentences[0].partition(".ipynb: ")[2] if sentences else ""


def main() -> int:
    """Writes the table; returns the exit code."""
    sys.path.insert(0, str(ROOT / "tests"))
    from nbguard_traps import HEALTHY, TRAPS

    prepare()
    rows = []
    for trap in [*TRAPS, *HEALTHY]:
        said = {runner: said_by(runner, trap) for runner in RUNNERS}
        sentence = said["nbguard"][1].replace("|", "\\|").replace(str(Path.home()), "HOME")
        kind = "trap" if trap.said else "healthy"
        rows.append([kind, trap.name, *(answer for answer, _ in said.values()), sentence])
        print(*rows[-1], sep=" | ", flush=True)
    table = tabulate(rows, ["", "notebook", *RUNNERS, "nbguard says"], tablefmt="github")
    FILE.write_text(f"{HEAD}{table}\n", "utf-8")
    missed = [row[1] for row in rows if (row[0] == "trap") != (row[5] == "fails")]
    print(f"nbguard is wrong about: {missed or 'none'}; {version('nbguard')}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
