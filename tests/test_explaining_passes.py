"""What a forward pass would do, told before it is made; then it is made, and does that."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import Unused, says, two_layers
from mxnet import gluon
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")


def of_pass(net, *inputs, **given):
    """The first thing that is said: of the pass."""
    said = says(gi.explain(net, *inputs, **given), "A pass with")
    assert said.rows[0].what.startswith("A pass with")
    return said.rows[0]


def filled(net, *inputs):
    """How many parameters a real pass fills, and their numbers."""
    before = {path for path, p in net._collect_params_with_prefix().items() if p._data is not None}
    net(*inputs)
    new = [p for path, p in net._collect_params_with_prefix().items()
           if path not in before and p._data is not None]  # fmt: skip
    return len(new), sum(p.data().size for p in new)


def test_it_fails_where_nothing_is_initialized():
    net = two_layers()
    told = of_pass(net, (2, 5))
    assert told.state == "it fails"
    assert "0.weight" in told.why
    with pytest.raises(RuntimeError):
        net(mx.nd.ones((2, 5)))
    net.initialize()
    assert "fails" not in of_pass(net, (2, 5)).state


@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (two_layers, [(2, 5)]),
        (lambda: gluon.rnn.LSTM(4), [(3, 2, 5)]),
        (lambda: Unused(), [(2, 5)]),
        (gluon.model_zoo.vision.resnet18_v1, [(1, 3, 32, 32)]),
    ],
    ids=["dense", "lstm", "unused", "resnet18"],
)
def test_what_it_fills_and_gives(make, shapes):
    net = make()
    net.initialize()
    told = of_pass(net, *shapes)
    arrays = [mx.nd.ones(shape) for shape in shapes]
    count, numbers = filled(net, *arrays)
    words = f"it fills {count} parameter{'s' * (count != 1)}, {numbers:,} numbers"
    assert told.state == f"{words}, and gives {net(*arrays).shape}"
    again = of_pass(net, *shapes)
    assert again.state == f"it gives {net(*arrays).shape}"


def test_heads_come_out_in_training():
    net = gi.AuxiliaryNet({"low": nn.Dense(3), "high": nn.Dense(4)}, nn.Dense(2),
                          {"low": nn.Dense(5)})  # fmt: skip
    net.initialize()
    assert "gives (1, 2), in training also (1, 5)" in of_pass(net, (1, 6)).state
    with mx.autograd.record():
        outputs = net(mx.nd.ones((1, 6)))
    assert outputs.prediction.shape == (1, 2)
    assert outputs.auxiliary[0].shape == (1, 5)


def test_shapes_that_do_not_fit():
    net = two_layers()
    gi.force_init(net, (2, 5))
    told = of_pass(net, (2, 6))
    assert told.state == "it fails in block '0'"
    assert "asks for (3, 6)" in told.why
    with pytest.raises(mx.MXNetError):
        net(mx.nd.ones((2, 6)))


def test_an_input_on_another_device():
    net = two_layers()
    gi.force_init(net, (2, 5))
    there = mx.nd.ones((2, 5), ctx=mx.cpu(1))
    told = of_pass(net, there)
    assert told.state == "it fails: the input is on cpu(1), and 0.weight on cpu(0)"
    with pytest.raises((mx.MXNetError, RuntimeError)):
        net(there).asnumpy()
    mended = there.as_in_context(mx.cpu(0))
    assert "fails" not in of_pass(net, mended).state
    net(mended)


def test_a_device_that_is_not_there():
    net = nn.Dense(2, use_bias=False)
    net.initialize(ctx=mx.gpu(99))
    told = of_pass(net, (2, 5))
    assert told.state == "it fails: weight is to be on gpu(99)"
    net.collect_params().reset_ctx(mx.cpu())
    assert "fails" not in of_pass(net, (2, 5)).state
    net(mx.nd.ones((2, 5)))


def test_a_net_on_other_devices():
    net = two_layers()
    devices = [mx.cpu(1), mx.cpu(2)]
    net.initialize(ctx=devices)
    x = mx.nd.ones((4, 5))
    told = of_pass(net, x)
    assert "0.weight on cpu(1) and cpu(2)" in told.state
    assert "reset_ctx" not in told.next
    for part in gluon.utils.split_and_load(x, devices):
        assert "fails" not in of_pass(net, part).state
        net(part)


@pytest.mark.parametrize("mend", [
    lambda net, x: x.astype("float32"), lambda net, x: net.cast("float64") or x,
])  # fmt: skip
def test_numbers_of_another_type(mend):
    net = two_layers(hybrid=True)
    net.initialize()
    x = mx.nd.ones((2, 5), dtype="float64")
    assert of_pass(net, x).state == "it fails: float64 meets parameters of float32"
    with pytest.raises(mx.MXNetError):
        net(x)
    net = two_layers(hybrid=True)
    net.initialize()
    x = mend(net, x)
    assert "fails" not in of_pass(net, x).state
    net(x)


def test_parameters_of_two_types():
    net = two_layers(hybrid=True)
    gi.force_init(net, (2, 5))
    net[1].cast("float16")
    x = mx.nd.ones((2, 5))
    told = of_pass(net, x)
    assert told.state == "it fails: the parameters are of float32, float16"
    with pytest.raises(mx.MXNetError):
        net(x)
    net.cast("float32")
    assert "fails" not in of_pass(net, x).state
    net(x)


def test_whole_numbers_for_an_embedding():
    net = nn.Embedding(10, 3)
    net.initialize()
    tokens = mx.nd.array([1, 2], dtype="int32")
    assert of_pass(net, tokens).state == "it gives (2, 3)"
    assert net(tokens).shape == (2, 3)


def test_what_only_a_run_can_tell():
    class Scaled(gluon.Block):
        def __init__(self):
            super().__init__()
            self.layer = nn.Dense(2)

        def forward(self, x):
            return self.layer(x / max(1.0, float(x.asnumpy().max())))

    net = Scaled()
    net.initialize()
    with pytest.raises(gi.ShapeError, match="run=True"):
        gi.explain(net, (2, 5))
    told = of_pass(net, (2, 5), run=True)
    assert told.state == "it fills 1 parameter, 10 numbers, and gives (2, 2)"


def test_nothing_is_changed():
    net = two_layers()
    net.initialize()
    mx.random.seed(3)
    expected = mx.nd.random.uniform(shape=(3,)).asnumpy()
    mx.random.seed(3)
    for inputs in ((2, 5), mx.nd.ones((2, 5), dtype="float64"), mx.nd.ones((2, 5), ctx=mx.cpu(1))):
        gi.explain(net, inputs)
    assert net[0].weight.shape == (3, 0)
    assert net[0].weight._data is None
    assert np.array_equal(mx.nd.random.uniform(shape=(3,)).asnumpy(), expected)
