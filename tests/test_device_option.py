"""`pytest --device`, the line about GPUs, and the page that a run on a device writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import device_report

ROOT = Path(__file__).parent.parent
LESSON = "notebooks/01_lazy_shapes.ipynb"
# MXNet as its CUDA build behaves where the driver shows a card.
FAKE = """
import gluon_init, mxnet as mx

class Features:
    def is_enabled(self, name):
        return name == "CUDA"

def ones(*arguments, **named):
    raise mx.MXNetError("CUDA: Check failed: e == cudaSuccess: {message}")

mx.runtime.Features, mx.context.num_gpus, mx.nd.ones = Features, lambda: {count}, ones
"""


def pytest_here(*arguments, folder=None):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    plain = {name: value for name, value in os.environ.items() if name != "GLUON_INIT_DEVICE"}
    environment = {**plain, "PYTHONPATH": str(folder or "")}
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_a_lesson_on_another_device():
    done = pytest_here("--nbval", "--nbval-current-env", "--device", "cpu(1)", LESSON)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "not run on a GPU: the MXNet that is installed is the CPU build" in done.stdout


def test_without_a_path_the_lessons_alone_are_run():
    done = pytest_here("--nbval", "--device", "cpu(1)", "--collect-only")
    assert "notebooks/10_same_seed_same_weights.ipynb::Cell 0" in done.stdout
    assert "notebooks/assignments" not in done.stdout
    assert "tests/" not in done.stdout


def test_a_device_that_is_none():
    done = pytest_here("--nbval", "--device", "abacus", LESSON)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--device: GLUON_INIT_DEVICE is 'abacus', which names no device" in done.stderr


@pytest.mark.parametrize(
    ("count", "message", "said"),
    [
        (0, "", "MXNet sees 0 GPU(s)"),
        (1, "no kernel image is available for execution on the device", "it is too new for MXNet"),
        (1, "out of memory", "a small kernel failed on it"),
    ],
)
def test_a_gpu_that_cannot_run_ends_the_run_with_its_reason(tmp_path, count, message, said):
    (tmp_path / "fake_gpu.py").write_text(
        FAKE.replace("{count}", str(count)).replace("{message}", message)
    )
    done = pytest_here("-p", "fake_gpu", "--nbval", "--device", "gpu", LESSON, folder=tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"--device: gpu(0) was asked for, but {said}" in done.stderr


REPORT = """<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2" time="61.4">
<testcase classname="tests.test_a" name="test_b"><failure>E   assert 1 == 2</failure></testcase>
<testcase classname="tests.test_a" name="test_c"><error>E   no such card</error></testcase>
</testsuite></testsuites>"""


def test_the_page_has_the_counts_and_the_failures():
    outcome = device_report.read("unit tests", REPORT)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (5, 2, 2)
    text = device_report.page("gpu(0)", [outcome])
    assert text.startswith("# gluon_init ")
    assert "| unit tests |        5 |        2 |         2 | 61 s   |" in text
    assert "- tests.test_a test_b: E   assert 1 == 2" in text
    assert "- tests.test_a test_c: E   no such card" in text
    assert "Nothing." in device_report.page("gpu(0)", [])
