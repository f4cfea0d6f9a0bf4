import subprocess
import sys

import gluon_init as gi
from gluon_init import devices
from gluon_init.__main__ import main
from gluon_init._compat.machine import problem

import mxnet as mx
import pytest
from explained import failing
from mxnet.gluon import nn


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", mx.cpu(0)), ("cpu", mx.cpu(0)), ("cpu(1)", mx.cpu(1)), (" CPU(2) ", mx.cpu(2))],
)
def test_device_follows_the_variable(monkeypatch, text, expected):
    monkeypatch.setenv("GLUON_INIT_DEVICE", text)
    assert gi.device() == expected


def test_the_default_is_the_cpu():
    assert gi.device() == mx.cpu(0)


@pytest.mark.parametrize("text", ["tpu", "gpu(x)", "cpu()", "1", "gpu(0", "cpu(-1)"])
def test_a_malformed_value_is_named(monkeypatch, text):
    monkeypatch.setenv("GLUON_INIT_DEVICE", text)
    with pytest.raises(gi.DeviceError, match=r"GLUON_INIT_DEVICE is .* set it to cpu, cpu\(1\)"):
        gi.device()


@pytest.mark.skipif(mx.runtime.Features().is_enabled("CUDA"), reason="for the CPU build")
def test_the_cpu_build_has_no_gpu(monkeypatch):
    monkeypatch.setenv("GLUON_INIT_DEVICE", "gpu")
    with pytest.raises(gi.DeviceError, match=r"CPU build.*make env DEVICE=gpu"):
        gi.device()


class Features:
    def is_enabled(self, name):
        return name == "CUDA"


@pytest.fixture
def pretend_gpus(monkeypatch):
    """MXNet as its CUDA build behaves: so many cards, and what a kernel on one does."""

    def pretend(count, kernel_error=None):
        def ones(*_args, **_kwargs):
            raise mx.MXNetError(kernel_error)

        def num_gpus():
            if isinstance(count, Exception):
                raise count
            return count

        monkeypatch.setattr(mx.runtime, "Features", Features)
        monkeypatch.setattr(mx.context, "num_gpus", num_gpus)
        monkeypatch.setattr(mx.nd, "ones", ones)
        devices._trouble_of.cache_clear()

    yield pretend
    devices._trouble_of.cache_clear()


def test_a_card_that_is_too_new(pretend_gpus):
    message = "Check failed: e == cudaSuccess: CUDA: no kernel image is available for execution"
    pretend_gpus(1, message)
    assert "too new for MXNet 1.9.1" in devices.gpu_trouble(0)
    assert "9.0 and later" in devices.gpu_trouble(0)


def test_a_card_that_fails_otherwise(pretend_gpus):
    pretend_gpus(1, "CUDA: out of memory")
    assert "a small kernel failed on it (CUDA: out of memory)" in devices.gpu_trouble(0)


def test_a_missing_driver(pretend_gpus):
    pretend_gpus(mx.MXNetError("CUDA driver version is insufficient for CUDA runtime version"))
    assert "driver cannot be reached" in devices.gpu_trouble(0)


def test_a_card_that_is_not_there(pretend_gpus):
    pretend_gpus(1)
    assert "MXNet sees 1 GPU(s)" in devices.gpu_trouble(3)


def test_doctor_says_that_lessons_will_run(capsys):
    report = gi.doctor()
    assert report.ok
    assert "The lessons will run." in str(report)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.strip() == str(report)
    assert "The lessons will run." in report._repr_html_()


def test_doctors_exit_code_says_that_they_will_not(monkeypatch, capsys):
    monkeypatch.setenv("GLUON_INIT_DEVICE", "abacus")
    assert main(["doctor"]) == 1
    assert "device: GLUON_INIT_DEVICE is 'abacus'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("system", "machine", "version", "words"),
    [
        ("Windows", "AMD64", (3, 11), "WSL2"),
        ("Darwin", "arm64", (3, 11), "Rosetta"),
        ("Linux", "riscv64", (3, 11), "Docker"),
        ("Linux", "x86_64", (3, 9), "Python 3.9 is not supported, only 3.10 to 3.15"),
        ("Linux", "x86_64", (3, 16), "make env PYTHON=python3.15"),
    ],
)
def test_a_machine_that_cannot_work_is_told_so(system, machine, version, words):
    sentence = problem(system, machine, version)
    assert words in sentence
    assert "\n" not in sentence


def test_alpine_is_told_that_there_is_no_build_for_it():
    sentence = problem("Linux", "x86_64", (3, 12), "musl")
    assert "no build for musl, the C library of Alpine Linux" in sentence
    assert "python:3.15-slim" in sentence


@pytest.mark.parametrize(
    ("system", "machine"),
    [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64")],
)
@pytest.mark.parametrize("minor", range(10, 16))
def test_supported_machines(system, machine, minor):
    assert problem(system, machine, (3, minor)) is None


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("libcuda.so.1: cannot open shared object file: No such file", "NVIDIA driver"),
        ("libcudnn.so.8: cannot open shared object file: No such file", "needs libcudnn.so.8"),
        ("libnccl.so.2: cannot open shared object file: No such file", "needs libnccl.so.2"),
    ],
)
def test_a_cuda_build_that_cannot_load_says_what_is_missing(message, words):
    from gluon_init._compat import cuda

    assert words in cuda.loading_trouble(message)
    assert cuda.loading_trouble("libgfortran.so.3: cannot open shared object file") is None


def test_without_mxnet_the_import_says_how_to_get_it(tmp_path):
    """In an interpreter that sees numpy and this package, but no MXNet."""
    import subprocess
    import sys
    from pathlib import Path

    import gluon_init

    import numpy

    (tmp_path / "gluon_init").symlink_to(Path(gluon_init.__file__).parent)
    (tmp_path / "numpy").symlink_to(Path(numpy.__file__).parent)
    libs = Path(numpy.__file__).parent.parent / "numpy.libs"
    if libs.exists():
        (tmp_path / "numpy.libs").symlink_to(libs)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import gluon_init; import mxnet"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert "MXNet is not installed in this environment: pip install --no-deps" in done.stderr


def test_the_command_runs_as_a_module_too():
    done = subprocess.run(
        [sys.executable, "-m", "gluon_init", "doctor"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "mxnet" in done.stdout


class TestAbsentEverywhere:
    """A GPU that cannot be used is told in one and the same sentence, whoever meets it."""

    GPU = mx.gpu(99)
    SENTENCE = devices.why_no_gpu(99)

    @staticmethod
    def waiting():
        net = nn.Dense(2, use_bias=False)
        net.initialize(ctx=TestAbsentEverywhere.GPU)
        return net

    @pytest.mark.parametrize(
        "look",
        [
            lambda net: gi.summary(net, (1, 3)), gi.summary, gi.explain,
            lambda net: gi.explain(net.weight), lambda net: gi.explain(net, (1, 3)),
        ],
    )  # fmt: skip
    def test_looking(self, look):
        assert self.SENTENCE in " ".join(str(look(self.waiting())).split())

    def test_forcing(self):
        net = self.waiting()
        with pytest.raises(gi.DeviceError, match=self.SENTENCE):
            gi.force_init(net, (1, 3))
        assert "deferred" in str(gi.summary(net))
        gi.force_init(net, (1, 3), device=mx.cpu())

    def test_loading(self, tmp_path):
        saved, net = nn.Dense(2, use_bias=False, in_units=3), self.waiting()
        saved.initialize()
        saved.save_parameters(str(tmp_path / "file"))
        with pytest.raises(gi.DeviceError, match=self.SENTENCE):
            gi.load(net, tmp_path / "file")
        assert "deferred" in str(gi.summary(net))
        net.collect_params().reset_ctx(gi.device())
        gi.load(net, tmp_path / "file")
        assert (net.weight.data() == saved.weight.data()).asnumpy().all()

    @pytest.mark.parametrize(
        "act",
        [
            lambda gpu: nn.Dense(2).initialize(ctx=gpu), lambda gpu: mx.nd.ones((2,), ctx=gpu),
            lambda gpu: TestAbsentEverywhere.waiting()(mx.nd.ones((1, 3), ctx=gpu)),
        ],
    )  # fmt: skip
    def test_explaining_the_error(self, act):
        said = failing(act, self.GPU)
        text = " ".join(str(said).split())
        assert text.startswith("gpu(99): on a device that cannot be used.")
        assert self.SENTENCE in text
        assert "ctx=gi.device()" in said.rows[0].next
        net = nn.Dense(2)
        net.initialize(ctx=gi.device())
        assert net(mx.nd.ones((1, 3))).shape == (1, 2)
