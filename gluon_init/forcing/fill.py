"""Gives parameters their arrays and gradients, and fills them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._gluon.describe import describe
from .._gluon.fills import is_listening
from .._gluon.history import note_draw
from .._gluon.parameters import has_values, values_of
from ..drawing import laws, memory, streams
from ..errors import InitError, in_a_line
from ..initializers.seeded import Seeded
from ..results.text import shape_text
from .plan import Task

_ZERO = laws.single(laws.Point(0.0))


def fill_all(tasks: Sequence[Task], seed: int | None) -> None:
    """Initializes the parameter of each task, in order; with a seed, each from its own stream."""
    together = []
    for task in tasks:
        law = None if seed is None else _plain_law(task)
        if law is not None:
            together.append((task, law))
        else:
            fill(task, seed)
    if seed is not None:
        _fill_together(together, seed)
    mx.nd.waitall()


def fill(task: Task, seed: int | None) -> None:
    """Initializes one parameter as Gluon does, by ``_finish_deferred_init``."""
    parameter, again = task.site.parameter, _empty(task)
    default = task.default if seed is None else SeededDefault(task.default, seed)
    parameter._deferred_init = (task.chosen, task.contexts, default, task.data)
    parameter.__dict__["_init_impl"] = functools.partial(_hand_over, parameter)
    try:
        parameter._finish_deferred_init()
    except InitError:
        raise
    except Exception as error:
        raise failed(task, error) from error
    finally:
        parameter.__dict__.pop("_init_impl", None)
    if task.data is None:
        note_draw(parameter, task.chosen, task.default, again)


def _empty(task: Task) -> bool:
    """Takes a parameter's arrays away and settles its shape; whether there were any."""
    parameter = task.site.parameter
    again = has_values(parameter)
    parameter._data = parameter._grad = None
    parameter.shape = task.shape
    return again


def failed(task: Task, error: BaseException) -> InitError:
    """The error to raise where an initializer fails on its parameter."""
    return InitError(
        f"{describe(task.chosen)} failed on {task.site.path} of shape {shape_text(task.shape)}: "
        f"{in_a_line(error)}. Nothing has been initialized. Name another initializer for it, or "
        f"mend this one."
    )


def _plain_law(task: Task) -> laws.Law | None:
    """The law of a parameter that NumPy can draw in its own memory with nobody looking; or None."""
    if task.data is not None or task.contexts != [mx.cpu(0)] or is_listening():
        return None
    default, parameter = mx.init.create(task.default), task.site.parameter
    asked = type(default).__call__ is not mx.init.Initializer.__call__ or default._verbose
    dense = parameter._stype == parameter._grad_stype == "default"
    usual = type(parameter)._init_grad is mx.gluon.Parameter._init_grad
    if asked or not dense or not usual or mx.util.is_np_array():
        return None
    return laws.law_of(mx.init.create(task.chosen), task.shape)


def _fill_together(tasks: Sequence[tuple[Task, laws.Law]], seed: int) -> None:
    """All arrays first, then all draws, which share the cores."""
    draws: list[streams.Draw] = []
    marked: list[tuple[Any, Any, str]] = []
    with contextlib.closing(memory.Pages()) as pages:
        for task, law in tasks:
            parameter, again = task.site.parameter, _empty(task)
            values = _with_array(parameter, task)
            key = 0 if law.is_constant else streams.key(seed, task.site.path)
            draws.append(streams.Draw(law, values, key))
            if parameter.grad_req != "null":
                gradient = memory.empty(task.shape, parameter.dtype)
                parameter._grad = [gradient]
                marked.append((values_of(parameter), gradient, parameter.grad_req))
                zeros = memory.of(gradient, task.shape, parameter.dtype)
                if not pages.clear_edges(zeros):
                    draws.append(streams.Draw(_ZERO, zeros, 0))
            note_draw(parameter, task.chosen, task.default, again)
    streams.fill(draws)
    if marked:
        with mx.autograd.pause():
            mx.autograd.mark_variables(*zip(*marked, strict=True))


def _with_array(parameter: Any, task: Task) -> laws.Values:
    """Gives a parameter an array that is yet to be filled, and no gradient; returns its memory."""
    parameter._deferred_init = ()
    array = memory.empty(task.shape, parameter.dtype)
    parameter.__dict__["_init_grad"] = _nothing
    try:
        parameter._init_impl(_Given(array), task.contexts)
    finally:
        parameter.__dict__.pop("_init_grad", None)
    return memory.of(array, task.shape, parameter.dtype)


def _nothing() -> None:
    pass


def _hand_over(parameter: Any, data: Any, contexts: Sequence[Any]) -> None:
    """``Parameter._init_impl``, which copies to each device, without the copy nobody needs."""
    type(parameter)._init_impl(parameter, _Given(data), contexts)


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


class SeededDefault(Seeded):
    """Seeded, standing in for the global initializer, so that traces name that one."""

    def __init__(self, init: Any, seed: int) -> None:
        self.original = init
        super().__init__(init, seed)
