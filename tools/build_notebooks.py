"""Derives, executes and stores every notebook: ``python -m tools.build_notebooks``."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

from nbguard import comparing
from tools import arithmetic, notebooks

REFUSED = (
    "Not stored: another processor would show another text. Show fewer digits, a comparison, or a "
    "count under a tolerance, or choose numbers that are far from the edge."
)


def main(names: list[str]) -> int:
    """Builds the lessons whose file names start with one of ``names``; all when there is none.

    Returns:
        The exit code: 1 where a notebook was not stored.

    """
    root = Path.cwd()
    try:
        sources = notebooks.chosen(root, names)
    except LookupError as error:
        sys.exit(str(error))
    plain, other = arithmetic.for_build()
    print(f"Each notebook is run twice: by itself, and under {other}.", flush=True)
    refused = False
    for source in sources:
        for target, solved in notebooks.targets(source):
            print(target.relative_to(root), flush=True)
            found = build(source, target, solved, (plain, other))
            print("".join(f"    {difference}\n" for difference in found), end="", flush=True)
            refused = refused or bool(found)
    if refused:
        print(REFUSED)
    return int(refused)


def build(
    source: Path,
    target: Path,
    solved: bool,
    settings: tuple[arithmetic.Setting, arithmetic.Setting],
) -> list[comparing.Difference]:
    """Executes a notebook under two settings, and stores it if it shows the same under both.

    The second run is also nudged, so that it shows another text where a number is close to an edge.

    Returns:
        What differs. Where anything does, nothing is stored.

    """
    plain, other = settings
    notebook: Any = notebooks.derive(source, solved)
    again = copy.deepcopy(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)  # the cells run in it
    notebooks.execute(notebook, target.parent, plain)
    notebooks.execute(again, target.parent, other, nudged=True)
    found = comparing.differences(notebook, again)
    if not found:
        notebooks.write(notebook, target)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
