"""The messages of MXNet's C side by name, each with the call that makes it.

``MESSAGES`` are those that tests/test_explaining_c_side.py makes and mends. ``TEXTS`` are the fixed
texts of all CHECKs and LOG(FATAL)s of the files in MXNet's source that were gone through, from
tests/mxnet_c_texts.txt: behind each stands the message, the test elsewhere that makes it, or one of
``REASONS``. That they are all there cannot be told without MXNet's source; that each is in the library
can, and is tested.
"""

from pathlib import Path
from typing import NamedTuple

import mxnet_c_arrays
import mxnet_c_layers
import mxnet_c_limits
import mxnet_c_others
import mxnet_c_symbols

MESSAGES = [
    *mxnet_c_arrays.MESSAGES,
    *mxnet_c_layers.MESSAGES,
    *mxnet_c_limits.MESSAGES,
    *mxnet_c_others.MESSAGES,
    *mxnet_c_symbols.MESSAGES,
]

REASONS = [
    "counts what MXNet itself passes",
    "an inner state: no ordinary call that brings it about is known",
    "a GPU, or another build of MXNet",
    "another place finds the same fault first",
    "the same words about another axis or argument",
    "sparse arrays, for which MXNet falls back to dense ones",
    "executors that share memory, subgraphs and other passes over graphs",
    "NumPy's rules: sizes of 0, arrays without axes, booleans",
    "beside the subject: images, compression, the C interface",
]


class Text(NamedTuple):
    """A fixed text in a file of MXNet's source, and the message, test or reason behind it."""

    source: str
    text: str
    behind: str


def _texts():
    source = ""
    file = Path(__file__).with_name("mxnet_c_texts.txt")
    for line in file.read_text("utf-8").splitlines()[3:]:
        if line.startswith("# "):
            source = line.removeprefix("# ")
        elif line:
            yield Text(source, *line.split("\t"))


TEXTS = list(_texts())
