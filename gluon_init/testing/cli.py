"""The command ``gluon-init``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .. import __version__
from ..devices import doctor


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, 0 where the lessons will run."""
    parser = argparse.ArgumentParser(
        prog="gluon-init", description="Helps with gluon_init, its lessons and its device."
    )
    parser.add_argument("--version", action="version", version=f"gluon_init {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("doctor", help="say what is installed, what does not work, and how to mend it")
    parser.parse_args(arguments)
    report = doctor()
    print(report)
    return 0 if report.ok else 1
