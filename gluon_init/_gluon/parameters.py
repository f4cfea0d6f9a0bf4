"""A parameter's state, values and pending initialization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mxnet as mx
from mxnet import gluon

from .choice import choice
from .describe import describe
from .history import INITIALIZED, REINITIALIZED, past_of

UNINITIALIZED = "uninitialized"
DEFERRED = "deferred"
NEVER_REACHED = "never reached"


class Pending(NamedTuple):
    """The draw for which a parameter waits."""

    chosen: Any  # the initializer that fills it, unless ``overall`` decides otherwise
    contexts: list[Any]
    overall: Any  # the global initializer
    data: Any  # values of ``set_data``, which take the draw's place


def has_values(parameter: Any) -> bool:
    """Whether it has numbers now."""
    return parameter._data is not None


def values_of(parameter: Any) -> Any:
    """Its array on the first of its devices; it must have values."""
    return parameter._data[0]


def pending_of(parameter: Any) -> Pending | None:
    """The draw for which it waits; None where it waits for none."""
    return Pending(*parameter._deferred_init) if parameter._deferred_init else None


def let_wait(parameter: Any, pending: Pending) -> None:
    """Makes it wait for this draw."""
    parameter._deferred_init = tuple(pending)


def finish(parameter: Any) -> None:
    """Has Gluon fill a parameter that waits, of known shape."""
    parameter._finish_deferred_init()


def give_values(parameter: Any, array: Any, contexts: Sequence[Any]) -> None:
    """Gives it these values on these devices, and gradients, as a draw would."""
    type(parameter)._init_impl(parameter, array, contexts)


def load_values(parameter: Any, array: Any, contexts: Any) -> None:
    """Gives it values from a file, as Gluon's ``load_parameters`` does."""
    parameter._load_init(array, contexts)


def is_ready(parameter: Any) -> bool:
    """Whether it has values, or has been promised some by ``initialize`` or ``set_data``."""
    return parameter._data is not None or bool(parameter._deferred_init)


def may_wait(parameter: Any) -> bool:
    """Whether Gluon lets it wait for its shape (``allow_deferred_init``)."""
    return bool(parameter._allow_deferred_init)


def is_differentiable(parameter: Any) -> bool:
    """Whether it is trained by its gradient; a running statistic or a constant is not."""
    return bool(parameter._differentiable)


def has_trainer(parameter: Any) -> bool:
    """Whether a Trainer holds it."""
    return parameter._trainer is not None


def storages_of(parameter: Any) -> tuple[str, str]:
    """How values and gradient are stored, such as ``("default", "row_sparse")``."""
    return parameter._stype, parameter._grad_stype


def read_through(parameter: Any, data: Callable[..., Any]) -> None:
    """Lets ``parameter.data`` be this function, for good: in a copy of the process."""
    parameter.__dict__["data"] = data


def twin(parameter: Any, name: str) -> Any:
    """A parameter of another name that is in all else as this one, values and waiting included."""
    copy = gluon.Parameter(
        name, grad_req=parameter.grad_req, shape=parameter._shape, dtype=parameter.dtype,
        lr_mult=parameter.lr_mult, wd_mult=parameter.wd_mult, init=parameter.init,
        allow_deferred_init=parameter._allow_deferred_init,
        differentiable=parameter._differentiable, stype=parameter._stype,
        grad_stype=parameter._grad_stype,
    )  # fmt: skip
    if parameter._data is not None:
        copy._init_impl(parameter._data[0], parameter.list_ctx())
    else:
        copy._deferred_init = parameter._deferred_init
    return copy


def fill_with_zeros_when_used(parameter: Any) -> None:
    """Empties it, and lets its first use fill it with zeros, on the CPU, without a gradient.

    For a copy of the process: it is not taken back.
    """
    zero = mx.init.Zero()
    first_use = _FirstUse(parameter)
    parameter.__dict__.update(_data=None, _grad=None, _grad_req="null", _trainer=None)
    parameter.__dict__.update(_deferred_init=(zero, [mx.cpu()], zero, None), data=first_use)
    parameter.__dict__["row_sparse_data"] = first_use.rows


class _FirstUse:
    """``parameter.data`` that fills the parameter on its first use, once its shape is known."""

    def __init__(self, parameter: Any) -> None:
        self._parameter = parameter

    def __call__(self, ctx: Any = None) -> Any:
        parameter = self._parameter
        if parameter._data is None and all(size > 0 for size in parameter.shape or (0,)):
            parameter._finish_deferred_init()
        return type(parameter).data(parameter, mx.cpu())

    def rows(self, rows: Any) -> Any:
        """``parameter.row_sparse_data``, which without a Trainer there is not: all rows."""
        if self._parameter._data is None:
            self._parameter._finish_deferred_init()
        return self._parameter._data[0]


def state_of(parameter: Any) -> str:
    """``uninitialized``, ``deferred`` (asked for, not yet drawn), or what gave it its values.

    That is ``initialized``, ``re-initialized`` (values that were there were drawn anew),
    ``loaded`` (from a file) or ``set`` (``set_data``). Steps of an optimizer and writing into
    ``data()`` change nothing of it.
    """
    if parameter._data is not None:
        return past_of(parameter).last
    return DEFERRED if parameter._deferred_init else UNINITIALIZED


def initializer_of(parameter: Any, places: Sequence[str]) -> tuple[str | None, str | None]:
    """The initializer that will fill it or has, written as a call, and who chose it.

    None of both where nobody has chosen yet, or where the values did not come from one.
    """
    if parameter._data is not None:
        past = past_of(parameter)
        if past.last not in (INITIALIZED, REINITIALIZED):
            return None, None
        chosen, overall = past.initializer, past.overall
    elif parameter._deferred_init:
        chosen, _, overall, values = parameter._deferred_init
        if values is not None:
            return "set_data()", "parameter"
    else:
        chosen, overall = parameter.init, None
    if chosen is None:
        return None, None
    filler, source = choice(parameter, chosen, overall, places)
    return describe(filler), source


def devices_of(parameter: Any) -> tuple[str, ...]:
    """The devices on which the parameter is, or will be: ``("cpu(0)",)``."""
    if parameter._data is None and not parameter._deferred_init:
        return ()
    return tuple(str(context) for context in parameter.list_ctx())
