"""What only one machine or one run shows: paths, addresses, times, process numbers, random ids."""

from __future__ import annotations

import datetime
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_HEX = "[0-9a-fA-F]"
# In a stored text. Each must be rare in what a library shows on purpose: a time of day in a table
# of data, or a number in hexadecimal, is no fault.
_STORED = {
    "a path of one machine": re.compile(
        r"(?<![\w.~:/-])(?:/home/[\w.-]+|/root|/Users/[\w.-]+|/tmp|/private/var|/var/folders|/mnt"
        r"|/opt|/work|/content)/[^\s'\"<>)]*"
        r"|(?<![\w.~-])/[^\s'\"<>)]*/(?:site|dist)-packages\b[^\s'\"<>)]*"
        r"|\b[A-Za-z]:\\+Users\\[^\s'\"<>)]*"
    ),
    "a kernel's file with its process number": re.compile(r"\bipykernel_\d+\b"),
    "an address in memory": re.compile(
        rf"\bat 0x{_HEX}{{6,16}}\b|\b0x(?:7f|55|56|1){_HEX}{{10}}\b"
    ),
    "a process number": re.compile(r"\bpid\b\W{0,3}\d{2,7}\b", re.IGNORECASE),
    "a time": re.compile(
        r"\[\d\d:\d\d:\d\d\]"
        r"|\b(?:Wall time|CPU times): [^\n]*\d ?[nµm]?s\b"
        r"|\b\d+(?:\.\d+)? [nµm]?s ± [^\n]* per loop"
        r"|\b(?:took|elapsed|runtime)\b\W{0,3}\d+\.\d+ ?(?:s|sec|seconds|ms)\b"
        r"|\bTime:\s+\d\d:\d\d:\d\d\b"
    ),
    "a random id": re.compile(
        rf"\b{_HEX}{{8}}-{_HEX}{{4}}-4{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}\b"
    ),
    "a date of drawing": re.compile(r"<dc:date>[^<]*</dc:date>"),
}
# Where two runs show different texts: what may stand in one place of both.
_CHANGING = {
    **{kind: _STORED[kind] for kind in ("a path of one machine", "a process number")},
    "an address in memory": re.compile(rf"\b0x{_HEX}{{5,16}}\b"),
    "a kernel's file with its process number": re.compile(r"\bipykernel_\d+(?:/\d+)?\b"),
    "a date of drawing": _STORED["a date of drawing"],
    "a random id": re.compile(
        rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b|\b{_HEX}{{32,64}}\b"
        rf"|\bT_{_HEX}{{5}}\b|(?<=[\"#])[a-zA-Z]{{1,12}}{_HEX}{{10}}(?=[\"_)])|\b{_HEX}{{16}}\b"
    ),
    "a time": re.compile(
        r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
        r"|\b\d?\d:\d\d(?::\d\d(?:\.\d+)?)?\b"
        r"|\b\d+(?:\.\d+)?(?:e-?\d+)? ?(?:[nµm]?s|sec|seconds|min)\b|\b1[5-9]\d{8}(?:\.\d+)?\b"
    ),
}


def in_stored(text: str) -> Iterator[tuple[str, str]]:
    """Yields what a stored text shows that no other machine or run would: its kind, and the text.

    One of each kind.
    """
    for kind, pattern in _STORED.items():
        match = pattern.search(text)
        if match:
            yield kind, match[0]


class Here:
    """The machine and the hour of this run, as they would stand in a text.

    Args:
        folders: more folders whose paths are this machine's.
        pid: the process number of the kernel, where it is known.

    """

    def __init__(self, *folders: Path, pid: int | None = None) -> None:
        known = [Path.home(), Path.cwd(), Path(sys.prefix), Path(tempfile.gettempdir()), *folders]
        long_enough = {str(one) for one in known if len(one.parts) > 1}
        days = [datetime.datetime.now(), datetime.datetime.now(datetime.timezone.utc)]
        shown = {
            form.replace("%-d", str(day.day)) for day in days for form in map(day.strftime, _DAYS)
        }
        self._words = {
            "a path of this machine": _words(long_enough, after=r"(?:[/\\]|\b)"),
            "today's date": _words(shown),
            "the name of this machine": _words({_host_name()} - {""}),
        }
        self._pid = pid

    def found_in(self, text: str) -> Iterator[tuple[str, str]]:
        """Yields what of this machine and hour a text shows: its kind, and the text."""
        for kind, pattern in self._words.items():
            match = pattern.search(text) if pattern else None
            if match:
                yield kind, match[0]


_DAYS = ("%Y-%m-%d", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%a %b %d", "%d.%m.%Y",
         "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d")  # fmt: skip


def _words(texts: set[str], after: str = r"\b") -> re.Pattern[str] | None:
    either = "|".join(sorted(map(re.escape, texts), key=len, reverse=True))
    return re.compile(rf"(?<![\w.-])(?:{either}){after}") if texts else None


def _host_name() -> str:
    """The machine's name where nobody would take it for a word."""
    name = socket.gethostname()
    return name if len(name) > 5 and re.search(r"\d|-", name) else ""


def difference(stored: str, now: str) -> str:
    """The kinds of particulars in which alone two texts differ, in words; empty otherwise."""
    kinds = []
    for kind, pattern in _CHANGING.items():
        masked, other = pattern.sub("\0", stored), pattern.sub("\0", now)
        if (masked, other) != (stored, now) and _parts(pattern, stored) != _parts(pattern, now):
            kinds.append(kind)
        stored, now = masked, other
    return " and ".join(kinds) if kinds and _blanks(stored) == _blanks(now) else ""


def _parts(pattern: re.Pattern[str], text: str) -> list[str]:
    return [match[0] for match in pattern.finditer(text)]


def _blanks(text: str) -> str:
    """A text whose columns may have become wider."""
    return re.sub(r"[ \t]+", " ", text)
