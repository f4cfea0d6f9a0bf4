"""The gradient of a parameter, split into what each use of it contributes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from .. import errors
from .._arguments import is_shape
from .._fork import FailedInCopyError, in_a_copy
from .._gluon import paths
from .._gluon.arrays import array_maker
from .._gluon.blocks import own_parameters
from .._gluon.forward.calls import CallRecorder, flatten, watch_calls
from .._gluon.parameters import give_values, has_values, read_through, storages_of, values_of
from .._gluon.paths import find
from .._gluon.view import View
from ..errors import ArgumentError, InitError, ShapeError
from ..results.table import Column, Table
from ..results.text import shape_text
from .rows import Share

_BEFORE = "(accumulated before)"
_COLUMNS: list[Column[Share]] = [
    Column("used at", "path"),
    Column("norm", "norm", right=True),
    Column("share", "share", right=True),
]


class GradientShares(Table[Share]):
    """What :func:`gradient_shares` returns: a :class:`Share` for each use, in forward order.

    With ``grad_req='add'`` the first row is what had accumulated. Norms of parts that point
    elsewhere do not add up; shares do.

    Attributes:
        path: of the parameter.
        total: the gradient that MXNet leaves in the parameter; a NumPy array.
        error: largest difference between it and the sum of the parts.

    """

    def __init__(self, path: str, parts: Mapping[str, Any], total: Any) -> None:
        self.path = path
        self.total = total
        scale = float((total.astype(np.float64) ** 2).sum()) or 1.0
        self.error = float(np.abs(sum(parts.values()) - total).max())
        self._size = float(np.abs(total).max())
        rows = [
            Share(
                path=use,
                norm=float(np.linalg.norm(part)),
                share=float((part.astype(np.float64) * total).sum() / scale),
                gradient=part,
            )
            for use, part in parts.items()
        ]
        notes = [f"together: norm {np.linalg.norm(total):.4g}, the gradient of {path}"]
        super().__init__(rows, _COLUMNS, notes=notes)
        self.check()

    def check(self) -> None:
        """Raises InitError unless the parts add up to the gradient, but for rounding."""
        if self.error > 1e-3 * max(self._size, 1e-6):
            raise InitError(
                f"The parts of the gradient of {self.path} do not add up to it: they are "
                f"{self.error:.3g} off. Its forward pass is not the same each time."
            )

    def plot(self) -> Any:
        """Draws the share of each use as a bar; a matplotlib figure."""
        from .picture import shares

        return shares(self.path, self.rows)


def gradient_shares(
    net: gluon.Block, path: str, loss: Callable[..., Any], *batch: mx.nd.NDArray | Sequence[Any]
) -> GradientShares:
    """Splits the gradient of a (tied) parameter into the part that each use contributes.

    One training step is computed in a copy of the process, on the CPU: the net, its gradients and
    all random states stay as they are. Each use gets its own copy of the parameter there, whose
    gradient is its part.

    Args:
        net: any initialized ``gluon.Block``.
        path: of the parameter, at any of its places.
        loss: a function of the net's output, and of labels if it takes them, as Gluon's losses.
        *batch: arrays, nested as the net takes them: its inputs, then the labels, as many as
            ``loss`` takes.

    Raises:
        ArgumentError: a path that the net does not have, a parameter without values or gradient,
            too few arrays, a loss of which Python cannot tell what it takes.
        ShapeError: forward, loss or backward fails; names the block.
        InitError: the parts do not add up to the gradient.

    """
    view = View(net)
    site = find(net, path, "path")
    if not has_values(site.parameter):
        raise ArgumentError(
            f"{path} has no values yet. Run a batch through the net, or gi.force_init(net, ...)."
        )
    if site.parameter.grad_req == "null":
        raise ArgumentError(f"{path} is frozen: its grad_req is 'null', so it has no gradient.")
    if not callable(loss):
        raise ArgumentError(f"loss must be a function, but it is of type {type(loss).__name__}.")
    labels = _labels(loss)
    if len(batch) <= labels:
        raise ArgumentError(
            f"batch must be at least one input of the net and then {labels} label array(s), which "
            f"loss takes beside the output, but it has {len(batch)} in all. Give them after loss: "
            f"gi.gradient_shares(net, path, loss, x, y)."
        )
    plain = [_plain(one, f"batch[{number}]") for number, one in enumerate(batch)]
    values = {id(one): values_of(one).asnumpy() for one in view.parameters if has_values(one)}
    before = site.parameter.list_grad()[0].asnumpy() if site.parameter.grad_req == "add" else None
    try:
        found = in_a_copy(
            lambda: _measure(view, site.parameter, loss, plain, labels, values, before)
        )
    except FailedInCopyError as failure:
        where = failure.where or type(net).__name__
        raise ShapeError(f"The training step failed in {where}: {failure.what}.") from None
    parts = {} if before is None else {_BEFORE: before}
    uses = [_use(view, site.parameter, *use) for use in found["uses"]]
    parts.update(_named(uses, found["parts"]))
    return GradientShares(site.path, parts, found["total"])


def _plain(value: Any, where: str) -> Any:
    """An array, or arrays in lists, as NumPy's; raises ArgumentError where it is none."""
    if isinstance(value, (list, tuple)) and not is_shape(value):
        return [_plain(one, f"{where}[{number}]") for number, one in enumerate(value)]
    if not hasattr(value, "shape"):
        raise ArgumentError(
            f"{where} must be an array, since gradients depend on the numbers, but it is {value!r} "
            f"of type {type(value).__name__}."
        )
    return np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)


def _labels(loss: Any) -> int:
    """How many arguments without a default the loss takes beside the output."""
    function = loss.hybrid_forward if hasattr(loss, "hybrid_forward") else loss
    try:
        arguments = inspect.signature(function).parameters.values()
    except (ValueError, TypeError) as error:
        raise ArgumentError(
            f"loss is {loss!r}, and Python cannot tell which arguments that takes. Give a function "
            f"of your own: lambda output: ..., or lambda output, label: ..."
        ) from error
    needed = [
        one
        for one in arguments
        if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    return len(needed) - (2 if hasattr(loss, "hybrid_forward") else 1)


def _use(view: View, parameter: Any, block: str | None, number: int) -> str:
    """What a use is called: the path of the place, and who reads it where that is not its block.

    Args:
        view: of the net.
        parameter: which is used.
        block: the path of the block that read it; None for the loss.
        number: how often this call of the block had read it before.

    """
    places = [site for site in view.sites if site.parameter is parameter]
    if block is None:
        return f"{places[0].path}, in loss"
    reader = dict(view.blocks)[block]
    names = [name for name, one in own_parameters(reader).items() if one is parameter]
    if names and (len(names) == 1 or type(reader).forward is gluon.HybridBlock.forward):
        return paths.join(block, names[number % len(names)])  # Gluon reads them in this order
    if names:
        return " or ".join(paths.join(block, name) for name in names)
    if any(site.owner is reader for site in places):
        return places[0].path
    below = [site.path for site in places if site.path.startswith(f"{block}.")]
    return f"{(below or [places[0].path])[0]}, in {block or type(view.net).__name__}"


def _named(uses: Sequence[str], parts: Sequence[Any]) -> dict[str, Any]:
    named = {}
    for number, (use, part) in enumerate(zip(uses, parts, strict=True)):
        earlier = uses[:number].count(use)
        several = uses.count(use) > 1
        named[f"{use}, call {earlier + 1}" if several else use] = part
    return named


def _measure(
    view: View, parameter: Any, loss: Any, batch: Sequence[Any], labels: int,
    values: Mapping[int, Any], before: Any,
) -> dict[str, Any]:  # fmt: skip
    """In the copy: the step as it is, and once more with an array of its own for each use."""
    recorder = watch_calls(view)
    for one in view.parameters:
        if id(one) in values:
            give_values(one, _array(values[id(one)], one.dtype), [mx.cpu()])
    arrays = [_made(one) for one in batch]
    inputs, targets = arrays[: len(arrays) - labels], arrays[len(arrays) - labels :]
    outputs: list[Any] = []
    uses: list[tuple[str | None, int]] = []  # of which call, by block and number
    copies: list[Any] = []

    def step() -> None:
        mx.random.seed(0)
        outputs.clear()
        with mx.cpu():
            with mx.autograd.record():
                outputs.append(view.net(*inputs))
                total = loss(outputs[0], *targets)
            total.backward()
            mx.nd.waitall()

    def data(ctx: Any = None) -> Any:
        copies.append(_own_copy(parameter))
        path = None if outputs else recorder.current()
        uses.append((path, sum(call.path == path for call in recorder.calls)))
        return copies[-1]

    try:
        if before is not None:
            parameter.list_grad()[0][:] = _array(before, before.dtype)
        step()
        whole = parameter.list_grad()[0].asnumpy()
        read_through(parameter, data)
        step()
    except Exception as error:
        where = _where(view.net, recorder, outputs, targets)
        raise FailedInCopyError(errors.in_a_line(error), where) from error
    return {
        "total": whole,
        "uses": [(use[0], uses[:number].count(use)) for number, use in enumerate(uses)],
        "parts": [own.grad.asnumpy() for own in copies],
    }


def _made(values: Any) -> Any:
    """MXNet's arrays of NumPy's, nested alike."""
    return [*map(_made, values)] if isinstance(values, list) else _array(values, values.dtype)


def _array(values: Any, dtype: Any) -> Any:
    return array_maker().array(values, dtype=dtype)


def _own_copy(parameter: Any) -> Any:
    """A copy of its values with a gradient of the same storage."""
    own = values_of(parameter).copy()
    storage = storages_of(parameter)[1]
    sparse = {} if storage == "default" else {"stype": storage}
    own.attach_grad(**sparse)
    return own


def _where(net: Any, recorder: CallRecorder, outputs: Any, targets: Any) -> str:
    """Where the step failed."""
    if outputs:
        shapes = [shape_text(one.shape) for one in flatten(outputs, mx.nd.NDArray)]
        given = " and ".join(shape_text(one.shape) for one in targets) or "no labels"
        return f"loss, given an output of {' and '.join(shapes)} and {given}"
    path = recorder.current()
    return f"the block {path!r}" if path else type(net).__name__
