"""The code of MXNet's operator functions, kept between starts, is what compiling gives."""

import importlib.util
import inspect
import zlib
from pathlib import Path

from gluon_init._compat import operators
from gluon_init._compat.operators import KeptCode

import mxnet as mx
import pytest
from fresh import answer

SOURCE = '''
def {name}(data=None, out=None, **kwargs):
    r"""Says
    return _imperative_invoke(12, and so on."""
    ndargs = [data]
    return _imperative_invoke({address}, ndargs, [], [], out, False, False)'''

# Every function as it is seen, and the code that MXNet's own way, plain `exec`, gives for it.
FUNCTIONS = """
import gluon_init, inspect, sys, types
from gluon_init._compat import operators
operators._file = lambda folder: {file!r}
{first}
import mxnet

def seen(value):
    if isinstance(value, types.CodeType):
        fields = ("name", "code", "names", "varnames", "flags", "firstlineno", "filename")
        return [repr(getattr(value, "co_" + field)) for field in fields] + [
            seen(constant) for constant in value.co_consts]
    # Debian's own Python is not position-independent: its heap lies below 2**32.
    return "address" if type(value) is int and value > 2**16 else repr(value)

answer = {{}}
for module_name in sorted(m for m in sys.modules if m.startswith(("mxnet.ndarray", "mxnet.symbol",
                                                          "mxnet.contrib", "mxnet.numpy"))):
    for name, value in sorted(vars(sys.modules[module_name]).items()):
        if isinstance(value, types.FunctionType) and value.__code__.co_filename == "<string>":
            answer[module_name + " " + name] = [
                value.__name__, value.__qualname__, value.__module__, value.__doc__,
                str(inspect.signature(value)), repr(value.__defaults__), seen(value.__code__)]
"""


@pytest.fixture
def invoked():
    """A namespace in which the functions give back the operator's address."""
    return {"_imperative_invoke": lambda address, *_: address}


def make(kept, namespace, address, name="relu"):
    variables = {}
    kept.exec_in(namespace)(SOURCE.format(name=name, address=address), None, variables)
    return variables[name]


@pytest.fixture
def no_compiler(monkeypatch):
    def refuse(source):
        raise AssertionError(f"compiled: {source}")

    return lambda: monkeypatch.setattr(operators, "_compiled", refuse)


@pytest.fixture(autouse=True)
def _bytecode_may_be_written(monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", False)


def test_functions_equal_those_that_mxnet_makes(tmp_path):
    file = str(tmp_path / "kept.pyc")
    plain = FUNCTIONS.format(file=file, first="operators.MODULES = frozenset()")
    kept = FUNCTIONS.format(file=file, first="")
    hit = FUNCTIONS.format(file=file, first="operators._compiled = None")
    by_mxnet = answer(plain)
    assert len(by_mxnet) > 2500
    assert not Path(file).exists()
    assert answer(kept, PYTHONDONTWRITEBYTECODE="") == by_mxnet
    written = Path(file).stat().st_mtime_ns
    assert answer(hit, PYTHONDONTWRITEBYTECODE="") == by_mxnet
    assert Path(file).stat().st_mtime_ns == written  # the next start finds all that it needs


def test_the_address_is_this_processs_own(tmp_path, invoked, no_compiler):
    first = KeptCode(tmp_path)
    assert make(first, invoked, address=140001)() == 140001
    first.save()
    no_compiler()
    second = KeptCode(tmp_path)
    function = make(second, invoked, address=140002)
    assert function() == 140002
    assert inspect.getdoc(function) == "Says\nreturn _imperative_invoke(12, and so on."
    assert function.__globals__ is invoked


def test_other_sources_are_compiled_and_kept_in_their_place(tmp_path, invoked, no_compiler):
    first = KeptCode(tmp_path)
    make(first, invoked, address=1, name="old")
    first.save()
    second = KeptCode(tmp_path)
    assert make(second, invoked, address=2, name="new")() == 2
    second.save()
    no_compiler()
    third = KeptCode(tmp_path)
    assert make(third, invoked, address=3, name="new")() == 3
    with pytest.raises(AssertionError, match="compiled"):
        make(third, invoked, address=3, name="old")


def test_what_is_kept_stays_where_nothing_is_made(tmp_path, invoked, no_compiler):
    """As in a reload of MXNet."""
    first = KeptCode(tmp_path)
    make(first, invoked, address=1)
    first.save()
    KeptCode(tmp_path).save()
    no_compiler()
    assert make(KeptCode(tmp_path), invoked, address=3)() == 3


def test_a_source_that_calls_no_operator_is_just_carried_out(tmp_path):
    kept, variables = KeptCode(tmp_path), {}
    kept.exec_in({"three": 3})("found = three", None, variables)
    kept.save()
    assert variables == {"found": 3}
    assert list(tmp_path.rglob("*.pyc")) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"\0\0\r\n" + data[4:],
    ],
    ids=["cut off", "empty", "one bit", "another Python's"],
)
def test_a_damaged_file_is_not_used_and_made_anew(tmp_path, invoked, no_compiler, damage):
    whole = KeptCode(tmp_path)
    make(whole, invoked, address=1)
    whole.save()
    [file] = tmp_path.rglob("*.pyc")
    file.write_bytes(damage(file.read_bytes()))
    second = KeptCode(tmp_path)
    assert make(second, invoked, address=2)() == 2
    second.save()
    no_compiler()
    assert make(KeptCode(tmp_path), invoked, address=3)() == 3


def test_a_folder_in_which_nothing_can_be_written(tmp_path, invoked):
    (tmp_path / "__pycache__").write_text("not a folder")
    kept = KeptCode(tmp_path)
    assert make(kept, invoked, address=1)() == 1
    kept.save()
    assert (tmp_path / "__pycache__").read_text() == "not a folder"


def test_nothing_is_written_where_python_writes_no_bytecode(tmp_path, invoked, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    kept = KeptCode(tmp_path)
    make(kept, invoked, address=1)
    kept.save()
    assert list(tmp_path.iterdir()) == []


def test_a_python_without_a_cache_tag(tmp_path, invoked, monkeypatch):
    def refuse(path):
        raise NotImplementedError

    monkeypatch.setattr(importlib.util, "cache_from_source", refuse)
    kept = KeptCode(tmp_path)
    assert make(kept, invoked, address=1)() == 1
    kept.save()
    assert list(tmp_path.iterdir()) == []


def test_the_file_lies_where_and_how_python_keeps_bytecode(tmp_path, invoked):
    kept = KeptCode(tmp_path)
    make(kept, invoked, address=1)
    kept.save()
    [file] = tmp_path.rglob("*.pyc")
    assert file.parent == tmp_path / "__pycache__"
    data = file.read_bytes()
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(data[4:8], "little") == zlib.crc32(data[8:])
    (tmp_path / "module.py").touch()
    own = tmp_path / "plain.txt"
    own.touch()
    assert file.stat().st_mode == own.stat().st_mode


def test_operators_work_in_every_namespace():
    x = mx.nd.array([[1.0, 2.0]])
    assert mx.nd.op.sum(x).asscalar() == mx.nd.sum(x).asscalar() == 3
    assert mx.sym.op.relu(mx.sym.var("x"), name="r").name == "r"
    assert mx.npx.relu(mx.np.array([-1.0])).item() == 0
    assert mx.nd.contrib.arange_like(x).shape == (1, 2)
    assert mx.nd.linalg.gemm2(x, x, transpose_b=True).asscalar() == 5
    assert mx.contrib.nd.quadratic(x, a=1, b=0, c=0).asnumpy().tolist() == [[1, 4]]
    assert {"FullyConnected", "CachedOp"} <= set(mx.nd.op.__all__) <= set(dir(mx.nd))
