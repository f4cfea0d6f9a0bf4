"""Module's relatives, states, iterators and metrics: each refusal made, explained, and followed."""

import gc

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from test_explaining_modules import (
    DATA,
    LABEL,
    batch,
    batches,
    bind,
    bucketing,
    made,
    plain,
    symbol,
)

pytestmark = pytest.mark.usefixtures("named_alike")


def generated(key):
    return symbol(), ["data"], ["softmax_label"]


class TestBucketing:
    def test_loading(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        module = made(bucketing, 2)
        module.save_checkpoint("net", 1)
        load, values = mx.mod.BucketingModule.load, module.get_params()
        says(failing(lambda: load("net", 1)), "sym_gen: missing", "function of a key")
        says(failing(lambda: load("net", 1, sym_gen=generated)), "default_bucket_key: missing")
        load("net", 1, sym_gen=generated, default_bucket_key=1)
        wanted = {
            "sym_dict": {1: symbol()}, "arg_params": values[0], "aux_params": values[1],
            "default_bucket_key": 1,
        }  # fmt: skip
        for name in wanted:
            given = {**wanted, name: None}
            said = failing(lambda g=given: mx.mod.BucketingModule.load_dict(sym_gen=generated, **g))
            says(said, f"{name}: missing", name)
        mx.mod.BucketingModule.load_dict(sym_gen=generated, **wanted)

    def test_making_and_saving(self, tmp_path):
        says(failing(lambda: mx.mod.BucketingModule(generated)), "default_bucket_key: missing")
        says(failing(bucketing().save_checkpoint, str(tmp_path / "net"), 1), "without a bucket")
        made(bucketing, 2).save_checkpoint(str(tmp_path / "net"), 1)


class TestSequential:
    @staticmethod
    def of(*symbols, **meta):
        module = mx.mod.SequentialModule()
        for number, one in enumerate(symbols):
            last = number == len(symbols) - 1
            module.add(
                mx.mod.Module(one, label_names=["softmax_label"] if last else None),
                **({"take_labels": True, "auto_wiring": True} if last else {}),
            )
        return module

    @staticmethod
    def first(name="first"):
        return mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=6, name=name)

    def test_words(self):
        said = failing(lambda: mx.mod.SequentialModule().add(plain(), take_label=True))
        says(said, "take_label: no word", "take_labels=True")
        mx.mod.SequentialModule().add(plain(), take_labels=True, auto_wiring=True)

    def test_names_twice(self):
        module = self.of(self.first("fc"), symbol())
        bind(module)
        says(failing(module.init_params), "a parameter of module 0 and of module 1", "name=")
        module = self.of(self.first("first"), symbol())
        bind(module)
        module.init_params()

    def test_empty(self):
        says(failing(bind, mx.mod.SequentialModule()), "without a module", "module.add")
        bind(self.of(symbol()))

    def test_wiring(self):
        two = mx.sym.split(self.first(), num_outputs=2)
        says(failing(bind, self.of(two, symbol())), "data_names=['data']", "gets 2 arrays")


class TestStates:
    def test_reading(self):
        module = made(plain, 2)
        says(failing(module.get_states), "merge_multi_context=False")
        module.get_states(merge_multi_context=False)
        sequential = TestSequential.of(TestSequential.first(), symbol())
        says(failing(sequential.get_states), "not bound")
        says(failing(sequential.set_states), "not bound")
        bind(sequential)
        sequential.init_params()
        says(failing(sequential.get_states, True), "merge_multi_context=False")
        assert sequential.get_states(False) == []

    def test_writing(self):
        module = made(plain, 2)
        says(failing(module.set_states), "neither given", "value=0")
        says(failing(lambda: module.set_states([[]], 1)), "both given")
        module.set_states(value=0)
        sequential = TestSequential.of(TestSequential.first(), symbol())
        bind(sequential)
        sequential.init_params()
        says(failing(lambda: sequential.set_states([[]], 1)), "both given")
        sequential.set_states()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{}, {}], "not as many"), ({"group": [mx.cpu(0), mx.cpu(1)]}, "group2ctxs[group]: not as many"),
        (3, "of no use"),
    ],
)  # fmt: skip
def test_devices_of_groups(given, said):
    says(failing(lambda: bind(mx.mod.Module(symbol(), group2ctxs=given))), said, "one context")
    bind(mx.mod.Module(symbol(), group2ctxs={"group": [mx.cpu(0)]}))


class TestPython:
    @staticmethod
    def loss(**more):
        given = {"data_names": ["data"], "label_names": ["softmax_label"], **more}
        return mx.mod.PythonLossModule(**given)

    def test_names(self):
        says(failing(lambda: self.loss(data_names=["a", "b"])), "data_names: not one")
        says(failing(lambda: self.loss(label_names=["a", "b"])), "label_names: not one")
        says(failing(lambda: self.loss(grad_func=3)), "grad_func: no function", "lambda")
        self.loss(grad_func=lambda scores, labels: scores)

    def test_binding(self):
        bind(self.loss())
        says(failing(lambda: bind(self.loss(), grad_req="add")), "grad_req='write'")
        says(failing(self.loss().bind, [*DATA, *DATA]), "data_shapes: not of ['data']")
        says(failing(self.loss().bind, [("x", (4, 5))]), "[('data', shape)]")
        says(failing(self.loss().bind, DATA, [*LABEL, *LABEL]), "label_shapes: not of")
        says(failing(self.loss().bind, DATA, [("x", (4,))]), "[('softmax_label', shape)]")

    def test_without_labels(self):
        class Doubled(mx.mod.PythonModule):
            def _compute_output_shapes(self):
                return []

        module = Doubled(["data"], None, ["out"])
        says(failing(module.bind, DATA, LABEL), "label_shapes: given, and not wanted", "None")
        module.bind(DATA, None)

    def test_what_it_does_in_one_place(self):
        module = self.loss()
        bind(module)
        module.forward(batch())
        says(failing(module.get_outputs, False), "Leave it out")
        says(failing(module.get_input_grads, False), "Leave it out")
        assert module.get_outputs()[0].shape == (4, 5)
        metric = mx.metric.Accuracy()
        said = failing(lambda: module.update_metric(metric, batch().label, pre_sliced=True))
        says(said, "pre_sliced: True", "module.update_metric(metric, labels)")
        module.update_metric(metric, batch().label)

    def test_backward(self):
        module = self.loss(grad_func=lambda scores, labels: scores)
        bind(module)
        module.forward(batch(), True)
        says(failing(lambda: module.backward([mx.nd.ones((4, 5))])), "module.backward()")
        module.backward()
        other = self.loss(grad_func=lambda scores, labels: scores)
        bind(other, for_training=False)
        other.forward(batch())
        says(failing(other.backward), "bound for inference")


class TestIterators:
    def test_batches(self):
        says(failing(mx.io.DataBatch, mx.nd.ones((4, 5))), "DataBatch.data: no list")
        says(failing(mx.io.DataBatch, [mx.nd.ones((4, 5))], mx.nd.ones(4)), "DataBatch.label")
        mx.io.DataBatch([mx.nd.ones((4, 5))], [mx.nd.ones(4)])

    @pytest.mark.parametrize("data", [None, []])
    def test_nothing(self, data):
        says(failing(mx.io.NDArrayIter, data), "NDArrayIter.data: empty")

    def test_other_things(self):
        says(failing(mx.io.NDArrayIter, 3), "nothing of which an array", "a list of them")
        says(failing(mx.io.NDArrayIter, {"data": ["a"]}), "data: nothing of which an array")
        mx.io.NDArrayIter({"data": np.ones((8, 5))}, {"softmax_label": np.ones(8)}, 4)

    def test_sparse(self):
        rows = mx.nd.ones((8, 5)).tostype("csr")
        says(failing(mx.io.NDArrayIter, rows, None, 4), "last_batch_handle='discard'")
        mx.io.NDArrayIter(rows, None, 4, last_batch_handle="discard")

    def test_at_its_end(self):
        iterator = batches()
        for _ in iterator:
            pass
        says(failing(iterator.getdata), "iterator.reset()")
        iterator.reset()
        next(iterator)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_prefetching(self):
        says(failing(mx.io.PrefetchingIter, []), "without an iterator")
        gc.collect()  # MXNet's __del__ fails on what was never made, which is to happen here
        mx.io.PrefetchingIter(batches()).reset()

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize("samples", [12, 7])
    def test_two_lengths(self, samples):
        def both(other):
            second = mx.io.NDArrayIter(np.ones((other, 5)), None, 4, data_name="more")
            return mx.io.PrefetchingIter([batches(), second])

        says(failing(lambda: list(both(samples))), "iterators of several lengths")
        assert len(list(both(8))) == 2

    def test_by_name(self, tmp_path):
        (tmp_path / "numbers.csv").write_text("1,2\n3,4\n")
        given = {"data_csv": str(tmp_path / "numbers.csv"), "data_shape": (2,), "batch_size": 1}
        said = failing(lambda: mx.io.CSVIter("numbers", **given))
        says(said, "CSVIter: called with arguments by place", "help(mx.io.CSVIter)")
        assert next(mx.io.CSVIter(**given)).data[0].shape == (1, 2)


class TestMetrics:
    def test_two_heads(self):
        def two():
            loss = symbol("a")
            return mx.sym.Group([loss, mx.sym.BlockGrad(loss.get_internals()["fc_output"])])

        module = mx.mod.Module(two(), label_names=["a_label"])
        data = batches(label_name="a_label")
        said = failing(lambda: module.fit(data, num_epoch=1, eval_metric="acc"))
        says(said, "Accuracy: given 1 labels and 2 outputs", "'a_output', 'a_label'")
        data.reset()
        metric = gi.head_metric("acc", "a_output", "a_label")
        mx.mod.Module(two(), label_names=["a_label"]).fit(data, num_epoch=1, eval_metric=metric)

    def test_shapes(self):
        metric = mx.metric.Accuracy()
        said = failing(metric.update, [mx.nd.ones(3)], [mx.nd.ones((4, 2))])
        says(said, "given labels of", "one label for each")
        metric.update([mx.nd.ones(4)], [mx.nd.ones((4, 2))])


def test_arrays_of_fewer_devices():
    other, two = made(plain, 2), [mx.cpu(0), mx.cpu(1)]
    module = mx.mod.Module(symbol(), context=two)
    says(failing(lambda: bind(module, shared_module=other)), "on fewer devices", "context=[...]")
    other = mx.mod.Module(symbol(), context=two)
    bind(other)
    other.init_params()
    bind(mx.mod.Module(symbol(), context=two), shared_module=other)


def test_buckets_of_several_numbers_of_outputs():
    def outputs(key):
        layer = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
        return mx.sym.Group([layer, mx.sym.BlockGrad(layer)][:key]), ["data"], None

    class Buckets(mx.io.DataIter):
        def __iter__(self):
            for key in (1, 2):
                yield mx.io.DataBatch([mx.nd.ones((4, 5))], None, 0, None, key, DATA, None)

        def reset(self):
            pass

    module = mx.mod.BucketingModule(outputs, default_bucket_key=2)
    module.bind(DATA, None, for_training=False)
    module.init_params()
    says(failing(module.predict, Buckets()), "merge_batches=False")
    assert len(module.predict(Buckets(), merge_batches=False)) == 2


def test_a_declared_shape_that_the_data_contradict():
    def module(**declared):
        weight = mx.sym.var("fc_weight", **declared)
        layer = mx.sym.FullyConnected(mx.sym.var("data"), weight, num_hidden=3, name="fc")
        return mx.mod.Module(mx.sym.SoftmaxOutput(layer, name="softmax"))

    said = failing(bind, module(shape=(3, 7)))
    says(said, "The operator fc: given shapes", "Bound was with data: (4, 5)", "shape=(3,5)")
    bind(module(shape=(3, 5)))
    bind(module())
