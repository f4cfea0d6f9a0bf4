"""MXNet's C side on shapes: what repeats along an axis, and arrays that are combined."""

from __future__ import annotations

import re

from .call import Call, OperatorCases, Told, count, numbers
from .shapes import tuple_of

CASES = OperatorCases()


@CASES.told(r"Array cannot be broadcasted from (\S+) to (\S+)")
def _not_repeated(call: Call, match: re.Match[str]) -> Told:
    has, wants = numbers(match[1]), numbers(match[2])
    axis = next(i for i, (a, b) in enumerate(zip(has, wants, strict=True)) if a not in (1, b))
    part = f"x.slice_axis(axis={axis}, begin=0, end=1)"
    arrays = [part, *("y", "z")[: len(call.shapes) - 1]]
    return (
        f"of shape {has}, and asked for {wants}",
        f"Only an axis of size 1 is repeated; axis {axis} has size {has[axis]}.",
        f"To repeat its first part: {call.step(*arrays)}",
    )


@CASES.told(r"Operand of shape (\S+) cannot be broadcasted to (\S+)")
def _other_axes(call: Call, match: re.Match[str]) -> Told:
    has, wants = numbers(match[1]), numbers(match[2])
    shape = (1,) * (len(wants) - len(has)) + has if len(has) < len(wants) else (1, -1)
    arrays = [f"x.reshape({shape!r})", *("y", "z")[: len(call.shapes) - 1]]
    return (
        f"of shape {has}, and asked for {wants}",
        f"It has {count(len(has), 'axis')}, and {len(wants)} are asked for. An axis that is new "
        "has size 1 before it is repeated.",
        call.step(*arrays),
    )


@CASES.told(r"Broadcasting axis must have size 1")
def _axis_of_one(call: Call, match: re.Match[str]) -> Told:
    axis = call.given.get("axis", 0)
    axis = axis if isinstance(axis, int) else tuple_of(axis)[0]
    return (
        f"of shape {call.shape}, and asked to repeat axis {axis}" if call.shape else
        f"asked to repeat axis {axis}",
        "Only an axis of size 1 is repeated.",
        call.step(f"x.expand_dims({axis})"),
    )  # fmt: skip


@CASES.told(r"param\.axis\.ndim\(\) == param\.size\.ndim\(\)")
def _axis_and_size(call: Call, match: re.Match[str]) -> Told:
    axis, size = call.given.get("axis"), call.given.get("size")
    sizes = tuple_of(size) or (size,)
    length = len(tuple_of(axis)) or 1
    return (
        f"given axis={axis} and size={size}", "Each axis has a size of its own.",
        call.step(size=(*sizes, *(sizes[-1],) * length)[:length]),
    )  # fmt: skip


@CASES.told(r"Input_axis and other_axis size does not match|Invalid dimension specified in [lr]hs_"
            r"axes: |Input axis -?\d+ at dimension \d+ cannot be broadcasted")  # fmt: skip
def _pairs_of_axes(call: Call, match: re.Match[str]) -> Told:
    axes = {name: call.given.get(name) for name in ("lhs_axes", "rhs_axes")}
    ones = [at for at, size in enumerate(call.shape) if size == 1]
    pair = (ones[0],) if ones else (0,)
    first = "x" if ones or not call.shape else "x.slice_axis(axis=0, begin=0, end=1)"
    target = (pair[0] if len(call.shapes) < 2 or pair[0] < len(call.shapes[1]) else 0,)
    return (
        f"given lhs_axes={axes['lhs_axes']} and rhs_axes={axes['rhs_axes']}",
        "They name pairs: an axis of the first array, of size 1, and the axis of the second whose "
        "size it takes. Axes are counted from 0.",
        call.step(first, "y", lhs_axes=pair, rhs_axes=target),
    )


@CASES.told(r"operands could not be broadcast together with shapes (\S+) (\S+)")
def _operands(call: Call, match: re.Match[str]) -> Told | None:
    if call.block is not None:
        return None
    first, second = numbers(match[1]), numbers(match[2])
    why = "From the last axis on, sizes must be equal, or one of them 1."
    state = f"given arrays of shapes {first} and {second}"
    name = call.code("x", "y.expand_dims(1)")
    if len(second) == 1 and len(first) == 2 and first[0] == second[0]:
        return state, why, f"{name}, which has one number for each row."
    if first == tuple(reversed(second)):
        return state, why, call.step("x", "y.T")
    return state, why, "Bring the second to a shape that fits, by y.reshape(...) or a slice of it."


@CASES.told(r"Too many broadcast dimensions with operands (\S+) (\S+)")
def _too_many(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given arrays of shapes {numbers(match[1])} and {numbers(match[2])}",
        "Axes of which now the one, now the other is repeated are at most 5 in a row. NumPy takes "
        "more.",
        "mx.nd.array(x.asnumpy() + y.asnumpy()), or another sign than +.",
    )
