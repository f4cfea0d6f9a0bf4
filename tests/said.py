"""What the library says, word for word, in files that a reader can read: `tests/said/ROOM.txt`.

A test hands over scenes: a name, and a function that returns a result or raises; or it holds a text
under its own name. `SAID=write pytest tests` writes the files anew; then read the difference before
it is committed.
"""

import atexit
import os
import re
import warnings
from pathlib import Path

import mxnet as mx

FOLDER = Path(__file__).parent / "said"
_SECTION = re.compile(r"^=== (.*)\n([\s\S]*?)\n(?=\n=== |\Z)", re.MULTILINE)
_written = {}  # room → name → text, of this process, with SAID=write
_asked = {}  # test → how many texts it has held


def said(scene):
    """What a result, an error or a warning says, and a result's rows as they are."""
    with warnings.catch_warnings(record=True) as seen, mx.name.NameManager():  # layers count from 0
        warnings.simplefilter("always")
        try:
            result = scene()
        except Exception as error:
            fields = [one for one in vars(error).items() if one[0] != "__notes__"]  # Python's own
            result = "\n    ".join([f"{type(error).__name__}: {error}", *map(repr, fields)])
    warned = [f"{one.category.__name__}: {one.message}" for one in seen]
    rows = [f"    {row!r}" for row in getattr(result, "rows", ())]
    return _alike("\n".join([*warned, str(result), *rows]))


def _alike(text):
    """A text without what each run, Python or NumPy has otherwise, and without blanks at the ends of lines."""
    text = re.sub(r"\bseconds=[\d.e-]+", "seconds=...", text)
    text = re.sub(r", shape=\([\d, ]*\)(?=, dtype=)", "", text)  # of arrays, since NumPy 2.5
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def check(room, scenes):
    """Fails at the first scene of a room that does not say what its file holds."""
    file = FOLDER / f"{room}.txt"
    if os.environ.get("SAID") == "write":
        told = "\n".join(f"=== {name}\n{said(scene)}\n" for name, scene in scenes.items())
        file.parent.mkdir(exist_ok=True)
        file.write_text(told, "utf-8")
    held = sections(room)
    assert list(held) == list(scenes)
    for name, scene in scenes.items():
        assert (name, said(scene)) == (name, held[name])


def hold(room, text):
    """Fails where this is not the text that the running test held when the file was written."""
    test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)").removeprefix("tests/")
    _asked[test] = _asked.get(test, 0) + 1
    name, text = f"{test} {_asked[test]}", _alike(text)
    if os.environ.get("SAID") == "write":
        if room not in _written:
            _written[room] = {}
            atexit.register(_write, room)
        _written[room][name] = text
    else:
        assert (name, text) == (name, sections(room).get(name))


def sections(room):
    """Name and text of all that the file of a room holds."""
    return dict(_SECTION.findall((FOLDER / f"{room}.txt").read_text("utf-8")))


def _write(room):
    """Adds what was held in this process to a room's file, in place of what its tests held before."""
    file = FOLDER / f"{room}.txt"
    ran = {name.rpartition(" ")[0] for name in _written[room]}
    before = sections(room) if file.exists() else {}
    kept = {name: text for name, text in before.items() if name.rpartition(" ")[0] not in ran}
    texts = sorted({**kept, **_written[room]}.items())
    file.write_text("\n".join(f"=== {name}\n{text}\n" for name, text in texts), "utf-8")
