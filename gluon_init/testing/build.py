"""Derives, executes and stores every notebook: ``python -m gluon_init.testing.build``."""

from __future__ import annotations

import sys
from pathlib import Path

from . import notebooks


def main(names: list[str]) -> None:
    """Builds the lessons whose file names start with one of ``names``; all when there is none."""
    root = Path.cwd()
    for source in notebooks.sources(root):
        if names and not source.name.startswith(tuple(names)):
            continue
        for target, solved in notebooks.targets(source):
            print(target.relative_to(root), flush=True)
            notebook = notebooks.derive(source, solved)
            notebooks.execute(notebook, target.parent)
            notebooks.write(notebook, target)


if __name__ == "__main__":
    main(sys.argv[1:])
