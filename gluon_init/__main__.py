"""The command ``gluon-init``, also as ``python -m gluon_init``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import __version__
from ._compat import libraries
from ._doctor import doctor
from .classroom import command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, 0 where it did what was asked."""
    parser = argparse.ArgumentParser(
        prog="gluon-init", description="Helps with gluon_init, its lessons and its device."
    )
    parser.add_argument("--version", action="version", version=f"gluon_init {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("doctor", help="say what is installed, what does not work, and how to mend it")
    verbs.add_parser(
        "link-libraries",
        help="give MXNet the system's libraries that it lacks, from packages that carry them",
    )
    command.add_verbs(
        verbs.add_parser("classroom", help="assignments: release, grade, feedback, gate")
    )
    asked = parser.parse_args(arguments)
    if asked.verb == "classroom":
        return command.run(asked)
    return _doctor() if asked.verb == "doctor" else _link_libraries()


def _doctor() -> int:
    report = doctor()
    print(report)
    return 0 if report.ok else 1


def _link_libraries() -> int:
    folder = libraries.mxnet_folder()
    if folder is None:
        print(f"MXNet is not installed here: {libraries.install_command()}.")
        return 1
    try:
        links = libraries.link_missing(folder)
    except ImportError as error:
        print(error)
        return 1
    if links:
        print(f"Linked into MXNet's folder: {', '.join(links)}. MXNet's library loads.")
    else:
        print("MXNet's library loads; nothing had to be linked.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
