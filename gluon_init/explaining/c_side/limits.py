"""MXNet's C side on what an operator cannot take: counts, types and arguments beyond its limits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..finding import Finding
from ..scene import Scene
from .call import Call, OperatorCases, Told, count, numbers

CASES = OperatorCases()


@CASES.when(r"Invalid context string (\S+)")
def _context(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "ctx", f"{match[1]!r}, which is no device", "A device is a context, or a text of one.",
        "ctx=mx.cpu(0), or ctx='cpu(0)' where an operator takes a text.",
    )]  # fmt: skip


@CASES.when(r"Gradient array is in (\S+) while binding with ctx=(\S+)\. All gradients must be in")
def _gradient_apart(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "args_grad", f"holds an array on {match[1]}, bound on {match[2]}",
        "An executor computes on one device.",
        f"{{name: array.as_in_context(mx.{match[2]}) for name, array in args_grad.items()}}.",
    )]  # fmt: skip


@CASES.told(r"Operator expects (\d+) \(all\) or (\d+) \(visible only\) outputs, but got (\d+)")
def _outputs(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given {count(int(match[3]), 'array')} for out",
        f"It has {count(int(match[2]), 'output')}.",
        f"z = {call.code()}, without out.",
    )  # fmt: skip


@CASES.told(r"Incompatible output shape: expected (\S+), got (\S+)")
def _out(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given out of shape {numbers(match[2])}, and the result has {numbers(match[1])}",
        "out has the shape of the result.", f"z = {call.code()}, without out.",
    )  # fmt: skip


@CASES.when(r"copying size mismatch, from: (\d+) bytes, to: (\d+) bytes")
def _parts(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "A row_sparse array", "made of parts that do not fit",
        "data has one row for each of indices. MXNet may tell of it only where values are read.",
        "mx.nd.array(dense).tostype('row_sparse'), which makes the parts itself.",
    )]  # fmt: skip


@CASES.told(r"Need (\d)D layout")
def _layout(call: Call, match: re.Match[str]) -> Told:
    right = {"1": "NCW", "2": "NCHW", "3": "NCDHW"}[match[1]]
    return (
        f"given layout={call.given.get('layout')!r} for a kernel of {match[1]} axes",
        "A layout names batch, channels and each axis of the image.", call.step(layout=right),
    )  # fmt: skip


@CASES.told(r"Same pooling convention disables the use of pad")
def _same_and_pad(call: Call, match: re.Match[str]) -> Told:
    return ("given pad and pooling_convention='same'", "'same' pads by itself.",
            call.step(pooling_convention="full"))  # fmt: skip


@CASES.told(r"input (height|width) of (\d+)\s*does not divide output (?:height|width) of (\d+)|"
            r"Number of channels must be the same when multi_input_mode==sum")  # fmt: skip
def _upsampled(call: Call, match: re.Match[str]) -> Told:
    if match[1]:
        state = f"given images of which one has {match[1]} {match[2]}"
        why = f"The first becomes {match[3]}, and each {match[1]} must divide that."
    else:
        state, why = (
            "given images of different channels, to be added",
            "They have the same channels.",
        )
    return (
        state,
        why,
        call.step("x", num_args=1) if match[1] else call.step(multi_input_mode="concat"),
    )


@CASES.told(r"shape parameter must be non-zero within each dimension")
def _none_drawn(call: Call, match: re.Match[str]) -> Told:
    return (f"asked for shape={call.given.get('shape')}", "It says how many are drawn for each.",
            call.step(shape=(1,)))  # fmt: skip


@CASES.told(r"Output type must be int32, int64")
def _whole(call: Call, match: re.Match[str]) -> Told:
    shown = {name: value for name, value in call.given.items() if name in ("low", "high")}
    told = ", ".join(f"{name}={value}" for name, value in shown.items())
    out = call.scene.local("_imperative_invoke", "original_output")
    return (
        "asked for whole numbers in an array of others",
        "What is drawn is written into out, which must be int32 or int64.",
        f"{call.name}({told}, shape={tuple(out.shape)}).",
    )


@CASES.told(r"input dense matrix should have less than or equal to 2 dimensions")
def _csr_and_three(call: Call, match: re.Match[str]) -> Told:
    return (
        "given a csr array and a dense one of three axes or more",
        "A csr array has two axes, and so has what it is combined with. MXNet may tell of it only "
        "where values are read.",
        "mx.nd.broadcast_mul(x.tostype('default'), y), or the operator that it was.",
    )  # fmt: skip


@CASES.told(r"scatter_nd requires index tensor to have at least 2|"
            r"(?:gather|scatter)_nd supports indexing along at most 10 dimensions")  # fmt: skip
def _indices(call: Call, match: re.Match[str]) -> Told:
    why = (
        "The first axis of the indices counts the axes of the array that they are for: 10 at most."
    )
    if "at least" in match[0]:
        data = f"x.reshape({(-1, *numbers(str(call.given.get('shape', ())))[1:])!r})"
        return "given a vector of indices", why, call.step(f"{data}[:1]", "y[:1].reshape((1, -1))")
    return "given indices for more than 10 axes", why, call.step("x", "y[:10]")


@CASES.told(r"Data array must have at least 2 dimensional|"
            r"Index array's size must be the same as data array's size excluding")  # fmt: skip
def _one_of_each_row(call: Call, match: re.Match[str]) -> Told:
    if len(call.shape) == 1:
        return ("given a vector", "It takes one number of each row.",
                call.step("x.expand_dims(0)", "y[:1]"))  # fmt: skip
    return (
        f"given arrays of shapes {', '.join(map(str, call.shapes))}",
        "It takes one index for each row.",
        call.step("x", f"y[:{call.shape[0] if call.shape else 1}]"),
    )  # fmt: skip


@CASES.told(r"Range only supports repeat > 0")
def _repeat(call: Call, match: re.Match[str]) -> Told:
    start, stop = call.given.get("start", 0), call.given.get("stop")
    return (
        f"asked for repeat={call.given.get('repeat')}", "It says how often each number comes.",
        f"mx.nd.arange({start}, {stop}, repeat=1).",
    )  # fmt: skip


@CASES.told(r"cannot handle param\.axis (-?\d+)")
def _arange_like(call: Call, match: re.Match[str]) -> Told:
    return (
        f"asked for axis={match[1]}" + (
            f", and its input has {count(len(call.shape), 'axis')}" if call.shape else ""),
        "Axes are counted from 0; -1 is the last.", "mx.nd.contrib.arange_like(x, axis=-1).",
    )  # fmt: skip


@CASES.told(r"block_size must be a positive integer value")
def _block(call: Call, match: re.Match[str]) -> Told:
    return "given block_size=0", "It is the side of a block.", call.step(block_size=1)


@CASES.told(r"expected axis size of 1 but got (\d+)")
def _squeezed_parts(call: Call, match: re.Match[str]) -> Told:
    asked = call.scene.local("split_v2", "indices_or_sections")
    axis = call.given.get("axis", 0)
    return (
        "asked to leave out the axis along which it splits",
        f"squeeze_axis=True is for parts of size 1; one has {match[1]}.",
        f"{call.prefix}split_v2(x, {asked!r}, axis={axis}).",
    )


@CASES.told(r"(Data|Label) length array must be a vector")
def _lengths(call: Call, match: re.Match[str]) -> Told:
    name = "pred_lengths" if match[1] == "Data" else "label_lengths"
    return (f"given {name} of two axes or more", "It is a vector, one number for each sequence.",
            f"{name}.reshape((-1,)).")  # fmt: skip


@CASES.told(r"This layer requires uniform type\. Expected '(\w+)' v\.s\. given '(\w+)' at '(\w+)'")
def _uniform(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given {match[1]}, and {match[2]} for {match[3]}", "All its arrays are of one type.",
        f"{match[3]}.astype({match[1]!r}), in its place.",
    )  # fmt: skip


@CASES.told(r"only support integer types, not (\w+)|Only supports integer types")
def _integers(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given {match[1] or 'other numbers'}", "It works on the bits of whole numbers.",
        "x.astype('int32'), in its place.",
    )  # fmt: skip


@CASES.told(r"Reduction input's size should > 0 (\S+)")
def _nothing(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given an array of shape {numbers(match[1])}, which holds no number",
        "Of no numbers there is no largest, smallest or the like.",
        f"z = {call.code()} if x.size else None.",
    )  # fmt: skip


@CASES.told(r"index = (-?\d+) must be in range \[0, (\d+)\)|"
            r"param_?\.axis \+ dshape\.ndim\(\) < dshape")  # fmt: skip
def _counted_from_behind(call: Call, match: re.Match[str]) -> Told | None:
    name = next((key for key in ("axis", "dim") if key in call.given), "")
    if not name:
        return None
    return (
        f"asked for {name}={call.given[name]}, and its input has {count(len(call.shape), 'axis')}",
        f"Axes are counted from 0; from behind, -1 is the last and -{len(call.shape)} the first.",
        call.step(**{name: -1}),
    )
