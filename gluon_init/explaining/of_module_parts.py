"""What Module's relatives, its states and its iterators refuse: one case for each kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._gluon.modules import label_names
from ..errors import without_place
from .cases import Cases
from .finding import Finding
from .of_modules import module_of
from .scene import Scene

CASES = Cases()


# ---------------------------------------------------------------------------------------------
# BucketingModule and SequentialModule


@CASES.when(
    r"(\w+) (?:is required for loading BucketingModule|needs? to be provided for "
    r"BucketingModule\.load_dict)|assert (default_bucket_key) is not None"
)
def _bucketing_arguments(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = match[1] or match[2]
    what = {
        "sym_gen": "sym_gen=function of a key that returns symbol, data_names, label_names",
        "default_bucket_key": "default_bucket_key=the largest key, whose arrays serve all buckets",
        "sym_dict": "sym_dict={key: symbol, ...}",
    }.get(name, f"{name}={{name: array, ...}}, as module.get_params() returns")
    return [Finding(
        name, "missing", "A BucketingModule has a symbol for each key, and one set of arrays.",
        f"Give it: {what}.",
    )]  # fmt: skip


@CASES.when(r"Empty BucketingModule cannot be saved")
def _empty_bucketing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "BucketingModule", "without a bucket", "Its symbols are made when it is bound.",
        "module.bind(data_shapes=..., label_shapes=...); module.init_params(); then save it.",
    )]  # fmt: skip


@CASES.when(r'Unknown meta "(\w+)", a typo\?')
def _meta(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "no word of SequentialModule.add", "It knows take_labels and auto_wiring.",
        "module.add(other, take_labels=True, auto_wiring=True).",
    )]  # fmt: skip


@CASES.when(r'Duplicated parameter names: name "(.*?)" in layer (\d+) .*used in layer (\d+)')
def _duplicate(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], f"a parameter of module {match[3]} and of module {match[2]}",
        "SequentialModule keeps the parameters of all its modules in one dictionary, by name.",
        "Give the layers of one of them other names: mx.sym.FullyConnected(..., name='second').",
    )]  # fmt: skip


@CASES.when(r"Attempting to bind an empty SequentialModule")
def _empty_sequential(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "SequentialModule", "without a module", "It binds the modules that it holds.",
        "module.add(mx.mod.Module(symbol, ...)) for each, then bind.",
    )]  # fmt: skip


@CASES.when(
    r"assert len\(data_names\) == len\(my_data_shapes\)",
    file="module/sequential_module.py",
)
def _wiring(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    local = scene.frames[-1][1]
    return [Finding(
        f"data_names={local['data_names']!r}",
        f"of a module that gets {len(local['my_data_shapes'])} arrays",
        "Each module takes what the one before it puts out, and the first one the data.",
        "Let the module before put out as many, or name as many in data_names of the next.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# States


@CASES.when(r"merge_multi_context=True is not supported for get_states|assert not merge_multi_c")
def _merge(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "merge_multi_context", "True", "States stay apart, one for each device.",
        "module.get_states(merge_multi_context=False).",
    )]  # fmt: skip


@CASES.when(r"Only one of states & value can be specified|At least one of states & value|"
            r"assert not states and not value|assert not states and \(not value\)")  # fmt: skip
def _states_and_value(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    neither = "At least" in match[0]
    return [Finding(
        "states and value", "neither given" if neither else "both given",
        "set_states takes arrays, one for each state and device, or one number for all.",
        "module.set_states(value=0), or module.set_states(states=module.get_states(False)).",
    )]  # fmt: skip


@CASES.when(r"assert merge_multi_context is True", file="module/python_module.py")
def _one_context(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "merge_multi_context", "False", "A PythonModule computes in one place.",
        "Leave it out: True is the default.",
    )]  # fmt: skip


@CASES.when(r"PythonModule does not support presliced labels")
def _pre_sliced(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "pre_sliced", "True", "A PythonModule does not divide a batch among devices.",
        "module.update_metric(metric, labels).",
    )]  # fmt: skip


@CASES.when(r"assert len\(shared_group\.execs\) >= len\(self\._context\)", file="module/module.py")
def _fewer_devices(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "shared_module", "on fewer devices than the module that is to share its arrays",
        "Each device of a module takes the arrays of one of the other's devices.",
        "Make both with the same context=[...].",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Devices of groups


@CASES.when(r"length of group2ctxs(\[\w+\])?\s+should be (\d+)|group2ctxs should be list of dict")
def _groups(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    where = match[1] or ""
    return [Finding(
        f"group2ctxs{where}", "not as many as there are contexts" if match[2] else "of no use",
        "It names the devices of each ctx_group of the symbol, for each context of the module.",
        "group2ctxs={'group': [mx.cpu(0)]}: one context in the list, or one for each of context.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# PythonModule


@CASES.when(r"Python module only support write gradient")
def _write(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "grad_req", "not 'write'", "A PythonModule computes its gradients anew each time.",
        "module.bind(..., grad_req='write'), which is the default.",
    )]  # fmt: skip


@CASES.when(r"assert .*_(data|label)_names", file="module/python_module.py")
def _python_names(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module, kind = module_of(scene), match[1]
    names = module.data_names if kind == "data" else label_names(module)
    wanted = ", ".join(f"({name!r}, shape)" for name in names or [])
    return [Finding(
        f"{kind}_shapes", f"not of {names!r}, in this order" if names else "given, and not wanted",
        f"A PythonModule takes what its {kind}_names say.",
        f"module.bind(..., {kind}_shapes={f'[{wanted}]' if names else None}).",
    )]  # fmt: skip


@CASES.when(r"assert len\((data|label)_names\) == 1", file="module/python_module.py")
def _one_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"{match[1]}_names", "not one", "A PythonLossModule takes one array and one label.",
        f"mx.mod.PythonLossModule({match[1]}_names=['{match[1]}']).",
    )]  # fmt: skip


@CASES.when(r"assert callable\(grad_func\)")
def _grad_func(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "grad_func", "no function", "It computes the gradient from scores and labels.",
        "mx.mod.PythonLossModule(grad_func=lambda scores, labels: scores - labels).",
    )]  # fmt: skip


@CASES.when(r"raise NotImplementedError\(\)", file="module/python_module.py")
def _no_grad_func(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.frames[-1][0] != "_backward_impl":
        return []
    return [Finding(
        "PythonLossModule", "without grad_func, in training",
        "It computes no loss by itself: grad_func gives the gradient of the scores.",
        "mx.mod.PythonLossModule(grad_func=lambda scores, labels: mx.nd.softmax(scores) - "
        "mx.nd.one_hot(labels, scores.shape[1])), for classes.",
    )]  # fmt: skip


@CASES.when(r"only integers, slices \(`:`\), ellipsis .* are valid indices")
def _indices(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """NumPy's array, indexed by the labels, which are an NDArray."""
    if scene.local("_backward_impl", "self") is None or scene.file not in (
        "module/python_module.py",
        "",
    ):
        return []
    second = [*list(scene.frames[-1][1])[:2], "scores", "labels"][1]
    return [Finding(
        "grad_func", f"indexing a NumPy array by {second}, which is an NDArray",
        "Module hands over MXNet's arrays, of numbers in float32. NumPy wants whole numbers of its "
        "own as indices.",
        f"{second} = {second}.asnumpy().astype('int64') as the first line of grad_func.",
    )]  # fmt: skip


@CASES.when(r"For a loss module, out_grads should be None")
def _out_grads(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "out_grads", "given to a loss", "A loss is where gradients begin.", "module.backward().",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Iterators, as fit reaches them


@CASES.when(r"(Data|Label) must be list of NDArrays")
def _batch(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"DataBatch.{match[1].lower()}", "no list", "A batch holds one array for each name.",
        "mx.io.DataBatch([data], [label]).",
    )]  # fmt: skip


@CASES.when(r"assert data is not None or allow_empty|assert len\(data\) > 0", file="io/utils.py")
def _no_data(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "NDArrayIter.data", "empty", "An iterator needs one array at least.",
        "mx.io.NDArrayIter({'data': X}, {'softmax_label': y}, batch_size).",
    )]  # fmt: skip


@CASES.when(r"Input must be NDArray, numpy\.ndarray|Invalid type '(.*?)' for (\S+), ")
def _data_type(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    what = match[2] or "data or label"
    return [Finding(
        what, "nothing of which an array can be made",
        "An iterator takes arrays, a list of them, or a dictionary of name and array.",
        "mx.io.NDArrayIter({'data': X}, {'softmax_label': y}, batch_size), X and y being arrays "
        "of numbers.",
    )]  # fmt: skip


@CASES.when(r"`NDArrayIter` only supports ``CSRNDArray``")
def _sparse(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "NDArrayIter", "of sparse data whose last batch is to be filled up",
        "Rows of a sparse array cannot be put together.",
        "mx.io.NDArrayIter(..., last_batch_handle='discard').",
    )]  # fmt: skip


@CASES.when(r"DataIter needs reset")
def _reset(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The iterator", "at its end", "An epoch is over; it does not begin anew by itself.",
        "iterator.reset() before the next epoch.",
    )]  # fmt: skip


@CASES.when(r"Cannot merge batches, as num of outputs is not the same")
def _merge_batches(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "predict", "asked to merge batches of several numbers of outputs",
        "Buckets may have outputs of their own.", "module.predict(..., merge_batches=False).",
    )]  # fmt: skip


@CASES.when(r"Number of entry mismatches between iterators")
def _iterators(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "PrefetchingIter", "of iterators of several lengths", "It takes a batch of each at a time.",
        "Give them as many samples and one batch_size.",
    )]  # fmt: skip


@CASES.when(r"assert self\.n_iter > 0", file="io/")
def _no_iterators(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "PrefetchingIter", "without an iterator", "It reads others ahead.",
        "mx.io.PrefetchingIter(mx.io.NDArrayIter(...)).",
    )]  # fmt: skip


@CASES.when(r"(\w+) can only accept keyword arguments")
def _keywords(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "called with arguments by place", "It takes them by name only.",
        f"mx.io.{match[1]}(name=value, ...): help(mx.io.{match[1]}) lists the names.",
    )]  # fmt: skip


@CASES.when(r"assert isinstance\(v(?:_list)?, (?:list|NDArray)\)", file="monitor.py")
def _statistic(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("toc", "v_list")
    return [Finding(
        "Monitor.stat_func", f"returns {type(given).__name__}",
        "Monitor prints what is in an NDArray, or in a list of them.",
        "mx.mon.Monitor(interval, stat_func=lambda x: x.norm()): without float(), asscalar() or "
        "asnumpy(). Of a number, mx.nd.array([number]).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Metrics, as fit reaches them


@CASES.when(r"Shape of labels (\S+) does not match shape of predictions (\S+)")
def _pairs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    metric: Any = scene.owner(mx.metric.EvalMetric)
    name = type(metric).__name__ if metric is not None else "The metric"
    if isinstance(scene.local("check_label_shapes", "labels"), list):
        return [Finding(
            name, f"given {match[1]} labels and {match[2]} outputs",
            "Module hands all outputs and all labels to the metric, which pairs them in order.",
            "gi.head_metric(metric, 'softmax_output', 'softmax_label') looks at one output and its "
            "label. gi.check_labels(...) tells all pairs.",
        )]  # fmt: skip
    return [Finding(
        name, f"given labels of {match[1]} and predictions of {match[2]}",
        "It needs one label for each prediction.",
        "Give labels of the shape of the predictions without their class axis, or a metric for "
        "arrays, such as 'mse'.",
    )]  # fmt: skip


@CASES.when(r"simple_bind error\. Arguments:\n(.*?)\n(?:Traceback.*)?MXNetError: (.*)")
def _bind_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = ", ".join(line.strip() for line in match[1].splitlines())
    told = without_place(match[2].splitlines()[0]).rstrip(". ")
    operator = re.search(r"Error in operator (\S+):", told)
    sizes = re.search(r"Provided ?= ?\[([\d,]+)\], inferred shape ?= ?\(([\d, ]+)\)", told)
    if sizes is None:
        step = "symbol.infer_shape_partial(...) with these shapes shows how far they reach."
    else:
        step = (
            f"mx.sym.var(name, shape=({sizes[2]})), or without a shape; or data that fit "
            f"({sizes[1]})."
        )
    is_shape = re.search(r"shape|dim|axis|expected \[", told, re.IGNORECASE)
    if not is_shape:
        step = "print(symbol.debug_str()) shows each operator with its inputs."
    return [Finding(
        f"The operator {operator[1]}" if operator else "The symbol",
        "given shapes that it does not take" if is_shape else "refused when it was bound",
        f"{told}. Bound was with {given}.", step,
    )]  # fmt: skip
