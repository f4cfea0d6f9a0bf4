"""The messages of MXNet's C side about what an operator cannot take."""

import mxnet as mx
from mxnet import gluon, nd
from mxnet.gluon import nn
from mxnet_c_layers import IMAGE, run
from mxnet_c_message import Message
from mxnet_c_others import _arguments, _fc, csr

_DECONVOLUTION = "src/operator/nn/deconvolution.cc"
_CONVOLUTION = "src/operator/nn/convolution.cc"
_CTC = "src/operator/nn/ctc_loss-inl.h"
_MATRIX = "src/operator/tensor/matrix_op-inl.h"
_INDEX = "src/operator/tensor/indexing_op.h"
_UPSAMPLING = "src/operator/nn/upsampling.cc"


def _m(name, source, text, call, advice, *arrays, mended=None, subject="shapes"):
    return Message(name, subject, source, text, call, advice, arrays, mended)


def _axes(kind, source, wrong, right, text):
    layout = {3: "NCW", 4: "NCHW", 5: "NCDHW"}[len(right)]
    return _m(f"{kind.__name__} of {len(wrong)} axes", source, text,
              lambda: run(kind(4, 3), mx.nd.ones(wrong)), f"It takes {len(right)} axes, {layout}",
              mended=lambda: run(kind(4, 3), mx.nd.ones(right)))  # fmt: skip


INPUTS = [
    _axes(nn.Conv1D, _CONVOLUTION, (2, 3, 8, 8), (2, 3, 8), "Input data should be 3D in batch-num"),
    _axes(nn.Conv2D, _CONVOLUTION, (2, 5), (2, 3, 8, 8), "Input data should be 4D in batch-num"),
    _axes(nn.Conv3D, _CONVOLUTION, (2, 3, 8, 8), (2, 3, 4, 4, 4), "Input data should be 5D in batch"),
    _axes(nn.Conv1DTranspose, _DECONVOLUTION, (2, 3, 8, 8), (2, 3, 8), "Input data should be 3D in"),
    _axes(nn.Conv2DTranspose, _DECONVOLUTION, (2, 5), (2, 3, 8, 8), "Input data should be 4D in bat"),
    _axes(nn.Conv3DTranspose, _DECONVOLUTION, (2, 3, 8, 8), (2, 3, 4, 4, 4), "should be 5D in batch"),
    _m("a kernel that is larger than the image", _CONVOLUTION, "kernel size exceed input",
       lambda: run(nn.Conv2D(2, 9), IMAGE), "pad, take a smaller kernel",
       mended=lambda: run(nn.Conv2D(2, 8), IMAGE)),
    _m("groups that do not divide the input's channels", _CONVOLUTION, "input num_filter must divide",
       lambda: run(nn.Conv2D(4, 3, groups=2), IMAGE), "Its 2 groups must divide the 3 channels",
       mended=lambda: run(nn.Conv2D(3, 3, groups=3), IMAGE)),
    _m("MaxPool1D of 4 axes", "src/operator/nn/pooling.cc", r"Input data should be 3D in \(batch",
       lambda: run(nn.MaxPool1D(2), IMAGE), "It takes 3 axes, NCW",
       mended=lambda: run(nn.MaxPool1D(2), IMAGE[0])),
    _m("MaxPool3D without the batch axis", "src/operator/nn/pooling.cc", "Input data should be 5D in",
       lambda: run(nn.MaxPool3D(2), IMAGE), "net(x.expand_dims(0))",
       mended=lambda: run(nn.MaxPool3D(2), IMAGE.expand_dims(0))),
]  # fmt: skip


def _transposed(name, text, right, **wrong):
    ((argument, value),) = right.items()
    names = {"strides": "strides", "dilation": "dilation", "kernel_size": "kernel_size"}
    given = {"channels": 4, "kernel_size": 3}
    return _m(name, _DECONVOLUTION, text,
              lambda: run(nn.Conv2DTranspose(**{**given, **wrong}), IMAGE),
              f"nn.Conv2DTranspose(..., {names.get(argument, argument)}={value!r})",
              mended=lambda: run(nn.Conv2DTranspose(**{**given, **right}), IMAGE))  # fmt: skip


def _deconvolution(name, text, advice, **wrong):
    given = {"no_bias": True, "kernel": (3, 3), "num_filter": 4}
    return _m(name, _DECONVOLUTION, text, lambda x, y: nd.Deconvolution(x, y, **{**given, **wrong}),
              advice, (2, 3, 8, 8), (3, 4, 3, 3),
              mended=lambda x, y: nd.Deconvolution(x, y, **{
                  **given, **{key: (1, 1) if key != "adj" else (0, 0) for key in wrong}}))  # fmt: skip


DECONVOLUTIONS = [
    _transposed("a stride of 0, transposed", "incorrect stride size", {"strides": (1, 1)}, strides=0),
    _transposed("a kernel of 0, transposed", "incorrect kernel size", {"kernel_size": (1, 1)},
                kernel_size=0),
    _transposed("a dilation of 0, transposed", "incorrect dilate size", {"dilation": (1, 1)},
                dilation=0),
    _transposed("groups that do not divide the new channels", "output num_filter must divide",
                {"groups": 1}, groups=3),
    _deconvolution("one stride for a transposed kernel of two", "Stride must have the same number",
                   "stride=(1, 1)", stride=(1,)),
    _deconvolution("one padding for a transposed kernel of two", "Padding must have the same number",
                   "pad=(1, 1)", pad=(1,)),
    _deconvolution("one dilation for a transposed kernel of two", "Dilate must have the same number",
                   "dilate=(1, 1)", dilate=(1,)),
    _m("a transposed kernel of four axes", _DECONVOLUTION, "4D deconvolution not supported",
       lambda x, y: nd.Deconvolution(x, y, kernel=(2,) * 4, num_filter=4),
       "mx.nd.Deconvolution(x, y, kernel=(2, 2), num_filter=4)", (2, 3, 8, 8), (3, 4, 2, 2)),
    _m("an output padding of one axis", _DECONVOLUTION, r"adj\(x\) must be samller than stride\[0\]",
       lambda: run(nn.Conv1DTranspose(4, 3, output_padding=1), mx.nd.ones((1, 3, 8))),
       "nn.Conv1DTranspose(..., output_padding=0)",
       mended=lambda: run(nn.Conv1DTranspose(4, 3, output_padding=0), mx.nd.ones((1, 3, 8)))),
    _m("an output padding of three axes", _DECONVOLUTION, r"adj\(d\) must be samller than stride\[0\]",
       lambda: run(nn.Conv3DTranspose(4, 3, output_padding=1), mx.nd.ones((1, 3, 4, 4, 4))),
       "nn.Conv3DTranspose(..., output_padding=0)",
       mended=lambda: run(nn.Conv3DTranspose(4, 3, output_padding=0), mx.nd.ones((1, 3, 4, 4, 4)))),
]  # fmt: skip


def _ctc(*shapes):
    given = [None if shape is None else mx.nd.ones(shape) for shape in shapes]
    return gluon.loss.CTCLoss()(*given).asnumpy()


def _empty(function):
    with mx.util.np_shape():
        x = mx.nd.zeros((0, 3))
        return function(x)


def _np_file(on):
    nd.save("file", {"a": mx.nd.ones((2, 3))})
    mx.npx.set_np()
    try:
        if not on:
            mx.npx.reset_np()
        return mx.nd.load("file")
    finally:
        mx.npx.reset_np()


OTHERS = [
    _m("CTC, labels of one axis", _CTC, "number of dimensions of labels array must be 2",
       lambda: _ctc((2, 20, 4), (2,)), "loss(pred, label.expand_dims(1))",
       mended=lambda: _ctc((2, 20, 4), (2, 1))),
    _m("CTC, lengths of predictions of two axes", _CTC, "Data length array must be a vector",
       lambda: _ctc((2, 20, 4), (2, 3), (2, 1)), "pred_lengths.reshape((-1,))",
       mended=lambda: _ctc((2, 20, 4), (2, 3), (2,))),
    _m("CTC, lengths of labels of two axes", _CTC, "Label length array must be a vector",
       lambda: _ctc((2, 20, 4), (2, 3), None, (2, 1)), "label_lengths.reshape((-1,))",
       mended=lambda: _ctc((2, 20, 4), (2, 3), None, (2,))),
    _m("too many outputs", "src/c_api/c_api_ndarray.cc", r"Operator expects 1 \(all\) or 1",
       lambda x, y: nd.broadcast_add(x, y, out=[x.copy(), x.copy(), x.copy()]),
       "z = mx.nd.broadcast_add(x, y)", (2, 3), (2, 3)),
    _m("concat into another shape", "src/operator/nn/concat.cc", "Incompatible output shape",
       lambda x, y: nd.concat(x, y, dim=0, out=mx.nd.ones((9, 9))), "z = mx.nd.concat(x, y, dim=0)",
       (2, 3), (2, 3)),
    _m("a layout of another kernel", "src/operator/nn/pooling.cc", "Need 2D layout",
       lambda x: nd.Pooling(x, kernel=(2, 2), layout="NCW"),
       "mx.nd.Pooling(x, kernel=(2, 2), layout='NCHW')", (2, 3, 8, 8)),
    _m("a pool that keeps the size, and pads", "src/operator/nn/pooling.cc", "Same pooling convention",
       lambda x: nd.Pooling(x, kernel=(2,), pad=(1,), pooling_convention="same"),
       "mx.nd.Pooling(x, kernel=(2,), pooling_convention='full', pad=(1,))", (1, 1, 8)),
    _m("UpSampling, heights", _UPSAMPLING, "input height of 3 ?does not divide output height of 8",
       lambda x, y: nd.UpSampling(x, y, scale=2, sample_type="nearest", num_args=2),
       "mx.nd.UpSampling(x, scale=2, sample_type='nearest')", (1, 1, 4, 4), (1, 1, 3, 4),
       mended=lambda x, y: nd.UpSampling(x, scale=2, sample_type="nearest")),
    _m("UpSampling, widths", _UPSAMPLING, "input width of 3 ?does not divide output width of 8",
       lambda x, y: nd.UpSampling(x, y, scale=2, sample_type="nearest", num_args=2),
       "mx.nd.UpSampling(x, scale=2, sample_type='nearest')", (1, 1, 4, 4), (1, 1, 4, 3),
       mended=lambda x, y: nd.UpSampling(x, scale=2, sample_type="nearest")),
    _m("UpSampling, channels", _UPSAMPLING, "Number of channels must be the same",
       lambda x, y: nd.UpSampling(x, y, scale=2, sample_type="nearest", num_args=2,
                                  multi_input_mode="sum"), "multi_input_mode='concat'",
       (1, 1, 4, 4), (1, 2, 4, 4),
       mended=lambda x, y: nd.UpSampling(x, y, scale=2, sample_type="nearest", num_args=2,
                                         multi_input_mode="concat")),
    _m("random numbers, none for each", "src/operator/random/multisample_op.h", "shape parameter must",
       lambda x, y: nd.random.normal(x, y, shape=(0,)), "mx.nd.random.normal(x, y, shape=(1,))",
       (2,), (2,)),
    _m("random numbers of arrays into whole ones", "src/operator/random/multisample_op.h",
       "Output type must be float16, float32, or float64",
       lambda x, y: nd.random.normal(x, y, out=nd.zeros((2,), dtype="int32")),
       "mx.nd.random.normal(dtype='float32', out=mx.nd.zeros((2,)))", (2,), (2,)),
    _m("whole random numbers into others", "src/operator/random/sample_op.h", "Output type must be int",
       lambda: nd.random.randint(0, 3, out=nd.zeros((2,))),
       "mx.nd.random.randint(low=0, high=3, shape=(2,))"),
    _m("an axis of split before the first", "include/mxnet/tuple.h", "must be in range",
       lambda x: nd.split(x, num_outputs=2, axis=-5), "mx.nd.split(x, num_outputs=2, axis=-1)", (2, 4)),
    _m("the first axis of swapaxes", "src/operator/swapaxis-inl.h", "axis 4 is out of bounds",
       lambda x: nd.swapaxes(x, 4, 0), "mx.nd.swapaxes(x, dim1=-1, dim2=0)", (2, 3)),
    _m("scatter_nd, a vector of indices", _INDEX, "scatter_nd requires index tensor",
       lambda x, y: nd.scatter_nd(x, y, shape=(2, 2)),
       "mx.nd.scatter_nd(x.reshape((-1, 2))[:1], y[:1].reshape((1, -1)), shape=(2, 2))",
       (2,), mx.nd.zeros((3,))),
    _m("gather_nd for more than 10 axes", _INDEX, "gather_nd supports indexing along at most 10",
       nd.gather_nd, "mx.nd.gather_nd(x, y[:10])", (1,) * 12, mx.nd.zeros((11, 1))),
    _m("batch_take of a vector", _INDEX, "Data array must have at least 2 dimensional",
       nd.batch_take, "mx.nd.batch_take(x.expand_dims(0), y[:1])",
       (3,), mx.nd.zeros((3,), dtype="int32")),
    _m("batch_take of too many", _INDEX, "Index array's size must be the same as data array's size",
       nd.batch_take, "mx.nd.batch_take(x, y[:2])", (2, 3), mx.nd.zeros((3,), dtype="int32")),
    _m("arange that repeats nothing", "src/operator/tensor/init_op.h", "Range only supports repeat > 0",
       lambda: nd.arange(0, 3, repeat=0), "mx.nd.arange(0, 3, repeat=1)"),
    _m("axis of arange_like", "src/operator/tensor/init_op.h", "cannot handle param.axis 5",
       lambda x: nd.contrib.arange_like(x, axis=5), "mx.nd.contrib.arange_like(x, axis=-1)", (2, 3)),
    _m("blocks of size 0", _MATRIX, "block_size must be a positive integer value",
       lambda x: nd.depth_to_space(x, 0), "mx.nd.depth_to_space(x, block_size=1)", (1, 4, 2, 2)),
    _m("split_v2 that leaves out its axis", _MATRIX, "expected axis size of 1 but got 3",
       lambda x: nd.split_v2(x, (1,), axis=1, squeeze_axis=True), "mx.nd.split_v2(x, (1,), axis=1)",
       (2, 4)),
    _m("BatchNorm of two types", "src/operator/nn/batch_norm.cc", "This layer requires uniform type",
       lambda x, y: nd.BatchNorm(x, y, y, y, y.astype("float64")), "var.astype('float32')",
       (2, 3, 8, 8), (3,), mended=lambda x, y: nd.BatchNorm(x, y, y, y, y.astype("float32"))),
    _m("bits of other numbers", "src/operator/tensor/elemwise_unary_op.h", "only support integer types",
       lambda: mx.np.bitwise_not(mx.np.ones((2,))).asnumpy(), "x.astype('int32')",
       mended=lambda: mx.np.bitwise_not(mx.np.ones((2,)).astype("int32"))),
    _m("the largest of nothing", "src/operator/tensor/broadcast_reduce_op.h", "input's size should > 0",
       lambda: _empty(lambda x: nd.max(x, axis=0)), "if x.size else None",
       mended=lambda: _empty(lambda x: nd.max(x, axis=0) if x.size else None)),
    _m("saved without NumPy's rules", "src/ndarray/ndarray.cc", "ndarray was not saved in np shape",
       lambda: _np_file(True), "mx.npx.reset_np(), then arrays = mx.nd.load(file)",
       mended=lambda: _np_file(False), subject="files"),
    _m("a row_sparse array, its parts", "src/ndarray/ndarray_function.cc", "copying size mismatch",
       lambda: mx.nd.sparse.row_sparse_array((mx.nd.ones((2, 3)), [0, 1, 2]),
                                             shape=(4, 3)).check_format(),
       "mx.nd.array(dense).tostype('row_sparse')", subject="storage",
       mended=lambda: mx.nd.ones((2, 3)).tostype("row_sparse").check_format()),
    _m("a csr array and three axes", "src/operator/tensor/elemwise_binary_broadcast_op.h",
       "input dense matrix should have less than or equal to 2 dimensions",
       lambda x, y: nd.broadcast_mul(x, y).asnumpy(), "mx.nd.broadcast_mul(x.tostype('default'), y)",
       csr(4, 3), (1, 4, 3), subject="storage",
       mended=lambda x, y: nd.broadcast_mul(x.tostype("default"), y.reshape((4, 3)))),
    _m("a number for a key to be pulled", "src/kvstore/kvstore_local.h", "key 3 has not been inited",
       lambda: mx.kv.create("local").pull(3, out=mx.nd.ones((2, 3))), "kv.init(3, array)",
       subject="symbols", mended=lambda: mx.kv.create("local").init(3, mx.nd.ones((2, 3)))),
    _m("an operator on a GPU that is not there", "src/imperative/imperative.cc",
       "is not implemented for GPU", lambda: nd.ones((2,), ctx=mx.gpu()), "mx.cpu()",
       subject="contexts", mended=lambda: nd.ones((2,), ctx=mx.cpu())),
    _m("an array to a GPU that is not there", "src/ndarray/ndarray.cc", "GPU is not enabled",
       lambda x: x.as_in_context(mx.gpu()), "mx.cpu()", (2,), subject="contexts",
       mended=lambda x: x.as_in_context(mx.cpu())),
    _m("a device that is none", "include/mxnet/base.h", "Invalid context string abc",
       lambda: nd._internal._zeros(shape=(2,), ctx="abc"), "ctx='cpu(0)'", subject="contexts",
       mended=lambda: nd._internal._zeros(shape=(2,), ctx="cpu(0)")),
    _m("a gradient that is bound on another device", "src/common/exec_utils.h",
       "Gradient array is in",
       lambda: _fc().bind(mx.cpu(), _arguments(), _gradients()),
       "array.as_in_context(mx.cpu(0)) for name, array in args_grad.items()", subject="contexts",
       mended=lambda: _fc().bind(mx.cpu(), _arguments(), {
           name: array.as_in_context(mx.cpu(0)) for name, array in _gradients().items()})),
]  # fmt: skip


def _gradients():
    return {"fc_weight": mx.nd.ones((3, 3), ctx=mx.cpu(1))}


MESSAGES = [*INPUTS, *DECONVOLUTIONS, *OTHERS]
