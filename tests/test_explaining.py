"""Each case makes the real error, reads the advice, follows it, and sees that it works."""

import dataclasses
import json
import os
import random
import sys
import warnings

import gluon_init as gi

import mxnet as mx
import nets
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision

X = mx.nd.ones((2, 5))


def two_layers(hybrid=False, **second):
    net = nn.HybridSequential() if hybrid else nn.Sequential()
    net.add(nn.Dense(3), nn.Dense(2, **second))
    return net


def failing(action, *arguments):
    """The explanation of the error that the action raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            action(*arguments)
        except Exception as error:
            return gi.explain(error)
    raise AssertionError("nothing was raised")


def warned(action, *arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action(*arguments)
    return gi.explain(caught[0].message)


def says(explanation, *parts):
    """All parts occur, in whichever lines they stand."""
    text = " ".join(str(explanation).split())
    for part in parts:
        assert part in text, f"{part!r} is not in:\n{explanation}"
    assert explanation.known
    return explanation


class Unused(gluon.HybridBlock):
    """One layer that forward uses, one that it does not."""

    def __init__(self, **given):
        super().__init__()
        with self.name_scope():
            self.used = nn.Dense(3)
            self.spare = nn.Dense(4, **given)

    def hybrid_forward(self, F, x):
        return self.used(x)


def step(net, trainer):
    with autograd.record():
        loss = net(X).sum()
    loss.backward()
    trainer.step(1)


class TestNotThere:
    def test_never_initialized(self):
        net = two_layers()
        says(gi.explain(net), "uninitialized", "net.initialize()")
        says(failing(net, X), "0.weight", "uninitialized", "net.initialize()")
        net.initialize()
        net(X)
        assert gi.explain(net).rows[0].state == "initialized"

    def test_deferred_names_the_dimension_and_the_block(self):
        net = two_layers()
        net.initialize()
        said = failing(net[1].weight.data)
        says(said, "1.weight", "(2, ?)", "block '1' (Dense)", "in_units", "gi.force_init(net")
        says(gi.explain(net[1].weight), "1.weight", "(2, ?)", "Run one batch")
        says(gi.explain(net), "0.weight", "(3, ?)", "Uniform(scale=0.07)")
        net(X)
        assert net[1].weight.data().shape == (2, 3)

    @pytest.mark.parametrize("ask", ["save", "grad"])
    def test_deferred_asked_for_in_other_ways(self, ask, tmp_path):
        net = two_layers()
        net.initialize()
        if ask == "save":
            said = failing(net.save_parameters, str(tmp_path / "x"))
        else:
            said = failing(net[0].weight.grad)
        says(said, "0.weight", "deferred", "Run one batch")

    def test_with_inputs_it_says_what_will_become_of_it(self):
        net = two_layers()
        net.initialize()
        before = nets.fingerprint(net)
        says(gi.explain(net, (2, 5)), "With these inputs: 0.weight (3, 5), 1.weight (2, 3)")
        assert nets.fingerprint(net) == before

    def test_never_reached(self):
        net = Unused()
        net.initialize()
        says(gi.explain(net), "spare.weight", "never reached", "running a batch through cannot")
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        said = says(failing(step, net, trainer), "spare.weight", "never reached", "forward")
        pattern = said.rows[0].next.split("collect_params('")[1].split("')")[0]
        step(net, gluon.Trainer(net.collect_params(pattern), "sgd"))

    @pytest.mark.filterwarnings("ignore:Parameter .* is not used by any computation")
    def test_never_reached_in_a_hybridized_net(self):
        net = Unused()
        net.initialize()
        net.hybridize()
        said = says(failing(net, X), "spare.weight", "never reached", "before net.hybridize()")
        assert len(said.rows) == 1
        net.hybridize(False)
        net(X)
        net.hybridize()
        assert net(X).shape == (len(X), 3)

    def test_never_reached_of_known_shape(self):
        net = Unused(in_units=3)
        net.initialize()
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        says(failing(step, net, trainer), "spare.bias", "ignore_stale_grad=True")
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        trainer.step(1, ignore_stale_grad=True)
        says(gi.explain(net), "spare.weight, spare.bias", "never reached")

    def test_trainer_before_initialize(self):
        net = two_layers()
        says(failing(gluon.Trainer, net.collect_params(), "sgd"), "0.", "make the Trainer")
        net.initialize()
        step(net, gluon.Trainer(net.collect_params(), "sgd"))

    def test_set_data_before_initialize(self):
        net = two_layers()
        says(failing(net[0].weight.set_data, mx.nd.ones((3, 5))), "0.weight", "net.initialize()")
        net.initialize()
        net[0].weight.set_data(mx.nd.ones((3, 5)))
        net(X)
        assert (net[0].weight.data().asnumpy() == 1).all()


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

    def test_loading(self, tmp_path):
        net = two_layers()
        net.initialize()
        net(X)
        file = str(tmp_path / "net.params")
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


class TestBlocksInAList:
    class Listed(gluon.Block):
        def __init__(self, register):
            super().__init__()
            self.layers = [nn.Dense(3), nn.Dense(2)]
            if register:
                for block in self.layers:
                    self.register_child(block)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    def test_the_error_the_warning_and_the_net(self):
        net = self.Listed(register=False)
        says(warned(net.initialize), "layers", "self.register_child(block)")
        for said in (failing(net, X), gi.explain(net)):
            says(said, "layers", "for block in self.layers: self.register_child(block)")
        mended = self.Listed(register=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            mended.initialize()
        assert mended(X).shape == (2, 2)
        assert "does not see" not in str(gi.explain(mended))


class TestInitializeTwice:
    def test_before_the_first_forward(self):
        net = two_layers()
        net.initialize()
        said = warned(net.initialize, mx.init.One())
        says(said, "ignored", "force_reinit=True", "still wait")
        says(gi.explain(net), "another initializer; the last one counts", "One()")
        net(X)
        assert (net[0].weight.data().asnumpy() == 1).all()

    def test_after_the_first_forward(self):
        net = two_layers()
        net.initialize()
        net(X)
        says(warned(net.initialize, mx.init.One()), "ignored", "force_reinit=True")
        says(gi.explain(net), "has been ignored", "force_reinit=True")
        net.initialize(mx.init.One(), force_reinit=True)
        assert (net[0].weight.data().asnumpy() == 1).all()
        assert "ignored" not in str(gi.explain(net))

    def test_force_reinit_on_unknown_shapes(self):
        net = two_layers()
        net.initialize()
        net.initialize(mx.init.One(), force_reinit=True)
        says(failing(net[0].weight.data), "force_reinit=True cannot help", "Run one batch")
        net(X)
        assert (net[0].weight.data().asnumpy() == 1).all()


class Rebinding(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr = mx.nd.ones(arr.shape)


class Writing(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr[:] = 1


class WithBias(Writing):
    def _init_bias(self, name, arr):
        arr[:] = 7


class TestInitializers:
    @pytest.mark.parametrize(
        "made", [lambda: mx.init.Mixed([".*"], [mx.init.One()]), lambda: mx.init.Load({})]
    )
    def test_mixed_and_load(self, made):
        kind = type(made()).__name__
        says(failing(two_layers().initialize, made()), kind, "not for Gluon")
        says(gi.explain(made()), kind)

    def test_not_an_initializer(self):
        class Nothing:
            def __call__(self, name, arr):
                arr[:] = 1

        says(failing(two_layers().initialize, Nothing()), "Nothing", "mx.init.Initializer")

    def test_bias_method_that_is_never_called(self):
        says(gi.explain(WithBias()), "_init_bias", "never called", ".setattr('init', it)")
        net = nn.Dense(3)
        net.initialize(WithBias())
        assert not net.bias.data().asnumpy().any()

        class Seven(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = 7

        net = nn.Dense(3)
        net.collect_params(".*bias").setattr("init", Seven())
        net.initialize(Writing())
        net(X)
        assert (net.bias.data().asnumpy() == 7).all()
        assert (net.weight.data().asnumpy() == 1).all()

    def test_rebinding(self):
        mx.random.seed(3)
        says(gi.explain(Rebinding()), "writes nothing", "arr[:] = values")
        net = two_layers()
        net.initialize(Rebinding())
        net(X)
        says(gi.explain(net), "0.weight, 1.weight", "zeros only", "arr[:] = values")
        net.initialize(Writing(), force_reinit=True)
        assert "zeros only" not in str(gi.explain(net))
        assert gi.explain(Writing()).rows[0].state == "usable"

    def test_an_initializer_is_tried_without_touching_random_states(self):
        def states():
            return [random.getstate(), np.random.get_state()[1].tolist()]

        mx.random.seed(11)
        expected = mx.nd.random.uniform(shape=5).asnumpy()
        mx.random.seed(11)
        before = states()
        gi.explain(mx.init.Normal())
        assert states() == before
        assert (mx.nd.random.uniform(shape=5).asnumpy() == expected).all()

    def test_one_that_fails(self):
        class Failing(mx.init.Initializer):
            def _init_weight(self, name, arr):
                raise ZeroDivisionError("by hand")

        says(gi.explain(Failing()), "ZeroDivisionError: by hand")

    @pytest.mark.parametrize(
        ("init", "said"),
        [
            (mx.init.Normal(0), "MXNetError"), (mx.init.Normal(-1), "MXNetError"),
            (mx.init.Uniform(-0.5), "MXNetError"),
        ],
    )  # fmt: skip
    def test_one_that_mxnet_refuses_when_it_draws(self, init, said):
        says(gi.explain(init), "it fails on a float32 array of shape (4, 3)", said)

    @pytest.mark.parametrize(
        ("end", "said"),
        [(lambda: sys.exit(3), "SystemExit: 3"), (lambda: os._exit(3), "without an answer")],
    )
    def test_one_that_ends_the_process(self, end, said):
        class Ending(mx.init.Initializer):
            def _init_weight(self, name, arr):
                end()

        says(gi.explain(Ending()), "Ending()", "it fails on a float32 array", said)

    def test_one_for_arrays_of_numpy_mode(self):
        class Scaled(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = mx.np.ones(arr.shape)

        with mx.util.np_shape(True), mx.util.np_array(True):
            says(gi.explain(Scaled()), "usable")

    def test_xavier_on_a_vector(self):
        net = nn.Dense(3, bias_initializer=None)
        says(failing(net.initialize, mx.init.Xavier()), "bias", "bias_initializer='zeros'")
        net = nn.Dense(3, bias_initializer=None)
        net.collect_params(".*bias").setattr("init", mx.init.Zero())
        net.initialize(mx.init.Xavier())
        net(X)

    def test_name_that_is_not_registered(self):
        net = nn.Dense(3, weight_initializer="no_such_thing")
        net.initialize()
        says(failing(net, X), "'no_such_thing'", "@mx.init.register")

    @pytest.mark.parametrize(
        ("write", "share"),
        [(lambda arr: arr.__setitem__(0, 1), "75%"), (lambda arr: arr.__setitem__((slice(2), 0), 1), "83%")],
    )  # fmt: skip
    def test_one_that_leaves_cells_as_they_were(self, write, share):
        class Partly(mx.init.Initializer):
            def _init_weight(self, name, arr):
                write(arr)

        says(gi.explain(Partly()), "leaves cells as they were", share, "arr[:] = values")
        assert not gi.check_distribution(Partly(), mx.init.One())

    def test_one_that_fits_a_single_shape(self):
        class Narrow(mx.init.Initializer):
            def _init_weight(self, name, arr):
                arr[:] = np.random.rand(3)

        says(gi.explain(Narrow()), "fails on a float32 array of shape (6, 5)")

    def test_one_without_super_init(self):
        class Incomplete(mx.init.Initializer):
            def __init__(self, scale):
                self.scale = scale

            def _init_weight(self, name, arr):
                arr[:] = self.scale

        says(gi.explain(Incomplete(2)), "super().__init__()")
        net = nn.Dense(2, in_units=3)
        says(failing(net.initialize, Incomplete(2)), "Incomplete", "super().__init__()")
        for use in (
            lambda: gi.force_init(net, init=Incomplete(2), force_reinit=True),
            lambda: gi.Seeded(Incomplete(2), 1),
            lambda: gi.check_distribution(Incomplete(2)),
        ):
            with pytest.raises(gi.ArgumentError, match=r"^init is of type Incomplete, .* super"):
                use()

    def test_whom_ours_fill(self):
        says(gi.explain(gi.ByPattern({"bias$": "ones"})), "first pattern", "also for biases")
        says(gi.explain(gi.Seeded("xavier", 1)), "draws for every parameter")


class TestDevices:
    def test_context_mismatch(self):
        net = two_layers()
        net.initialize(ctx=mx.cpu(1))
        said = says(failing(net, X), "0.weight", "cpu(1)", "cpu(0)")
        assert "x.as_in_context(mx.cpu(1))" in said.rows[0].next
        net(X.as_in_context(mx.cpu(1)))
        assert "net.collect_params().reset_ctx(mx.cpu(0))" in said.rows[0].next
        net.collect_params().reset_ctx(mx.cpu(0))
        net(X)


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


class TestWhose:
    def test_the_answer_does_not_depend_on_what_else_lives(self):
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.Dense(2))
        net.initialize()
        said = str(gi.explain(net[1].weight))
        assert said.startswith("1.weight")
        others = nn.Sequential(), nn.Sequential()
        for other in others:
            other.add(net[1])
        assert str(gi.explain(net[1].weight)) == said

    def test_once_for_many_shapes(self):
        net = vision.resnet18_v1()
        net.initialize()
        said = gi.explain(net)
        assert len(said.rows) == 2
        assert str(said).count("when data reach it") == 1


class TestTheRest:
    @pytest.mark.parametrize("model", ["resnet18_v1", "densenet121", "inceptionv3"])
    def test_the_model_zoo(self, model):
        net = gluon.model_zoo.vision.get_model(model)
        said = gi.explain(net)
        assert [row.state for row in said.rows] == ["uninitialized"]
        net.initialize()
        before = nets.fingerprint(net)
        states = {row.state for row in gi.explain(net).rows}
        assert states == {"deferred", "initialized"}
        assert nets.fingerprint(net) == before

    @pytest.mark.parametrize(
        "error", [RuntimeError("the moon is full"), mx.MXNetError("x"), KeyError(), ValueError("")]
    )
    def test_an_unknown_exception(self, error):
        said = gi.explain(error)
        assert not said.known
        assert "does not know" in str(said)

    def test_an_error_without_its_traceback(self):
        said = gi.explain(RuntimeError("Parameter 'dense7_weight' has not been initialized"))
        says(said, "dense7_weight", "net.initialize()")

    def test_an_error_of_ours_is_repeated(self):
        said = failing(gi.summary, 3)
        assert "net must be a gluon.Block" in str(said)

    @pytest.mark.parametrize("x", [3, None, "net", nn.Dense])
    def test_not_explainable(self, x):
        with pytest.raises(gi.ArgumentError, match="x must be a net, a parameter"):
            gi.explain(x)

    def test_faces(self):
        net = two_layers()
        said = gi.explain(net)
        assert list(dataclasses.asdict(said.rows[0])) == ["what", "state", "why", "next"]
        assert "<b>" in said._repr_html_()
        assert len(said.to_frame()) == len(said.rows)
        assert max(map(len, str(said).splitlines())) <= 96

    def test_a_tied_parameter_names_all_its_places(self):
        net = nn.Sequential()
        net.add(nn.Dense(3))
        net.add(nn.Dense(3, params=net[0].params))
        says(gi.explain(net[0].weight), "0.weight, tied to 1.weight")

    def test_history_survives_loading(self, tmp_path):
        net = two_layers()
        net.initialize()
        net(X)
        net.save_parameters(str(tmp_path / "x"))
        net.load_parameters(str(tmp_path / "x"))
        assert {row.state for row in gi.explain(net).rows} == {"loaded"}


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

    def test_a_file_that_is_not_there(self, tmp_path):
        net = nn.Dense(2, in_units=3)
        says(failing(net.load_parameters, str(tmp_path / "lost")), "lost", "not there")

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


def test_negative_zeros_have_been_written():
    class Tutorial(mx.init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = mx.nd.random.uniform(-10, 10, shape=arr.shape)
            arr *= arr.abs() >= 5

    assert gi.explain(Tutorial()).rows[0].state == "usable"
