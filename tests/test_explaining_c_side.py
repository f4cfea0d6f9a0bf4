"""Each message of MXNet's C side that is listed: made for real, and followed literally."""

import contextlib
import posixpath
import re
from pathlib import Path

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import mxnet_c_side
import pytest
import said
from explained import failing, says
from mxnet_c_message import SUBJECTS

pytestmark = pytest.mark.usefixtures("named_alike")
CUDA = mx.runtime.Features().is_enabled("CUDA")


def arrays_of(message):
    """Its arrays anew: ones of the shapes that are named."""
    return [
        mx.nd.ones(one) if isinstance(one, tuple) else one.copy() if hasattr(one, "copy") else one
        for one in message.arrays
    ]


def follow(message):
    """What the advice says, done literally: code is run as it stands."""
    arrays = arrays_of(message)
    if message.mended is not None:
        return message.mended(*arrays)
    code = message.advice.removeprefix("z = ")
    return eval(code, {"mx": mx, **dict(zip("xyz", arrays, strict=False))})


def sources(text):
    """The files of MXNet's source that a message names."""
    found = re.findall(r"(?:src|include|3rdparty)/[\w./-]+\.(?:cc|h)\b", text)
    return {posixpath.normpath(one) for one in found}


def squeezed(text):
    """Without blanks, which MXNet's Python adds to "::"."""
    return "".join(text.split())


@pytest.mark.parametrize("message", mxnet_c_side.MESSAGES, ids=lambda message: message.name)
def test_made_explained_and_mended(message, tmp_path, monkeypatch, capfd):
    if CUDA and re.search("GPU|NCCL", message.name):
        pytest.skip("MXNet has been built with CUDA")
    monkeypatch.chdir(tmp_path)  # so that files have the same names in each run
    raised = []

    def run():
        try:
            message.call(*arrays_of(message))
        except Exception as error:
            raised.append(str(error))
            raise

    found = failing(run)
    assert re.search(message.text, raised[0]), raised[0]
    named = sources(raised[0])
    assert not named or message.source in named, named
    for listed in mxnet_c_side.TEXTS:
        if listed.behind == message.name:
            assert squeezed(listed.text) in squeezed(raised[0])
    says(found, " ".join(message.advice.split()))
    with contextlib.suppress(Exception):
        mx.nd.waitall()  # the failed call may have left more behind
    follow(message)
    mx.nd.waitall()


NAMES = {message.name for message in mxnet_c_side.MESSAGES}


def test_names_are_used_once():
    assert len(NAMES) == len(mxnet_c_side.MESSAGES)
    assert {message.subject for message in mxnet_c_side.MESSAGES} == set(SUBJECTS)


def test_each_text_is_made_or_has_a_reason():
    held = {name.rpartition(" ")[0] for name in sections()}
    known = {*NAMES, *mxnet_c_side.REASONS, *held}
    assert [one for one in mxnet_c_side.TEXTS if one.behind not in known] == []
    assert len(mxnet_c_side.REASONS) <= 10
    assert set(mxnet_c_side.REASONS) <= {one.behind for one in mxnet_c_side.TEXTS}


def sections():
    """The names of all texts that are held of explanations."""
    for file in sorted(said.FOLDER.glob("explaining*.txt")):
        yield from said.sections(file.stem)


@pytest.mark.skipif(CUDA, reason="another library")
def test_the_texts_are_those_of_the_library():
    """Seen so: MXNet 1.9.1 for the CPU. Another build may lack some, and has others."""
    library = (Path(mx.__file__).parent / "libmxnet.so").read_bytes()
    strings = re.findall(rb"[\x20-\x7e]{4,}", library)
    whole, alone = b"\n".join(strings), {one.strip() for one in strings}
    for one in mxnet_c_side.TEXTS:
        text = one.text.encode()
        assert text in alone or b"Check failed: " + text in alone or text in whole, one
