"""What people handed to Module and fit, by their public reports, rebuilt, explained, and followed.

The reports, and how they were answered before and after, stand in benchmarks/strangers_module.md.
"""

from collections import namedtuple

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:(Data provided by label_shapes|.*created Module)"),
    pytest.mark.filterwarnings("ignore:.*(FeedForward|init.str, NDArray.) has been deprecated"),
]
DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]
X, Y = np.ones((8, 3), "float32"), np.zeros(8)


def scores(units=2, name="fc", data=None):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=units, name=name)


def classifier(output=None):
    return mx.sym.SoftmaxOutput(scores() if output is None else output, name="softmax")


def batches(y=Y):
    return mx.io.NDArrayIter(X, y, 4)


def fit(symbol=None, **given):
    module = mx.mod.Module(classifier() if symbol is None else symbol)
    module.fit(batches(), num_epoch=1, **given)
    return module


def bound(symbol=None, **given):
    module = mx.mod.Module(classifier() if symbol is None else symbol, **given)
    module.bind(DATA, LABEL)
    return module


def test_callbacks_in_each_others_place(tmp_path):
    """MXNet issues 8143, 5408."""
    checkpoint = mx.callback.do_checkpoint(str(tmp_path / "net"))
    meter = mx.callback.Speedometer(4, 1)
    says(failing(lambda: fit(batch_end_callback=checkpoint)), "a callback for epoch_end_callback",
         "fit(..., epoch_end_callback=mx.callback.do_checkpoint(...))")  # fmt: skip
    says(failing(lambda: fit(epoch_end_callback=[meter])), "a callback for batch_end_callback",
         "fit(..., batch_end_callback=mx.callback.Speedometer(...))")  # fmt: skip
    says(failing(lambda: fit(eval_data=batches(), eval_end_callback=checkpoint)), "eval_end_callback=",
         "epoch_end_callback=mx.callback.do_checkpoint(...)")  # fmt: skip
    says(failing(lambda: fit(epoch_end_callback=lambda param: None)), "takes other arguments",
         "def callback(epoch, symbol, arg_params, aux_params)")  # fmt: skip
    says(failing(lambda: fit(epoch_end_callback=mx.callback.module_checkpoint)),
         "epoch_end_callback=mx.callback.module_checkpoint(module, prefix)")  # fmt: skip
    fit(epoch_end_callback=checkpoint, batch_end_callback=meter)


@pytest.mark.parametrize(
    ("given", "right"),
    [("cpu", "mx.cpu()"), ("cpu(1)", "mx.cpu(1)"), (mx.cpu, "mx.cpu()"),
     (mx.cpu("1"), "mx.cpu(1)"), ([0, 1], "[mx.gpu(0), mx.gpu(1)]")],
)  # fmt: skip
def test_devices(given, right):
    """MXNet issue 10899."""
    says(failing(lambda: bound(context=given)), "context", f"context={right}")
    if "gpu" not in right:
        bound(context=eval(right, {"mx": mx}))


def test_symbols_one_by_one():
    """MXNet issue 1563."""
    says(failing(lambda: mx.sym.Group(scores(2, "a"), scores(2, "b"))), "given symbols one by one",
         "mx.sym.Group([first, second])")  # fmt: skip
    says(failing(lambda: mx.sym.Group([scores(), "b"])), "given str among the symbols")
    mx.sym.Group([scores(2, "a"), scores(2, "b")])


@pytest.mark.parametrize("call", ["set_params", "init_params"])
def test_values_of_numpy(call):
    arg_params, module = {"fc_weight": np.ones((2, 3)), "fc_bias": np.zeros(2)}, bound()

    def give(values, **how):
        getattr(module, call)(arg_params=values, aux_params={}, **how)

    part = "{name: mx.nd.array(value) for name, value in arg_params.items()}"
    says(
        failing(give, arg_params), "fc_weight, fc_bias: given as numpy.ndarray in arg_params", part
    )
    give({name: mx.nd.array(value) for name, value in arg_params.items()})
    if call == "set_params":
        says(failing(lambda: give(arg_params, allow_missing=True)), "given as NumPy's arrays", part)


class TestBatches:
    @pytest.mark.parametrize(("given", "made"), [
        (mx.nd.ones((4, 3)), "[x]"), (np.ones((4, 3)), "[mx.nd.array(x)]"),
        ([mx.nd.ones((4, 3))], "[x]"), ({"data": mx.nd.ones((4, 3))}, "[x]"),
    ])  # fmt: skip
    def test_arrays(self, given, made):
        """MXNet pull request 12166."""
        module = bound()
        module.init_params()
        says(failing(module.forward, given), "data_batch: of type", f"mx.io.DataBatch({made})")
        x = next(iter(given.values())) if isinstance(given, dict) else given
        x = x[0] if isinstance(x, list) else x
        module.forward(mx.io.DataBatch(eval(made, {"mx": mx, "x": x})))

    def test_an_iterator(self):
        module, iterator = bound(), batches()
        module.init_params()
        says(failing(module.forward, iterator), "a NDArrayIter, which holds many batches",
             "for batch in iterator: module.forward(batch)")  # fmt: skip
        for batch in batches():
            module.forward(batch)

    def test_an_array_for_a_list(self):
        """MXNet issue 4504."""
        module, kind = bound(), namedtuple("Batch", ["data"])
        module.init_params()
        x = mx.nd.ones((4, 3))
        says(failing(module.forward, kind(x)), "data_batch.data: an array of shape (4, 3), and no list",
             "Batch([x]), with brackets")  # fmt: skip
        module.forward(kind([x]))

    def test_to_score(self):
        """MXNet issues 5456, 5472."""
        says(failing(lambda: fit(eval_data=(X, Y))), "eval_data: of type tuple",
             "eval_data=mx.io.NDArrayIter(X, y, batch_size)")  # fmt: skip
        says(failing(lambda: fit(eval_data=batches(None))), "The batches of eval_data have none",
             "mx.io.NDArrayIter(X, y, batch_size) for it")  # fmt: skip
        fit(eval_data=batches())

    def test_plain_arrays_for_feed_forward(self):
        model = mx.model.FeedForward(classifier(), num_epoch=1, numpy_batch_size=4)
        says(failing(lambda: model.fit(X)), "y: missing", "model.fit(X, y)")
        says(
            failing(lambda: model.predict(X)), "without parameters", "model.fit(X, y), then predict"
        )
        model.fit(X, Y)
        assert model.predict(X).shape == (8, 2)


class TestBuckets:
    def test_a_symbol_for_a_function(self):
        symbol = classifier()
        says(failing(lambda: mx.mod.BucketingModule(symbol, default_bucket_key=3)),
             "sym_gen: a symbol, where a function", "mx.mod.BucketingModule(lambda key:")  # fmt: skip
        mx.mod.BucketingModule(
            lambda key: (symbol, ["data"], ["softmax_label"]), default_bucket_key=3
        )

    def test_another_default(self):
        train = mx.rnn.BucketSentenceIter([[1, 2, 3]] * 4 + [[1, 2, 3, 4, 5]] * 4, 4, buckets=[3, 5],
                                          invalid_label=0)  # fmt: skip

        def symbol_of(length):
            words = mx.sym.Embedding(mx.sym.var("data"), input_dim=6, output_dim=3, name="embed")
            output, _ = mx.rnn.LSTMCell(4, prefix="l_").unroll(length, words, merge_outputs=True)
            label = mx.sym.reshape(mx.sym.var("softmax_label"), shape=(-1,))
            output = scores(6, "next", mx.sym.reshape(output, shape=(-1, 4)))
            symbol = mx.sym.SoftmaxOutput(output, label, name="softmax")
            return symbol, ["data"], ["softmax_label"]

        def train_with(key):
            train.reset()
            module = mx.mod.BucketingModule(symbol_of, default_bucket_key=key)
            module.fit(train, num_epoch=1, eval_metric=mx.metric.Perplexity(0))

        says(failing(train_with, 3), "default_bucket_key=3: not that of the BucketSentenceIter, 5",
             "mx.mod.BucketingModule(sym_gen, default_bucket_key=5)")  # fmt: skip
        train_with(5)


def test_the_class_of_a_scheduler():
    given = {"learning_rate": 0.1, "lr_scheduler": mx.lr_scheduler.FactorScheduler}
    says(failing(lambda: fit(optimizer_params=given)), "the class FactorScheduler, where an object",
         "mx.lr_scheduler.FactorScheduler(step=1000, factor=0.9)")  # fmt: skip
    given["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(step=1000, factor=0.9)
    fit(optimizer_params=given)


def test_sums_of_two_sizes():
    """MXNet issues 3886, 15743."""
    x = mx.sym.var("data")
    first, second, third = scores(2, "a", x), scores(3, "b", x), scores(1, "c", x)
    says(failing(lambda: fit(classifier(first + second))),
         "_plus0: given a of shape (4, 2), and b of (4, 3)",
         "mx.sym.FullyConnected(..., num_hidden=2, name='b')")  # fmt: skip
    fit(classifier(first + scores(2, "b", x)))
    says(failing(lambda: fit(classifier(first * third))), "and c of (4, 1)",
         "mx.sym.broadcast_mul(first, second), which repeats what has size 1")  # fmt: skip
    fit(classifier(mx.sym.broadcast_mul(first, third)))
    says(failing(lambda: fit(classifier(first + x))), "a of shape (4, 2), and data of (4, 3)",
         "Give data the shape (4, 2)")  # fmt: skip
