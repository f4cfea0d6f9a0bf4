"""pytest's hooks. Without ``--nbguard`` or its ini line, they declare options and do nothing else.

With it, each notebook that nbval collects becomes a :class:`nbguard.items.GuardedNotebook`, which
has more items than cells: what is stored, whether the kernel still lives, whether a second run
shows the same; and, for two notebooks or more, whether another order does.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from nbguard import options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options."""
    options.declare(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Switches nbval on where notebooks are to be guarded, and the guard with it."""
    if not options.is_asked_for(config):
        return
    if not hasattr(config.option, "nbval"):
        raise pytest.UsageError("nbguard: nbval is switched off (-p no:nbval), and it is needed")
    try:
        asked = options.read(config)
    except ValueError as error:
        raise pytest.UsageError(f"nbguard: {error}") from None
    if asked.update and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("nbguard: --nbguard-update runs in one process: leave out -n")
    if not config.option.nbval_lax:
        config.option.nbval = True
    config.pluginmanager.register(Guard(asked), "nbguard-guard")


class Guard:
    """The hooks of a guarded run."""

    def __init__(self, asked: options.Options) -> None:
        self._asked = asked
        self._copy: Any = None

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Any, parent: Any) -> Generator[None, Any, Any]:
        """Collects a guarded notebook where nbval would collect a plain one."""
        found = yield
        from nbval.plugin import IPyNbFile

        from nbguard.items import GuardedNotebook

        return [
            GuardedNotebook.of(parent, file_path, self._asked) if type(one) is IPyNbFile else one
            for one in found
        ]

    @pytest.hookimpl(tryfirst=True)  # before pytest-xdist starts its workers
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Copies the notebooks' folder before anything has run, for the other order."""
        if self._asked.once or self._asked.update:
            return
        from nbguard.orders import FreshCopy

        self._copy = FreshCopy.of(session.config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[Any]) -> None:
        """Adds the runs in the other order."""
        if self._copy is None:
            return
        from nbguard.orders import in_other_order

        items += in_other_order(session, items, self._copy)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Takes the copy away."""
        if self._copy is not None:
            self._copy.remove(session.config)
