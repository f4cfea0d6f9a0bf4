"""A parameter's state, values and pending initialization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mxnet as mx
from mxnet import gluon

from .arrays import array_maker
from .choice import filler_and_chooser
from .describe import describe
from .fills import is_listening
from .history import INITIALIZED, REINITIALIZED, past_of
from .places import filling

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


def finish_in_place(parameter: Any) -> None:
    """The same, where it can without the copy that Gluon makes of what has been drawn.

    Gluon draws into one array, copies it to each device, and drops it. Here the first copy on the
    CPU is that array itself.
    """
    pending = pending_of(parameter)
    if pending is None or pending.data is not None or not can_be_filled_directly(parameter):
        return finish(parameter)
    parameter._deferred_init = ()
    with mx.autograd.pause(), filling(parameter):
        array = array_maker().zeros(parameter.shape, dtype=parameter.dtype, ctx=mx.cpu())
        desc = mx.init.InitDesc(parameter.name, {"__init__": pending.chosen})
        mx.init.create(pending.overall)(desc, array)
        parameter._init_impl(_Given(array), pending.contexts)
    return None


class _Given:
    """An array that nobody else will need: it is its own copy, once, on its own device."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self._free = True

    def copyto(self, context: Any) -> Any:
        if self._free and context == self._array.ctx:
            self._free = False
            return self._array
        return self._array.copyto(context)


def give_values(parameter: Any, array: Any, contexts: Sequence[Any]) -> None:
    """Gives it these values on these devices, and gradients, as a draw would."""
    type(parameter)._init_impl(parameter, array, contexts)


def drop_values(parameter: Any, shape: tuple[int, ...]) -> None:
    """Takes its values and gradients away, and settles its shape."""
    parameter._data = parameter._grad = None
    parameter.shape = shape


def can_be_filled_directly(parameter: Any) -> bool:
    """Whether nothing counts on Gluon's own steps: no listener, sparse storage or other class."""
    dense = storages_of(parameter) == ("default", "default")
    return dense and not is_listening() and not _makes_arrays_itself(parameter)


def _makes_arrays_itself(parameter: Any) -> bool:
    """Whether its class has its own way to make values or gradients, not Gluon's."""
    methods = ("_finish_deferred_init", "_init_impl", "_init_grad")
    kind, usual = type(parameter), gluon.Parameter
    return any(getattr(kind, name) is not getattr(usual, name) for name in methods)


def own_values(parameter: Any, array: Any) -> None:
    """Makes this very array, which is on ``cpu(0)``, its values; it waits for nothing any more.

    ``give_values`` copies, and makes gradients; here ``own_gradients`` is still to come.
    """
    parameter._deferred_init = ()
    parameter._ctx_list = [array.ctx]
    parameter._ctx_map = [[], [0]]  # by kind of device and its number: the place in that list
    parameter._data = [array]


def own_gradients(gradients: Sequence[tuple[Any, Any]]) -> None:
    """Makes each array the gradient of its parameter, whose values are on one device."""
    if not gradients:
        return
    for parameter, gradient in gradients:
        parameter._grad = [gradient]
    marked = [(values_of(p), gradient, p.grad_req) for p, gradient in gradients]
    with mx.autograd.pause():
        mx.autograd.mark_variables(*zip(*marked, strict=True))


def prints_its_fills(initializer: Any) -> bool:
    """Whether an initializer says what it fills (``set_verbosity``)."""
    return bool(initializer._verbose)


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
    return bool(parameter._differentiable) and not is_constant(parameter)


def is_constant(parameter: Any) -> bool:
    """Whether it is one of ``get_constant``, which no Trainer changes."""
    return isinstance(parameter, gluon.Constant)


def has_trainer(parameter: Any) -> bool:
    """Whether a Trainer holds it."""
    return parameter._trainer is not None


def parameters_of(trainer: Any) -> list[Any]:
    """What a Trainer trains."""
    return list(trainer._params)


def storages_of(parameter: Any) -> tuple[str, str]:
    """How values and gradient are stored, such as ``("default", "row_sparse")``."""
    return parameter._stype, parameter._grad_stype


def read_whole(parameter: Any) -> None:
    """Lets a sparse parameter hand out all of itself, for good: in a copy of the process.

    MXNet's own would pull the rows from a Trainer's store, and there is none.
    """
    parameter.__dict__["row_sparse_data"] = lambda row_id: parameter._data[0]


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
    filler, source = filler_and_chooser(parameter, chosen, overall, places)
    return describe(filler), source


def devices_of(parameter: Any) -> tuple[str, ...]:
    """The devices on which the parameter is, or will be: ``("cpu(0)",)``."""
    if parameter._data is None and not parameter._deferred_init:
        return ()
    return tuple(str(context) for context in parameter.list_ctx())
