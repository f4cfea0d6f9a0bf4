"""MXNet's C side on storage types, devices, files and what autograd keeps."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from ..finding import Finding
from ..scene import Scene
from .call import Call, OperatorCases, Told

CASES = OperatorCases()

_STORAGE = {"0": "dense", "1": "row_sparse", "2": "csr", "default": "dense"}


# ---------------------------------------------------------------------------------------------
# Storage types


@CASES.told(r"Operator not implemented: operator = (\w+)\s+input storage types = \[(.*?),? *\]")
def _storage_types(call: Call, match: re.Match[str]) -> Told:
    kinds = dict.fromkeys(_STORAGE.get(one.strip(), one.strip()) for one in match[2].split(","))
    has = " and ".join(kinds)
    name = match[1].removeprefix("_sparse_")
    wants = "row_sparse" if name == "retain" else "default"
    code = call.code(*(f"{one}.tostype('default')" for one in "xyz"[: len(call.shapes) or 1]))
    if wants == "row_sparse":
        code = f"mx.nd.sparse.{name}(x.tostype('row_sparse'), y)"
    return (
        f"given arrays that are {has}",
        "It is not written for these storage types.",
        f"{code}.",
    )


@CASES.told(r"(?:Sparse)?Embedding input contains data out of bound")
def _rows(call: Call, match: re.Match[str]) -> Told:
    rows = call.given.get("input_dim")
    return (
        f"given an index that its weight of {rows} rows does not have" if rows else
        "given an index that its weight does not have",
        "Indices run from 0 to input_dim less 1. With a row_sparse weight or gradient MXNet looks, "
        "and may tell of it only where values are read; else it takes the last row.",
        f"indices.clip(0, {int(rows) - 1 if rows else 'input_dim - 1'}), or a larger input_dim.",
    )  # fmt: skip


@CASES.told(r"Non compatible matrix dimensions between inputs B and C for gemm|"
            r"Incomplete (?:weight|bias) tensor detected")  # fmt: skip
def _incomplete(call: Call, match: re.Match[str]) -> Told:
    return (
        "given a row_sparse weight that lacks rows",
        "It computes with all rows, also those that are zero.",
        "weight.tostype('default'), in its place.",
    )  # fmt: skip


@CASES.told(r"sparse dot only supports 2 dimensional (lhs|rhs)")
def _sparse_dot(call: Call, match: re.Match[str]) -> Told:
    arrays = ["x", "y"]
    arrays[match[1] == "rhs"] += ".reshape((0, -1))"
    return (
        "given an array of other axes than two",
        "A sparse array is multiplied with two axes on both sides.",
        f"mx.nd.sparse.dot({', '.join(arrays)}).",
    )  # fmt: skip


@CASES.told(r"Take with CSR array only supports one-dimensional indices")
def _taken_of_csr(call: Call, match: re.Match[str]) -> Told:
    return (
        "given indices of two axes or more, for a csr array",
        "Its rows are taken by a vector of indices. MXNet may tell of it only where values are "
        "read.",
        "mx.nd.take(x, indices.reshape((-1,))).",
    )


@CASES.told(r"Please use elemwise_div for division between csr and dense of the same shape")
def _csr_divided(call: Call, match: re.Match[str]) -> Told:
    return (
        "given a csr array and a dense one of the same shape",
        "It divides a csr array by something that is repeated only.", "mx.nd.elemwise_div(x, y).",
    )  # fmt: skip


_SPARSE = {
    "Shape mismatch of this csr": (
        "a csr array whose parts do not fit", "indptr has one number more than there are rows.",
        "mx.nd.sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, columns)).",
    ),
    "IndPtr of csr NDArray should": (
        "a csr array whose indptr is wrong", "indptr begins with 0, never falls, and ends with the "
        "count of the numbers.", "mx.nd.array(dense).tostype('csr'), which makes the parts itself.",
    ),
    "Indices of csr NDArray should": (
        "a csr array whose column numbers are wrong",
        "The columns of each row are in ascending order, from 0 to their count less 1.",
        "mx.nd.array(dense).tostype('csr'), which makes the parts itself.",
    ),
    "Indices of row_sparse NDArray should": (
        "a row_sparse array whose row numbers are wrong",
        "They are in ascending order, from 0 to the count of rows less 1.",
        "mx.nd.array(dense).tostype('row_sparse'), which makes the parts itself.",
    ),
}  # fmt: skip


@CASES.when("|".join(_SPARSE))
def _malformed(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding("The array", *_SPARSE[match[0]])]


@CASES.when(r"only allow serializing ndarray of default storage type in np shape semantics")
def _sparse_saved(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "A sparse array", "to be saved while NumPy's rules are on (npx.set_np)",
        "Under them the file holds dense arrays only.",
        "mx.nd.save(file, x.tostype('default')); or mx.npx.reset_np() before mx.nd.save(file, x).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Devices


@CASES.when(r"This call is only supported for MXNet built with CUDA support|"
            r"Cannot Free space to a device you have not|compile with USE_NCCL=1")  # fmt: skip
def _needs_cuda(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    step = "mx.context.num_gpus(), which is 0 here, before anything that is for GPUs."
    if "NCCL" in match[0]:
        step = "mx.kv.create('device'), or 'local'."
    return [Finding(
        "A GPU", "asked for, and this MXNet has been built without CUDA",
        "It knows the CPU only.", step,
    )]  # fmt: skip


@CASES.when(r"Input array is in (\S+) while binding with ctx=(\S+)\. All arguments must be in")
def _bound_apart(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    arrays: Any = scene.local("bind", "args")
    if isinstance(arrays, list):
        arrays = dict(zip(scene.local("bind", "self").list_arguments(), arrays, strict=False))
    named = arrays.items() if isinstance(arrays, dict) else []
    names = [name for name, array in named if str(array.context) == match[1]]
    what = ", ".join(names) or "An array"
    return [Finding(
        what, f"on {match[1]}, and bound on {match[2]}", "An executor computes on one device.",
        f"{{name: array.as_in_context(mx.{match[2]}) for name, array in args.items()}} for args.",
    )]  # fmt: skip


@CASES.when(r"find\(\"DMLC_NUM_WORKER")
def _no_cluster(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "A distributed kvstore", "asked for outside of a cluster",
        "Its processes are started by tools/launch.py, which tells them who they are.",
        "mx.kv.create('local'), on one machine.",
    )]  # fmt: skip


@CASES.when(r"static_alloc must be True when static_shape is True")
def _static(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "hybridized with static_shape=True alone",
        "Shapes that never change let MXNet keep its memory, which static_alloc=True asks for.",
        "net.hybridize(static_alloc=True, static_shape=True).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Files


@CASES.when(r"ndarray was (not )?saved in np shape semantics")
def _other_rules(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    file = scene.local("load", "fname") or scene.local("load", "file") or "The file"
    step = "with mx.util.np_shape(True): arrays = mx.nd.load(file)."
    if match[1]:
        step = "mx.npx.reset_np(), then arrays = mx.nd.load(file)."
    return [Finding(
        str(file), f"saved {'without' if match[1] else 'under'} NumPy's rules (npx.set_np), and "
        f"loaded {'under' if match[1] else 'without'} them",
        "Under them 0 is a size; without them it says that a size is not known.", step,
    )]  # fmt: skip


@CASES.when(r"curr_ptr_ \+ size <= buffer_size_")
def _short(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    buffer = scene.local("load_frombuffer", "buf")
    size = f", of {len(buffer)} bytes" if buffer is not None else ""
    return [Finding(
        f"The buffer{size}", "too short for a file of MXNet's arrays",
        "It does not hold all that mx.nd.save wrote, or something else.",
        "mx.nd.load_frombuffer(open(file, 'rb').read()), of a file that mx.nd.save wrote.",
    )]  # fmt: skip


@CASES.when(r"Error at Line \d+, around .*?Expect '(.)' but get|JSONReader: Unknown field (\w+)")
def _no_symbol(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    file = scene.local("load", "fname") or "The text"
    return [Finding(
        str(file), "no symbol of MXNet's",
        "A symbol's file is JSON text with nodes, arg_nodes and heads; net.export writes it as "
        "name-symbol.json, beside name-0000.params, which holds arrays.",
        "mx.sym.load(file) of one that symbol.save(file) or net.export(name) wrote; arrays are "
        "read by mx.nd.load(file).",
    )]  # fmt: skip


@CASES.when(r"Failed loading Op (\S+) of type (\w+): .*is not registered")
def _unknown_operator(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    near = difflib.get_close_matches(match[2], [n for n in dir(mx.sym) if n[0] != "_"], n=1)
    like = f" Most like it is {near[0]}." if near else ""
    return [Finding(
        f"{match[1]} ({match[2]})", "an operator that this MXNet does not have",
        f"The file comes from another version, or from MXNet with a library of operators.{like}",
        f"text.replace('\"{match[2]}\"', '\"{near[0] if near else 'name'}\"'), where that is "
        "meant, and mx.sym.load_json(text).",
    )]  # fmt: skip


@CASES.when(r"Invalid RecordIO File")
def _no_record(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    record = scene.local("read", "self")
    return [Finding(
        "The file" if record is None else record.uri.value.decode(),
        "no file of records", "It does not begin as those do that MXRecordIO writes.",
        "record = mx.recordio.MXRecordIO(file, 'w'); record.write(data); record.close(), then read "
        "that.",
    )]  # fmt: skip


@CASES.when(r"Cannot find any files that matches the URI pattern (\S+)|"
            r"GetPathInfo: (\S+) error: No such file")  # fmt: skip
def _no_match(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1] or match[2], "a file that is not there",
        "A relative name is looked for in the folder in which Python runs.",
        "Give the name of a file that is there; os.getcwd() tells the folder.",
    )]  # fmt: skip


@CASES.when(r"data size in CSV do not match size of shape: specified shape=(\S+), the csv row-len"
            r"gth=(\d+)")  # fmt: skip
def _csv(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "CSVIter",
        f"told that a row has shape {match[1].strip(',')}, and it has {match[2]} numbers",
        "data_shape says what one row of the file becomes.",
        f"mx.io.CSVIter(..., data_shape=({match[2]},)).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What autograd keeps


@CASES.when(r"Operator _backward_(\w+) is non-differentiable because it didn't register FGradient")
def _second_gradient(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"The gradient of {match[1]}", "to be differentiated, which MXNet cannot",
        "create_graph=True records the gradient too; only some operators have a second one: +, -, "
        "*, /, exp, log, sin, cos, tanh, sigmoid, relu, square, sqrt, dot and a few more.",
        "Leave create_graph=True out; or write the layer with those, such as F.tanh(x) in place of "
        "nn.Activation('tanh').",
    )]  # fmt: skip


@CASES.when(r"CachedOp does not support higher order gradients")
def _second_of_hybrid(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "A hybridized net", "to be differentiated twice",
        "create_graph=True needs the single operators; a hybridized net runs as one.",
        "net.hybridize(False), then the forward pass anew.",
    )]  # fmt: skip


@CASES.when(r"Backward shape inconsistent with the forward shape")
def _marked(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "An array", "marked with a gradient of another shape",
        "mark_variables takes for each array a gradient of its shape.",
        "x.attach_grad(), which makes one that fits, before autograd.record().",
    )]  # fmt: skip


@CASES.when(r"TBlob\.get_with_shape: data type do not match specified type\.\s*Expected: (\w+) v\.s"
            r"\. given (\w+)")  # fmt: skip
def _type_of_values(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kinds = {"float": "float32", "double": "float64", "half": "float16"}
    has, wants = (kinds.get(kind, kind) for kind in (match[1], match[2]))
    return [Finding(
        "An array", f"of {has}, where {wants} is computed",
        "The gradient that is given to backward() has the type of its array, and the arrays of an "
        "operator are of one type. MXNet may tell of it only where values are read.",
        f"y.backward(dy.astype({wants!r})).",
    )]  # fmt: skip


@CASES.when(r"operands shape mismatch\s*from\.shape = (\[[\d,]*\]) to\.shape=(\[[\d,]*\])")
def _copied(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    has, wants = match[1].replace(",", ", "), match[2].replace(",", ", ")
    called = {name for name, _ in scene.frames}
    what = f"An array of shape {has.replace('[', '(').replace(']', ')')}"
    state = f"copied into one of shape {wants.replace('[', '(').replace(']', ')')}"
    if called & {"push", "pull", "pushpull"}:
        return [Finding(
            what, state, "A key of a kvstore keeps the shape with which it was initialized.",
            "kv.init(key, array) with the shape that is pushed and pulled, under another key.",
        )]  # fmt: skip
    if "backward" in called:
        return [Finding(
            what, state, "The gradient from which the pass begins has the shape of the output.",
            "executor.backward(mx.nd.ones(executor.outputs[0].shape)).",
        )]  # fmt: skip
    return [Finding(what, state, "Both must be of one shape.", "y = x.copy().")]
