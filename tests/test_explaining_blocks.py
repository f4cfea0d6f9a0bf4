"""The errors and warnings of Block, HybridBlock and SymbolBlock: made for real, and followed."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import Unused, X, failing, says, two_layers, warned
from mxnet import gluon
from mxnet.gluon import nn

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    # MXNet warns of what was initialized before, of types in SymbolBlock, of what is unused.
    pytest.mark.filterwarnings(
        "ignore:(Parameter|Cannot decide|.* unregistered container|The .* input|register_op_hook)"
    ),
]


class Sum(gluon.HybridBlock):
    """The sum of its inputs, or more."""

    def __init__(self, forward=None):
        super().__init__()
        self.own = forward

    def hybrid_forward(self, F, x, y=None):
        if self.own is not None:
            return self.own(F, x, y)
        return x if y is None else x + y


class Net(gluon.HybridBlock):
    def __init__(self):
        super().__init__()
        self.out = nn.Dense(2)

    def hybrid_forward(self, F, x):
        return self.out(x)


def initialized(net, hybrid=False):
    net.initialize()
    net.hybridize(hybrid)
    return net


class TestMade:
    @pytest.mark.parametrize("kind", ["array", "numpy"])
    def test_values_for_a_parameter(self, kind):
        net = initialized(nn.Dense(2, in_units=5))
        values = mx.nd.ones((2, 5)) if kind == "array" else np.ones((2, 5))
        said = failing(setattr, net, "weight", values)
        says(said, "Dense.weight: a parameter", "block.weight.set_data(")
        assert ("mx.nd.array(values)" in str(said)) == (kind == "numpy")
        net.weight.set_data(mx.nd.array(values))
        assert net.weight.data().asnumpy().all()

    def test_nothing_for_a_parameter(self):
        net = nn.Dense(2, in_units=5)
        says(failing(setattr, net, "bias", None), "use_bias=False")
        assert nn.Dense(2, use_bias=False).bias is None

    def test_another_block(self):
        net = initialized(Net())
        net(X)
        new = nn.HybridSequential()
        new.add(nn.Dense(3), nn.Dense(4))
        says(failing(setattr, net, "out", new), "Net.out", "del net.out; net.out = the new block")
        del net.out
        net.out = new
        new.initialize()
        assert net(X).shape == (2, 4)
        assert len(list(net.collect_params())) == 4

    def test_nothing_for_a_block(self):
        net = initialized(Net())
        says(failing(setattr, net, "out", None), "Net.out", "nn.HybridLambda(lambda F, x: x)")
        del net.out
        net.out = nn.HybridLambda(lambda F, x: x)
        assert (net(X) == X).asnumpy().all()
        assert not list(net.collect_params())

    def test_a_list_of_blocks(self):
        class Holder(gluon.Block):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Dense(3), nn.Dense(2)]

            def forward(self, x):
                return self.layers[1](self.layers[0](x))

        net = Holder()
        says(warned(net.collect_params), "layers", "self.register_child(block)")
        for block in net.layers:
            net.register_child(block)
        net.initialize()
        assert net(X).shape == (2, 2)
        assert len(list(net.collect_params())) == 4

    @pytest.mark.parametrize("kind", ["sequence", "lambda", "own"])
    def test_a_plain_block_in_a_hybrid_one(self, kind):
        class Own(gluon.Block):
            def forward(self, x):
                return x * 2

        class OwnHybrid(gluon.HybridBlock):
            def hybrid_forward(self, F, x):
                return x * 2

        made, anew, part = {
            "sequence": (nn.Sequential, nn.HybridSequential, "nn.HybridSequential()"),
            "lambda": (lambda: nn.Lambda(lambda x: x), None, "nn.HybridLambda(...)"),
            "own": (Own, OwnHybrid, "Write Own as a gluon.HybridBlock"),
        }[kind]
        says(failing(nn.HybridSequential().add, made()), part)
        net = nn.HybridSequential()
        net.add(nn.HybridLambda(lambda F, x: x) if anew is None else anew())
        if kind == "own":
            assert initialized(net, hybrid=True)(X).shape == X.shape

    def test_no_block_at_all(self):
        says(failing(nn.HybridSequential().add, nn.Dense), "no block", "net.add(nn.Dense(2))")
        nn.HybridSequential().add(nn.Dense(2))

    def test_no_forward(self):
        class Derived(gluon.Block):
            def hybrid_forward(self, F, x):
                return x

        class Misspelt(gluon.Block):
            def foward(self, x):
                return x

        class Empty(gluon.HybridBlock):
            pass

        says(failing(Derived(), X), "Derive Derived from gluon.HybridBlock")
        says(failing(Misspelt(), X), "Rename Misspelt.foward to forward")
        says(failing(Empty(), X), "def hybrid_forward(self, F, x): ... in class Empty")

        class Mended(gluon.HybridBlock):
            hybrid_forward = Derived.hybrid_forward

        Mended()(X)


class TestCalled:
    def test_with_no_array(self):
        net = initialized(Net())
        says(failing(net, [1, 2]), "got list", "net(mx.nd.array(x))")
        says(failing(net.infer_shape, None), "got None", "net.infer_shape(x)")
        net.infer_shape(X)
        net(mx.nd.array([[1, 2, 3, 4, 5]]))

    def test_a_symbol_block_with_no_array(self):
        data = mx.sym.var("data")
        net = gluon.SymbolBlock(data * 2, [data])
        says(failing(net, np.ones((2, 5))), "got numpy.ndarray", "net(mx.nd.array(x))")
        net(mx.nd.array(np.ones((2, 5))))

    def test_with_arrays_and_symbols(self):
        says(failing(Sum(), X, mx.sym.var("y")), "at once", "mx.sym.var(name)")
        Sum()(X, X)
        Sum()(mx.sym.var("x"), mx.sym.var("y"))

    def test_an_array_made_inside(self):
        class Outer(gluon.HybridBlock):
            def __init__(self, right):
                super().__init__()
                self.inner, self.right = Sum(), right

            def hybrid_forward(self, F, x):
                return self.inner(x, F.ones_like(x) if self.right else mx.nd.ones((2, 5)))

        said = failing(initialized(Outer(right=False), hybrid=True), X)
        says(said, "Sum: called within Outer", "F.ones_like(x)")
        assert (initialized(Outer(right=True), hybrid=True)(X) == X + 1).asnumpy().all()

    def test_on_two_devices(self):
        net = initialized(Sum(), hybrid=True)
        there = X.as_in_context(mx.cpu(1))
        says(failing(net, X, there), "cpu(0), cpu(1)", "x.as_in_context(mx.cpu(0))")
        net(X, there.as_in_context(mx.cpu(0)))

    def test_with_a_number(self):
        net = initialized(Sum(), hybrid=True)
        says(failing(net, X, 3), "called with an object of type int", "mx.nd.array([value])")
        assert (net(X, X) == X + X).asnumpy().all()
        net = initialized(Sum(), hybrid=True)
        net(X, mx.nd.ones((2, 5)) * mx.nd.array([3]))

    def test_returning_a_dictionary(self):
        net = initialized(Sum(lambda F, x, y: {"a": x, "b": x + 1}), hybrid=True)
        says(failing(net, X), "returns an object of type dict", "return tuple(out.values())")
        net = initialized(Sum(lambda F, x, y: tuple({"a": x, "b": x + 1}.values())), hybrid=True)
        assert len(net(X)) == 2

    @pytest.mark.parametrize("second", [(X, None), (X,), (X, [X, X])])
    def test_otherwise_than_before(self, second):
        net = initialized(Sum(lambda F, x, y: x), hybrid=True)
        net(X, X)
        says(failing(net, *second), "its graph takes (array, array)", "net.hybridize()")
        net.hybridize()
        net(*second)
        net.hybridize(False)
        net(X, X)
        net(*second)

    def test_a_symbol_block_with_other_inputs(self):
        a, b = mx.sym.var("a"), mx.sym.var("b")
        net = gluon.SymbolBlock(a + b, [a, b])
        says(failing(net, X), "called with (array)", "Call it with array, array")
        net(X, X)
        says(failing(net, mx.sym.var("x")), "called with (array)", "for each of the inputs")
        net(mx.sym.var("x"), mx.sym.var("y"))


class TestGraphs:
    def test_a_block_in_a_list(self):
        class Holder(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Dense(2, in_units=5)]

            def hybrid_forward(self, F, x):
                return self.layers[0](x)

        net = initialized(Holder(), hybrid=True)
        says(failing(net, X), "layers: blocks that the net does not see", "register_child")
        for block in net.layers:
            net.register_child(block)
        net.initialize()
        assert net(X).shape == (2, 2)

    def test_a_block_that_is_not_held(self):
        layer = nn.Dense(2, in_units=5, use_bias=False)
        net = initialized(Sum(lambda F, x, y: layer(x)), hybrid=True)
        says(failing(net, X), "uses and does not hold", "self.register_child(block)")
        net.register_child(layer)
        net.initialize()
        assert net(X).shape == (2, 2)

    def test_a_variable_of_its_own(self):
        net = initialized(Sum(lambda F, x, y: x + F.var("shift")), hybrid=True)
        says(failing(net, X), "shift: a variable", "self.params.get('shift', shape=...)")

        class Anew(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                self.shift = self.params.get("shift", shape=(2, 5))

            def hybrid_forward(self, F, x, shift):
                return x + shift

        initialized(Anew(), hybrid=True)(X)

    def test_a_shape_that_no_operator_tells(self):
        class Scale(gluon.HybridBlock):
            def __init__(self, shape):
                super().__init__()
                self.w = self.params.get("w", shape=shape, allow_deferred_init=True)

            def hybrid_forward(self, F, x, w):
                return F.broadcast_mul(x, w)

        net = initialized(Scale((0, 0)))
        says(failing(net.infer_shape, X), "w (?, ?)", "params.get(..., shape=...)")
        says(failing(net, X), "w (?, ?)")
        initialized(Scale((1, 5)))(X)

    def test_a_size_of_zero(self):
        def made(right):
            def shifted(F, x):
                return F.broadcast_add(x, F.zeros_like(x) if right else F.zeros((0, 5)))

            net = nn.HybridSequential()
            net.add(nn.HybridLambda(shifted), nn.Dense(2))
            return initialized(net)

        says(failing(made(right=False).infer_shape, X), "F.zeros_like(x)")
        assert made(right=True)(X).shape == (2, 2)

    def test_an_input_without_use(self):
        net = initialized(Sum(lambda F, x, y: x * 2), hybrid=True)
        says(warned(net, X, X), "Argument 2 of the net", "take it out")
        net.hybridize()
        net(X)

    def test_a_parameter_without_use(self):
        net = initialized(Unused(in_units=5))
        net(X)
        net.hybridize()
        said = warned(net, X, part="is not used")
        says(said, "unused0_dense1_bias, unused0_dense1_weight", "ignore_stale_grad=True")
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        with mx.autograd.record():
            loss = net(X).sum()
        loss.backward()
        trainer.step(2, ignore_stale_grad=True)

    def test_an_export_after_load(self, tmp_path, monkeypatch):
        """MXNet writes a file without a single parameter."""
        monkeypatch.chdir(tmp_path)
        net = initialized(two_layers(hybrid=True), hybrid=True)
        net(X)
        net.save("saved")
        other = two_layers(hybrid=True)
        other.load("saved")
        other(X)
        says(warned(other.export, "again"), "not in the file", "'-model.params'")
        assert not mx.nd.load("again-0000.params")
        other = two_layers(hybrid=True)
        other.load_parameters("saved-model.params")
        other.hybridize()
        other(X)
        other.export("again")
        anew = gluon.SymbolBlock.imports("again-symbol.json", ["data"], "again-0000.params")
        assert np.array_equal(anew(X).asnumpy(), net(X).asnumpy())


class TestOptimizing:
    def test_for_nobody(self):
        net = initialized(Net())
        says(failing(net.optimize_for, X), "net.hybridize(), and net(x)")
        net.hybridize()
        net(X)

    def test_without_an_array(self):
        net = initialized(Net())
        said = failing(lambda: net.optimize_for(np.ones((2, 5)), backend="MKLDNN"))
        says(said, "got numpy.ndarray", "net.optimize_for(mx.nd.array(x), ...)")
        net.optimize_for(mx.nd.array(np.ones((2, 5))), backend="MKLDNN")

    def test_on_two_devices(self):
        net, there = initialized(Sum()), X.as_in_context(mx.cpu(1))
        said = failing(lambda: net.optimize_for(X, there, backend="MKLDNN"))
        says(said, "cpu(0), cpu(1)", "x.as_in_context(mx.cpu(0))")
        net.optimize_for(X, there.as_in_context(mx.cpu(0)), backend="MKLDNN")


class TestHooks:
    def test_hybridizing_with_hooks(self):
        net, seen = initialized(two_layers(hybrid=True)), []
        handles = [
            block.register_forward_hook(lambda *_: seen.append(1)) for block in (net, net[0])
        ]
        says(warned(net.hybridize), "HybridSequential", "net.hybridize(False)")
        net(X)
        assert len(seen) < 4
        net.hybridize(False)
        seen.clear()
        net(X)
        assert len(seen) == 2
        for handle in handles:
            handle.detach()
        net.hybridize()

    def test_hooks_of_operators(self):
        net, seen = initialized(two_layers(hybrid=True), hybrid=True), []
        net.register_op_hook(lambda *_: seen.append(1))
        says(warned(net, X), "for every hybridized net", "net.hybridize() without these two")
        net(X)
        assert seen


class TestSymbolBlocks:
    def test_an_input_that_is_computed(self):
        data = mx.sym.var("data")
        hidden = mx.sym.relu(data, name="hidden")
        said = failing(gluon.SymbolBlock, hidden * 2, [hidden])
        says(said, "'hidden'", "gluon.SymbolBlock(outputs, [mx.sym.var('data')])")
        net = gluon.SymbolBlock(hidden * 2, [mx.sym.var("data")])
        assert (net(X) == 2 * X).asnumpy().all()

    def test_a_sparse_variable(self):
        data = mx.sym.var("data")
        sparse, dense = mx.sym.var("w", stype="row_sparse"), mx.sym.var("w")
        said = failing(gluon.SymbolBlock, mx.sym.dot(data, sparse), [data])
        says(said, "w: row_sparse", "mx.sym.var('w'), without stype")
        gluon.SymbolBlock(mx.sym.dot(data, dense), [data])


def test_nothing_is_said_of_the_net_itself():
    """What is explained stays as it was."""
    net = initialized(Sum(), hybrid=True)
    net(X, X)
    before = net(X, X).asnumpy()
    assert failing(net, X).known
    assert np.array_equal(net(X, X).asnumpy(), before)
    assert gi.explain(net)


class TestSeveralNets:
    """With several nets in the user's hands a parameter is named with its net."""

    def test_each_by_its_variable(self):
        teacher, student = two_layers(), two_layers()
        gi.force_init(teacher, X)
        says(failing(lambda: student(X) if teacher else None), "0.weight of student",
             "next: student.initialize()")  # fmt: skip
        student.initialize()
        student(X)
        wide = mx.nd.ones((2, 6))
        says(failing(lambda: teacher(wide) if student else None), "0.weight of teacher")

    def test_a_net_alone_and_its_parts(self):
        net = two_layers()
        first = net[0]
        said = says(failing(lambda: net(X) if first else None), "0.weight (")
        assert " of " not in said.rows[0].what

    def test_in_one_trainer(self):
        nets = [two_layers(), two_layers()]
        for net in nets:
            gi.force_init(net, X)
        nets[1][0].weight.lr_mult = 0
        parameters = [p for net in nets for p in net.collect_params().values()]
        said = gi.explain(gluon.Trainer(parameters, "sgd"))
        says(said, f"{nets[1].name} 0.weight: never changed")
