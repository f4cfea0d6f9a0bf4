"""What a file is that MXNet cannot read its arrays from, told by its first bytes."""

from __future__ import annotations

from pathlib import Path

import mxnet as mx

from .loading import files_of, imports, inputs_of

_ARRAYS = (0x112).to_bytes(8, "little")  # kMXAPINDArrayListMagic, in MXNet's ndarray.cc
_SAVE_AGAIN = (
    "Save it again by net.save_parameters(file), and load that; what came by the network is "
    "fetched again."
)
_OTHER = "It does not begin as the files do that save_parameters() and export() write."
_ITS_OWN = (
    "Read it with its own library, and hand the numbers over one by one: "
    "parameter.set_data(mx.nd.array(values))."
)
# First bytes → what such a file is, and how one comes to its numbers.
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK", "an archive of NumPy or PyTorch", _ITS_OWN),
    (b"\x93NUMPY", "an array of NumPy", _ITS_OWN),
    (b"\x89HDF", "an HDF5 file, as Keras writes", _ITS_OWN),
    (b"\x80", "a pickle of Python's, as torch.save and old states of a Trainer are", _ITS_OWN),
    (b"\x1f\x8b", "a compressed file", "gunzip it first; then load what comes out."),
    (b"version https://git-lfs", "a pointer of Git LFS, in place of the file itself",
     "git lfs pull fetches the file that it stands for; then load that."),
    (b"<", "a web page or XML, which a server may send in place of a file",
     "Fetch the file itself: the address of the download, not that of the page about it."),
)  # fmt: skip


def kind_of(file: str) -> tuple[str, str, str]:
    """What it is, why MXNet does not read it, and what does."""
    path = Path(file)
    if path.is_dir():
        return (
            "a folder",
            "A file's name was asked for.",
            f"One of {_inside(path)}, if it is there.",
        )
    begin = b""
    if path.is_file():
        with path.open("rb") as opened:
            begin = opened.read(32).lstrip()
        if not path.stat().st_size:
            return "empty", "It has no bytes: what wrote it did not come to its end.", _SAVE_AGAIN
    if begin.startswith(_ARRAYS):
        size = f"{path.stat().st_size:,} bytes"
        return (
            "broken off",
            f"It begins as a file of arrays, and ends too early, after {size}.",
            _SAVE_AGAIN,
        )
    if begin.startswith(b"{"):
        return "a graph, in JSON, and no file of MXNet's arrays", _OTHER, _of_a_graph(file)
    for start, what, step in _BEGINNINGS:
        if begin.startswith(start):
            return f"{what}, and no file of MXNet's arrays", _OTHER, step
    return "of an unknown kind, and no file of MXNet's arrays", _OTHER, _SAVE_AGAIN


def _inside(folder: Path) -> str:
    names = sorted(one.name for one in folder.iterdir() if one.suffix in (".params", ".json"))
    return ", ".join(names[:6]) or "its files, of which none ends in .params"


def _of_a_graph(file: str) -> str:
    graph = [other for other in files_of(file)[-1:] if file.endswith("-symbol.json")]
    names = [name[4:] for name in mx.nd.load(graph[0])] if graph else []
    inputs = inputs_of(file, dict.fromkeys(names)) if graph else ["data"]
    return f"net = {imports(file, inputs, graph[0] if graph else 'net-0000.params')}."
