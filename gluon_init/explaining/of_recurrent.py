"""The errors of MXNet's recurrent layers and cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mxnet import gluon
from mxnet.gluon import rnn

from .._gluon import paths
from .._gluon.history import past_of, was_declared
from .._gluon.layers import flattens, is_recurrent_layer
from .._gluon.recurrent import is_cell, is_recurrent, sizes_of, state_shapes
from .at_work import block_of, in_code, inputs_of, named, path_of, users_values
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()

_FILE = "gluon/rnn/"


# ---------------------------------------------------------------------------------------------
# Cells inside other cells


@CASES.when(r"After applying modifier cells", file=_FILE)
def _wrapped(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    cell = scene.local("begin_state", "self")
    kind = type(cell).__name__
    if not isinstance(cell, gluon.HybridBlock):
        return [Finding(
            kind, "inside a modifier cell that was never made",
            "A ZoneoutCell or ResidualCell takes HybridBlocks only, and this is none. It has "
            "failed, and left its mark on the cell: it takes no states of its own any more.",
            "Build it anew as rnn.HybridSequentialRNNCell(), and wrap that.",
        )]  # fmt: skip
    around = [v for v in users_values(scene) if getattr(v, "base_cell", None) is cell]
    outer = type(around[0]).__name__ if around else "the modifier cell"
    call = f"begin_state(batch_size={_batch_asked(scene)}, func=mx.nd.zeros)"
    if scene.local("unroll", "self") is cell:
        call = f"unroll({scene.local('unroll', 'length')}, x)"
    return [Finding(
        kind, f"inside {f'a {outer}' if around else 'a modifier cell'}, and called by itself",
        "A ZoneoutCell, ResidualCell or the like takes the place of the cell that it was made of. "
        "The weights are the same ones.",
        f"Call {f'the {outer}' if around else outer} in its place: modifier.{call}.",
    )]  # fmt: skip


def _batch_asked(scene: Scene) -> int:
    given = scene.local("begin_state", "kwargs") or {}
    return scene.local("begin_state", "batch_size") or given.get("batch_size") or 1


@CASES.when(r"'int' object is not callable", file=_FILE)
def _states_by_position(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    batch = scene.local("begin_state", "func")
    if not isinstance(batch, int):
        return []
    kinds = [v["self"] for name, v in scene.frames if name == "begin_state"]
    return [Finding(
        f"{type(kinds[0]).__name__}.begin_state", f"given {batch} without a name",
        "The first argument of a modifier cell's begin_state is the function that makes the "
        "states; a plain cell's is the size of the batch.",
        f"begin_state(batch_size={batch}, func=mx.nd.zeros).",
    )]  # fmt: skip


@CASES.when(r"Cell (\S+) is already modified\. One cell cannot be modified twice")
def _wrapped_twice(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    cell = scene.local("__init__", "base_cell")
    outer = type(scene.blocks[-1]).__name__ if scene.blocks else "ResidualCell"
    kind = type(cell).__name__ if cell is not None else "cell"
    around = [v for v in users_values(scene) if getattr(v, "base_cell", None) is cell]
    inner = type(around[-1]).__name__ if around and cell is not None else "modifier cell"
    return [Finding(
        f"{kind[0].upper()}{kind[1:]} {match[1]!r}", f"already inside a {inner}",
        f"A cell is wrapped once. The {inner} is a cell itself, which can be wrapped in turn.",
        f"rnn.{outer}(the {inner}) in place of rnn.{outer}(the {kind}).",
    )]  # fmt: skip


def _kind(scene: Scene) -> str:
    return type(scene.blocks[-1]).__name__


@CASES.when(r"rate must be a number", file=_FILE)
def _rate(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    rate = scene.local("__init__", "rate")
    return [Finding(
        "DropoutCell.rate", f"{rate!r}, which is no number",
        "It is the part of the numbers that are set to zero while training, between 0 and 1.",
        f"rnn.DropoutCell({_number(rate)}).",
    )]  # fmt: skip


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return 0.5


@CASES.when(r"BidirectionalCell doesn't support zoneout")
def _zoneout_of_both(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "ZoneoutCell", "around a BidirectionalCell",
        "Zoneout works step by step, and a BidirectionalCell has no steps: it needs the whole "
        "sequence at once.",
        "rnn.BidirectionalCell(rnn.ZoneoutCell(cell, ...), rnn.ZoneoutCell(other_cell, ...)).",
    )]  # fmt: skip


@CASES.when(r"has no attribute '_bidirectional'", file=_FILE)
def _zoneout_of_stack(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "ZoneoutCell", "around a SequentialRNNCell",
        "It is for single cells. (MXNet looks for an attribute that a SequentialRNNCell has not "
        "had for long.)",
        "Wrap each cell before it comes into the stack: stack.add(rnn.ZoneoutCell(cell, ...)).",
    )]  # fmt: skip


@CASES.when(r"Bidirectional cannot be stepped|isinstance\(cell, BidirectionalCell\)", file=_FILE)
def _stepped(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    cell = scene.local("__call__", "self")
    inside = [(p, b) for p, b in paths.blocks(cell) if isinstance(b, rnn.BidirectionalCell)]
    path = inside[0][0]
    what = f"Block {path!r} (BidirectionalCell)" if path else "BidirectionalCell"
    return [Finding(
        what, "called for one step",
        "It reads the sequence from both ends, so that it needs the whole of it.",
        "outputs, states = cell.unroll(length, x, merge_outputs=True), x of shape (batch, length, "
        "features).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# unroll()


@CASES.when(r"unroll\(inputs=None\) has been deprecated", file=_FILE)
def _nothing_to_unroll(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"{_kind(scene)}.unroll", "called without inputs",
        "It needs the sequence: an array, a symbol, or a list of them, one for each step.",
        f"cell.unroll({scene.local('_format_sequence', 'length')}, x), x of shape (batch, length, "
        "features); for a symbol x = mx.sym.var('data').",
    )]  # fmt: skip


@CASES.when(r"unroll doesn't allow grouped symbol as input", file=_FILE)
def _grouped(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    length = scene.local("_format_sequence", "length")
    return [Finding(
        f"{_kind(scene)}.unroll", "given a group of symbols",
        "One symbol is a whole sequence, which is split; one symbol for each step makes a list.",
        f"cell.unroll({length}, list(group)).",
    )]  # fmt: skip


@CASES.when(r"assert length is None or", file=_FILE)
def _length(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    values = next(v for name, v in reversed(scene.frames) if name == "_format_sequence")
    length, inputs, layout = values["length"], values["inputs"], values["layout"]
    what = f"{_kind(scene)}.unroll"
    if isinstance(inputs, (list, tuple)):
        return [Finding(
            what, f"asked for {length} steps, and given a list of {len(inputs)}",
            "Each array of the list is one step.", f"cell.unroll({len(inputs)}, x).",
        )]  # fmt: skip
    other = layout.translate(str.maketrans("NT", "TN"))
    steps, batch = (inputs.shape[layout.find(axis)] for axis in "TN")
    step = f"cell.unroll({steps}, x, layout={layout!r})"
    if batch == length:
        step = f"cell.unroll({length}, x, layout={other!r})"
    return [Finding(
        what, f"asked for {length} steps, and given an array of {steps}",
        f"By layout={layout!r} the shape {inputs.shape} means {steps} steps of a batch of {batch}.",
        f"{step}.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# States


@CASES.when(r"Operator _zeros inferring shapes failed")
def _states_without_batch(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    if block is None or not is_recurrent(block) or scene.local("begin_state", "self") is None:
        return []
    outer = scene.blocks[0]
    func = ", func=mx.nd.zeros" if isinstance(outer, rnn.ModifierCell) else ""
    return [Finding(
        f"{type(outer).__name__}.begin_state", "called without the size of the batch",
        "An array's shape must be whole; only a symbol's batch may be left open.",
        f"begin_state(batch_size=x.shape[0]{func}), x being the batch."
        if is_cell(outer)
        else f"begin_state(batch_size=x.shape[{sizes_of(outer).layout.find('N')}]), x being the "
        "batch.",
    )]  # fmt: skip


@CASES.when(r"Invalid recurrent state shape\. Expecting (\([^)]*\)), got (\([^)]*\))")
@CASES.when(
    r"[Ss]hape inconsistent, Provided = \[(\d+,\d+,\d+)\], inferred shape=\((\d+,\d+,\d+)\)"
)
def _states_of_layer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    if block is None or not is_recurrent_layer(block):
        return []
    first, second = (tuple(map(int, re.findall(r"\d+", text))) for text in match.groups())
    expected, given = (first, second) if "Expecting" in match[0] else (second, first)
    code, layout = in_code(path_of(scene, block)), sizes_of(block).layout
    arrays = inputs_of(scene, block)
    step = f"{code}.begin_state(batch_size={expected[1]}) for states of zeros."
    why = f"The states are (layers * directions, batch, hidden_size), here {expected}."
    if arrays and arrays[0].shape["TN".find("N")] != given[1] == arrays[0].shape[layout.find("T")]:
        step = f"rnn.{type(block).__name__}(..., layout={layout[1] + layout[0] + 'C'!r})."
        why += f" By layout={layout!r} the batch is axis {layout.find('N')} of the input."
    return [Finding(named(scene, block), f"given states of shape {given}", why, step)]


@CASES.when(r"Operator RNN expects \d inputs, but got \d instead")
def _number_of_states(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    if block is None or not is_recurrent_layer(block):
        return []
    arrays = inputs_of(scene, block)
    batch = arrays[0].shape[sizes_of(block).layout.find("N")]
    count, given = len(state_shapes(block, batch)), len(arrays[1])
    code = in_code(path_of(scene, block))
    return [Finding(
        named(scene, block), f"given {given} states, and it has {count}",
        "An LSTM has two, the hidden state and the cell; RNN and GRU have one.",
        f"{code}(x, {code}.begin_state(batch_size={batch})), or the states that an earlier call "
        "has returned.",
    )]  # fmt: skip


@CASES.when(r"Incompatible attr in node .* expected \[(\d+),\d+\], got \[(\d+),\d+\]")
def _states_of_cell(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    arrays = inputs_of(scene, block) if block is not None and is_cell(block) else ()
    if len(arrays) < 2:
        return []
    shape, code = arrays[0].shape, in_code(path_of(scene, block))
    if len(shape) > 2:
        return [_sequence(scene, block, arrays)]
    return [Finding(
        named(scene, block),
        f"given a batch of {shape[0]}, and states for a batch of {_first_size(arrays[1])}",
        "The states belong to the sequences of one batch.",
        f"{code}.begin_state(batch_size={shape[0]}), at the first step of each batch.",
    )]  # fmt: skip


def _sequence(scene: Scene, block: Any, arrays: Sequence[Any]) -> Finding:
    """A cell that was called with all steps at once."""
    shape, code = arrays[0].shape, in_code(path_of(scene, block))
    steps, layout = shape[1], "NTC"
    if shape[1] == _first_size(arrays[1]) != shape[0]:
        steps, layout = shape[0], "TNC"
    return Finding(
        named(scene, block), f"given a whole sequence, of shape {shape}",
        "A call of a cell is one step, (batch, features). It takes all axes behind the first for "
        "features.",
        f"outputs, states = {code}.unroll({steps}, x, layout={layout!r}, merge_outputs=True).",
    )  # fmt: skip


def _first_size(states: Any) -> int:
    return int((states[0] if isinstance(states, (list, tuple)) else states).shape[0])


# ---------------------------------------------------------------------------------------------
# Inputs


@CASES.when(r"[Ss]hape inconsistent, Provided = \[(\d+)\], inferred shape=\((\d+),\)")
def _width_of_layer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    if block is None or not is_recurrent_layer(block):
        return []
    sizes = sizes_of(block)
    rows = sizes.gates * sizes.hidden * sizes.directions
    made_for = sizes.inputs or 0
    return [_width(scene, block, made_for, made_for + (int(match[2]) - int(match[1])) // rows)]


@CASES.when(r"[Ss]hape inconsistent, Provided = \[(\d+),(\d+)\], inferred shape=\((\d+),(\d+)\)")
def _width_of_cell(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    arrays = inputs_of(scene, block) if block is not None and is_cell(block) else ()
    if len(arrays) < 2:
        return []
    if len(arrays[0].shape) > 2:
        return [_sequence(scene, block, arrays)]
    made_for, given = int(match[2]), int(match[4])
    if arrays[0].shape[-1] == given:
        return [_width(scene, block, made_for, given)]
    code = in_code(path_of(scene, block))
    return [Finding(
        named(scene, block), f"given states of {given} numbers, and it has {made_for}",
        f"The states of a cell are (batch, hidden_size), and hidden_size is {made_for}.",
        f"{code}.begin_state(batch_size={arrays[0].shape[0]}).",
    )]  # fmt: skip


def _width(scene: Scene, block: Any, made_for: int, given: int) -> Finding:
    name = "i2h_weight" if is_cell(block) else "l0_i2h_weight"
    parameter, kind = getattr(block, name), type(block).__name__
    what = paths.join(path_of(scene, block), name)
    state = f"made for inputs of width {made_for}, and given {given}"
    if past_of(parameter).waited or not was_declared(parameter):
        return Finding(
            what, state,
            "The first data that came through fixed the width. It does not change with a later "
            "input.",
            f"Give inputs of width {made_for}; for {given} build the net anew and initialize it.",
        )  # fmt: skip
    return Finding(
        what, state,
        f"input_size={made_for} was given when the {kind} was made. The width is the last axis of "
        "its input.",
        f"rnn.{kind}(..., input_size={given}), or without input_size, so that it is inferred. Then "
        "build the net anew.",
    )  # fmt: skip


@CASES.when(r"Input data should be rank-3 tensor")
def _rank_of_layer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    if block is None or not is_recurrent_layer(block):
        return []
    kind, sizes = type(block).__name__, sizes_of(block)
    axes = "(time, batch, features)" if sizes.layout == "TNC" else "(batch, time, features)"
    arrays = inputs_of(scene, block)
    shape = tuple(arrays[0].shape) if arrays else ()
    before = _before(scene, block)
    if isinstance(before, gluon.nn.Dense) and flattens(before):
        step = f"nn.Dense(..., flatten=False) before it: {path_of(scene, before)!r} has made two."
    elif len(shape) > 3:
        step = "x.reshape((0, 0, -1)), which makes one axis of all behind the second."
    else:
        step = f"net(x.expand_dims({sizes.layout.find('N')})), where x is one sequence."
    return [Finding(
        named(scene, block), f"given an input of shape {shape}" if shape else "given an input that "
        "has not three axes",
        f"{kind} with layout={sizes.layout!r} takes three axes, {axes}.", step,
    )]  # fmt: skip


def _before(scene: Scene, block: Any) -> Any:
    """The block that a Sequential calls before this one; None where there is none."""
    head, _, last = path_of(scene, block).rpartition(".")
    if not last.isdigit() or last == "0":
        return None
    wanted = paths.join(head, str(int(last) - 1))
    return next((one for path, one in paths.blocks(scene.net) if path == wanted), None)
