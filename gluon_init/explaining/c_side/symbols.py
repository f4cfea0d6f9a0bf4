"""MXNet's C side on symbols, executors, kvstores and operators of one's own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from ..finding import Finding
from ..scene import Scene
from .call import OperatorCases, numbers

CASES = OperatorCases()


# ---------------------------------------------------------------------------------------------
# Symbols


@CASES.when(r"(InferShape|InferType|Symbol\.Compose)\s*Keyword argument name (\S+) not found\.\s*"
            r"Candidate arguments:(.*)")  # fmt: skip
def _no_argument(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    names = re.findall(r"\[\d+\](\S+)", match[3])
    near = difflib.get_close_matches(match[2], names, n=1)
    right = near[0] if near else names[0]
    called = {
        "InferShape": f"symbol.infer_shape({right}=...)",
        "InferType": f"symbol.infer_type({right}=...)",
    }.get(match[1], f"symbol({right}=other)")
    return [Finding(
        match[2], "no argument of the symbol", f"It has {', '.join(names)}.", f"{called}."
    )]  # fmt: skip


@CASES.when(r"General composition only support kwargs for now")
def _by_place(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = scene.local("__call__", "self")
    name = symbol.list_arguments()[0] if symbol is not None else "data"
    return [Finding(
        "The symbol", "called with symbols that have no names",
        "What stands for which argument goes by names.", f"symbol({name}=other).",
    )]  # fmt: skip


@CASES.when(r"c_api_symbolic\.cc.*not implemented")
def _symbolic_gradient(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "symbol.gradient", "not in MXNet 1.9.1", "Gradients of a symbol come from an executor.",
        "executor = symbol.simple_bind(mx.cpu(), data=shape); executor.forward(is_train=True); "
        "executor.backward(mx.nd.ones(executor.outputs[0].shape)); executor.grad_dict.",
    )]  # fmt: skip


@CASES.when(r"Error in operator (\S+?): [Ss]hape inconsistent, Provided ?= ?(\[[\d,]+\]), inferred "
            r"shape=([\[(][\d,]+[\])])")  # fmt: skip
def _inferred(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.net is not None:
        return []
    has, wants = numbers(match[2]), numbers(match[3])
    given = scene.local("bind", "args") or scene.local("_infer_shape_impl", "kwargs") or {}
    if isinstance(given, list):
        given = dict(zip(scene.local("bind", "self").list_arguments(), given, strict=False))
    named = given.items() if isinstance(given, dict) else []
    names = [name for name, one in named if tuple(getattr(one, "shape", one) or ()) == has]
    return [Finding(
        names[0] if names else f"An argument of {match[1]}",
        f"of shape {has}, and the operator {match[1]} asks for {wants}",
        "The operator tells it from its first input and its own arguments.",
        f"Give {names[0] if names else 'it'} the shape {wants}, or leave it out.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Executors


@CASES.when(r"Because the last operator is not Loss function, head_gradient is required")
def _no_head(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "executor.backward()", "called without a gradient to begin with",
        "The symbol does not end in a loss, so that the pass cannot tell how the output counts.",
        "executor.backward(mx.nd.ones(executor.outputs[0].shape)); or end the symbol in "
        "mx.sym.MakeLoss(...).",
    )]  # fmt: skip


@CASES.when(r"New shape of arg: (\S+) is larger than original")
def _larger(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "to become larger than the executor was made for",
        "reshape() uses the memory that is there, unless it may get more.",
        f"executor.reshape(partial_shaping=True, allow_up_sizing=True, {match[1]}=shape).",
    )]  # fmt: skip


@CASES.when(r"Incompatible attr in node  at 0-th output: expected \[([\d,]*)\], got \[([\d,]*)\]")
def _into_another(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    has, wants = numbers(match[1]), numbers(match[2])
    name = scene.local("copy_params_from", "name")
    if name is not None:
        return [Finding(
            str(name), f"of shape {wants} in the executor, and {has} in what is given",
            "The values come from another symbol. What came before is set already.",
            f"executor.copy_params_from({{{name!r}: array}}), with an array of shape {wants}.",
        )]  # fmt: skip
    return [Finding(
        f"An array of shape {has}", f"written into one of shape {wants}",
        "Both must be of one shape.", "y = x.copy(), in place of x.copyto(y) or out=y.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Kvstores


@CASES.when(r"duplicate init of key (\w+)")
def _initialized_twice(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    key = _key(match[1])
    return [Finding(
        f"The key {key}", "initialized before",
        "A key is initialized once; later values are pushed.",
        f"kv.push({key}, array).",
    )]  # fmt: skip


def _key(text: str) -> str:
    return text if text.isdigit() else repr(text)


@CASES.when(r"key (\w+) (?:doesn't exist\. Did you init|has not been inited)|"
            r"Check failed: !is_none\(\)")  # fmt: skip
def _not_initialized(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    key = match[1] or scene.local("push", "key") or scene.local("pull", "key")
    if key is None:
        return []
    shown = _key(str(key))
    return [Finding(
        f"The key {shown}", "not in the kvstore", "init tells its shape, and its first values.",
        f"kv.init({shown}, array), then kv.push({shown}, array) and kv.pull({shown}, out=array).",
    )]  # fmt: skip


@CASES.when(r"Mixed key types are not allowed")
def _mixed_keys(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    key = scene.local("init", "key")
    return [Finding(
        "The kvstore", "given numbers and texts for keys", "Its keys are of one kind.",
        f"kv.init({str(key)!r}, array)." if isinstance(key, int) else "kv.init(0, array).",
    )]  # fmt: skip


@CASES.when(r"PullRowSparse expects row_sparse src|Expected row_sparse storage type for\s+row_sp"
            r"arse_pull values|storage type detected during kvstore push: (\d)")  # fmt: skip
def _kept_otherwise(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    key = scene.local("row_sparse_pull", "key") or scene.local("push", "key")
    shown = _key(str(key)) if key is not None else "key"
    if match[1]:
        return [Finding(
            f"The key {shown}", "pushed as csr", "A kvstore takes dense and row_sparse arrays.",
            f"kv.push({shown}, array.tostype('default')).",
        )]  # fmt: skip
    if "src" in match[0]:
        return [Finding(
            f"The key {shown}", "dense, and pulled by rows",
            "Single rows come from a key that was initialized with a row_sparse array.",
            f"kv.pull({shown}, out=array), which brings all of it.",
        )]  # fmt: skip
    return [Finding(
        f"The key {shown}", "to be pulled by rows into a dense array",
        "What takes single rows is row_sparse.",
        f"kv.row_sparse_pull({shown}, out=mx.nd.sparse.zeros('row_sparse', shape), row_ids=rows).",
    )]  # fmt: skip


@CASES.when(r"Unknown type for gradient compression (\S+)|threshold must be greater than 0")
def _compression(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "Gradient compression",
        f"of type {match[1]!r}" if match[1] else "with a threshold that is not positive",
        "MXNet knows '2bit': what lies beyond the threshold counts as the threshold.",
        "{'type': '2bit', 'threshold': 0.5}.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Others


@CASES.when(r"Cannot find custom operator (\w+)|Required argument `op_type` is missing")
def _custom(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = match[1] or "name"
    return [Finding(
        f"The operator {match[1]!r}" if match[1] else "Custom",
        "not registered" if match[1] else "called without op_type",
        "Custom runs an operator of your own, by the name under which its class is registered.",
        f"Put @mx.operator.register({name!r}) above its mx.operator.CustomOpProp; then "
        f"mx.nd.Custom(x, op_type={name!r}).",
    )]  # fmt: skip


@CASES.when(r"kWriteInplace is expected for sparse (\w+)")
def _sparse_update(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "given a row_sparse gradient, and no out",
        "Only the rows of the gradient change, so that the weight is changed in place.",
        f"mx.nd.{match[1]}(weight, ..., out=weight).",
    )]  # fmt: skip


@CASES.when(r"Profiler hasn't been run\. Config and start profiler first")
def _profiler(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "mx.profiler.dump", "called before anything was measured", "",
        "mx.profiler.set_config(profile_all=True, filename='profile.json'); "
        "mx.profiler.set_state('run'), the work, then mx.profiler.dump().",
    )]  # fmt: skip
