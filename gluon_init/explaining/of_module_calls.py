"""What Module and fit are called with and cannot use: callbacks, devices, batches, data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np

from ..results.text import some
from . import of_twins
from .finding import Finding
from .of_iterators import bound_module
from .scene import Scene

CASES = of_twins.CASES  # one list: those who import this module hand it on


# ---------------------------------------------------------------------------------------------
# Callbacks

_EPOCH = "def callback(epoch, symbol, arg_params, aux_params)"
_SLOTS = {
    "batch_end_callback": "def callback(param)",
    "epoch_end_callback": _EPOCH,
    "eval_batch_end_callback": "def callback(param)",
    "eval_end_callback": "def callback(param)",
    "score_end_callback": "def callback(param)",
}


@CASES.when(r"positional arguments?(?: but|:)|not supported between instances of 'dict'")
def _callback(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A callback in the place of one that is called otherwise."""
    callback = scene.local("score", "callback") or scene.local("fit", "callback")
    for called in ("fit", "score"):
        slots = [slot for slot in _SLOTS if _is_in(callback, scene.local(called, slot))]
        if callback is not None and slots:
            return [_in_another_place(callback, slots[0])]
    return []


def _is_in(callback: Any, given: Any) -> bool:
    return any(one is callback for one in (given if isinstance(given, (list, tuple)) else [given]))


def _in_another_place(callback: Any, slot: str) -> Finding:
    name = getattr(callback, "__qualname__", type(callback).__name__).split(".")[0]
    ours = hasattr(mx.callback, name)
    name = name if ours else getattr(callback, "__name__", name)
    if callback is getattr(mx.callback, name, None):
        first = "module, prefix" if name == "module_checkpoint" else "prefix"
        return Finding(
            f"{slot}=mx.callback.{name}", "the function that makes the callback",
            "It is to be called once, and returns what fit calls.",
            f"{slot}=mx.callback.{name}({first}).",
        )  # fmt: skip
    other = "batch_end_callback" if slot == "epoch_end_callback" else "epoch_end_callback"
    step = f"fit(..., {other}=mx.callback.{name}(...))." if ours else f"{_SLOTS[slot]}: ..."
    return Finding(
        f"{slot}={f'mx.callback.{name}(...)' if ours else name}",
        "a callback that takes other arguments" if not ours else f"a callback for {other}",
        f"At the end of an epoch fit hands over {_EPOCH[len('def callback'):]}, at the end of a "
        f"batch one object, with epoch, nbatch and eval_metric.", step,
    )  # fmt: skip


_ARGUMENTS = {"FactorScheduler": "step=1000, factor=0.9", "MultiFactorScheduler": "step=[1000]"}


@CASES.when(r"type object '(\w+)' has no attribute 'base_lr'")
@CASES.when(r"unsupported operand type\(s\) for \*=?: '(\w+Scheduler)' and 'float'")
def _scheduler(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "lr_scheduler", f"the class {match[1]}, where an object is wanted",
        "The optimizer asks it for the learning rate at each step.",
        f"mx.lr_scheduler.{match[1]}({_ARGUMENTS.get(match[1], 'max_update=1000')}), an object.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Devices


@CASES.when(
    r"'(\w+)' object has no attribute 'device_typeid'|object of type '(\w+)' has no len\(\)|"
    r"'str' object cannot be interpreted as an integer|Too many slices"
)
def _context(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module = bound_module(scene)
    given = getattr(module, "_context", None) or scene.local("__init__", "context")
    odd = [one for one in given if _is_odd(one)] if isinstance(given, list) else [given]
    if module is None or not odd or odd == [None]:
        return []
    if isinstance(odd[0], mx.Context):
        kind, number = odd[0].device_type, odd[0].device_id
        return [Finding(
            "context", f"mx.{kind}({number!r}), whose number is a text", "Devices are counted.",
            f"context=mx.{kind}({int(number) if str(number).isdigit() else 0}).",
        )]  # fmt: skip
    right = f"mx.{getattr(given, '__name__', 'cpu')}()"
    if isinstance(given, str):
        right = f"mx.{given if '(' in given else f'{given}()'}"
    elif all(isinstance(one, int) for one in odd):
        right = f"[{', '.join(f'mx.gpu({one})' for one in odd)}]"
    shown = f", {given!r}" if isinstance(given, (str, list)) else ""
    return [Finding(
        "context", f"of type {type(given).__name__}{shown}",
        "Module takes a device of MXNet's, or a list of them.", f"context={right}.",
    )]  # fmt: skip


def _is_odd(given: Any) -> bool:
    if isinstance(given, mx.Context):
        return isinstance(given.device_id, str)
    return True


# ---------------------------------------------------------------------------------------------
# Batches, data and values


@CASES.when(r"object has no attribute 'reset'", file="module/base_module.py")
def _eval_data(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given, module = scene.local("score", "eval_data"), scene.owner(mx.mod.BaseModule)
    if given is None or isinstance(given, mx.io.DataIter):
        return []
    labels = list(getattr(module, "label_names", None) or ["softmax_label"])
    named = "" if labels[0] == "softmax_label" else f", label_name={labels[0]!r}"
    return [Finding(
        "eval_data", f"of type {type(given).__name__}, which is no iterator of MXNet's",
        "score, and fit after each epoch, go through batches of data and labels.",
        f"eval_data=mx.io.NDArrayIter(X, y, batch_size{named}).",
    )]  # fmt: skip


@CASES.when(r"", file="module/module.py")
def _batch(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Something else than a batch, given to forward."""
    batch = scene.local("forward", "data_batch")
    if isinstance(batch, mx.io.DataIter):
        return [Finding(
            "data_batch", f"a {type(batch).__name__}, which holds many batches",
            "forward takes one of them.", "for batch in iterator: module.forward(batch).",
        )]  # fmt: skip
    arrays = batch
    if isinstance(batch, dict):
        arrays = list(batch.values())
    elif isinstance(batch, (mx.nd.NDArray, np.ndarray)):
        arrays = [batch]
    if not isinstance(arrays, list) or not isinstance(arrays[0], (mx.nd.NDArray, np.ndarray)):
        return []
    made = [f"mx.nd.array({n})" if isinstance(one, np.ndarray) else n
            for n, one in zip(["x", "y", "z"], arrays, strict=False)]  # fmt: skip
    return [Finding(
        "data_batch", f"of type {type(batch).__name__}", "forward takes a batch: a list of arrays "
        "for data, and one for labels.", f"module.forward(mx.io.DataBatch([{', '.join(made)}])).",
    )]  # fmt: skip


@CASES.when(r"'numpy\.ndarray' object has no attribute 'copyto'")
def _numpy_values(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Values of parameters in NumPy's arrays, which the executor copies."""
    given = {**(scene.local("copy_params_from", "arg_params") or {}),
             **(scene.local("copy_params_from", "aux_params") or {})}  # fmt: skip
    return values_of_numpy(given)


def values_of_numpy(given: dict[str, Any]) -> Sequence[Finding]:
    """What is to be said of parameters whose values are NumPy's arrays; nothing where none are."""
    names = [name for name, value in given.items() if isinstance(value, np.ndarray)]
    if not names:
        return []
    return [Finding(
        some(names), "given as NumPy's arrays", "Parameters are copied as MXNet's own arrays.",
        "arg_params = {name: mx.nd.array(value) for name, value in arg_params.items()}, and "
        "aux_params likewise.",
    )]  # fmt: skip
