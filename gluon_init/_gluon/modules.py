"""What a Module was told and holds: names, parts, arrays on each device, its optimizer."""

from __future__ import annotations

from typing import Any

import mxnet as mx


def parts_of(module: Any) -> list[Any]:
    """The modules of a SequentialModule; of any other, none."""
    return list(module._modules) if isinstance(module, mx.mod.SequentialModule) else []


def at_work(module: Any) -> Any:
    """Of a BucketingModule the Module of the last batch, or None before bind; else the module."""
    return module._curr_module if isinstance(module, mx.mod.BucketingModule) else module


def label_names(module: Any) -> list[str]:
    """What it was told are labels."""
    return list(module._label_names or [])


def state_names(module: Any) -> list[str]:
    """What it was told are states, which it neither draws nor trains."""
    return list(module._state_names or [])


def fixed_names(module: Any) -> list[str]:
    """The parameters that it was told not to train."""
    return list(module._fixed_param_names or [])


def adding_names(module: Any) -> list[str]:
    """Of a bound Module: the parameters whose gradients pile up."""
    group = module._exec_group
    return [name for name in group.param_names if group.grad_req.get(name) == "add"]


def copies_of(module: Any) -> dict[str, list[Any]]:
    """Of a bound Module: parameter → its arrays, one for each device."""
    group = module._exec_group
    return dict(zip(group.param_names, map(list, group.param_arrays), strict=True))


def optimizer_of(module: Any) -> Any:
    """The optimizer that init_optimizer made or took."""
    return module._optimizer
