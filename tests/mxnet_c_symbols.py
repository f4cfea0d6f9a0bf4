"""The messages of MXNet's C side about symbols, executors, kvstores and custom operators."""

import mxnet as mx
from mxnet import nd
from mxnet_c_message import Message
from mxnet_c_others import _arguments, _fc, csr, rows

_STORE = "src/kvstore/kvstore_local.h"
_EXECUTOR = "src/c_api/c_api_executor.cc"
_CORE = "3rdparty/tvm/nnvm/src/core/symbolic.cc"


def _m(name, source, text, call, advice, *arrays, mended=None):
    return Message(name, "symbols", source, text, call, advice, arrays, mended)


def bound(**given):
    return _fc().simple_bind(mx.cpu(), data=(2, 3), **given)


def _backward(*head):
    executor = bound()
    executor.forward(is_train=True)
    executor.backward(*head)
    return executor.grad_dict["fc_weight"].asnumpy()


def _ones():
    executor = bound()
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones(executor.outputs[0].shape))
    return executor.grad_dict


def _twice_named(name):
    first = mx.sym.var("a")
    second = first if name == "a" else mx.sym.var("a")
    return mx.sym.FullyConnected(first + second, num_hidden=3).simple_bind(mx.cpu(), a=(2, 3))


SYMBOLS = [
    _m("infer_shape of an unknown name", "src/c_api/c_api_symbolic.cc",
       "InferShape ?Keyword argument name dat not found", lambda: _fc().infer_shape(dat=(2, 3)),
       "symbol.infer_shape(data=...)", mended=lambda: _fc().infer_shape(data=(2, 3))),
    _m("infer_shape of a shape that does not fit", "src/operator/operator_common.h",
       r"Shape inconsistent, Provided = \[9,9\]",
       lambda: _fc().infer_shape(data=(2, 3), fc_weight=(9, 9)), "Give fc_weight the shape (3, 3)",
       mended=lambda: _fc().infer_shape(data=(2, 3), fc_weight=(3, 3))),
    _m("infer_type of two types", "src/operator/elemwise_op_common.h",
       "at 1-th input: expected float32, got float64",
       lambda: _fc().infer_type(data="float32", fc_weight="float64"), "symbol.infer_type(data='float32')",
       mended=lambda: _fc().infer_type(data="float32")),
    _m("a symbol called with an unknown name", _CORE, "Keyword argument name dat not found",
       lambda: _fc()(dat=mx.sym.var("x")), "symbol(data=other)",
       mended=lambda: _fc()(data=mx.sym.var("x"))),
    _m("a symbol called without names", _CORE, "General composition only support kwargs for now",
       lambda: _fc()(mx.sym.var("x")), "symbol(data=other)",
       mended=lambda: _fc()(data=mx.sym.var("x"))),
    _m("symbol.gradient", "src/c_api/c_api_symbolic.cc", "not implemented",
       lambda: _fc().gradient(["data"]), "executor.grad_dict", mended=_ones),
]  # fmt: skip

EXECUTORS = [
    _m("a backward pass without a gradient to begin with", "src/executor/graph_executor.cc",
       "Because the last operator is not Loss function", _backward,
       "executor.backward(mx.nd.ones(executor.outputs[0].shape))", mended=_ones),
    _m("a gradient of another shape", "src/ndarray/ndarray.cc", "operands shape mismatch",
       lambda: _backward(mx.nd.ones((5, 5))),
       "executor.backward(mx.nd.ones(executor.outputs[0].shape))", mended=_ones),
    _m("an executor that is to grow", "src/executor/graph_executor.cc", "New shape of arg: data is lar",
       lambda: bound().reshape(data=(9, 3)),
       "executor.reshape(partial_shaping=True, allow_up_sizing=True, data=shape)",
       mended=lambda: bound().reshape(partial_shaping=True, allow_up_sizing=True, data=(9, 3))),
    _m("values of another shape", "src/operator/elemwise_op_common.h",
       r"at 0-th output: expected \[9,9\], got \[3,3\]",
       lambda: bound().copy_params_from({"fc_weight": mx.nd.ones((9, 9))}),
       "executor.copy_params_from({'fc_weight': array}), with an array of shape (3, 3)",
       mended=lambda: bound().copy_params_from({"fc_weight": mx.nd.ones((3, 3))})),
    _m("an unknown grad_req", _EXECUTOR, "grad_req=wirte is not a valid input in simple_bind",
       lambda: bound(grad_req="wirte"), "grad_req='write'", mended=lambda: bound(grad_req="write")),
    _m("an unknown grad_req for one argument", _EXECUTOR, "grad_req=wirte is not a valid input",
       lambda: bound(grad_req={"fc_weight": "wirte"}), "grad_req='write'",
       mended=lambda: bound(grad_req={"fc_weight": "write"})),
    _m("a list of grad_req that is too short", _EXECUTOR, "length of grad_req list does not match",
       lambda: bound(grad_req=["write"]), "grad_req='write'", mended=lambda: bound(grad_req="write")),
    _m("two arguments of one name", _EXECUTOR, "Input argument NDArray cannot be un-allocated",
       lambda: _twice_named("b"), "a = mx.sym.var('a') once, used twice",
       mended=lambda: _twice_named("a")),
    _m("simple_bind without a shape", "src/common/exec_utils.h", "InferShape pass cannot decide shape",
       lambda: _fc().simple_bind(mx.cpu(), fc_bias=(3,)), "symbol.simple_bind(mx.cpu(), data=shape)",
       mended=lambda: _fc().simple_bind(mx.cpu(), data=(2, 3))),
    _m("simple_bind of an unknown name", "src/common/exec_utils.h", "InferShape pass cannot decide sha",
       lambda: _fc().simple_bind(mx.cpu(), dat=(2, 3)), "symbol.simple_bind(mx.cpu(), data=shape)",
       mended=lambda: _fc().simple_bind(mx.cpu(), data=(2, 3))),
    _m("bind of a shape that does not fit", "src/operator/operator_common.h",
       r"Shape inconsistent, Provided = \[9,9\]",
       lambda: _fc().bind(mx.cpu(), _arguments(fc_weight=mx.nd.ones((9, 9)))),
       "Give fc_weight the shape (3, 3)", mended=lambda: _fc().bind(mx.cpu(), _arguments())),
    _m("bind of two types", "src/operator/elemwise_op_common.h", "expected float32, got float64",
       lambda: _fc().bind(mx.cpu(), _arguments(fc_weight=mx.nd.ones((3, 3), dtype="float64"))),
       "array.astype('float32') for each that is float64",
       mended=lambda: _fc().bind(mx.cpu(), _arguments(
           fc_weight=mx.nd.ones((3, 3), dtype="float64").astype("float32")))),
]  # fmt: skip


def _store(key="a", array=None):
    store = mx.kv.create("local")
    store.init(key, mx.nd.ones((2, 3)) if array is None else array)
    return store


def _pushed_and_pulled(key):
    store, out = _store(key), mx.nd.ones((2, 3))
    store.push(key, mx.nd.ones((2, 3)))
    store.pull(key, out=out)
    return out.asnumpy()


def _pulled(shape, kept=(2, 3)):
    store, out = _store("b", mx.nd.ones(kept)), mx.nd.ones(shape)
    store.pull("b", out=out)
    return out.asnumpy()


def _rows_pulled(kept, out):
    store = _store("a", kept)
    store.row_sparse_pull("a", out=out, row_ids=mx.nd.array([0]))


def _pull_all():
    store, out = _store(), mx.nd.ones((2, 3))
    store.pull("a", out=out)
    return out.asnumpy()


def _compressed(**given):
    mx.kv.create("device").set_gradient_compression(given)


class Twice(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * 2)


@mx.operator.register("c_side_twice")
class TwiceProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, shapes, dtypes):
        return Twice()


STORES = [
    _m("a key that is initialized twice", _STORE, "duplicate init of key a",
       lambda: _store().init("a", mx.nd.ones((2, 3))), "kv.push('a', array)",
       mended=lambda: _store().push("a", mx.nd.ones((2, 3)))),
    _m("a key that is not there", _STORE, "key a doesn't exist",
       lambda: mx.kv.create("local").pull("a", out=mx.nd.ones((2, 3))), "kv.init('a', array)",
       mended=lambda: _pushed_and_pulled("a")),
    _m("a number for a key that is not there", "include/mxnet/ndarray.h", r"Check failed: !is_none\(\)",
       lambda: mx.kv.create("local").push(3, mx.nd.ones((2, 3))), "kv.init(3, array)",
       mended=lambda: _pushed_and_pulled(3)),
    _m("two kinds of keys", _STORE, "Mixed key types are not allowed",
       lambda: _store().init(3, mx.nd.ones((2, 3))), "kv.init('3', array)",
       mended=lambda: _store().init("3", mx.nd.ones((2, 3)))),
    _m("a key of another shape", "src/ndarray/ndarray.cc", "operands shape mismatch",
       lambda: _pulled((5, 5)), "kv.init(key, array) with the shape that is pushed and pulled",
       mended=lambda: _pulled((5, 5), (5, 5))),
    _m("rows of a dense key", _STORE, "PullRowSparse expects row_sparse src NDArray",
       lambda: _rows_pulled(mx.nd.ones((2, 3)), rows(2, 3)), "kv.pull('a', out=array)",
       mended=_pull_all),
    _m("rows into a dense array", _STORE, "Expected row_sparse storage type for row_sparse_pull",
       lambda: _rows_pulled(rows(2, 3), mx.nd.ones((2, 3))),
       "kv.row_sparse_pull('a', out=mx.nd.sparse.zeros('row_sparse', shape), row_ids=rows)",
       mended=lambda: _rows_pulled(rows(2, 3), mx.nd.sparse.zeros("row_sparse", (2, 3)))),
    _m("a csr array that is pushed", _STORE, "Unexpected storage type detected during kvstore push",
       lambda: _store().push("a", csr(2, 3)), "kv.push('a', array.tostype('default'))",
       mended=lambda: _store().push("a", csr(2, 3).tostype("default"))),
    _m("an unknown compression", "src/kvstore/gradient_compression.cc", "Unknown type for gradient",
       lambda: _compressed(type="3bit"), "{'type': '2bit', 'threshold': 0.5}",
       mended=lambda: _compressed(type="2bit", threshold=0.5)),
    _m("a compression with a threshold below 0", "src/kvstore/gradient_compression.cc",
       "threshold must be greater than 0", lambda: _compressed(type="2bit", threshold=-1),
       "{'type': '2bit', 'threshold': 0.5}", mended=lambda: _compressed(type="2bit", threshold=0.5)),
]  # fmt: skip

OTHERS = [
    _m("a custom operator that is unknown", "src/operator/custom/custom.cc",
       "Cannot find custom operator nope", lambda x: nd.Custom(x, op_type="nope"),
       "@mx.operator.register('nope')", (2, 3),
       mended=lambda x: nd.Custom(x, op_type="c_side_twice")),
    _m("a custom operator without its name", "src/operator/custom/custom.cc",
       "Required argument `op_type` is missing", nd.Custom, "mx.nd.Custom(x, op_type='name')", (2, 3),
       mended=lambda x: nd.Custom(x, op_type="c_side_twice")),
]  # fmt: skip

MESSAGES = [*SYMBOLS, *EXECUTORS, *STORES, *OTHERS]
