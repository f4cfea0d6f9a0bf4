"""One training step's signals, measured in a copy of the process, so that nothing here changes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import mxnet as mx
import numpy as np

from .. import errors
from .._fork import FailedInCopyError, in_a_copy
from .._gluon.arrays import array_maker
from .._gluon.blocks import children, own_parameters
from .._gluon.forward.calls import Call, watch_calls
from .._gluon.layers import is_gluons_own, unit_axis
from .._gluon.parameters import (
    give_values,
    has_values,
    let_wait,
    pending_of,
    read_whole,
    storages_of,
    values_of,
)
from .._gluon.view import View

Values = np.ndarray[Any, Any]
Loss = Callable[..., Any]


@dataclass(frozen=True)
class Measured:
    """What is measured of an output or a gradient; ``alive`` units are not dead.

    ``distinct`` is the share of living units that differ from one another; ``zeros`` names what is
    zero in the layer itself, its gamma or weight, or is empty.
    """

    path: str
    kind: str
    layer: bool
    shape: tuple[int, ...]
    mean: float
    std: float
    norm: float
    dead: float
    alive: int
    distinct: float
    finite: bool
    zeros: str = ""


def measure(net: Any, inputs: Sequence[Any], loss: Loss | None, initializer: Any) -> dict[str, Any]:
    """Runs forward (and backward, given a loss) on the CPU, in training mode.

    Args:
        net: the net; in the copy its blocks are not hybridized, so that each can be watched.
        inputs: numpy arrays, nested as the net takes them.
        loss: a function of the net's outputs.
        initializer: None to measure the net as it is; else each copy is drawn anew by it.

    Returns:
        ``outputs`` and ``gradients``, lists of :class:`Measured`, and ``loss``.

    Raises:
        FailedInCopyError: forward, loss or backward fails; names the block.

    """
    view = View(net)
    values = {
        id(parameter): values_of(parameter).asnumpy()
        for parameter in view.parameters
        if has_values(parameter)
    }
    return in_a_copy(lambda: _measure(view, inputs, loss, initializer, values))


def _measure(
    view: View,
    inputs: Sequence[Any],
    loss: Loss | None,
    initializer: Any,
    values: dict[int, Values],
) -> dict[str, Any]:
    """In the copy."""
    warnings.simplefilter("ignore")
    recorder = watch_calls(view)
    try:
        with mx.cpu():
            _prepare(view, initializer, values)
            with mx.autograd.record(train_mode=True):
                result = view.net(*map(_array, inputs))
                total = loss(result) if loss is not None else None
            if total is not None:
                total.backward()
            mx.nd.waitall()
            calls = sorted(recorder.calls, key=lambda call: call.ended)
            return {
                "outputs": _outputs([call for call in calls if call.outputs]),
                "gradients": _gradients(view, calls) if total is not None else [],
                "loss": total.mean().asnumpy().item() if total is not None else None,
            }
    except Exception as error:
        raise FailedInCopyError(errors.in_a_line(error), recorder.current()) from error


def _prepare(view: View, initializer: Any, values: dict[int, Values]) -> None:
    """All values on the CPU, gradients empty; drawn anew where an initializer is given."""
    for parameter in view.parameters:
        pending = pending_of(parameter)
        if pending is not None:
            let_wait(parameter, pending._replace(contexts=[mx.cpu()]))
        elif id(parameter) in values:
            own = array_maker().array(values[id(parameter)], dtype=parameter.dtype)
            give_values(parameter, own, [mx.cpu()])
        if storages_of(parameter)[0] != "default":
            read_whole(parameter)
    if initializer is not None:
        mx.random.seed(0)
        view.net.initialize(initializer, ctx=mx.cpu(), force_reinit=True)


def _array(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_array(one) for one in value]
    return array_maker().array(value, ctx=mx.cpu(), dtype=value.dtype)


def _outputs(calls: Sequence[Call]) -> list[Measured]:
    """Of each call; what a block hands on from inside is called zero for the same reason."""
    found, zeros = [], dict[int, str]()
    for call in calls:  # the innermost first
        output = call.outputs[0]
        zeros[id(output)] = _zeros(call.block) or zeros.get(id(output), "")
        values = np.asarray(output.asnumpy(), dtype=np.float64)
        units = np.moveaxis(values, unit_axis(call.block, values.ndim), 0)
        measured = _measured(call.path, call.block, _is_layer(call), values, units)
        found.append(replace(measured, zeros=zeros[id(output)]))
    return found


def _zeros(block: Any) -> str:
    """The gamma or weight of a layer that lets nothing through, because it is zero."""
    for name, parameter in own_parameters(block).items():
        if name in ("gamma", "weight") and not values_of(parameter).asnumpy().any():
            return name
    return ""


def _is_layer(call: Call) -> bool:
    """Whether it has parameters of its own, or is the innermost and no part of Gluon's layers."""
    caller = call.caller.block if call.caller is not None else None
    if caller is not None and own_parameters(caller) and is_gluons_own(caller):
        return False
    return bool(own_parameters(call.block)) or not children(call.block)


def _gradients(view: View, calls: Sequence[Call]) -> list[Measured]:
    """In the order in which the forward pass first came to each parameter's block."""
    order: dict[int, int] = {}
    for call in sorted(calls, key=lambda call: call.began):
        for parameter in own_parameters(call.block).values():
            order.setdefault(id(parameter), call.began)
    last = len(calls) * 2
    owned = sorted(view.owned, key=lambda site: order.get(id(site.parameter), last))
    rows = []
    for site in owned:
        parameter = site.parameter
        if not has_values(parameter) or parameter.grad_req == "null":
            continue
        gradient = parameter.list_grad()[0]
        if storages_of(parameter)[1] != "default":
            gradient = gradient.tostype("default")
        values = np.asarray(gradient.asnumpy(), dtype=np.float64)
        rows.append(_measured(site.path, site.owner, True, values, values))
    return rows


def _measured(path: str, block: Any, layer: bool, values: Values, by_unit: Values) -> Measured:
    """Mean, standard deviation, Euclidean norm; share of dead and of distinct living units."""
    finite = bool(np.isfinite(values).all())
    dead, distinct, alive = 0.0, 1.0, 0
    if values.ndim and len(by_unit):
        units = by_unit.reshape(len(by_unit), -1)
        living = units[(units != 0).any(axis=1)]
        dead, alive = 1 - len(living) / len(units), len(living)
        distinct = len(np.unique(living, axis=0)) / len(living) if finite and alive else 1.0
    with np.errstate(all="ignore"):
        return Measured(
            path=path, kind=type(block).__name__, layer=layer,
            shape=tuple(map(int, values.shape)),
            mean=float(values.mean()), std=float(values.std()),
            norm=float(np.sqrt((values**2).sum())),
            dead=float(dead), alive=alive, distinct=float(distinct), finite=finite,
        )  # fmt: skip
