"""Slips made while writing with Module and symbols: each made, explained, and mended as told."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from mxnet import autograd, nd

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings(
        "ignore:.*(rescale_grad|created Module|Already bound|Parameters al)"
    ),
]
X = np.random.default_rng(0).random((8, 3)).astype("float32")
Y = np.arange(8) % 2
DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]


def symbol():
    fc = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    return mx.sym.SoftmaxOutput(fc, name="softmax")


def iterator(**more):
    return mx.io.NDArrayIter(X, Y, batch_size=4, **more)


def bound():
    module = mx.mod.Module(symbol())
    module.bind(DATA, LABEL)
    return module


def trained(**given):
    module = mx.mod.Module(symbol())
    module.fit(iterator(), num_epoch=1, initializer=mx.init.Xavier(), **given)
    return module


def ready(**given):
    module = bound()
    module.init_params(mx.init.Xavier())
    module.init_optimizer("sgd", **given)
    return module


def forwarded():
    executor = symbol().simple_bind(mx.cpu(), data=(4, 3))
    executor.forward()
    return executor


SLIPS = {
    "Module()": (lambda: mx.mod.Module(), ["Module: called without symbol", "mx.mod.Module("],
                 lambda: mx.mod.Module(symbol=symbol())),
    "fit()": (lambda: bound().fit(), ["module.fit(train_data=...)"],
              lambda: bound().fit(train_data=iterator(), num_epoch=1)),
    "epochs": (lambda: bound().fit(iterator(), epochs=1), ["module.fit(..., num_epoch=...)"],
               lambda: bound().fit(iterator(), num_epoch=1)),
    "the learning rate": (
        lambda: trained(learning_rate=0.1),
        ["an argument of the optimizer", "optimizer_params={'learning_rate': ...}"],
        lambda: trained(optimizer_params={"learning_rate": 0.1})),
    "the learning rate, of init_optimizer": (
        lambda: ready(learning_rate=0.1), ["module.init_optimizer('sgd', optimizer_params={'learn"],
        lambda: ready(optimizer_params={"learning_rate": 0.1})),
    "the optimizer's arguments as a text": (
        lambda: ready(optimizer_params="learning_rate"), ["optimizer_params={'learning_rate': 0.1}"],
        lambda: ready(optimizer_params={"learning_rate": 0.1})),
    "the batch size": (lambda: trained(batch_size=4), ["an argument of the iterator", "batch_size="],
                       lambda: trained()),
    "bind()": (lambda: mx.mod.Module(symbol()).bind(), ["module.bind(data_shapes=...)"],
               lambda: mx.mod.Module(symbol()).bind(data_shapes=DATA, label_shapes=LABEL)),
    "a shape without its brackets": (
        lambda: mx.mod.Module(symbol()).bind([("data", 4, 3)], LABEL),
        ["'data' and its sizes in one row", "('data', (4, 3))"],
        lambda: mx.mod.Module(symbol()).bind([("data", (4, 3))], LABEL)),
    "a number to draw": (lambda: bound().init_params(0.1), ["mx.init.Constant(0.1)"],
                         lambda: bound().init_params(mx.init.Constant(0.1))),
    "a text in Mixed": (lambda: bound().init_params(mx.init.Mixed([".*"], ["ones"])),
                        ["it holds 'ones', of type str", "mx.init.One() in its place"],
                        lambda: bound().init_params(mx.init.Mixed([".*"], [mx.init.One()]))),
    "get_params()[name]": (lambda: trained().get_params()["fc_weight"],
                           ["arg_params, aux_params = module.get_params()"],
                           lambda: trained().get_params()[0]["fc_weight"]),
    "outputs by a name": (lambda: forwarded().outputs["softmax_output"],
                          ["executor.output_dict[name]"],
                          lambda: forwarded().output_dict["softmax_output"]),
    "outputs of a Module by a name": (
        lambda: trained().get_outputs()["softmax_output"], ["zip(module.output_names, module.get_o"],
        lambda: None),
    "a size of batches as a text": (lambda: mx.io.NDArrayIter(X, Y, "4"), ["batch_size=4"],
                                    lambda: mx.io.NDArrayIter(X, Y, batch_size=4)),
    "shufle": (lambda: iterator(shufle=True), ["mx.io.NDArrayIter(..., shuffle=...)"],
               lambda: iterator(shuffle=True)),
    "a list of shapes": (lambda: symbol().infer_shape(DATA), ["symbol.infer_shape(**dict(the list))"],
                         lambda: symbol().infer_shape(**dict(DATA))),
    "simple_bind without a device": (lambda: symbol().simple_bind(data=(4, 3)),
                                     ["symbol.simple_bind(ctx=...)"],
                                     lambda: symbol().simple_bind(ctx=mx.cpu(), data=(4, 3))),
    "a method that was not called": (lambda: symbol().list_arguments[0],
                                     ["list_arguments: a method", ".list_arguments()[...]"],
                                     lambda: symbol().list_arguments()[0]),
    "NumPy's arrays for a metric": (
        lambda: mx.metric.create("acc").update([nd.ones(4)], [np.ones((4, 2))]),
        ["Accuracy.update: given ndarray", "mx.nd.array(values)"],
        lambda: mx.metric.create("acc").update([nd.ones(4)], [nd.array(np.ones((4, 2)))])),
    "Speedometer()": (lambda: mx.callback.Speedometer(), ["mx.callback.Speedometer(batch_size=...)"],
                      lambda: mx.callback.Speedometer(batch_size=4)),
    "the class of a scheduler": (
        lambda: trained(optimizer_params={"lr_scheduler": mx.lr_scheduler.FactorScheduler}),
        ["the class FactorScheduler", "mx.lr_scheduler.FactorScheduler(step=1000, factor=0.9)"],
        lambda: trained(optimizer_params={
            "lr_scheduler": mx.lr_scheduler.FactorScheduler(step=1000, factor=0.9)})),
    "the class of a monitor": (
        lambda: trained(monitor=mx.mon.Monitor), ["monitor=Monitor: a class", "mx.mon.Monitor(int"],
        lambda: trained(monitor=mx.mon.Monitor(interval=100))),
    "the size of a cell": (lambda: mx.rnn.LSTMCell(hidden_size=4),
                           ["mx.rnn.LSTMCell(..., num_hidden=...)"],
                           lambda: mx.rnn.LSTMCell(num_hidden=4)),
    "an initializer called with a name": (
        lambda: mx.init.Xavier()("gate", nd.ones((2, 3))), ["filled directly", "'gate_weight'"],
        lambda: mx.init.Xavier()(mx.init.InitDesc("gate_weight"), nd.ones((2, 3)))),
    "a graph that is not there": (lambda: mx.sym.load("none.json"), ["net.export(path)"],
                                  lambda: None),
}  # fmt: skip


@pytest.mark.parametrize("case", SLIPS)
def test_slips(case):
    wrong, said, right = SLIPS[case]
    says(failing(wrong), *said)
    right()


def test_an_epoch_as_a_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained().save_checkpoint("p", 1)
    says(failing(mx.mod.Module.load, "p", "1"), "epoch: of type str", "Module.load(prefix, 1)")
    mx.mod.Module.load("p", 1)


def without_brackets():
    with autograd.record:
        pass


def test_a_record_that_was_not_called():
    says(failing(without_brackets), "with autograd.record", "with autograd.record(): ...")


def users_list(values=[1, 2], key="first"):  # noqa: B006
    return values[key]


def users_tuple(values=(1, 2), key="first"):
    return values[key]


def users_function():
    return users_list.first


@pytest.mark.parametrize("wrong", [users_list, users_tuple, users_function])
def test_what_is_the_users_own_is_left_to_python(wrong):
    with pytest.raises((TypeError, AttributeError)) as error:
        wrong()
    assert not gi.explain(error.value).known
