"""What people met with Module, by their public reports, rebuilt, explained, and the advice followed.

The reports, and how they were answered before and after, stand in benchmarks/strangers_module.md.
"""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:(Data provided by label_shapes|.*created Module)"),
]
DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]
X, Y = np.ones((8, 3), "float32"), np.zeros(8)


def scores(units=2, name="fc", data=None):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=units, name=name)


def classifier(units=2):
    return mx.sym.SoftmaxOutput(scores(units), name="softmax")


def bound(symbol, **given):
    module = mx.mod.Module(symbol)
    module.bind(DATA, LABEL, **given)
    return module


def fit(symbol, y=Y, **names):
    module = mx.mod.Module(symbol)
    module.fit(mx.io.NDArrayIter(X, y, 4, **names), num_epoch=1)
    return module


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """The prefix of a checkpoint of two classes."""
    monkeypatch.chdir(tmp_path)
    module = bound(classifier())
    module.init_params(mx.init.One())
    module.save_checkpoint("net", 0)
    return "net"


class TestCheckpoints:
    def test_another_number_of_classes(self, saved):
        """MXNet issue 2598."""
        file, module = f"{saved}-0000.params", bound(classifier(5))
        load = mx.init.Load(file, default_init=mx.init.Xavier())
        says(failing(lambda: module.init_params(load)), "fc_weight, fc_bias: of other shapes: fc_bias is of shape (5,)",
             "not n.endswith(('fc_weight', 'fc_bias'))")  # fmt: skip
        arrays = mx.nd.load(file)
        rest = {n: v for n, v in arrays.items() if not n.endswith(("fc_weight", "fc_bias"))}
        bound(classifier(5)).init_params(mx.init.Load(rest, default_init=mx.init.Xavier()))

    def test_a_layer_that_the_file_has_not(self, saved):
        """MXNet issue 5671."""
        symbol = mx.sym.SoftmaxOutput(scores(5, "fc8", scores()), name="softmax")
        module = bound(symbol)
        says(failing(lambda: module.load_params(f"{saved}-0000.params")),
             "fc8_weight, fc8_bias: of the symbol, and not in arg_params")  # fmt: skip
        _, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)
        module = bound(symbol)
        module.init_params(mx.init.Xavier(), arg_params=arg_params, aux_params=aux_params,
                           allow_missing=True)  # fmt: skip
        assert (module.get_params()[0]["fc_weight"].asnumpy() == 1).all()

    def test_a_symbol_for_a_module(self, saved):
        """MXNet issue 5200."""
        symbol, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)
        says(failing(lambda: symbol.set_params(arg_params, aux_params)), "which a Module has")
        module = mx.mod.Module(symbol)
        module.bind(data_shapes=DATA, label_shapes=LABEL)
        module.set_params(arg_params, aux_params)

    def test_to_predict_without_the_label(self, saved):
        """MXNet issues 3970, 4275."""
        symbol, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)

        def ready(**names):
            module = mx.mod.Module(symbol, **names)
            module.bind(DATA, for_training=False)
            module.set_params(arg_params, aux_params)
            return module

        said = failing(lambda: ready(label_names=None))
        says(said, "softmax_label: a label that Module takes for a parameter",
             "label_names=['softmax_label']")  # fmt: skip
        assert "init_params" not in str(said)
        output = ready(label_names=["softmax_label"]).predict(mx.io.NDArrayIter(X, batch_size=4))
        assert output.shape == (8, 2)

    def test_names_as_in_a_file(self, saved):
        """MXNet issue 479."""
        module, arrays = bound(classifier()), mx.nd.load(f"{saved}-0000.params")
        part = "({name[4:]: array for name, array in arrays.items() if name.startswith(mark)}"
        says(failing(lambda: module.set_params(arrays, {})), "named as in a file", part)
        executor = classifier().simple_bind(mx.cpu(), data=(4, 3))
        says(failing(lambda: executor.copy_params_from(arrays)), "named as in a file", part)
        arg_params, aux_params = (
            {name[4:]: array for name, array in arrays.items() if name.startswith(mark)}
            for mark in ("arg:", "aux:")
        )
        module.set_params(arg_params, aux_params)
        executor.copy_params_from(arg_params, aux_params)
        assert (module.get_params()[0]["fc_weight"].asnumpy() == 1).all()

    def test_a_new_layer_with_the_old_name(self, saved):
        """MXNet issues 1320, 2598."""

        def finer(name):
            symbol, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)
            output = scores(5, name, symbol.get_internals()["fc_output"])
            module = mx.mod.Module(mx.sym.SoftmaxOutput(output, name="softmax"))
            module.fit(mx.io.NDArrayIter(X, Y, 4), num_epoch=1, arg_params=arg_params,
                       aux_params=aux_params, allow_missing=True)  # fmt: skip
            return module

        says(failing(finer, "fc"), "two layers that are both called 'fc', with num_hidden=2 and 5",
             "mx.sym.FullyConnected(..., name='fc_new') for the new one")  # fmt: skip
        assert finer("fc_new").get_params()[0]["fc_new_weight"].shape == (5, 2)

    def test_a_new_layer_on_the_old_loss(self, saved):
        """MXNet issue 1313."""

        def finer(layer):
            symbol, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)
            output = scores(5, "new", layer(symbol))
            module = mx.mod.Module(mx.sym.SoftmaxOutput(output, name="softmax"))
            module.fit(mx.io.NDArrayIter(X, Y, 4), num_epoch=1, arg_params=arg_params,
                       aux_params=aux_params, allow_missing=True)  # fmt: skip
            return module

        says(failing(finer, lambda symbol: symbol), "new stands on softmax",
             "symbol.get_internals()['fc_output'] in place of symbol")  # fmt: skip
        finer(lambda symbol: symbol.get_internals()["fc_output"])

    def test_labels_that_no_one_asked_for(self, saved):
        """insightface issue 1220."""
        symbol, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)
        module = mx.mod.Module(symbol)
        module.bind(DATA, for_training=False)
        module.set_params(arg_params, aux_params)
        batch = mx.io.DataBatch([mx.nd.ones((2, 3))], [mx.nd.zeros(2)])
        says(failing(lambda: module.forward(batch)), "data_batch.label: given, to a Module",
             "module.bind([('data', (2, 3))], [('softmax_label', (2,))], for_training=False, "
             "force_rebind=True); then forward")  # fmt: skip
        label = [("softmax_label", (2,))]
        module.bind([("data", (2, 3))], label, for_training=False, force_rebind=True)
        for size in (2, 3):
            module.forward(mx.io.DataBatch([mx.nd.ones((size, 3))], [mx.nd.zeros(size)]))
            assert module.get_outputs()[0].shape == (size, 2)
        module = mx.mod.Module(symbol.get_internals()["fc_output"], label_names=None)
        module.bind(DATA, for_training=False)
        module.set_params(arg_params, aux_params)
        says(
            failing(lambda: module.forward(batch)),
            "module.forward(mx.io.DataBatch(batch.data, None))",
        )
        module.forward(mx.io.DataBatch(batch.data, None))


class TestLabels:
    def test_a_column(self):
        """MXNet issue 794."""
        says(failing(lambda: fit(classifier(), Y.reshape(-1, 1))), "takes (4,)", "y.reshape(-1)")
        fit(classifier(), Y.reshape(-1, 1).reshape(-1))

    def test_a_regression(self):
        """MXNet issue 3615."""
        symbol = mx.sym.MAERegressionOutput(scores(1), name="mae")
        says(failing(lambda: fit(symbol)), "whose labels are ['mae_label']",
             "label_name='mae_label'")  # fmt: skip
        module = mx.mod.Module(symbol, label_names=["mae_label"])
        module.fit(mx.io.NDArrayIter(X, Y, 4, label_name="mae_label"), eval_metric="mae",
                   num_epoch=1)  # fmt: skip

    def test_more_predictions_than_labels(self):
        """MXNet issue 2116."""
        rows = mx.sym.reshape(scores(6), shape=(-1, 2))
        symbol = mx.sym.SoftmaxOutput(rows, name="softmax")
        says(failing(lambda: fit(symbol)), "its loss (SoftmaxOutput) takes (12,)",
             "num_hidden=number of classes")  # fmt: skip
        fit(classifier(2))

    def test_a_batch_without_labels_after_training(self):
        """MXNet pull request 6724."""
        module, batch = fit(classifier()), mx.io.DataBatch([mx.nd.ones((2, 3))], None)
        says(failing(lambda: module.forward(batch, is_train=False)), "softmax_label: bound with",
             "module.bind([('data', (2, 3))], for_training=False, force_rebind=True)")  # fmt: skip
        module.bind([("data", (2, 3))], for_training=False, force_rebind=True)
        module.forward(batch)
        assert module.get_outputs()[0].shape == (2, 2)


class TestSymbols:
    def test_arrays_for_shapes(self):
        """MXNet issue 19479."""
        symbol, x = classifier(), mx.nd.ones((4, 3))
        says(failing(lambda: symbol.simple_bind(mx.cpu(), data=x)), "data: an array, where a shape",
             "simple_bind(mx.cpu(), data=(4, 3))")  # fmt: skip
        executor = symbol.simple_bind(mx.cpu(), data=(4, 3))
        assert executor.forward(data=x)[0].shape == (4, 2)

    def test_an_input_of_another_name(self):
        """MXNet issue 4094."""
        symbol = mx.sym.SoftmaxOutput(scores(data=mx.sym.var("v1")), name="softmax")
        says(failing(lambda: symbol.simple_bind(mx.cpu(), data=(4, 3))), "data: no argument",
             "simple_bind(mx.cpu(), v1=shape)")  # fmt: skip
        symbol.simple_bind(mx.cpu(), v1=(4, 3))

    def test_two_inputs_of_two_losses(self):
        """MXNet issue 5894."""
        other = scores(1, "other", mx.sym.var("data2"))
        symbol = mx.sym.Group(
            [classifier(), mx.sym.LogisticRegressionOutput(other, name="logistic")]
        )
        says(failing(lambda: fit(symbol)), "data2: data that Module takes for a parameter",
             "data_names=['data', 'data2']")  # fmt: skip
        labels = ["softmax_label", "logistic_label"]
        module = mx.mod.Module(symbol, data_names=["data", "data2"], label_names=labels)
        batches = mx.io.NDArrayIter({"data": X, "data2": X}, dict.fromkeys(labels, Y), 4)
        module.fit(batches, num_epoch=1, eval_metric=mx.metric.Loss())

    def test_a_scalar_that_is_learned(self):
        """MXNet issue 3532."""

        def scaled(**given):
            by = mx.sym.var("scale", **given)
            return mx.sym.SoftmaxOutput(mx.sym.broadcast_mul(scores(), by), name="softmax")

        says(failing(lambda: fit(scaled())), "scale: of unknown shape",
             "mx.sym.var('scale', shape=(...))")  # fmt: skip
        fit(scaled(shape=(1, 1), init=mx.init.One()))

    def test_a_gate_that_is_a_vector(self):
        """MXNet issue 5271."""

        def gated(init):
            gate = mx.sym.var("gate", shape=(2,), init=init)
            product = mx.sym.broadcast_mul(scores(), gate.expand_dims(0))
            return mx.sym.SoftmaxOutput(product, name="softmax")

        says(failing(lambda: fit(gated(mx.init.Xavier()))), "gate: a vector, for which Xavier",
             "init=mx.init.Normal(0.01)")  # fmt: skip
        fit(gated(mx.init.Normal(0.01)))

    def test_a_layer_that_is_to_be_fixed(self):
        """MXNet issue 11897."""
        symbol = classifier()
        says(failing(lambda: mx.mod.Module(symbol, fixed_param_names=["fc7_weight"])),
             "'fc7_weight' is no argument", "fixed_param_names=['fc_weight']")  # fmt: skip
        module = mx.mod.Module(symbol, fixed_param_names=["fc_weight"])
        says(gi.explain(module), "fc_weight: fixed")


def test_gradients_that_add_up():
    """MXNet issues 16969, 18659."""
    module = bound(classifier(), grad_req="add")
    module.init_params()
    module.init_optimizer(optimizer_params={"learning_rate": 0.0})
    says(gi.explain(module), "fc_weight, fc_bias: adding up its gradients")
    batch = mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.zeros(4)])

    def gradient():
        module.forward_backward(batch)
        module.update()
        return module._exec_group.grad_arrays[0][0].asnumpy()

    first = gradient()
    assert np.allclose(2 * first, gradient())
    for arrays in module._exec_group.grad_arrays:
        for array in arrays:
            array[:] = 0
    assert np.allclose(first, gradient())
