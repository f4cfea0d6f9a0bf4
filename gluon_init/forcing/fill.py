"""Gives parameters their arrays and gradients, and fills them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np

from .._gluon.choice import filler_of
from .._gluon.describe import describe
from .._gluon.history import note_draw
from .._gluon.parameters import (
    Pending,
    can_be_filled_directly,
    drop_values,
    finish_in_place,
    has_values,
    let_wait,
    own_gradients,
    own_values,
    prints_its_fills,
)
from .._gluon.places import noted_paths
from ..drawing import laws, memory, streams
from ..drawing.initializer_laws import law_of
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
    """Initializes one parameter as Gluon does when its shape becomes known."""
    parameter, again = task.site.parameter, has_values(task.site.parameter)
    drop_values(parameter, task.shape)
    queue_draw(task, seed)
    try:
        finish_in_place(parameter)
    except InitError:
        raise
    except Exception as error:
        raise failed(task, error) from error
    if task.data is None:
        note_draw(parameter, task.chosen, task.default, again)


def queue_draw(task: Task, seed: int | None) -> None:
    """Makes a parameter wait for its draw, as ``net.initialize`` does."""
    default = task.default if seed is None else SeededDefault(task.default, seed)
    let_wait(task.site.parameter, Pending(task.chosen, task.contexts, default, task.data))


def failed(task: Task, error: BaseException) -> InitError:
    """The error to raise where an initializer fails on its parameter."""
    filler = filler_of(task.chosen, task.default, noted_paths(task.site.parameter))
    chosen = ""
    if filler is not task.chosen:  # ByPattern's choice, which comes before the layer's own
        kind = type(task.default).__name__
        chosen = f", which the pattern of {kind} that is found in its path has chosen,"
    return InitError(
        f"{describe(filler)}{chosen} failed on {task.site.path} of shape "
        f"{shape_text(task.shape)}: {in_a_line(error)}. Nothing has been initialized. "
        f"Name another initializer for it, or mend this one."
    )


def _plain_law(task: Task) -> laws.Law | None:
    """The law of a parameter that NumPy can draw in place with nobody looking; or None."""
    parameter = task.site.parameter
    if task.data is not None or task.contexts != [mx.cpu(0)]:
        return None
    if not can_be_filled_directly(parameter):
        return None
    if np.dtype(parameter.dtype).kind != "f" or mx.util.is_np_array():
        return None
    default = mx.init.create(task.default)
    asked = type(default).__call__ is not mx.init.Initializer.__call__
    if asked or prints_its_fills(default):
        return None
    return law_of(mx.init.create(task.chosen), task.shape)


def _fill_together(tasks: Sequence[tuple[Task, laws.Law]], seed: int) -> None:
    """All arrays first, then all draws, which share the cores."""
    draws: list[streams.Draw] = []
    gradients: list[tuple[Any, Any]] = []
    with contextlib.closing(memory.Pages()) as pages:
        for task, law in tasks:
            parameter, again = task.site.parameter, has_values(task.site.parameter)
            drop_values(parameter, task.shape)
            array, values = memory.new(task.shape, parameter.dtype)
            own_values(parameter, array)
            key = 0 if law.is_constant else streams.key(seed, task.site.path)
            draws.append(streams.Draw(law, values, key))
            if parameter.grad_req != "null":
                gradient, zeros = memory.new(task.shape, parameter.dtype)
                gradients.append((parameter, gradient))
                if not pages.clear_edges(zeros):
                    draws.append(streams.Draw(_ZERO, zeros, 0))
            note_draw(parameter, task.chosen, task.default, again)
    streams.fill(draws)
    own_gradients(gradients)


class SeededDefault(Seeded):
    """Seeded, standing in for the global initializer, so that traces name that one."""

    def __init__(self, init: Any, seed: int) -> None:
        self.original = init
        super().__init__(init, seed)
