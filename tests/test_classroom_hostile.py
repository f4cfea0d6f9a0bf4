"""What students do to a grader, by accident or not: it costs them what it should, nobody else."""

from gluon_init.classroom.grading import TAMPERED

import pytest
from classrooms import answered, grade_all, hand_in, need_sandbox, points, released_course

BOTH, FIRST_ONLY = {"test_double": 2, "test_triple": 3}, {"test_double": 2, "test_triple": 0}
SECOND_ONLY, NOTHING = {"test_double": 0, "test_triple": 3}, {"test_double": 0, "test_triple": 0}

# What stands before a right `double`, what it costs, and what the report says.
DEEDS = {
    "endless loop": ("while True: pass\n", SECOND_ONLY, "double did not end in 4 seconds"),
    "endless loop that ignores interrupts": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass\n",
        SECOND_ONLY, "double did not end in 4 seconds",
    ),
    "endless loop in the function": (
        "def double(x):\n    while True: pass\n\nif 0:\n    ", SECOND_ONLY,
        "test_double did not end in 4 seconds",
    ),
    "swallows interrupts": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n",
        SECOND_ONLY, "double did not end in 4 seconds",
    ),
    "gigabytes": ("b = bytearray(10**11)\n", SECOND_ONLY, None),
    "gigabytes slowly": (
        "b = []\nwhile True: b.append(bytearray(b'x') * 10**7)\n", SECOND_ONLY, None,
    ),
    "fork bomb": ("import os\nwhile True:\n    os.fork()\n", SECOND_ONLY, "double "),
    "sys.exit": ("import sys\nsys.exit()\n", SECOND_ONLY, None),
    "exit": ("exit()\n", BOTH, None),
    "os._exit": ("import os\nos._exit(0)\n", SECOND_ONLY, "double ended its kernel"),
    "os._exit in the function": (
        "import os\ndef double(x):\n    os._exit(1)\n\nif 0:\n    ", SECOND_ONLY,
        "test_double ended its kernel (exit code 1)",
    ),
    "kills its kernel": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", SECOND_ONLY,
        "double ended its kernel",
    ),
    "kills all that it can": (
        "import os, signal\nos.kill(-1, signal.SIGKILL)\n", SECOND_ONLY, None
    ),
    "crashes": ("import ctypes\nctypes.string_at(0)\n", SECOND_ONLY, "double ended its kernel"),
    "print flood": ("for i in range(10**4): print('x' * 1000)\n", BOTH, "characters more than are kept"),
    "display flood": (
        "from IPython.display import display\nfor i in range(1000): display('y' * 1000)\n",
        BOTH, "characters more than are kept",
    ),
    "one huge line": ("print('x' * 10**8)\n", BOTH, "double showed more than 64 MiB at once"),
    "a huge error": ("raise ValueError('y' * 10**7)\n", SECOND_ONLY, None),
    "input": ("input('your name?')\n", SECOND_ONLY, None),
    "fills the disk": (
        "with open('big', 'wb') as f:\n    while True: f.write(bytes(10**7))\n", SECOND_ONLY, None
    ),
    "deletes all": (
        "import shutil\nfor folder in ('/home', '/submission', '/tmp', '/etc', '/var', '/opt'):\n"
        "    shutil.rmtree(folder, ignore_errors=True)\n",
        BOTH, None,
    ),
    "warnings": ("import warnings\nwarnings.warn('careful')\n", BOTH, None),
    "lines of C on stderr": ("import os\nos.write(2, b'[12:00:00] C says so')\n", BOTH, None),
    "stops the display of errors": (
        "get_ipython().showtraceback = lambda *a, **k: None\ndef double(x): return 1\nif 0:\n    ",
        SECOND_ONLY, None,
    ),
    "patches run_cell": (
        "from IPython.core.interactiveshell import ExecutionResult, ExecutionInfo\n"
        "async def nothing(*a, **k):\n"
        "    r = ExecutionResult(ExecutionInfo('', False, False, False, ''))\n    return r\n"
        "get_ipython().run_cell_async = nothing\n",
        NOTHING, TAMPERED,
    ),
    "takes asserts out": (
        "import ast\nclass Out(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Out())\n",
        NOTHING, TAMPERED,
    ),
    "makes each cell harmless": (
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])\n",
        NOTHING, TAMPERED,
    ),
    "patches builtins": (
        "import builtins\nbuiltins.AssertionError = Warning\nbuiltins.abs = None\n", BOTH, None
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which all of them have handed in, between two who did nothing wrong."""
    need_sandbox()
    made = released_course(tmp_path_factory.mktemp("course"))
    hand_in(made, "a good one", answered(made))
    for name, (deed, _, _) in DEEDS.items():
        hand_in(made, name, answered(made, double=deed + "def double(x): return 2 * x"))
    hand_in(made, "z good one", answered(made))
    made.rows = grade_all(made, cell_seconds=4, seconds=300, memory=2000, disk=50)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", DEEDS)
def test_it_costs_what_it_should(course, name):
    _, cost, said = DEEDS[name]
    assert points(course, name) == {**cost, "why": 0}, course.rows[name].noticed
    noticed = "; ".join(course.rows[name].noticed)
    assert (said or "") in noticed
    assert course.rows[name].tampered == (said == TAMPERED)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a good one", "z good one"])
def test_it_costs_nobody_else_anything(course, name):
    assert points(course, name) == {**BOTH, "why": 0}
    assert course.rows[name].noticed == ()


@pytest.mark.slow
def test_the_table_of_deeds_is_printed(course, capsys):
    with capsys.disabled():
        print()
        for name in DEEDS:
            row = course.rows[name]
            print(f"{name:38} {row.points:g} of 5   {'; '.join(row.noticed)[:90]}")
