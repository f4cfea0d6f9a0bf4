"""What is stored holds on every processor: settings, the table of `make portable`, the build."""

import dataclasses
import importlib.util
import platform
from pathlib import Path

import pytest
from nbguard.arithmetic import Setting

from nbguard import arithmetic as settings
from tools import arithmetic, build_notebooks, notebooks
from tools.arithmetic import NotPlayedError, Signature

ROOT = Path(__file__).parent.parent
ZEN = Signature("avx2", "Zen", "Haswell", ("AVX2",), 2, "cpu(0)")


@pytest.fixture(scope="module")
def portable():
    spec = importlib.util.spec_from_file_location("portable", ROOT / "tools" / "portable.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- settings and what is really in use ---------------------------------------------------------


def test_a_setting_starts_from_none_of_the_variables_that_choose(monkeypatch):
    for name in (arithmetic.DEVICE, arithmetic.BLAS, arithmetic.THREADS, "MXNET_ENGINE_TYPE"):
        monkeypatch.setenv(name, "something")
    monkeypatch.setenv("UNRELATED", "stays")
    environment = arithmetic.environment(Setting({arithmetic.THREADS: "1"}))
    assert environment[arithmetic.THREADS] == "1"
    assert environment["UNRELATED"] == "stays"
    assert not {arithmetic.DEVICE, arithmetic.BLAS, "MXNET_ENGINE_TYPE"} & set(environment)


def test_the_probe_tells_what_this_machine_computes_with():
    found = arithmetic.probe(arithmetic.PLAIN)
    assert found.device == "cpu(0)"
    assert found.threads >= 1
    assert found.blas != "none"
    assert arithmetic.probe(arithmetic.OTHER_DEVICE) == dataclasses.replace(found, device="cpu(1)")


def test_the_two_settings_of_the_build_really_differ():
    plain, other = arithmetic.for_build()
    assert plain == arithmetic.PLAIN != other
    one, two = arithmetic.probe(plain), arithmetic.probe(other)
    assert one != two
    if platform.machine() == "x86_64":
        assert (two.onednn, two.blas, two.threads) == ("sse41", "Prescott", 1)


@pytest.mark.parametrize(
    ("threads", "other"), [(4, settings.ONE_THREAD), (1, settings.TWO_THREADS)]
)
def test_where_cores_cannot_be_chosen_threads_differ(monkeypatch, threads, other):
    def probe(setting):
        if arithmetic.BLAS in setting.asked:
            raise NotPlayedError("another kind of processor")
        asked = setting.asked.get(arithmetic.THREADS, threads)
        return dataclasses.replace(ZEN, threads=int(asked))

    monkeypatch.setattr(arithmetic, "probe", probe)
    assert arithmetic.for_build() == (arithmetic.PLAIN, other)


def test_without_a_second_way_of_computing_nothing_is_built(monkeypatch):
    monkeypatch.setattr(arithmetic, "probe", lambda setting: ZEN)
    with pytest.raises(NotPlayedError, match="no second way of computing was found"):
        arithmetic.for_build()


def test_the_settings_of_the_comparison_are_all_different():
    for machine in ("x86_64", "aarch64"):
        settings = [str(one) for one in arithmetic.for_comparison(["AVX2"], machine)]
        assert len(set(settings)) == len(settings) >= 8


def test_the_log_of_onednn_and_the_json_are_read():
    log = (
        "dnnl_verbose,info,cpu,isa:Intel AVX2\n"
        "dnnl_verbose,exec,cpu,reorder,jit:uni,undef\n"
        "dnnl_verbose,exec,cpu,convolution,brgconv:avx512_core,forward_inference\n"
        '{"blas": "Zen", "numpy_blas": "SkylakeX", "numpy_simd": [], "threads": 4, '
        '"device": "cpu(0)"}\n'
    )
    expected = Signature("avx512_core", "Zen", "SkylakeX", (), 4, "cpu(0)")
    assert arithmetic.read_probe(log) == expected
    silent = log.splitlines()[-1]
    assert arithmetic.read_probe(silent) == dataclasses.replace(expected, onednn="off")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, None),
        ({arithmetic.ONEDNN: "AVX2", arithmetic.BLAS: "Zen", arithmetic.THREADS: "2"}, None),
        ({arithmetic.ONEDNN: "AVX512_CORE"}, "oneDNN was asked for AVX512_CORE and runs as AVX2"),
        ({arithmetic.BLAS: "SkylakeX"}, "MXNet's BLAS was asked for SkylakeX and runs as Zen"),
        ({arithmetic.THREADS: "4"}, "4 threads were asked for and there are 2"),
        ({arithmetic.DEVICE: "cpu(1)"}, "the device cpu(1) was asked for and it is cpu(0)"),
        ({arithmetic.NUMPY: "AVX2 AVX"}, "NumPy was asked to do without AVX2 and uses it"),
    ],
)
def test_what_runs_as_something_else_is_not_what_was_asked(asked, reason):
    assert arithmetic.unlike(Setting(asked), ZEN) == reason


def ending(code, stderr=""):
    return lambda *_, **__: type("Done", (), {"returncode": code, "stderr": stderr, "stdout": ""})


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (ending(-4), "the process ends with SIGILL"),
        (ending(1, "Traceback\nOSError: no\n"), "the process ends with exit code 1: OSError: no"),
    ],
)
def test_a_process_that_ends_is_a_reason(monkeypatch, run, reason):
    monkeypatch.setattr(arithmetic.subprocess, "run", run)
    with pytest.raises(NotPlayedError, match=f"^{reason}$"):
        arithmetic.probe(arithmetic.PLAIN)


# --- the table of make portable -----------------------------------------------------------------


def lines_of(portable, probe, run, settings):
    return list(portable.play(settings, probe, run))


def test_each_signature_runs_once_and_what_cannot_be_played_does_not_run(portable):
    ran = []

    def probe(setting):
        cores = {"Haswell": "Haswell", "Zen": "Zen", "Atom": "Zen"}
        core = setting.asked[arithmetic.BLAS]
        if core not in cores:
            raise NotPlayedError("the process ends with SIGILL")
        return dataclasses.replace(ZEN, blas=cores[core])

    settings = [Setting({arithmetic.BLAS: core}) for core in ("Haswell", "Zen", "SkylakeX", "Atom")]
    lines = lines_of(portable, probe, lambda one: ran.append(one) or [], settings)
    assert ran == settings[:2]
    assert [line.outcome for line in lines] == ["equal", "equal", "not run", "not run"]
    assert [line.reason for line in lines[2:]] == [
        "the process ends with SIGILL",
        "the same as line 2",
    ]
    text = portable.table(lines)
    assert "not run: the process ends with SIGILL" in text
    assert "OPENBLAS_CORETYPE=SkylakeX" in text
    assert len(text.splitlines()) == 6


def played(portable, count, failures=()):
    return [portable.Line(arithmetic.PLAIN, ZEN, "equal", "", list(failures)) for _ in range(count)]


def test_the_verdict_fails_on_what_differs_and_on_too_few_where_it_must_run(portable):
    assert portable.verdict(played(portable, 8), must_run=True) == (
        "8 different ways of computing were run, 0 differ.",
        0,
    )
    sentence, code = portable.verdict(played(portable, 3), must_run=False)
    assert code == 0
    assert "This processor cannot play 8: run this on another one, too." in sentence
    assert portable.verdict(played(portable, 3), must_run=True)[1] == 1
    assert portable.verdict(played(portable, 8, ["cell"]), must_run=False)[1] == 1


REPORT = """<testsuites><testsuite><testcase classname="notebooks/04.ipynb" name="Cell 21">
<failure>#x1B[91mNotebook cell execution failed
Cell 21: Cell outputs differ

Input:
print("- a", "+ b")

Traceback:
 mismatch 'stdout'

 assert reference_output == test_output failed:

  'a 1.53\\nb\\n' == 'a 1.54\\nb\\n'

  - a 1.54
  ?      ^
  + a 1.53
  ?      ^
    b
</failure></testcase><testcase classname="notebooks/04.ipynb" name="Cell 22"><failure>Input:
1/0
Traceback:
ZeroDivisionError: division by zero
</failure></testcase><testcase classname="notebooks/04.ipynb" name="Cell 23"/>
</testsuite></testsuites>"""


def test_failures_name_notebook_cell_stored_and_found(portable):
    assert portable.failures_of(REPORT) == [
        "notebooks/04.ipynb Cell 21: stored 'a 1.53', found 'a 1.54'",
        "notebooks/04.ipynb Cell 22: ZeroDivisionError: division by zero",
    ]


# --- the build ----------------------------------------------------------------------------------

HEALTHY = "# %%\nprint(f'{2 / 3:.2f}')\n"
UNSAFE = {
    "the order of a sum": (
        "# %%\nimport os\n\nprint('sum', 0.5 + int(os.environ.get('OMP_NUM_THREADS', 0)))\n",
        "cell 01-000: '0.5' becomes '1.5' in 'sum 0.5'",
    ),
    "an edge": ("# %%\nx = 1.535001\nprint(f'{x:.2f}')\n", "cell 01-000: '1.54' becomes '1.53'"),
}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one lesson; returns a function that builds it from a source."""
    folder = tmp_path / "notebooks" / "sources"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(arithmetic, "for_build", lambda: (arithmetic.PLAIN, settings.ONE_THREAD))

    def make(source):
        (folder / "01_small.py").write_text(source)
        return build_notebooks.main(["01"])

    return make


def test_a_notebook_that_shows_the_same_twice_is_stored(checkout, tmp_path):
    assert checkout(HEALTHY) == 0
    stored = tmp_path / "notebooks" / "01_small.ipynb"
    source = tmp_path / "notebooks" / "sources" / "01_small.py"
    assert notebooks.problems(stored, source, solved=False) == []
    assert "0.67" in stored.read_text("utf-8")


@pytest.mark.parametrize("kind", UNSAFE)
def test_a_notebook_that_rests_on(kind, checkout, tmp_path, capsys):
    source, message = UNSAFE[kind]
    assert checkout(source) == 1
    assert not list(tmp_path.rglob("*.ipynb"))
    said = capsys.readouterr().out
    assert "notebooks/01_small.ipynb" in said
    assert message in said
    assert build_notebooks.REFUSED in said
