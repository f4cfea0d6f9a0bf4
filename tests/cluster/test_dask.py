"""The same grading on a Dask cluster: nothing is lost, nothing graded twice."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from classrooms import NAME, answered, engine_here, hand_in, points, released_course

STUDENTS = 8
# Long enough that a worker is in the middle of something when it dies.
SLOW = "import time\ntime.sleep(2)\ndef double(x):\n    return 2 * x"


def start(*arguments):
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3"}
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers of one thread each, without a nanny that would revive them."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
    )
    workers = [
        start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
              "--local-directory", str(tmp_path / f"worker{number}"))
        for number in range(2)
    ]  # fmt: skip
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def grading(course, address):
    command = [sys.executable, "-m", "gluon_init", "classroom", "grade", str(course.root),
               "--scheduler", address, "--sandbox", engine_here()]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )


def test_a_worker_that_is_killed_loses_nothing(tmp_path, cluster):
    address, workers = cluster
    course = released_course(tmp_path / "course")
    for number in range(STUDENTS):
        hand_in(course, f"student {number}", answered(course, double=SLOW))
    process = grading(course, address)
    told = [process.stderr.readline()]  # one is graded: both workers have begun
    workers[0].send_signal(signal.SIGKILL)
    killed = time.monotonic()
    out, rest = process.communicate(timeout=180)
    told += rest.splitlines()
    assert process.returncode == 0, out + "\n".join(told)
    done = re.findall(r"student \d", "\n".join(line for line in told if line.startswith("[")))
    assert sorted(done) == [f"student {number}" for number in range(STUDENTS)]
    for number in range(STUDENTS):
        got = points(course, f"student {number}")
        assert got == {"test_double": 2, "test_triple": 3, "why": 0}
    assert time.monotonic() - killed < 120
    assert len(list((course.root / "autograded").glob(f"*/{NAME}/{NAME}.ipynb"))) == STUDENTS


def test_a_scheduler_that_is_not_there_is_told(tmp_path):
    course = released_course(tmp_path / "course")
    hand_in(course, "a", answered(course))
    process = grading(course, f"tcp://127.0.0.1:{free_port()}")
    out, _ = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "--scheduler is 'tcp://127.0.0.1:" in out
    assert "no Dask scheduler answers" in out
