"""The built wheel, installed in an environment of its own, works outside the checkout."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = """
import gluon_init as gi, mxnet as mx, pathlib, sys
from mxnet.gluon.model_zoo import vision
assert sys.prefix in gi.__file__, gi.__file__
net = vision.resnet18_v1(classes=10)
with gi.trace_init(net) as trace:
    gi.force_init(net, (1, 3, 64, 64), init=mx.init.Xavier(), seed=3)
assert len(trace.events) == len(trace.parameters)
assert gi.summary(net).total == sum(p.data().size for p in net.collect_params().values())
print("ok")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment with the wheel; what the wheel needs is lent from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = str(Path(sys.executable).parent / "uv")
    run = {"check": True, "capture_output": True}
    build = [uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*build, "--out-dir", str(folder)], cwd=ROOT, **run)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], **run)
    python = folder / "venv" / "bin" / "python"
    (site,) = (folder / "venv" / "lib").glob("python3.*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    install = [uv, "pip", "install", "--no-deps", "--offline", "--python", str(python)]
    subprocess.run([*install, str(wheel)], **run)
    return python.parent


def test_the_doctor(installed, tmp_path):
    done = subprocess.run(
        [installed / "gluon-init", "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The lessons will run." in done.stdout


def test_a_program(installed, tmp_path):
    done = subprocess.run(
        [installed / "python", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ok"
