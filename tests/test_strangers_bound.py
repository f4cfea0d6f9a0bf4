"""What a Module's graph meets when it is bound, and when it runs: explained, mended as told."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings(
        "ignore:.*(rescale_grad|created Module|Already bound|Parameters al)"
    ),
]
RANDOM = np.random.default_rng(0)
FLAT, STEPS = RANDOM.random((8, 3)).astype("float32"), RANDOM.random((8, 3, 5)).astype("float32")
IMAGES = RANDOM.random((8, 6, 6)).astype("float32")
CLASSES = np.arange(8) % 2


def layer(units=2, name="fc", data=None):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=units, name=name)


def fit(symbol, x=FLAT, y=CLASSES, batch=4, **given):
    module = mx.mod.Module(mx.sym.SoftmaxOutput(symbol, name="softmax"))
    module.fit(mx.io.NDArrayIter(x, y, batch), num_epoch=1, **given)
    return module


def split(layout):
    cell = mx.rnn.LSTMCell(4, prefix="lstm_")
    out, _ = cell.unroll(3, inputs=mx.sym.var("data"), layout=layout, merge_outputs=True)
    return layer(data=out)


def convolution(kernel, data):
    return layer(data=mx.sym.Convolution(data, kernel=kernel, num_filter=2, name="conv"))


def pooling(kernel):
    images = mx.sym.expand_dims(mx.sym.var("data"), axis=1)
    return layer(data=mx.sym.Pooling(images, kernel=kernel, pool_type="max", name="pool"))


def part(**ends):
    return layer(data=mx.sym.slice_axis(mx.sym.var("data"), axis=1, name="part", **ends))


DATA = mx.sym.var("data")
GRAPHS = {
    "steps on another axis": (
        lambda: fit(split("TNC"), STEPS), ["axis 0 of (4, 3, 5) apart into 3", "layout='NTC'"],
        lambda: fit(split("NTC"), STEPS)),
    "images without channels": (
        lambda: fit(convolution((3, 3), DATA), IMAGES), ["mx.sym.expand_dims(data, axis=1)"],
        lambda: fit(convolution((3, 3), mx.sym.expand_dims(DATA, axis=1)), IMAGES)),
    "a kernel beyond the image": (
        lambda: fit(pooling((9, 9)), IMAGES), ["with a kernel of 9", "kernel=(6, 6)"],
        lambda: fit(pooling((6, 6)), IMAGES)),
    "a part beyond the axis": (
        lambda: fit(part(begin=0, end=9)), ["with end=9, for an axis of 3", "end=None"],
        lambda: fit(part(begin=0, end=None))),
    "an activation that is a layer": (
        lambda: fit(layer(data=mx.sym.Activation(DATA, act_type="leaky"))),
        ["mx.sym.LeakyReLU(x, act_type='leaky')"],
        lambda: fit(layer(data=mx.sym.LeakyReLU(DATA, act_type="leaky")))),
    "a class beyond the layer": (
        lambda: fit(layer(), y=CLASSES + 1, eval_metric="ce"), ["a label of 2", "y - y.min()"],
        lambda: fit(layer(), y=CLASSES + 1 - (CLASSES + 1).min(), eval_metric="ce")),
}  # fmt: skip


@pytest.mark.parametrize("case", GRAPHS)
def test_graphs(case):
    wrong, said, right = GRAPHS[case]
    says(failing(wrong), *said)
    right()


def test_a_layer_of_another_name():
    arg_params, aux_params = fit(layer()).get_params()
    old = arg_params["fc_weight"].asnumpy()
    module = mx.mod.Module(mx.sym.SoftmaxOutput(layer(name="dense"), name="softmax"))
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    says(failing(module.set_params, arg_params, aux_params), "called fc_weight, fc_bias",
         "'dense_weight': arg_params.pop('fc_weight')")  # fmt: skip
    arg_params = {
        "dense_weight": arg_params.pop("fc_weight"), "dense_bias": arg_params.pop("fc_bias"),
        **arg_params,
    }  # fmt: skip
    module.set_params(arg_params, aux_params)
    assert (module.get_params()[0]["dense_weight"].asnumpy() == old).all()


class Adding(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] + aux[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0])


@mx.operator.register("strangers_adding")
class AddingProp(mx.operator.CustomOpProp):
    def list_auxiliary_states(self):
        return ["memory"]

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0]], [in_shape[0]]

    def create_operator(self, ctx, shapes, dtypes):
        return Adding()


def test_a_state_of_an_operator_of_ones_own():
    """The other meaning of "Unknown initialization pattern for aux"."""
    symbol = mx.sym.Custom(layer(), op_type="strangers_adding", name="adding")
    says(failing(fit, symbol), "an auxiliary state of the symbol",
         "aux_params={'adding_memory': mx.nd.zeros(shape)}, allow_missing=True",
         "mx.sym.var('adding_memory', init=mx.init.Zero())")  # fmt: skip
    fit(symbol, aux_params={"adding_memory": mx.nd.zeros((4, 2))}, allow_missing=True)
    memory = mx.sym.var("adding_memory", init=mx.init.Zero())
    symbol = mx.sym.Custom(layer(), memory, op_type="strangers_adding", name="adding")
    assert (fit(symbol).get_params()[1]["adding_memory"] == 0).asnumpy().all()


class TestReshape:
    def bound(self, shape):
        flat = mx.sym.reshape(DATA, shape=shape, name="flat")
        module = mx.mod.Module(mx.sym.SoftmaxOutput(layer(data=flat), name="softmax"))
        module.bind([("data", (4, 3))], [("softmax_label", (4,))])
        return module

    def test_other_sizes(self):
        """MXNet binds it, and then reads and writes beyond its arrays; here it is never run."""
        says(gi.explain(self.bound((4, 2))), "flat: it makes (4, 2) of (4, 3)", "shape=(0, -1)")
        assert "flat" not in str(gi.explain(self.bound((0, -1))))

    def test_the_size_of_the_batch(self):
        """MXNet issue 4275."""
        module = fit(layer(data=mx.sym.reshape(DATA, shape=(4, -1), name="flat")), STEPS)
        says(gi.explain(module), "the batch's size among it", "shape=(0, -1)")
        module = fit(layer(data=mx.sym.reshape(DATA, shape=(0, -1), name="flat")), STEPS)
        assert "flat" not in str(gi.explain(module))


def test_values_of_a_gluon_net_for_a_module():
    """MXNet issue 9374: all of them in one dictionary."""
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(4), mx.gluon.nn.BatchNorm(), mx.gluon.nn.Dense(2))
    net.initialize()
    expected = net(mx.nd.array(FLAT))
    module = mx.mod.Module(net(mx.sym.var("data")), label_names=None)
    module.bind([("data", FLAT.shape)], for_training=False)
    arg_params, aux_params = {n: p.data() for n, p in net.collect_params().items()}, {}
    says(failing(module.set_params, arg_params, aux_params), "in the other dictionary",
         "module.symbol.list_auxiliary_states() if name in arg_params")  # fmt: skip
    aux_params = {
        **aux_params,
        **{
            name: arg_params.pop(name)
            for name in module.symbol.list_auxiliary_states()
            if name in arg_params
        },
    }
    module.set_params(arg_params, aux_params)
    module.forward(mx.io.DataBatch([mx.nd.array(FLAT)]))
    assert np.allclose(module.get_outputs()[0].asnumpy(), expected.asnumpy(), atol=1e-6)
