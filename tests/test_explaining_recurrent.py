"""Each of the messages of MXNet's recurrent layers and cells: made for real, and followed."""

import gluon_init as gi  # noqa: F401  (must come before mxnet)

import mxnet as mx
import pytest
from explained import failing, says
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("named_alike")

X = mx.nd.ones((2, 5, 3))  # batch, time, features
STEP = mx.nd.ones((2, 3))


def cell(kind=rnn.LSTMCell, **given):
    return kind(4, **{"input_size": 3, **given})


def both_ways():
    return rnn.BidirectionalCell(cell(prefix="l_"), cell(prefix="r_"))


def stack(kind, *cells):
    made = kind()
    for one in cells:
        made.add(one)
    return made


class TestCellsInCells:
    def test_a_cell_that_was_wrapped(self):
        base = cell()
        outer = rnn.ZoneoutCell(base, 0.1, 0.1)
        said = failing(base.begin_state, 2)
        text = "modifier.begin_state(batch_size=2, func=mx.nd.zeros)"
        says(said, "LSTMCell", "inside a modifier cell", text)
        says(failing(lambda: outer and base.begin_state(2)), "Call the ZoneoutCell", text)
        outer.initialize()
        states = outer.begin_state(batch_size=2, func=mx.nd.zeros)
        assert outer(STEP, states)[0].shape == (2, 4)
        said = failing(lambda: outer and base.unroll(5, X))
        says(said, "Call the ZoneoutCell", "modifier.unroll(5, x)")
        assert len(outer.unroll(5, X)[0]) == 5

    def test_a_stack_that_was_wrapped(self):
        inner = stack(rnn.HybridSequentialRNNCell, cell(input_size=4))
        outer = rnn.ResidualCell(inner)
        says(failing(lambda: outer and inner.begin_state(batch_size=2)), "Call the ResidualCell")
        outer.initialize()
        states = outer.begin_state(batch_size=2, func=mx.nd.zeros)
        assert outer(mx.nd.ones((2, 4)), states)[0].shape == (2, 4)

    def test_both_ways_that_were_wrapped(self):
        inner = both_ways()
        outer = rnn.ResidualCell(inner)
        says(failing(lambda: outer and inner.begin_state(batch_size=2)), "Call the ResidualCell")
        assert len(outer.begin_state(batch_size=2, func=mx.nd.zeros)) == 4

    def test_a_modifier_that_was_wrapped(self):
        inner = rnn.ZoneoutCell(cell(input_size=4))
        outer = rnn.ResidualCell(inner)
        said = failing(lambda: outer and inner.begin_state(batch_size=2, func=mx.nd.zeros))
        says(said, "ZoneoutCell: inside a ResidualCell", "Call the ResidualCell")
        outer.initialize()
        assert len(outer.unroll(5, mx.nd.ones((2, 5, 4)))[0]) == 5

    def test_a_stack_that_cannot_be_wrapped(self):
        inner = stack(rnn.SequentialRNNCell, cell(input_size=4))
        failing(rnn.ResidualCell, inner)
        says(failing(inner.begin_state), "never made", "rnn.HybridSequentialRNNCell()")
        outer = rnn.ResidualCell(stack(rnn.HybridSequentialRNNCell, cell(input_size=4)))
        outer.initialize()
        assert outer.unroll(5, mx.nd.ones((2, 5, 4)), merge_outputs=True)[0].shape == (2, 5, 4)

    def test_one_that_is_wrapped_twice(self):
        base = cell(input_size=4)
        inner = rnn.ZoneoutCell(base)
        says(failing(lambda: inner and rnn.ResidualCell(base)), "LSTMCell 'lstm0'",
             "rnn.ResidualCell(the ZoneoutCell)")  # fmt: skip
        outer = rnn.ResidualCell(inner)
        outer.initialize()
        outer.unroll(5, mx.nd.ones((2, 5, 4)))[0][0].wait_to_read()

    def test_states_whose_batch_has_no_name(self):
        outer = rnn.ZoneoutCell(cell())
        says(failing(outer.begin_state, 2), "begin_state(batch_size=2, func=mx.nd.zeros)")
        assert outer.begin_state(batch_size=2, func=mx.nd.zeros)[0].shape == (2, 4)

    def test_a_rate_that_is_no_number(self):
        says(failing(lambda: rnn.DropoutCell("0.3")), "DropoutCell.rate", "rnn.DropoutCell(0.3)")
        rnn.DropoutCell(0.3)(STEP, [])
        says(failing(lambda: rnn.DropoutCell(None)), "rnn.DropoutCell(0.5)")

    def test_zoneout_of_what_has_no_steps(self):
        says(failing(lambda: rnn.ZoneoutCell(both_ways())), "around a BidirectionalCell")
        net = rnn.BidirectionalCell(
            rnn.ZoneoutCell(cell(prefix="l_"), 0.1), rnn.ZoneoutCell(cell(prefix="r_"), 0.1)
        )
        net.initialize()
        assert net.unroll(5, X, merge_outputs=True)[0].shape == (2, 5, 8)
        inner = stack(rnn.SequentialRNNCell, cell())
        says(failing(lambda: rnn.ZoneoutCell(inner)), "stack.add(rnn.ZoneoutCell(cell, ...))")
        net = stack(rnn.SequentialRNNCell, rnn.ZoneoutCell(cell(), 0.1))
        net.initialize()
        assert net.unroll(5, X, merge_outputs=True)[0].shape == (2, 5, 4)

    @pytest.mark.parametrize("kind", [rnn.SequentialRNNCell, rnn.HybridSequentialRNNCell, None])
    def test_a_step_both_ways(self, kind):
        net = stack(kind, both_ways()) if kind else both_ways()
        net.initialize()
        states = net.begin_state(batch_size=2)
        said = failing(net, STEP, states)
        says(said, "BidirectionalCell", "cell.unroll(length, x, merge_outputs=True)")
        assert net.unroll(5, X, merge_outputs=True)[0].shape == (2, 5, 8)


class TestUnroll:
    def test_nothing(self):
        says(failing(cell().unroll, 5, None), "LSTMCell.unroll", "cell.unroll(5, x)")
        assert len(cell().unroll(5, mx.sym.var("data"))[0]) == 5

    def test_a_group(self):
        group = mx.sym.Group([mx.sym.var("a"), mx.sym.var("b")])
        says(failing(cell().unroll, 2, group), "cell.unroll(2, list(group))")
        assert len(cell().unroll(2, list(group))[0]) == 2

    def test_another_length(self):
        net = cell()
        net.initialize()
        says(failing(net.unroll, 7, X), "array of 5", "cell.unroll(5, x, layout='NTC')")
        assert len(net.unroll(5, X, layout="NTC")[0]) == 5
        says(failing(net.unroll, 4, [STEP] * 3), "list of 3", "cell.unroll(3, x)")
        assert len(net.unroll(3, [STEP] * 3)[0]) == 3
        turned = X.swapaxes(0, 1)
        says(failing(net.unroll, 5, turned), "cell.unroll(5, x, layout='TNC')")
        assert len(net.unroll(5, turned, layout="TNC")[0]) == 5


def layer(kind=rnn.LSTM, hybrid=False, **given):
    net = kind(4, **given)
    net.initialize()
    if hybrid:
        net.hybridize()
    return net


BOTH = pytest.mark.parametrize("hybrid", [False, True])


class TestStates:
    @BOTH
    @pytest.mark.parametrize("given", [{}, {"input_size": 3}])
    def test_of_another_batch(self, given, hybrid, capfd):
        net = layer(hybrid=hybrid, **given)
        x = X.swapaxes(0, 1)
        said = failing(net, x, net.begin_state(7))
        says(said, "LSTM", "(1, 7, 4)", "(1, 2, 4)", "net.begin_state(batch_size=2)")
        assert layer(**given)(x, net.begin_state(batch_size=2))[0].shape == (5, 2, 4)

    def test_of_the_other_layout(self):
        net = layer(input_size=3)
        says(failing(net, X, net.begin_state(2)), "axis 1", "rnn.LSTM(..., layout='NTC')")
        net = layer(input_size=3, layout="NTC")
        assert net(X, net.begin_state(2))[0].shape == (2, 5, 4)

    def test_too_few(self):
        net = layer(input_size=3, layout="NTC")
        states = [mx.nd.zeros((1, 2, 4))]
        says(
            failing(net, X, states), "given 1 states, and it has 2", "net.begin_state(batch_size=2)"
        )
        assert net(X, net.begin_state(batch_size=2))[0].shape == (2, 5, 4)

    @pytest.mark.parametrize("kind", [rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell])
    @BOTH
    def test_of_a_cell(self, kind, hybrid, capfd):
        net = layer(kind, hybrid)
        said = failing(net, STEP, net.begin_state(7))
        says(said, kind.__name__, "states for a batch of 7", "net.begin_state(batch_size=2)")
        assert net(STEP, net.begin_state(batch_size=2))[0].shape == (2, 4)

    def test_of_a_cell_of_another_width(self, capfd):
        net = layer(rnn.GRUCell, input_size=3)
        said = failing(net, STEP, [mx.nd.zeros((2, 9))])
        says(said, "states of 9 numbers, and it has 4", "net.begin_state(batch_size=2)")
        net(STEP, net.begin_state(batch_size=2))

    def test_without_the_size_of_the_batch(self):
        net = layer(rnn.LSTMCell)
        says(failing(lambda: net(STEP, net.begin_state())), "begin_state(batch_size=x.shape[0])")
        net(STEP, net.begin_state(batch_size=STEP.shape[0]))
        net = rnn.ZoneoutCell(cell())
        net.initialize()
        said = failing(lambda: net.begin_state(func=mx.nd.zeros))
        says(said, "begin_state(batch_size=x.shape[0], func=mx.nd.zeros)")
        net(STEP, net.begin_state(batch_size=STEP.shape[0], func=mx.nd.zeros))
        net = layer(layout="NTC")
        says(failing(lambda: net(X, net.begin_state())), "begin_state(batch_size=x.shape[0])")
        net(X, net.begin_state(batch_size=X.shape[0]))


class TestInputs:
    @pytest.mark.parametrize("kind", [rnn.RNN, rnn.LSTM, rnn.GRU])
    @BOTH
    @pytest.mark.parametrize("both", [False, True])
    def test_of_another_width_than_declared(self, kind, hybrid, both):
        given = {"bidirectional": both, "num_layers": 2}
        net = layer(kind, hybrid, input_size=6, **given)
        says(failing(net, X), "l0_i2h_weight", "width 6, and given 3", "input_size=3")
        assert layer(kind, hybrid, input_size=3, **given)(X).shape == (2, 5, 8 if both else 4)

    @BOTH
    def test_of_another_width_than_before(self, hybrid):
        net = nn.HybridSequential()
        net.add(nn.Dense(6, flatten=False), rnn.LSTM(4))
        net.initialize()
        net(X)
        if hybrid:
            net.hybridize()
        net[1](mx.nd.ones((5, 2, 6)))
        said = failing(net[1], X)
        says(said, "l0_i2h_weight", "The first data", "inputs of width 6")
        assert net[1](mx.nd.ones((5, 2, 6))).shape == (5, 2, 4)
        assert layer(hybrid=hybrid)(X).shape == (2, 5, 4)

    def test_inside_a_graph(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(6, flatten=False), rnn.LSTM(4, input_size=3))
        net.initialize()
        net.hybridize()
        says(failing(net, X), "1.l0_i2h_weight", "made for inputs of width 3, and given 6")

    @pytest.mark.parametrize("kind", [rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell])
    @BOTH
    def test_of_a_cell(self, kind, hybrid):
        net = layer(kind, hybrid, input_size=6)
        said = failing(net, STEP, net.begin_state(2))
        says(said, "i2h_weight", "width 6, and given 3", f"rnn.{kind.__name__}(..., input_size=3)")
        net = layer(kind, hybrid, input_size=3)
        assert net(STEP, net.begin_state(2))[0].shape == (2, 4)

    @BOTH
    def test_of_two_axes(self, hybrid, capfd):
        net = layer(hybrid=hybrid, input_size=3)
        sequence = mx.nd.ones((5, 3))
        says(failing(net, sequence), "shape (5, 3)", "net(x.expand_dims(1))")
        assert net(sequence.expand_dims(1)).shape == (5, 1, 4)

    @BOTH
    def test_of_four_axes(self, hybrid, capfd):
        net = layer(hybrid=hybrid)
        x = mx.nd.ones((5, 2, 3, 2))
        says(failing(net, x), "shape (5, 2, 3, 2)", "x.reshape((0, 0, -1))")
        assert layer()(x.reshape((0, 0, -1))).shape == (5, 2, 4)

    @BOTH
    def test_behind_a_dense_that_flattens(self, hybrid, capfd):
        def built(**given):
            net = nn.HybridSequential()
            net.add(nn.Dense(6, **given), rnn.LSTM(4, layout="NTC"))
            net.initialize()
            if hybrid:
                net.hybridize()
            return net

        says(failing(built(), X), "Block '1' (LSTM)", "nn.Dense(..., flatten=False)")
        assert built(flatten=False)(X).shape == (2, 5, 4)

    def test_a_cell_is_given_a_sequence(self, capfd):
        net = layer(rnn.LSTMCell, input_size=3)
        said = failing(net, X, net.begin_state(2))
        says(said, "a whole sequence", "net.unroll(5, x, layout='NTC', merge_outputs=True)")
        assert net.unroll(5, X, layout="NTC", merge_outputs=True)[0].shape == (2, 5, 4)
        net, x = layer(rnn.LSTMCell), X.swapaxes(0, 1)
        said = failing(net, x, net.begin_state(2))
        says(said, "a whole sequence", "net.unroll(5, x, layout='TNC', merge_outputs=True)")
        assert net.unroll(5, x, layout="TNC", merge_outputs=True)[0].shape == (5, 2, 4)
