"""What every test may rely on: gluon_init first, so that MXNet can be imported."""

import gc
import importlib.util
import time

import gluon_init  # noqa: F401  (must come before mxnet)

import hypothesis
import mxnet as mx
import pytest
from mxnet.gluon import nn

pytest.register_assert_rewrite("said", "explained")

# A test that takes long on a busy machine is no wrong one.
_TOO_SLOW = hypothesis.HealthCheck.too_slow
hypothesis.settings.register_profile("tests", deadline=None, suppress_health_check=[_TOO_SLOW])
hypothesis.settings.load_profile("tests")
# `make mutants` runs all tests in one process again and again, those in classes by other objects.
hypothesis.settings.register_profile(
    "mutants", deadline=None, database=None,
    suppress_health_check=[_TOO_SLOW, hypothesis.HealthCheck.differing_executors],
)  # fmt: skip

# They run in an environment of their own, which tools/cluster.py makes.
collect_ignore = [] if importlib.util.find_spec("distributed") else ["cluster"]


_LONG = 0.05  # seconds: a shorter test has made no large net


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


def pytest_collection_finish():
    """What is there before the first test need not be looked at after each."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _large_nets_are_let_go():
    """Blocks refer to one another: left to Python, a model zoo stays, and every fork copies it."""
    began = time.monotonic()
    yield
    if time.monotonic() - began > _LONG:
        gc.collect()


@pytest.fixture
def named_alike():
    """MXNet numbers the layers of a test from 0, whatever ran before."""
    with mx.name.NameManager():
        yield


@pytest.fixture
def numpy_mode():
    mx.npx.set_np()
    yield
    mx.npx.reset_np()
