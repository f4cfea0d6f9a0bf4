"""What an iterator hands to a Module: labels, data, metrics that do not fit; and what then does."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says, warned
from mxnet.contrib.io import DataLoaderIter
from test_explaining_modules import DATA, LABEL, batch, batches, made, plain, symbol

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:.*Data provided by label_shapes:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*You created Module:UserWarning"),
]
X = np.random.RandomState(0).rand(8, 5)


def layer(hidden=1, data=None):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=hidden, name="fc")


def regression(hidden=1):
    return mx.sym.LinearRegressionOutput(layer(hidden), mx.sym.var("target"), name="loss")


def fit(symbol, iterator, metric="acc", **names):
    module = mx.mod.Module(symbol, **names)
    module.fit(iterator, num_epoch=1, eval_metric=metric)
    return module


def unlabelled():
    return mx.io.NDArrayIter(X, None, 4)


class TestLabels:
    def test_a_softmax_of_another_name(self):
        said = failing(fit, symbol("s2"), batches())
        says(said, "label_name='s2_label'", "label_names=['s2_label']")
        fit(symbol("s2"), batches(label_name="s2_label"), label_names=["s2_label"])

    def test_a_label_whose_name_does_not_end_in_label(self):
        """Seen: one was told to leave its label out, and would have learned from zeros."""
        said = failing(fit, regression(), batches(), "mse")
        says(said, "label_name='target'", "label_names=['target']")
        module = fit(regression(), batches(label_name="target"), "mse", label_names=["target"])
        assert set(module.get_params()[0]) == {"fc_weight", "fc_bias"}

    def test_in_a_bucketing_module(self):
        """Seen: explain itself failed, since a BucketingModule has no symbol before it is bound."""

        def buckets(label):
            module = mx.mod.BucketingModule(
                lambda key: (symbol("s2"), ["data"], [label]), default_bucket_key=1
            )
            module.bind(DATA, [(label, (4,))])

        says(failing(buckets, "softmax_label"), "label_names=['s2_label']")
        buckets("s2_label")

    def test_one_label_too_many(self):
        labels = {"softmax_label": np.zeros(8), "more": np.zeros(8)}
        said = failing(fit, symbol(), mx.io.NDArrayIter(X, labels, 4))
        says(said, "more: supplied as a label", "leave 'more' out")
        fit(symbol(), mx.io.NDArrayIter(X, labels["softmax_label"], 4))

    def test_two_labels_of_which_one_has_another_name(self):
        data = mx.sym.var("data")
        second = mx.sym.FullyConnected(data, num_hidden=1, name="second")
        both = mx.sym.Group([
            mx.sym.SoftmaxOutput(layer(3, data), name="softmax"),
            mx.sym.LinearRegressionOutput(second, mx.sym.var("target")),
        ])  # fmt: skip
        labels = {"softmax_label": np.zeros(8), "tagret": np.zeros(8)}
        said = failing(fit, both, mx.io.NDArrayIter(X, labels, 4), "mse")
        says(said, "{'softmax_label': ..., 'target': ...}", "['softmax_label', 'target']")
        right = mx.io.NDArrayIter(X, {"softmax_label": np.zeros(8), "target": np.zeros(8)}, 4)
        module = mx.mod.Module(both, label_names=["softmax_label", "target"])
        module.bind(right.provide_data, right.provide_label)

    def test_a_symbol_without_a_loss(self):
        bare = layer(3)
        said = failing(fit, bare, batches())
        says(said, "no loss that takes it", "SoftmaxOutput(symbol, mx.sym.var('softmax_label'))")
        whole = mx.sym.SoftmaxOutput(bare, mx.sym.var("softmax_label"))
        fit(whole, batches(), label_names=["softmax_label"])
        mx.mod.Module(bare, label_names=None).bind(DATA, label_shapes=None, for_training=False)

    @pytest.mark.parametrize("labels", [True, False])
    def test_a_loss_without_labels(self, labels):
        def loss():
            return mx.sym.MakeLoss(mx.sym.square(layer(3)), name="loss")

        iterator = batches() if labels else unlabelled()
        says(failing(fit, loss(), iterator), "module.forward_backward(batch)", "module.update()")
        self.follow_the_loop(mx.mod.Module(loss(), label_names=None), iterator)

    @staticmethod
    def follow_the_loop(module, iterator):
        iterator.reset()
        module.bind(iterator.provide_data)
        module.init_params(mx.init.Xavier())
        module.init_optimizer()
        before = module.get_params()[0]["fc_weight"].asnumpy()
        for one in iterator:
            module.forward_backward(one)
            module.update()
        after = module.get_params()[0]["fc_weight"].asnumpy()
        assert np.square(after).sum() < np.square(before).sum()

    def test_an_iterator_without_labels(self):
        said = failing(fit, symbol(), unlabelled())
        says(said, "the symbol has softmax_label", "NDArrayIter(X, y", "label_shapes=None")
        trained = fit(symbol(), mx.io.NDArrayIter(X, np.zeros(8), 4))
        module = mx.mod.Module(symbol())
        module.bind(unlabelled().provide_data, label_shapes=None, for_training=False)
        module.set_params(*trained.get_params())
        assert module.predict(unlabelled()).shape == (8, 3)

    def test_a_metric_without_labels(self):
        module = mx.mod.Module(symbol())
        module.bind(DATA)
        module.init_params()
        said = failing(module.score, batches(), "acc")
        says(said, "bound without labels", "label_shapes=[('softmax_label', shape)]")
        module.bind(DATA, label_shapes=LABEL, force_rebind=True)
        module.score(batches(), "acc")

    def test_nothing_supplied(self):
        said = warned(lambda: plain().bind(DATA, for_training=False), part="label_shapes")
        says(said, "of nothing", "To predict, nothing is to be done", "take_labels=True")
        module = made(plain, 0)
        module.bind(DATA, label_shapes=LABEL)

    @pytest.mark.parametrize(("width", "part"), [(1, "y.reshape(-1)"), (4, "y.argmax(axis=1)")])
    def test_classes_in_two_axes(self, width, part):
        y = np.eye(4)[np.arange(8) % 4][:, :width]
        says(failing(fit, symbol(), mx.io.NDArrayIter(X, y, 4)), f"of shape (4, {width})", part)
        y = y.reshape(-1) if width == 1 else y.argmax(axis=1)
        module = fit(symbol(hidden=4), mx.io.NDArrayIter(X, y, 4))
        assert dict(module.output_shapes)["softmax_output"] == (4, 4)

    def test_numbers_of_another_width(self):
        iterator = mx.io.NDArrayIter(X, np.ones((8, 2)), 4, label_name="target")
        said = failing(lambda: fit(regression(), iterator, "mse", label_names=["target"]))
        says(said, "target: of shape (4, 2)", "takes (4, 1)", "num_hidden=2")
        fit(regression(2), iterator, "mse", label_names=["target"])

    def test_in_a_batch(self):
        module = made(plain, 2)
        one = mx.io.DataBatch([mx.nd.ones((4, 5))], [mx.nd.zeros((4, 1))])
        says(failing(module.forward, one), "softmax_label: of shape (4, 1)", "y.reshape(-1)")
        module.forward(mx.io.DataBatch([mx.nd.ones((4, 5))], [mx.nd.zeros((4, 1)).reshape(-1)]))


class TestData:
    def test_of_another_width(self):
        module = made(plain, 2)
        before = module.predict(batches()).asnumpy()
        wide = mx.io.NDArrayIter(np.ones((8, 6)), np.zeros(8), 4)
        said = failing(module.predict, wide)
        says(said, "data: of shape (4, 6)", "fc_weight was made for (batch, 5)", "new mx.mod.Mod")
        assert (module.predict(batches()).asnumpy() == before).all()
        fit(symbol(), wide)

    def test_of_numpy(self):
        module = made(plain, 2)
        x, y = np.ones((4, 5)), np.zeros(4)
        says(failing(module.forward, mx.io.DataBatch([x], [y])), "of numpy.ndarray", "mx.nd.array")
        module.forward(mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)]))

    def test_no_iterator(self):
        says(
            failing(fit, symbol(), X), "train_data: of type numpy.ndarray", "mx.io.NDArrayIter(X, y"
        )
        y = np.zeros(8, "float32")
        fit(symbol(), mx.io.NDArrayIter(X, y, 4))
        data = mx.gluon.data.ArrayDataset(X.astype("float32"), y)
        loader = mx.gluon.data.DataLoader(data, 4)
        says(failing(fit, symbol(), loader), "of type DataLoader", "DataLoaderIter(loader")
        fit(symbol(), DataLoaderIter(loader, label_name="softmax_label"))

    def test_fewer_labels_than_data(self):
        says(
            failing(fit, symbol(), mx.io.NDArrayIter(X, np.zeros(7), 4)), "data 8, softmax_label 7"
        )
        fit(symbol(), mx.io.NDArrayIter(X[:7], np.zeros(7), 4))

    @pytest.mark.parametrize("shapes", [(4, 5), ("data", (4, 5)), [(4, 5)]])
    def test_descriptions_of_another_form(self, shapes):
        said = failing(plain().bind, shapes, LABEL)
        says(said, "not lists of pairs", "data_shapes=[('data', shape)], label_shapes=[('softm")
        plain().bind(data_shapes=[("data", (4, 5))], label_shapes=[("softmax_label", (4,))])

    def test_a_state_of_another_shape(self):
        data, state = mx.sym.var("data"), mx.sym.var("begin")
        module = mx.mod.Module(data + state, label_names=None, state_names=["begin"])
        module.bind(DATA)
        module.init_params()
        said = failing(lambda: module.set_states(states=[[mx.nd.ones((3, 3))]]))
        says(said, "states: of shape (3, 3)", "(4, 5) is bound", "value=0")
        module.set_states(value=0)
        module.set_states(states=[[mx.nd.ones((4, 5))]])


class TestMetrics:
    """Only what fit reaches."""

    def test_the_best_ones(self):
        says(failing(fit, symbol(), batches(), "top_k_accuracy"), "TopKAccuracy(top_k=5)")
        fit(symbol(hidden=6), batches(), mx.metric.TopKAccuracy(top_k=5))

    def test_more_than_two_classes(self):
        three = mx.io.NDArrayIter(X, np.arange(8) % 3, 4)
        says(failing(fit, symbol(), three, "f1"), "F1: given labels of more than two", "'acc'")
        three.reset()
        fit(symbol(), three, "acc")

    @pytest.mark.parametrize(
        "metric", ["ce", "nll_loss", mx.metric.Perplexity(None)], ids=["ce", "nll", "perplexity"]
    )
    def test_labels_that_mark_their_class(self, metric):
        """SoftmaxOutput takes such labels, and learns from them; these metrics do not."""
        y = np.eye(3)[np.arange(8) % 3]
        said = failing(fit, symbol(), mx.io.NDArrayIter(X, y, 4), metric)
        says(said, "given labels of shape (4, 3)", "y.argmax(axis=-1)")
        fit(symbol(), mx.io.NDArrayIter(X, y.argmax(axis=-1), 4), metric)

    def test_outputs_of_three_axes(self):
        out = mx.sym.reshape(layer(6), (-1, 2, 3))
        net = mx.sym.SoftmaxOutput(out, preserve_shape=True, name="softmax")
        iterator = mx.io.NDArrayIter(X, np.zeros((8, 2)), 4)
        for metric in (mx.metric.TopKAccuracy(top_k=2), "ce"):
            iterator.reset()
            said = failing(fit, net, iterator, metric)
            says(said, "an output of (4, 2, 3)", "Accuracy(axis=-1)")
        iterator.reset()
        metric = mx.metric.Accuracy(axis=-1)
        fit(net, iterator, metric)
        assert metric.num_inst == 16

    def test_of_another_output(self):
        metric = mx.metric.Accuracy(output_names=["s_output"], label_names=["softmax_label"])
        said = failing(fit, symbol(), batches(), metric)
        says(said, "s_output: in the output_names", "The Module has softmax_output")
        right = mx.metric.Accuracy(output_names=["softmax_output"], label_names=["softmax_label"])
        fit(symbol(), batches(), right)

    def test_two_heads(self):
        whole = symbol()
        both = mx.sym.Group([whole, mx.sym.BlockGrad(whole.get_internals()["fc_output"])])
        said = failing(fit, both, batches(), mx.metric.Perplexity(None))
        says(said, "Perplexity: given 1 labels and 2 outputs", "'softmax_output', 'softmax_label'")
        metric = gi.head_metric(mx.metric.Perplexity(None), "softmax_output", "softmax_label")
        fit(both, batches(), metric)


def test_a_batch_that_is_not_what_it_tells():
    module = made(plain, 2)
    said = failing(module.forward, batch(2))
    says(said, "data: of shape (2, 5) in the batch", "without provide_data")
    module = made(plain, 2)
    module.forward(mx.io.DataBatch([mx.nd.ones((2, 5))], [mx.nd.zeros(2)]))
    assert module.get_outputs()[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("fc_bias is not presented", "fc_bias: of the symbol"),
        ('Find name "old_bias" that is not in the arguments', "old_bias: given"),
        ("Shape of unspecifie arg: fc_weight changed. This can cause", "fc_weight: made for data"),
        ("Too many slices. Some splits are empty.", "too small for so many devices"),
        ("Please use Accuracy if top_k is no more than 1", "top_k=5"),
    ],
)
def test_a_text_alone(text, part):
    says(gi.explain(text), part)
