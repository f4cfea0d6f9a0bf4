"""The errors and warnings of MXNet's Module: the order of its calls, names, values, sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from ..results.text import some
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_STEPS = {
    "binded": "bind({})",
    "params_initialized": "init_params(mx.init.Xavier()), or set_params(...)",
    "optimizer_initialized": "init_optimizer(optimizer='sgd')",
}
_LACKS = {
    "binded": "not bound",
    "params_initialized": "without parameters",
    "optimizer_initialized": "without an optimizer",
    "inputs_need_grad": "bound without gradients of its inputs",
}


def module_of(scene: Scene) -> Any:
    """The module whose method was running, the outermost: what the user has called."""
    owners = [values.get("self") for _, values in scene.frames]
    return next((one for one in owners if isinstance(one, mx.mod.BaseModule)), None)


def _called(scene: Scene) -> str:
    """The method of the module that was called."""
    for name, values in scene.frames:
        if isinstance(values.get("self"), mx.mod.BaseModule):
            return name
    return "this"


def _kind(module: Any) -> str:
    return type(module).__name__ if module is not None else "Module"


# ---------------------------------------------------------------------------------------------
# The order of the calls: bind, init_params, init_optimizer


@CASES.when(
    r"assert (?:self|shared_module|.*shared_module)\.?.*"
    r"(?:binded|params_initialized|optimizer_initialized|inputs_need_grad)",
    file="module/",
)
def _order(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    asked = [flag for flag in _LACKS if flag in scene.message]
    shared = scene.frames[-1][1].get("shared_module") if "shared" in scene.message else None
    module = shared if shared is not None else scene.frames[-1][1].get("self")
    who = "shared_module" if shared is not None else _kind(module_of(scene))
    missing = lacking(module, asked)
    if not missing or not isinstance(module, mx.mod.BaseModule):
        return []
    call = _called(scene)
    if missing == ["inputs_need_grad"]:
        return [_without_gradients(module, who)]
    return [steps(module, who, missing, call)]


def _without_gradients(module: Any, who: str) -> Finding:
    step = (
        "module.bind(data_shapes=..., label_shapes=..., inputs_need_grad=True, "
        "force_rebind=True); then forward and backward again."
    )
    why = "Only a module that was bound for it keeps the gradients of its data."
    if isinstance(module, mx.mod.SequentialModule):
        why += " SequentialModule itself never notices that it was."
        step = f"{step[:-1]}, and ask the first of its modules: first.get_input_grads()."
    return Finding(who, _LACKS["inputs_need_grad"], why, step)


def lacking(module: Any, asked: Sequence[str]) -> list[str]:
    """What is asked for and not there, and the steps before it that have not been made either."""
    order = list(_STEPS)
    last = max((order.index(flag) for flag in asked if flag in order), default=-1)
    wanted = [*order[: last + 1], *(flag for flag in asked if flag not in order)]
    return [flag for flag in wanted if not getattr(module, flag, False)]


def steps(module: Any, who: str, missing: Sequence[str], call: str) -> Finding:
    """The calls that have to come before."""
    name = "shared_module" if who == "shared_module" else "module"
    before = [
        f"{name}.{_STEPS[flag].format(_shapes(module))}" for flag in missing if flag in _STEPS
    ]
    is_read = isinstance(getattr(type(module), call, None), property)
    return Finding(
        who, " and ".join(_LACKS[flag] for flag in missing if flag in _STEPS),
        "The calls have an order: bind, then the parameters, then the optimizer, then "
        "forward, backward and update. fit makes them all.",
        f"{'; '.join(before)}; then {call}{'' if is_read else '(...)'}.",
    )  # fmt: skip


def _shapes(module: Any) -> str:
    """The arguments of bind, with the names that this module has."""
    if not isinstance(module, mx.mod.Module):  # a BucketingModule would have to call sym_gen
        return "data_shapes=..., label_shapes=..."
    data, labels = (
        ", ".join(f"({name!r}, shape)" for name in names)
        for names in (module.data_names, module.label_names)
    )
    return f"data_shapes=[{data}], label_shapes={f'[{labels}]' if labels else None}"


@CASES.when(r"'NoneType' object has no attribute '\w+'", file="module/")
def _no_executors(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A method that does not ask whether it is bound, and is not; or forward without a batch."""
    module = module_of(scene)
    if _called(scene) == "forward" and scene.local("forward", "data_batch") is None:
        return [Finding(
            "data_batch", "None", "forward was called without one.",
            "module.forward(mx.io.DataBatch([data], [label])).",
        )]  # fmt: skip
    missing = lacking(module, ["binded", "params_initialized"])
    return [steps(module, _kind(module), missing, _called(scene))] if "binded" in missing else []


@CASES.when(r"call bind before (?:initializing the parameters|switching bucket)")
def _not_bound(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    call = _called(scene)
    return [Finding(
        _kind(module_of(scene)), "not bound",
        "Binding makes the arrays of the parameters; before it there is nothing to fill.",
        f"module.{_STEPS['binded'].format(_shapes(module_of(scene)))}; then {call}(...).",
    )]  # fmt: skip


@CASES.when(r"Already bound, ignoring bind\(\)")
def _bound(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "Module", "bound before; this bind() is ignored",
        "The arrays keep the shapes of the first bind().",
        "module.reshape(data_shapes, label_shapes) for another batch size; after init_params, "
        "bind(..., force_rebind=True) for all else. fit binds by itself, and this is well there.",
    )]  # fmt: skip


@CASES.when(r"assert self\._arg_params is None and self\._aux_params is None", file="module/")
def _bound_anew(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "Module", "bound anew before it had parameters",
        "bind(..., force_rebind=True) takes the parameters over; there are none before "
        "init_params. This Module is not bound now, and will not be bound again.",
        f"module = mx.mod.Module(symbol, ...); module.bind({_shapes(module_of(scene))}), once. "
        f"After module.init_params(...) it can be bound anew.",
    )]  # fmt: skip


@CASES.when(r"optimizer already initialized, ignoring")
def _optimizer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "Module", "with an optimizer already; this init_optimizer() is ignored",
        "It goes on with the first one, its learning rate and its momentum.",
        "module.init_optimizer(..., force_init=True) exchanges it.",
    )]  # fmt: skip


@CASES.when(r"Parameters already initialized and force_init=False\. (\w+) call ignored")
def _initialized(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    call = match[1]
    keeps = "draws anew: what was learned is lost" if call == "init_params" else "replaces them"
    return [Finding(
        "Module", f"with parameters already; this {call}() is ignored",
        "The values that are there stay. fit means just that: it goes on with them.",
        f"module.{call}(..., force_init=True) {keeps}.",
    )]  # fmt: skip


@CASES.when(
    r"assert not inputs_need_grad|assert for_training is True|assert self\.for_training|"
    r"re-bind with for_training=True",
    file="module/",
)
def _training(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    asks = scene.local("bind", "inputs_need_grad")
    state = "bound for inference" if asks is None else "asked for gradients without training"
    return [Finding(
        _kind(module_of(scene)), state,
        "Gradients are computed only by a module that was bound for training.",
        "module.bind(data_shapes=..., label_shapes=..., for_training=True, force_rebind=True).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Values


@CASES.when(r"not enough values to unpack|'list' object has no attribute 'items'", file="model.py")
def _checkpoint(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """load_checkpoint and Module.load, of a file in which names have no marks."""
    prefix, epoch = (scene.local("load_params", name) for name in ("prefix", "epoch"))
    if prefix is None:
        return []
    file = f"{prefix}-{epoch:04d}.params"
    return [Finding(
        file, "no file of a checkpoint", "Its names lack the marks arg: and aux:. "
        "net.save_parameters and mx.nd.save write none.",
        f"net.hybridize(); net(x); net.export({prefix!r}, {epoch}) of the Gluon net writes it with "
        f"them, and the symbol. To read it in Gluon: net.load_parameters({file!r}).",
    )]  # fmt: skip


@CASES.when(r"^Invalid param file |not enough values to unpack", file="module/base_module.py")
def _file(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        str(scene.local("load_params", "fname")), "no file of a Module",
        "Its names lack the marks arg: and aux:. net.save_parameters and mx.nd.save write none.",
        "A file of a Gluon net is read by net.load_parameters(file); a Module's is written by "
        "module.save_params(file) or save_checkpoint.",
    )]  # fmt: skip


@CASES.when(r"Params file '(.*?)' is empty")
def _empty_file(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "a file without parameters",
        "It was saved before the module had any, or of a symbol without.",
        "Save it after init_params or fit: module.save_checkpoint(prefix, epoch).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Sizes and devices


@CASES.when(
    r"all data must have the same batch size: batch_size = (\d+), but (\S+) has shape (\(.*\))"
)
def _batches(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[2], f"of shape {match[3]}, and the other data have a batch of {match[1]}",
        "Module cuts the first axis of all data and labels for its devices.",
        f"Give it a first axis of {match[1]}; where its batch is another axis, "
        f"mx.io.DataDesc(name, shape, layout='TN') says so.",
    )]  # fmt: skip


@CASES.when(r"Too many slices|work_load_list|assert len\(work_load_list\)", file="")
def _slices(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if "work_load_list" in match[0]:
        return [Finding(
            "work_load_list", "not as long as context", "It has a share for each device.",
            "Leave it out, for equal shares; or give one number for each context.",
        )]  # fmt: skip
    size = scene.local("_split_input_slice", "batch_size")
    count = len(scene.local("_split_input_slice", "work_load_list") or [])
    state = f"of {size}, for {count} devices" if count else "too small for so many devices"
    return [Finding(
        "The batch", state, "Each device gets a part of the batch, of one sample at least.",
        f"Give a batch of at least {count or 'as many'} samples, or fewer devices in context.",
    )]  # fmt: skip


@CASES.when(r"All data batches in a list need to have the same shape", file="module/")
def _list_of_batches(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "data_batch", "a list of batches of several shapes",
        "forward takes a list for several devices, all of one shape.",
        "Call forward for each batch, or pad them to one shape.",
    )]  # fmt: skip


@CASES.when(
    r"assert shared_module is None|shared_module for BucketingModule is not supported|"
    r"assert isinstance\(shared_module, Module\)|Shared module is not supported"
)
def _shared(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module = module_of(scene)
    if isinstance(module, mx.mod.Module):
        return [Finding(
            "shared_module", "no Module that is bound and has parameters",
            "What is shared are the arrays of a mx.mod.Module, which it has then.",
            "shared_module.bind(...); shared_module.init_params(...); then bind this one with it.",
        )]  # fmt: skip
    return [Finding(
        f"{_kind(module)}.bind(shared_module=...)", "not to be had", "Only Module shares arrays.",
        "Bind it without. To carry values over: module.set_params(*other.get_params()).",
    )]  # fmt: skip


@CASES.when(r"please specify number of epochs")
def _epochs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "num_epoch", "missing", "fit has no default for it.", "module.fit(..., num_epoch=10).",
    )]  # fmt: skip


@CASES.when(r"eval_data must be of type NDArray or DataIter")
def _eval_data(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = type(scene.local("predict", "eval_data")).__name__
    return [Finding(
        "eval_data", f"of type {kind}", "predict takes an iterator, or one array.",
        "module.predict(mx.io.NDArrayIter(X, batch_size=...)).",
    )]  # fmt: skip


@CASES.when(r"grad_req must be one of str, list, tuple, or dict|assert len\(grad_req\)")
def _grad_req(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module = module_of(scene)
    names = module.symbol.list_arguments() if module is not None else []
    return [Finding(
        "grad_req", "neither a word, nor one for each argument",
        f"It is 'write', 'add' or 'null' for all, a dictionary of name and word, or a list with "
        f"one for each of {some(names)}.",
        "module.bind(..., grad_req={'fc_weight': 'null'}) for some; fixed_param_names=[...] of the "
        "Module keeps parameters as they are.",
    )]  # fmt: skip


@CASES.when(r"assert isinstance\(optimizer, opt\.Optimizer\)", file="module/")
def _no_optimizer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = type(scene.local("init_optimizer", "optimizer")).__name__
    return [Finding(
        "optimizer", f"of type {kind}", "It is a name or an mx.optimizer.Optimizer.",
        "module.init_optimizer(optimizer='sgd', optimizer_params={'learning_rate': 0.1}).",
    )]  # fmt: skip


@CASES.when(r"rescale_grad is not normalized to 1\.0/batch_size/num_workers \((\S+) vs\. (\S+)\)")
def _rescale(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    mean = match[2].rstrip(".")
    return [Finding(
        "optimizer.rescale_grad", f"{match[1]}, where {mean} makes a mean over the batch",
        "Of an optimizer that was made outside, Module leaves it as it is: gradients are sums.",
        f"mx.optimizer.create(..., rescale_grad={mean}); or give the name, optimizer='sgd', and "
        f"Module sets it.",
    )]  # fmt: skip
