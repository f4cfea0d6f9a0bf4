"""Each of the messages of MXNet's initializers: made for real, and followed."""

import warnings

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import numpy as np
import pytest
from explained import X, failing, says, warned
from mxnet import gluon
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("named_alike")


def net_of(*layers):
    net = nn.HybridSequential()
    net.add(*layers)
    return net


def start(net, init="xavier", x=X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what has values already stays as it is
        net.initialize(init)
        return net(x).asnumpy()


VECTORS = pytest.mark.parametrize(
    "init", [mx.init.Xavier(), mx.init.MSRAPrelu(), mx.init.Orthogonal()], ids=["xavier", "msra", "orthogonal"]
)  # fmt: skip


class TestVectors:
    @VECTORS
    @pytest.mark.parametrize("units", [0, 5])
    def test_named_by_the_layer(self, init, units):
        net = net_of(nn.Dense(3, in_units=units, bias_initializer=init))
        kind = type(init).__name__
        said = failing(start, net)
        says(said, "0.bias", f"The Dense itself was made with {kind}", "bias_initializer='zeros'")
        start(net_of(nn.Dense(3, in_units=units, bias_initializer="zeros")))

    @pytest.mark.parametrize(
        ("layer", "mended", "text"),
        [
            (lambda i: nn.BatchNorm(gamma_initializer=i),
             lambda: nn.BatchNorm(gamma_initializer="ones"), "gamma_initializer='ones'"),
            (lambda i: nn.LayerNorm(beta_initializer=i),
             lambda: nn.LayerNorm(beta_initializer="zeros"), "beta_initializer='zeros'"),
            (lambda i: nn.PReLU(i), lambda: nn.PReLU(alpha_initializer=mx.init.Constant(0.25)),
             "nn.PReLU(..., alpha_initializer=mx.init.Constant(0.25))"),
        ],
    )  # fmt: skip
    def test_named_by_other_layers(self, layer, mended, text):
        says(failing(start, net_of(layer("xavier"))), "itself was made with Xavier", text)
        start(net_of(mended()))

    def test_named_by_a_recurrent_layer(self):
        x = mx.nd.ones((5, 2, 3))
        net = net_of(rnn.LSTM(4, i2h_bias_initializer="xavier"))
        says(failing(start, net, "xavier", x), "0.l0_i2h_bias",
             "rnn.LSTM(..., i2h_bias_initializer='zeros')")  # fmt: skip
        start(net_of(rnn.LSTM(4, i2h_bias_initializer="zeros")), x=x)

    def test_named_by_a_block_of_ones_own(self):
        class Own(gluon.HybridBlock):
            def __init__(self, init):
                super().__init__()
                self.scale = self.params.get("scale", shape=(5,), init=init)

            def hybrid_forward(self, F, x, scale):
                return F.broadcast_mul(x, scale)

        says(failing(start, net_of(Own("xavier"))), "self.params.get('scale', ..., init=")
        start(net_of(Own(mx.init.Normal(0.01))))

    @VECTORS
    @pytest.mark.parametrize("units", [0, 5])
    def test_left_to_the_global_one(self, init, units):
        net = net_of(nn.Dense(3, in_units=units, bias_initializer=None))
        said = failing(start, net, init)
        says(said, "0.bias", "names no initializer for it", "net[0].bias.init = mx.init.Zero()",
             "nn.Dense(..., bias_initializer='zeros')")  # fmt: skip
        net[0].bias.init = mx.init.Zero()
        start(net, init)
        assert not net[0].bias.data().asnumpy().any()
        assert net[0].weight.data().asnumpy().all()

    def test_of_a_symbol_block(self):
        data = mx.sym.var("data")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it cannot tell the data's type
            net = gluon.SymbolBlock(mx.sym.FullyConnected(data, num_hidden=3, name="fc"), data)
        code = "net.collect_params()['fc_bias'].init = mx.init.Zero()"
        says(failing(start, net), "fc_bias", code)
        net.collect_params()["fc_bias"].init = mx.init.Zero()
        start(net)

    def test_set_on_the_parameter(self):
        net = net_of(nn.Dense(3))
        net[0].bias.init = mx.init.Xavier()
        says(failing(start, net), "by setting parameter.init", "net[0].bias.init = mx.init.Zero()")
        net[0].bias.init = mx.init.Zero()
        start(net)

    def test_given_to_the_parameter(self):
        net = net_of(nn.Dense(3, in_units=5))
        said = failing(net[0].bias.initialize, mx.init.Xavier())
        says(said, "bias", "parameter.initialize(...)", ".initialize(mx.init.Zero())")
        net[0].bias.initialize(mx.init.Zero())
        start(net)

    def test_in_module(self):
        def module(init=None, given="scale_weight"):
            scale = mx.sym.var(given, shape=(5,), init=init)
            symbol = mx.sym.broadcast_mul(mx.sym.var("data"), scale)
            made = mx.mod.Module(symbol, label_names=None)
            made.bind([("data", (2, 5))])
            made.init_params(mx.init.Xavier())
            return made.get_params()[0][given].asnumpy()

        text = "mx.sym.var('scale_weight', ..., init=mx.init.Normal(0.01))"
        says(failing(module), "scale_weight", "ends in weight", text)
        says(failing(module, mx.init.Xavier()), "Its mx.sym.var names Xavier", text)
        assert module(mx.init.Normal(0.01)).all()

    def test_by_hand(self):
        said = failing(mx.init.Xavier(), mx.init.InitDesc("weight"), mx.nd.zeros((3,)))
        says(said, "called by itself", "mx.init.Normal(0.01)")
        array = mx.nd.zeros((3,))
        mx.init.Normal(0.01)(mx.init.InitDesc("weight"), array)
        assert array.asnumpy().all()


class TestOtherShapes:
    def test_bilinear(self):
        says(failing(start, net_of(nn.Dense(3)), mx.init.Bilinear()), "0.weight", "Conv2DTranspose",
             "net.initialize(mx.init.Xavier())")  # fmt: skip
        net = net_of(nn.Conv2DTranspose(3, 4, weight_initializer=mx.init.Bilinear()), nn.Dense(3))
        start(net, mx.init.Xavier(), mx.nd.ones((2, 3, 5, 5)))
        net = net_of(nn.Dense(3, weight_initializer=mx.init.Bilinear()))
        said = failing(start, net)
        says(said, "itself was made with Bilinear", "weight_initializer=mx.init.Normal(0.01)")
        start(net_of(nn.Dense(3, weight_initializer=mx.init.Normal(0.01))))

    def test_fused(self):
        x = mx.nd.ones((5, 2, 3))
        init = mx.init.FusedRNN(mx.init.Normal(0.5), 4, 1, "lstm")
        said = failing(start, net_of(rnn.LSTM(4)), init, x)
        says(said, "0.l0_h2h_weight", "mx.init.Normal(sigma=0.5)", "LSTMBias(1.0)")
        net = net_of(rnn.LSTM(4, i2h_bias_initializer=mx.init.LSTMBias(1.0)))
        start(net, mx.init.Normal(sigma=0.5), x)
        assert net[0].l0_i2h_bias.data().asnumpy().tolist() == [0] * 4 + [1] * 4 + [0] * 8
        says(failing(start, net_of(nn.Dense(4)), init), "0.weight", "FusedRNN")

    def test_a_constant_of_another_shape(self):
        init = mx.init.Constant(mx.nd.ones((2, 2)))
        said = failing(start, net_of(nn.Dense(3, weight_initializer=init)))
        says(said, "0.weight", "(3, 5)", "the shape (2, 2)", "an array of shape (3, 5)")
        init = mx.init.Constant(mx.nd.ones((3, 5)))
        assert (start(net_of(nn.Dense(3, weight_initializer=init))) == 5).all()

    def test_one_of_ones_own_that_writes_another_shape(self):
        class Wide(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = np.ones((1, 7))

        class Mended(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = np.ones(arr.shape)

        said = failing(start, net_of(nn.Dense(3)), Wide())
        says(said, "0.weight", "(3, 5)", "In Wide._init_weight")
        assert (start(net_of(nn.Dense(3)), Mended()) == 5).all()

    def test_of_a_spatial_transformer(self):
        init = mx.init.Xavier()
        says(failing(init, "stn_loc_bias", mx.nd.ones((4,))), "6 numbers", "InitDesc('bias')")
        array = mx.nd.ones((4,))
        init(mx.init.InitDesc("bias"), array)
        assert not array.asnumpy().any()


class TestWrongInThemselves:
    @pytest.mark.parametrize(
        ("given", "right"), [("average", "avg"), ("fan_in", "in"), ("fan_out", "out")]
    )
    def test_the_factor_of_xavier(self, given, right):
        said = failing(start, net_of(nn.Dense(3)), mx.init.Xavier(factor_type=given))
        says(said, "Xavier.factor_type", f"factor_type={right!r}", "mx.init.Xavier(rnd_type=")
        step = said.rows[0].next
        start(net_of(nn.Dense(3)), eval(step[:-1], {"mx": mx}))
        says(
            failing(start, net_of(nn.Dense(3)), mx.init.MSRAPrelu(given)), "MSRAPrelu(factor_type="
        )

    def test_the_law_of_xavier(self):
        said = failing(start, net_of(nn.Dense(3)), mx.init.Xavier("normal", "in", 2))
        text = "mx.init.Xavier(rnd_type='gaussian', factor_type='in', magnitude=2)"
        says(said, "Xavier.rnd_type", text)
        start(net_of(nn.Dense(3)), eval(text, {"mx": mx}))

    def test_the_law_of_orthogonal(self):
        said = failing(start, net_of(nn.Dense(3)), mx.init.Orthogonal(2, "gaussian"))
        says(said, "Orthogonal.rand_type", "mx.init.Orthogonal(scale=2, rand_type='normal')")
        start(net_of(nn.Dense(3)), mx.init.Orthogonal(scale=2, rand_type="normal"))

    def test_one_without_a_method(self):
        class Half(mx.init.Initializer):
            def _init_bias(self, name, arr):
                arr[:] = 1

        class Mended(Half):
            def _init_weight(self, name, arr):
                arr[:] = np.ones(arr.shape)

        says(failing(start, net_of(nn.Dense(3)), Half()), "Half", "0.weight", "def _init_weight")
        assert (start(net_of(nn.Dense(3)), Mended()) == 5).all()
        said = failing(start, net_of(nn.Dense(3)), mx.init.Initializer())
        says(said, "net.initialize(mx.init.Xavier())")
        start(net_of(nn.Dense(3)), mx.init.Xavier())


class TestByHand:
    def test_with_a_text(self):
        init, array = mx.init.One(), mx.nd.zeros((2, 3))
        says(
            warned(init, "weight", array, part="deprecated"),
            "init(mx.init.InitDesc('weight'), arr)",
        )
        init(mx.init.InitDesc("weight"), array)
        assert array.asnumpy().all()

    def test_with_something_else(self):
        init = mx.init.One()
        says(failing(init, "weight", np.zeros((2, 3))), "a str and a ndarray", "mx.nd.zeros(shape)")
        array = mx.nd.zeros((2, 3))
        says(failing(init, array, "weight"), "the name comes first")
        init(mx.init.InitDesc("weight"), array)
        assert array.asnumpy().all()


def module(init):
    symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    made = mx.mod.Module(symbol, label_names=None)
    made.bind([("data", (2, 5))])
    made.init_params(init)
    return {name: array.asnumpy() for name, array in made.get_params()[0].items()}


WEIGHT, BIAS = mx.nd.ones((3, 5)), mx.nd.ones((3,))


class TestLoadAndMixed:
    def test_a_file_without_names(self, tmp_path):
        file = str(tmp_path / "arrays")
        mx.nd.save(file, [WEIGHT, BIAS])
        says(failing(mx.init.Load, file), "a list of 2 arrays", "{'fc_weight': array, ...}")
        found = module(mx.init.Load({"fc_weight": WEIGHT, "fc_bias": BIAS}))
        assert found["fc_weight"].all()
        assert found["fc_bias"].all()

    def test_another_shape(self, tmp_path):
        file = str(tmp_path / "arrays")
        mx.nd.save(file, {"arg:fc_weight": mx.nd.ones((3, 4)), "arg:fc_bias": BIAS})
        said = failing(module, mx.init.Load(file))
        says(said, "fc_weight", "(3, 5) in the symbol, and (3, 4)", "not n.endswith('fc_weight')")
        arrays = mx.nd.load(file)
        init = mx.init.Load({n: v for n, v in arrays.items() if not n.endswith("fc_weight")},
                            default_init=mx.init.Xavier())  # fmt: skip
        found = module(init)
        assert (found["fc_bias"] == 1).all()
        assert np.unique(found["fc_weight"]).size == 15

    def test_one_that_is_missing(self, tmp_path):
        file = str(tmp_path / "arrays")
        mx.nd.save(file, {"arg:fc_weight": WEIGHT, "arg:fc1_bias": BIAS})
        said = failing(module, mx.init.Load(file))
        says(said, "fc_bias", "Most like it is 'fc1_bias'", "default_init=mx.init.Xavier()")
        found = module(mx.init.Load(file, default_init=mx.init.Xavier()))
        assert (found["fc_weight"] == 1).all()
        assert (found["fc_bias"] == 0).all()

    def test_patterns_and_initializers(self):
        said = failing(mx.init.Mixed, [".*bias", ".*"], [mx.init.Zero()])
        says(said, "2 patterns and 1 initializers", "[mx.init.Zero(), mx.init.Xavier()]")
        module(mx.init.Mixed([".*bias", ".*"], [mx.init.Zero(), mx.init.Xavier()]))

    def test_a_name_without_a_pattern(self):
        said = failing(module, mx.init.Mixed([".*weight"], [mx.init.One()]))
        says(said, "fc_bias", "mx.init.Mixed(['.*weight', '.*'], [..., mx.init.Xavier()])")
        found = module(mx.init.Mixed([".*weight", ".*"], [mx.init.One(), mx.init.Xavier()]))
        assert found["fc_weight"].all()
        said = failing(module, mx.init.Mixed(["weight", ".*bias"], [mx.init.One()] * 2))
        says(said, "fc_weight", "from its beginning", "'.*weight' in place of 'weight'")
        assert module(mx.init.Mixed([".*weight", ".*bias"], [mx.init.One()] * 2))["fc_weight"].all()
