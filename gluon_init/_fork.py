"""Work done in a copy of this process (``os.fork``).

Whatever it does, nothing changes here: no parameter, no hook, and no random state. MXNet's cannot
be read back, so there is no other way to restore it.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from . import errors

Answer = TypeVar("Answer")

PATIENCE = 20  # seconds to wait for other threads
_LONG = 0.1  # seconds that a thread may go on while others wait
_callers = ["mxnet."]  # beginnings of the names of modules that call MXNet's library


class FailedInCopyError(Exception):
    """The work in the copy failed.

    Attributes:
        what: the error in a line.
        where: in which block, if whoever raised this said so; else "".

    """

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(what, where)
        self.what = what
        self.where = where


def calls_mxnets_library(module: str) -> None:
    """For a module that does so itself: no copy is made while a thread is at work in it."""
    _callers.append(module)


def in_a_copy(work: Callable[[], Answer]) -> Answer:
    """Runs ``work``, silently, in a copy of this process; returns what it returned, by pickle.

    Raises:
        FailedInCopyError: ``work`` raised, or the copy ended without an answer.
        InitError: no copy could be made, since another thread does not leave MXNet.

    """
    reading, writing = os.pipe()
    with _closed_on_error(reading, writing), warnings.catch_warnings():
        # Python warns of forking with threads. MXNet stops its own before and starts them after.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = _fork()
    if child == 0:
        _answer(work, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.waitpid(child, 0)
    if not answer:
        raise FailedInCopyError("the process ended without an answer")
    outcome: Answer | FailedInCopyError = pickle.loads(answer)
    if isinstance(outcome, FailedInCopyError):
        raise outcome
    return outcome


def _fork() -> int:
    """``os.fork`` at a moment when no other thread is inside MXNet.

    MXNet stops its engine for a fork: what another thread hands to it meanwhile is never done, and
    that thread, or the copy, would wait for ever.
    """
    if len(sys._current_frames()) == 1:
        return os.fork()
    interval, until = sys.getswitchinterval(), time.monotonic() + PATIENCE
    sys.setswitchinterval(_LONG)  # so that nobody else has a turn between the look and the fork
    try:
        while True:
            time.sleep(interval)  # who has been waiting for a turn gets it
            if not _is_another_in_mxnet():
                return os.fork()
            if time.monotonic() > until:
                raise errors.InitError(
                    f"Another thread has been at work in MXNet for {PATIENCE} seconds, so that no "
                    f"copy of the process can be made, in which this would run. Nothing has been "
                    f"changed. Let that thread pause or end, and call again."
                )
    finally:
        sys.setswitchinterval(interval)


def _is_another_in_mxnet() -> bool:
    own = threading.get_ident()
    return any(
        thread != own and frame.f_globals.get("__name__", "").startswith(tuple(_callers))
        for thread, frame in sys._current_frames().items()
    )


@contextlib.contextmanager
def _closed_on_error(*files: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for file in files:
            os.close(file)
        raise


def _answer(work: Callable[[], Any], writing: int) -> None:
    """In the copy: all that it does. It never returns."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        sys.stdout = sys.stderr = io.StringIO()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_outcome(work), pipe, protocol=pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)


def _outcome(work: Callable[[], Any]) -> Any:
    """What ``work`` returns, or why it failed. Some code that people write ends the process."""
    try:
        return work()
    except FailedInCopyError as failure:
        return failure
    except Exception as error:
        return FailedInCopyError(errors.in_a_line(error))
    except (SystemExit, KeyboardInterrupt) as stop:
        return FailedInCopyError(f"it ended the process by {errors.in_a_line(stop)}")
