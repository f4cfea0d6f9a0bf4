"""The messages of MXNet's C side about storage, devices, recording, files, symbols and kvstores."""

import os
from pathlib import Path

import mxnet as mx
import numpy as np
from explained import X
from mxnet import autograd, nd
from mxnet.gluon import nn
from mxnet_c_message import Message

_NDARRAY = "src/ndarray/ndarray.cc"
_STORE = "src/kvstore/kvstore_local.h"
_JSON = "include/dmlc/json.h"
_EXECUTOR = "src/c_api/c_api_executor.cc"
_SPARSE_INDEX = "src/operator/tensor/indexing_op.cc"


def _list(subject):
    def m(name, source, text, call, advice, *arrays, mended=None):
        return Message(name, subject, source, text, call, advice, arrays, mended)

    return m


def rows(*shape):
    return mx.nd.ones(shape).tostype("row_sparse")


def csr(*shape):
    return mx.nd.ones(shape).tostype("csr")


_m = _list("storage")


def _embedded(index):
    net = nn.Embedding(4, 3, sparse_grad=True)
    net.initialize()
    with autograd.record():
        y = net(mx.nd.array([index]).clip(0, 3) if index < 0 else mx.nd.array([index]))
    y.backward()
    return net.weight.grad().asnumpy()


def _csr(data, indices, indptr, shape):
    mx.nd.sparse.csr_matrix((data, indices, indptr), shape=shape).check_format()


def _rows_of(indices, shape):
    mx.nd.sparse.row_sparse_array((mx.nd.ones((2, 3)), indices), shape=shape).check_format()


_DENSE = np.array([[1.0, 0, 2], [0, 3, 0]])
STORAGE = [
    _m("retain of a dense array", "src/imperative/imperative_utils.h",
       "Operator not implemented: operator = _sparse_retain",
       lambda x, y: nd.sparse.retain(x, y), "mx.nd.sparse.retain(x.tostype('row_sparse'), y)",
       (4, 3), mx.nd.array([0])),
    _m("an embedding with sparse gradient, out of bounds", _SPARSE_INDEX,
       "Embedding input contains data out of bound",
       lambda: _embedded(7), "indices.clip(0, input_dim - 1)",
       mended=lambda: _embedded(min(max(7, 0), 4 - 1))),
    _m("a row_sparse weight, out of bounds", _SPARSE_INDEX, "SparseEmbedding input contains data out",
       lambda x, y: nd.Embedding(x, y, input_dim=4, output_dim=3).asnumpy(),
       "indices.clip(0, input_dim - 1)", mx.nd.array([9]), rows(4, 3),
       mended=lambda x, y: nd.Embedding(x.clip(0, 3), y, input_dim=4, output_dim=3).asnumpy()),
    _m("a row_sparse weight that lacks rows", "src/operator/linalg_impl.h",
       "Non compatible matrix dimensions between inputs B and C",
       lambda x, y: nd.FullyConnected(x, nd.sparse.retain(y, mx.nd.array([0])), no_bias=True,
                                      num_hidden=3).asnumpy(), "weight.tostype('default')",
       (2, 5), rows(3, 5),
       mended=lambda x, y: nd.FullyConnected(x, nd.sparse.retain(y, mx.nd.array([0])).tostype(
           "default"), no_bias=True, num_hidden=3).asnumpy()),
    _m("a sparse dot of three axes", "src/operator/tensor/dot-inl.h",
       "sparse dot only supports 2 dimensional rhs", lambda x, y: nd.sparse.dot(x, y).asnumpy(),
       "mx.nd.sparse.dot(x, y.reshape((0, -1)))", csr(4, 3), (3, 2, 2)),
    _m("rows of a csr array by a matrix", _SPARSE_INDEX, "Take with CSR array only supports one-dim",
       lambda x, y: nd.take(x, y).asnumpy(), "mx.nd.take(x, indices.reshape((-1,)))", csr(4, 3), mx.nd.array([[0]]),
       mended=lambda x, y: nd.take(x, y.reshape((-1,))).asnumpy()),
    _m("a csr array divided by a dense one", "src/operator/tensor/elemwise_binary_broadcast_op.h",
       "Please use elemwise_div for division between csr and dense",
       lambda x, y: nd.broadcast_div(x, y).asnumpy(), "mx.nd.elemwise_div(x, y)", csr(4, 3), (4, 3)),
    _m("a csr array of other rows", _NDARRAY, "Shape mismatch of this csr NDArray",
       lambda: _csr([1.0, 2.0], [0, 1], [0, 1], (2, 3)), "shape=(len(indptr) - 1, columns)",
       mended=lambda: _csr([1.0], [0], [0, 1], (len([0, 1]) - 1, 3))),
    _m("a csr array, its indptr", _NDARRAY, "IndPtr of csr NDArray should be non-negative",
       lambda: _csr([1.0, 2.0], [0, 1], [1, 1, 2], (2, 3)), "mx.nd.array(dense).tostype('csr')",
       mended=lambda: mx.nd.array(_DENSE).tostype("csr").check_format()),
    _m("a csr array, its columns", _NDARRAY, "Indices of csr NDArray should be non-negative",
       lambda: _csr([1.0, 2.0], [0, 7], [0, 1, 2], (2, 3)), "mx.nd.array(dense).tostype('csr')",
       mended=lambda: mx.nd.array(_DENSE).tostype("csr").check_format()),
    _m("a row_sparse array, its rows", _NDARRAY, "Indices of row_sparse NDArray should be non-neg",
       lambda: _rows_of([3, 1], (4, 3)), "mx.nd.array(dense).tostype('row_sparse')",
       mended=lambda: mx.nd.array(_DENSE).tostype("row_sparse").check_format()),
    _m("a row_sparse update without out", "src/operator/optimizer_op-inl.h",
       "kWriteInplace is expected for sparse adam_update",
       lambda w, g: nd.adam_update(w, g, mx.nd.zeros((2, 3)), mx.nd.zeros((2, 3)), lr=0.1).asnumpy(),
       "mx.nd.adam_update(weight, ..., out=weight)", (2, 3), rows(2, 3),
       mended=lambda w, g: nd.adam_update(w, g, mx.nd.zeros((2, 3)), mx.nd.zeros((2, 3)), lr=0.1,
                                          out=w)),
]  # fmt: skip

_m = _list("contexts")


def _fc():
    return mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")


def _arguments(**given):
    made = {
        "data": mx.nd.ones((2, 3)),
        "fc_weight": mx.nd.ones((3, 3)),
        "fc_bias": mx.nd.ones((3,)),
    }
    return {**made, **given}


def _on_one(args):
    return {name: array.as_in_context(mx.cpu(0)) for name, array in args.items()}


def _static(**given):
    net = nn.HybridSequential()
    net.add(nn.Dense(3))
    net.initialize()
    net.hybridize(**given)
    net(X)


CONTEXTS = [
    _m("memory of a GPU that is not there", "include/mxnet/base.h", "only supported for MXNet built",
       mx.context.gpu_memory_info, "mx.context.num_gpus()",
       mended=lambda: mx.context.num_gpus() and mx.context.gpu_memory_info()),
    _m("memory to be freed on a GPU that is not there", "src/storage/storage.cc",
       "Cannot Free space to a device you have not allocated", lambda: mx.gpu().empty_cache(),
       "mx.context.num_gpus()", mended=lambda: mx.context.num_gpus() and mx.gpu().empty_cache()),
    _m("a kvstore of NCCL", "src/kvstore/kvstore.cc", "compile with USE_NCCL=1 to use nccl",
       lambda: mx.kv.create("nccl"), "mx.kv.create('device')", mended=lambda: mx.kv.create("device")),
    _m("a distributed kvstore outside of a cluster", "3rdparty/ps-lite/src/postoffice.cc",
       "DMLC_NUM_WORKER", lambda: mx.kv.create("dist_sync"), "mx.kv.create('local')",
       mended=lambda: mx.kv.create("local")),
    _m("an argument that is bound on another device", "src/common/exec_utils.h",
       r"Input array is in cpu\(1\) while binding with ctx=cpu\(0\)",
       lambda: _fc().bind(mx.cpu(), _arguments(fc_weight=mx.nd.ones((3, 3), ctx=mx.cpu(1)))),
       "array.as_in_context(mx.cpu(0)) for name, array in args.items()",
       mended=lambda: _fc().bind(mx.cpu(), _on_one(_arguments(
           fc_weight=mx.nd.ones((3, 3), ctx=mx.cpu(1)))))),
    _m("a group of nodes on another device", "src/common/exec_utils.h", "device of same output not eq",
       lambda: _grouped().simple_bind(mx.cpu(), group2ctx={"g": mx.gpu()}, data=(2, 3)),
       "symbol.simple_bind(ctx, ...) without group2ctx",
       mended=lambda: _grouped().simple_bind(mx.cpu(), data=(2, 3))),
    _m("a symbol that is bound to a GPU that is not there", "src/storage/storage.cc",
       "Compile with USE_CUDA=1 to enable GPU usage",
       lambda: _fc().simple_bind(mx.gpu(), data=(2, 3)), "mx.cpu()",
       mended=lambda: _fc().simple_bind(mx.cpu(), data=(2, 3))),
    _m("static_shape alone", "src/imperative/cached_op.cc", "static_alloc must be True when static",
       lambda: _static(static_shape=True), "net.hybridize(static_alloc=True, static_shape=True)",
       mended=lambda: _static(static_alloc=True, static_shape=True)),
]  # fmt: skip


def _grouped():
    data = mx.sym.var("data")
    with mx.AttrScope(ctx_group="g"):
        return mx.sym.FullyConnected(data, num_hidden=3, name="fc")


_m = _list("recording")


def _recorded(function, **given):
    x = mx.nd.ones((2, 6))
    x.attach_grad()
    with autograd.record():
        y = function(x)
    y.backward(**given)
    return x.grad.asnumpy()


def _twice(create_graph, *layers):
    x = mx.nd.ones((1, 3, 8, 8))
    x.attach_grad()
    net = nn.HybridSequential()
    net.add(*layers)
    net.initialize()
    with autograd.record():
        y = net(x)
        if not create_graph:
            return autograd.grad(y, [x])[0].asnumpy()
        first = autograd.grad(y, [x], create_graph=True, retain_graph=True)[0]
    first.backward()
    return x.grad.asnumpy()


def _marked(shape):
    x = mx.nd.ones((2, 3))
    if shape:
        autograd.mark_variables([x], [mx.nd.zeros(shape)])
    else:
        x.attach_grad()
    with autograd.record():
        y = x * 2
    y.backward()
    return x.grad.asnumpy()


def _twice_hybrid(hybrid):
    net = nn.HybridSequential()
    net.add(nn.HybridLambda(lambda F, x: F.sin(F.cos(F.sin(F.exp(x))))))
    net.hybridize(hybrid)
    x = mx.nd.ones((2, 3))
    x.attach_grad()
    with autograd.record():
        first = autograd.grad(net(x), [x], create_graph=True, retain_graph=True)[0]
    first.backward()
    return x.grad.asnumpy()


def _out(x):
    y = x * 2
    nd.broadcast_add(x, x, out=y)
    return y


RECORDING = [
    _m("reshape to fewer numbers while recording", _NDARRAY, "same size as current shape when record",
       lambda: _recorded(lambda x: (x * 2).reshape((2, 3))), "x.reshape((-1, 3))",
       mended=lambda: _recorded(lambda x: (x * 2).reshape((-1, 3)))),
    _m("out= while recording", "src/imperative/imperative.cc", "already in a computational graph",
       lambda: _recorded(_out), "z = mx.nd.broadcast_add(x, y), without out",
       mended=lambda: _recorded(lambda x: nd.broadcast_add(x, x))),
    _m("a second gradient that is not there", "src/nnvm/gradient.cc",
       "_backward_Convolution is non-differentiable",
       lambda: _twice(True, nn.Conv2D(2, 3)), "Leave create_graph=True out",
       mended=lambda: _twice(False, nn.Conv2D(2, 3))),
    _m("a second gradient of a hybridized net", "src/imperative/cached_op.cc",
       "CachedOp does not support higher order gradients",
       lambda: _twice_hybrid(True), "net.hybridize(False)", mended=lambda: _twice_hybrid(False)),
    _m("an array that is marked with another shape", "src/executor/infer_graph_attr_pass.cc",
       "Backward shape inconsistent with the forward shape",
       lambda: _marked((5,)), "x.attach_grad()", mended=lambda: _marked(None)),
    _m("a head's gradient of another type", "include/mxnet/tensor_blob.h",
       "data type do not match specified type",
       lambda: _recorded(lambda x: x * 2, out_grad=mx.nd.ones((2, 6), dtype="float64")),
       "y.backward(dy.astype('float32'))",
       mended=lambda: _recorded(lambda x: x * 2, out_grad=mx.nd.ones((2, 6), dtype="float64").astype(
           "float32"))),
    _m("nothing to differentiate", "src/imperative/imperative.cc", "There are no inputs in computation",
       lambda: autograd.backward([]), "autograd.backward([loss])",
       mended=lambda: _recorded(lambda x: x * 2)),
]  # fmt: skip

_m = _list("files")


def _in_folder(make):
    if make:
        os.makedirs("no", exist_ok=True)  # noqa: PTH103 (as the advice says)
    nd.save("no/where", {"a": X})


def _under(saved, loaded):
    with mx.util.np_shape(saved):
        nd.save("file", {"a": mx.nd.ones((2, 3))})
    with mx.util.np_shape(loaded):
        nd.load("file")


def _sparse_saved(dense):
    x = csr(4, 3)
    with mx.util.np_shape(True):
        nd.save("file", x.tostype("default") if dense else x)


def _buffer(whole):
    nd.save("file", {"a": X})
    data = Path("file").read_bytes()
    nd.load_frombuffer(data if whole else data[:4])


def _symbol(wrong):
    if wrong == "arrays":
        nd.save("net-symbol.json", {"a": X})
    elif wrong == "text":
        Path("net-symbol.json").write_text("a note")
    else:
        _fc().save("net-symbol.json")
    mx.sym.load("net-symbol.json")


def _unknown(mend):
    text = _fc().tojson().replace('"FullyConnected"', '"FullyConected"')
    mx.sym.load_json(text.replace('"FullyConected"', '"FullyConnected"') if mend else text)


def _record(right):
    if right:
        record = mx.recordio.MXRecordIO("file", "w")
        record.write(b"abc")
        record.close()
    else:
        Path("file").write_bytes(b"x" * 400)
    return mx.recordio.MXRecordIO("file", "r").read()


def _table(file, size):
    Path("rows.csv").write_text("1,2,3\n4,5,6\n")
    return mx.io.CSVIter(data_csv=file, data_shape=(size,), batch_size=1).next().data[0].asnumpy()


FILES = [
    _m("a folder that is not there", "3rdparty/dmlc-core/src/io/local_filesys.cc",
       r'Open "no/where": No such file', lambda: _in_folder(False), "os.makedirs('no', exist_ok=True)",
       mended=lambda: _in_folder(True)),
    _m("saved under NumPy's rules", _NDARRAY, "ndarray was saved in np shape semantics",
       lambda: _under(True, False), "with mx.util.np_shape(True): arrays = mx.nd.load(file)",
       mended=lambda: _under(True, True)),
    _m("a sparse array under NumPy's rules", _NDARRAY, "only allow serializing ndarray of default",
       lambda: _sparse_saved(False), "mx.nd.save(file, x.tostype('default'))",
       mended=lambda: _sparse_saved(True)),
    _m("a buffer that is too short", "include/dmlc/memory_io.h",
       r"curr_ptr_ \+ size <= buffer_size_", lambda: _buffer(False),
       "mx.nd.load_frombuffer(open(file, 'rb').read())", mended=lambda: _buffer(True)),
    _m("a symbol's file that holds arrays", _JSON, r"Expect '\{' but get", lambda: _symbol("arrays"),
       "mx.sym.load(file) of one that symbol.save(file)", mended=lambda: _symbol("")),
    _m("a symbol's file that holds text", _JSON, r"Expect '\{' but get 'a'", lambda: _symbol("text"),
       "mx.sym.load(file) of one that symbol.save(file)", mended=lambda: _symbol("")),
    _m("a symbol's text of another kind", _JSON, "JSONReader: Unknown field a",
       lambda: mx.sym.load_json('{"a": 1}'), "mx.sym.load(file) of one that symbol.save(file)",
       mended=lambda: _symbol("")),
    _m("an operator that this MXNet does not have", "3rdparty/tvm/nnvm/src/core/op.cc",
       "Operator FullyConected is not registered", lambda: _unknown(False),
       "text.replace('\"FullyConected\"', '\"FullyConnected\"')", mended=lambda: _unknown(True)),
    _m("a file that holds no records", "3rdparty/dmlc-core/src/recordio.cc", "Invalid RecordIO File",
       lambda: _record(False), "record = mx.recordio.MXRecordIO(file, 'w'); record.write(data)",
       mended=lambda: _record(True)),
    _m("a table that is not there", "3rdparty/dmlc-core/src/io/input_split_base.cc",
       "Cannot find any files that matches the URI pattern", lambda: _table("/usr/none.csv", 3),
       "Give the name of a file that is there", mended=lambda: _table("rows.csv", 3)),
    _m("a table that is not here", "3rdparty/dmlc-core/src/io/local_filesys.cc",
       "GetPathInfo: none.csv error", lambda: _table("none.csv", 3),
       "Give the name of a file that is there", mended=lambda: _table("rows.csv", 3)),
    _m("a row of another length", "src/io/iter_csv.cc", "data size in CSV do not match size of shape",
       lambda: _table("rows.csv", 2), "data_shape=(3,)", mended=lambda: _table("rows.csv", 3)),
]  # fmt: skip

MESSAGES = [*STORAGE, *CONTEXTS, *RECORDING, *FILES]
