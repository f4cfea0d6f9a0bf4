"""What people met with the graph of a Module and its loss, rebuilt, explained, and followed.

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
    pytest.mark.filterwarnings("ignore:.*(rescale_grad|Already bound)"),
]
DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]
X = np.random.default_rng(0).random((8, 3)).astype("float32")
Y = np.arange(8) % 2
ALL_WELL = "bound for training, with its parameters and an optimizer"


def layer(units=2, name="fc", data=None, **more):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=units, name=name, **more)


def softmax(output=None, **more):
    return mx.sym.SoftmaxOutput(layer() if output is None else output, name="softmax", **more)


def fit(symbol=None, x=X, y=Y, module=None, **given):
    module = mx.mod.Module(softmax() if symbol is None else symbol) if module is None else module
    module.fit(mx.io.NDArrayIter(x, y, 4), num_epoch=1, initializer=mx.init.Xavier(), **given)
    return module


def changed(module):
    """The parameters that one step changes."""
    before = {name: array.asnumpy() for name, array in module.get_params()[0].items()}
    module.forward_backward(mx.io.DataBatch([mx.nd.array(X[:4])], [mx.nd.array(Y[:4])]))
    module.update()
    after = module.get_params()[0]
    return {name for name, array in before.items() if (array != after[name].asnumpy()).any()}


class TestInSilence:
    """fit runs, and what is wrong shows in the numbers only."""

    def test_two_softmaxes(self):
        """MXNet issue 4002."""
        scores = layer()
        says(gi.explain(fit(softmax(mx.sym.softmax(scores)))),
             "softmax0: a softmax before SoftmaxOutput softmax",
             "mx.sym.SoftmaxOutput(fc, mx.sym.var('softmax_label'), name='softmax')")  # fmt: skip
        right = mx.sym.SoftmaxOutput(scores, mx.sym.var("softmax_label"), name="softmax")
        assert ALL_WELL in str(gi.explain(fit(right)))
        twice = mx.sym.Activation(layer(1), act_type="sigmoid")
        symbol = mx.sym.LogisticRegressionOutput(twice, name="softmax")
        says(gi.explain(fit(symbol, eval_metric="mse")), "a sigmoid before LogisticRegr")
        harmless = fit(softmax(mx.sym.log_softmax(layer())))
        assert ALL_WELL in str(gi.explain(harmless))

    def test_layers_that_no_gradient_reaches(self):
        """MXNet issues 6527, 3073."""
        low = layer(3, "low")
        symbol = softmax(layer(2, "top", mx.sym.BlockGrad(low)))
        says(gi.explain(fit(symbol)), "low_weight, low_bias: cut off from the loss",
             "fixed_param_names=['low_weight', 'low_bias']")  # fmt: skip
        module = fit(module=mx.mod.Module(symbol, fixed_param_names=["low_weight", "low_bias"]))
        assert "cut off" not in str(gi.explain(module))
        assert changed(module) == {"top_weight", "top_bias"}
        free = fit(softmax(layer(2, "top", low)))
        assert ALL_WELL in str(gi.explain(free))
        assert "low_weight" in changed(free)

    def test_a_prediction_beside_the_loss(self):
        """BlockGrad cuts nothing off where another way leads to the loss."""
        scores = layer()
        loss = mx.sym.MakeLoss(
            -mx.sym.pick(mx.sym.log_softmax(scores), mx.sym.var("softmax_label")), name="loss"
        )
        symbol = mx.sym.Group([loss, mx.sym.BlockGrad(scores, name="scores")])
        metric = gi.head_metric("acc", "scores_output", "softmax_label")
        assert ALL_WELL in str(gi.explain(fit(symbol, eval_metric=metric)))

    def test_no_gradients_at_all(self):
        """MXNet issue 1340."""
        module = mx.mod.Module(softmax())
        module.bind(DATA, LABEL, grad_req="null")
        module.init_params(mx.init.Xavier())
        module.init_optimizer()
        says(gi.explain(module), "fc_weight, fc_bias: without a gradient", "grad_req='write'")
        assert changed(module) == set()
        module.bind(module.data_shapes, module.label_shapes, grad_req="write", force_rebind=True)
        assert ALL_WELL in str(gi.explain(module))
        assert changed(module) == {"fc_weight", "fc_bias"}

    def test_rates_on_the_optimizer(self):
        """MXNet issue 4163."""
        optimizer = mx.optimizer.SGD(learning_rate=0.5, rescale_grad=0.25)
        optimizer.set_lr_mult({"fc_weight": 0.0, "fc": 0.0})
        module = fit(optimizer=optimizer)
        says(gi.explain(module), "fc_weight: never changed", "optimizer.set_lr_mult({'fc_weight': "
             "1.0})", "fc: in lr_mult of the optimizer, and no parameter")  # fmt: skip
        assert changed(module) == {"fc_bias"}
        optimizer.set_lr_mult({"fc_weight": 1.0})
        assert ALL_WELL in str(gi.explain(module))
        assert changed(module) == {"fc_weight", "fc_bias"}

    def test_a_batch_norm_without_its_means(self):
        """MXNet issues 989, 1304."""
        symbol = softmax(layer(data=mx.sym.BatchNorm(mx.sym.var("data"), name="bn")))
        trained = fit(symbol)
        arg_params, aux_params = trained.get_params()
        module = mx.mod.Module(symbol)
        module.bind(DATA, for_training=False)
        module.init_params(arg_params=arg_params, aux_params={}, allow_missing=True)
        says(gi.explain(module), "bn_moving_mean, bn_moving_var: as before any training",
             "module.set_params(arg_params, aux_params)")  # fmt: skip
        module.set_params(arg_params, aux_params)
        assert "as before" not in str(gi.explain(module))
        batches = mx.io.NDArrayIter(X, Y, 4)
        assert np.array_equal(module.predict(batches).asnumpy(), trained.predict(batches).asnumpy())

    def test_a_gamma_that_is_not_used(self):
        """MXNet issue 3206."""
        found = {}
        for fix in (True, False):
            norm = mx.sym.BatchNorm(mx.sym.var("data"), name="bn", fix_gamma=fix)
            module = mx.mod.Module(softmax(layer(data=norm)))
            module.bind(DATA, LABEL)
            gamma = {"bn_gamma": mx.nd.full(3, 3)}
            module.init_params(mx.init.Xavier(), arg_params=gamma, allow_missing=True)
            found[fix] = gi.explain(module)
        says(found[True], "bn_gamma: other numbers than 1", "fix_gamma=False, name='bn'")
        assert "other numbers" not in str(found[False])

    def test_accuracy_of_a_probability(self):
        """MXNet issue 10744."""
        symbol = mx.sym.LogisticRegressionOutput(layer(1), name="softmax")
        checked = gi.check_labels(symbol, data_iter=mx.io.NDArrayIter(X, Y, 4))
        assert checked.ok
        said = str(checked)
        assert "softmax_output: one probability for each sample" in said
        code = said.partition("fit(..., eval_metric=")[2].partition("\n")[0][:-1]
        weight = {"fc_weight": mx.nd.array([[9, 0, 0]]), "fc_bias": mx.nd.array([-4.5])}
        x = np.zeros((8, 3), "float32")
        x[:, 0] = Y
        module = mx.mod.Module(symbol)
        batches = mx.io.NDArrayIter(x, Y, 4)
        module.bind(batches.provide_data, batches.provide_label, for_training=False)
        module.set_params(weight, {})
        assert module.score(batches, "acc")[0][1] == 0.5
        assert module.score(batches, eval(code))[0][1] == 1.0
        assert "probability" not in str(gi.check_labels(softmax(), data_iter=batches))


class TestRefused:
    @pytest.mark.parametrize(("given", "right"), [(0, "'0'"), (0.1, "'0.1'")])
    def test_a_rate_that_is_a_number(self, given, right):
        """MXNet issue 2144."""
        said = failing(lambda: mx.sym.var("fc_weight", attr={"lr_mult": given}))
        says(said, f"lr_mult={given}: an attribute that is no text", f"attr={{'lr_mult': {right}}}")
        says(failing(lambda: mx.AttrScope(lr_mult=given)), f"mx.AttrScope(lr_mult={right})")
        with mx.AttrScope(lr_mult=str(given)):
            scores = layer()
        assert scores.attr_dict()["fc_weight"]["__lr_mult__"] == str(given)
        symbol = layer(weight=mx.sym.var("fc_weight", attr={"lr_mult": str(given)}))
        assert symbol.attr_dict()["fc_weight"]["__lr_mult__"] == str(given)

    def test_a_rate_of_a_part(self):
        """MXNet issue 2932."""
        says(failing(lambda: layer(attr={"weight_lr_mult": "0.5"})),
             "weight=mx.sym.var('fc_weight', lr_mult=0.5)")  # fmt: skip
        symbol = layer(weight=mx.sym.var("fc_weight", lr_mult=0.5))
        assert symbol.list_arguments() == ["data", "fc_weight", "fc_bias"]

    @pytest.mark.parametrize("multi", [False, True])
    @pytest.mark.parametrize("size", [1, 2])
    def test_a_convolution_for_the_last_layer(self, multi, size):
        """MXNet issues 880, 11086."""
        conv = mx.sym.Convolution(mx.sym.var("data"), kernel=(1, 1), num_filter=2, name="conv")
        x = np.ones((8, 3, size, size))
        said = says(failing(lambda: fit(softmax(conv, multi_output=multi), x)),
                    "a class for each image", "without multi_output")  # fmt: skip
        code = said.rows[0].next.partition(", without")[0]
        module = fit(eval(code, {"mx": mx, "conv": conv}), x)
        assert module.output_shapes == [("softmax_output", (4, 2))]

    def test_a_class_for_each_place(self):
        conv = mx.sym.Convolution(mx.sym.var("data"), kernel=(1, 1), num_filter=5, name="conv")
        x, y = np.ones((8, 3, 4, 4)), np.zeros((8, 4, 4))
        says(failing(lambda: fit(softmax(conv), x, y)),
             "mx.sym.SoftmaxOutput(conv, multi_output=True, name='softmax')")  # fmt: skip
        module = fit(softmax(conv, multi_output=True), x, y)
        assert module.output_shapes == [("softmax_output", (4, 5, 4, 4))]

    def test_a_class_for_each_word(self):
        """MXNet issue 1576."""
        words = np.random.default_rng(1).integers(0, 6, (8, 5))
        embedded = mx.sym.Embedding(mx.sym.var("data"), input_dim=6, output_dim=3, name="embed")
        scores = layer(6, "pred", mx.sym.Reshape(embedded, shape=(-1, 3)))
        says(failing(lambda: fit(softmax(scores), words, words)),
             "mx.sym.Reshape(mx.sym.var('softmax_label'), shape=(-1,))")  # fmt: skip
        flat = mx.sym.Reshape(mx.sym.var("softmax_label"), shape=(-1,))
        fit(mx.sym.SoftmaxOutput(scores, flat, name="softmax"), words, words)

    @pytest.mark.parametrize("first", [{}, {"flatten": False}])
    def test_a_sequence_that_is_made_flat(self, first):
        """MXNet issue 7178."""
        x, y, label = np.ones((8, 5, 3)), np.ones((8, 5, 2)), mx.sym.var("softmax_label")

        def symbol(**given):
            top = layer(2, "b", layer(4, "a", **{**first, **given}), **given)
            return mx.sym.LinearRegressionOutput(top, label, name="linear")

        said = says(failing(lambda: fit(symbol(), x, y, eval_metric="mse")),
                    "mx.sym.FullyConnected(..., flatten=False, name='b')")  # fmt: skip
        assert ("name='a'" in said.rows[0].next) is not bool(first)
        fit(symbol(flatten=False), x, y, eval_metric="mse")

    def test_a_label_behind_operators(self):
        """MXNet issue 15496."""
        hot = mx.sym.one_hot(mx.sym.var("softmax_label"), depth=2)
        loss = mx.sym.MakeLoss(-mx.sym.sum(hot * mx.sym.log_softmax(layer()), axis=1), name="loss")
        module = mx.mod.Module(loss, label_names=None)
        says(failing(lambda: module.bind(DATA)), "a label that Module was not told of",
             "label_shapes=[('softmax_label', (4,))]")  # fmt: skip
        module = mx.mod.Module(loss, label_names=["softmax_label"])
        says(failing(lambda: module.bind(DATA)), "a label that was not bound")
        module.bind(DATA, label_shapes=[("softmax_label", (4,))])
        module.init_params(mx.init.Xavier())
        module.init_optimizer()
        assert changed(module) == {"fc_weight", "fc_bias"}

    def test_numbers_of_classes(self):
        """MXNet issue 11006."""
        label, logs = mx.sym.var("softmax_label"), mx.sym.log(mx.sym.softmax(layer()))
        for product in (label * logs, logs * label):
            says(failing(lambda one=product: fit(mx.sym.MakeLoss(-mx.sym.sum(one), name="loss"))),
                 "mx.sym.one_hot(mx.sym.var('softmax_label'), depth=2) in its place")  # fmt: skip
        right = mx.sym.one_hot(label, depth=2) * logs
        fit(mx.sym.MakeLoss(-mx.sym.sum(right), name="loss"), eval_metric=mx.metric.Loss())

    def test_accuracy_of_a_loss(self):
        """MXNet issues 11006, 4367."""
        entropy = mx.sym.softmax_cross_entropy(layer(), mx.sym.var("softmax_label"))
        symbol = mx.sym.MakeLoss(entropy, name="loss")
        says(failing(lambda: fit(symbol)), "given loss_output of shape (1,), which is a loss",
             "mx.metric.Loss(output_names=['loss_output'], label_names=[])")  # fmt: skip
        fit(symbol, eval_metric=mx.metric.Loss(output_names=["loss_output"], label_names=[]))

    def test_images_in_whole_numbers(self):
        """MXNet issues 7384, 7703."""
        x = mx.nd.array(X * 255, dtype="uint8")
        says(failing(lambda: fit(x=x)), "data: in uint8, and layers compute on it",
             "mx.sym.Cast(mx.sym.var('data'), dtype='float32')")  # fmt: skip
        module = fit(softmax(layer(data=mx.sym.Cast(mx.sym.var("data"), dtype="float32"))), x)
        assert module.get_params()[0]["fc_weight"].dtype == np.float32


class OfOnesOwn(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], mx.nd.softmax(in_data[0]))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        hot = mx.nd.one_hot(in_data[1], 2) if self.mended else in_data[1]
        self.assign(in_grad[0], req[0], out_data[0] - hot)

    mended = False


@mx.operator.register("strangers_softmax")
class OfOnesOwnProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0][:1]], [in_shape[0]], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return OfOnesOwn()


def test_an_error_in_an_operator(monkeypatch, capsys):
    """MXNet issues 13748, 6751."""
    symbol = mx.sym.Custom(layer(), op_type="strangers_softmax", name="softmax")
    said = says(failing(lambda: fit(symbol)), "backward of the operator 'strangers_softmax'",
                "xs = [mx.nd.ones((4, 2)), mx.nd.ones((4,))]")  # fmt: skip
    code = said.rows[0].next.partition("try it alone: ")[2].rstrip(".")
    capsys.readouterr()
    with pytest.raises(mx.MXNetError):
        exec(code, {"mx": mx})
    assert "could not be broadcast" in capsys.readouterr().out
    monkeypatch.setattr(OfOnesOwn, "mended", True)
    exec(code, {"mx": mx})
    fit(symbol)


def test_without_a_module():
    """An executor's symbol tells as much."""
    says(failing(lambda: softmax().simple_bind(mx.cpu(), data=(4, 3), softmax_label=(4, 1))),
         "y.reshape(-1) in place of y")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Error in operator softmax: Expecting [4,1] or [4,1,1]. But got [4]", "Flatten(output)"),
        ("Error in operator softmax: Expecting [4,4] or [4,2,2]. But got [4]", "Pooling(output,"),
        ("Error in operator softmax: Expecting [4,4] or [4,2,2]. But got [4,3]", "shape (4, 2, 2)"),
        ("Set Attr only accepts string values", "mx.sym.var(name, lr_mult=0.1)"),
        ("params.info->callbacks[kCustomOpBackward])(", "Error in CustomOp.backward"),
        ("setting variable attributes with bias_lr_mult is deprecated", "bias=mx.sym.var("),
    ],
    ids=["flat", "pooled", "places", "attribute", "custom", "part"],
)
def test_a_text_alone(text, part):
    says(gi.explain(text), part)
