"""Figures, stored and of now: by their data where they carry it, else as one sees them.

A figure of matplotlib that was stored by ``--nbguard-update``, or in a kernel where
``%load_ext nbguard`` was run, carries its data in the output's metadata (see :mod:`.inside`);
Plotly and Vega figures are data. Of all others the pixels are compared: blind to a shift by two
pixels and to slight changes of shade, so that another font renderer does not matter.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbguard import inside

if TYPE_CHECKING:
    from PIL import Image

DATA_TOLERANCE = 5e-3
"""Of the length of an axis, or of the range of a series: two pixels in four hundred."""
SHIFT = 2
"""Pixels by which what is drawn may have moved."""
SHADE = 48
"""Of 255: by so much a pixel may be brighter or darker than all near it."""
SHARE = 2e-4
"""Of all pixels: so many may differ by more."""
SIZE = 0.02
"""Of its width and height: by so much a picture may have grown or shrunk."""

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PLACES = re.compile(r"\d+ at ")
_LIMITS = re.compile(r"[-+.\de]+ to [-+.\de]+")
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,([A-Za-z0-9+/=\s]*)")


@dataclass(frozen=True)
class Picture:
    """A picture that a cell shows.

    Attributes:
        base64: the picture, as notebooks store it.
        figure: the data that it carries; None where it carries none.
        digest: the SHA-256 of the picture that was drawn from ``figure``.

    """

    base64: str
    figure: Any = None
    digest: str = ""

    @property
    def raw(self) -> bytes:
        """The picture's bytes; none where it is no base64."""
        try:
            return base64.b64decode("".join(self.base64.split()), validate=True)
        except (binascii.Error, ValueError):
            return b""

    @property
    def data(self) -> Any:
        """The data that it was drawn from; None where it carries none, or another picture's."""
        drawn = self.figure is not None and inside.digest(self.raw) == self.digest
        return self.figure if drawn else None


def pictures_of(outputs: list[Any]) -> list[Picture]:
    """All pictures that a cell shows, in order, also those within its HTML."""
    return list(_pictures_of(outputs))


def _pictures_of(outputs: list[Any]) -> Iterator[Picture]:
    for output in outputs:
        carried = output.get("metadata", {}).get(inside.KEY, {})
        for mime, value in output.get("data", {}).items():
            if mime in _PICTURES:
                text = "".join(value) if isinstance(value, list) else str(value)
                yield Picture(text, carried.get("figure"), carried.get("picture", ""))
            elif mime == "text/html" and isinstance(value, str):
                yield from (Picture(match[1]) for match in _EMBEDDED.finditer(value))


def without_pictures(html: str) -> str:
    """HTML in which each embedded picture is a word."""
    return _EMBEDDED.sub("(picture)", html)


def no_image(picture: Picture) -> str:
    """Why this is no picture, in words; empty where it is one."""
    if not picture.base64.strip():
        return "is empty"
    if not picture.raw:
        return "is not base64"
    return "" if _opened(picture) is not None else "is not an image that can be opened"


def _opened(picture: Picture) -> Image.Image | None:
    """The picture on white; None where it is none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture.raw)) as image:
            seen = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    white = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(white, seen).convert("RGB")


def difference(stored: Picture, now: Picture, *, any_figure: bool = False) -> str:
    """How two pictures differ, in words; empty where they count as equal.

    Args:
        stored: the picture in the notebook.
        now: that of this run.
        any_figure: whether numbers and pixels are free, as a cell may ask; texts, and how many
            lines and bars there are, are still compared where both carry their data.

    """
    if stored.raw == now.raw:
        return ""
    one, other = _opened(stored), _opened(now)
    if one is None or other is None:
        return "the stored picture or that of now is not an image"
    if stored.data is not None and now.data is not None:
        keep = _without_numbers if any_figure else _as_it_is
        return data_difference(keep(stored.data), keep(now.data))
    return "" if any_figure else _pixel_difference(one, other)


def _as_it_is(data: Any) -> Any:
    return data


def _without_numbers(data: Any) -> Any:
    """A figure's texts, and the kinds of what is drawn."""
    if isinstance(data, dict):
        return {key: _without_numbers(one) for key, one in data.items() if key != "limits"}
    if isinstance(data, list):
        return [_without_numbers(one) for one in data]
    return "numbers" if isinstance(data, str) and _PLACES.match(data) else data


def _pixel_difference(one: Image.Image, other: Image.Image) -> str:
    if any(abs(a - b) > max(SHIFT, SIZE * a) for a, b in zip(one.size, other.size, strict=True)):
        return (
            f"the stored picture has {one.width}×{one.height} pixels, that of now "
            f"{other.width}×{other.height}"
        )
    share = _share(_changed(one, other))
    if share <= SHARE:
        return ""
    return (
        f"{share:.2%} of the pixels differ ({SHARE:.2%} may, by more than {SHADE} of 255 from all "
        f"within {SHIFT} pixels)"
    )


def _changed(one: Image.Image, other: Image.Image) -> Image.Image:
    """White where one of two pictures shows what the other does not show nearby."""
    from PIL import ImageChops

    other = other.resize(one.size)
    return ImageChops.lighter(_beyond(one, other), _beyond(other, one))


def _beyond(one: Image.Image, other: Image.Image) -> Image.Image:
    """White where a pixel is brighter or darker than all pixels of the other near its place."""
    from PIL import ImageChops, ImageFilter

    width = 2 * SHIFT + 1
    low, high = (
        other.filter(ImageFilter.MinFilter(width)),
        other.filter(ImageFilter.MaxFilter(width)),
    )
    excess = ImageChops.lighter(ImageChops.subtract(low, one), ImageChops.subtract(one, high))
    red, green, blue = excess.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point([0] * (SHADE + 1) + [255] * (255 - SHADE))


def _share(mask: Image.Image) -> float:
    return mask.histogram()[255] / (mask.width * mask.height)


def write(folder: Path, name: str, stored: Picture | None, now: Picture | None) -> list[Path]:
    """Writes the two pictures, and where they differ in red on the stored one, pale.

    Returns:
        The files that were written.

    """
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")
    images = {
        part: image
        for part, picture in (("stored", stored), ("now", now))
        if picture is not None and (image := _opened(picture)) is not None
    }
    if len(images) == 2:
        one = images["stored"]
        pale = Image.blend(one, Image.new("RGB", one.size, "white"), 0.7)
        pale.paste((220, 0, 0), mask=_changed(one, images["now"]))
        images["difference"] = pale
    written = []
    for part, image in images.items():
        file = folder / f"{name}-{part}.png"
        image.save(file)
        written.append(file)
    return written


# --- figures that carry their data ---------------------------------------------------------------


def same_data(stored: Any, now: Any) -> bool:
    """Whether two figures hold the same data, but for :data:`DATA_TOLERANCE`."""
    return not data_difference(stored, now)


def data_difference(stored: Any, now: Any, where: str = "the figure") -> str:
    """Where the data of two figures differ first, in words; empty where they count as equal."""
    if isinstance(stored, dict) and isinstance(now, dict):
        if sorted(stored) != sorted(now):
            return f"{where} has {sorted(stored)} stored and {sorted(now)} now"
        pairs = [(f"{where}, {key}", stored[key], now[key]) for key in stored]
        return next((found for w, a, b in pairs if (found := data_difference(a, b, w))), "")
    if isinstance(stored, list) and isinstance(now, list):
        return _list_difference(stored, now, where)
    if all(isinstance(one, str) and _PLACES.match(one) for one in (stored, now)):
        return _places_difference(stored, now, where)
    if all(isinstance(one, str) and _LIMITS.fullmatch(one) for one in (stored, now)):
        ends = [[float(end) for end in one.split(" to ")] for one in (stored, now)]
        return _list_difference(ends[0], ends[1], where)
    if _are_numbers([stored, now]):
        return "" if _near(stored, now, abs(stored)) else f"{where} is {stored} stored, {now} now"
    return "" if stored == now else f"{where} is {stored!r} stored and {now!r} now"


def _list_difference(stored: list[Any], now: list[Any], where: str) -> str:
    if len(stored) != len(now):
        return f"{where} has {len(stored)} entries stored and {len(now)} now"
    if stored and _are_numbers([*stored, *now]):
        span = (max(stored) - min(stored)) or abs(stored[0])
        for number, (one, other) in enumerate(zip(stored, now, strict=True)):
            if not _near(one, other, span):
                return f"{where}, number {number} is {one} stored and {other} now"
        return ""
    pairs = enumerate(zip(stored, now, strict=True))
    found = (data_difference(a, b, f"{where} {number}") for number, (a, b) in pairs)
    return next(filter(None, found), "")


def _places_difference(stored: str, now: str, where: str) -> str:
    """The same for places on axes, from 0 to 1, as :mod:`.inside` writes them in one text."""
    words, others = stored.replace(";", " ;").split(), now.replace(";", " ;").split()
    if words[0] != others[0]:
        return f"{where} has {words[0]} points stored and {others[0]} now"
    for one, other in zip(words[2:], others[2:], strict=True):
        if one != other and not abs(float(one) - float(other)) <= DATA_TOLERANCE:
            return f"{where} has a point at {one} of its axis stored and at {other} now"
    return ""


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values)


def _near(one: float, other: float, span: float) -> bool:
    return abs(one - other) <= DATA_TOLERANCE * span + 1e-12
