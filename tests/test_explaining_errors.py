"""Each of MXNet's messages about shapes, labels, blocks and files: made for real, and followed."""

import json
import warnings

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import Unused, X, failing, says, two_layers
from mxnet import autograd, gluon
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")


class TestShapes:
    @pytest.mark.parametrize("hybrid", [False, True])
    def test_declared_width_contradicted_by_data(self, hybrid, capfd):
        net = two_layers(hybrid, in_units=7)
        net.initialize()
        if hybrid:
            net.hybridize()
        said = failing(net, X)
        says(said, "1.weight", "(2, 7)", "(2, 3)", "in_units=3", "build the net anew")
        anew = two_layers(hybrid, in_units=3)
        anew.initialize()
        assert anew(X).shape == (2, 2)

    def test_declared_channels_of_a_convolution(self):
        net = nn.HybridSequential()
        net.add(nn.Conv2D(4, 3, in_channels=3))
        net.initialize()
        says(failing(net, mx.nd.ones((1, 1, 8, 8))), "0.weight", "in_channels=1")
        anew = nn.Conv2D(4, 3, in_channels=1)
        anew.initialize()
        anew(mx.nd.ones((1, 1, 8, 8)))

    @pytest.mark.parametrize("hybrid", [False, True])
    def test_width_changed_later(self, hybrid):
        net = two_layers(hybrid)
        net.initialize()
        if hybrid:
            net.hybridize()
        net(X)
        said = failing(net, mx.nd.ones((2, 6)))
        says(said, "0.weight", "(3, 5)", "(3, 6)", "The first data", "build the net anew")
        net(X)
        anew = two_layers(hybrid)
        anew.initialize()
        anew(mx.nd.ones((2, 6)))

    def test_half_initialized_after_a_failed_first_forward(self):
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.Dense(4, in_units=7), nn.Dense(2))
        net.initialize()
        with pytest.raises(mx.MXNetError):
            net(X)
        says(gi.explain(net), "half-initialized", "0.weight", "2.weight", "Build the net anew")
        anew = two_layers()
        assert gi.infer_shapes(anew, (2, 6)).parameters["0.weight"] == (3, 6)
        anew.initialize()
        anew(mx.nd.ones((2, 6)))
        assert "half" not in str(gi.explain(anew))

    def test_a_net_that_is_partly_known_is_not_half_initialized(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=5), nn.Dense(2))
        net.initialize()
        assert "half" not in str(gi.explain(net))

    def test_operator_that_infers_nothing(self, capfd):
        class Product(gluon.HybridBlock):
            def __init__(self, operator):
                super().__init__()
                self.operator = operator
                self.w = self.params.get("w", shape=(3, 0), allow_deferred_init=True)

            def hybrid_forward(self, F, x, w):
                if self.operator == "dot":
                    return F.dot(x, w, transpose_b=True)
                return F.FullyConnected(x, w, no_bias=True, num_hidden=3)

        net = Product("dot")
        net.initialize()
        says(failing(net, X), "F.dot", "F.FullyConnected", "params.get(..., shape=...)")
        net = Product("FullyConnected")
        net.initialize()
        net(X)

    def test_plain_block_with_its_own_parameter(self):
        class Plain(gluon.Block):
            def __init__(self, shape):
                super().__init__()
                self.w = self.params.get("w", shape=shape, allow_deferred_init=True)

            def forward(self, x):
                return mx.nd.dot(x, self.w.data())

        net = Plain((0, 3))
        net.initialize()
        says(failing(net, X), "plain Block", "full shape")
        net = Plain((5, 3))
        net.initialize()
        net(X)

    def test_parameter_that_may_not_wait(self):
        class Strict(gluon.HybridBlock):
            def __init__(self, **more):
                super().__init__()
                self.w = self.params.get("w", shape=(3, 0), **more)

            def hybrid_forward(self, F, x, w):
                return F.FullyConnected(x, w, no_bias=True, num_hidden=3)

        says(failing(Strict().initialize), "(3, ?)", "allow_deferred_init=True")
        net = Strict(allow_deferred_init=True)
        net.initialize()
        net(X)

    def test_shape_read_from_a_symbol(self):
        class Flat(gluon.HybridBlock):
            def hybrid_forward(self, F, x):
                return F.reshape(x, (x.shape[0], -1))

        class Mended(gluon.HybridBlock):
            def hybrid_forward(self, F, x):
                return F.reshape(x, (0, -1))

        for kind, works in ((Flat, False), (Mended, True)):
            net = nn.HybridSequential()
            net.add(kind(), nn.Dense(3))
            net.initialize()
            net.hybridize()
            if works:
                net(X)
            else:
                says(failing(net, X), "x.shape", "F.reshape(x, (0, -1))")

    def test_set_data_of_another_shape(self):
        net = two_layers()
        net.initialize()
        net(X)
        says(failing(net[0].weight.set_data, mx.nd.ones((3, 6))), "0.weight", "(3, 5)", "(3, 6)")
        net[0].weight.set_data(mx.nd.ones((3, 5)))

    def test_loading(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # so that the file has the same name in each run
        net = two_layers()
        net.initialize()
        net(X)
        file = "net.params"
        net.save_parameters(file)
        other = nn.Sequential()
        other.add(nn.Dense(4), nn.Dense(2))
        says(failing(other.load_parameters, file), "0.weight", "(4, ?)", "(3, 5)")
        less = nn.Sequential()
        less.add(nn.Dense(3))
        says(failing(less.load_parameters, file), "1.weight", "ignore_extra=True")
        less.load_parameters(file, ignore_extra=True)
        more = two_layers()
        more.add(nn.Dense(3))
        says(failing(more.load_parameters, file), "2.weight", "allow_missing=True")
        more.load_parameters(file, allow_missing=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            more.initialize()
        more(X)


class TestOtherErrors:
    @pytest.mark.parametrize("hybridize", [False, True])
    def test_export_before_the_first_forward(self, hybridize, tmp_path):
        net = two_layers(hybrid=True)
        net.initialize()
        if hybridize:
            net.hybridize()
        says(failing(net.export, str(tmp_path / "x")), "net.hybridize(), then net(x)")
        net.hybridize()
        net(X)
        net.export(str(tmp_path / "x"))

    def test_assigning_a_parameter(self):
        net = two_layers()

        def assign():
            net[1].weight = net[0].weight

        says(failing(assign), "Dense.weight", "gi.tie", "params=other.params", "set_data")
        shared = nn.Sequential()
        shared.add(nn.Dense(3))
        shared.add(nn.Dense(3, params=shared[0].params))
        assert shared[1].weight is shared[0].weight

    def test_tied_parameters_of_different_shapes(self):
        first = nn.Dense(3)
        says(failing(lambda: nn.Dense(4, params=first.params)), "(3, ?)", "(4, ?)", "same units")
        nn.Dense(3, params=first.params)

    def test_tied_parameters_whose_inputs_differ(self):
        net = nn.Sequential()
        net.add(nn.Dense(3))
        net.add(nn.Dense(3, params=net[0].params))
        net.initialize()
        says(failing(net, X), "tied with", "0.weight", "(3, 5)", "(3, 3)")

    def test_summary_of_a_hybridized_net(self):
        net = two_layers(hybrid=True)
        net.initialize()
        net.hybridize()
        says(failing(net.summary, X), "gi.summary(net, shape of a batch)")
        gi.summary(net, (2, 5))

    def test_set_data_while_recording(self):
        net = two_layers()
        net.initialize()
        net(X)

        def inside():
            with autograd.record():
                net(X)
                net[0].weight.set_data(mx.nd.ones((3, 5)))

        says(failing(inside), "0.weight", "autograd records")
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        net[0].weight.set_data(mx.nd.ones((3, 5)))

    def test_dtype(self):
        net = two_layers()
        net.initialize()
        net.cast("float64")
        says(failing(net, X), "net(x.astype('float64'))")
        net(X.astype("float64"))


class TestModuleLabel:
    """Seed 000: a second label that Module takes for a parameter."""

    @staticmethod
    def fit(label_names, aux=None):
        data = mx.sym.var("data")
        hidden = mx.sym.FullyConnected(data, num_hidden=4, name="hidden")
        main = mx.sym.LinearRegressionOutput(
            mx.sym.FullyConnected(hidden, num_hidden=1, name="out"), mx.sym.var("target")
        )
        helper = mx.sym.LinearRegressionOutput(
            mx.sym.FullyConnected(hidden, num_hidden=1, name="help"), mx.sym.var("aux")
        )
        labels = {"target": np.ones((8, 1)), "aux": np.ones((8, 1))}
        batches = mx.io.NDArrayIter({"data": np.ones((8, 3))}, labels, 4)
        module = mx.mod.Module(mx.sym.Group([helper, main]), label_names=label_names)
        module.fit(batches, num_epoch=1, eval_metric="mse")
        return module

    def test_the_label_error(self):
        said = failing(self.fit, ["target"])
        says(said, "aux", "a label that Module takes for a parameter", "no remedy")
        names = said.rows[0].next.split("label_names=")[1].split("]")[0] + "]"
        module = self.fit(json.loads(names.replace("'", '"')))
        assert "aux" not in module.get_params()[0]

    def test_a_parameter_of_an_odd_name(self):
        def bind(**given):
            scale = mx.sym.var("scale", shape=(1, 1), **given)
            symbol = mx.sym.broadcast_mul(mx.sym.var("data"), scale)
            module = mx.mod.Module(symbol, label_names=None)
            module.bind([("data", (2, 1))])
            module.init_params()

        says(failing(bind), "scale", "init=mx.init.Normal(0.01)")
        bind(init=mx.init.Normal(0.01))


class TestWidths:
    """Which argument to change, and to what, whatever the layer's layout."""

    @pytest.mark.parametrize(
        ("layer", "shape", "argument"),
        [
            (lambda: nn.Conv2D(4, 5, layout="NHWC", in_channels=7), (2, 9, 9, 3), "in_channels=3"),
            (lambda: nn.Conv2D(4, 5, in_channels=7), (2, 3, 9, 9), "in_channels=3"),
            (lambda: nn.Conv2D(4, 1, groups=2, in_channels=4), (2, 6, 9, 9), "in_channels=6"),
            (lambda: nn.Conv2DTranspose(4, 5, in_channels=7), (2, 3, 9, 9), "in_channels=3"),
            (lambda: nn.Dense(4, in_units=7), (2, 3), "in_units=3"),
            (lambda: nn.LayerNorm(in_channels=7), (2, 3), "in_channels=3"),
        ],
    )
    def test_declared_wrongly(self, layer, shape, argument):
        net = nn.HybridSequential()
        net.add(layer())
        with pytest.raises(gi.ShapeError, match=argument):
            gi.infer_shapes(net, shape)

    @pytest.mark.parametrize("layer", [nn.LayerNorm, nn.Dense])
    def test_one_that_was_never_fed_was_declared(self, layer):
        """Seen: a LayerNorm(in_channels=5) was told that the first data had fixed its shape."""
        argument = "in_channels" if layer is nn.LayerNorm else "in_units"
        net = nn.HybridSequential()
        net.add(layer(**{argument: 5}) if layer is nn.LayerNorm else layer(3, in_units=5))
        net.initialize()
        says(failing(net, mx.nd.ones((2, 6))), "declared with shape", f"{argument}=6")


class TestBlocksAndFiles:
    def test_a_block_without_super_init(self):
        class Early(gluon.HybridBlock):
            def __init__(self):
                self.layer = nn.Dense(2)

        says(failing(Early), "Early", "Begin __init__ with super().__init__()")

    def test_a_numpy_array_in_place_of_an_ndarray(self):
        net = nn.Dense(2, in_units=3)
        net.initialize()
        says(failing(net, np.ones((2, 3))), "numpy.ndarray", "mx.nd.array")
        net(mx.nd.array(np.ones((2, 3))))

    def test_a_file_that_is_not_there(self):
        net = nn.Dense(2, in_units=3)
        says(failing(net.load_parameters, "lost.params"), "lost.params", "not there")

    def test_branches_that_do_not_fit(self):
        class Branches(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Conv2D(4, 3), nn.Conv2D(4, 5)

            def hybrid_forward(self, F, x):
                return self.a(x) + self.b(x)

        net = Branches()
        net.initialize()
        says(failing(net, mx.nd.ones((2, 3, 16, 16))), "does not fit", "combines values")

    def test_what_inputs_will_make_of_an_uninitialized_net(self):
        says(gi.explain(nn.Dense(4), (2, 3)), "With these inputs: weight (4, 3), bias (4,)")

    def test_a_dead_end_is_named_before_and_after_force_init(self):
        net = Unused()
        says(gi.explain(net, (2, 3)), "uninitialized, and never reached")
