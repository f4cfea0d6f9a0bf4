"""Devices, layers and cells that were handed something else: explained, and mended as told."""

import mxnet as mx
import pytest
from explained import failing, says
from mxnet import nd
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("named_alike")
X = nd.ones((2, 3))
STEPS = nd.ones((7, 2, 3))


def dense():
    return nn.Dense(2, in_units=3)


def sequence(kind=nn.HybridSequential, units=(4, 2)):
    net = kind()
    net.add(*map(nn.Dense, units))
    net.initialize()
    net(X)
    return net


@pytest.mark.parametrize(
    ("given", "found", "right"),
    [
        ("cpu", "given 'cpu'", "ctx=mx.cpu()"),
        ("cpu(1)", "given 'cpu(1)'", "ctx=mx.cpu(1)"),
        (mx.cpu, "given the function cpu", "ctx=mx.cpu()"),
        (["cpu"], "given 'cpu'", "ctx=mx.cpu()"),
    ],
)
def test_devices(given, found, right):
    says(failing(lambda: dense().initialize(ctx=given)), found, right)
    dense().initialize(ctx=mx.cpu(1))


def test_no_device():
    net = dense()
    net.initialize(ctx=[])
    says(failing(net, X), "on no device", "net.initialize(ctx=mx.cpu(0), force_reinit=True)")
    net.initialize(ctx=mx.cpu(0), force_reinit=True)
    net(X)


def replaced(net):
    net[1] = nn.Dense(3)


def deleted(net):
    del net[1]


class TestSequential:
    def test_another_last_layer(self):
        net = sequence()
        says(failing(replaced, net), "asked for the assignment of a layer", "new.add(*net[:-1], ")
        new = nn.HybridSequential()
        new.add(*net[:-1], nn.Dense(3))
        new[-1].initialize()
        assert new(X).shape == (2, 3)
        assert new[0].weight is net[0].weight

    def test_without_the_last_layer(self):
        net = sequence()
        says(failing(deleted, net), "asked for the deletion of a layer", "new.add(*net[:-1])")
        new = nn.HybridSequential()
        new.add(*net[:-1])
        assert (new(X) == net[0](X)).asnumpy().all()


class OwnForward(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dense(2)

    def forward(self, x):
        return self.layer(x)


class MadeHybrid(OwnForward):
    forward = nn.HybridBlock.forward

    def hybrid_forward(self, F, x):
        return self.layer(x)


def test_a_forward_of_its_own_makes_no_graph(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in (OwnForward, MadeHybrid):
        net = kind()
        net.initialize()
        net.hybridize()
        net(X)
        if kind is OwnForward:
            says(failing(net.export, "net"), "a forward of its own, which makes no graph",
                 "def hybrid_forward(self, F, x)")  # fmt: skip
    net.export("net")


def test_what_is_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = sequence()
    says(failing(mx.nd.save, "a", {"w": net[0].weight}), "given Parameter", "parameter.data()")
    mx.nd.save("a", {name: one.data() for name, one in net.collect_params().items()})


def test_texts_for_indices():
    says(failing(mx.nd.array, [["a"]]), "hold numbers only")


def test_a_part_in_half_precision():
    net = nn.PReLU()
    net.initialize()
    net.cast("float16")
    says(failing(net, X), "float16 and float32 at once", "net.cast('float32')")
    net.cast("float32")
    net(X)


def test_channels_last_on_the_cpu():
    net = nn.Conv2D(3, 3, layout="NHWC")
    net.initialize()
    image = nd.ones((1, 8, 8, 4))
    says(failing(lambda: net(image).asnumpy()), "with layout='NHWC', on the CPU",
         "layout='NCHW'", "x.transpose((0, 3, 1, 2))")  # fmt: skip
    net = nn.Conv2D(3, 3, layout="NCHW")
    net.initialize()
    net(image.transpose((0, 3, 1, 2))).asnumpy()


class TestRecurrent:
    def test_states_of_a_layer(self):
        layer = rnn.GRU(5)
        layer.initialize()

        def unpacked():
            out, states = layer(STEPS)
            return out, states

        says(failing(unpacked), "called without states", "layer.begin_state(batch_size=...)")
        out, states = layer(STEPS, layer.begin_state(batch_size=2))
        assert (out.shape, len(states)) == ((7, 2, 5), 1)

    def test_states_of_several_cells(self):
        cell = rnn.SequentialRNNCell()
        cell.add(rnn.LSTMCell(4))
        cell.add(rnn.LSTMCell(4))
        cell.initialize()
        states = rnn.LSTMCell(4).begin_state(batch_size=2)
        says(failing(cell, X, states), "SequentialRNNCell: given 2 states, and it has 4",
             "begin_state(batch_size=2)")  # fmt: skip
        cell(X, cell.begin_state(batch_size=2))

    def test_the_last_step(self):
        class Last(nn.HybridBlock):
            def __init__(self, take):
                super().__init__()
                self.layer, self.take = rnn.LSTM(4), take

            def hybrid_forward(self, F, x):
                return self.take(F, self.layer(x))

        net = Last(lambda F, x: x[-1])
        net.initialize()
        net.hybridize()
        says(failing(net, STEPS), "takes x[-1]", "F.SequenceLast(x)")
        plain = Last(lambda F, x: F.SequenceLast(x))
        plain.initialize()
        plain.hybridize()
        assert plain(STEPS).shape == (2, 4)

    def test_states_in_a_hybrid_forward(self):
        class Begun(nn.HybridBlock):
            def __init__(self, begin):
                super().__init__()
                self.layer, self.begin = rnn.LSTM(4), begin

            def hybrid_forward(self, F, x):
                return self.begin(F, self.layer, x)

        def made(begin):
            net = Begun(begin)
            net.initialize()
            net.hybridize()
            return net(STEPS)

        says(failing(made, lambda F, one, x: one(x, one.begin_state(batch_size=2))[0]),
             "given a symbol, and arrays for its states", "self.layer(x)", "func=F.zeros")  # fmt: skip
        alone = made(lambda F, one, x: one(x))
        begun = made(lambda F, one, x: one(x, one.begin_state(batch_size=2, func=F.zeros))[0])
        assert alone.shape == begun.shape == (7, 2, 4)

    def test_another_length(self):
        class Unrolled(nn.HybridBlock):
            def __init__(self):
                super().__init__()
                self.cell = rnn.GRUCell(4)

            def hybrid_forward(self, F, x):
                return self.cell.unroll(7, x, layout="TNC", merge_outputs=True)[0]

        net = Unrolled()
        net.initialize()
        net.hybridize()
        net(STEPS)
        says(failing(net, STEPS[:5]), "unrolled over 7 steps, and given 5", "rnn.LSTM")
        padded = nd.concat(STEPS[:5], nd.zeros((2, 2, 3)), dim=0)
        net(padded)


@mx.operator.register("strangers_shapeless")
class Shapeless(mx.operator.CustomOpProp):
    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0][9]], []


def test_the_shapes_of_ones_own_operator(capfd):
    class Net(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            self.layer = nn.Dense(2)

        def hybrid_forward(self, F, x):
            return F.Custom(self.layer(x), op_type="strangers_shapeless")

    net = Net()
    net.initialize()
    net.hybridize()
    says(failing(net, X), "whose infer_shape raises", "Prop().infer_shape([[2, 3]])")
    with pytest.raises(IndexError):
        Shapeless().infer_shape([[2, 3]])


def test_an_epoch_that_is_a_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = sequence()
    net.hybridize()
    net(X)
    says(failing(net.export, "net", "1"), "epoch: of type str", "net.export(path, epoch=1)")
    net.export("net", epoch=1)
