"""What can be asked for on pytest's command line, or in its ini file under the same name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_IGNORED = 0.5


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Attributes:
        once: run each notebook once; leave out what several runs find.
        update: rewrite the stored outputs.
        figures: where pictures that differ are written.
        most_ignored: the greatest share of cells that may be marked to be ignored.
        edges: how near to a rounding edge a shown number may lie; see :mod:`.nudging`.

    """

    once: bool
    update: bool
    figures: Path
    most_ignored: float
    edges: str | None


def declare(parser: Any) -> None:
    """Declares the options and the ini lines."""
    group = parser.getgroup("nbguard", "Notebook tests that cannot pass by comparing nothing")
    group.addoption(
        "--nbguard",
        action="store_true",
        help="guard notebooks: run them as --nbval does, and fail where it compares nothing, "
        "little, or what is true on one machine alone",
    )
    group.addoption(
        "--nbguard-once",
        action="store_true",
        help="run each notebook once, and leave out what several runs find: dependence on what "
        "ran before, and numbers near a rounding edge",
    )
    group.addoption(
        "--nbguard-update",
        action="store_true",
        help="show what the notebooks show otherwise than is stored, then store it",
    )
    group.addoption(
        "--nbguard-figures",
        metavar="FOLDER",
        help="where figures that differ are written (default: .nbguard beside pytest's ini file)",
    )
    group.addoption(
        "--nbguard-ignored",
        metavar="SHARE",
        help=f"the greatest share of cells that may be marked to be ignored "
        f"(default: {MOST_IGNORED})",
    )
    group.addoption(
        "--nbguard-edges",
        metavar="KIND",
        help="numbers near a rounding edge: 'likely' (default) tells those that another processor "
        "may show otherwise, 'strict' tells all within 3e-5, 'off' none",
    )
    parser.addini("nbguard", "guard notebooks, as --nbguard does", type="bool", default=False)
    parser.addini("nbguard_once", "as --nbguard-once", type="bool", default=False)
    parser.addini("nbguard_figures", "as --nbguard-figures", default="")
    parser.addini("nbguard_ignored", "as --nbguard-ignored", default="")
    parser.addini("nbguard_edges", "as --nbguard-edges", default="")


def is_asked_for(config: Any) -> bool:
    """Whether notebooks shall be guarded in this run."""
    option = config.option
    return bool(option.nbguard or option.nbguard_update or config.getini("nbguard"))


def read(config: Any) -> Options:
    """What was asked for; the command line wins over the ini file.

    Raises:
        ValueError: a value that means nothing; says which.

    """
    edges = _given(config, "edges") or "likely"
    if edges not in ("likely", "strict", "off"):
        raise ValueError(f"--nbguard-edges is {edges!r}; it must be likely, strict or off")
    return Options(
        once=bool(config.option.nbguard_once or config.getini("nbguard_once")),
        update=bool(config.option.nbguard_update),
        figures=Path(config.rootpath, _given(config, "figures") or ".nbguard"),
        most_ignored=_share(_given(config, "ignored")),
        edges=None if edges == "off" else edges,
    )


def _given(config: Any, name: str) -> str:
    return str(getattr(config.option, f"nbguard_{name}") or config.getini(f"nbguard_{name}"))


def _share(text: str) -> float:
    try:
        share = float(text or MOST_IGNORED)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise ValueError(f"--nbguard-ignored is {text!r}; it must be a share from 0 to 1")
    return share
