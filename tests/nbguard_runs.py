"""Runs pytest on notebooks in a folder of their own."""

import subprocess
import sys
from dataclasses import dataclass

import nbformat


@dataclass(frozen=True)
class Run:
    """What pytest said, and its exit code."""

    code: int
    said: str

    @property
    def counts(self):
        """The last line: `3 passed, 1 failed`."""
        return self.said.strip().splitlines()[-1].split(" in ")[0]


def guard(folder, *arguments, ini="", how="--nbguard"):
    """Runs pytest in a folder; with `--nbguard` unless told otherwise."""
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"]
    done = subprocess.run(
        [*command, *filter(None, [how]), *arguments], cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return Run(done.returncode, done.stdout + done.stderr)


def write(folder, **notebooks):
    """Writes notebooks by name; returns the folder."""
    folder.mkdir(exist_ok=True)
    for name, made in notebooks.items():
        nbformat.write(made, folder / f"{name}.ipynb")
    return folder


def read(folder, name):
    """A notebook of a folder."""
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)
