"""What is said of a Module itself: the calls that it lacks, its names, its values."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import says

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:Data provided by label_shapes:UserWarning"),
]
DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]
BATCH = mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.zeros((4,))])


def scores():
    return mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")


def classifier():
    return mx.sym.SoftmaxOutput(scores(), name="softmax")


def bound(symbol=None, **given):
    module = mx.mod.Module(classifier() if symbol is None else symbol, **given)
    module.bind(DATA, LABEL)
    return module


def trained(module):
    """The parameters that one step changes."""
    if not module.optimizer_initialized:
        module.init_optimizer(optimizer_params={"learning_rate": 1.0})
    before = {name: array.asnumpy() for name, array in module.get_params()[0].items()}
    module.forward_backward(BATCH)
    module.update()
    after = module.get_params()[0]
    return {name for name, array in before.items() if (array != after[name].asnumpy()).any()}


class TestOrder:
    def test_step_by_step(self):
        module = mx.mod.Module(classifier())
        says(gi.explain(module), "Module: not bound and without parameters and without an optimizer",
             "label_shapes=[('softmax_label', shape)]")  # fmt: skip
        module.bind(data_shapes=DATA, label_shapes=LABEL)
        says(gi.explain(module), "Module: without parameters and without an optimizer")
        module.init_params(mx.init.Xavier())
        says(gi.explain(module), "Module: without an optimizer", "init_optimizer(optimizer='sgd')")
        module.init_optimizer(optimizer="sgd")
        says(gi.explain(module), "bound for training, with its parameters and an optimizer, SGD")

    def test_to_predict_no_optimizer_is_needed(self):
        module = mx.mod.Module(classifier())
        module.bind(DATA, for_training=False)
        says(gi.explain(module), "Module: without parameters.", "then predict(...)")
        module.init_params()
        says(gi.explain(module), "Module: bound for inference, with its parameters.")
        module.predict(mx.io.NDArrayIter(np.ones((4, 3)), batch_size=4))

    def test_modules_in_a_row(self):
        head = mx.sym.SoftmaxOutput(
            mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=2, name="top"), name="softmax"
        )
        row = mx.mod.SequentialModule()
        row.add(mx.mod.Module(scores(), label_names=None))
        row.add(mx.mod.Module(head, data_names=["x"]), take_labels=True, auto_wiring=True)
        says(gi.explain(row), "SequentialModule: not bound")
        row.bind(DATA, LABEL)
        says(gi.explain(row), "SequentialModule: without parameters and without an optimizer")
        row.init_params()
        row.init_optimizer()
        says(gi.explain(row), "SequentialModule: bound for training, with its parameters.")

    def test_of_one_module_in_a_row_its_number_is_told(self):
        wrong = mx.mod.Module(classifier(), label_names=None)
        row = mx.mod.SequentialModule().add(wrong, take_labels=True)
        says(gi.explain(row), "module 0: softmax_label", "label_names=['softmax_label']")

    def test_buckets(self):
        module = mx.mod.BucketingModule(
            lambda key: (classifier(), ["data"], ["softmax_label"]), default_bucket_key=1
        )
        says(gi.explain(module), "BucketingModule: not bound")
        module.bind(DATA, LABEL)
        module.init_params()
        module.init_optimizer()
        says(gi.explain(module), "BucketingModule: bound for training", "SGD")


class TestNames:
    def test_a_label_that_is_taken_for_a_parameter(self):
        out = scores()
        two = mx.sym.Group([mx.sym.SoftmaxOutput(out, name=name) for name in ("softmax", "aux")])
        says(gi.explain(mx.mod.Module(two)), "aux_label", "Module takes it for a parameter",
             "label_names=['softmax_label', 'aux_label']")  # fmt: skip
        mended = mx.mod.Module(two, label_names=["softmax_label", "aux_label"])
        assert [row.what for row in gi.explain(mended).rows] == ["Module"]
        batches = mx.io.NDArrayIter(
            np.ones((4, 3)), {"softmax_label": np.zeros(4), "aux_label": np.zeros(4)}, batch_size=4
        )
        mended.fit(batches, num_epoch=1, eval_metric=mx.metric.Loss())
        assert set(mended.get_params()[0]) == {"fc_weight", "fc_bias"}

    def test_two_arguments_of_one_name(self):
        two = [mx.sym.SoftmaxOutput(scores(), name=name) for name in ("softmax", "aux")]
        labels = ["softmax_label", "aux_label"]
        module = mx.mod.Module(mx.sym.Group(two), label_names=labels)
        says(gi.explain(module), "data, fc_weight, fc_bias: the name of several arguments")
        inputs = [mx.sym.var(name) for name in ("data", "fc_weight", "fc_bias")]
        twice = [
            mx.sym.FullyConnected(*inputs, num_hidden=2, name=name) for name in ("left", "right")
        ]
        heads = zip(twice, ("softmax", "aux"), strict=True)
        shared = mx.sym.Group([mx.sym.SoftmaxOutput(one, name=name) for one, name in heads])
        module = mx.mod.Module(shared, label_names=labels)
        module.bind(DATA, [(name, (4,)) for name in labels])
        assert "several" not in str(gi.explain(module))

    def test_a_state_that_is_taken_for_a_parameter(self):
        outputs = mx.sym.RNN(
            mx.sym.var("data"), parameters=mx.sym.var("rnn_weight"), state=mx.sym.var("begin"),
            state_size=3, num_layers=1, mode="rnn_tanh", name="rnn",
        )  # fmt: skip
        symbol = mx.sym.MakeLoss(outputs, name="loss")
        module = mx.mod.Module(symbol, label_names=None)
        said = says(
            gi.explain(module), "begin: a state, taken for a parameter", "state_names=['begin']"
        )
        assert "init=" not in str(said)
        mended = mx.mod.Module(symbol, label_names=None, state_names=["begin"])
        assert "begin" not in str(gi.explain(mended))

    def test_an_output_that_is_no_loss(self):
        says(gi.explain(mx.mod.Module(scores(), label_names=None)), "fc: an output that is no loss")
        assert "no loss" not in str(gi.explain(mx.mod.Module(classifier())))
        predicts = mx.mod.Module(scores(), label_names=None)
        predicts.bind(DATA, for_training=False)
        assert "no loss" not in str(gi.explain(predicts))


class TestValues:
    def test_labels_that_were_not_bound(self):
        module = mx.mod.Module(classifier())
        module.bind(DATA)
        module.init_params()
        says(gi.explain(module), "softmax_label: bound without a shape, for training",
             "label_shapes=[('softmax_label', shape)], force_rebind=True")  # fmt: skip
        module.bind(DATA, label_shapes=LABEL, force_rebind=True)
        assert "bound without" not in str(gi.explain(module))

    def test_what_nothing_has_filled(self):
        module, bias = bound(), {"fc_bias": mx.nd.ones(2)}
        module.init_params(None, bias, {}, allow_missing=True)
        says(gi.explain(module), "fc_weight: zeros only", "allow_missing=True, force_init=True")
        module.init_params(mx.init.Xavier(), bias, {}, allow_missing=True, force_init=True)
        assert "zeros" not in str(gi.explain(module))
        assert (module.get_params()[0]["fc_bias"].asnumpy() == 1).all()

    def test_zeros_that_the_symbol_asks_for(self):
        weight = mx.sym.var("fc_weight", init=mx.init.Zero())
        symbol = mx.sym.FullyConnected(mx.sym.var("data"), weight, num_hidden=2, name="fc")
        module = bound(mx.sym.SoftmaxOutput(symbol, name="softmax"))
        module.init_params()
        assert "zeros only" not in str(gi.explain(module))

    def test_numbers_that_are_not_finite(self):
        module = bound()
        module.init_params(arg_params={"fc_weight": mx.nd.full((2, 3), np.nan)}, allow_missing=True)
        says(gi.explain(module), "fc_weight: with numbers that are not finite")
        module.init_params(mx.init.Xavier(), force_init=True)
        assert "finite" not in str(gi.explain(module))

    def test_copies_that_differ(self):
        module = bound(context=[mx.cpu(0), mx.cpu(1)])
        module.init_params()
        assert "different" not in str(gi.explain(module))
        copies = next(a for a in module._exec_group.param_arrays if a[0].shape == (2, 3))
        copies[1][:] = 3
        says(gi.explain(module), "fc_weight: different on its devices")
        module.set_params(*module.get_params())
        assert "different" not in str(gi.explain(module))

    def test_what_no_step_changes(self):
        weight = mx.sym.var("fc_weight", lr_mult=0)
        symbol = mx.sym.FullyConnected(mx.sym.var("data"), weight, num_hidden=2, name="fc")
        module = bound(mx.sym.SoftmaxOutput(symbol, name="softmax"), fixed_param_names=["fc_bias"])
        module.init_params(mx.init.One())
        says(gi.explain(module), "fc_bias: fixed", "fc_weight: never changed")
        assert trained(module) == set()
        free = bound()
        free.init_params(mx.init.Xavier())
        assert trained(free) == {"fc_weight", "fc_bias"}

    def test_nothing_is_changed(self):
        module = bound()
        module.init_params(mx.init.Xavier())
        before = {name: array.asnumpy() for name, array in module.get_params()[0].items()}
        gi.explain(module)
        for name, array in module.get_params()[0].items():
            assert np.array_equal(array.asnumpy(), before[name])
