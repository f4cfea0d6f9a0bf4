"""MXNet behaves on this Python and NumPy as it did when it was released."""

import sys

from gluon_init._compat import install

import mxnet as mx
import numpy as np
import pytest
from fresh import python
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

NUMPY_2 = int(np.__version__.split(".")[0]) >= 2


def test_import_gives_no_warning_and_leaves_numpy_as_it_was():
    result = python(
        """
        import numpy
        kept = dict(vars(numpy))
        path = list(__import__("sys").modules)
        import gluon_init, sys
        import mxnet
        import types
        changed = [k for k, v in vars(numpy).items()
                   if kept.get(k) is not v and not isinstance(v, types.ModuleType)]
        assert not changed, changed
        assert "bool" not in set(vars(numpy)) - set(kept)
        real = sys.modules.get("distutils")
        assert real is None or real.__file__, "a stand-in is visible to everybody"
        assert numpy.get_printoptions()["legacy"] is False
        print(mxnet.__version__)
        """
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "1.9.1"
    assert result.stderr == ""


@pytest.mark.skipif(
    sys.version_info < (3, 12) and tuple(map(int, np.__version__.split(".")[:2])) < (1, 24),
    reason="here MXNet imports without help",
)
def test_after_a_failed_import_the_next_one_works():
    result = python(
        """
        try:
            import mxnet
        except Exception as error:
            print(type(error).__name__)
        else:
            raise SystemExit("the import should fail without the shim")
        import gluon_init
        import mxnet as mx
        net = mx.gluon.nn.Dense(2)
        net.initialize()
        print(net(mx.nd.ones((1, 3))).shape, mx.np.zeros((2,)).shape)
        """
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "(1, 2) (2,)"


def test_install_is_idempotent():
    finders = list(sys.meta_path)
    install.install()
    assert sys.meta_path == finders


def test_random_numbers_are_tested_against_their_law():
    mx.random.seed(1)
    buckets = [(0.0, 0.25), (0.25, 0.7), (0.7, 1.0)]
    shares = [0.25, 0.45, 0.3]
    mx.test_utils.verify_generator(
        lambda n: nd.random.uniform(shape=n).asnumpy(), buckets, shares, nsamples=10_000, nrepeat=3
    )


def test_quantization_finds_thresholds():
    from mxnet.contrib import quantization

    histogram = quantization.combine_histogram(
        (*np.histogram(np.linspace(-1, 1, 999), 255, (-1, 1)), -1.0, 1.0, 1.0),
        np.linspace(-2, 2, 999).astype("float32"), np.float32(-2), np.float32(2), np.float32(2),
    )  # fmt: skip
    _, _, threshold, _ = quantization._get_optimal_threshold(histogram, "int8", 255)
    assert 0 < float(threshold) <= 2.01


def test_workers_of_a_data_loader_start_without_a_warning():
    data = gluon.data.ArrayDataset(np.arange(10, dtype="float32"))
    loader = gluon.data.DataLoader(data, 4, num_workers=1)
    assert sum(len(batch) for batch in loader) == 10


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere MXNet's own default was spawn")
def test_workers_know_what_only_this_process_knows_whatever_is_pythons_default():
    """As a notebook's classes and lambdas; Python 3.14 no longer starts processes by fork."""
    result = python(
        """
        import multiprocessing
        multiprocessing.set_start_method("forkserver")
        import gluon_init, mxnet as mx
        data = mx.gluon.data.SimpleDataset(range(10)).transform(lambda one: one + 1, lazy=True)
        for old in (False, True):
            if old:
                from mxnet.gluon.data import dataloader
                batches = dataloader.DataLoaderV1(data, 5, num_workers=2)
            else:
                batches = mx.gluon.data.DataLoader(data, 5, num_workers=2)
            print(sorted(int(one) for batch in batches for one in batch.asnumpy()))
        """
    )
    assert result.stdout.splitlines() == [str(list(range(1, 11)))] * 2, result.stderr


# MXNet 1.9.1 warns so on the Python of its time, too.
@pytest.mark.filterwarnings("ignore:Cannot decide type for the following arguments")
def test_gluon_trains_saves_and_exports(tmp_path):
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, activation="relu"), nn.BatchNorm(), nn.Flatten(), nn.Dense(3))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": np.float64(0.01)})
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    x, y = nd.random.uniform(shape=(8, 1, 8, 8)), nd.array([0, 1, 2, 0, 1, 2, 0, 1])
    losses = []
    for _ in range(20):
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(8)
        losses.append(loss.mean().asscalar())
    assert losses[-1] < losses[0]
    net.save_parameters(str(tmp_path / "net.params"))
    net.export(str(tmp_path / "net"))
    again = gluon.SymbolBlock.imports(
        str(tmp_path / "net-symbol.json"), ["data"], str(tmp_path / "net-0000.params")
    )
    np.testing.assert_allclose(again(x).asnumpy(), net(x).asnumpy(), rtol=1e-5)


def test_recurrent_layers_and_data_loaders():
    layer = rnn.LSTM(5, num_layers=2, bidirectional=True)
    layer.initialize()
    assert layer(nd.ones((7, 2, 3))).shape == (7, 2, 10)
    cell = rnn.GRUCell(4)
    cell.initialize()
    outputs, _ = cell.unroll(3, nd.ones((2, 3, 6)), merge_outputs=True)
    assert outputs.shape == (2, 3, 4)
    data = gluon.data.ArrayDataset(np.arange(10, dtype="float32"), np.arange(10))
    assert sum(len(x) for x, _ in gluon.data.DataLoader(data, 4, shuffle=True)) == 10


def test_module_fits():
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    batches = mx.io.NDArrayIter(x, (x.sum(axis=1) > 0).astype("float32"), 16, label_name="y_label")
    out = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), name="y")
    module = mx.mod.Module(out, label_names=["y_label"])
    module.fit(
        batches,
        num_epoch=10,
        optimizer_params={"learning_rate": 0.5},
        initializer=mx.init.Xavier(),
        eval_metric="acc",
    )
    assert module.score(batches, "acc")[0][1] > 0.8


@pytest.mark.parametrize("name", ["resnet18_v1", "mobilenetv2_0.25", "squeezenet1.1"])
def test_model_zoo_runs(name):
    net = gluon.model_zoo.vision.get_model(name, classes=7)
    net.initialize()
    assert net(nd.ones((1, 3, 224, 224))).shape == (1, 7)


@pytest.mark.skipif(not NUMPY_2, reason="NumPy 1 writes its scalars plainly")
def test_numpys_own_repr_is_left_alone():
    assert repr(np.float64(0.5)) == "np.float64(0.5)"
