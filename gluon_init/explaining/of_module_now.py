"""What a Module is right now: the calls that it lacks, its names against its symbol, its values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mxnet as mx
import numpy as np

from .._gluon.modules import (
    adding_names,
    at_work,
    copies_of,
    fixed_names,
    label_names,
    optimizer_of,
    parts_of,
    state_names,
)
from .._gluon.symbol_blocks import LABEL_INPUT
from ..labels.check import check_labels
from ..labels.rows import Argument
from ..results.text import some
from .finding import Finding
from .of_module_graph import of_graph, of_norms
from .of_modules import lacking, steps

_LOSSES = {*LABEL_INPUT, "MakeLoss", "make_loss", "BlockGrad", "Custom"}
_ORDER = ("binded", "params_initialized", "optimizer_initialized")


def of_module(module: Any) -> list[Finding]:
    """A finding for each thing that is amiss, then what the module lacks; or that all is well."""
    kind = type(module).__name__
    found = [*_inside(module), *_without_loss(at_work(module)), *_order(module, kind)]
    if found:
        return found
    optimizer = (
        optimizer_of(at_work(module)) if isinstance(at_work(module), mx.mod.Module) else None
    )
    with_it = f" and an optimizer, {type(optimizer).__name__}" if optimizer is not None else ""
    what_for = "training" if _is_for_training(module) else "inference"
    return [Finding(kind, f"bound for {what_for}, with its parameters{with_it}", "", "")]


def _is_for_training(module: Any) -> bool:
    """SequentialModule itself does not note it."""
    return any(part.for_training for part in [module, *parts_of(module)])


def _inside(module: Any) -> list[Finding]:
    """What is amiss in it; of several modules, in each."""
    found = []
    for number, part in enumerate(parts_of(module)):
        found += [replace(one, what=f"module {number}: {one.what}") for one in _inside(part)]
    module = at_work(module)
    if not isinstance(module, mx.mod.Module):
        return found
    return [
        *found, *_names(module), *_bound(module), *_values(module), *_untrained(module),
        *of_graph(module), *of_norms(module),
    ]  # fmt: skip


def _order(module: Any, kind: str) -> list[Finding]:
    """The calls that are still to be made, of those that its purpose needs."""
    to_train = not module.binded or _is_for_training(module)
    missing = lacking(module, _ORDER if to_train else _ORDER[:2])
    if not missing:
        return []
    told = steps(module, kind, missing, "fit" if to_train else "predict")
    return [replace(told, next=told.next.partition("; then fit")[0].rstrip(".") + ".")]


# ---------------------------------------------------------------------------------------------
# Names


def _names(module: Any) -> list[Finding]:
    """Labels and states that are taken for parameters, and names that the symbol has not."""
    symbol = module.symbol
    twins = _twins(symbol)
    if twins:  # nothing else can be told by names
        return twins
    checked = check_labels(
        symbol, module.data_names, label_names(module), state_names=state_names(module)
    )
    return [_of_argument(row) for row in checked.rows if row.problem]


def _of_argument(row: Argument) -> Finding:
    taken = f", taken for a {row.taken_for}" if row.taken_for not in (None, row.role) else ""
    return Finding(row.argument, f"a {row.role}{taken}", row.problem or "", row.remedy or "")


def _twins(symbol: Any) -> list[Finding]:
    """Arguments of one name, which Module cannot keep apart."""
    arguments = symbol.list_arguments()
    twins = list(dict.fromkeys(name for name in arguments if arguments.count(name) > 1))
    if not twins:
        return []
    return [Finding(
        some(twins), "the name of several arguments",
        "Module keeps arrays by their names, and bind fails.",
        f"Give each operator a name of its own. To share one, make it once, "
        f"shared = mx.sym.var({twins[0]!r}), and hand it to each operator.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What it was bound with


def _bound(module: Any) -> list[Finding]:
    if not (module.binded and module.for_training):
        return []
    labels = [name for name in label_names(module) if name in module.symbol.list_arguments()]
    found = []
    if labels and not module.label_shapes:
        shapes = ", ".join(f"({name!r}, shape)" for name in labels)
        found.append(Finding(
            some(labels), "bound without a shape, for training",
            "Module binds zeros in the place of labels that are not supplied, and learns them.",
            f"module.bind(..., label_shapes=[{shapes}], force_rebind=True), and an iterator with "
            f"labels.",
        ))  # fmt: skip
    return found


def _without_loss(module: Any) -> list[Finding]:
    """Outputs of a Module that are no losses, so that backward() needs their gradients."""
    if not isinstance(module, mx.mod.Module) or (module.binded and not module.for_training):
        return []
    graph = json.loads(module.symbol.tojson())
    heads = [graph["nodes"][head[0]] for head in graph["heads"]]
    bare = [node["name"] for node in heads if node["op"] not in _LOSSES]
    if not bare:
        return []
    return [Finding(
        some(bare), "an output that is no loss",
        "Gradients begin at a loss, such as SoftmaxOutput or MakeLoss. fit and backward() fail "
        "where an output has none.",
        "mx.sym.SoftmaxOutput(output, name='softmax'), or mx.sym.MakeLoss(loss), as the symbol's "
        "output. To predict, nothing is to be done.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Values


def _values(module: Any) -> list[Finding]:
    if not (module.binded and module.params_initialized):
        return []
    copies = {name: [one.asnumpy() for one in arrays] for name, arrays in copies_of(module).items()}
    own = module.symbol.attr_dict()
    drawn = {name: one for name, one in copies.items() if "__init__" not in own.get(name, {})}
    return [*_blown_up(copies), *_never_filled(drawn), *_apart(copies)]


def _blown_up(copies: dict[str, list[Any]]) -> list[Finding]:
    blown = [name for name, (first, *_) in copies.items() if not np.isfinite(first).all()]
    if not blown:
        return []
    return [Finding(
        some(blown), "with numbers that are not finite",
        "Data that were not finite, or steps that were too large, have spoiled them.",
        "module.init_params(mx.init.Xavier(), force_init=True), look through the data, and a "
        "smaller learning_rate in optimizer_params.",
    )]  # fmt: skip


def _never_filled(copies: dict[str, list[Any]]) -> list[Finding]:
    empty = [name for name, (first, *_) in copies.items()
             if name.endswith("weight") and not first.any()]  # fmt: skip
    if not empty:
        return []
    return [Finding(
        some(empty), "zeros only",
        "Nothing has filled it: it was missing among the arg_params, and no initializer was given "
        "that draws.",
        "module.init_params(mx.init.Xavier(), arg_params, aux_params, allow_missing=True, "
        "force_init=True) draws what is missing.",
    )]  # fmt: skip


def _apart(copies: dict[str, list[Any]]) -> list[Finding]:
    apart = [
        name
        for name, (first, *others) in copies.items()
        if any(not np.array_equal(first, other, equal_nan=True) for other in others)
    ]
    if not apart:
        return []
    return [Finding(
        some(apart), "different on its devices",
        "All devices should hold one and the same. Something has written to one copy alone.",
        "module.set_params(*module.get_params()) gives all devices the mean.",
    )]  # fmt: skip


def _untrained(module: Any) -> list[Finding]:
    """What no step changes, whether meant or not."""
    fixed = fixed_names(module)
    found = _of_gradients(module, fixed)
    if fixed:
        found.append(Finding(
            some(fixed), "fixed", "It is in fixed_param_names: no step changes it.",
            "If that is not meant, make the Module without it there.",
        ))  # fmt: skip
    return [*found, *_of_rates(module)]


def _of_gradients(module: Any, fixed: Sequence[str]) -> list[Finding]:
    """Gradients that were bound to add up, or to be left out."""
    if not module.binded:
        return []
    adding, asked = adding_names(module), module._exec_group.grad_req  # noqa: SLF001
    found = []
    if adding:
        found.append(Finding(
            some(adding), "adding up its gradients",
            "It was bound with grad_req='add': each backward() adds, and update() does not clear.",
            "After each update(): for arrays in module._exec_group.grad_arrays: for array in "
            "arrays: array[:] = 0. With grad_req='write' nothing piles up.",
        ))  # fmt: skip
    without = [name for name in copies_of(module) if asked.get(name) == "null"]
    without = [name for name in without if name not in fixed and module.for_training]
    if without:
        found.append(Finding(
            some(without), "without a gradient, so that no step changes it",
            "It was bound with grad_req='null'.",
            "module.bind(module.data_shapes, module.label_shapes, grad_req='write', "
            "force_rebind=True). To keep it as it is, fixed_param_names of the Module says so.",
        ))  # fmt: skip
    return found


def _of_rates(module: Any) -> list[Finding]:
    """Parameters whose learning rate is multiplied by 0, in the symbol or by the optimizer."""
    attributes = module.symbol.attr_dict()
    without_rate = [name for name in module.symbol.list_arguments()
                    if float(attributes.get(name, {}).get("__lr_mult__", 1)) == 0]  # fmt: skip
    found = []
    if without_rate:
        found.append(Finding(
            some(without_rate), "never changed", "Its lr_mult is 0 in the symbol.",
            "If that is not meant, mx.sym.var(name, lr_mult=1.0).",
        ))  # fmt: skip
    optimizer = optimizer_of(module) if module.optimizer_initialized else None
    rates = {str(name): rate for name, rate in getattr(optimizer, "lr_mult", {}).items()}
    names = list(copies_of(module)) if module.binded else []
    still = [name for name in names if rates.get(name) == 0 and name not in without_rate]
    if still:
        found.append(Finding(
            some(still), "never changed", "Its lr_mult is 0 on the optimizer, by set_lr_mult.",
            f"If that is not meant, optimizer.set_lr_mult({dict.fromkeys(still, 1.0)!r}) on the "
            f"optimizer that init_optimizer or fit was given.",
        ))  # fmt: skip
    known = [*module.symbol.list_arguments(), *map(str, range(len(names)))]
    unknown = [name for name in rates if names and name not in known]
    if unknown:
        found.append(Finding(
            some(unknown), "in lr_mult of the optimizer, and no parameter of the symbol",
            "set_lr_mult looks for whole names, and leaves out in silence what it does not find.",
            f"optimizer.set_lr_mult({{name: rate}}) with names of {some(names)}.",
        ))  # fmt: skip
    return found
