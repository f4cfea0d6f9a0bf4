"""Two lists of outputs, the stored and those of now: which may count as equal, and what differs."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from nbguard import figures, markers
from nbguard.markers import Tolerance

_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf)"
)
_SVG = Tolerance(atol=0.05)  # a twentieth of a point
_WHOLE = re.compile(r"[-+]?\d+")


def aligned(stored: list[Any], now: list[Any], tolerance: Tolerance | None) -> list[Any]:
    """The outputs of now, in which what may count as equal is written as it is stored.

    That is: numbers within the tolerance, the lines of a stream in another order (what C code
    writes comes in between as it likes), and figures that show the same.
    """
    now = copy.deepcopy(now)
    for reference, (holder, key), text in _pairs(stored, now):
        if reference != text and (
            _same_lines(key, reference, text)
            or (tolerance is not None and close(reference, text, tolerance))
            or _same_figure(key, reference, text)
            or _same_but_for_pictures(key, reference, text)
        ):
            holder[key] = reference
    return now


def _pairs(stored: list[Any], now: list[Any]) -> Iterator[tuple[Any, tuple[Any, str], Any]]:
    """Each stored value with its partner of now: the holder, the key in it, and the value."""
    ours, theirs = _by_kind(stored), _by_kind(now)
    for kind, places in ours.items():
        partners = theirs.get(kind, [])
        if len(partners) == len(places):
            for (holder, key), (other, other_key) in zip(places, partners, strict=True):
                yield holder[key], (other, other_key), other[other_key]


def _by_kind(outputs: list[Any]) -> dict[str, list[tuple[Any, str]]]:
    """Where each value lies, by stream or MIME type, in order."""
    found: dict[str, list[tuple[Any, str]]] = {}
    for output in outputs:
        if output.output_type == "stream":
            found.setdefault(output.name, []).append((output, "text"))
        for mime in output.get("data", {}):
            found.setdefault(mime, []).append((output["data"], mime))
    return found


def _same_lines(key: str, one: Any, other: Any) -> bool:
    if key != "text":
        return False
    return sorted(one.splitlines()) == sorted(other.splitlines())


def close(stored: Any, now: Any, tolerance: Tolerance) -> bool:
    """Whether two texts are the same but for decimal numbers within a tolerance.

    Whole numbers are counts and must be equal; columns may have another width.
    """
    if not (isinstance(stored, str) and isinstance(now, str)):
        return False
    words = [" ".join(_NUMBER.sub("#", text).split()) for text in (stored, now)]
    return words[0] == words[1] and all(
        _close(one, other, tolerance)
        for one, other in zip(_NUMBER.findall(stored), _NUMBER.findall(now), strict=True)
    )


def _close(one: str, other: str, tolerance: Tolerance) -> bool:
    if one == other or (_WHOLE.fullmatch(one) and _WHOLE.fullmatch(other)):
        return one == other
    return math.isclose(float(one), float(other), rel_tol=tolerance.rtol, abs_tol=tolerance.atol)


def _same_figure(key: str, stored: Any, now: Any) -> bool:
    """Whether two figures that are numbers in a text (Plotly, Vega, SVG) show the same."""
    if key == "image/svg+xml":
        return close(stored, now, _SVG)
    return (
        key.startswith("application/vnd.")
        and key.endswith("json")
        and figures.same_data(stored, now)
    )


def _same_but_for_pictures(key: str, stored: Any, now: Any) -> bool:
    """Whether HTML is the same outside its embedded pictures, which are compared as figures."""
    if key != "text/html" or not (isinstance(stored, str) and isinstance(now, str)):
        return False
    return figures.without_pictures(stored) == figures.without_pictures(now)


@dataclass(frozen=True)
class Difference:
    """A line that a cell shows otherwise in one of two runs, or a figure.

    Attributes:
        cell: the cell's number or id.
        one, other: the line, as each shows it; empty where one shows fewer lines.
        figure: how a figure differs, in words; empty for a line.

    """

    cell: str
    one: str = ""
    other: str = ""
    figure: str = ""

    def __str__(self) -> str:
        """One line."""
        return f"cell {self.cell}: {self.words}"

    @property
    def words(self) -> str:
        """What becomes what, and in which line."""
        if self.figure:
            return f"another figure is drawn: {self.figure}"
        one, other = changed_words(self.one, self.other)
        return f"{one!r} becomes {other!r} in {self.one.strip()!r}"


def differences(one: Any, other: Any) -> list[Difference]:
    """Where two executed copies of one notebook show different texts or figures."""
    found = []
    for first, second in zip(one.cells, other.cells, strict=True):
        if first.cell_type == "code":
            free = markers.any_figure(first)
            found += between(str(first["id"]), first.outputs, second.outputs, any_figure=free)
    return found


def between(
    cell: str, outputs: list[Any], others: list[Any], *, any_figure: bool = False
) -> list[Difference]:
    """Where two runs of a cell show different texts, one for each line, or figures."""
    lines, other_lines = list(shown_lines(outputs)), list(shown_lines(others))
    pairs = list(zip(lines, other_lines, strict=False))
    if len(lines) != len(other_lines):
        longer = [*lines[len(pairs) :], *other_lines[len(pairs) :]]
        pairs.append((longer[0], "") if len(lines) > len(other_lines) else ("", longer[0]))
    found = [Difference(cell, *pair) for pair in pairs if pair[0] != pair[1]]
    pictures = zip(figures.pictures_of(outputs), figures.pictures_of(others), strict=False)
    reasons = [figures.difference(*pair, any_figure=any_figure) for pair in pictures]
    return found + [Difference(cell, figure=reason) for reason in reasons if reason]


def shown_lines(outputs: list[Any]) -> Iterator[str]:
    """All lines of text that outputs show, in order; pictures have none."""
    for output in outputs:
        yield from output.get("text", "").splitlines()
        if output.output_type == "error":
            yield f"{output.ename}: {output.evalue}"
        for kind, value in sorted(output.get("data", {}).items()):
            if isinstance(value, str) and (kind.startswith("text/") or kind == "image/svg+xml"):
                yield from value.splitlines()
            elif kind.endswith("json"):
                yield json.dumps(value, sort_keys=True)


def changed_words(line: str, other: str) -> tuple[str, str]:
    """The first word that differs, such as ``1.54`` and ``1.53``; all words that only one has."""
    words, others = line.split(), other.split()
    for word, another in zip(words, others, strict=False):
        if word != another:
            return word, another
    return " ".join(words[len(others) :]), " ".join(others[len(words) :])


def equal(one: list[Any], other: list[Any]) -> bool:
    """Whether two lists of outputs are the same, but for counts and metadata.

    It spares the sanitizing of long texts, which takes longer than to run many a cell.
    """
    return [_essence(output) for output in one] == [_essence(output) for output in other]


def _essence(output: Any) -> dict[str, Any]:
    left_out = ("metadata", "execution_count", "traceback")
    return {key: value for key, value in output.items() if key not in left_out}


def texts_of(outputs: list[Any], skipped: Collection[str] = ()) -> Iterator[str]:
    """The texts that outputs show, each whole.

    Args:
        outputs: of one cell.
        skipped: streams and MIME types to leave out, as nbval's ``skip_compare`` names them.

    """
    for output in outputs:
        if "text" in output and output.get("name") not in skipped:
            yield output.text
        for kind, value in output.get("data", {}).items():
            is_text = kind.startswith("text/") or kind == "image/svg+xml"
            if is_text and isinstance(value, str) and kind not in skipped:
                yield value
