"""MXNet's C side on shapes: reshaping, cutting, joining and repeating arrays."""

from __future__ import annotations

import math
import re
from typing import Any

from .call import LEFT_OUT, Call, OperatorCases, Told, count, numbers

CASES = OperatorCases()

# ---------------------------------------------------------------------------------------------
# Another shape for the same numbers


def _reshaped(call: Call, shape: tuple[int, ...]) -> str:
    """Reshape is called as a method of an array, or as an operator."""
    if call.scene.local("reshape", "handle") is not None:
        return f"x.reshape({shape!r})."
    return call.step(shape=shape)


def _asked(call: Call) -> tuple[int, ...]:
    asked = call.given.get("shape") or call.scene.local("reshape", "shape") or ()
    return tuple(asked) if isinstance(asked, (tuple, list)) else numbers(str(asked))


@CASES.told(r"One and only one dim can be inferred")
def _two_inferred(call: Call, match: re.Match[str]) -> Told:
    asked = _asked(call)
    first = tuple(0 if i == 0 and size == -1 else size for i, size in enumerate(asked))
    return (
        "asked for a shape with -1 in two places",
        "-1 is the size that the count of numbers leaves; it can be told once only. 0 keeps the "
        "size that an axis has.",
        _reshaped(call, first or (0, -1)),
    )  # fmt: skip


@CASES.told(r"src_idx < dshape_len(?:-1)? \(")
def _no_axis_to_keep(call: Call, match: re.Match[str]) -> Told:
    return (
        "asked for a shape with 0 or a negative number where the array has no axis",
        "0 keeps the axis at its place, -2 all that are left, -3 joins two, -4 splits one: there "
        "must be one. A size is never 0 in it.",
        f"{_reshaped(call, (0, -1))} It keeps the first axis and joins the others.",
    )  # fmt: skip


@CASES.told(r"Split dims (?:(?P<a>-?\d+), (?P<b>-?\d+) do not divide original dim (?P<size>\d+)|"
            r"cannot both be -1)")  # fmt: skip
def _split_of_an_axis(call: Call, match: re.Match[str]) -> Told:
    told = f"{match['a']} and {match['b']} for an axis of size {match['size']}" if match["a"] else (
        "-1 twice after -4")  # fmt: skip
    return (
        f"asked for {told}",
        "After -4 come two sizes, whose product is that of the axis. One of them may be -1.",
        _reshaped(call, (-4, -1, 1, -2)),
    )


@CASES.told(r"target shape size is larger than the current shape|"
            r"target shape must have the same size as current shape")  # fmt: skip
def _other_count(call: Call, match: re.Match[str]) -> Told | None:
    array = call.scene.local("reshape", "self")
    found = re.search(r"\((\d+) vs\. (\d+)\)", call.scene.message)
    if array is None or found is None:
        return None
    asked = _asked(call)
    rest = 1
    for size in asked[1:]:
        rest *= size
    shape = (-1, *asked[1:]) if rest > 0 and int(found[1]) % rest == 0 else (0, -1)
    return (
        f"of shape {tuple(array.shape)}, with {found[1]} numbers, and asked for {found[2]}",
        "reshape keeps all numbers. (-1 is the size that they leave.)",
        f"x.reshape({shape!r}).",
    )


@CASES.told(r"Cannot reshape lhs with shape (\S+?) ?to new shape (\S+) because they have")
def _reshape_like(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given arrays of shapes {numbers(match[1])} and {numbers(match[2])}",
        "The first is brought to the shape of the second, which must hold as many numbers.",
        "x.reshape((0, -1)), which keeps the first axis and joins the others; or a second array of "
        "as many numbers.",
    )  # fmt: skip


@CASES.told(r"(?:max\(shp\.ndim\(\), out_shp\.ndim\(\)\) == param\.axes\.ndim\(\) \((\d+) vs\. "
            r"|param\.axes\[i\] < static_cast<int64_t>\(shp)")  # fmt: skip
def _transposed(call: Call, match: re.Match[str]) -> Told:
    axes = len(call.shape) or int(match[1] or 2)
    return (
        f"given axes={call.given.get('axes', '...')}, and the array has {count(axes, 'axis')}",
        "axes names each axis of the array once, in the new order, counted from 0.",
        call.step(axes=tuple(reversed(range(axes)))),
    )


@CASES.told(r"Transpose support at most 6 dimensions")
def _many_axes(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given {count(len(call.shape), 'axis')}" if call.shape else "given more than 6 axes",
        "It takes 6 at the most. Axes that stay side by side can be joined before.",
        f"{call.name}(x.reshape((-3, -2))): -3 joins the first two axes, -2 keeps the others.",
    )


# ---------------------------------------------------------------------------------------------
# Parts of an array


@CASES.told(r"Slicing axis exceeds data dimensions|begin and end must have the same length|"
            r"step and begin must have the same length")  # fmt: skip
def _slice_lengths(call: Call, match: re.Match[str]) -> Told:
    given = {name: tuple_of(call.given.get(name, ())) for name in ("begin", "end", "step")}
    axes = len(call.shape) or max(map(len, given.values()), default=1)
    length = min(max(map(len, given.values()), default=1) or 1, axes)
    filled = {name: (*value, *(None,) * length)[:length] for name, value in given.items() if value}
    if None in filled.get("step", ()):
        filled["step"] = tuple(1 if one is None else one for one in filled["step"])
    told = ", ".join(f"{name}={value!r}" for name, value in given.items() if value)
    return (
        f"given {told or 'other numbers of begin, end and step'}"
        + (f", for an array of {count(axes, 'axis')}" if call.shape else ""),
        "begin, end and step have one number for each axis, from the first on, and none for an "
        "axis that is not there. None means all of it.",
        call.step(**filled),
    )


def tuple_of(value: Any) -> tuple[Any, ...]:
    """The numbers of an argument that is a tuple or a list; () of another."""
    return value if isinstance(value, tuple) else tuple(value) if isinstance(value, list) else ()


@CASES.told(r"slice op step\[(\d+)\] cannot be 0")
def _step_of_zero(call: Call, match: re.Match[str]) -> Told:
    steps = tuple(1 if one == 0 else one for one in tuple_of(call.given.get("step", (0,))))
    return ("given a step of 0", "A step says how far the next number is: 1 takes all, 2 each "
            "second one, -1 goes backwards.", call.step(step=steps))  # fmt: skip


@CASES.told(r"Invalid end for end=(?P<end>\d+) as axis_size is (?P<size>\d+)|"
            r"Invalid begin, end, get begin=(?P<from>-?\d+), end=(?P<to>\S+)|"
            r"Invalid begin for begin=(?P<begin>-?\d+)")  # fmt: skip
def _range_on_an_axis(call: Call, match: re.Match[str]) -> Told:
    why = "A range on an axis goes from begin to the number before end, within the axis. end=None "
    why += "goes to its last."
    if match["end"]:
        state = f"asked for numbers up to {match['end']} of an axis of size {match['size']}"
        return state, why, call.step(end=None)
    if match["begin"]:
        return f"asked for numbers from {match['begin']} on", why, call.step(begin=0)
    state = f"asked for a range from {match['from']} to {match['to']}, which holds nothing"
    begin, end = int(match["from"]), call.given.get("end")
    turned = isinstance(end, int) and 0 <= end < begin
    return state, why, call.step(begin=end, end=begin) if turned else call.step(end=None)


@CASES.told(r"slice_axis performs slice on all axes, but ndim mismatch for inputs|"
            r"Slice axis \d+ with size \d+exceeds limit of input")  # fmt: skip
def _like_another(call: Call, match: re.Match[str]) -> Told:
    state = f"given arrays of shapes {', '.join(map(str, call.shapes))}" if call.shapes else (
        "given two arrays")  # fmt: skip
    why = (
        "The first is cut to the sizes of the second, on all axes unless axes names some. It must "
    )
    why += "be as large there."
    first, second = (*call.shapes, (), ())[:2]
    if len(first) == len(second) and all(a <= b for a, b in zip(first, second, strict=True)):
        return state, why, call.step("y", "x")
    common = range(min(len(first), len(second)))
    axes = tuple(axis for axis in common if first[axis] >= second[axis]) or (0,)
    return state, why, call.step(axes=axes)


@CASES.told(r"You are trying to split the (\d+)-th axis of input tensor with shape (\S+) into "
            r"num_outputs=(\d+) evenly")  # fmt: skip
def _uneven(call: Call, match: re.Match[str]) -> Told:
    axis, shape, parts = int(match[1]), numbers(match[2]), int(match[3])
    size = shape[axis]
    cuts = tuple(-(-size * i // parts) for i in range(1, parts))
    return (
        f"asked for {parts} parts of axis {axis}, which has size {size}",
        "split makes parts of one size. split_v2 takes the places at which to cut.",
        f"{call.prefix}split_v2(x, {cuts!r}, axis={axis}).",
    )


@CASES.told(r"If squeeze axis is True, the size of the sliced axis must be the same")
def _split_and_squeezed(call: Call, match: re.Match[str]) -> Told:
    return (
        "asked to leave out the axis along which it splits",
        "squeeze_axis=True is for parts of size 1.",
        call.step(squeeze_axis=False),
    )


@CASES.told(r"start (?P<start>\d+) is not less than end (?P<end>\d+)\s*for subarray|"
            r"end (?P<far>\d+) is no less than the size of the axis (?P<size>\d+)")  # fmt: skip
def _places(call: Call, match: re.Match[str]) -> Told:
    asked = call.scene.local("split_v2", "indices_or_sections")
    places = sorted(set(tuple_of(asked)))
    if match["size"]:
        places = [place for place in places if place < int(match["size"])]
    axis = call.given.get("axis", 0)
    return (
        f"asked to cut at {asked}",
        "The places at which to cut are counted from 0, in ascending order, and within the axis.",
        f"{call.prefix}split_v2(x, {tuple(places)!r}, axis={axis}).",
    )


@CASES.told(r"repeats cannot be a negative number")
def _repeats(call: Call, match: re.Match[str]) -> Told:
    return (f"given repeats={call.given.get('repeats')}", "It says how often each number comes.",
            call.step(repeats=1))  # fmt: skip


@CASES.told(r"cannot select an axis to squeeze out which has size=(\d+)")
def _squeezed(call: Call, match: re.Match[str]) -> Told:
    return (
        f"asked to leave out an axis of size {match[1]}",
        "Only an axis of size 1 can be left out: the numbers stay. Without axis, all of "
        "size 1 are.",
        call.step(axis=LEFT_OUT),
    )  # fmt: skip


@CASES.told(r"duplicate value in axis|Reduction axes have duplicates")
def _twice(call: Call, match: re.Match[str]) -> Told:
    axes = tuple_of(call.given.get("axis"))
    return (f"given axis={axes}", "Each axis is named once.",
            call.step(axis=tuple(dict.fromkeys(axes)) or (0,)))  # fmt: skip


@CASES.told(r"Operation (Depth To Space|Space To Depth) requires exactly 4D tensor")
def _four_axes(call: Call, match: re.Match[str]) -> Told:
    lacking = 4 - len(call.shape) if 0 < len(call.shape) < 4 else 1
    return (
        f"given {count(len(call.shape), 'axis')}",
        "It takes 4: batch, channels, height, width.",
        call.step("x" + ".expand_dims(0)" * lacking),
    )


@CASES.told(r"Cannot perform Depth To Space operation on the specified tensor\. +Dimension:(\d)")
def _blocks(call: Call, match: re.Match[str]) -> Told:
    axis, block = int(match[1]), call.given.get("block_size")
    block = block if isinstance(block, int) else 2
    factor, size = (block * block if axis == 1 else block), (call.shape or (0,) * 4)[axis]
    step = f"Feed it {factor} along axis {axis}, or a multiple of that."
    if size > factor:
        step = f"Cut it before: {call.code(_cut(axis, size, factor))}."
    return (
        f"with block_size={block}, given {size} along axis {axis}",
        f"It makes blocks of {block} by {block}, so that axis {axis} must be a multiple of "
        f"{factor}.",
        step,
    )  # fmt: skip


def _cut(axis: int, size: int, factor: int) -> str:
    return f"x.slice_axis(axis={axis}, begin=0, end={size - size % factor})"


# ---------------------------------------------------------------------------------------------
# Several arrays become one


@CASES.told(r"Incompatible input shape: expected \[([-\d,]+)\], got \[([-\d,]+)\]")
def _joined(call: Call, match: re.Match[str]) -> Told:
    wanted, got = numbers(match[1]), numbers(match[2])
    axis = wanted.index(-1) if -1 in wanted else 0
    state = f"given arrays that differ elsewhere than on axis {axis}"
    if call.shapes:
        state += f" ({', '.join(map(str, call.shapes))})"
    why = f"With dim={axis} they are put one after another along axis {axis}, and must agree on "
    why += "all others."
    if len(wanted) != len(got):
        lacking = len(wanted) - len(got)
        more = "y" + ".expand_dims(0)" * lacking if lacking > 0 else "y.reshape((0, -1))"
        return state, why, call.step("x", more)
    first = call.shape or tuple(1 if size < 0 else size for size in wanted)
    apart = [at for at, (a, b) in enumerate(zip(first, got, strict=True)) if a != b]
    if len(apart) == 1 and apart[0] != axis:
        return state, why, call.step(dim=apart[0])
    others = math.prod(size for size in wanted if size > 0)
    if math.prod(got) % others == 0:
        return state, why, call.step("x", f"y.reshape({wanted!r})")
    sizes = ", ".join("?" if size < 0 else str(size) for size in wanted)
    return state, why, f"Give it arrays of shape ({sizes}) only: cut or pad those that are not."


@CASES.told(r"expects padding on the first two axes to be zero|Input shape vs padding spec|"
            r"reflection padding only supports padding sizes smaller")  # fmt: skip
def _padded(call: Call, match: re.Match[str]) -> Told:
    given = numbers(str(call.given.get("pad_width", ())))
    axes = len(call.shape) or 4
    width = (0, 0, 0, 0, *(given[4:] if any(given[4:]) else given[:4]))
    width = (*width, *(0,) * 2 * axes)[: 2 * axes]
    if "reflection" in match[0]:
        sizes = [size for size in call.shape for _ in range(2)]
        width = tuple(min(w, size - 1) for w, size in zip(width, sizes, strict=False)) or width
    return (
        f"given pad_width={given}" + (f" for an array of shape {call.shape}" if call.shape else ""),
        "It has two numbers for each axis, before and behind: 0 for batch and channels, and less "
        "than the size of the axis where the image is reflected.",
        call.step(pad_width=width),
    )


@CASES.told(r"Non-uniform data type in \w+, expected data type (\w+), got data type (\w+)")
def _types_joined(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given {match[1]} and {match[2]}", "Arrays that become one are of one type.",
        call.step("x", f"y.astype({match[1]!r})"),
    )  # fmt: skip
