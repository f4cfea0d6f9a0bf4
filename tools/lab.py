"""Opens JupyterLab on the lessons: ``python -m tools.lab``."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from gluon_init._doctor import doctor

FIRST_PAGE = "00_start_here.ipynb"


def options(root: bool, browser: bool) -> list[str]:
    """JupyterLab's options for this machine; as root it must be allowed to start."""
    folder = Path.cwd() / "notebooks"
    chosen = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{FIRST_PAGE}"]
    if root:
        chosen.append("--allow-root")
    if not browser:
        chosen.append("--no-browser")
    return chosen


def has_browser() -> bool:
    """Whether a browser can be opened here: not over ssh, in a container or without a screen."""
    if sys.platform != "darwin" and not (
        os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
        or "WSL_DISTRO_NAME" in os.environ
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def main(extra: list[str]) -> None:
    """Replaces this process by JupyterLab; ``extra`` are further options of its own."""
    report = doctor()
    if not report.ok:
        sys.exit(str(report))
    browser = has_browser()
    if not browser:
        print("No browser here: open the address that follows. Stop with Ctrl-C.", flush=True)
    chosen = options(root=hasattr(os, "geteuid") and os.geteuid() == 0, browser=browser)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *chosen, *extra])


if __name__ == "__main__":
    main(sys.argv[1:])
