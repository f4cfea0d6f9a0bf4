"""The errors of Parameter, Constant and ParameterDict: made for real, and followed."""

import mxnet as mx
import numpy as np
import pytest
from explained import X, failing, says, two_layers, warned
from mxnet import autograd, gluon
from mxnet.gluon import nn

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:Parameter .* is already initialized"),
    # A Constant registers its initializer under its name and id(): both may come a second time.
    pytest.mark.filterwarnings("ignore:.*New initializer .*constant_"),
]
TWO = [mx.cpu(1), mx.cpu(2)]
ROWS = mx.nd.array([0, 2], dtype="int64")


def initialized(net, **given):
    net.initialize(**given)
    return net


class Plain(gluon.Block):
    """A block whose forward asks for its parameter itself."""

    def __init__(self, context=False):
        super().__init__()
        self.context = context
        self.w = self.params.get("w", shape=(5, 3))

    def forward(self, x):
        return mx.nd.dot(x, self.w.data(x.context) if self.context else self.w.data())


class Table(gluon.HybridBlock):
    """One sparse parameter."""

    def __init__(self, **given):
        super().__init__()
        self.rows = self.params.get("rows", shape=(4, 2), **given)

    def hybrid_forward(self, F, x, rows):
        return F.dot(x, rows)


class TestDevices:
    def test_data_without_a_device(self):
        net = initialized(nn.Dense(2, in_units=5), ctx=TWO)
        said = failing(net.weight.data)
        says(said, "weight", "asked for on cpu(0)", "net.weight.data(mx.cpu(1))", "list_data()")
        assert "reset_ctx" not in str(said)
        assert net.weight.data(mx.cpu(1)).context == mx.cpu(1)
        assert len(net.weight.list_data()) == 2

    def test_data_of_one_device_asked_for_on_another(self):
        net = initialized(two_layers(in_units=3), ctx=mx.cpu(1))
        says(failing(net[1].weight.data, mx.cpu(0)), "data(mx.cpu(0)) was called", "net[1].weight")
        assert net[1].weight.data(mx.cpu(1)).shape == (2, 3)

    def test_the_gradient_without_a_device(self):
        net = initialized(nn.Dense(2, in_units=5), ctx=TWO)
        says(failing(net.weight.grad), "net.weight.grad(mx.cpu(1))", "list_grad()")
        assert net.weight.grad(mx.cpu(1)).shape == (2, 5)
        assert len(net.weight.list_grad()) == 2

    @pytest.mark.parametrize("hybrid", [False, True])
    def test_an_input_on_another_device(self, hybrid):
        net = initialized(two_layers(hybrid=True), ctx=mx.cpu(1))
        net(X.as_in_context(mx.cpu(1)))
        net.hybridize(hybrid)
        said = failing(net, X)
        says(said, "0.weight", "net(x.as_in_context(mx.cpu(1)))", "reset_ctx(mx.cpu(0))")
        before = net(X.as_in_context(mx.cpu(1))).asnumpy()
        net.collect_params().reset_ctx(mx.cpu(0))
        assert np.array_equal(net(X).asnumpy(), before)

    def test_an_input_on_another_device_than_those_of_the_net(self):
        net = initialized(two_layers(in_units=3), ctx=TWO)
        net(X.as_in_context(mx.cpu(1)))
        said = failing(net, X)
        says(said, "0.weight", "split_and_load(x, [mx.cpu(1), mx.cpu(2)])")
        assert "reset_ctx" not in str(said)
        parts = [net(part) for part in gluon.utils.split_and_load(X, TWO)]
        assert [part.context for part in parts] == TWO

    def test_a_forward_that_does_not_say_which(self):
        net = initialized(Plain(), ctx=TWO)
        says(failing(net, X.as_in_context(mx.cpu(1))), "Plain.forward", "self.w.data(x.context)")
        net = initialized(Plain(context=True), ctx=TWO)
        says(failing(net, X), "with an input on cpu(0)", "split_and_load")
        assert net(X.as_in_context(mx.cpu(1))).context == mx.cpu(1)

    def test_one_parameter_elsewhere(self):
        net = two_layers(in_units=3)
        net[1].initialize(ctx=mx.cpu(1))
        net.initialize()
        says(failing(net, X), "1.weight", "where other parameters", "reset_ctx(mx.cpu(0))")
        before = net[1].weight.data().asnumpy()
        net.collect_params().reset_ctx(mx.cpu(0))
        net(X)
        assert np.array_equal(net[1].weight.data().asnumpy(), before)

    def test_moving_what_is_not_there(self):
        net = two_layers(in_units=3)
        said = failing(net.collect_params().reset_ctx, mx.cpu(1))
        says(said, "0.weight", "nothing to move", "net.initialize(ctx=mx.cpu(1))")
        initialized(net, ctx=mx.cpu(1))
        net(X.as_in_context(mx.cpu(1)))


class TestInitializing:
    def test_a_second_time(self):
        net = initialized(nn.Dense(2, in_units=5))
        says(warned(net.initialize), "initialized before", "force_reinit=True")
        before = net.weight.data().asnumpy()
        net.initialize(mx.init.Normal(1), force_reinit=True)
        assert (net.weight.data().asnumpy() != before).any()

    def test_an_infer_shape_that_sets_none(self):
        class Own(gluon.HybridBlock):
            def __init__(self, right=False):
                super().__init__()
                self.right = right
                self.w = self.params.get("w", shape=(3, 0), allow_deferred_init=True)

            def infer_shape(self, x):
                if self.right:
                    self.w.shape = (3, x.shape[1])

            def hybrid_forward(self, F, x, w):
                return F.FullyConnected(x, w, num_hidden=3, no_bias=True)

        net = initialized(Own())
        said = failing(net, X)
        says(said, "w (own0_w)", "Own.infer_shape left its shape at (3, ?)", "self.w.shape = ...")
        net.right = True
        assert initialized(net)(X).shape == (2, 3)


class TestGradients:
    @pytest.mark.parametrize("method", ["grad", "list_grad"])
    def test_of_a_frozen_parameter(self, method):
        net = initialized(nn.Dense(2, in_units=5))
        net.weight.grad_req = "null"
        says(failing(getattr(net.weight, method)), "frozen", "net.weight.grad_req = 'write'")
        net.weight.grad_req = "write"
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        assert net.weight.grad().asnumpy().all()
        assert len(net.weight.list_grad()) == 1

    def test_of_a_running_statistic(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=5), nn.BatchNorm(in_channels=3))
        initialized(net)
        said = failing(lambda: [p.grad() for p in net.collect_params().values()])
        says(said, "1.running_mean", "a running statistic", "if p.grad_req != 'null'")
        found = [p.grad() for p in net.collect_params().values() if p.grad_req != "null"]
        assert len(found) == 4

    def test_of_a_constant(self):
        constant = gluon.Constant("c", [1, 2])
        constant.initialize()
        says(failing(constant.grad), "c: a constant")

    def test_an_unknown_choice(self):
        net = nn.Dense(2)
        said = failing(net.collect_params().setattr, "grad_req", None)
        says(said, "grad_req='None'", "setattr('grad_req', 'null')")
        net.collect_params().setattr("grad_req", "null")
        assert net.weight.grad_req == "null"

    def test_of_a_constant_asked_for(self):
        net = nn.Dense(2)
        net.params.get_constant("c", [1, 2])
        said = warned(net.collect_params().setattr, "grad_req", "add")
        says(said, "dense0_c", "a constant", "Nothing is to be done")
        assert net.weight.grad_req == "add"


class TestConstants:
    def test_one_that_is_not_there(self):
        net = nn.Dense(2)
        says(failing(net.params.get_constant, "c"), "params.get_constant('c', value)")
        net.params.get_constant("c", [1, 2])

    def test_the_name_of_a_parameter(self):
        net = nn.Dense(2)
        said = failing(net.params.get_constant, "weight", [1, 2])
        says(said, "dense0_weight", "trained", "get_constant('weight_constant', value)")
        net.params.get_constant("weight_constant", [1, 2])

    @pytest.mark.parametrize("value", [[1, 3], [1, 2, 3]])
    def test_another_value(self, value):
        net = nn.Dense(2)
        net.params.get_constant("c", [1, 2])
        said = failing(net.params.get_constant, "c", np.array(value))
        says(said, "dense0_c", "with another value", "get_constant('c')", "set_data(value)")
        constant = net.params.get_constant("c")
        constant.initialize()
        constant.set_data(mx.nd.array([1, 3]))
        assert constant.data().asnumpy().tolist() == [1, 3]

    def test_a_list_for_the_second_time(self):
        net = nn.Dense(2)
        net.params.get_constant("c", [1, 2])
        says(failing(net.params.get_constant, "c", [1, 2]), "compared with a list")
        net.params.get_constant("c")
        net.params.get_constant("c", mx.nd.array([1, 2]))


class TestNames:
    def test_one_name_for_two_parameters(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, prefix="a_"), nn.Dense(3, prefix="a_"))
        says(failing(net.initialize), "0.weight, 1.weight", "one name, a_weight", "params=first")
        net = nn.Sequential()
        net.add(nn.Dense(3, prefix="a_"), nn.Dense(2, prefix="b_"))
        initialized(net)(X)
        net = nn.Sequential()
        net.add(nn.Dense(5, prefix="a_"))
        net.add(nn.Dense(5, params=net[0].params))
        initialized(net)(X)
        assert net[0].weight is net[1].weight

    def test_two_dictionaries(self):
        a, b = nn.Dense(3, prefix="a_"), nn.Dense(3, prefix="a_")
        held = a.collect_params()
        says(failing(held.update, b.collect_params()), "a_weight: the name of two parameters")
        held.update(nn.Dense(3, prefix="b_").collect_params())


class TestStorage:
    @pytest.mark.parametrize("name", ["stype", "grad_stype"])
    def test_an_unknown_one(self, name):
        said = failing(lambda: Table(**{name: "dense"}))
        says(said, f"{name}='dense'", f"{name}='default'")
        initialized(Table(**{name: "default"}))

    def test_none_but_dense_in_numpy_mode(self, numpy_mode):
        says(failing(initialized, Table(stype="row_sparse")), "its values would be row_sparse")
        initialized(Table())

    def test_no_sparse_gradient_in_numpy_mode(self, numpy_mode):
        said = failing(initialized, nn.Embedding(4, 2, sparse_grad=True))
        says(said, "its gradient would be row_sparse", "sparse_grad=False")
        initialized(nn.Embedding(4, 2, sparse_grad=False))

    @pytest.mark.parametrize("method", ["data", "list_data"])
    def test_sparse_values_asked_for_whole(self, method):
        net = initialized(Table(stype="row_sparse", grad_stype="row_sparse"))
        said = failing(getattr(net.rows, method))
        call = method.replace("data", "row_sparse_data")
        says(said, "row_sparse", f"net.rows.{call}(rows)", "mx.nd.arange(4, dtype='int64')")
        gluon.Trainer(net.collect_params(), "sgd")
        rows = mx.nd.arange(4, dtype="int64")
        found = getattr(net.rows, call)(rows)
        assert (found if call == "row_sparse_data" else found[0]).shape == (4, 2)

    @pytest.mark.parametrize("method", ["row_sparse_data", "list_row_sparse_data"])
    def test_dense_values_asked_for_by_rows(self, method):
        net = initialized(nn.Embedding(4, 2, sparse_grad=True))
        said = failing(getattr(net.weight, method), ROWS)
        call = method.replace("row_sparse_", "")
        says(said, "weight", "dense", f"net.weight.{call}()", "Only its gradient is row_sparse")
        array = net.weight.data() if call == "data" else net.weight.list_data()[0]
        assert mx.nd.take(array, ROWS).shape == (2, 2)

    def test_a_storage_that_is_never_read(self):
        net = Table(stype="csr")
        says(failing(net.rows.data), "of storage csr", "Make it without stype")
        initialized(Table()).rows.data()

    @pytest.mark.parametrize("method", ["row_sparse_data", "list_row_sparse_data"])
    def test_rows_that_are_no_array(self, method):
        net = initialized(Table(stype="row_sparse", grad_stype="row_sparse"))
        gluon.Trainer(net.collect_params(), "sgd")
        said = failing(getattr(net.rows, method), [0, 2])
        says(said, "by a list", f"net.rows.{method}(mx.nd.array(rows, dtype='int64'))")
        getattr(net.rows, method)(mx.nd.array([0, 2], dtype="int64"))

    def test_rows_without_a_trainer(self):
        net = initialized(Table(stype="row_sparse", grad_stype="row_sparse"))
        says(failing(net.rows.row_sparse_data, ROWS), "held by no Trainer", "gluon.Trainer(")
        gluon.Trainer(net.collect_params(), "sgd")
        net.rows.row_sparse_data(ROWS)

    def test_a_second_trainer(self):
        net = initialized(Table(stype="row_sparse", grad_stype="row_sparse"))
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        said = failing(gluon.Trainer, net.collect_params(), "adam")
        says(said, "held by another Trainer", "trainer.set_learning_rate")
        trainer.set_learning_rate(0.5)
        assert trainer.learning_rate == 0.5
