"""A pytest plugin for ``make mutants``: which functions a test reaches in copies of the process.

mutmut asks only the tests that reach a function, and sees what is called in its own process. Some
of the library works in copies of it (``gluon_init/_fork.py``), which note here what they reached.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_folder = TemporaryDirectory()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    """Adds what the copies have noted to what the test itself has reached."""
    fork = sys.modules.get("gluon_init._fork")
    if fork is None or os.environ.get("MUTANT_UNDER_TEST") != "stats":
        return (yield)
    from mutmut.state import state

    outcome_of = fork._outcome

    def noting(work):
        try:
            return outcome_of(work)
        finally:
            Path(_folder.name, str(os.getpid())).write_text("\n".join(state()._stats), "utf-8")

    fork._outcome = noting
    try:
        return (yield)
    finally:
        fork._outcome = outcome_of
        for file in Path(_folder.name).iterdir():
            state()._stats.update(file.read_text("utf-8").split())
            file.unlink()
