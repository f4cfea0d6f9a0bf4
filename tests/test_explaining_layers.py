"""Each of the messages of MXNet's layers and losses: made for real, and followed."""

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import numpy as np
import pytest
from explained import X, failing, says, warned
from mxnet import gluon
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("named_alike")


def runs(layer, shape):
    """The layer's values for random data of a shape."""
    layer.initialize()
    return layer(mx.nd.random.uniform(shape=shape)).asnumpy()


CONVOLUTIONS = {"Conv1D": "NCW", "Conv2D": "NCHW", "Conv3D": "NCDHW", "Conv1DTranspose": "NCW",
                "Conv2DTranspose": "NCHW", "Conv3DTranspose": "NCDHW"}  # fmt: skip
POOLINGS = {f"{kind}Pool{n}D": layout for kind in ("Max", "Avg", "GlobalMax", "GlobalAvg")
            for n, layout in ((1, "NCW"), (2, "NCHW"), (3, "NCDHW"))}  # fmt: skip


class TestLayouts:
    @pytest.mark.parametrize("kind", [*CONVOLUTIONS, *POOLINGS])
    def test_one_that_the_layer_does_not_take(self, kind):
        layout = {**CONVOLUTIONS, **POOLINGS}[kind]
        wrong = layout[1] + layout[0] + layout[2:]
        given = (4, 3) if kind in CONVOLUTIONS else ()
        said = failing(lambda: getattr(nn, kind)(*given, layout=wrong))
        order = tuple(wrong.index(axis) for axis in layout)
        says(said, f"{kind}.layout", f"layout={layout!r}", f"x.transpose({order})")
        sizes = {"N": 2, "C": 3, "D": 6, "H": 7, "W": 8}
        x = mx.nd.ones([sizes[axis] for axis in wrong])
        layer = getattr(nn, kind)(*given, layout=layout)
        layer.initialize()
        assert layer(x.transpose(order)).shape[:2] == (2, 4 if kind in CONVOLUTIONS else 3)

    def test_one_of_other_axes(self):
        says(failing(lambda: nn.Conv2D(4, 3, layout="NCW")), "layout='NCHW'", "batch, channels")
        assert runs(nn.Conv2D(4, 3, layout="NCHW"), (2, 3, 8, 8)).shape == (2, 4, 6, 6)


class TestSizes:
    @pytest.mark.parametrize("kind", [*CONVOLUTIONS, *list(POOLINGS)[:6]])
    def test_too_many_or_too_few(self, kind):
        count = int(kind.replace("Transpose", "")[-2])
        argument = "kernel_size" if kind in CONVOLUTIONS else "pool_size"
        given = {"channels": 4} if kind in CONVOLUTIONS else {}
        wrong = (3,) * (count % 3 + 1)
        said = failing(lambda: getattr(nn, kind)(**given, **{argument: wrong}))
        right = 3 if count == 1 else (3,) * count
        says(said, f"{kind}.{argument}", f"{argument}={right}")
        layout = {**CONVOLUTIONS, **POOLINGS}[kind]
        shape = [{"N": 2, "C": 3}.get(axis, 9) for axis in layout]
        assert runs(getattr(nn, kind)(**given, **{argument: right}), shape).shape[0] == 2

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_of_the_output_padding(self, count):
        kind = getattr(nn, f"Conv{count}DTranspose")
        wrong = (1,) * (count % 3 + 1)
        said = failing(lambda: kind(4, 3, strides=2, output_padding=wrong))
        right = 1 if count == 1 else (1,) * count
        says(said, "output_padding", f"output_padding={right}")
        layer = kind(4, 3, strides=2, output_padding=right)
        assert runs(layer, [2, 3, *[5] * count]).shape[2] == 12

    def test_different_ones(self):
        says(failing(lambda: nn.Conv1D(4, (3, 5))), "kernel_size=3", "nn.Conv2D")
        runs(nn.Conv1D(4, 3), (2, 3, 9))
        runs(nn.Conv2D(4, (3, 5)), (2, 3, 9, 9))

    def test_of_reflection(self):
        says(failing(lambda: nn.ReflectionPad2D((1, 2, 3, 2))), "(0, 0, 0, 0, 1, 2, 3, 2)")
        assert runs(nn.ReflectionPad2D((0, 0, 0, 0, 1, 2, 3, 2)), (1, 1, 8, 8)).shape[2:] == (
            11,
            13,
        )
        says(failing(lambda: nn.ReflectionPad2D((1, 1))), "nn.ReflectionPad2D(1)")
        assert runs(nn.ReflectionPad2D(1), (1, 1, 8, 8)).shape[2:] == (10, 10)


class TestOtherLayers:
    def test_a_slope_below_zero(self):
        says(failing(lambda: nn.LeakyReLU(-0.1)), "LeakyReLU.alpha", "nn.LeakyReLU(0.1)")
        assert nn.LeakyReLU(0.1)(mx.nd.array([-1.0])).asscalar() == pytest.approx(-0.1)

    def test_a_sequential_of_hybrid_blocks(self, tmp_path):
        def built(kind):
            net = kind()
            net.add(nn.Dense(3), nn.Dense(2))
            return net

        net = built(nn.Sequential)
        net.initialize()
        said = warned(net.hybridize, part="All children")
        says(said, "sequential0_", "nn.HybridSequential()", "export()")
        before = net(X).asnumpy()
        net.save_parameters(str(tmp_path / "net.params"))
        anew = built(nn.HybridSequential)
        anew.load_parameters(str(tmp_path / "net.params"))
        anew.hybridize()
        assert (anew(X).asnumpy() == before).all()
        anew.export(str(tmp_path / "net"))

    @pytest.mark.parametrize("kind", [nn.Lambda, nn.HybridLambda])
    def test_a_function_that_is_not_there(self, kind):
        says(failing(lambda: kind("rellu")), "'rellu'", f"nn.{kind.__name__}('relu')")
        assert kind("relu")(mx.nd.array([-1.0])).asscalar() == 0
        says(failing(lambda: kind("qqqq")), f"nn.{kind.__name__}(lambda")
        result = mx.nd.ones((2,))
        says(failing(lambda: kind(result)), "cannot be called", "x: x * 2")
        function = (lambda x: x * 2) if kind is nn.Lambda else (lambda F, x: x * 2)
        assert (kind(function)(X).asnumpy() == 2).all()

    def test_a_function_that_symbols_do_not_have(self):
        says(failing(lambda: nn.HybridLambda("array")), "mx.sym has not", "nn.Lambda('array')")
        net = nn.Sequential()
        net.add(nn.Lambda("array"))
        assert net(X).shape == X.shape


class TestEmbeddings:
    def test_a_weight_that_is_shared(self):
        dense = nn.Dense(10, in_units=3, use_bias=False)
        said = failing(lambda: nn.Embedding(10, 4, params=dense.params))
        says(said, "dense0_weight", "Embedding(10, 4)", "nn.Embedding(10, 3, params=...)")
        assert nn.Embedding(10, 3, params=dense.params).weight is dense.weight

    def test_values_of_another_shape(self):
        net = nn.HybridSequential()
        net.add(nn.Embedding(10, 3))
        net.initialize()
        said = failing(net[0].weight.set_data, mx.nd.ones((11, 3)))
        says(said, "0.weight", "(10, 3)", "(11, 3)", "build the layer anew")
        net[0].weight.set_data(mx.nd.ones((10, 3)))
        assert (net(mx.nd.array([4])).asnumpy() == 1).all()

    @pytest.mark.parametrize("hybrid", [False, True])
    def test_a_table_of_ones_own(self, hybrid):
        class Table(gluon.HybridBlock):
            def __init__(self, width):
                super().__init__()
                self.width = width
                self.table = self.params.get("table", shape=(10, 4))

            def hybrid_forward(self, F, x, table):
                return F.Embedding(x, table, input_dim=10, output_dim=self.width)

        def built(width):
            net = nn.HybridSequential()
            net.add(Table(width))
            net.initialize()
            if hybrid:
                net.hybridize()
            return net

        words = mx.nd.array([1, 2])
        said = failing(built(3), words)
        says(said, "0.table", "F.Embedding(x, table, input_dim=10, output_dim=4)")
        assert built(4)(words).shape == (2, 4)


class TestLosses:
    def test_a_weight_that_is_no_number(self):
        weight = mx.nd.array([[1.0], [0.0]])
        said = failing(lambda: gluon.loss.L2Loss(weight=weight)(X, X + 1))
        says(said, "L2Loss.weight", "loss(pred, label, weight)")
        assert gluon.loss.L2Loss()(X, X + 1, weight).asnumpy().tolist() == [0.5, 0.0]
        said = failing(lambda: gluon.loss.L2Loss(weight=mx.nd.array([2.0]))(X, X + 1))
        says(said, "gluon.loss.L2Loss(weight=2)")
        assert (gluon.loss.L2Loss(weight=2)(X, X + 1).asnumpy() == 1).all()

    def test_the_layouts_of_ctc(self):
        wrong = {"layout": "NT"}
        says(failing(lambda: gluon.loss.CTCLoss(**wrong)), "CTCLoss.layout", "layout='NTC'")
        gluon.loss.CTCLoss(layout="NTC")(mx.nd.ones((2, 5, 3)), mx.nd.ones((2, 2)))
        said = failing(lambda: gluon.loss.CTCLoss(label_layout="NTC"))
        says(said, "CTCLoss.label_layout", "label_layout='NT'")
        gluon.loss.CTCLoss(label_layout="NT")(mx.nd.ones((2, 5, 3)), mx.nd.ones((2, 2)))
        said = failing(lambda: rnn.LSTM(4, layout="NCT"))
        says(said, "LSTM.layout", "rnn.LSTM(..., layout='TNC')", "x.transpose((2, 0, 1))")
        net = rnn.LSTM(4, layout="TNC")
        net.initialize()
        assert net(mx.nd.ones((2, 3, 5)).transpose((2, 0, 1))).shape == (5, 2, 4)

    def test_the_format_of_the_labels(self):
        said = failing(lambda: gluon.loss.LogisticLoss(label_format="zero-one"))
        says(said, "label_format='binary'", "'signed'")
        loss = gluon.loss.LogisticLoss(label_format="binary")
        signed = gluon.loss.LogisticLoss()
        labels = mx.nd.array([[0.0], [1.0]])
        found, wanted = (loss(X[:, :1], labels), signed(X[:, :1], labels * 2 - 1))
        assert np.allclose(found.asnumpy(), wanted.asnumpy())

    def test_pairs(self):
        loss = gluon.loss.SDMLLoss()
        says(failing(loss, X, mx.nd.ones((3, 5))), "SDMLLoss", "x2 of shape (2, 5)")
        loss(X, mx.nd.ones((2, 5)))

    def test_labels_of_another_shape(self):
        loss = gluon.loss.L2Loss()
        says(failing(loss, X, mx.nd.ones((2, 4))), "(2, 5)", "labels of shape (2, 4)")
        loss(X, mx.nd.ones((2, 5)))
        loss = gluon.loss.SoftmaxCELoss()
        says(failing(loss, X, mx.nd.ones((3,))), "label of shape (2,)")
        loss(X, mx.nd.ones((2,)))
        says(failing(loss, X, X / 5), "sparse_label=False")
        said = gluon.loss.SoftmaxCrossEntropyLoss(sparse_label=False)(X, X / 5)
        assert said.asnumpy() == pytest.approx(np.log(5), rel=1e-4)
        loss = gluon.loss.CTCLoss()
        data = mx.nd.ones((5, 2, 3))
        says(failing(loss, data, mx.nd.ones((2, 2))), "layout='TNC'")
        gluon.loss.CTCLoss(layout="TNC")(data, mx.nd.ones((2, 2)))
