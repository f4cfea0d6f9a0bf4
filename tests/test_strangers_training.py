"""What people met in training symbols, by their public reports, rebuilt, explained, and followed.

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
    pytest.mark.filterwarnings("ignore:.*(FeedForward|init.str, NDArray.) has been deprecated"),
]
X, Y = np.ones((8, 3), "float32"), np.zeros(8)


def scores(units=2, name="fc", data=None):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=units, name=name)


def classifier(output=None):
    return mx.sym.SoftmaxOutput(scores() if output is None else output, name="softmax")


def batches(**names):
    return mx.io.NDArrayIter(X, Y, 4, **names)


def fit(symbol, iterator=None, names=None, **more):
    module = mx.mod.Module(symbol, **(names or {}))
    module.fit(iterator or batches(), num_epoch=1, **more)
    return module


class Softmax(mx.operator.CustomOp):
    """Of issue 6730 and 12045: a softmax of one's own, with its gradient."""

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], mx.nd.softmax(in_data[0]))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        output, label = out_data[0], in_data[1]
        self.assign(in_grad[0], req[0], output - mx.nd.one_hot(label, output.shape[1]))


class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0][:1]], [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()


class ScaledProp(SoftmaxProp):
    def __init__(self, scale):
        super().__init__()
        self.scale = float(scale)


class ScaledByAnArrayProp(ScaledProp):
    def list_arguments(self):
        return ["data", "label", "scale"]


for prop in (SoftmaxProp, ScaledProp, ScaledByAnArrayProp):
    mx.operator.register(f"strangers_{prop.__name__}")(prop)


class TestOperatorsOfOnesOwn:
    def test_a_loss_of_another_name(self):
        """MXNet issues 6730, 6729."""
        symbol = mx.sym.Custom(scores(), op_type="strangers_SoftmaxProp", name="own")
        says(failing(fit, symbol), "own_label: a label that Module takes for a parameter",
             "label_names=['own_label'], ...), and an iterator with label_name='own_label'")  # fmt: skip
        names = {"label_names": ["own_label"]}
        fit(symbol, batches(label_name="own_label"), names)
        check = gi.check_labels(symbol, data_iter=batches())
        told = {row.argument: row for row in check.rows}
        assert "It is the label of own, but not in label_names" in told["own_label"].problem
        assert "label_name='own_label'" in told["softmax_label"].remedy
        assert gi.check_labels(symbol, data_iter=batches(label_name="own_label"), **names).ok

    def test_a_number_among_the_arrays(self):
        """MXNet issue 12045."""

        def symbol(prop):
            kind = f"strangers_{prop.__name__}"
            return mx.sym.Custom(scores(), op_type=kind, name="softmax", scale=2.0)

        says(failing(fit, symbol(ScaledByAnArrayProp)), "scale of the operator 'strangers_",
             "def list_arguments(self): return ['data', 'label']", "self.scale = float(scale)")  # fmt: skip
        fit(symbol(ScaledProp))

    def test_one_that_is_not_registered(self):
        """MXNet issue 8201."""
        text = mx.sym.Custom(scores(), op_type="strangers_SoftmaxProp", name="softmax").tojson()
        late = text.replace("strangers_SoftmaxProp", "strangers_late")
        says(failing(mx.sym.load_json, late), "in the symbol, and not registered here",
             "import the Python file that has @mx.operator.register('strangers_late')")  # fmt: skip
        mx.operator.register("strangers_late")(SoftmaxProp)
        fit(mx.sym.load_json(late))


class TestLosses:
    def test_a_gradient_of_numpy(self):
        """MXNet issue 5480."""

        def chain(function):
            module = mx.mod.SequentialModule()
            module.add(mx.mod.Module(scores(), label_names=None))
            loss = mx.mod.PythonLossModule(grad_func=function)
            module.add(loss, take_labels=True, auto_wiring=True)
            module.fit(batches(), num_epoch=1)

        def gradient(scores, labels):
            scores = scores.asnumpy()
            scores[range(4), labels] -= 1
            return scores

        def mended(scores, labels):
            labels = labels.asnumpy().astype("int64")
            return gradient(scores, labels)

        says(failing(chain, gradient), "indexing a NumPy array by labels, which is an NDArray",
             "labels = labels.asnumpy().astype('int64') as the first line")  # fmt: skip
        chain(mended)
        says(failing(chain, None), "without grad_func", "grad_func=lambda scores, labels:")
        chain(lambda scores, labels: mx.nd.softmax(scores) - mx.nd.one_hot(labels, scores.shape[1]))

    def test_a_loss_beside_a_prediction(self):
        """MXNet issue 6210."""
        label, output = mx.sym.var("softmax_label"), mx.sym.softmax(scores())
        loss = mx.sym.MakeLoss(-mx.sym.log(mx.sym.pick(output, label)), name="loss")
        symbol = mx.sym.Group([loss, mx.sym.BlockGrad(output, name="prediction")])
        metric = mx.metric.np(lambda labels, outputs: float((outputs.argmax(1) == labels).mean()))
        says(failing(lambda: fit(symbol, eval_metric=metric)), "given 1 labels and 2 outputs",
             "gi.head_metric(metric, 'prediction_output', 'softmax_label')")  # fmt: skip
        fit(symbol, eval_metric=gi.head_metric(metric, "prediction_output", "softmax_label"))
        rows = {row.argument: row for row in gi.check_labels(symbol, data_iter=batches()).rows}
        assert "mx.metric.Loss(output_names=['loss_output']" in rows["loss_output"].remedy
        fit(symbol, eval_metric=mx.metric.Loss(output_names=["loss_output"], label_names=[]))

    def test_half_precision(self):
        """MXNet issue 17164, mxnet-ssd issue 148."""
        half = mx.sym.Cast(mx.sym.flatten(mx.sym.var("data")), dtype="float16")
        says(failing(fit, classifier(half)), "softmax_label: in float32, and softmax is handed",
             "mx.sym.SoftmaxOutput(mx.sym.Cast(output, dtype='float32'), name='softmax')")  # fmt: skip
        fit(classifier(mx.sym.Cast(half, dtype="float32")))

    def test_an_output_of_three_axes(self):
        """MXNet issue 3231."""
        symbol = classifier(mx.sym.reshape(scores(8), shape=(0, 2, 4)))
        said = failing(fit, symbol)
        says(
            said,
            "of shape (4,), and its loss (SoftmaxOutput) takes (4, 2)",
            "labels of shape (4, 2)",
        )
        assert "num_hidden" not in str(said)
        fit(symbol, mx.io.NDArrayIter(X, np.zeros((8, 2)), 4), eval_metric=mx.metric.Loss())

    def test_a_kernel_of_one_axis(self):
        """MXNet issue 8221."""

        def images(kernel):
            layer = mx.sym.Convolution(mx.sym.var("data"), kernel=kernel, num_filter=2, name="conv")
            images = mx.io.NDArrayIter(np.ones((8, 3, 5, 5)), Y, 4)
            return fit(classifier(scores(data=layer)), images)

        says(failing(images, (3,)), "conv: with kernel=(3,), for data of 3 axes, and given 4",
             "mx.sym.Convolution(..., kernel=(3, 3), name='conv')")  # fmt: skip
        images((3, 3))


class TestSettings:
    def test_the_class_of_a_metric(self):
        """MXNet issue 1107."""
        symbol = mx.sym.LinearRegressionOutput(scores(1), name="softmax")
        y = mx.io.NDArrayIter(X, Y.reshape(-1, 1), 4)
        says(failing(lambda: fit(symbol, y, eval_metric=mx.metric.RMSE)), "eval_metric=RMSE: a class",
             "eval_metric=mx.metric.RMSE(), an object")  # fmt: skip
        fit(symbol, y, eval_metric=mx.metric.RMSE())

    def test_a_metric_of_several_sums(self):
        """MXNet issue 8001."""

        class Both(mx.metric.EvalMetric):
            def reset(self):
                self.sum_metric, self.num_inst, self.name = [0.0, 0.0], [0, 0], ["a", "b"]

            def update(self, labels, preds):
                for i in range(2):
                    self.sum_metric[i] += i
                    self.num_inst[i] += 1

        class Mended(Both):
            def get(self):
                return self.name, [
                    total / count if count else float("nan")
                    for total, count in zip(self.sum_metric, self.num_inst, strict=True)
                ]

            def reset_local(self):
                self.reset()

        says(failing(lambda: fit(classifier(), eval_metric=Both("both"))), "eval_metric Both",
             "def get(self): return self.name, [total / count if count else float('nan') for")  # fmt: skip
        metric = Mended("both")
        fit(classifier(), eval_metric=metric, batch_end_callback=mx.callback.Speedometer(4, 1))
        assert metric.get()[0] == ["a", "b"]

    def test_arguments_of_the_optimizer(self):
        """MXNet issues 7424, 1253."""
        said = failing(lambda: fit(classifier(), optimizer_params={"lr": 0.1}))
        says(said, "no argument of SGD", "optimizer_params={'learning_rate': 0.1}")
        said = failing(lambda: fit(classifier(), optimizer_params=("learning_rate", 0.1)))
        says(said, "no dictionary and no list of pairs", "optimizer_params={'learning_rate': 0.1}")
        fit(classifier(), optimizer_params={"learning_rate": 0.1})

    def test_a_monitor_of_numbers(self):
        wrong = mx.mon.Monitor(1, stat_func=lambda x: float(x.norm().asscalar()))
        says(failing(lambda: fit(classifier(), monitor=wrong)), "Monitor.stat_func: returns float",
             "stat_func=lambda x: x.norm()")  # fmt: skip
        fit(classifier(), monitor=mx.mon.Monitor(1, stat_func=lambda x: x.norm()))

    def test_plain_arrays_for_a_regression(self):
        """MXNet issues 3615, 4862."""
        symbol = mx.sym.LinearRegressionOutput(scores(1), name="lin")
        model = mx.model.FeedForward(symbol, num_epoch=1, numpy_batch_size=4)
        says(failing(lambda: model.fit(X, Y, eval_metric="mse")), "softmax_label: supplied, and no",
             "model.fit(mx.io.NDArrayIter(X, y, batch_size, label_name='lin_label'))")  # fmt: skip
        model.fit(mx.io.NDArrayIter(X, Y, 4, label_name="lin_label"), eval_metric="mse")


class TestSequences:
    def test_buckets_for_a_module(self, capsys):
        """MXNet issue 8065."""
        sentences = [[1, 2, 3]] * 4 + [[1, 2, 3, 4, 5]] * 4
        train = mx.rnn.BucketSentenceIter(sentences, 4, buckets=[3, 5], invalid_label=0)

        def symbol_of(length):
            words = mx.sym.Embedding(mx.sym.var("data"), input_dim=6, output_dim=3, name="embed")
            cell = mx.rnn.LSTMCell(4, prefix="lstm_")
            output, _ = cell.unroll(length, inputs=words, merge_outputs=True)
            output = scores(6, "next", mx.sym.reshape(output, shape=(-1, 4)))
            label = mx.sym.reshape(mx.sym.var("softmax_label"), shape=(-1,))
            return mx.sym.SoftmaxOutput(output, label, name="softmax")

        given = {"num_epoch": 2, "eval_metric": mx.metric.Perplexity(0)}
        module = mx.mod.Module(symbol_of(5))
        says(failing(lambda: module.fit(train, **given)), "A batch of the bucket 3: for a Module",
             "BucketingModule(lambda key: (symbol_of(key), ['data'], ['softmax_label']), "
             "default_bucket_key=5)")  # fmt: skip
        module = mx.mod.BucketingModule(
            lambda key: (symbol_of(key), ["data"], ["softmax_label"]), default_bucket_key=5
        )
        train.reset()
        module.fit(train, **given)

    def test_states_among_the_parameters(self):
        """MXNet issue 11032."""
        states = {"state": mx.sym.var("State"), "state_cell": mx.sym.var("Cell")}
        symbol = mx.sym.RNN(mx.sym.var("Input"), mx.sym.var("rnn_weight"), state_size=4,
                            num_layers=1, mode="lstm", name="rnn", **states)  # fmt: skip
        arg_params = {
            "rnn_weight": mx.nd.ones(144),
            "State": mx.nd.zeros((1, 4)),
            "Cell": mx.nd.zeros((1, 4)),
        }

        def ready(**names):
            module = mx.mod.Module(symbol, **names)
            module.bind([("Input", (5, 2, 3))], for_training=False)
            module.set_params(arg_params, {}, allow_missing=True)
            return module

        says(failing(lambda: ready(data_names=["Input"], label_names=None)), "State, Cell: states that Module",
             "label_names=[], state_names=['State', 'Cell'])",
             "[arg_params.pop(name, None) for name in ['State', 'Cell']]")  # fmt: skip
        [arg_params.pop(name, None) for name in ["State", "Cell"]]
        module = ready(data_names=["Input"], label_names=[], state_names=["State", "Cell"])
        module.forward(mx.io.DataBatch([mx.nd.ones((5, 2, 3))]))
        assert module.get_outputs()[0].shape == (5, 2, 4)
