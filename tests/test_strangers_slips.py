"""Slips that anybody makes while writing with Gluon: each made, explained, and mended as told.

What was said of them before, and is now, stands in benchmarks/strangers_gluon.md.
"""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from mxnet import gluon, nd
from mxnet.gluon import data, nn, rnn

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:.*(is already initialized|ignored)"),
    # A DataLoader that was not made cannot be taken apart either; MXNet's own.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
X = nd.ones((2, 3))
SAMPLES, LABELS = np.ones((4, 3), "float32"), np.zeros(4, "float32")


def ready(net, *inputs):
    """The net, initialized and called."""
    net.initialize()
    return net(*inputs or (X,))


def filled():
    net = nn.Dense(2)
    ready(net)
    return net


def filling(arr):
    arr[:] = 0.5


class Filling(mx.init.Initializer):
    def _init_weight(self, name, arr):
        filling(arr)


def by_layer(given):
    return lambda: ready(nn.Dense(2, weight_initializer=given))


def by_call(given, net=None):
    net = nn.Dense(2, in_units=3) if net is None else net
    return lambda: net.initialize(given)


CONSTANT, ARRAY = mx.init.Constant(0.01), nd.ones((2, 3))
GIVEN_TO_A_LAYER = {
    "a number": (0.01, "weight: given 0.01", "Constant(0.01)", CONSTANT),
    "an array": (ARRAY, "given an array of shape (2, 3)", "Constant(array)",
                 mx.init.Constant(ARRAY)),
    "an array of NumPy": (np.ones((2, 3)), "given an array of shape (2, 3)", "Constant(array)",
                          mx.init.Constant(ARRAY)),
    "a list": ([[1, 2, 3], [4, 5, 6]], "given a list", "mx.init.Constant(mx.nd.array(numbers))",
               mx.init.Constant(nd.array([[1, 2, 3], [4, 5, 6]]))),
    "a function": (filling, "given the function filling", "which calls filling", Filling()),
    "a function without a name": (lambda name, arr: None, "given a function",
                                  "which writes into arr", Filling()),
    "a comma too many": (("xavier",), "given a tuple", "weight_initializer='xavier'", "xavier"),
    "an optimizer": (mx.optimizer.SGD(), "of type SGD", "mx.init.Xavier()", mx.init.Xavier()),
    "code as a text": ("Normal(0.1)", "given 'Normal(0.1)'", "mx.init.Normal(0.1)",
                       mx.init.Normal(0.1)),
    "a dotted name": ("mx.init.Normal", "given 'mx.init.Normal'", "mx.init.Normal()",
                      mx.init.Normal()),
    "half of MXNet's JSON": ('["normal"]', "given", "mx.init.Normal()", mx.init.Normal()),
    "Mixed": (mx.init.Mixed([".*"], ["zeros"]), "mx.init.Mixed: not for Gluon", "gi.ByPattern",
              gi.ByPattern({"bias": "ones"}, default="zeros")),
}  # fmt: skip


@pytest.mark.parametrize("case", GIVEN_TO_A_LAYER)
def test_no_initializer_given_to_a_layer(case):
    given, found, step, right = GIVEN_TO_A_LAYER[case]
    says(failing(by_layer(given)), found, step)
    by_layer(right)()
    known = failing(nn.Dense(2, in_units=3, weight_initializer=given).initialize)
    says(known, found, step)


@pytest.mark.parametrize(
    ("given", "found", "step", "right"),
    [
        (0.01, "initialize(): given 0.01", "net.initialize(mx.init.Constant(0.01))", CONSTANT),
        ({"bias": "ones"}, "a dictionary", "gi.ByPattern(dictionary, default=mx.init.Xavier())",
         gi.ByPattern({"bias": "ones"}, default=mx.init.Xavier())),
        (mx.init.Xavier, "the class Xavier", "Xavier()", mx.init.Xavier()),
        ("", "given ''", "mx.init.Xavier()", mx.init.Xavier()),
        (filling, "the function filling", "class Mine(mx.init.Initializer)", Filling()),
    ],
)  # fmt: skip
def test_no_initializer_given_to_initialize(given, found, step, right):
    net = nn.Dense(2, in_units=3)
    says(failing(by_call(given, net)), found, step)
    by_call(right, net)()
    assert net(X).shape == (2, 2)
    waiting = nn.Dense(2, use_bias=False)
    waiting.initialize(given)
    says(failing(waiting, X), found, step)


def test_one_array_for_all_parameters():
    says(failing(by_call(ARRAY)), "one array does not fit all", "set_data(array)")
    net = nn.Sequential()
    net.add(nn.Dense(2))
    ready(net)
    net[0].weight.set_data(ARRAY)


def test_devices_for_an_initializer():
    says(failing(by_call(mx.cpu(1))), "net.initialize(ctx=mx.cpu(1))")
    nn.Dense(2, in_units=3).initialize(ctx=mx.cpu(1))
    says(failing(by_call([mx.cpu(0), mx.cpu(1)])), "net.initialize(ctx=[mx.cpu(0), mx.cpu(1)])")
    nn.Dense(2, in_units=3).initialize(ctx=[mx.cpu(0), mx.cpu(1)])


def test_a_number_for_the_kind_of_an_initializer():
    says(failing(by_call(mx.init.Xavier(2.24))), "mx.init.Xavier(magnitude=2.24)")
    by_call(mx.init.Xavier(magnitude=2.24))()
    says(failing(by_call(mx.init.MSRAPrelu(0.25))), "mx.init.MSRAPrelu(slope=0.25)")
    by_call(mx.init.MSRAPrelu(slope=0.25))()


# ---------------------------------------------------------------------------------------------
# Arguments


class Wide(nn.HybridBlock):
    """A block of the user's own, which hands on what it does not know."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.layer = nn.Dense(units)

    def hybrid_forward(self, F, x):
        return self.layer(x)


CALLS = {
    "Dense()": (lambda: nn.Dense(), ["Dense: called without units", "nn.Dense(units=...)"],
                lambda: nn.Dense(units=2)),
    "in_unit": (lambda: nn.Dense(2, in_unit=3), ["Dense: in_unit=", "nn.Dense(..., in_units=...)"],
                lambda: nn.Dense(2, in_units=3)),
    "Conv2D without a kernel": (lambda: nn.Conv2D(3), ["without kernel_size"],
                                lambda: nn.Conv2D(3, kernel_size=3)),
    "stride": (lambda: nn.Conv2D(3, 3, stride=2), ["Conv2D: stride=", "strides=..."],
               lambda: nn.Conv2D(3, 3, strides=2)),
    "Embedding(10)": (lambda: nn.Embedding(10), ["without output_dim"],
                      lambda: nn.Embedding(10, output_dim=2)),
    "num_hidden": (lambda: rnn.LSTM(num_hidden=4), ["LSTM: called without hidden_size"],
                   lambda: rnn.LSTM(hidden_size=4)),
    "a block of one's own": (lambda: Wide(), ["Wide: called without units", "Wide(units=...)"],
                             lambda: Wide(units=2)),
    "what a block hands on": (lambda: Wide(2, prefx="a_"), ["Wide: prefx=", "prefix=..."],
                              lambda: Wide(2, prefix="a_")),
    "what the zoo hands on": (lambda: gluon.model_zoo.vision.resnet18_v1(num_classes=3),
                              ["ResNetV1: num_classes=", "classes=..."],
                              lambda: gluon.model_zoo.vision.resnet18_v1(classes=3)),
    "a Trainer without its optimizer": (
        lambda: gluon.Trainer(filled().collect_params()), ["Trainer: called without optimizer"],
        lambda: gluon.Trainer(filled().collect_params(), optimizer="sgd")),
    "an argument of the optimizer": (
        lambda: gluon.Trainer(filled().collect_params(), "sgd", learning_rate=0.1),
        ["Trainer: learning_rate=", "{'learning_rate': ...}"],
        lambda: gluon.Trainer(filled().collect_params(), "sgd", {"learning_rate": 0.1})),
    "step()": (lambda: gluon.Trainer(filled().collect_params(), "sgd").step(),
               ["Trainer.step: called without batch_size", "trainer.step(batch_size=...)"],
               lambda: gluon.Trainer(filled().collect_params(), "sgd").step(
                   batch_size=2, ignore_stale_grad=True)),
    "ignore_missing": (lambda: filled().load_parameters("x", ignore_missing=True),
                       ["ignore_missing=", "allow_missing=..."], lambda: None),
    "context": (lambda: filled().initialize(context=mx.cpu()), ["net.initialize(ctx=...)"],
                lambda: filled().initialize(ctx=mx.cpu())),
    "magnitude": (lambda: filled().initialize("xavier", magnitude=2),
                  ["an argument of an initializer", "mx.init.Xavier(magnitude=...)"],
                  lambda: filled().initialize(mx.init.Xavier(magnitude=2))),
    "seed": (lambda: nn.Dense(2).initialize(seed=3), ["gi.force_init(net, shape of a batch, seed"],
             lambda: gi.force_init(nn.Dense(2), (2, 3), seed=3)),
    "an argument of nothing": (lambda: filled().initialize(wibble=3), ["without wibble="],
                               lambda: filled().initialize()),
    "Normal(0, 0.1)": (lambda: mx.init.Normal(0, 0.1), ["Its mean is 0", "mx.init.Normal(sigma)"],
                       lambda: mx.init.Normal(0.1)),
    "Normal(std=)": (lambda: mx.init.Normal(std=0.1), ["sigma=..."],
                     lambda: mx.init.Normal(sigma=0.1)),
    "Uniform(-1, 1)": (lambda: mx.init.Uniform(-1, 1), ["from -scale to scale"],
                       lambda: mx.init.Uniform(1)),
    "Constant()": (lambda: mx.init.Constant(), ["mx.init.Constant(value=...)"],
                   lambda: mx.init.Constant(value=1)),
    "a Constant of Gluon": (lambda: gluon.Constant("c"), ["Constant(name, value=...)"],
                            lambda: gluon.Constant("c", value=[1])),
    "cast()": (lambda: filled().cast(), ["net.cast(dtype=...)"],
               lambda: filled().cast(dtype="float32")),
    "too many by their places": (lambda: filled().collect_params().zero_grad(1), ["given 1 arguments by their"],
                                 lambda: filled().collect_params().zero_grad()),
    "imports without names": (lambda: gluon.SymbolBlock.imports("m-symbol.json"),
                              ["called without input_names"], lambda: None),
    "the model resnet18": (lambda: gluon.model_zoo.vision.get_model("resnet18"),
                           ["'resnet18_v1' or 'resnet18_v2'"],
                           lambda: gluon.model_zoo.vision.get_model("resnet18_v1")),
    "Dense(3, 2)": (lambda: nn.Dense(3, 2), ["given 2 for its activation", "Dense(3, in_units=2)"],
                    lambda: nn.Dense(3, in_units=2)),
    "a layer for an activation": (
        lambda: nn.Dense(3, activation=nn.LeakyReLU(0.1)), ["a layer, LeakyReLU", "nn.LeakyReLU("],
        lambda: nn.Sequential().add(nn.Dense(3), nn.LeakyReLU(0.1))),
    "an operator for an activation": (lambda: nn.Dense(3, activation=nd.relu),
                                      ["the operator relu", "activation='relu'"],
                                      lambda: nn.Dense(3, activation="relu")),
    "an activation that is a block": (lambda: ready(nn.Dense(3, activation="swish")),
                                      ["activation='swish'", "nn.Swish() behind it"],
                                      lambda: nn.Sequential().add(nn.Dense(3), nn.Swish())),
    "an optimizer's class": (
        lambda: gluon.Trainer(filled().collect_params(), mx.optimizer.SGD),
        ["optimizer=SGD: a class", "mx.optimizer.SGD(learning_rate=...)"],
        lambda: gluon.Trainer(filled().collect_params(), mx.optimizer.SGD(learning_rate=0.1))),
    "a type that is none": (lambda: filled().cast("flaot32"), ["'float32', if that"],
                            lambda: filled().cast("float32")),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLS)
def test_arguments(case):
    wrong, said, right = CALLS[case]
    says(failing(wrong), *said)
    right()


@pytest.mark.parametrize(("units", "named"), [("2", "'2'"), (2.5, "2.5"), (-2, "-2")])
def test_a_width_that_is_none(units, named):
    says(failing(lambda: ready(nn.Dense(units))), f"made with units={named}", "units=2")
    ready(nn.Dense(units=2))


def test_the_package_lets_mxnet_speak_of_a_width():
    """A layer of a width that is a text can be made, as without gluon_init."""
    assert nn.Dense("2").weight.name


# ---------------------------------------------------------------------------------------------
# What a net is made of


class TestNets:
    def test_blocks_for_a_prefix(self):
        for kind, wrong in ((nn.Sequential, lambda k: k([nn.Dense(2)])),
                            (nn.HybridSequential, lambda k: k(nn.Dense(2), nn.Dense(3)))):  # fmt: skip
            says(failing(wrong, kind), "given blocks where it is made", "net.add(first, second)")
            net = kind()
            net.add(nn.Dense(2), nn.Dense(3))
            assert ready(net).shape == (2, 3)

    @pytest.mark.parametrize(
        ("given", "said", "right"),
        [
            ([nn.Dense(2)], "with net.add(*blocks), with the star", None),
            (nn.Dense, "the class Dense, and no block", None),
            (nd.relu, "net.add(nn.Lambda(relu))", nn.Lambda(nd.relu)),
            ("relu", "nn.Activation('relu')", nn.Activation("relu")),
            (3, "net.add(a block)", None),
        ],
    )
    def test_what_is_no_block(self, given, said, right):
        net = nn.Sequential()
        net.add(given)
        says(failing(net.initialize), "0: ", said)
        says(gi.explain(net), "0: ", said)
        with pytest.raises(gi.ArgumentError, match="'0' in it is of type"):
            gi.summary(net)
        if right is not None:
            mended = nn.Sequential()
            mended.add(right)
            assert ready(mended).shape == (2, 3)

    def test_a_child_by_its_name(self):
        net = nn.Sequential(prefix="net_")
        with net.name_scope():
            net.add(nn.Dense(2))
        says(failing(lambda: net.dense0), "no attribute of it", "net[0], if that is meant")
        assert net[0] is not None
        says(failing(lambda: net[5]), "Sequential[5]: it has 1 block", "net[0] is the last")

    def test_parameters_to_share(self):
        first = nn.Dense(2)
        says(failing(lambda: nn.Dense(2, params=first.weight)), "given a Parameter", "other.params")
        assert nn.Dense(2, params=first.params).weight is first.weight

    def test_a_layer_that_shares_a_parameter_of_another_width(self):
        first, second = nn.Embedding(10, 4), None
        second = nn.Dense(10, params=first.params)
        second.initialize()
        says(failing(second, X), "shared by params=", "inputs of width 4")
        assert second(nd.ones((2, 4))).shape == (2, 10)

    @pytest.mark.filterwarnings("ignore:Cannot decide type")
    def test_a_graph_without_its_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        net = nn.HybridSequential()
        net.add(nn.Dense(2))
        net.hybridize()
        expected = ready(net)
        net.export("net")
        block = gluon.SymbolBlock.imports("net-symbol.json", ["data"])
        says(failing(block, X), "uninitialized, in a SymbolBlock", "'net-0000.params'")
        block = gluon.SymbolBlock.imports("net-symbol.json", ["data"], "net-0000.params")
        assert (block(X) == expected).asnumpy().all()

    def test_an_image_for_a_batch(self):
        image = nd.ones((32, 32, 3))
        says(failing(lambda: ready(nn.Conv2D(4, 3), image)),
             "net(x.transpose((2, 0, 1)).expand_dims(0))")  # fmt: skip
        ready(nn.Conv2D(4, 3), image.transpose((2, 0, 1)).expand_dims(0))
        says(failing(lambda: ready(nn.Conv2D(4, 3), nd.ones((3, 32, 32)))), "net(x.expand_dims(0))")
        ready(nn.Conv2D(4, 3), nd.ones((3, 32, 32)).expand_dims(0))


# ---------------------------------------------------------------------------------------------
# A parameter, which holds arrays and is none


@pytest.mark.parametrize(
    "wrong",
    [
        lambda w: w[0], lambda w: w + 1, lambda w: 2 * w, lambda w: w.asnumpy(),
        lambda w: w.reshape((-1,)), lambda w: list(w),
    ],
)  # fmt: skip
def test_a_parameter_for_an_array(wrong):
    weight = filled().weight
    says(failing(wrong, weight), "holds arrays, one for each device", ".data()")
    wrong(weight.data())


def test_a_method_for_an_array():
    net = filled()
    says(failing(lambda: net.weight.data.asnumpy()), "a method", "data().asnumpy()")
    net.weight.data().asnumpy()
    says(failing(lambda: net.weight.data[0]), "a method", "data()")


def test_set_data_of_a_list():
    net = filled()
    says(failing(net.weight.set_data, [[1, 2, 3], [4, 5, 6]]), "(2, 3)", "mx.nd.array(values)")
    net.weight.set_data(nd.array([[1, 2, 3], [4, 5, 6]]))
    says(failing(net.weight.set_data, 3), "mx.nd.full(parameter.shape, 3)")
    net.weight.set_data(nd.full(net.weight.shape, 3))


# ---------------------------------------------------------------------------------------------
# forward


class ByAttribute(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.w = self.params.get("w", shape=(3, 2))

    def hybrid_forward(self, F, x):
        return F.dot(x, self.w)


class OtherName(ByAttribute):
    def hybrid_forward(self, F, x, weight):
        return F.dot(x, weight)


class RightName(ByAttribute):
    def hybrid_forward(self, F, x, w):
        return F.dot(x, w)


class WithoutF(Wide):
    def hybrid_forward(self, x):
        return self.layer(x)


class WithF(nn.Block):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dense(2)

    def forward(self, F, x):
        return self.layer(x)


class OfTwo(Wide):
    def hybrid_forward(self, F, x, y):
        return self.layer(x) + self.layer(y)


class TestForward:
    def test_a_parameter_that_is_not_named(self):
        says(failing(lambda: ready(ByAttribute())), "it does not name w",
             "def hybrid_forward(self, F, x, w)")  # fmt: skip
        says(failing(lambda: ready(OtherName())), "It names weight instead",
             "def hybrid_forward(self, F, x, w)")  # fmt: skip
        assert ready(RightName()).shape == (2, 2)

    def test_f(self):
        says(failing(lambda: ready(WithoutF(2))), "it does not name F", "(self, F, x)")
        assert ready(Wide(2)).shape == (2, 2)
        says(failing(lambda: ready(WithF())), "F, which it does not get", "forward(self, x)")

    def test_inputs(self):
        says(failing(lambda: ready(OfTwo(2))), "OfTwo: called without y", "net(x, y)")
        ready(OfTwo(2), X, X)
        says(failing(filled(), X, X), "given more inputs than its forward takes")
        says(failing(filled()), "Dense: called without x", "net(x)")
        says(failing(gluon.loss.L2Loss(), X), "L2Loss: called without label", "loss(pred, label)")
        says(failing(lambda: gluon.loss.L2Loss()(X, X, weight=0.3)), "L2Loss(weight=0.3)")
        gluon.loss.L2Loss(weight=0.3)(X, X)


class TestCells:
    def cell(self, kind=rnn.LSTMCell, **given):
        cell = kind(5, **given)
        cell.initialize()
        return cell

    def test_without_states(self):
        cell = self.cell()
        says(failing(cell, nd.ones((2, 4))), "a cell, called without states", "cell.begin_state(")
        out, states = cell(nd.ones((2, 4)), cell.begin_state(batch_size=2))
        assert (out.shape, len(states)) == ((2, 5), 2)

    @pytest.mark.parametrize("width", [0, 4])
    def test_one_array_for_the_states(self, width):
        cell = self.cell(input_size=width)
        says(failing(cell, nd.ones((2, 4)), nd.zeros((2, 5))), "given one array of shape (2, 5)",
             "begin_state(batch_size=2)")  # fmt: skip
        says(failing(cell, nd.ones((2, 4)), [nd.zeros((2, 5))]), "given 1 states, and it has 2")
        cell(nd.ones((2, 4)), cell.begin_state(batch_size=2))

    def test_symbols_for_the_states(self):
        cell = rnn.ResidualCell(rnn.GRUCell(4))
        cell.initialize()
        says(failing(cell, nd.ones((2, 4)), cell.begin_state(batch_size=2)),
             "begin_state(batch_size=2, func=mx.nd.zeros)")  # fmt: skip
        cell(nd.ones((2, 4)), cell.begin_state(batch_size=2, func=nd.zeros))

    def test_a_sum_of_two_widths(self):
        cell = rnn.SequentialRNNCell()
        cell.add(rnn.ResidualCell(rnn.GRUCell(5)))
        cell.initialize()
        says(failing(cell.unroll, 3, nd.ones((2, 3, 4))), "width 4 to an output of width 5",
             "rnn.ResidualCell(rnn.GRUCell(4))")  # fmt: skip
        cell = rnn.ResidualCell(rnn.GRUCell(4))
        cell.initialize()
        cell.unroll(3, nd.ones((2, 3, 4)))

    def test_begin_state_by_places(self):
        cell = rnn.BidirectionalCell(rnn.GRUCell(5), rnn.GRUCell(5))
        says(failing(cell.begin_state, 2), "begin_state(batch_size=...)")
        cell.begin_state(batch_size=2)
        says(failing(rnn.LSTM(5).begin_state, 2, mx.cpu()), "begin_state(batch_size, ctx=...)")
        rnn.LSTM(5).begin_state(2, ctx=mx.cpu())

    def test_an_output_together_with_its_states(self):
        layer, last = rnn.LSTM(5), nn.Dense(2)
        layer.initialize()
        last.initialize()
        both = layer(nd.ones((7, 2, 4)), layer.begin_state(batch_size=2))
        says(
            failing(last, both), "an output together with states", "out, states = layer(x, states)"
        )
        out, _ = both
        assert last(out).shape == (7, 2)


# ---------------------------------------------------------------------------------------------
# Data


PAIRS = data.ArrayDataset(SAMPLES, LABELS)
OF_DATA = {
    "arrays of two lengths": (lambda: data.ArrayDataset(SAMPLES, np.ones(5)),
                              ["lengths 4, 5", "x[:4], y[:4]"], lambda: PAIRS),
    "samples of two shapes": (
        lambda: next(iter(data.DataLoader([np.ones(3), np.ones(4)], 2))),
        ["samples of shapes (3,), (4,)", "batchify_fn"],
        lambda: next(iter(data.DataLoader([np.ones(3), np.ones(4)], 2, batchify_fn=list)))),
    "names for classes": (
        lambda: next(iter(data.DataLoader(data.ArrayDataset(SAMPLES, list("abab")), 2))),
        ["given texts", "labels = [number[name]"], lambda: next(iter(data.DataLoader(PAIRS, 2)))),
    "no batch size": (lambda: data.DataLoader(PAIRS), ["batch_size=32"],
                      lambda: data.DataLoader(PAIRS, batch_size=32)),
    "two orders": (
        lambda: data.DataLoader(PAIRS, 2, shuffle=True, sampler=data.SequentialSampler(4)),
        ["given sampler=", "without shuffle"],
        lambda: data.DataLoader(PAIRS, 2, sampler=data.SequentialSampler(4))),
    "two kinds of batches": (
        lambda: data.DataLoader(PAIRS, 2, batch_sampler=data.BatchSampler(
            data.SequentialSampler(4), 2, "keep")), ["given batch_sampler="],
        lambda: data.DataLoader(PAIRS, batch_sampler=data.BatchSampler(
            data.SequentialSampler(4), 2, "keep"))),
    "a function of the sample alone": (
        lambda: PAIRS.transform(lambda x: x, lazy=False), ["dataset.transform_first(f)"],
        lambda: PAIRS.transform_first(lambda x: x, lazy=False)),
    "a loader as a list": (lambda: data.DataLoader(PAIRS, 2)[0], ["next(iter(loader))"],
                           lambda: next(iter(data.DataLoader(PAIRS, 2)))),
    "a batch of Module": (lambda: [x for x, y in mx.io.NDArrayIter(SAMPLES, LABELS, 2)],
                          ["batch.data[0], batch.label[0]"],
                          lambda: [b.data[0] for b in mx.io.NDArrayIter(SAMPLES, LABELS, 2)]),
    "Normalize before ToTensor": (
        lambda: data.vision.transforms.Normalize(0.5, 0.5)(
            nd.ones((4, 4, 3), dtype="uint8")).asnumpy(),
        ["Normalize: given something else", "transforms.ToTensor(), transforms.Normalize("],
        lambda: data.vision.transforms.Compose([
            data.vision.transforms.ToTensor(), data.vision.transforms.Normalize(0.5, 0.5)])(
            nd.ones((4, 4, 3), dtype="uint8")).asnumpy()),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_DATA)
def test_data(case):
    wrong, said, right = OF_DATA[case]
    says(failing(wrong), *said)
    right()
