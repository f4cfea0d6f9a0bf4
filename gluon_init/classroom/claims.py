"""Who grades what, where several grade at once: a gradebook has one writer, or many that agree."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy
from sqlalchemy.engine import make_url

from ..errors import ArgumentError


class Claims(Protocol):
    """What a grader has taken on."""

    def take(self, assignment: str, student: str) -> bool:
        """Takes a submission on; False where somebody else has."""


@contextmanager
def claims_on(database: str) -> Iterator[Claims]:
    """Claims that last as long as the ``with``, and end with the process, however it ends.

    SQLite takes one writer, so a second grader is refused. In PostgreSQL each submission is
    claimed by an advisory lock.

    Args:
        database: where the gradebook is, as SQLAlchemy writes it.

    """
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        with Path(f"{url.database}.grading").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ArgumentError(
                    f"{url.database} is being graded by somebody else, and SQLite takes one "
                    "writer: wait, or keep the gradebook in PostgreSQL (--db postgresql://...)."
                ) from None
            yield _Alone()
        return
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            yield _Together(connection)
    finally:
        engine.dispose()


class _Alone:
    def take(self, assignment: str, student: str) -> bool:
        return True


class _Together:
    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection

    def take(self, assignment: str, student: str) -> bool:
        key = zlib.crc32(f"{assignment}\n{student}".encode())
        asked = sqlalchemy.text("SELECT pg_try_advisory_lock(:key)")
        taken = bool(self._connection.execute(asked, {"key": key}).scalar())
        self._connection.commit()
        return taken
