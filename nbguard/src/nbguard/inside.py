"""What runs inside a kernel: its descriptors are read, its figures carry their data.

The kernel may live in an environment that does not have this package, so this file is sent to it as
text (see :mod:`nbguard.kernels`): it imports the standard library alone, and leaves no name in the
notebook's own namespace.
"""

from __future__ import annotations

import hashlib
import os
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

KEY = "nbguard"
"""The key in an output's metadata."""
DIGITS = 4  # significant digits of a stored number
MOST = 240  # numbers of a series that are stored; of a longer one as many, evenly chosen


def install(shell: Any, folder: str) -> None:
    """Makes a kernel ready.

    Args:
        shell: IPython's shell.
        folder: where the files lie that take the place of the descriptors 1 and 2.

    """
    # ipykernel watches descriptors in a thread, so that their text comes late and in another
    # cell; where it sees this variable it does not watch, and the files here take the text.
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    taps = [Tap(number, name, folder) for number, name in ((1, "stdout"), (2, "stderr"))]

    def hand_over(*_: Any) -> None:
        for tap in taps:
            tap.hand_over()

    shell.events.register("post_run_cell", hand_over)
    describe_figures(shell)


class Tap:
    """A file in place of a descriptor, so that what C code and child processes write is seen."""

    def __init__(self, number: int, name: str, folder: str) -> None:
        self.name = name
        path = Path(folder, name)
        writing = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(writing, number)
        os.close(writing)
        self.file = path.open("rb", buffering=0)

    def hand_over(self) -> None:
        """Writes what has come since the last time into Python's stream of the same name."""
        text = self.file.read()
        if text:
            stream = getattr(sys, self.name)
            stream.write(text.decode(errors="replace"))
            stream.flush()


# --- figures -------------------------------------------------------------------------------------


def describe_figures(shell: Any) -> None:
    """From now on a matplotlib figure that is shown carries its data in the output's metadata."""
    formatter = shell.display_formatter
    plain = formatter.format
    if getattr(plain, "describes", False):
        return

    def described(shown: Any, *arguments: Any, **named: Any) -> Any:
        data, metadata = plain(shown, *arguments, **named)
        figures = sys.modules.get("matplotlib.figure")
        if figures is not None and isinstance(shown, figures.Figure) and "image/png" in data:
            metadata[KEY] = {"figure": describe(shown), "picture": digest(data["image/png"])}
        return data, metadata

    described.describes = True  # type: ignore[attr-defined]
    formatter.format = described


def digest(picture: Any) -> str:
    """The SHA-256 of a picture, of which a notebook stores the base64 text."""
    raw = picture if isinstance(picture, bytes) else b64decode(picture)
    return hashlib.sha256(raw).hexdigest()


def describe(figure: Any) -> dict[str, Any]:
    """What a figure shows, as JSON: texts, and the numbers of each line, bar, point and image."""
    own = [text.get_text() for text in figure.texts]
    return {
        "size": "{:.2f} by {:.2f} inches".format(*figure.get_size_inches()),
        "texts": [text for text in own if text],
        "axes": [_axes(one) for one in figure.axes],
    }


def _axes(axes: Any) -> dict[str, Any]:
    legend = axes.get_legend()
    return {
        "title": [axes.get_title(loc) for loc in ("center", "left", "right")],
        "labels": [axes.get_xlabel(), axes.get_ylabel()],
        "scales": [axes.get_xscale(), axes.get_yscale()],
        "limits": ["{:.4g} to {:.4g}".format(*side) for side in _limits(axes).T],
        "texts": [_text(axes, one) for one in axes.texts],
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "drawn": [
            *({"line": _places(axes, one.get_xydata()), **_look(one)} for one in axes.lines),
            *({"patch": _places(axes, _corners(one)), **_look(one)} for one in axes.patches),
            *({"image": _colours(one)} for one in axes.images),
            *({"collection": _collection(axes, one)} for one in axes.collections),
        ],
    }


def _limits(axes: Any) -> Any:
    """Where the axes begin and end, as their scales have it: a logarithm, say."""
    ends = list(zip(axes.get_xlim(), axes.get_ylim(), strict=True))
    return axes.transScale.transform(ends)


def _text(axes: Any, text: Any) -> dict[str, Any]:
    """A text, where it stands, how it looks, and to where its arrow points."""
    from matplotlib.colors import to_hex

    plain = "data" if text.get_transform() is axes.transData else "elsewhere"
    colour, size = to_hex(text.get_color(), keep_alpha=True), f"{text.get_fontsize():.4g}"
    aligned = f"{text.get_horizontalalignment()} {text.get_verticalalignment()}"
    written = {
        "text": text.get_text(),
        "at": _spot(axes, text.get_position(), getattr(text, "anncoords", plain)),
        "look": f"{colour} {size} {text.get_fontweight()} {aligned}",
    }
    if hasattr(text, "xy"):
        written["points to"] = _spot(axes, text.xy, text.xycoords)
    return written


def _spot(axes: Any, point: Any, coordinates: Any) -> str:
    """Where a text stands: on the axes where its place is one of the data, else as it is given."""
    if coordinates == "data":
        numbers = axes.convert_xunits(point[0]), axes.convert_yunits(point[1])
        return _series(*_shares(axes, [numbers]).T)
    try:
        return _series(*([float(one)] for one in point))
    except (TypeError, ValueError):  # a date, say, on one axis alone
        return ", ".join(map(str, point))


def _places(axes: Any, points: Any) -> str:
    """Where points lie on the axes: from 0 to 1, at the edge what lies outside.

    So a number is as exact as the eye reads it, also where a scale is logarithmic.
    """
    import numpy as np  # a figure is there, so NumPy is

    return _series(*np.clip(_shares(axes, points), 0, 1).T)


def _shares(axes: Any, points: Any) -> Any:
    """Where points lie between the ends of the axes, which are 0 and 1."""
    import numpy as np

    points = np.ma.filled(np.ma.asarray(points, dtype=float), np.nan).reshape(-1, 2)
    begin, end = _limits(axes)
    with np.errstate(all="ignore"):
        return (axes.transScale.transform(points) - begin) / (end - begin)


def _corners(patch: Any) -> Any:
    """The corners of a bar or wedge, in the axes' own coordinates."""
    return patch.get_patch_transform().transform(patch.get_path().vertices)


def _colours(shown: Any) -> str:
    """The numbers behind colours, as shares of the range of the colours."""
    import numpy as np  # a figure is there, so NumPy is

    array = shown.get_array()
    if array is None or array.ndim == 3:  # no numbers, or colours themselves
        return _series([] if array is None else array)
    with np.errstate(all="ignore"):
        shares = shown.norm(np.ma.asarray(array, dtype=float).ravel())
    return _series(np.clip(shares, 0, 1))


def _collection(axes: Any, one: Any) -> dict[str, Any]:
    """Points have offsets, areas and meshes have paths, and either may have colours."""
    corners = [tuple(corner) for path in one.get_paths()[:MOST] for corner in path.vertices]
    return {
        "offsets": _places(axes, one.get_offsets()),
        "corners": _places(axes, corners),
        "colours": _colours(one),
        **_look(one),
    }


def _look(one: Any) -> dict[str, Any]:
    """The colour and the stroke of what is drawn; of points and areas the first one's."""
    from matplotlib.colors import to_hex

    if hasattr(one, "get_color"):
        colour, marker = to_hex(one.get_color(), keep_alpha=True), one.get_marker()
        drawn = f"{colour} {one.get_linestyle()} {one.get_linewidth():.4g}"
        return {
            "look": f"{drawn} {marker} {one.get_markersize():.4g}" if marker != "None" else drawn
        }
    faces = _hex(one.get_facecolor())
    edges, width = _hex(one.get_edgecolor()), one.get_linewidth()
    stroke = width[0] if hasattr(width, "__len__") and len(width) else width
    return {"look": faces if edges in ("none", faces) else f"{faces}, edge {edges} {stroke}"}


def _hex(colours: Any) -> str:
    """A colour, or the first of several, as text."""
    from matplotlib.colors import to_hex

    first = colours[0] if getattr(colours, "ndim", 1) == 2 and len(colours) else colours
    return to_hex(first, keep_alpha=True) if len(first) else "none"


def _series(*arrays: Any) -> str:
    """How many numbers each array has, and its numbers, some of many: ``2 at 0.1 0.9; 0.5 0.5``.

    One text, since a notebook stores a list with each number on a line of its own.
    """
    import numpy as np  # a figure is there, so NumPy is

    texts = []
    for array in arrays:
        numbers: Any = np.ma.filled(np.ma.asarray(array, dtype=float), np.nan).ravel()
        chosen = numbers
        if numbers.size > MOST:
            chosen = numbers[np.linspace(0, numbers.size - 1, MOST).round().astype(int)]
        texts.append(" ".join(f"{number:.{DIGITS}g}" for number in chosen))
    return f"{np.size(arrays[0])} at {'; '.join(texts)}"


if "NBGUARD_OPTIONS" in globals():  # sent to a kernel
    from IPython import get_ipython

    install(get_ipython(), **globals()["NBGUARD_OPTIONS"])
