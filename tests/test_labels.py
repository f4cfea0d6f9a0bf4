"""check_labels against what Module really does."""

import itertools
import warnings

import gluon_init as gi
from gluon_init.results.figure import VERMILION

import mxnet as mx
import numpy as np
import pytest

LOSSES = ["LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput",
          "SoftmaxOutput", "SVMOutput"]  # fmt: skip


def regression(loss):
    return "Regression" in loss


def two_heads(loss, init=False, shared=False, implicit=False):
    """A trunk, a main head and a helper, as in the forum's program."""
    data = mx.sym.var("data")
    trunk = mx.sym.FullyConnected(data, num_hidden=4, name="trunk")

    def head(name, label):
        count = 1 if regression(loss) else 3
        scores = mx.sym.FullyConnected(trunk, num_hidden=count, name=f"{name}_scores")
        labels = () if implicit else (label,)
        return getattr(mx.sym, loss)(scores, *labels, name=name)

    target = mx.sym.var("target")
    aux = target if shared else mx.sym.var("aux", **({"init": mx.init.Normal()} if init else {}))
    return mx.sym.Group([head("main", target), head("helper", aux)])


def batches(loss, names):
    shape = (8, 1) if regression(loss) else (8,)
    labels = {name: np.full(shape, number + 1.0) for number, name in enumerate(names)}
    return mx.io.NDArrayIter({"data": np.ones((8, 5))}, labels, 4)


def fit(symbol, label_names, data_iter, metric="rmse"):
    """What Module does: an error's first line, or the trained parameters' names."""
    module = mx.mod.Module(symbol, label_names=label_names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module.fit(data_iter, num_epoch=1, eval_metric=metric)
        except ValueError as error:
            return str(error)
    return set(module.get_params()[0])


class TestAgainstModule:
    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize(
        ("declared", "supplied", "init"), list(itertools.product([False, True], repeat=3))
    )
    def test_all_combinations(self, loss, declared, supplied, init):
        symbol = two_heads(loss, init)
        names = ["target", "aux"] if declared else ["target"]
        data_iter = batches(loss, ["target", "aux"] if supplied else ["target"])
        check = gi.check_labels(symbol, ["data"], names, data_iter)
        metric = "rmse" if regression(loss) else "acc"
        outcome = fit(symbol, names, data_iter, metric)
        row = next(row for row in check.rows if row.argument == "aux")
        assert row.role == "label"
        if not declared and not init:
            assert outcome.startswith("Unknown initialization pattern for aux")
            assert "'Unknown initialization pattern for aux'" in row.problem
        elif not supplied:
            assert outcome == "Shape of labels 1 does not match shape of predictions 2"
            output = next(row for row in check.rows if row.argument == "main_output")
            assert outcome in output.problem
        else:
            assert ("aux" in outcome) == (row.problem is not None)
        if not declared and init:
            assert "in silence" in row.problem
            assert ("overwrites it" in row.problem) == supplied
        if declared and not supplied:
            assert "does not supply it" in row.problem
        assert not check.ok

    @pytest.mark.parametrize("loss", LOSSES)
    def test_the_remedies_work(self, loss):
        check = gi.check_labels(two_heads(loss), ["data"], ["target"], batches(loss, ["target"]))
        remedy = next(row.remedy for row in check.rows if row.argument == "aux")
        assert "label_names=['target', 'aux']" in remedy
        assert "label={'aux': ...}" in remedy
        data_iter = batches(loss, ["target", "aux"])
        check = gi.check_labels(two_heads(loss), ["data"], ["target", "aux"], data_iter)
        remedy = next(row.remedy for row in check.rows if row.argument == "main_output")
        assert "gi.head_metric(your metric, 'main_output', 'target')" in remedy
        metric = gi.head_metric("rmse" if regression(loss) else "acc", "main_output", "target")
        outcome = fit(two_heads(loss), ["target", "aux"], data_iter, metric)
        assert outcome == {
            f"{layer}_{kind}" for layer in ("trunk", "main_scores", "helper_scores")
            for kind in ("weight", "bias")
        }  # fmt: skip

    @pytest.mark.parametrize("loss", LOSSES)
    def test_what_becomes_of_a_label_with_init(self, loss):
        """It is saved as a weight; an iterator that has it overwrites it, else it stays as drawn."""
        for supplied in (["target", "aux"], ["target"]):
            module = mx.mod.Module(two_heads(loss, init=True), label_names=["target"])
            metric = gi.head_metric("rmse" if regression(loss) else "acc", "main_output", "target")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module.fit(batches(loss, supplied), num_epoch=2, eval_metric=metric)
            saved = module.get_params()[0]["aux"].asnumpy()
            assert len(saved) == 4  # of the batch's size
            assert (abs(saved - 2) < 0.1).all() == ("aux" in supplied)

    @pytest.mark.parametrize("loss", LOSSES)
    def test_implicit_labels(self, loss):
        symbol = two_heads(loss, implicit=True)
        data_iter = batches(loss, ["main_label", "helper_label"])
        check = gi.check_labels(symbol, ["data"], ["main_label"], data_iter)
        assert "Unknown initialization pattern for helper_label" in str(check)
        assert "Unknown initialization pattern for helper_label" in fit(
            symbol, ["main_label"], data_iter
        )
        both = gi.check_labels(symbol, ["data"], ["main_label", "helper_label"], data_iter)
        assert [r.problem for r in both.rows if r.argument.endswith("label")] == [None, None]

    def test_a_shared_label(self):
        loss = "LinearRegressionOutput"
        symbol, data_iter = two_heads(loss, shared=True), batches(loss, ["target"])
        check = gi.check_labels(symbol, ["data"], ["target"], data_iter)
        assert "Shape of labels 1 does not match shape of predictions 2" in str(check)
        assert fit(symbol, ["target"], data_iter).startswith("Shape of labels 1")
        metric = gi.head_metric("rmse", "helper_output", "target")
        assert "trunk_weight" in fit(symbol, ["target"], data_iter, metric)

    def test_the_metric_pairs_outputs_with_the_iterators_order(self):
        loss = "LinearRegressionOutput"
        seen = []

        class Watching(mx.metric.EvalMetric):
            def update_dict(self, label, pred):
                seen.append(list(zip(pred, label, strict=True)))

        symbol, data_iter = two_heads(loss), batches(loss, ["target", "aux"])
        fit(symbol, ["target", "aux"], data_iter, Watching("watching"))
        check = gi.check_labels(symbol, ["data"], ["target", "aux"], data_iter)
        assert seen[0] == list(check.pairs.items()) == [
            ("main_output", "aux"), ("helper_output", "target")
        ]  # fmt: skip
        assert "not with its own label target" in str(check)

    def test_a_label_behind_operators_and_losses_of_ones_own(self):
        data, label = mx.sym.var("data"), mx.sym.var("aux")
        scores = mx.sym.FullyConnected(data, num_hidden=1, name="scores")
        reshaped = mx.sym.LinearRegressionOutput(scores, mx.sym.reshape(label, (-1, 1)), name="out")
        check = gi.check_labels(reshaped, ["data"], [])
        assert next(r for r in check.rows if r.argument == "aux").role == "label"
        made = mx.sym.MakeLoss(mx.sym.square(scores - label), name="loss")
        data_iter = mx.io.NDArrayIter({"data": np.ones((8, 5))}, {"aux": np.ones((8, 1))}, 4)
        check = gi.check_labels(made, ["data"], [], data_iter)
        assert "supplies it as a label" in str(check)
        assert fit(made, [], data_iter).startswith("Unknown initialization pattern for aux")

    def test_a_label_whose_name_ends_as_a_parameters(self):
        data, label = mx.sym.var("data"), mx.sym.var("loss_weight")
        scores = mx.sym.FullyConnected(data, num_hidden=1, name="scores")
        symbol = mx.sym.LinearRegressionOutput(scores, label, name="out")
        data_iter = mx.io.NDArrayIter(
            {"data": np.ones((8, 5))}, {"loss_weight": np.ones((8, 1))}, 4
        )
        check = gi.check_labels(symbol, ["data"], [], data_iter)
        assert "its name ends as a parameter's" in str(check)
        assert "loss_weight" in fit(symbol, [], data_iter)


class TestRoles:
    def test_all_is_well(self):
        data = mx.sym.BatchNorm(mx.sym.var("data"), name="norm")
        symbol = mx.sym.SoftmaxOutput(
            mx.sym.FullyConnected(data, num_hidden=3, name="fc"), name="softmax"
        )
        data_iter = mx.io.NDArrayIter(np.ones((8, 5)), np.ones(8), 4)
        check = gi.check_labels(symbol, data_iter=data_iter)
        assert check.ok
        check.check()
        roles = {row.argument: row.role for row in check.rows}
        assert roles == {
            "data": "data", "norm_gamma": "parameter", "norm_beta": "parameter",
            "fc_weight": "parameter", "fc_bias": "parameter", "softmax_label": "label",
            "norm_moving_mean": "auxiliary state", "norm_moving_var": "auxiliary state",
            "softmax_output": "output",
        }  # fmt: skip

    def test_an_odd_parameter(self):
        symbol = mx.sym.broadcast_mul(mx.sym.var("data"), mx.sym.var("scale", shape=(1, 1)))
        check = gi.check_labels(symbol, label_names=[])
        assert "init=mx.init.Normal(0.01)" in str(check)
        with pytest.raises(gi.InitError, match="scale"):
            check.check()

    def test_names_that_are_not_there(self):
        symbol = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3, name="fc")
        check = gi.check_labels(symbol)
        problems = {row.argument: row.problem for row in check.rows}
        assert "no argument of the symbol. Module refuses" in problems["data"]
        assert "Module only warns" in problems["softmax_label"]
        with pytest.raises(ValueError, match="data"):
            mx.mod.Module(symbol)

    def test_data_that_is_not_supplied(self):
        symbol = two_heads("SoftmaxOutput")
        data_iter = mx.io.NDArrayIter({"other": np.ones((8, 5))}, None, 4)
        check = gi.check_labels(symbol, ["data"], ["target", "aux"], data_iter)
        assert "data={'data': ...}" in str(check)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"symbol": 3}, "symbol must be a Symbol"),
        ({"label_names": "aux"}, "label_names must be a list"),
        ({"data_names": [3]}, "data_names must be a list"),
        ({"data_iter": [1]}, "data_iter must be an iterator"),
    ],
)
def test_bad_input(given, named):
    with pytest.raises(gi.ArgumentError, match=named):
        gi.check_labels(**{"symbol": mx.sym.var("data"), **given})


def test_plot_marks_the_pairs_that_are_wrong():
    check = gi.check_labels(
        two_heads("SoftmaxOutput"), ["data"], ["target", "aux"],
        batches("SoftmaxOutput", ["target", "aux"]),
    )  # fmt: skip
    (axes,) = check.plot().axes
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert len([line for line in dashed if line.get_color() == VERMILION]) == 3  # with legend
    names = {text.get_text() for text in axes.texts}
    assert {"main_output", "helper_output", "target", "aux"} <= names


def test_each_remedy_declares_all_labels():
    x = mx.sym.var("data")
    main = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=2), name="main")
    other = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=2), mx.sym.var("second"))
    check = gi.check_labels(mx.sym.Group([main, other]), label_names=[])
    remedies = [row.remedy for row in check.rows if row.remedy]
    assert len(remedies) == 2
    assert all("label_names=['main_label', 'second']" in remedy for remedy in remedies)


class TestAnotherNameThanSoftmax:
    """SoftmaxOutput(name='s2') and an iterator made without a label_name."""

    @staticmethod
    def symbol():
        hidden = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
        return mx.sym.SoftmaxOutput(hidden, name="s2")

    @staticmethod
    def batches(**named):
        return mx.io.NDArrayIter(np.ones((8, 5)), np.ones(8), 4, **named)

    @pytest.mark.filterwarnings("ignore:.*Data provided by label_shapes:UserWarning")
    @pytest.mark.filterwarnings("ignore:.*You created Module:UserWarning")
    @pytest.mark.parametrize("names", [["softmax_label"], ["s2_label"], []])
    def test_the_error_that_is_foretold_is_the_one_that_comes(self, names):
        check = gi.check_labels(self.symbol(), ["data"], names, self.batches())
        foretold = {row.argument: row for row in check.rows}["softmax_label"]
        assert "fit fails at bind with KeyError 'softmax_label'" in foretold.problem
        with pytest.raises(KeyError, match="softmax_label"):
            mx.mod.Module(self.symbol(), label_names=names).fit(self.batches(), num_epoch=1)
        assert "label_name='s2_label'" in foretold.remedy
        assert "label_names=['s2_label']" in foretold.remedy
        right = self.batches(label_name="s2_label")
        assert gi.check_labels(self.symbol(), ["data"], ["s2_label"], right).ok
        mx.mod.Module(self.symbol(), label_names=["s2_label"]).fit(right, num_epoch=1)

    def test_without_an_iterator_both_ends_are_told(self):
        (row,) = [
            row
            for row in gi.check_labels(self.symbol(), ["data"], ["softmax_label"]).rows
            if row.argument == "softmax_label"
        ]
        assert "Module only warns; but fit fails at bind with KeyError" in row.problem


def test_the_state_of_a_recurrent_operator():
    """It is no weight: init= would make one of it."""
    outputs = mx.sym.RNN(
        mx.sym.var("data"), parameters=mx.sym.var("rnn_weight"), state=mx.sym.var("begin"),
        state_size=3, num_layers=1, mode="rnn_tanh", name="rnn",
    )  # fmt: skip
    symbol = mx.sym.MakeLoss(outputs)
    found = gi.check_labels(symbol, label_names=[])
    row = next(row for row in found.rows if row.argument == "begin")
    assert (row.role, row.taken_for) == ("state", "parameter")
    assert "state_names=['begin']" in row.remedy
    assert "init=" not in row.remedy
    assert gi.check_labels(symbol, label_names=[], state_names=["begin"]).ok
    with pytest.raises(gi.ArgumentError, match="state_names must be a list"):
        gi.check_labels(symbol, state_names="begin")
