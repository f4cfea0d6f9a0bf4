"""Where shapes cannot flow, the first block that is to blame is named."""

import gluon_init as gi

import mxnet as mx
import pytest
from mxnet.gluon import nn
from nets import Adds, fingerprint


@pytest.mark.parametrize("hybrid", [False, True])
def test_the_first_block_that_cannot_be_satisfied(hybrid):
    net = nn.HybridSequential()
    net.add(nn.Dense(6), nn.Dense(5, in_units=7), nn.Dense(4, in_units=9))
    if hybrid:
        net.hybridize()
    with pytest.raises(gi.ShapeError) as caught:
        gi.infer_shapes(net, (2, 3))
    assert str(caught.value) == (
        "The block '1' (Dense) cannot take (2, 6): its parameter 1.weight has the shape (5, 7), "
        "and this input asks for (5, 6). Make Dense with in_units=6, or without it, or change what "
        "feeds it, then build the net anew. If only this batch is of another width, give one of "
        "the width for which the net was made."
    )


def test_a_misfit_inside_an_activation_belongs_to_the_layer():
    net = nn.HybridSequential()
    net.add(nn.Dense(5, in_units=7, activation="relu"))
    with pytest.raises(gi.ShapeError, match=r"The block '0' \(Dense\) cannot take \(2, 6\)"):
        gi.infer_shapes(net, (2, 6))


def test_a_misfit_between_blocks_belongs_to_their_owner():
    net = nn.HybridSequential()
    net.add(nn.Dense(7), Adds(5, 6), nn.Dense(2))
    with pytest.raises(gi.ShapeError, match=r"'1' \(Adds\) cannot take \(2, 7\): in its own") as e:
        gi.infer_shapes(net, (2, 4))
    assert "src/" not in str(e.value)


def test_a_shared_layer_that_got_two_widths():
    shared = nn.Dense(8)
    net = nn.HybridSequential()
    net.add(shared, nn.Dense(9), shared)
    with pytest.raises(gi.ShapeError, match=r"has the shape \(8, 4\) since the block '0' was call"):
        gi.infer_shapes(net, (2, 4))


def test_a_run_that_fails_names_the_block_and_restores_the_net():
    class Breaks(nn.Block):
        def forward(self, x):
            raise RuntimeError("no such luck")

    net = nn.Sequential()
    net.add(nn.Dense(3), Breaks())
    net.initialize()
    before = fingerprint(net)
    with pytest.raises(gi.ShapeError, match=r"failed in the block '1': RuntimeError: no such luck"):
        gi.infer_shapes(net, (2, 4), run=True)
    with pytest.raises(gi.ShapeError, match=r"the block '1' of Sequential could not be traced"):
        gi.infer_shapes(net, (2, 4))
    assert fingerprint(net) == before
    assert not net._forward_hooks


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((nn.Dense(2),), "inputs is empty"),
        ((nn.Dense(2), "x"), "must be an array or a shape"),
        ((nn.Dense(2), (2, 0)), "each size must be at least 1"),
        ((nn.Dense, (2, 3)), r"a class was given, an object is needed: Dense\(\)"),
        ((None, (2, 3)), "net must be a gluon.Block"),
        ((nn.Dense(2), (2, 3), (2, 3)), "Give as many inputs as Dense takes"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(gi.InitError, match=words):
        gi.infer_shapes(*arguments)


@pytest.mark.parametrize(
    ("make", "inputs", "said"),
    [
        (lambda: nn.Conv2D(4, 3, activation="relu"), [(2, 3, 32)], "is the batch axis missing"),
        (lambda: nn.Conv2D(4, 3), [(2, 3, 2, 2)], "Its kernel is 3 x 3: give larger images"),
        (lambda: nn.Conv2D(4, 3, groups=2), [(2, 3, 9, 9)], "2 groups must divide the 3 channels"),
        (lambda: nn.MaxPool2D(9), [(2, 3, 4, 4)], "Its kernel is 9 x 9"),
        (lambda: nn.Dense(3), [2, 3], "a shape is a tuple"),
        (lambda: nn.Dense(3), [(None, 3)], "no size can be left open"),
        (lambda: nn.HybridBlock(), [(2, 3)], "Give HybridBlock a method hybrid_forward"),
    ],
)
def test_what_helps_is_said(make, inputs, said):
    with pytest.raises(gi.InitError, match=said):
        gi.infer_shapes(make(), *inputs)


@pytest.mark.parametrize(
    ("sign", "named"),
    [("*", "mul"), ("+", "add"), ("-", "sub"), ("/", "div"), ("**", "power")],
)
@pytest.mark.parametrize("order", ["alpha {} x", "x {} alpha"])
def test_a_sign_between_a_parameter_and_an_array(sign, named, order):
    """MXNet runs it as it is, and refuses it in a graph."""

    class Scaled(nn.HybridBlock):
        def __init__(self, wanted):
            super().__init__()
            self.wanted = wanted
            with self.name_scope():
                self.alpha = self.params.get("alpha", shape=(1,), init="ones")
                self.dense = nn.Dense(3)

        def hybrid_forward(self, F, x, alpha):
            if self.wanted:
                return self.dense(getattr(F, f"broadcast_{named}")(x, alpha))
            return self.dense(eval(order.format(sign)))

    net = Scaled(False)
    for function in (gi.infer_shapes, gi.force_init, gi.summary):
        with pytest.raises(gi.ShapeError, match=f"own alpha .* F.broadcast_{named}.* run=True"):
            function(net, (2, 5))
        function(Scaled(True), (2, 5))
    assert gi.force_init(net, (2, 5), run=True)(mx.nd.ones((2, 5))).shape == (2, 3)
