"""gi.load takes a file by whoever it was written, a part from a whole one, and leaves out what is told."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import gluon
from mxnet.gluon import nn
from nets import fingerprint

X = mx.nd.random.uniform(shape=(2, 3, 8, 8))


class Net(gluon.HybridBlock):
    """Features with running statistics, and an output."""

    def __init__(self, classes=4, **names):
        super().__init__(**names)
        with self.name_scope():
            self.features = nn.HybridSequential()
            self.features.add(nn.Conv2D(4, 3), nn.BatchNorm(), nn.Dense(5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F, x):
        return self.output(self.features(x))


@pytest.fixture
def net():
    made = gi.force_init(Net(), X, init=mx.init.Normal(1), seed=3)
    made.hybridize()
    made(X)
    return made


def exported(net, folder):
    net.export(str(folder / "net"))
    return folder / "net-0000.params"


def by_gluons_names(net, folder):
    net.collect_params().save(str(folder / "net.params"))
    return folder / "net.params"


def without_prefix(net, folder):
    net.collect_params().save(str(folder / "net.params"), strip_prefix=net.prefix)
    return folder / "net.params"


def of_module(net, folder):
    module = mx.mod.Module(net(mx.sym.var("data")), label_names=None)
    module.bind([("data", X.shape)], for_training=False)
    every = {name: p.data() for name, p in net.collect_params().items()}
    module.set_params(
        {n: every[n] for n in module._param_names}, {n: every[n] for n in module._aux_names}
    )
    module.save_params(str(folder / "net.params"))
    return folder / "net.params"


def by_paths(net, folder):
    net.save_parameters(str(folder / "net.params"))
    return folder / "net.params"


WRITERS = [exported, by_gluons_names, without_prefix, of_module]


@pytest.mark.parametrize("initialized", [False, True])
@pytest.mark.parametrize("write", WRITERS)
def test_whoever_wrote_it(net, tmp_path, write, initialized):
    file = write(net, tmp_path)
    other = Net()
    if initialized:
        gi.force_init(other, X, init="zeros")
    assert other.prefix != net.prefix
    gi.load(other, file)
    assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())


@pytest.mark.parametrize(
    "write", [lambda net, folder: net.save_parameters(str(folder / "f")) or folder / "f"]
)
def test_a_part_of_a_whole_net(net, tmp_path, write):
    file = write(net, tmp_path)
    part = Net().features
    gi.load(part, file)
    assert np.array_equal(part(X).asnumpy(), net.features(X).asnumpy())
    inner = nn.Dense(5)
    with pytest.raises(gi.InitError, match="Nothing has been loaded"):
        gi.load(inner, file)  # weight and bias are there more than once
    net.features.save_parameters(str(tmp_path / "part"))
    with pytest.raises(gi.InitError, match=r"gi\.load\(net\.features, file\)"):
        gi.load(Net(), tmp_path / "part")


@pytest.mark.parametrize("write", [*WRITERS, by_paths])
def test_another_number_of_classes(net, tmp_path, write):
    file = write(net, tmp_path)
    other = Net(classes=7)
    before = fingerprint(other)
    with pytest.raises(gi.ShapeError, match=r"skip=\['output'\]"):
        gi.load(other, file)
    assert fingerprint(other) == before
    gi.load(other, file, skip=["output"])
    states = {row.path: row.state for row in gi.summary(other, X).rows}
    assert states["features.0.weight"] == "loaded"
    assert states["output.weight"] == "uninitialized"
    other.output.initialize()
    assert np.array_equal(other.features(X).asnumpy(), net.features(X).asnumpy())
    assert other(X).shape == (2, 7)


def test_what_is_skipped_keeps_its_values(net, tmp_path):
    net.save_parameters(str(tmp_path / "f"))
    other = gi.force_init(Net(), X, init=mx.init.One())
    gi.load(other, tmp_path / "f", skip=["features.1", "output.weight"])
    assert (other.output.weight.data().asnumpy() == 1).all()
    assert np.array_equal(other.output.bias.data().asnumpy(), net.output.bias.data().asnumpy())
    assert (other.features[1].running_var.data().asnumpy() == 1).all()


@pytest.mark.parametrize(
    ("skip", "said"),
    [
        ("output", "must be a list of paths"),
        ([3], "must be a list"),
        (["outptu"], "nearest are output"),
    ],
)
def test_what_cannot_be_skipped(net, tmp_path, skip, said):
    net.save_parameters(str(tmp_path / "f"))
    with pytest.raises(gi.ArgumentError, match=said):
        gi.load(Net(), tmp_path / "f", skip=skip)


def test_layers_that_are_only_counted_are_not_guessed(tmp_path):
    """Without a name_scope the names of two nets differ by numbers, which say nothing."""
    one, other = nn.HybridSequential(), nn.HybridSequential()
    for net in (one, other):
        net.add(nn.Dense(3, in_units=3), nn.Dense(3, in_units=3))
    one.initialize()
    one.collect_params().save(str(tmp_path / "f"))
    before = fingerprint(other)
    with pytest.raises(gi.InitError, match="Nothing has been loaded"):
        gi.load(other, tmp_path / "f")
    assert fingerprint(other) == before
