"""What people met with Gluon, by their public reports, rebuilt, explained, and the advice followed.

The reports, and how they were answered before and after, stand in benchmarks/strangers_gluon.md.
"""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says, two_layers
from mxnet import autograd, gluon
from mxnet.gluon import nn, rnn

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:(Cannot decide|.*unregistered container|Parameter)"),
]
X = mx.nd.ones((1, 4))


def ready(hybrid=True):
    net = two_layers(hybrid=hybrid)
    net.initialize()
    net(X)
    return net


@pytest.fixture
def numpy_mode():
    mx.npx.set_np()
    yield
    mx.npx.reset_np()


class Residual(gluon.HybridBlock):
    """Takes one or two inputs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Dense(2)

    def hybrid_forward(self, F, x, y=None):
        return self.layer(x) if y is None else self.layer(x) + y


class TestFilesAndGraphs:
    def test_imports_with_one_of_two_inputs(self, tmp_path, monkeypatch):
        """MXNet issue 19635."""
        monkeypatch.chdir(tmp_path)
        net, y = Residual(), mx.nd.ones((1, 2))
        net.initialize()
        net.hybridize()
        net(X, y)
        net.export("net")
        files = "net-symbol.json", "net-0000.params"
        says(failing(lambda: gluon.SymbolBlock.imports(files[0], ["data0"], files[1])),
             "data1: an input of the graph", "['data0', 'data1']")  # fmt: skip
        whole = gluon.SymbolBlock.imports(files[0], ["data0", "data1"], files[1])
        assert np.allclose(whole(X, y).asnumpy(), net(X, y).asnumpy())

    def test_another_number_of_inputs_after_hybridize(self):
        """MXNet issue 19635."""
        net, y = Residual(), mx.nd.ones((1, 2))
        net.initialize()
        net.hybridize()
        net(X)
        says(failing(lambda: net(X, y)), "its graph takes (array)", "net.hybridize()")
        net.hybridize()
        assert net(X, y).shape == (1, 2)

    def test_a_float16_net_on_the_cpu(self):
        """MXNet issue 13147."""
        net = two_layers(hybrid=True)
        net.cast("float16")
        net.initialize()
        half = X.astype("float16")
        says(failing(lambda: net(half).asnumpy()), "in float16, on the CPU", "net.cast('float32')")
        net = two_layers(hybrid=True)
        net.initialize()
        net.cast("float32")
        assert net(X).shape == (1, 2)

    def test_other_attribute_names(self, tmp_path, monkeypatch):
        """MXNet issue 18116: one prefix, and layers under other attributes."""
        monkeypatch.chdir(tmp_path)

        def made(attribute):
            net = nn.HybridSequential()
            setattr(net, attribute, nn.Dense(3, in_units=2, prefix="layer_"))
            net.initialize()
            return net

        file = "file"
        first, other = made("first"), made("second")
        first.save_parameters(file)
        says(failing(lambda: other.load_parameters(file)), "the file of another net",
             "Nothing has been loaded")  # fmt: skip
        again = made("first")
        again.load_parameters(file)
        assert (again.first.weight.data() == first.first.weight.data()).asnumpy().all()

    def test_names_that_count_all_layers(self, tmp_path, monkeypatch):
        """MXNet issue 10544."""
        monkeypatch.chdir(tmp_path)
        file, net, other = "file", ready(), two_layers(hybrid=True)
        net.collect_params().save(file)
        said = says(failing(lambda: other.collect_params().load(file)), "collect_params().save()")
        assert "load_dict(dict(zip(" in said.rows[0].next
        values = mx.nd.load(file).values()
        other.collect_params().load_dict(dict(zip(other.collect_params(), values, strict=True)))
        assert np.allclose(other(X).asnumpy(), net(X).asnumpy())


class TestNamesAndParameters:
    def test_a_name_that_another_net_has(self):
        """MXNet pull request 10511, on naming: the key from a first run, in a second net."""
        ready()
        net = ready()
        said = says(failing(lambda: net.collect_params()["dense0_weight"]), "no name in it")
        assert said.rows[0].next.startswith("net[0].weight")

    def test_a_path_for_a_name(self):
        net = ready()
        said = failing(lambda: net.collect_params()["1.bias"])
        says(said, "goes by Gluon's names", "net[1].bias")
        assert net.collect_params()[net[1].bias.name] is net[1].bias

    @pytest.mark.parametrize("given", [
        lambda net: net.params, lambda net: net.collect_params(".*wieght"),
    ])  # fmt: skip
    def test_a_trainer_without_parameters(self, given):
        """mxnet-the-straight-dope issue 321: net.params for net.collect_params()."""
        net = ready()
        says(failing(lambda: gluon.Trainer(given(net), "sgd")), "The Trainer: given no parameters",
             "gluon.Trainer(net.collect_params(), 'sgd')")  # fmt: skip
        assert len(gi.explain(gluon.Trainer(net.collect_params(), "sgd")).rows) == 1

    def test_a_parameter_of_ones_own(self):
        """MXNet pull request 20473: what MXNet 2 allows, in 1.9.1."""

        class Own(gluon.HybridBlock):
            def __init__(self, collected):
                super().__init__()
                if collected:
                    self.w = self.params.get("w", shape=(4, 3))
                else:
                    self.w = gluon.Parameter("w", shape=(4, 3))

            def hybrid_forward(self, F, x, w):
                return F.dot(x, w)

        net = Own(collected=False)
        net.initialize()
        says(failing(lambda: net(X)), "w: a parameter that the net does not collect",
             "self.params.get('w', shape=...)")  # fmt: skip
        says(gi.explain(net), "w: a parameter that the net does not collect")
        net = Own(collected=True)
        net.initialize()
        assert net(X).shape == (1, 3)
        assert "collect" not in str(gi.explain(net))

    def test_two_layers_of_one_prefix(self):
        """mxnet-the-straight-dope issue 238."""
        first, second = nn.Dense(2, prefix="x_"), nn.Dense(2, prefix="x_")
        both = first.collect_params()
        says(failing(lambda: both.update(second.collect_params())), "x_weight: the name of two")
        both.update(nn.Dense(2, prefix="y_").collect_params())
        assert len(both.keys()) == 4

    def test_blocks_in_a_list(self):
        """MXNet issues 9264, 10101."""

        class Stack(gluon.Block):
            def __init__(self, register):
                super().__init__()
                self.layers = [nn.Dense(2), nn.Dense(3)]
                for block in self.layers if register else ():
                    self.register_child(block)

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return x

        net = Stack(register=False)
        net.initialize()
        says(failing(lambda: net(X)), "layers: blocks that the net does not see")
        net = Stack(register=True)
        net.initialize()
        assert net(X).shape == (1, 3)


class TestInitializers:
    def test_one_that_prints_only(self):
        """A reader's notes on d2l.ai's chapter: MyInit that prints, and writes nothing."""

        class MyInit(mx.init.Initializer):
            def __init__(self, writes=False):
                super().__init__()
                self._writes = writes

            def _init_weight(self, name, arr):
                if self._writes:
                    arr[:] = 1

        net = two_layers()
        net.initialize(MyInit())
        net(X)
        says(gi.explain(net), "0.weight, 1.weight: initialized, with zeros only", "arr[:] = values")
        net.initialize(MyInit(writes=True), force_reinit=True)
        assert "zeros" not in str(gi.explain(net))

    def test_a_class_for_an_object(self):
        net = two_layers()
        says(
            failing(lambda: net.initialize(mx.init.Xavier)), "the class Xavier", "mx.init.Xavier()"
        )
        two_layers().initialize(mx.init.Xavier())

    def test_a_name_with_a_blank(self):
        net = two_layers()
        said = says(failing(lambda: net.initialize("xavier ")), "'xavier ': not known", "'xavier',")
        assert "0x" not in str(said)
        two_layers().initialize("xavier")


class TestCalling:
    def test_data_on_the_default_device(self):
        """gluon-api issue 4."""
        net = two_layers()
        net.initialize(ctx=mx.cpu(1))
        says(failing(lambda: net(X)), "on cpu(1), and asked for on cpu(0)",
             "net(x.as_in_context(mx.cpu(1)))")  # fmt: skip
        assert net(X.as_in_context(mx.cpu(1))).shape == (1, 2)

    def test_lengths_of_sequences(self):
        """MXNet issue 21146."""
        x, lengths = mx.nd.ones((2, 3, 5)), mx.nd.array([1, 2])
        layer = rnn.GRU(4, layout="NTC", use_sequence_length=True)
        layer.initialize()
        says(failing(lambda: layer(x, sequence_length=lengths)), "GRU: deferred, with sequence_leng",
             "input_size=5, use_sequence_length=True")  # fmt: skip
        layer = rnn.GRU(4, layout="NTC", input_size=5, use_sequence_length=True)
        layer.initialize()
        assert layer(x, sequence_length=lengths).shape == (2, 3, 4)

    @pytest.mark.parametrize("uses", [False, True])
    def test_a_constant_that_is_not_used(self, uses):
        """MXNet issue 15470."""

        class Anchored(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.layer = nn.Dense(2)
                self.anchors = self.params.get_constant("anchors", mx.nd.ones((1, 2)))

            def hybrid_forward(self, F, x, anchors):
                return F.broadcast_add(self.layer(x), anchors) if uses else self.layer(x)

        net = Anchored()
        net.initialize()
        net.hybridize()
        if uses:
            assert net(X).shape == (1, 2)
        else:
            says(failing(lambda: net(X)), "anchors: a constant that the forward pass does not use",
                 "Use anchors in Anchored.hybrid_forward")  # fmt: skip

    def test_several_inputs_through_a_sequence(self):
        """MXNet issue 14762."""

        class Pair(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Dense(2), nn.Dense(3)

            def hybrid_forward(self, F, x, y):
                return self.a(x), self.b(y)

        class Net(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.first, self.second = Pair(), Pair()

            def hybrid_forward(self, F, x, y):
                x, y = self.first(x, y)
                return self.second(x, y)

        net = nn.HybridSequential()
        net.add(Pair(), Pair())
        net.initialize()
        says(
            failing(lambda: net(X, X)), "HybridSequential: given several inputs", "self.first(x, y)"
        )
        net = Net()
        net.initialize()
        assert [one.shape for one in net(X, X)] == [(1, 2), (1, 3)]

    def test_a_list_for_an_array(self):
        net = two_layers(hybrid=True)
        net.initialize()
        says(failing(lambda: net([X, X])), "Block '0' (Dense): given a list of arrays",
             "mx.nd.concat(*arrays, dim=0)")  # fmt: skip
        assert net(mx.nd.concat(X, X, dim=0)).shape == (2, 2)

    def test_images_with_channels_last(self):
        net = nn.Conv2D(4, 3, in_channels=3)
        net.initialize()
        image = mx.nd.ones((1, 8, 8, 3))
        says(failing(lambda: net(image)), "Its channels are last, and Conv2D takes NCHW",
             "x.transpose((0, 3, 1, 2))")  # fmt: skip
        assert net(image.transpose((0, 3, 1, 2))).shape == (1, 4, 6, 6)

    def test_a_dense_layer_over_sequences(self):
        net = nn.Dense(4, in_units=5)
        net.initialize()
        sequence = mx.nd.ones((2, 3, 5))
        says(failing(lambda: net(sequence)), "Dense flattens all axes",
             "nn.Dense(4, flatten=False, in_units=5)")  # fmt: skip
        net = nn.Dense(4, flatten=False, in_units=5)
        net.initialize()
        assert net(sequence).shape == (2, 3, 4)

    def test_indices_beyond_a_sparse_embedding(self):
        """gluon-nlp issue 938."""
        net = nn.Embedding(10, 3, sparse_grad=True)
        net.initialize()
        far = mx.nd.array([1, 12])

        def train(indices):
            with autograd.record():
                loss = net(indices).sum()
            loss.backward()
            mx.nd.waitall()
            return net.weight.grad().asnumpy()

        says(failing(lambda: train(far)), "given an index that its weight does not have",
             "indices.clip(0, input_dim - 1)")  # fmt: skip
        net = nn.Embedding(10, 3, sparse_grad=True)
        net.initialize()
        assert train(far.clip(0, 9))[9].all()


class TestNumpyMode:
    def test_an_array_of_np_without_it(self):
        """MXNet issue 18918: arrays of one kind for a net of the other."""
        net, x = two_layers(hybrid=True), mx.np.ones((1, 4))
        net.initialize()
        says(failing(lambda: net(x)), "an array of mx.np, without NumPy mode", "x.as_nd_ndarray()")
        assert net(x.as_nd_ndarray()).shape == (1, 2)

    def test_an_array_of_nd_in_it(self, numpy_mode):
        """MXNet issue 18918."""
        net = two_layers(hybrid=True)
        net.initialize()
        says(failing(lambda: net(X)), "an array of mx.nd, in NumPy mode", "x.as_np_ndarray()")
        assert net(X.as_np_ndarray()).shape == (1, 2)

    def test_a_sparse_gradient_in_it(self, numpy_mode):
        """MXNet issue 20391."""
        net = nn.Embedding(10, 3, sparse_grad=True)
        says(failing(net.initialize), "would be row_sparse, in NumPy mode", "sparse_grad=False")
        nn.Embedding(10, 3, sparse_grad=False).initialize()


class TestTraining:
    def test_gradients_that_add_up(self):
        """MXNet issues 10589, 7964."""
        net = ready()
        net.collect_params().setattr("grad_req", "add")
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.0})
        says(gi.explain(trainer), "adding up its gradients", "zero_grad() after each trainer.step")

        def gradient():
            with autograd.record():
                loss = net(X).sum()
            loss.backward()
            trainer.step(1)
            return net[1].bias.grad().asnumpy()

        assert np.allclose(2 * gradient(), gradient())
        net.collect_params().zero_grad()
        first = gradient()
        net.collect_params().zero_grad()
        assert np.allclose(first, gradient())

    @pytest.mark.parametrize("fixed", [False, True])
    def test_a_frozen_batchnorm_that_moves(self, fixed):
        """MXNet issues 9419, 1536."""
        net = nn.HybridSequential()
        net.add(nn.Dense(3), nn.BatchNorm(use_global_stats=fixed), nn.Dense(2))
        net.initialize()
        net(X)
        gi.freeze(net, "^1")
        before = net[1].running_mean.data().asnumpy()
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        moved = (net[1].running_mean.data().asnumpy() != before).any()
        said = gi.explain(net)
        assert moved == (not fixed) == ("not frozen" in str(said))
        if not fixed:
            says(said, "1.running_mean, 1.running_var: not frozen", "use_global_stats=True")

    def test_a_loss_that_left_the_record(self):
        net = ready()

        def loss_of(output):
            return ((output.asnumpy() - 1) ** 2).mean()

        def train(loss_of):
            with autograd.record():
                loss = loss_of(net(X))
            loss.backward()

        says(failing(lambda: train(loss_of)), "The loss: of type float32, no MXNet array")
        train(lambda output: ((output - 1) ** 2).mean())

    def test_labels_of_another_shape(self):
        loss = gluon.loss.L2Loss()
        pred, label = mx.nd.ones((2, 2)), mx.nd.ones((2, 3))
        says(failing(lambda: loss(pred, label)), "L2Loss: given predictions of shape (2, 2)",
             "Labels of shape (2, 2)")  # fmt: skip
        assert loss(pred, mx.nd.ones((2, 2))).shape == (2,)
