"""Steps of recurrent cells: the states that they are given, and cells around cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet.gluon import rnn

from .._gluon import paths
from .._gluon.blocks import is_made
from ..results.text import shape_text
from .at_work import block_of, in_code, inputs_of, named, path_of
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_CELLS = (rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell)


@CASES.when(
    r"index out of range|shape cannot be inferred|Shape inconsistent|[Uu]nsupported|indices"
)
def _states(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """One array for the list of states, or a list of another length."""
    cells = [block for block in scene.blocks if isinstance(block, rnn.RecurrentCell)]
    calls = [(cell, _called_with(scene, cell)) for cell in cells]
    wrong = [(cell, given) for cell, given in calls if _do_not_fit(cell, given)]
    if not wrong:
        return []
    cell, given = wrong[0]  # the outermost: it hands on what it has been given
    states, count = given[1], len(cell.state_info())
    state = f"given {len(states)} states, and it has {count}"
    if isinstance(states, mx.nd.NDArray):
        state = f"given one array of shape {shape_text(states.shape)} for its states"
    batch = given[0].shape[0]
    which = "the hidden state and the cell" if count > 1 else "the hidden state"
    if not isinstance(cell, _CELLS):
        which = "those of all cells in it"
    return [Finding(
        named(scene, cell), state, f"Its states are a list of {count}: {which}.",
        f"{in_code(path_of(scene, cell))}.begin_state(batch_size={batch}) at the first step; then "
        f"the states that the step before has returned.",
    )]  # fmt: skip


def _called_with(scene: Scene, cell: Any) -> tuple[Any, ...]:
    """The input and the states; a cell of several cells names them in a call of its own."""
    for called, values in scene.frames:
        if called == "__call__" and values.get("self") is cell and "states" in values:
            return values["inputs"], values["states"]
    return inputs_of(scene, cell)


def _do_not_fit(cell: Any, given: Sequence[Any]) -> bool:
    if len(given) != 2:
        return False
    states = given[1]
    return not isinstance(states, (list, tuple)) or len(states) != len(cell.state_info())


@CASES.when(r"do not support mixed NDArrays and Symbols")
def _symbols_for_states(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A modifier's begin_state makes symbols, where other cells make arrays."""
    cell: Any = scene.blocks[-1] if scene.blocks else None
    given = inputs_of(scene, cell) if cell is not None else ()
    outer = [b for b in scene.blocks if isinstance(b, rnn.ModifierCell)]
    if not outer or len(given) < 2:
        return []
    batch = getattr(given[0], "shape", ("...",))[0]
    return [Finding(
        named(scene, outer[0]), "given symbols for its states",
        f"begin_state() of a {type(outer[0]).__name__} makes symbols unless it is told otherwise; "
        f"of other cells, arrays.",
        f"{in_code(path_of(scene, outer[0]))}.begin_state(batch_size={batch}, func=mx.nd.zeros); "
        f"or unroll(length, x), which begins by itself.",
    )]  # fmt: skip


@CASES.when(r"Incompatible attr in node .* expected \[|[Ss]hape inconsistent")
def _residual(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """ResidualCell adds the input of its cell to the output."""
    cell = scene.owner(rnn.ResidualCell)
    shapes = re.search(r"expected \[([\d,]+)\], got \[([\d,]+)\]", scene.message)
    if cell is None or shapes is None:
        return []
    out, width = (text.rpartition(",")[2] for text in shapes.groups())
    if out == width:
        return []
    kind = type(cell.base_cell).__name__
    return [Finding(
        named(scene, cell), f"it adds an input of width {width} to an output of width {out}",
        "The sum of a cell's input and its output needs both to be of one width.",
        f"rnn.ResidualCell(rnn.{kind}({width})), and build the net anew; or a layer before it that "
        f"makes the input {out} wide.",
    )]  # fmt: skip


@CASES.when(r"Argument (\w+) must be Symbol instances, but got \[<Symbol[^\]]*\[")
def _output_and_states(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """What a recurrent layer returns beside its output was handed on with it."""
    block = block_of(scene)
    if block is None:
        return []
    return [Finding(
        named(scene, block), "given an output together with states",
        "A recurrent layer that is called with states returns both, the output and the new states.",
        f"out, states = layer(x, states); then {in_code(path_of(scene, block))}(out).",
    )]  # fmt: skip


@CASES.when(r"(?:too many|not enough) values to unpack \(expected 2")
def _states_of_a_layer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``out, states = layer(x)``: without states a layer returns the output alone."""
    called = re.search(r"^\w+, *\w+ *= *(\w+)\(\w+\)", scene.line)
    name = called[1] if called else ""
    layer = scene.frames[-1][1].get(name) if scene.frames else None
    if not isinstance(layer, (rnn.RNN, rnn.LSTM, rnn.GRU)):
        return []
    return [Finding(
        type(layer).__name__, "called without states, and asked for an output and states",
        "A layer that is given no states begins with zeros, and returns its output alone.",
        f"out, states = {name}(x, {name}.begin_state(batch_size=...)).",
    )]  # fmt: skip


@CASES.when(r"Symbol only accept nonnegative index")
def _last_step(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``x[-1]`` in a hybrid_forward."""
    if not scene.blocks:
        return []
    return [Finding(
        type(scene.blocks[-1]).__name__, "its hybrid_forward takes x[-1]",
        "Of a symbol, an index chooses among the outputs of an operator, and not among rows.",
        "F.SequenceLast(x) for the last of a sequence of axes (time, batch, features); else "
        "F.slice_axis(x, axis=0, begin=-1, end=None), which keeps the axis.",
    )]  # fmt: skip


@CASES.when(r"do not support mixed NDArrays and Symbols")
def _arrays_for_states(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``self.lstm(x, self.lstm.begin_state(...))`` in a hybrid_forward."""
    layer: Any = scene.blocks[-1] if scene.blocks else None
    if not isinstance(layer, (rnn.RNN, rnn.LSTM, rnn.GRU)) or len(scene.blocks) < 2:
        return []
    name = in_code(path_of(scene, layer)).replace("net", "self", 1)
    return [Finding(
        named(scene, layer), "given a symbol, and arrays for its states",
        "In a hybridized net x is a symbol; begin_state() makes arrays where it is not told "
        "otherwise.",
        f"In hybrid_forward, {name}(x), which begins with zeros by itself and returns the output "
        f"alone; or {name}.begin_state(batch_size=..., func=F.zeros) for its states.",
    )]  # fmt: skip


@CASES.when(
    r"trying to split the (\d)-th axis of input tensor with shape \[([\d,]+)\] into "
    r"num_outputs=(\d+)"
)
def _another_length(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A graph that was unrolled over a number of steps, and a sequence of another length."""
    if scene.net is None or not is_made(scene.net):
        return []
    inside = [block for _, block in paths.blocks(scene.net) if isinstance(block, rnn.RecurrentCell)]
    length = int(match[2].split(",")[int(match[1])])
    if not inside or length == int(match[3]):
        return []
    return [Finding(
        type(scene.net).__name__, f"unrolled over {match[3]} steps, and given {length}",
        "A hybrid_forward unrolls its cell over the number that stands in it.",
        f"Sequences of {match[3]} steps, the shorter ones padded; or rnn.LSTM, which takes any "
        f"number; or gluon.Block, whose forward may say cell.unroll(x.shape[{match[1]}], x).",
    )]  # fmt: skip
