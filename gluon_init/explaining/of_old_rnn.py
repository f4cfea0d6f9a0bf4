"""The cells of mx.rnn, their parameters in files, and their sequences in buckets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import mxnet as mx

from ..results.text import some
from . import of_executors
from .finding import Finding
from .scene import Scene

CASES = of_executors.CASES  # one list: those who import this module hand it on
_GATE = re.compile(r"_(i2h|h2h)_[a-z]_(weight|bias)$")


# ---------------------------------------------------------------------------------------------
# Parameters: packed for the graph, in parts for people


@CASES.when(r"^'(.*_(?:weight|bias|parameters))'$", file="rnn/")
def _packed_already(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """pack_weights of what is packed, or unpack_weights of what is in parts."""
    call = "pack_weights" if scene.local("pack_weights", "args") is not None else "unpack_weights"
    args = scene.local(call, "args")
    if args is None:
        return []
    prefix, epoch = (scene.local("load_rnn_checkpoint", name) for name in ("prefix", "epoch"))
    what = "parameters" if prefix is None else f"{prefix}-{epoch:04d}.params"
    there = [name for name in args if _GATE.search(name) is None]
    if call == "unpack_weights":
        return [Finding(
            what, f"in parts already: no {match[1]}",
            "unpack_weights takes a graph's arrays apart.",
            "Leave unpack_weights out; cell.pack_weights(arg_params) puts the parts together.",
        )]  # fmt: skip
    step = "Leave pack_weights out."
    if prefix is not None:
        step = f"symbol, arg_params, aux_params = mx.model.load_checkpoint({prefix!r}, {epoch})."
    return [Finding(
        what, f"not in parts: no {match[1]}",
        f"It has {some(there, 4)}, as a graph does, and as module.save_checkpoint writes. "
        f"save_rnn_checkpoint writes each gate by itself, and load_rnn_checkpoint reads only that.",
        step,
    )]  # fmt: skip


def in_another_form(lacking: Sequence[str], given: Mapping[str, Any]) -> Finding | None:
    """Parameters of cells that are given in parts, or as one vector; None where they are not."""
    parts = [name for name in given if _GATE.search(name)]
    whole = [re.sub(r"_[a-z]_(weight|bias)$", r"_\1", name) for name in parts]
    if set(lacking) & set(whole):
        return Finding(
            some(lacking), "of the symbol, and given gate by gate",
            f"save_rnn_checkpoint and unpack_weights take them apart: {some(parts, 2)}. The graph "
            f"has the gates together.",
            "arg_params = cell.pack_weights(arg_params), cell being the one of the symbol; then "
            "the same call.",
        )  # fmt: skip
    vectors = [name for name in given if name.endswith("parameters") and name not in lacking]
    for vector in vectors:
        prefix = vector.removesuffix("parameters")
        if any(name.startswith(prefix) and "2h_" in name for name in lacking):
            return Finding(
                some(lacking), f"of the symbol, and given as one vector, {vector}",
                "A FusedRNNCell keeps all weights in one vector, single cells each by itself.",
                "stack = fused.unfuse(); arg_params = stack.pack_weights(fused.unpack_weights("
                "arg_params)), fused being the FusedRNNCell; then the same call.",
            )  # fmt: skip
    for vector in [name for name in lacking if name.endswith("parameters")]:
        prefix = vector.removesuffix("parameters")
        if any(name.startswith(prefix) and "2h_" in name for name in given):
            return Finding(
                vector, "of the symbol, and given as the weights of single cells",
                "A FusedRNNCell keeps all weights in one vector, single cells each by itself.",
                "stack = fused.unfuse(); arg_params = fused.pack_weights(stack.unpack_weights("
                "arg_params)), fused being the FusedRNNCell; then the same call.",
            )  # fmt: skip
    return None


# ---------------------------------------------------------------------------------------------
# Sequences


@CASES.when(
    r"unroll doesn't allow grouped symbol as input|assert length is None or len\(inputs\) ==",
    file="rnn/",
)
def _unroll(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given, length = (scene.local("_normalize_sequence", name) for name in ("inputs", "length"))
    if given is None:
        return []
    count = len(given)
    is_group = isinstance(given, mx.sym.Symbol)
    what = f"a symbol of {count} outputs" if is_group else f"a list of {count}"
    inputs = "inputs=list(inputs)" if is_group else "inputs=inputs"
    why = "A list has one symbol for each step; a symbol of one output is split by unroll itself."
    return [Finding(
        f"cell.unroll({length}, ...)", f"given {what}", why, f"cell.unroll({count}, {inputs}).",
    )]  # fmt: skip


@CASES.when(r"num_outputs=\d+ evenly sized chunks|Error in operator|Shape of unspecifie arg|"
            r"Incompatible attr in node")  # fmt: skip
def _buckets(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Batches of an iterator of buckets, for a Module with one symbol."""
    batch, buckets = scene.local("forward", "data_batch"), scene.owner(mx.mod.BucketingModule)
    module, iterator = scene.owner(mx.mod.Module), scene.local("fit", "train_data")
    if buckets is not None:
        return _other_default(buckets, iterator)
    key = getattr(batch, "bucket_key", None)
    if key is None:
        return []
    default = getattr(iterator, "default_bucket_key", None)
    if module is None or default is None or key == default:
        return []
    names = f"{module.data_names!r}, {list(module.label_names or [])!r}"
    return [Finding(
        f"A batch of the bucket {key!r}", f"for a Module, whose symbol is made for {default!r}",
        f"{type(iterator).__name__} has batches of several lengths. A Module has one symbol.",
        f"module = mx.mod.BucketingModule(lambda key: (symbol_of(key), {names}), "
        f"default_bucket_key={default!r}), symbol_of(length) being the code that makes the symbol.",
    )]  # fmt: skip


def _other_default(buckets: Any, iterator: Any) -> Sequence[Finding]:
    """A BucketingModule that is bound with the shapes of another key than its own."""
    own, its = buckets._default_bucket_key, getattr(iterator, "default_bucket_key", None)  # noqa: SLF001
    if its is None or own == its:
        return []
    return [Finding(
        f"default_bucket_key={own!r}", f"not that of the {type(iterator).__name__}, {its!r}",
        "fit binds the symbol of this key with the shapes that the iterator tells for its own.",
        f"mx.mod.BucketingModule(sym_gen, default_bucket_key={its!r}).",
    )]  # fmt: skip
