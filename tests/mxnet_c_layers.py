"""The messages of MXNet's C side about the arguments of operators, layers and losses."""

import mxnet as mx
import pytest
from explained import X
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn
from mxnet_c_message import Message

IMAGE = mx.nd.ones((2, 3, 8, 8))
_PARAMETER = "include/dmlc/parameter.h"
_CONVOLUTION = "src/operator/nn/convolution.cc"
_DECONVOLUTION = "src/operator/nn/deconvolution.cc"
_POOLING = "src/operator/nn/pooling.cc"
_CTC = "src/operator/nn/ctc_loss-inl.h"
_INVOKE = "src/imperative/imperative_utils.h"


def run(layer, x, hybrid=False):
    """A net with this layer, called."""
    net = nn.HybridSequential()
    net.add(layer)
    net.initialize()
    if hybrid:
        net.hybridize()
    y = net(x)
    y.wait_to_read()
    return y


def _layer(name, source, text, wrong, right, advice, x=IMAGE, hybrid=False):
    return Message(name, "shapes", source, text, lambda: run(wrong(), x, hybrid), advice,
                   mended=lambda: run(right(), x, hybrid))  # fmt: skip


def _m(name, source, text, call, advice, *arrays, mended=None, subject="shapes"):
    return Message(name, subject, source, text, call, advice, arrays, mended)


ARGUMENTS = [
    _m("an argument is missing", _PARAMETER, "Required parameter depth of int is not presented",
       nd.one_hot, "mx.nd.one_hot(x, depth=1)", (3,)),
    _m("an argument of a symbol is missing", _PARAMETER, "Required parameter num_hidden of int",
       lambda: mx.sym.FullyConnected(mx.sym.var("data")), "num_hidden must be given",
       mended=lambda: mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1), subject="symbols"),
    _m("an unknown argument", _PARAMETER, "Cannot find argument 'nohidden', Possible Arguments",
       lambda x, y: nd.FullyConnected(x, y, no_bias=True, nohidden=3),
       "mx.nd.FullyConnected(x, y, no_bias=True, num_hidden=3)", (2, 5), (3, 5)),
    _m("an unknown argument in a file of a symbol", _PARAMETER, "Cannot find argument 'num_hiden'",
       lambda: mx.sym.load_json(mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3).tojson().replace(
           "num_hidden", "num_hiden")), "num_hidden in its place", subject="symbols",
       mended=lambda: mx.sym.load_json(
           mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3).tojson())),
    _layer("an activation that is unknown", _PARAMETER, "Invalid Input: 'rleu', valid values are",
           lambda: nn.Dense(3, activation="rleu"), lambda: nn.Dense(3, activation="relu"),
           "nn.Dense(..., activation='relu')", X),
    _layer("an activation that is unknown, hybridized", _PARAMETER, "Invalid Input: 'rleu', valid",
           lambda: nn.Activation("rleu"), lambda: nn.Activation("relu"),
           "nn.Activation(..., activation='relu')", X, hybrid=True),
    _m("a type that random numbers do not have", _PARAMETER, "Invalid Input: 'int32', valid values",
       lambda: nd.random.normal(shape=(2,), dtype="int32"),
       "mx.nd.random.normal(loc=0, scale=1, shape=(2,), dtype='float32')"),
    _m("an argument of another type", _PARAMETER, "Invalid Parameter format for p expect float",
       lambda x: nd.Dropout(x, p="abc"), "mx.nd.Dropout(x, p=0.5)", (2, 3)),
    _m("a size that is no whole number", _PARAMETER, "Invalid Parameter format for shape expect",
       lambda: nd.zeros((2.0, 3)), "mx.nd.zeros(shape=(2, 3), dtype='float32')"),
    _layer("a rate above 1", _PARAMETER, r"value 2 for Parameter p exceed bound \[0,1\]",
           lambda: nn.Dropout(2), lambda: nn.Dropout(rate=0.5), "nn.Dropout(..., rate=0.5)", X),
    _layer("a dropout of an LSTM above 1", _PARAMETER, r"value 1.5 for Parameter p exceed bound",
           lambda: rnn.LSTM(3, 2, dropout=1.5), lambda: rnn.LSTM(3, 2, dropout=0.5),
           "rnn.LSTM(..., dropout=0.5)", mx.nd.ones((2, 3, 4))),
    _layer("a layer of 0 units", _PARAMETER, "value 0 for Parameter num_hidden should be greater",
           lambda: nn.Dense(0), lambda: nn.Dense(1), "nn.Dense(1, ...)", X),
    _layer("a convolution of 0 channels", _PARAMETER, "value 0 for Parameter num_filter should be",
           lambda: nn.Conv2D(0, 3), lambda: nn.Conv2D(1, 3), "nn.Conv2D(1, ...)"),
    _m("joining nothing", _PARAMETER, "value 0 for Parameter num_args should be greater equal to 1",
       lambda x, y: nd.concat(dim=0), "mx.nd.concat(x, y, dim=0)", (2, 3), (2, 3)),
    _m("an operator lacks an array", _INVOKE, "Operator elemwise_add expects 2 inputs, but got 1",
       nd.elemwise_add, "mx.nd.elemwise_add(x, y)", (2, 3),
       mended=lambda x: nd.elemwise_add(x, x)),
    _m("FullyConnected lacks its bias", _INVOKE, "FullyConnected expects 3 inputs, but got 2",
       lambda x, y: nd.FullyConnected(x, y, num_hidden=3),
       "mx.nd.FullyConnected(x, y, num_hidden=3, no_bias=True)", (2, 5), (3, 5)),
    _m("FullyConnected has a bias too many", _INVOKE, "FullyConnected expects 2 inputs, but got 3",
       lambda x, y, z: nd.FullyConnected(x, y, z, num_hidden=3, no_bias=True),
       "mx.nd.FullyConnected(x, y, z, num_hidden=3, no_bias=False)", (2, 5), (3, 5), (3,)),
    _m("FullyConnected, a weight of another shape", "src/operator/operator_common.h",
       r"[Ss]hape inconsistent, Provided = \[3,9\]",
       lambda x, y, z: nd.FullyConnected(x, y, z, num_hidden=3),
       "mx.nd.FullyConnected(x, mx.nd.ones((3, 5)), z, num_hidden=3)", (2, 5), (3, 9), (3,)),
    _m("FullyConnected, a bias of two axes", "src/operator/nn/mkldnn/mkldnn_fully_connected.cc",
       r"Unexpected shape for bias \[3,1\]",
       lambda x, y, z: nd.FullyConnected(x, y, z, num_hidden=3).asnumpy(),
       "mx.nd.FullyConnected(x, weight, bias.reshape((-1,)), ...)", (2, 5), (3, 5), (3, 1),
       mended=lambda x, y, z: nd.FullyConnected(x, y, z.reshape((-1,)), num_hidden=3)),
    _m("Embedding, a weight of another shape", "src/operator/operator_common.h",
       r"[Ss]hape inconsistent, Provided = \[4,3\]",
       lambda x, y: nd.Embedding(x, y, input_dim=4, output_dim=5),
       "mx.nd.Embedding(x, y, input_dim=4, output_dim=3)", (1,), (4, 3)),
    _m("SoftmaxOutput, labels of another batch", "src/operator/operator_common.h",
       r"[Ss]hape inconsistent, Provided = \[5\]",
       nd.SoftmaxOutput, "mx.nd.SoftmaxOutput(x, mx.nd.ones((2,)))", (2, 3), (5,)),
]  # fmt: skip

CONVOLUTIONS = [
    _layer("a stride of 0", _CONVOLUTION, r"incorrect stride size: \[0,0\]",
           lambda: nn.Conv2D(4, 3, strides=0), lambda: nn.Conv2D(4, 3, strides=(1, 1)),
           "nn.Conv2D(..., strides=(1, 1))"),
    _layer("a kernel of 0", _CONVOLUTION, r"incorrect kernel size: \[0,0\]",
           lambda: nn.Conv2D(4, 0), lambda: nn.Conv2D(4, kernel_size=(1, 1)),
           "nn.Conv2D(..., kernel_size=(1, 1))"),
    _layer("a dilation of 0", _CONVOLUTION, r"incorrect dilate size: \[0,0\]",
           lambda: nn.Conv2D(4, 3, dilation=0), lambda: nn.Conv2D(4, 3, dilation=(1, 1)),
           "nn.Conv2D(..., dilation=(1, 1))"),
    _layer("groups that do not divide the channels", _CONVOLUTION, "output num_filter must divide",
           lambda: nn.Conv2D(4, 3, groups=3), lambda: nn.Conv2D(4, 3, groups=1),
           "nn.Conv2D(..., groups=1)"),
    _layer("groups that do not divide the channels, transposed", _DECONVOLUTION,
           "input num_filter must divide group size",
           lambda: nn.Conv2DTranspose(4, 3, groups=2), lambda: nn.Conv2DTranspose(4, 3, groups=1),
           "nn.Conv2DTranspose(..., groups=1)"),
    _layer("an output padding as large as the stride", _DECONVOLUTION,
           r"adj\(y\) must be samller than stride\[0\]",
           lambda: nn.Conv2DTranspose(4, 3, strides=2, output_padding=2),
           lambda: nn.Conv2DTranspose(4, 3, strides=2, output_padding=1),
           "nn.Conv2DTranspose(..., output_padding=1)"),
    _layer("a dilation in three axes, transposed", _DECONVOLUTION, "Dilate is not supported in 3d",
           lambda: nn.Conv3DTranspose(4, 3, dilation=2),
           lambda: nn.Conv3DTranspose(4, 3, dilation=1),
           "nn.Conv3DTranspose(..., dilation=1)", mx.nd.ones((1, 3, 4, 4, 4))),
    _m("one stride for a kernel of two", _CONVOLUTION, "Stride must have the same number of dim",
       lambda x, y: nd.Convolution(x, y, no_bias=True, kernel=(3, 3), stride=(1,), num_filter=4),
       "mx.nd.Convolution(x, y, kernel=(3, 3), stride=(1, 1), num_filter=4, no_bias=True)",
       (2, 3, 8, 8), (4, 3, 3, 3)),
    _m("one padding for a kernel of two", _CONVOLUTION, "Padding must have the same number of dim",
       lambda x, y: nd.Convolution(x, y, no_bias=True, kernel=(3, 3), pad=(1,), num_filter=4),
       "mx.nd.Convolution(x, y, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
       (2, 3, 8, 8), (4, 3, 3, 3)),
    _m("one dilation for a kernel of two", _CONVOLUTION, "Dilate must have the same number of dim",
       lambda x, y: nd.Convolution(x, y, no_bias=True, kernel=(3, 3), dilate=(1,), num_filter=4),
       "mx.nd.Convolution(x, y, kernel=(3, 3), dilate=(1, 1), num_filter=4, no_bias=True)",
       (2, 3, 8, 8), (4, 3, 3, 3)),
    _m("a kernel of four axes", _CONVOLUTION, "4D convolution not supported",
       lambda x, y: nd.Convolution(x, y, no_bias=True, kernel=(2,) * 4, num_filter=4),
       "mx.nd.Convolution(x, y, kernel=(2, 2), num_filter=4, no_bias=True)",
       (2, 3, 8, 8), (4, 3, 2, 2)),
    _m("a target shape that is too large", "src/operator/nn/deconvolution-inl.h",
       "too big target shape",
       lambda x, y: nd.Deconvolution(x, y, kernel=(3, 3), num_filter=4, target_shape=(20, 20)),
       "mx.nd.Deconvolution(x, y, kernel=(3, 3), num_filter=4)", (2, 3, 8, 8), (3, 4, 3, 3)),
]  # fmt: skip

POOLING = [
    _layer("a pool that is larger than the image", _POOLING, r"kernel size \(9\) exceeds input",
           lambda: nn.MaxPool2D(9), lambda: nn.MaxPool2D((8, 8)), "nn.MaxPool2D((8, 8))"),
    _layer("a pool that is larger than three axes", _POOLING, "kernel size exceeds input",
           lambda: nn.MaxPool3D(9), lambda: nn.MaxPool3D((4, 4, 4)), "nn.MaxPool3D((4, 4, 4))",
           mx.nd.ones((1, 1, 4, 4, 4))),
    _m("a pool without the batch axis", _POOLING, r"Input data should be 4D in \(batch, channel",
       lambda x: run(nn.MaxPool2D(2), x), "net(x.expand_dims(0))", (3, 8, 8),
       mended=lambda x: run(nn.MaxPool2D(2), x.expand_dims(0))),
    _m("a pool of a norm without p", _POOLING, r"param\.p_value\.has_value\(\)",
       lambda x: nd.Pooling(x, kernel=(2, 2), pool_type="lp"),
       "mx.nd.Pooling(x, kernel=(2, 2), pool_type='lp', p_value=2)", (2, 3, 8, 8)),
    _m("a pool of an unknown norm", "src/operator/nn/pooling-inl.h", "p value of 5 is not supported",
       lambda x: nd.Pooling(x, kernel=(2, 2), pool_type="lp", p_value=5).asnumpy(),
       "mx.nd.Pooling(..., p_value=2)", (2, 3, 8, 8),
       mended=lambda x: nd.Pooling(x, kernel=(2, 2), pool_type="lp", p_value=2)),
    _m("a pool without a kernel", _POOLING, "0D pooling not supported",
       lambda x: nd.Pooling(x, pool_type="max"), "mx.nd.Pooling(x, pool_type='max', kernel=(2, 2))",
       (2, 3, 8, 8)),
    _m("a pool that keeps the size", _POOLING, "Currently 'same' supports Max Pooling 1-D",
       lambda x: nd.Pooling(x, kernel=(2, 2), pooling_convention="same"),
       "mx.nd.Pooling(x, kernel=(2, 2), pooling_convention='full')", (2, 3, 8, 8)),
]  # fmt: skip

NORMS = [
    _layer("groups of a GroupNorm", "src/operator/nn/group_norm.cc", "# of channels must be divisib",
           lambda: nn.GroupNorm(2), lambda: nn.GroupNorm(num_groups=1), "nn.GroupNorm(..., num_groups=1)"),
    _m("InstanceNorm of two axes", "src/operator/instance_norm-inl.h",
       "InstanceNorm only supports input tensors of rank >= 3",
       lambda: run(nn.InstanceNorm(), X), "call it with x.expand_dims(2)",
       mended=lambda: run(nn.InstanceNorm(), X.expand_dims(2))),
    _layer("slopes of a PReLU", "src/operator/leaky_relu-inl.h", "Cannot broadcast gamma to data",
           lambda: nn.PReLU(in_channels=4), lambda: nn.PReLU(in_channels=3), "nn.PReLU(in_channels=3)"),
    _m("L2Normalization of channels", "src/operator/l2_normalization-inl.h",
       "At lease 3 dimensions required in channel mode",
       lambda x: nd.L2Normalization(x, mode="channel"),
       "mx.nd.L2Normalization(x.expand_dims(2), mode='channel')", (2, 3)),
    _m("UpSampling without the batch axis", "src/operator/nn/upsampling.cc",
       r"Input data should be 4D in \(batch, channel, y, x\)",
       lambda x: nd.UpSampling(x, scale=2, sample_type="nearest"),
       "mx.nd.UpSampling(x.expand_dims(0), scale=2, sample_type='nearest')", (2, 3, 4)),
]  # fmt: skip


def _projected(size):
    net = rnn.LSTM(3, projection_size=size) if size else nn.HybridSequential()
    if not size:
        net.add(rnn.LSTM(3), nn.Dense(2, flatten=False))
    net.initialize()
    with autograd.record():
        y = net(mx.nd.ones((2, 3, 4)))
    y.backward()
    y.wait_to_read()


SEQUENCES = [
    _m("training with a projection", "src/operator/rnn-inl.h", "No training support for LSTM with proj",
       lambda: _projected(2), "nn.Dense(size, flatten=False) behind it", mended=lambda: _projected(0)),
    _m("SequenceMask of one axis", "src/operator/sequence_mask-inl.h", "must be of rank 2 or greater",
       lambda x, y: nd.SequenceMask(x, y, use_sequence_length=True),
       "mx.nd.SequenceMask(x.expand_dims(1), y[:1], use_sequence_length=True)", (3,), (3,)),
    _m("SequenceLast of one axis", "src/operator/sequence_last-inl.h", "must be of rank 2 or greater",
       lambda x, y: nd.SequenceLast(x, y, use_sequence_length=True),
       "mx.nd.SequenceLast(x.expand_dims(1), y[:1], use_sequence_length=True)", (3,), (3,)),
    _m("SequenceMask along another axis", "src/operator/sequence_mask-inl.h", "axis to be 0 or 1",
       lambda x, y: nd.SequenceMask(x, y, use_sequence_length=True, axis=2),
       "mx.nd.SequenceMask(x.swapaxes(0, 2), y, use_sequence_length=True, axis=0)", (3, 2, 2), (2,)),
    _m("SequenceReverse along another axis", "src/operator/sequence_reverse-inl.h", "axis to be 0",
       lambda x, y: nd.SequenceReverse(x, y, use_sequence_length=True, axis=1),
       "mx.nd.SequenceReverse(x.swapaxes(0, 1), y, use_sequence_length=True, axis=0)",
       (2, 3, 2), (2,)),
]  # fmt: skip


def _ctc(name, text, wrong, right, advice):
    def loss(*shapes):
        given = [None if shape is None else mx.nd.ones(shape) for shape in shapes]
        return gluon.loss.CTCLoss()(*given).asnumpy()

    return _m(name, _CTC, text, lambda: loss(*wrong), advice, mended=lambda: loss(*right))


LOSSES = [
    _ctc("CTC, predictions of two axes", "number of dimensions of data array must be 3",
         [(2, 3), (2, 3)], [(1, 2, 3), (1, 2)], "pred.expand_dims(0)"),
    _ctc("CTC, more labels than steps", "max number of labels cannot exceed",
         [(2, 3, 4), (2, 9)], [(2, 3, 4), (2, 3)], "loss(pred, label[:, :3])"),
    _ctc("CTC, lengths of predictions", "batch size for the data and data lengths must be the same",
         [(2, 20, 4), (2, 3), (5,)], [(2, 20, 4), (2, 3), (2,)], "pred_lengths of shape (2,)"),
    _ctc("CTC, lengths of labels", "batch size for the labels and label lengths must be the same",
         [(2, 20, 4), (2, 3), None, (5,)], [(2, 20, 4), (2, 3), None, (2,)],
         "label_lengths of shape (2,)"),
]  # fmt: skip


def _net(*layers):
    net = nn.HybridSequential()
    net.add(*layers)
    return net


def _drawn(init, again=None):
    net = _net(nn.Dense(3), nn.Dense(2))
    net.initialize(init)
    if again is not None:
        with pytest.raises(mx.MXNetError):
            net(X).asnumpy()
        net.initialize(again, force_reinit=True)
    return net(X).asnumpy()


_NORMAL = "src/operator/random/sample_op.h"
INITIALIZERS = [
    _m("an initializer of a deviation below 0", _NORMAL, "scale parameter in gaussian has to be pos",
       lambda: _drawn(mx.init.Normal(-1)), "net.initialize(mx.init.Normal(sigma=1), force_reinit=True)",
       mended=lambda: _drawn(mx.init.Normal(-1), mx.init.Normal(sigma=1))),
    _layer("a layer's initializer of a bound below 0", _NORMAL, "low must be less or equal to high",
           lambda: nn.Dense(3, weight_initializer=mx.init.Uniform(-0.5)),
           lambda: nn.Dense(3, weight_initializer=mx.init.Uniform(scale=0.5)),
           "nn.Dense(..., weight_initializer=mx.init.Uniform(scale=0.5))", X),
]  # fmt: skip

MESSAGES = [
    *ARGUMENTS, *CONVOLUTIONS, *POOLING, *NORMS, *SEQUENCES, *LOSSES, *INITIALIZERS,
]  # fmt: skip
