"""Each message of MXNet's C side that is listed: made for real, and followed literally."""

import contextlib
import posixpath
import re

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import mxnet_c_side
import pytest
from explained import failing, says

pytestmark = pytest.mark.usefixtures("named_alike")


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


@pytest.mark.parametrize("message", mxnet_c_side.MESSAGES, ids=lambda message: message.name)
def test_made_explained_and_mended(message, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)  # so that files have the same names in each run
    raised = []

    def run():
        try:
            message.call(*arrays_of(message))
        except Exception as error:
            raised.append(str(error))
            raise

    said = failing(run)
    assert re.search(message.text, raised[0]), raised[0]
    named = sources(raised[0])
    assert not named or message.source in named, named
    says(said, " ".join(message.advice.split()))
    with contextlib.suppress(Exception):
        mx.nd.waitall()  # the failed call may have left more behind
    follow(message)
    mx.nd.waitall()


def test_names_are_used_once():
    names = [message.name for message in mxnet_c_side.MESSAGES]
    assert len(names) == len(set(names))
