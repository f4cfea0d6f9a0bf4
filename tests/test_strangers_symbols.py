"""What people met with symbols, executors and mx.rnn, by their public reports, and the advice followed.

The reports, and how they were answered before and after, stand in benchmarks/strangers_module.md.
"""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says, warned
from mxnet.gluon import nn

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:(Data provided by label_shapes|.*created Module)"),
    pytest.mark.filterwarnings("ignore:(Cannot decide shape|NTC layout detected)"),
]
DATA, LABEL, STEPS = [("data", (4, 3))], [("softmax_label", (4,))], [("data", (4, 2, 3))]
X, ONES = mx.nd.ones((4, 3)), {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.ones(2)}


def scores(units=2, name="fc", data=None):
    data = mx.sym.var("data") if data is None else data
    return mx.sym.FullyConnected(data, num_hidden=units, name=name)


def classifier(output=None):
    return mx.sym.SoftmaxOutput(scores() if output is None else output, name="softmax")


def bound(symbol, data=DATA, label=LABEL, **names):
    module = mx.mod.Module(symbol, **names)
    module.bind(data, label)
    return module


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """The prefix of a checkpoint of two classes, all ones."""
    monkeypatch.chdir(tmp_path)
    module = bound(classifier())
    module.init_params(mx.init.One())
    module.save_checkpoint("net", 0)
    return "net"


class TestGraphs:
    def test_a_name_that_is_not_inside(self):
        """MXNet issues 6483, 7039."""
        symbol = scores(data=mx.sym.flatten(mx.sym.var("data"), name="flat"))
        said = failing(lambda: symbol.get_internals()["flatten0_output"])
        says(said, "symbol['flatten0_output']: no output of the graph", "['flat_output']")
        assert symbol.get_internals()["flat_output"].list_arguments() == ["data"]
        said = failing(lambda: symbol["flat_output"])
        says(said, "none of the symbol itself", "symbol.get_internals()['flat_output']")
        says(failing(lambda: symbol.get_internals()["fc"]), "['fc_output']")

    def test_a_name_of_several(self):
        """MXNet issue 13751."""
        relu = mx.sym.relu(mx.sym.relu(mx.sym.var("data"), name="relu"), name="relu")
        inside = relu.get_internals()
        says(failing(lambda: inside["relu_output"]), "the name of 2 outputs, 1, 2", "symbol[2]")
        assert inside[2].tojson() == relu.tojson()

    def test_a_variable_for_a_layer(self, saved):
        """MXNet issue 17892."""

        def ready(make):
            symbol, arg_params, aux_params = mx.model.load_checkpoint(saved, 0)
            module = mx.mod.Module(make(symbol), label_names=None)
            module.bind(DATA, for_training=False)
            module.set_params(arg_params, aux_params)
            return module

        for wrong in (
            lambda symbol: mx.sym.broadcast_add(mx.sym.var("data"), mx.sym.var("fc_output")),
            lambda symbol: mx.sym.Group([mx.sym.var("data"), mx.sym.var("fc_output")]),
            lambda symbol: mx.sym.var("fc_output") * 2,
        ):
            says(failing(ready, wrong),
                 "symbol.get_internals()['fc_output'] in place of mx.sym.var('fc_output')")  # fmt: skip
        module = ready(lambda symbol: symbol.get_internals()["fc_output"])
        assert (module.predict(mx.io.NDArrayIter(X, batch_size=4)).asnumpy() == 3).all()

    def test_lists_of_symbols(self):
        """MXNet issue 5178."""
        symbols = [scores(2, "a"), scores(2, "b")]
        says(failing(lambda: mx.sym.Concat(symbols, dim=1)), "given a list of symbols for one",
             "mx.sym.Concat(*symbols, dim=1)")  # fmt: skip
        assert mx.sym.Concat(*symbols, dim=1).infer_shape(data=(4, 3))[1] == [(4, 4)]

    def test_arrays_for_symbols(self):
        """MXNet issues 5058, 20329."""
        symbol = scores()
        part = "executor = symbol.simple_bind(mx.cpu(), data=(4, 3))"
        says(failing(lambda: mx.sym.FullyConnected(X, num_hidden=2)), "given NDArray", part)
        says(failing(lambda: symbol(X)), "called with NDArray", part)
        executor = symbol.simple_bind(mx.cpu(), data=(4, 3))
        executor.copy_params_from(ONES, {})
        assert (executor.forward(data=X)[0].asnumpy() == 4).all()

    def test_what_only_arrays_do(self):
        """MXNet pull request 6635."""
        symbol = mx.sym.var("data")

        def add():
            changed = symbol
            changed += 1

        says(failing(add), "symbol += ...: a change in place", "symbol = symbol + ...")
        assert (symbol + 1).list_arguments() == ["data"]
        says(
            failing(lambda: symbol.asnumpy()),
            "which has no values",
            "executor.forward(data=array)[0]",
        )

    def test_a_file_for_a_variable(self, saved):
        """MXNet issue 14792."""
        load = mx.init.Load(f"{saved}-0000.params", default_init=mx.init.Xavier())
        says(failing(lambda: mx.sym.var("fc_weight", init=load)), "for many variables, not for one",
             "module.init_params(mx.init.Load(file, default_init=mx.init.Xavier()))")  # fmt: skip
        module = bound(classifier())
        module.init_params(mx.init.Load(f"{saved}-0000.params", default_init=mx.init.Xavier()))
        assert (module.get_params()[0]["fc_weight"].asnumpy() == 1).all()
        says(failing(lambda: mx.sym.var("w", init=mx.init.One)), "a class", "init=mx.init.One()")
        says(failing(lambda: mx.sym.var("w", init=0.5)), "of type float", "mx.init.Constant(0.5)")
        mx.sym.var("w", init=mx.init.Constant(0.5))

    def test_an_initializer_for_an_operator(self):
        """MXNet issue 5286."""
        data = mx.sym.var("data")
        given = {"act_type": "prelu", "name": "prelu1"}
        says(failing(lambda: mx.sym.LeakyReLU(data, init=mx.init.Constant(0.25), **given)),
             "init of mx.sym.LeakyReLU 'prelu1': given to the operator",
             "gamma=mx.sym.var('prelu1_gamma', init=mx.init.Constant(value=0.25)), act_type='prelu'")  # fmt: skip
        gamma = mx.sym.var("prelu1_gamma", init=mx.init.Constant(value=0.25))
        module = bound(mx.sym.LeakyReLU(data, gamma=gamma, **given), label=None, label_names=None)
        module.init_params()
        assert (module.get_params()[0]["prelu1_gamma"].asnumpy() == 0.25).all()

    def test_a_path_for_a_text(self, saved):
        """MXNet issue 3985."""
        says(failing(lambda: mx.sym.load_json(f"{saved}-symbol.json")), "the name of a file",
             "mx.sym.load('net-symbol.json')")  # fmt: skip
        assert mx.sym.load("net-symbol.json").list_outputs() == ["softmax_output"]

    def test_shapes_that_are_none(self):
        """MXNet issue 8465."""
        symbol = classifier(mx.sym.broadcast_add(scores(), mx.sym.var("shift")))

        def named(**more):
            shapes, _, _ = symbol.infer_shape(data=(4, 3))
            return dict(zip(symbol.list_arguments(), shapes, strict=True))

        says(failing(named), "shift: of a shape that nothing tells",
             "symbol.infer_shape(data=(4, 3), shift=shape)")  # fmt: skip
        assert symbol.infer_shape(data=(4, 3), shift=(1, 2))[1] == [(4, 2)]
        says(
            warned(lambda: classifier().infer_shape()),
            "data: of a shape",
            "infer_shape(data=shape)",
        )


class TestExecutors:
    def test_on_several_devices(self):
        """MXNet issue 6476."""
        symbol, context = classifier(), [mx.cpu(0), mx.cpu(1)]
        says(failing(lambda: symbol.simple_bind(context, data=(4, 3))), "ctx: a list of 2 devices",
             "context=[mx.cpu(0), mx.cpu(1)]); module.bind([('data', (4, 3))], [('softmax_label', (4,))])")  # fmt: skip
        names = {"data_names": ["data"], "label_names": ["softmax_label"]}
        assert len(bound(symbol, context=context, **names)._exec_group.execs) == 2

    def test_without_all_arrays(self):
        """MXNet pull request 975, issue 12444."""
        symbol, args = scores(), {"data": X, "fc_weight": ONES["fc_weight"]}
        part = "{**args, 'fc_bias': mx.nd.zeros((2,))}"
        says(failing(lambda: symbol.bind(mx.cpu(), args)), "fc_bias: of the symbol, and not", part)
        symbol.bind(mx.cpu(), args={**args, "fc_bias": mx.nd.zeros((2,))}).forward()
        args = [X, ONES["fc_weight"]]
        says(failing(lambda: symbol.bind(mx.cpu(), args)), "A list has one array for each of data",
             "args=[*args, mx.nd.zeros((2,))]")  # fmt: skip
        symbol.bind(mx.cpu(), args=[*args, mx.nd.zeros((2,))]).forward()
        norm = mx.sym.BatchNorm(mx.sym.var("data"), name="bn")
        args = {"data": X, "bn_gamma": mx.nd.ones(3), "bn_beta": mx.nd.zeros(3)}
        says(failing(lambda: norm.bind(mx.cpu(), args)), "bn_moving_mean, bn_moving_var",
             "'bn_moving_mean': mx.nd.zeros((3,)), 'bn_moving_var': mx.nd.ones((3,))")  # fmt: skip
        states = {"bn_moving_mean": mx.nd.zeros((3,)), "bn_moving_var": mx.nd.ones((3,))}
        norm.bind(mx.cpu(), args, aux_states=states).forward()

    def test_on_another_device(self):
        """MXNet issue 5552."""
        args = {"data": X, **ONES}
        says(failing(lambda: scores().bind(mx.cpu(1), args)), "on cpu(0), and bound on cpu(1)",
             "array.as_in_context(mx.cpu(1))")  # fmt: skip
        there = {name: array.as_in_context(mx.cpu(1)) for name, array in args.items()}
        scores().bind(mx.cpu(1), there).forward()

    def test_gradients_without_a_loss(self):
        """MXNet issue 1388."""
        executor = scores().simple_bind(mx.cpu(), data=(4, 3))
        executor.forward(is_train=True, data=X)
        says(failing(executor.backward), "called without a gradient",
             "executor.backward(mx.nd.ones(executor.outputs[0].shape))")  # fmt: skip
        executor.backward(mx.nd.ones(executor.outputs[0].shape))
        assert (executor.grad_dict["fc_bias"].asnumpy() == 4).all()

    def test_more_than_it_has(self):
        """onnx-mxnet issue 13."""
        executor, values = (
            scores().simple_bind(mx.cpu(), data=(4, 3)),
            {**ONES, "old": mx.nd.ones(1)},
        )
        says(failing(lambda: executor.copy_params_from(values)), "old: given, and not of the symbol",
             "executor.copy_params_from(arg_params, aux_params, allow_extra_params=True)")  # fmt: skip
        executor.copy_params_from(values, {}, allow_extra_params=True)
        assert (executor.arg_dict["fc_weight"].asnumpy() == 1).all()

    def test_other_names_and_shapes(self):
        executor = classifier().simple_bind(mx.cpu(), data=(4, 3))
        executor.copy_params_from(ONES, allow_extra_params=True)
        says(
            failing(lambda: executor.forward(x=X)),
            "no argument of the symbol",
            "forward(data=array)",
        )
        says(failing(lambda: executor.forward(data=X[:2])), "of shape (2, 3), and bound with (4, 3)",
             "executor.reshape(partial_shaping=True, allow_up_sizing=True, data=(2, 3))")  # fmt: skip
        smaller = executor.reshape(partial_shaping=True, allow_up_sizing=True, data=(2, 3))
        assert (smaller.forward(data=X[:2])[0].asnumpy() == 0.5).all()
        says(failing(lambda: executor.forward(data=mx.nd.ones((4, 5)))), "data of shape (batch, 3)")

    def test_groups_of_devices(self):
        """MXNet issue 7080."""

        def add(group):
            with mx.AttrScope(ctx_group=group):
                first = mx.sym.var("a")
            with mx.AttrScope(ctx_group="dev2"):
                both = first + mx.sym.var("b")
            devices = {"dev1": mx.cpu(0), "dev2": mx.cpu(1)}
            return both.simple_bind(mx.cpu(), group2ctx=devices, a=(2,), b=(2,))

        says(failing(lambda: add("dev1")), "a: of the group 'dev1', and used by _plus0, of 'dev2'",
             "with mx.AttrScope(ctx_group='dev2'): a = mx.sym.var('a')")  # fmt: skip
        assert add("dev2").arg_dict["a"].ctx == mx.cpu(1)


class TestRecurrent:
    def unrolled(self, cell):
        output, _ = cell.unroll(2, inputs=mx.sym.var("data"), merge_outputs=True)
        return classifier(scores(data=output))

    def test_files_of_cells(self, tmp_path, monkeypatch):
        """MXNet issue 5328."""
        monkeypatch.chdir(tmp_path)
        cell = mx.rnn.LSTMCell(4, prefix="lstm_")
        module = bound(self.unrolled(cell), STEPS)
        module.init_params(mx.init.Xavier())
        module.save_checkpoint("packed", 1)
        says(failing(lambda: mx.rnn.load_rnn_checkpoint(cell, "packed", 1)),
             "packed-0001.params: not in parts", "mx.model.load_checkpoint('packed', 1)")  # fmt: skip
        symbol, arg_params, aux_params = mx.model.load_checkpoint("packed", 1)
        bound(symbol, STEPS).set_params(arg_params, aux_params)

        mx.rnn.save_rnn_checkpoint(cell, "parts", 1, symbol, arg_params, aux_params)
        symbol, arg_params, aux_params = mx.model.load_checkpoint("parts", 1)
        fresh = bound(symbol, STEPS)
        says(failing(lambda: fresh.set_params(arg_params, aux_params)), "given gate by gate",
             "arg_params = cell.pack_weights(arg_params)")  # fmt: skip
        fresh.set_params(cell.pack_weights(arg_params), aux_params)
        for name, array in module.get_params()[0].items():
            assert (array.asnumpy() == fresh.get_params()[0][name].asnumpy()).all()

    def test_cells_that_are_fused(self):
        """MXNet pull request 5362."""
        fused = mx.rnn.FusedRNNCell(4, num_layers=1, mode="lstm", prefix="lstm_")
        stack = fused.unfuse()
        one, other = (bound(self.unrolled(cell), STEPS) for cell in (fused, stack))
        one.init_params(mx.init.Xavier())
        arg_params, aux_params = one.get_params()
        says(failing(lambda: other.set_params(arg_params, aux_params)), "given as one vector, lstm_parameters",
             "arg_params = stack.pack_weights(fused.unpack_weights(arg_params))")  # fmt: skip
        other.set_params(stack.pack_weights(fused.unpack_weights(arg_params)), aux_params)
        batches = mx.io.NDArrayIter(np.ones((4, 2, 3)), batch_size=4)
        assert np.allclose(*(m.predict(batches).asnumpy() for m in (one, other)), atol=1e-5)
        back = bound(self.unrolled(fused), STEPS)
        arg_params, aux_params = other.get_params()
        says(failing(lambda: back.set_params(arg_params, aux_params)), "lstm_parameters",
             "arg_params = fused.pack_weights(stack.unpack_weights(arg_params))")  # fmt: skip
        back.set_params(fused.pack_weights(stack.unpack_weights(arg_params)), aux_params)

    def test_steps_in_a_list(self):
        """MXNet issues 2620, 5139."""
        inputs = mx.sym.SliceChannel(mx.sym.var("data"), num_outputs=2, axis=1, squeeze_axis=True)
        cell = mx.rnn.LSTMCell(4, prefix="lstm_")
        says(failing(lambda: cell.unroll(3, inputs=inputs)), "given a symbol of 2 outputs",
             "cell.unroll(2, inputs=list(inputs))")  # fmt: skip
        says(failing(lambda: cell.unroll(3, inputs=list(inputs))), "given a list of 2")
        outputs, _ = cell.unroll(2, inputs=list(inputs))
        assert mx.sym.Group(outputs).infer_shape(data=(4, 2, 3))[1] == [(4, 4)] * 2

    def test_states_behind_an_operator(self):
        """MXNet issue 3477."""

        def symbol(turn):
            states = {key: turn(mx.sym.var(name)) for key, name in STATES.items()}
            output = mx.sym.RNN(mx.sym.var("data"), mx.sym.var("rnn_weight"), **states,
                                state_size=4, num_layers=1, mode="lstm", name="rnn")  # fmt: skip
            return classifier(scores(data=output))

        said = failing(
            lambda: bound(symbol(lambda one: mx.sym.SwapAxis(one, dim1=0, dim2=1)), STEPS)
        )
        says(said, "init_h, init_c: a state of rnn, behind SwapAxis",
             "state=mx.sym.var('init_h'), state_cell=mx.sym.var('init_c')",
             "state_names=['init_h', 'init_c']")  # fmt: skip
        module = bound(symbol(lambda one: one), STEPS, state_names=["init_h", "init_c"])
        module.init_params(mx.init.Normal(0.1))
        module.forward(mx.io.DataBatch([mx.nd.ones((4, 2, 3))], [mx.nd.zeros(4)]))
        assert "init_h" not in module.get_params()[0]


STATES = {"state": "init_h", "state_cell": "init_c"}


class TestFilesOfGluon:
    def test_parameters_without_marks(self, tmp_path, monkeypatch):
        """MXNet issues 8457, 10998."""
        monkeypatch.chdir(tmp_path)
        net = nn.HybridSequential()
        net.add(nn.Dense(2))
        net.initialize(mx.init.One())
        net.hybridize()
        net(X)
        net.export("net", 0)
        net.save_parameters("net-0000.params")
        for load in (mx.model.load_checkpoint, mx.mod.Module.load):
            says(failing(load, "net", 0), "net-0000.params: no file of a checkpoint",
                 "net.export('net', 0)", "net.load_parameters('net-0000.params')")  # fmt: skip
        net.load_parameters("net-0000.params")
        net.hybridize()
        net(X)
        net.export("net", 0)
        assert len(mx.model.load_checkpoint("net", 0)[1]) == 2


TEXTS = {
    'Cannot find output that matches name "flatten0_output"': "symbol.get_internals()[name] takes one",
    "key `fc_bias` is missing in `args`": "fc_bias: of the symbol, and not in args",
    "Positional arguments must be Symbol instances, but got [<Symbol a>]": "given a list of symbols",
    "Argument data must be Symbol instances, but got \n[[1.]]": "for a symbol",
    'Find name "arg:fc_weight" that is not in the arguments': "named as in a file",
    "simple_bind error. Arguments:\ndata: (4, 3)\nMXNetError: Input argument NDArray cannot be "
    "un-allocated": "two arguments of one name",
    "simple_bind error. Arguments:\ndata: (4, 3)\nMXNetError: InferShape pass cannot decide shapes for "
    "the following arguments (-1 means unknown dimensions). Please consider providing them as inputs:\n"
    "init_h: None, init_c: None, ": "init_h, init_c: of unknown shape",
    "simple_bind error. Arguments:\ndata: (4, 3)\nMXNetError: InferType pass cannot decide dtypes for "
    "the following arguments (-1 means unknown dtype). Please consider providing them as inputs:\n"
    "own_label: -1, ": "label_names=['own_label']",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_alone(text):
    says(gi.explain(text), TEXTS[text])


class TestMore:
    """Near to the reports, found by trying."""

    def test_blocks_and_parameters(self):
        block = nn.Dense(2)
        said = failing(lambda: mx.sym.FullyConnected(block, num_hidden=2))
        says(said, "given a Dense for a symbol", "block(mx.sym.var('data')) in its place")
        said = failing(lambda: mx.sym.FullyConnected(X, weight=block.weight, num_hidden=2))
        assert said.known
        data, weight = mx.sym.var("data"), block.weight
        said = failing(lambda: mx.sym.FullyConnected(data, weight=weight, num_hidden=2))
        says(said, "given a Parameter for a symbol", "parameter.var() in its place")
        mx.sym.FullyConnected(block(mx.sym.var("data")), num_hidden=2)
        mx.sym.FullyConnected(data, weight=weight.var(), num_hidden=2)

    def test_whether_a_symbol_is_true(self):
        says(failing(lambda: bool(mx.sym.var("data"))), "asked whether it is true", "is not None")

    def test_shapes_given_in_other_ways(self):
        symbol = classifier(mx.sym.broadcast_add(scores(), mx.sym.var("shift")))

        def several(shapes):
            found, _, _ = symbol.infer_shape(**shapes)
            return symbol, found[0]

        def of_an_array(x):
            found, _, _ = symbol.infer_shape(data=x.shape)
            return symbol, found[0]

        says(failing(several, {"data": (4, 3)}), "symbol.infer_shape(data=(4, 3), shift=shape)")
        says(failing(of_an_array, X), "symbol.infer_shape(data=(4, 3), shift=shape)")
        assert not failing(lambda: [*None]).known

    def test_a_list_for_a_checkpoint(self, saved):
        mx.nd.save("net-0000.params", [X])
        says(
            failing(mx.model.load_checkpoint, "net", 0), "net-0000.params: no file of a checkpoint"
        )
