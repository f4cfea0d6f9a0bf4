"""Threads and processes that MXNet starts: how newer Pythons start them, and what they warn of."""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from ..old_numpy import View


class _Thread(threading.Thread):
    """A thread without the deprecation of its old method."""

    def setDaemon(self, daemonic: bool) -> None:  # noqa: N802  (Python's name)
        self.daemon = daemonic


def threads(module: Any) -> None:
    """The threads that fetch batches ahead."""
    module.threading = View(threading, {"Thread": _Thread})


@contextlib.contextmanager
def _no_warning_of_forks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _context(own: Any) -> Any:
    """How MXNet starts processes: as on the Python of its time, whose default was ``fork``.

    Since Python 3.14 it is ``forkserver`` on Linux: its processes begin without gluon_init, so that
    MXNet cannot be imported in them. Who asks for ``spawn`` gets it.
    """
    method = own.get_start_method(allow_none=True)
    if sys.platform == "linux" and method != "spawn":
        method = "fork"
    return own.get_context(method)


def processes(module: Any) -> None:
    """The workers of a DataLoader come into being by ``fork``, of which Python 3.12 warns."""
    own = module.multiprocessing

    class Process(_context(own).Process):  # type: ignore[misc]
        def start(self) -> None:
            with _no_warning_of_forks():
                super().start()

    def pool(*args: Any, **kwargs: Any) -> Any:
        with _no_warning_of_forks():
            return _context(own).Pool(*args, **kwargs)

    def get_context(method: str | None = None) -> Any:
        return own.get_context(method) if method else _context(own)

    names = {"Pool": pool, "Process": Process, "get_context": get_context}
    module.multiprocessing = View(own, names)
