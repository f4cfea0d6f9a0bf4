"""What every test may rely on: gluon_init first, so that MXNet can be imported."""

import gluon_init  # noqa: F401  (must come before mxnet)

import pytest
from mxnet.gluon import nn


@pytest.fixture
def mlp():
    """The net of the lessons: nothing is known of its input."""
    net = nn.Sequential()
    net.add(nn.Dense(256, activation="relu"), nn.Dense(10))
    return net


@pytest.fixture(autouse=True)
def _default_device(monkeypatch):
    """Tests choose their device themselves."""
    monkeypatch.delenv("GLUON_INIT_DEVICE", raising=False)


@pytest.fixture(autouse=True)
def _no_progress(monkeypatch, tmp_path):
    """What a test solves is not a learner's progress."""
    from gluon_init.course import solving

    monkeypatch.setattr(solving, "FILE", str(tmp_path / "progress.json"))
