"""MXNet's C side on numbers: products, indices, ranges, random values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from ..._gluon import paths
from ..._gluon.describe import arguments_of, describe
from ..._gluon.history import made_with, past_of
from ..._gluon.places import net_of
from ..at_work import users_values
from ..finding import Finding
from ..scene import Scene
from .call import Call, OperatorCases, Told, count, numbers

CASES = OperatorCases()


# ---------------------------------------------------------------------------------------------
# Products


@CASES.told(r"dot shape error: (\S+) X (\S+)")
def _dot(call: Call, match: re.Match[str]) -> Told:
    first, second = numbers(match[1]), numbers(match[2])
    state = f"given arrays of shapes {first} and {second}"
    why = "The last axis of the first and the first axis of the second must be of one size."
    if len(first) == len(second) == 1:
        return state, "Two vectors must be of one length.", _cut_to(call, first[0], second[0])
    if first[-1] == second[-1]:
        return state, why, call.step(transpose_b=True)
    if first[0] == second[0]:
        return state, why, call.step(transpose_a=True)
    return state, why, f"Give it a second array whose first axis has size {first[-1]}."


def _cut_to(call: Call, first: int, second: int) -> str:
    if first > second:
        return call.step(f"x[:{second}]", "y")
    return call.step("x", f"y[:{first}]")


@CASES.told(r"Cannot transpose vectors")
def _vectors(call: Call, match: re.Match[str]) -> Told:
    return (
        "asked to transpose a vector", "An array of one axis has no other order.",
        call.step(transpose_a=False, transpose_b=False),
    )  # fmt: skip


@CASES.told(r"dot only supports float32/float64 for CPU")
def _dot_of_others(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given {call.types[0]}" if call.types else "given numbers of another type",
        "On the CPU dot multiplies float32 and float64 only. MXNet may tell of it only where "
        "values are read.",
        "mx.nd.dot(x.astype('float32'), y.astype('float32')).",
    )  # fmt: skip


@CASES.told(
    r"batch_dot shape error \((?P<which>[^)]*)\)?.*?: (?P<a>\[[\d,]+\]) X (?P<b>\[[\d,]+\])"
)
def _batch_dot(call: Call, match: re.Match[str]) -> Told:
    first, second = numbers(match["a"]), numbers(match["b"])
    state = f"given arrays of shapes {first} and {second}"
    if "leading" in match["which"]:
        why = "The axes before the last two count the matrices, and must be of one size."
        if second[0] == 1:
            repeated = f"{call.prefix}broadcast_axis(y, axis=0, size={first[0]})"
            return state, why, call.step("x", repeated)
        return state, why, f"Give it {count(min(first[0], second[0]), 'matrix')} on both sides."
    why = "The last axis of the first and the last but one of the second must be of one size."
    if first[-1] == second[-1]:
        return state, why, call.step(transpose_b=True)
    if first[-2] == second[-2]:
        return state, why, call.step(transpose_a=True)
    return state, why, f"Give it a second array of {first[-1]} rows."


@CASES.told(r"batch_dot currently only support N-D\*N-D array \(N >= 3\)\s*(\S+) v\.s\. (\S+)")
def _batch_of_one(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given arrays of shapes {numbers(match[1])} and {numbers(match[2])}",
        "It takes a batch of matrices on both sides: three axes or more.",
        f"{call.prefix}dot(x, y), which multiplies two matrices.",
    )  # fmt: skip


@CASES.told(r"Incompatible matrix dimensions for multiplication")
def _gemm(call: Call, match: re.Match[str]) -> Told:
    shapes = " and ".join(map(str, call.shapes))
    first, second = (*call.shapes, (0,), (1,))[:2]
    turned = {"transpose_b": True} if first[-1] == second[-1] else {"transpose_a": True}
    return (
        f"given arrays of shapes {shapes}" if shapes else "given arrays that do not fit",
        "The last axis of the first and the last but one of the second must be of one size.",
        call.step(**turned),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Reductions, choices, indices


@CASES.told(r"norm only supports ord=1 and ord=2")
def _norm(call: Call, match: re.Match[str]) -> Told:
    return (
        f"asked for ord={call.given['ord']}" if "ord" in call.given else "asked for another ord",
        "norm knows the sum of amounts (1) and the root of the sum of squares (2). MXNet may tell "
        "of it only where values are read.",
        "mx.nd.norm(x, axis=1), which is that of squares, or ord=1.",
    )


@CASES.told(r"axis=None is not supported by pick")
def _pick(call: Call, match: re.Match[str]) -> Told:
    return ("given axis=None", "It picks one number along an axis, by the index.",
            call.step(axis=-1))  # fmt: skip


@CASES.told(r"take operator contains indices out of bound")
def _taken(call: Call, match: re.Match[str]) -> Told:
    return (
        "given an index that the array does not have",
        "Indices run from 0 to the size of the axis less 1; with mode='raise' others are an error.",
        "mx.nd.take(x, indices.clip(0, x.shape[0] - 1), mode='raise'); or check where the indices "
        "come from.",
    )  # fmt: skip


@CASES.when(r"IndexError: index (-?\d+) is out of bounds for axis (\d+) with size (\d+)")
def _out_of_bounds(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The indices", f"hold {match[1]} for axis {match[2]}, which has size {match[3]}",
        "Indices run from 0 to the size less 1. MXNet may tell of it only where values are read.",
        f"x[indices.clip(0, {int(match[3]) - 1})]; or check where the indices come from.",
    )]  # fmt: skip


@CASES.told(
    r"gather_nd requires index tensor to have at least 2 dim|Number of indices exceeds data"
)
def _gathered(call: Call, match: re.Match[str]) -> Told:
    data, indices = (*call.shapes, (), ())[:2]
    step = "y.reshape((1, -1))" if len(indices) == 1 else f"y[:{len(data) or 1}]"
    return (
        f"given indices of shape {indices} for an array of shape {data}" if data else
        "given indices of another shape than it takes",
        "The first axis of the indices counts the axes of the array that they are for; what is "
        "behind it, the numbers that are gathered.",
        call.step("x", step),
    )  # fmt: skip


@CASES.told(r"Number of indices exceeds output dimension in operator scatter_nd|"
            r"Invalid data, indices, and output shape combination for scatter_nd")  # fmt: skip
def _scattered(call: Call, match: re.Match[str]) -> Told:
    data, indices = (*call.shapes, (), (1,))[:2]
    shape = tuple(numbers(str(call.given.get("shape", ()))))
    step = call.step("x", f"y[:{len(shape)}]")
    if len(indices) == 2 and indices[0] <= len(shape):
        step = call.step(f"mx.nd.ones({indices[1:] + shape[indices[0] :]})", "y")
    return (
        f"given data of shape {data}, indices of shape {indices} and shape={shape}",
        "The first axis of the indices counts the axes of the result that they are for. The data "
        "have the shape that is behind it, and that of the other axes.",
        step,
    )


@CASES.told(r"Dimension size, depth, must be a non-negative")
def _one_hot(call: Call, match: re.Match[str]) -> Told:
    return (f"given depth={call.given.get('depth')}", "It is the number of classes.",
            call.step(depth=10).replace("depth=10)", "depth=10), for 10 classes"))  # fmt: skip


@CASES.told(r"k must be smaller than (\d+), get k = (-?\d+)")
def _top(call: Call, match: re.Match[str]) -> Told:
    return (f"asked for the {match[2]} largest of {match[1]}", "The axis holds fewer.",
            call.step(k=int(match[1])))  # fmt: skip


# ---------------------------------------------------------------------------------------------
# New arrays


@CASES.told(r"Range does not support step=0|Invalid range \(start, stop, step\)")
def _range(call: Call, match: re.Match[str]) -> Told:
    start, stop, step = (call.given.get(name) for name in ("start", "stop", "step"))
    right = step or 1
    if stop is not None and start is not None and (stop - start) * right < 0:
        right = -right
    return (
        f"asked for a range from {start} to {stop} by {step:g}",
        "It would hold no number, or never come to its end.",
        f"mx.nd.arange({start}, {stop}, {right:g}).",
    )  # fmt: skip


@CASES.told(r"Number of sequence should be non-negative, received (-?\d+)")
def _linspace(call: Call, match: re.Match[str]) -> Told:
    start, stop = (call.given.get(name, at) for at, name in enumerate(("start", "stop")))
    return (f"asked for {match[1]} numbers", "num says how many numbers there are.",
            f"mx.nd.linspace({start}, {stop}, {-int(match[1])}).")  # fmt: skip


@CASES.told(r"Size of tensor you are trying to allocate is larger than 2\^31 elements")
def _too_large(call: Call, match: re.Match[str]) -> Told:
    shape = call.given.get("shape", ())
    half = (-(-shape[0] // 2), *shape[1:]) if isinstance(shape, tuple) and shape else (1,)
    size = re.search(r"\((\d+) vs\.", call.scene.message)
    return (
        f"asked for {size[1]} numbers" if size else "asked for more than 2147483647 numbers",
        "This build of MXNet counts the numbers of an array with 31 bits: 2147483647 at the most.",
        f"Two arrays or more in its place{f', such as two of shape {half}' if shape else ''}.",
    )


@CASES.told(r"shape dim size must be >= -1, while received (-\d+)|"
            r"Operator (?P<op>_zeros|_ones|_full|_random_\w+) inferring shapes failed")  # fmt: skip
def _no_size(call: Call, match: re.Match[str]) -> Told | None:
    name = "reps" if "reps" in call.given else "shape"
    asked = call.given.get(name)
    sizes = asked if isinstance(asked, tuple) else (asked,) if isinstance(asked, int) else None
    if sizes is None:
        return None
    right = tuple(abs(size) or 1 for size in sizes) or (1,)
    given = "x, " if name == "reps" else ""
    step = f"{call.name}({given}{name}={right!r})."
    if not sizes or (0 in sizes and min(sizes) == 0):
        step += (
            f" An array of the shape {sizes} needs NumPy's rules: with mx.util.np_shape(): "
            f"x = {call.name}({sizes})."
        )
    return f"asked for {name}={asked!r}", "A size is a whole number, 1 or more.", step


# ---------------------------------------------------------------------------------------------
# Random values

_POSITIVE = {  # what a message says: the call that is right
    "scale parameter in gaussian": "normal(0, {0}, shape=shape)",
    "alpha parameter in gamma": "gamma({0}, 1, shape=shape)",
    "beta parameter in gamma": "gamma(1, {0}, shape=shape)",
    "lambda parameter in exponential": "exponential({0}, shape=shape)",
    "lambda parameter in poisson": "poisson({0}, shape=shape)",
    "k parameter in negative binomial": "negative_binomial({0}, 0.5, shape=shape)",
    "p parameter in negative binomial": "negative_binomial(1, {0}, shape=shape)",
    "mu parameter in generalized": "generalized_negative_binomial({0}, 1, shape=shape)",
    "alpha parameter in generalized": "generalized_negative_binomial(1, {0}, shape=shape)",
}


@CASES.when(r"\((?P<a>\S+) vs\. (?P<b>\S+)\) : (?:low must be less or equal to high|"
            rf"(?P<which>{'|'.join(_POSITIVE)}))")  # fmt: skip
def _parameters(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    drawn = _drawn(scene)
    if drawn is not None:
        return [drawn]
    late = "MXNet draws in the background, and tells of it where values are read."
    if not match["which"]:
        low, high = match["b"], match["a"]
        return [Finding(
            "Random numbers", f"asked for from {low} to {high}", f"The range is empty. {late}",
            f"mx.nd.random.uniform({high}, {low}, shape=shape).",
        )]  # fmt: skip
    name = match["which"].split()[0]
    code = _POSITIVE[match["which"]].format(match["a"].lstrip("-") if match["a"] != "0" else 1)
    return [Finding(
        "Random numbers", f"asked for with {name}={match['a']}", f"{name} is positive. {late}",
        f"mx.nd.random.{code}.",
    )]  # fmt: skip


def _drawn(scene: Scene) -> Finding | None:
    """The parameter that was to be drawn so, where a net is at hand."""
    held = [scene.parameter, *(v for v in users_values(scene) if isinstance(v, gluon.Parameter))]
    nets = [v for v in users_values(scene) if isinstance(v, gluon.Block)]
    nets += [one for one in (net_of(p) for p in held if p is not None) if one is not None]
    nets.sort(key=lambda net: len(paths.sites(net)), reverse=True)  # the whole net first
    for site in (site for net in nets for site in paths.sites(net)):
        filler = past_of(site.parameter).initializer
        arguments = arguments_of(filler) if isinstance(filler, mx.init.Initializer) else None
        wrong = [v for v in (arguments or {}).values() if isinstance(v, (int, float)) and v < 0]
        if arguments is None or not wrong:
            continue
        right = ", ".join(
            f"{name}={abs(value) if isinstance(value, (int, float)) else value!r}"
            for name, value in arguments.items()
        )
        return _filled_so(site, filler, f"mx.init.{type(filler).__name__}({right})")
    return None


def _filled_so(site: paths.Site, filler: Any, right: str) -> Finding:
    step = f"net.initialize({right}, force_reinit=True)."
    if made_with(site.parameter) is filler:
        name = site.path.rpartition(".")[2]
        made = f"nn.{type(site.owner).__name__}(..., {name}_initializer={right})"
        step = f"{made}, and build the net anew."
    return Finding(
        site.path, f"to be filled by {describe(filler)}, which draws from a range that is empty",
        "A deviation or bound is positive. MXNet draws in the background, and tells of it where "
        "values are read.", step,
    )  # fmt: skip


@CASES.told(r"Output type does not match requested type|Output type must be float16, float32")
def _drawn_type(call: Call, match: re.Match[str]) -> Told:
    out: Any = call.scene.local("_imperative_invoke", "original_output")
    kind = getattr(getattr(out, "dtype", None), "__name__", "another type")
    right = kind if kind.startswith("float") else "float32"
    target = "out" if kind.startswith("float") else f"mx.nd.zeros({tuple(out.shape)})"
    return (
        f"asked for {call.given.get('dtype', 'real numbers')} in an array of {kind}",
        "What is drawn is written into out, and must be of its type: float16, float32 or float64.",
        f"{call.name}(dtype={right!r}, out={target}).",
    )


@CASES.told(r"Operator _sample_(?P<op>\w+) inferring shapes failed")
def _sampled(call: Call, match: re.Match[str]) -> Told | None:
    if len(call.shapes) < 2:
        return (
            f"asked for shape={call.given.get('shape')!r}",
            "shape says how many numbers are drawn for each row.",
            f"mx.nd.random.{match['op']}(x, shape=1).",
        )  # fmt: skip
    return (
        f"given arrays of shapes {' and '.join(map(str, call.shapes))}",
        "Each pair of numbers of the two is one distribution: they have one shape.",
        f"mx.nd.random.{match['op']}(x, mx.nd.ones(x.shape)), with numbers of your own in place of "
        "the ones.",
    )


@CASES.told(r"Operator where inferring shapes failed")
def _where(call: Call, match: re.Match[str]) -> Told:
    has = ", ".join(map(str, call.shapes))
    return (
        f"given arrays of shapes {has}" if has else "given arrays of several shapes",
        "The condition has the shape of the other two, or one number for each of their rows.",
        f"{call.prefix}where(x.broadcast_like(y), y, z) where x has size 1 on the axes that "
        "differ; else a condition of their shape.",
    )
