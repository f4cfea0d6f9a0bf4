"""The errors and warnings of MXNet's Trainer and of what trains with it: splitting, clipping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.gradients import is_new, store_updates, trained_arrays
from .._gluon.layers import declaring_argument, is_gluons_own
from .._gluon.parameters import devices_of, parameters_of, storages_of
from .._gluon.places import net_of
from .._gluon.view import View
from ..results.text import some
from .at_work import named, users_values
from .cases import Cases, site_of
from .finding import Finding
from .scene import Scene, path_in, reached

CASES = Cases()

_FILE = "gluon/trainer.py"


def _told(parameters: Sequence[Any]) -> str:
    """Their paths, in the order of the net: a Trainer sorts them by name."""
    nets = {id(net): net for net in map(net_of, parameters) if net is not None}
    order = [site.parameter for net in nets.values() for site in paths.sites(net)]
    inside = [one for one in dict.fromkeys(order) if any(one is p for p in parameters)]
    rest = [one for one in parameters if not any(one is p for p in inside)]
    told = [path_in(net_of(one), one) for one in [*inside, *rest]]
    return some(told, 3) or "A parameter"


def _held(scene: Scene) -> list[Any]:
    """What the Trainer at work trains; nothing where only its message is known."""
    trainer = scene.owner(gluon.Trainer)
    return [] if trainer is None else parameters_of(trainer)


# ---------------------------------------------------------------------------------------------
# Making a Trainer


@CASES.when(r"First argument must be a list or dict of Parameters", file=_FILE)
def _no_parameters(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    params = scene.local("__init__", "params")
    given, step = _given(params), "gluon.Trainer(net.collect_params(), 'sgd')."
    first = next(iter(params), None) if isinstance(params, (list, tuple)) else params
    if isinstance(params, gluon.Parameter):
        step = "gluon.Trainer([parameter], 'sgd')."
    elif not isinstance(params, (list, tuple, gluon.Block)):
        step = "gluon.Trainer(list(...), 'sgd'), or net.collect_params() itself."
    elif isinstance(first, gluon.Block) and first is not params:
        step = (
            "params = net[0].collect_params(); params.update(net[1].collect_params()); "
            "gluon.Trainer(params, 'sgd')."
        )
    return [Finding(
        "Trainer", f"given {given}",
        "It takes parameters: a dictionary of them, as collect_params() returns, or a list.", step,
    )]  # fmt: skip


def _given(params: Any) -> str:
    if not isinstance(params, (list, tuple)):
        return f"a {type(params).__name__}"
    wrong = next(one for one in params if not isinstance(one, gluon.Parameter))
    return f"a {type(params).__name__} with a {type(wrong).__name__} in it"


@CASES.when(r"All Parameters must be initialized on the same set of contexts, but Parameter (\S+)")
def _apart(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if not _held(scene):
        return [Finding(
            match[1], "on other devices than the rest of the Trainer's parameters",
            "A Trainer trains copies of one net: all its parameters are on the same devices.",
            "net.collect_params().reset_ctx(...) with the devices of all, which keeps the values; "
            "then make the Trainer.",
        )]  # fmt: skip
    by_devices: dict[tuple[str, ...], list[Any]] = {}
    for parameter in _held(scene):
        by_devices.setdefault(tuple(devices_of(parameter)), []).append(parameter)
    told = [f"{', '.join(devices)}: {_told(found)}" for devices, found in by_devices.items()]
    most = max(by_devices, key=lambda devices: (len(by_devices[devices]), len(devices)))
    names = [f"mx.{device}" for device in most]
    ctx = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    apart = [p for devices, found in by_devices.items() if devices != most for p in found]
    return [Finding(
        _told(apart), "on other devices than the rest of the Trainer's parameters",
        f"A Trainer trains copies of one net, so that all its parameters are on the same devices. "
        f"{'; '.join(told)}.",
        f"net.collect_params().reset_ctx({ctx}), which keeps all values; then make the Trainer.",
    )]  # fmt: skip


@CASES.when(r"optimizer_params must be None if optimizer is an instance of Optimizer")
def _two_sets_of_arguments(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("_init_optimizer", "optimizer_params") or {"learning_rate": 0.1}
    made = scene.local("_init_optimizer", "optimizer")
    optimizer = "SGD" if made is None else type(made).__name__
    inside = ", ".join(f"{name}={value!r}" for name, value in given.items())
    return [Finding(
        "Trainer.optimizer_params", f"given beside an {optimizer} that is made already",
        "With them the Trainer makes an optimizer of which it was given the name.",
        f"gluon.Trainer(params, mx.optimizer.{optimizer}({inside})), or gluon.Trainer(params, "
        f"{optimizer.lower()!r}, {given!r}).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Stores


@CASES.when(r"Cannot set update_on_kvstore=False when sparse weights are present")
def _sparse_store(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    held = _held(scene)
    sparse = [p for p in held if storages_of(p)[0] != "default"]
    return [Finding(
        _told(sparse), "row_sparse, and the Trainer was made with update_on_kvstore=False",
        "The rows of such a parameter live in the Trainer's store, which must do the updates.",
        "gluon.Trainer(params, ...) without update_on_kvstore.",
    )]  # fmt: skip


@CASES.when(r"Cannot use <class '([^']+)'> for multi-device training with sparse gradients")
@CASES.when(r"Please set update_on_kvstore=False when training with <class '([^']+)'>")
def _plain_store(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind, held = match[1].rpartition(".")[2], _held(scene)
    if "sparse" in match[0]:
        sparse = [p for p in held if storages_of(p)[1] != "default"]
        return [Finding(
            _told(sparse), f"with row_sparse gradients, which the store {kind} cannot add up",
            "Only MXNet's own stores can.", "gluon.Trainer(params, ..., kvstore='device').",
        )]  # fmt: skip
    return [Finding(
        "Trainer.update_on_kvstore", f"True, with a {kind}, which runs no optimizer",
        "Such a store adds gradients up, and the Trainer itself updates the parameters.",
        "gluon.Trainer(params, ..., update_on_kvstore=False), or without it.",
    )]  # fmt: skip


@CASES.when(r"'NoneType' object has no attribute 'is_capable'", file=_FILE)
def _no_store(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "Trainer.update_on_kvstore", "True, where there is no store",
        "On one device a Trainer makes none, since there is nothing to add up.",
        "gluon.Trainer(params, ...) without update_on_kvstore.",
    )]  # fmt: skip


@CASES.when(r"duplicate init of key \d+", file=_FILE)
@CASES.when(r"duplicate init of key \d+", file="kvstore/")
@CASES.when(r"duplicate init of key \d+", file="base.py")
def _one_store_for_two(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.owner(gluon.Trainer) is None:
        return []
    return [Finding(
        "Trainer.kvstore", "a store that another Trainer has filled already",
        "A store keeps parameters by their number in one Trainer.",
        "Give each Trainer its own: kvstore='device' (a name), or mx.kv.create('device') anew.",
    )]  # fmt: skip


@CASES.when(r"^(allreduce_grads|update)\(\) when parameters are updated on kvstore")
def _store_updates(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    held = _held(scene)
    sparse = [p for p in held if storages_of(p)[0] != "default"]
    devices = devices_of(held[0]) if held else ("several devices",)
    what, state = f"Trainer.{match[1]}", "called where the Trainer's store updates the parameters"
    if sparse:
        return [Finding(
            what, state, f"{_told(sparse)} is row_sparse, and lives in the store.",
            "trainer.step(batch_size), which does both.",
        )]  # fmt: skip
    return [Finding(
        what, state,
        f"The parameters are on {', '.join(devices)}, and with several devices the store updates "
        "them by default. step() does all at once; to do something between the two (clip "
        "gradients, say), the Trainer must update itself.",
        "Make it anew: gluon.Trainer(params, ..., update_on_kvstore=False). The parameters keep "
        "their values; momentum begins anew.",
    )]  # fmt: skip


@CASES.when(r"Cannot save trainer states when some parameters are not yet initialized in kvstore")
def _states_too_early(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    held = _held(scene)
    waiting = [p for p in held if not trained_arrays(p) and p.grad_req != "null"]
    return [Finding(
        _told(waiting), "deferred, and the Trainer's states are to be saved",
        "Its store learns of a parameter once it has values.",
        "Run one batch through the net, then trainer.save_states(file).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Steps


@CASES.when(r"Gradient of Parameter `([^`]+)` on context (\S+) has not been updated", file=_FILE)
def _stale(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    trainer = scene.owner(gluon.Trainer)
    held = [p for p in parameters_of(trainer) if p.grad_req != "null"]
    begun = {id(array) for one in scene.local("_update", "updates") or [] for _, _, array in one}
    new = {p: [is_new(a) or id(a) in begun for a in trained_arrays(p)] for p in held}
    again = "This step has changed nothing, and has used up other gradients."
    if store_updates(trainer):
        again = (
            "This step has changed the parameters nevertheless, by the gradients that were there."
        )
    if not any(any(arrays) for arrays in new.values()):
        return [Finding(
            "trainer.step", "called without a backward pass since the last step",
            "No parameter has a new gradient.",
            "with autograd.record(): loss = loss_of(net(x), y); then loss.backward(); then one "
            "trainer.step(batch_size).",
        )]  # fmt: skip
    stale = [parameter for parameter, arrays in new.items() if not all(arrays)]
    what = _told(stale)
    if all(any(new[parameter]) for parameter in stale):
        return [Finding(
            what, f"without a new gradient on {match[2]}",
            f"No backward pass has run on {match[2]} since the last step. {again}",
            "Feed every device: one loss for each part of gluon.utils.split_and_load(x, ctx_list), "
            "autograd.backward(losses), then trainer.step(batch_size).",
        )]  # fmt: skip
    net = net_of(stale[0])
    used = reached(View(net)) if net is not None else None
    lost = used is not None and all(id(parameter) not in used for parameter in stale)
    why = (
        "The forward pass does not use it."
        if lost
        else "The loss does not depend on it: the forward pass took another way, or stopped the "
        "gradient (detach, asnumpy, pause)."
    )
    return [Finding(
        what, "initialized, but without a new gradient", f"{why} {again}",
        "Use the block in forward. If it is meant to rest, run record() and backward() again, and "
        "then trainer.step(batch_size, ignore_stale_grad=True).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Batches and gradients


@CASES.when(r"data with shape \((.*?)\) cannot be evenly split into (\d+) slices along axis (\d+)")
def _uneven(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    shape = [int(size) for size in re.findall(r"\d+", match[1])]
    size, count = shape[int(match[3])], int(match[2])
    loaded = scene.local("split_and_load", "ctx_list")
    call = "split_and_load(x, ctx_list" if loaded else f"split_data(x, {count}"
    step = f"gluon.utils.{call}, even_split=False), and trainer.step({size}), the whole batch."
    why = "By default all parts must be equally large; the last batch of an epoch often is not."
    if size < count:
        why += " With a device that gets nothing, a step would use its old gradient once more."
        step = (
            "gluon.data.DataLoader(..., last_batch='rollover'), which keeps what is left of an "
            "epoch for the next one."
        )
    return [Finding(
        "The batch", f"of {size}, and split into {count}",
        why,
        step,
    )]  # fmt: skip


@CASES.when(r"assert len\(arrays\) > 0", file="gluon/utils.py")
def _nothing_to_clip(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    nets = [value for value in users_values(scene) if isinstance(value, gluon.Block)]
    held = [site.parameter for net in nets for site in paths.sites(net)]
    if held and all(p.grad_req == "null" for p in held):
        return [Finding(
            "The net", "frozen: no parameter has a gradient", "All have grad_req='null'.",
            "net.collect_params().setattr('grad_req', 'write') for those that are to learn.",
        )]  # fmt: skip
    return [Finding(
        "clip_global_norm", "given an empty list",
        "It takes the gradients of all parameters, and changes them in place.",
        "gluon.utils.clip_global_norm([p.grad() for p in net.collect_params().values() if "
        "p.grad_req != 'null'], max_norm).",
    )]  # fmt: skip


@CASES.when(r"nan or inf is detected\. Clipping results will be undefined")
def _not_finite(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The gradients", "not finite: one holds inf or nan",
        "Their norm is what they are scaled by, so that clipping has made nan or zeros of all. A "
        "step would write nan into the parameters, for good.",
        "if np.isfinite(gluon.utils.clip_global_norm(grads, max_norm)): trainer.step(batch_size), "
        "which leaves such a batch out. Where it comes again and again, lower the learning rate.",
    )]  # fmt: skip


@CASES.when(r"shape dimension size cannot be less than (-?\d+), while received (-?\d+)")
def _negative(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    site, _ = site_of(scene)
    if scene.parameter is None:
        return []
    shape, unknown = tuple(scene.parameter.shape), match[1]
    owner = site.owner if site is not None else None
    if shape[0] < 0 and owner is not None and is_gluons_own(owner):
        return []  # no width of an input, which could be inferred: of_values speaks of it
    argument = declaring_argument(owner) if owner is not None else None
    mended = tuple(int(unknown) if size < 0 else size for size in shape)
    step = f"params.get(..., shape={mended}, allow_deferred_init=True)."
    if argument is not None and is_gluons_own(owner):
        step = f"Make the {type(owner).__name__} without {argument}, so that it is inferred."
    return [Finding(
        site.path if site is not None else scene.parameter.name,
        f"of shape {shape}",
        f"MXNet writes a size that is not known yet as {unknown}; {match[2]} is none."
        + (" (It is -1 under npx.set_np().)" if unknown == "0" else ""),
        step,
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Two kinds of arrays


@CASES.when(r"Found both classic symbol .* and numpy symbol")
@CASES.when(r"Block's output ndarrays/symbols must be of type `mxnet\.numpy\.ndarray`")
def _two_kinds(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = scene.blocks[-1] if scene.blocks else None
    numpy_mode = mx.util.is_np_array() or "output ndarrays" in match[0]
    method = "as_np_ndarray" if numpy_mode else "as_nd_ndarray"
    state = "it returns classic and NumPy arrays together"
    if "output ndarrays" in match[0]:
        state = "it returns classic arrays, after npx.set_np()"
    return [Finding(
        named(scene, block) if block is not None else "A block", state,
        "MXNet has two kinds of arrays. All that a block returns must be of one kind, and of "
        "NumPy's after npx.set_np().",
        f"In its forward, return out.{method}() for each output.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Steps


@CASES.when(r"float division by zero|division by zero", file="gluon/trainer.py")
def _step_of_nothing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "trainer.step", "given a batch size of 0",
        "It divides the gradients by the number of samples that the loss was summed over.",
        "trainer.step(x.shape[0]); where the loss is a mean already, trainer.step(1).",
    )]  # fmt: skip


@CASES.when(r"LRScheduler of the optimizer has already been defined")
def _rate_of_a_scheduler(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "trainer.set_learning_rate", "refused, since a scheduler sets the learning rate",
        "lr_scheduler= was among the optimizer's arguments; at each step it says the rate.",
        "gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1}) without lr_scheduler, "
        "then set_learning_rate works; or another scheduler, trainer.optimizer.lr_scheduler = it.",
    )]  # fmt: skip
