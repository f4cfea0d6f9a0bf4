"""Files that are none, and graphs that came from files: made, explained, and mended as told."""

import gzip
import pickle

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from mxnet import gluon, nd
from mxnet.gluon import nn

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:Cannot decide type"),
]
X = nd.ones((2, 3))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, in which names without a folder lie."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def net_of(*units):
    net = nn.HybridSequential()
    net.add(*map(nn.Dense, units))
    return net


def saved(file="net.params"):
    net = net_of(4, 2)
    net.initialize()
    net(X)
    net.save_parameters(file)
    return net


def exported():
    net = net_of(4, 2)
    net.initialize()
    net.hybridize()
    net(X)
    net.export("net")
    return net


def broken_off(folder):
    saved("whole.params")
    whole = (folder / "whole.params").read_bytes()
    (folder / "x").write_bytes(whole[: len(whole) // 2])


def compressed(folder):
    saved("whole.params")
    (folder / "x").write_bytes(gzip.compress((folder / "whole.params").read_bytes()))


FILES = {
    "empty": (lambda folder: (folder / "x").touch(), ["x: empty", "It has no bytes"]),
    "broken off": (broken_off, ["x: broken off", "begins as a file of arrays, and ends too early"]),
    "a folder": (lambda folder: ((folder / "x").mkdir(), saved("x/a.params")),
                 ["x: a folder", "One of a.params"]),
    "a web page": (lambda folder: (folder / "x").write_text("<!DOCTYPE html><p>404"),
                   ["a web page", "Fetch the file itself"]),
    "a pointer of Git LFS": (
        lambda folder: (folder / "x").write_text("version https://git-lfs.github.com/spec/v1\n"),
        ["a pointer of Git LFS", "git lfs pull"]),
    "a pickle": (lambda folder: (folder / "x").write_bytes(pickle.dumps({"a": 1})),
                 ["a pickle of Python's", "set_data(mx.nd.array(values))"]),
    "of Keras": (lambda folder: (folder / "x").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)),
                 ["an HDF5 file", "set_data(mx.nd.array(values))"]),
    "of NumPy": (lambda folder: np.savez(folder / "x", a=np.ones(3)) or
                 (folder / "x.npz").rename(folder / "x"), ["an archive of NumPy or PyTorch"]),
    "compressed": (compressed, ["a compressed file", "gunzip"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_no_file_of_arrays(case, folder):
    make, said = FILES[case]
    make(folder)
    says(failing(net_of(4, 2).load_parameters, "x"), *said)
    saved("again.params")
    net_of(4, 2).load_parameters("again.params")


def test_what_is_no_name(folder):
    net = saved()
    arrays = mx.nd.load("net.params")
    says(failing(net.load_parameters, arrays), "of type dict", "mx.nd.save('net.params', arrays)")
    mx.nd.save("net.params", arrays)
    net.load_parameters("net.params")
    says(failing(net.load_parameters, folder / "net.params"), "str(path)")
    net.load_parameters(str(folder / "net.params"))


def test_a_graph_has_the_width_that_it_was_exported_with():
    exported()
    block = gluon.SymbolBlock.imports("net-symbol.json", ["data"], "net-0000.params")
    says(failing(block, nd.ones((2, 5))), "dense0_weight: of shape (4, 3)", "The net was given "
         "(2, 5)", "of width 3")  # fmt: skip
    block(X)


def test_a_layer_of_a_graph():
    net = exported()
    block = gluon.SymbolBlock.imports("net-symbol.json", ["data"], "net-0000.params")
    says(failing(lambda: block.output), "no attribute of it", "get_internals().list_outputs()")
    symbol = mx.sym.load("net-symbol.json")
    name = symbol.get_internals().list_outputs()[3]
    part = gluon.SymbolBlock(symbol.get_internals()[name], mx.sym.var("data"))
    part.collect_params().load("net-0000.params", ignore_extra=True)
    assert (part(X) == net[0](X)).asnumpy().all()
