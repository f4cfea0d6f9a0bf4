"""Loading: which kind of file it is, what fits, and the call that reads it; each followed."""

import mxnet as mx
import numpy as np
from explained import X, failing, says, two_layers
from loaded import MARKS, Net, done, exported, here, same, trained  # noqa: F401  (a fixture)
from mxnet import gluon
from mxnet.gluon import nn

pytestmark = MARKS


class TestExported:
    def test_into_the_class(self):
        net = exported(trained())
        said = failing(Net().load_parameters, "net-0000.params")
        says(
            said, "net-0000.params", "of the kind that export()", "SymbolBlock.imports", "['data']"
        )
        same(done(said, Net()), net)

    def test_into_collect_params(self):
        net = exported(trained())
        said = failing(Net().collect_params().load, "net-0000.params")
        says(said, "SymbolBlock.imports('net-symbol.json', ['data'], 'net-0000.params')")
        same(done(said), net)

    def test_without_its_graph(self):
        net = exported(trained())
        mx.nd.save("alone.params", mx.nd.load("net-0000.params"))
        other = Net()
        said = failing(other.load_parameters, "alone.params")
        says(said, "load_dict", "name[4:].removeprefix('net0_')")
        same(done(said, other), net)

    def test_into_a_net_of_the_same_prefix(self):
        net = exported(trained(Net(prefix="a_")))
        mx.nd.save("alone.params", mx.nd.load("net-0000.params"))
        other = Net(prefix="a_")
        said = failing(other.load_parameters, "alone.params")
        says(said, "net.collect_params().load('alone.params')")
        same(done(said, other), net)

    def test_of_another_net_and_without_its_graph(self):
        exported(trained())
        mx.nd.save("alone.params", mx.nd.load("net-0000.params"))
        said = failing(two_layers().load_parameters, "alone.params")
        says(said, "Bring the -symbol.json", "save_parameters")

    def test_without_name_scope(self):
        """MXNet complains of a prefix that the user never gave."""
        net = exported(trained(two_layers(hybrid=True)))
        other = two_layers(hybrid=True)
        said = failing(other.load_parameters, "net-0000.params")
        says(said, "of the kind that export()", "SymbolBlock.imports")
        same(done(said), net)

    def test_two_inputs_stay_in_order(self):
        class Minus(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.layer = nn.Dense(2)

            def hybrid_forward(self, F, x, y):
                return y - self.layer(x)

        net = Minus()
        net.initialize()
        net.hybridize()
        y = mx.nd.ones((2, 2)) * 7
        net(X, y)
        net.export("net")
        said = failing(Minus().load_parameters, "net-0000.params")
        says(said, "['data0', 'data1']")
        assert np.array_equal(done(said)(X, y).asnumpy(), net(X, y).asnumpy())

    def test_a_checkpoint_of_module(self):
        data = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="out")
        module = mx.mod.Module(mx.sym.SoftmaxOutput(data, name="softmax"))
        module.bind([("data", (2, 5))], [("softmax_label", (2,))])
        module.init_params(mx.init.Normal(1))
        module.save_checkpoint("net", 1)
        said = failing(nn.Dense(2).load_parameters, "net-0001.params")
        says(said, "Module.save_checkpoint()", "['data', 'softmax_label']")
        module.forward(mx.io.DataBatch([X]), is_train=False)
        told = done(said)(X, mx.nd.zeros(2))
        assert np.allclose(told.asnumpy(), module.get_outputs()[0].asnumpy())


class TestImports:
    def test_another_name_for_the_input(self):
        net = exported(trained())
        said = failing(gluon.SymbolBlock.imports, "net-symbol.json", ["x"], "net-0000.params")
        says(said, "data: an input of the graph", "['data']")
        same(done(said), net)

    def test_a_label_that_is_not_named(self):
        data = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="out")
        module = mx.mod.Module(mx.sym.SoftmaxOutput(data, name="softmax"))
        module.bind([("data", (2, 5))], [("softmax_label", (2,))])
        module.init_params(mx.init.Normal(1))
        module.save_checkpoint("net", 1)
        said = failing(gluon.SymbolBlock.imports, "net-symbol.json", ["data"], "net-0001.params")
        says(said, "softmax_label", "['data', 'softmax_label']", "any softmax_label")
        module.forward(mx.io.DataBatch([X]), is_train=False)
        told = done(said)(X, mx.nd.zeros(2))
        assert np.allclose(told.asnumpy(), module.get_outputs()[0].asnumpy())

    def test_a_file_of_save_parameters_beside_the_right_one(self):
        net = exported(trained())
        net.save_parameters("own.params")
        said = failing(gluon.SymbolBlock.imports, "net-symbol.json", ["data"], "own.params")
        says(said, "not the parameters that belong to net-symbol.json", "'net-0000.params'")
        same(done(said), net)

    def test_a_file_of_save_parameters_alone(self):
        net = exported(trained())
        net.save_parameters("own.params")
        mx.sym.load("net-symbol.json").save("graph.json")
        said = failing(gluon.SymbolBlock.imports, "graph.json", ["data"], "own.params")
        says(said, "net.load_parameters('own.params'); then net.hybridize()")
        other = Net()
        other.load_parameters("own.params")
        same(exported(other), net)

    def test_the_file_of_another_graph(self):
        other = exported(trained(two_layers(hybrid=True)))
        net = trained()
        net.hybridize()
        net(X)
        net.export("second")
        said = failing(gluon.SymbolBlock.imports, "second-symbol.json", ["data"], "net-0000.params")
        says(said, "'net-symbol.json', ['data'], 'net-0000.params'")
        same(done(said), other)

    def test_gluons_names_of_another_prefix(self):
        net = exported(trained())
        net.collect_params().save("own.params")
        other = Net()
        other.initialize()
        other.hybridize()
        other(X)
        mx.sym.load("net-symbol.json")
        other._cached_graph[1].save("graph.json")
        said = failing(gluon.SymbolBlock.imports, "graph.json", ["data"], "own.params")
        says(said, "load_dict", "'net1_' + name.removeprefix('net0_')")
        same(done(said), net)


class TestGluonsNames:
    def test_another_prefix(self):
        net = trained()
        net.collect_params().save("net.params")
        for load in ("load_parameters", "load"):
            other = Net()
            asked = other if load == "load_parameters" else other.collect_params()
            said = failing(getattr(asked, load), "net.params")
            says(said, "collect_params().save()", "removeprefix('net0_')")
            same(done(said, other), net)

    def test_no_prefix(self):
        net = trained(two_layers())
        net.collect_params().save("net.params")
        other = two_layers()
        said = failing(other.collect_params().load, "net.params")
        says(said, "dict(zip(net.collect_params(), mx.nd.load('net.params').values()))")
        same(done(said, other), net)

    def test_the_same_names_and_the_other_call(self):
        net = trained(two_layers())
        net.collect_params().save("net.params")
        said = failing(net.load_parameters, "net.params")
        says(said, "net.collect_params().load('net.params')")
        before = net(X).asnumpy()
        net.initialize(force_reinit=True)
        done(said, net)
        assert np.array_equal(net(X).asnumpy(), before)

    def test_a_prefix_that_was_taken_away(self):
        net = trained()
        net.collect_params().save("net.params", strip_prefix=net.prefix)
        other = Net()
        said = failing(other.collect_params().load, "net.params")
        says(said, "restore_prefix=net.prefix")
        same(done(said, other), net)

    def test_a_prefix_that_not_all_have(self):
        net = trained(two_layers())
        net.collect_params().save("net.params")
        said = failing(lambda: net.collect_params().load("net.params", restore_prefix=net.prefix))
        says(said, "net.collect_params().load('net.params')")
        done(said, net)

    def test_another_net(self):
        trained().collect_params().save("net.params")
        said = failing(two_layers().collect_params().load, "net.params")
        says(said, "Build the net by the code that made the one that was saved")

    def test_paths_for_gluons_names(self):
        net = trained()
        net.save_parameters("net.params")
        other = Net()
        said = failing(other.collect_params().load, "net.params")
        says(said, "save_parameters()", "net.load_parameters('net.params')")
        same(done(said, other), net)

    def test_more_than_is_asked_for(self):
        net = trained()
        net.collect_params().save("net.params")
        some = net.collect_params(".*weight")
        said = failing(some.load, "net.params")
        says(said, "in the file, and not among what is to be loaded", "ignore_extra=True")
        some.load("net.params", ignore_extra=True)
