"""MXNet's C side where other modules would take a message for another case: asked first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..finding import Finding
from ..scene import Scene
from .call import Call, OperatorCases, Told, call_of, numbers

CASES = OperatorCases()


@CASES.when(r'Open "([^"]+)": No such file or directory')
def _no_folder(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A file that is to be written, in a folder that is not there."""
    writes = {"save", "save_parameters", "save_params", "export", "save_states", "save_checkpoint"}
    folder = str(Path(match[1]).parent)
    if not writes & {name for name, _ in scene.frames} or Path(folder).is_dir():
        return []
    return [Finding(
        folder, "a folder that is not there",
        f"{Path(match[1]).name} was to be written into it. MXNet makes files, not folders.",
        f"os.makedirs({folder!r}, exist_ok=True), then save again.",
    )]  # fmt: skip


@CASES.when(r"Assigning to NDArrays that are already in a computational graph")
def _out(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """An operator that was called with out=."""
    if scene.local("_imperative_invoke", "original_output") is None or scene.parameter is not None:
        return []
    called = {name for name, _ in scene.frames}
    if called & {"__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__", "copyto"}:
        return []
    call = call_of(scene)
    return [Finding(
        call.what, "given out=, an array that autograd has recorded",
        "Its old values are needed for the gradient.",
        f"z = {call.code()}, without out.",
    )]  # fmt: skip


_AXIS = [
    r"axis must be in the range \[-\d+, (?P<last>\d+)\] \((?P<axis>-?\d+) provided\)",
    r"axis (?P<axis>-?\d+) is out of bounds for array of (?:ndim|dimension) (?P<axes>\d+)",
    r"axis (?P<axis>-?\d+) exceeds the input dimension of (?P<axes>\d+)",
    r"Reduction axis \[?(?P<axis>-?\d+)\]? Exceeds input dimensions \[(?P<shape>[\d,]+)\]",
    r"axis = (?P<axis>-?\d+) out of bounds",
    r"Axis should be in the range of \[-r, r-1\]",
    r"Invalid axis! axis should be between 0 and (?P<axes>\d+), found axis=(?P<axis>-?\d+)",
    r"Check failed: axis < ishape\.ndim\(\) \((?P<axis>-?\d+) vs\. (?P<axes>\d+)\)",
    r"Recieved axis=(?P<axis>-?\d+), src_ndim=(?P<axes>\d+)",
    r"Slice axis: (?P<axis>-?\d+) exceeds (?:first|second) input: (?P<axes>\d+)",
    r"param_?\.axis < dshape\.ndim\(\) \((?P<axis>-?\d+) vs\. (?P<axes>\d+)\)",
]


@CASES.told("|".join(re.sub(r"\?P<\w+>", "?:", pattern) for pattern in _AXIS))
def _axis(call: Call, match: re.Match[str]) -> Told | None:
    """An axis that is not there, of an operator that was called by itself."""
    if call.block is not None or not call.known:
        return None
    found = next(f.groupdict() for f in (re.search(p, match[0]) for p in _AXIS) if f)
    axes = int(found.get("axes") or len(call.shape) or 1)
    names = [key for key in ("axis", "dim", "dim1", "dim2", "axes") if key in call.given]
    wrong = [key for key in names if str(call.given[key]) == found.get("axis")]
    name = (*wrong, *names, "axis")[0]
    given = call.given.get(name)
    right = (
        tuple(a for a in given if -axes <= a < axes) or (-1,) if isinstance(given, tuple) else -1
    )
    return (
        f"asked for {name}={given}, and its input has {axes} axes" if axes > 1 else
        f"asked for {name}={given}, and its input has 1 axis",
        f"Axes are counted from 0, so that {axes - 1} is the last, as is -1.",
        call.step(**{name: right}),
    )  # fmt: skip


@CASES.told(r"Incompatible attr in node \S* ?at (?P<at>\d)-th (?P<which>input|output): expected "
            r"(?P<has>u?int\d+|float\d+), got (?P<other>u?int\d+|float\d+)")  # fmt: skip
def _types(call: Call, match: re.Match[str]) -> Told | None:
    """Two types in one operator that was called by itself, or in a symbol."""
    if call.block is not None or call.scene.net is not None or not call.scene.frames:
        return None
    state = f"given {match['has']} and {match['other']}"
    if match["which"] == "output":
        return state, "out has the type of the result.", f"z = {call.code()}, without out."
    if call.known:
        arrays = ["x", "y", "z"][: max(len(call.shapes), 2)]
        arrays[int(match["at"])] += f".astype({match['has']!r})"
        return state, "All arrays of an operator are of one type.", call.step(*arrays)
    if any(name == "infer_type" for name, _ in call.scene.frames):
        symbol = call.scene.local("infer_type", "self")
        return (
            state, "All arguments of an operator are of one type.",
            f"symbol.infer_type({symbol.list_arguments()[0]}={match['has']!r}); the rest follows.",
        )  # fmt: skip
    return (
        state, "All arrays of an operator are of one type.",
        f"array.astype({match['has']!r}) for each that is {match['other']}.",
    )  # fmt: skip


@CASES.told(r"Incompatible attr in node  at (\d)-th input: expected \[([\d,]+)\], got \[([\d,]+)\]")
def _shapes(call: Call, match: re.Match[str]) -> Told | None:
    """Two shapes in an operator that was called by itself, and that does not repeat."""
    if call.block is not None or call.scene.net is not None or not call.known:
        return None
    first, second = numbers(match[2]), numbers(match[3])
    state = f"given arrays of shapes {first} and {second}"
    why = f"{call.name} takes arrays of one shape."
    pairs = list(zip(reversed(first), reversed(second), strict=False))
    if call.operator.startswith("elemwise_") and all(a == b or 1 in (a, b) for a, b in pairs):
        return (
            state,
            f"{why} Others repeat what has size 1.",
            f"{call.code(called=_broadcast(call))}.",
        )
    arrays = ["x", "y", "z"][: len(call.shapes)]
    arrays[int(match[1])] += f".reshape({first!r})"
    size = other = 1
    for a in first:
        size *= a
    for b in second:
        other *= b
    if size == other:
        return state, why, call.step(*arrays)
    return state, why, f"Give it arrays of shape {first} only."


def _broadcast(call: Call) -> str:
    return call.operator.replace("elemwise_", "broadcast_")


@CASES.told(r"^MXNetError: [Ss]hape inconsistent, Provided ?= ?(\[[\d,]*\]), inferred shape=(\S+)")
def _one_array(call: Call, match: re.Match[str]) -> Told | None:
    """An array of another shape than the operator asks for, which was called by itself."""
    if call.block is not None or call.scene.net is not None or not call.known:
        return None
    has, wants = numbers(match[1]), numbers(match[2])
    state = f"given an array of shape {has}, and it asks for {wants}"
    if call.scene.local("_imperative_invoke", "original_output") is not None:
        return state, "out has the shape of the result.", f"z = {call.code()}, without out."
    sizes = {"Embedding": ("input_dim", "output_dim"), "FullyConnected": ("num_hidden", "")}
    if call.operator == "Embedding" and len(has) == 2:
        return (state, "input_dim and output_dim are together the shape of its weight.",
                call.step(**dict(zip(sizes["Embedding"], has, strict=True))))  # fmt: skip
    at = next((i for i, shape in enumerate(call.shapes) if i and shape == has), 1)
    arrays = ["x", "y", "z"][: max(len(call.shapes), 2)]
    arrays[at] = f"mx.nd.ones({wants!r})"
    return (
        state, "The operator tells it from its first array and its own arguments.",
        f"{call.code(*arrays)}, with values of your own in place of the ones.",
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Binding


@CASES.when(r"grad_req=(\w*) is not a valid input in simple_bind")
def _grad_req(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "grad_req", f"{match[1]!r}, which an executor does not know",
        "It knows 'write', 'add' and 'null'; a dictionary or a list gives each argument its own.",
        "symbol.simple_bind(ctx, grad_req='write', ...).",
    )]  # fmt: skip


@CASES.when(r"length of grad_req list does not match the number of input arguments in simple_bind, "
            r"expected (\d+), provided (\d+)")  # fmt: skip
def _grad_reqs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "grad_req", f"a list of {match[2]}, for {match[1]} arguments",
        "A list has one for each argument of the symbol, in the order of list_arguments().",
        "symbol.simple_bind(ctx, grad_req='write', ...), which is for all.",
    )]  # fmt: skip


@CASES.when(r"simple_bind error.*Input argument NDArray cannot be un-allocated")
def _two_of_a_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = scene.local("simple_bind", "self")
    names = symbol.list_arguments() if symbol is not None else []
    twice = sorted({name for name in names if names.count(name) > 1})
    if not twice or any(name == "bind" for name, _ in scene.frames):
        return []
    return [Finding(
        ", ".join(twice), "the name of two arguments",
        "Arguments go by their names. Two mx.sym.var or two layers of one name are two arguments.",
        f"{twice[0]} = mx.sym.var({twice[0]!r}) once, used twice; or another name for one of them.",
    )]  # fmt: skip


@CASES.when(
    r"simple_bind error.*cannot decide shapes for the following arguments.*inputs:\s*(.*?)\s*$"
)
def _not_told(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("simple_bind", "kwargs") or {}
    symbol = scene.local("simple_bind", "self")
    if symbol is None or any(name == "bind" for name, _ in scene.frames):
        return []
    names = symbol.list_arguments()
    unknown = [name for name in given if name not in names]
    first = next((name for name in names if name not in given), names[0])
    return [Finding(
        ", ".join(unknown) or first,
        "no argument of the symbol" if unknown else "of a shape that nothing tells",
        f"The symbol has {', '.join(names)}; the shapes of its parameters follow from its data.",
        f"symbol.simple_bind(mx.cpu(), {first}=shape).",
    )]  # fmt: skip


@CASES.when(r"simple_bind error.*device of same output not equal to each other")
def _groups(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "group2ctx", "a device that contradicts that of the executor",
        "Each group of nodes runs on its device, and what has no group on the executor's.",
        "symbol.simple_bind(ctx, ...) without group2ctx, on one device.",
    )]  # fmt: skip
