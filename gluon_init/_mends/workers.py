"""Threads and processes that MXNet starts, without the warnings of newer Pythons."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from .._old_numpy import View


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


def processes(module: Any) -> None:
    """The workers of a DataLoader come into being by ``fork``, of which Python 3.12 warns."""
    own = module.multiprocessing

    class Process(own.Process):  # type: ignore[misc,name-defined]
        def start(self) -> None:
            with _no_warning_of_forks():
                super().start()

    def pool(*args: Any, **kwargs: Any) -> Any:
        with _no_warning_of_forks():
            return own.Pool(*args, **kwargs)

    module.multiprocessing = View(own, {"Pool": pool, "Process": Process})
