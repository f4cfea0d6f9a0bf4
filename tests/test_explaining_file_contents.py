"""Loading: which names and shapes fit, types, devices, files that are none; each followed."""

from pathlib import Path

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import X, failing, says, two_layers, warned
from loaded import MARKS, Net, done, exported, here, same, trained  # noqa: F401  (a fixture)
from mxnet import gluon
from mxnet.gluon import nn

pytestmark = MARKS


class TestPaths:
    def test_a_whole_net_into_a_part(self):
        net = trained()
        net.save_parameters("net.params")
        part = nn.HybridSequential()
        part.add(nn.Dense(4, activation="relu"), nn.BatchNorm(), nn.Dense(3))
        said = failing(part.load_parameters, "net.params")
        says(said, "the part 'features'", "removeprefix('features.')", "would load nothing")
        same(done(said, part), net.features)

    def test_a_whole_net_into_the_part_of_one_with_other_classes(self):
        net = trained()
        net.save_parameters("net.params")
        other = Net(classes=7)
        said = failing(other.features.load_parameters, "net.params")
        says(said, "the part 'features'", "removeprefix('features.')")
        done(said, other.features)
        same(other.features, net.features)

    def test_one_layer_with_and_without_a_bias(self):
        layer = trained(nn.Dense(3, use_bias=False))
        layer.save_parameters("layer.params")
        other = nn.Dense(3)
        said = failing(other.load_parameters, "layer.params")
        says(said, "bias: in the net, and not in the file", "net.initialize() draws bias")
        initialized = done(said, other)
        initialized.initialize()
        same(initialized, layer)
        other.save_parameters("layer.params")
        without = nn.Dense(3, use_bias=False)
        said = failing(without.load_parameters, "layer.params")
        says(said, "bias: in the file, and not in the net", "ignore_extra=True")
        same(done(said, without), layer)

    def test_one_layer_into_another(self):
        trained(nn.Dense(3)).save_parameters("layer.params")
        other = gluon.rnn.LSTMCell(4)
        says(failing(other.load_parameters, "layer.params"), "the file of another net")

    def test_a_whole_net_into_its_part(self):
        net = trained()
        net.save_parameters("net.params")
        other = Net()
        said = failing(other.features.load_parameters, "net.params")
        says(said, "the whole net (Net)", "net.load_parameters('net.params')")
        same(done(said, other, begin="net.load"), net)

    def test_a_part_into_the_whole(self):
        net = trained()
        net.features.save_parameters("part.params")
        other = Net()
        said = failing(other.load_parameters, "part.params")
        says(said, "the file of a part of this net", "net.features.load_parameters('part.params')")
        done(said, other)
        same(other.features, net.features)

    def test_one_layer_into_the_whole(self):
        net = trained()
        net.output.save_parameters("part.params")
        other = Net()
        said = failing(other.load_parameters, "part.params")
        says(said, "net.output.load_parameters('part.params')")
        done(said, other)
        assert np.array_equal(
            other.output.weight.data().asnumpy(), net.output.weight.data().asnumpy()
        )

    def test_another_net(self):
        trained().save_parameters("net.params")
        said = failing(two_layers().load_parameters, "net.params")
        says(said, "the file of another net", "would load little or nothing")
        assert "allow_missing=True" not in str(said)

    @pytest.mark.parametrize("state", ["new", "waiting", "filled"])
    def test_a_layer_more(self, state):
        net = trained(two_layers())
        net.save_parameters("net.params")
        more = two_layers()
        more.add(nn.Dense(3))
        if state != "new":
            more.initialize()
        if state == "filled":
            more(X)
        said = failing(more.load_parameters, "net.params")
        told = {
            "new": "Then net.initialize() draws 2.weight, 2.bias",
            "waiting": "The first forward pass then draws 2.weight. 2.bias keeps",
            "filled": "2.weight, 2.bias keep the values they have",
        }
        says(said, "2.weight, 2.bias: in the net, and not in the file", told[state])
        done(said, more)
        if state == "new":
            more.initialize()
        assert np.array_equal(more[:2](X).asnumpy(), net(X).asnumpy())
        more(X)

    def test_a_layer_less(self):
        net = trained(two_layers())
        net.save_parameters("net.params")
        less = nn.Sequential()
        less.add(nn.Dense(3))
        said = failing(less.load_parameters, "net.params")
        says(said, "1.weight, 1.bias", "ignore_extra=True")
        done(said, less)
        same(less, net[0])

    def test_a_renamed_layer(self):
        class Other(Net):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.head = nn.Dense(2, in_units=3)
                del self.output, self._children["output"]

            def hybrid_forward(self, F, x):
                return self.head(self.features(x))

        net = trained()
        net.save_parameters("net.params")
        other = Other()
        said = failing(other.load_parameters, "net.params")
        says(said, "head.weight", "under another name", "'output.weight': 'head.weight'")
        same(done(said, other), net)

    def test_another_layer_of_another_name(self):
        class Other(Net):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.head = nn.Dense(7)
                del self.output, self._children["output"]

            def hybrid_forward(self, F, x):
                return self.head(self.features(x))

        net = trained()
        net.save_parameters("net.params")
        other = Other()
        said = failing(other.load_parameters, "net.params")
        says(said, "head.weight", "allow_missing=True, ignore_extra=True", "net.initialize() draws")
        done(said, other)
        other.initialize()
        same(other.features, net.features)

    def test_another_number_of_classes(self):
        net = trained()
        net.save_parameters("net.params")
        other = Net(classes=7)
        said = failing(other.load_parameters, "net.params")
        says(said, "output.weight, output.bias", "(7, ?), in the file (2, 3)", "rest.params")
        done(said, other, begin="mx.nd.save")
        other.initialize()
        same(other.features, net.features)
        assert other(X).shape == (2, 7)
        anew = Net(classes=2)
        anew.load_parameters("net.params")
        same(anew, net)

    def test_another_width_throughout(self):
        trained(two_layers()).save_parameters("net.params")
        other = nn.Sequential()
        other.add(nn.Dense(8), nn.Dense(9))
        said = failing(other.load_parameters, "net.params")
        says(said, "0.weight, 0.bias", "1.weight", "as in the net that was saved")
        assert "allow_missing" not in str(said)

    def test_another_rank(self):
        net = nn.HybridSequential()
        net.add(nn.Conv1D(4, 3, in_channels=3), nn.Dense(3, in_units=4), nn.Dense(2, in_units=3))
        net.initialize()
        net.save_parameters("net.params")
        other = nn.HybridSequential()
        other.add(nn.Conv2D(4, 3, in_channels=3), nn.Dense(3, in_units=4), nn.Dense(2, in_units=3))
        said = failing(other.load_parameters, "net.params")
        says(said, "0.weight", "(4, 3, 3, 3), in the file (4, 3, 3)")

    def test_a_tie_that_was_written_once(self):
        def made():
            net = nn.Sequential()
            net.add(nn.Dense(5, in_units=5), nn.Dense(5, in_units=5, use_bias=False))
            return net

        net = trained(made())
        gi.tie(net, "0.weight", "1.weight")
        net.save_parameters("net.params", deduplicate=True)
        name = next(
            name for name in ("0.weight", "1.weight") if name not in mx.nd.load("net.params")
        )
        other = made()
        said = failing(other.load_parameters, "net.params")
        says(said, name, "deduplicate=True", "gi.tie(net,")
        done(said, other, begin="gi.tie")
        same(other, net)


class TestTypesAndDevices:
    def test_another_type(self):
        net = trained(two_layers())
        net.save_parameters("net.params")
        other = two_layers()
        other.cast("float64")
        said = failing(other.load_parameters, "net.params")
        says(said, "0.weight: float64, and float32 in net.params", "cast_dtype=True")
        other.load_parameters("net.params", cast_dtype=True)
        assert np.allclose(other(X.astype("float64")).asnumpy(), net(X).asnumpy())
        other.load_parameters("net.params", cast_dtype=True, dtype_source="saved")
        same(other, net)

    def test_bfloat16(self):
        net = trained(two_layers())
        net.cast(np.dtype([("bfloat16", np.uint16)]))
        net.save_parameters("net.params")
        other = two_layers()
        said = failing(other.load_parameters, "net.params")
        says(said, "0.weight: float32, and bfloat16 in net.params", "cast_dtype=True")
        other.load_parameters("net.params", cast_dtype=True)
        assert np.allclose(
            other[0].bias.data().asnumpy(), net[0].bias.data().astype("float32").asnumpy()
        )

    def test_an_unknown_source_of_types(self):
        net = trained(two_layers())
        net.save_parameters("net.params")
        said = failing(
            lambda: net.load_parameters("net.params", cast_dtype=True, dtype_source="file")
        )
        says(said, "dtype_source='file'", "dtype_source='current'")
        net.load_parameters("net.params", cast_dtype=True, dtype_source="current")

    @pytest.mark.parametrize("filled", [False, True])
    def test_other_devices(self, filled):
        net = trained(two_layers())
        net.save_parameters("net.params")
        other = two_layers()
        other.initialize(ctx=[mx.cpu(1), mx.cpu(2)])
        if filled:
            other(X.as_in_context(mx.cpu(1)))
        said = failing(lambda: other.load_parameters("net.params", ctx=mx.cpu(0)))
        says(said, "0.weight", "on cpu(1), cpu(2), and asked for on cpu(0)", "without ctx")
        other.load_parameters("net.params")
        assert other[0].weight.list_ctx() == [mx.cpu(1), mx.cpu(2)]
        other.collect_params().reset_ctx(mx.cpu(0))
        same(other, net)


class TestNoFiles:
    def test_an_array_without_a_name(self):
        mx.nd.save("list.params", [X])
        net = nn.Dense(2, in_units=5)
        said = failing(net.load_parameters, "list.params")
        says(said, "a list of arrays without names", "parameter.set_data(array)")
        net.initialize()
        net.weight.set_data(mx.nd.load("list.params")[0])

    def test_an_array_without_a_name_in_numpy_mode(self, numpy_mode):
        with mx.util.np_array(False), mx.util.np_shape(False):
            mx.nd.save("list.params", [mx.nd.ones((2, 5))])
        says(failing(nn.Dense(2).load_parameters, "list.params"), "without names")

    @pytest.mark.parametrize("kind", ["json", "npz", "text"])
    def test_something_else(self, kind):
        if kind == "json":
            exported(trained())
            file = "net-symbol.json"
        elif kind == "npz":
            file = "net.npz"
            np.savez(file, weight=np.ones(3))
        else:
            file = "net.txt"
            Path(file).write_text("words and words and words", "utf-8")
        said = failing(Net().load_parameters, file)
        says(said, file, "no file of MXNet's arrays")
        if kind == "json":
            done(said)(X)

    def test_something_else_in_numpy_mode(self, numpy_mode):
        Path("net.txt").write_text("words and words and words", "utf-8")
        net = nn.HybridSequential()
        net.add(nn.Dense(2, in_units=3))
        says(failing(net.load_parameters, "net.txt"), "Save it again by net.save_parameters")
        net.initialize()
        net.save_parameters("net.txt")
        net.load_parameters("net.txt")

    def test_a_file_that_is_not_there_in_numpy_mode(self, numpy_mode):
        says(failing(nn.Dense(2).load_parameters, "lost.params"), "lost.params", "not there")


class TestSaving:
    def test_a_prefix_that_is_not_there(self):
        net = trained(two_layers())
        said = failing(lambda: net.collect_params().save("net.params", strip_prefix=net.prefix))
        says(said, "without the beginning", "net.save_parameters(file)")
        net.save_parameters("net.params")
        other = two_layers()
        other.load_parameters("net.params")
        same(other, net)

    def test_save_params_of_such_a_net(self):
        net = trained(two_layers())
        said = failing(net.save_params, "net.params")
        says(said, "MXNet fails once more", "net.save_parameters(file)")

    def test_the_former_names(self):
        net = trained()
        says(warned(net.save_params, "net.params"), "net.save_parameters(file)")
        other = Net()
        other.load_parameters("net.params")
        same(other, net)
        says(warned(Net().load_params, "net.params"), "net.load_parameters(file)")
