"""What is to be initialized, of which shape, by what and where: told before anything is done."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx
from mxnet import gluon

from .. import devices
from .._gluon import paths
from .._gluon.forward.calls import Shape
from .._gluon.layers import declaring_argument, infers_itself
from .._gluon.parameters import Pending, has_values, may_wait, pending_of
from .._gluon.view import View
from ..devices import names_of
from ..errors import ArgumentError, ShapeError, in_a_line
from ..initializers.base import pasted
from ..initializers.seeded import Seeded
from ..results.text import shape_text
from ..shapes.inference import known_shapes


@dataclass
class Task:
    """One parameter that is to be filled: by which initializer, on which devices."""

    site: paths.Site
    shape: tuple[int, ...]
    chosen: Any  # what fills it, unless the default decides otherwise
    default: Any
    contexts: list[Any]
    data: Any  # values of set_data() that wait for the shape

    def without_seed(self) -> Task:
        """The same, where ``net.initialize(gi.Seeded(...))`` is pending and a newer seed counts."""
        if not isinstance(self.default, Seeded):
            return self
        inner = self.default.inner
        chosen = inner if self.chosen is self.default else self.chosen
        return dataclasses.replace(self, chosen=chosen, default=inner)


def known_shapes_of(
    view: View, inputs: Sequence[Any], run: bool
) -> tuple[Mapping[int, Shape | None], set[int]]:
    """What can be told of each parameter's shape, and which parameters are reached."""
    if inputs or run:
        return known_shapes(view, inputs, run)
    return {id(one): paths.shape_of(one) for one in view.parameters}, set(view.places)


def all_parameters(view: View) -> list[tuple[Any, paths.Site]]:
    """Each parameter and where it sits, in the order in which ``net.initialize`` draws."""
    where = {id(site.parameter): site for site in view.owned}
    try:
        parameters = list(view.net.collect_params().values())
    except AssertionError as error:
        raise ArgumentError(
            f"net has two parameters of one name, which Gluon cannot keep apart: "
            f"{in_a_line(error)}. Give each layer a prefix of its own, or none."
        ) from error
    seen = set(parameters)
    unseen = [
        site for site in view.owned if site.parameter not in seen and not has_values(site.parameter)
    ]
    if unseen:
        raise ArgumentError(
            f"net has the parameter {unseen[0].path} as an attribute, but not among the parameters "
            f"that Gluon knows, net.collect_params(), so that net.initialize() never fills it. "
            f"Make it by self.params.get({unseen[0].parameter.name!r}, shape=...)."
        )
    # A parameter without a place is one that a block takes from outside, through params=.
    return [(p, where.get(id(p)) or paths.Site(p.name, p, None, None)) for p in parameters]


def placed(sites: Sequence[paths.Site]) -> set[Any]:
    """Parameters that wait for an initializer which goes by the paths that it was shown."""
    return {
        site.parameter
        for site in sites
        if not has_values(site.parameter) and _asks_for_path(pending_of(site.parameter))
    }


def _asks_for_path(pending: Pending | None) -> bool:
    initializers = () if pending is None else (pending.chosen, pending.overall)
    return any(getattr(one, "asks_for_path", False) for one in initializers)


def require_one_seed(given: Any, seed: int | None) -> None:
    """Raises ArgumentError where a seed is given beside an initializer that has its own."""
    if seed is not None and isinstance(given, Seeded):
        raise ArgumentError(
            f"seed is {seed}, but init has a seed of its own, {given.seed}. Give one of the two: "
            f"init={pasted(given.inner)} and seed={seed}, or init alone."
        )


def make_tasks(
    parameters: Sequence[tuple[Any, paths.Site]],
    known: Mapping[int, Shape | None],
    used: set[int],
    given: Any,
    contexts: list[Any] | None,
    *,
    force_reinit: bool,
    inputs_given: bool,
) -> tuple[list[Task], list[Task]]:
    """What to fill now, and what can only wait; raises before anything has changed."""
    tasks, later = [], []
    for parameter, site in parameters:
        if has_values(parameter) and not force_reinit:
            if contexts is not None and set(contexts) != set(parameter.list_ctx()):
                raise ArgumentError(
                    f"device is {names_of(contexts)}, but {site.path} has values on "
                    f"{names_of(parameter.list_ctx())}. Move them, net.collect_params()."
                    f"reset_ctx(...), or draw anew, force_reinit=True."
                )
            continue
        shape = known.get(id(parameter)) or paths.shape_of(parameter)
        if shape is not None and None not in shape:
            tasks.append(_task(site, shape, given, contexts))
        elif id(parameter) in used:
            raise _unknown_shape(site, shape, inputs_given)
        elif may_wait(parameter):
            later.append(_task(site, (), given, contexts))
    return tasks, later


def _task(site: paths.Site, shape: Shape, given: Any, contexts: list[Any] | None) -> Task:
    """By whom it is filled: what it was given for itself, else its own, else the global one.

    The global one is ``given``; without it, the one that is pending, else Gluon's default.
    """
    parameter = site.parameter
    sizes = tuple(size for size in shape if size is not None)
    pending = None if has_values(parameter) else pending_of(parameter)
    if pending is not None:
        where = contexts or pending.contexts
        if given is None:
            return Task(site, sizes, pending.chosen, pending.overall, where, pending.data)
        # parameter.initialize(init) gave it one that is neither the global nor its layer's
        has_its_own = pending.chosen is not pending.overall and pending.chosen is not parameter.init
        else_ = given if parameter.init is None else parameter.init
        chosen = pending.chosen if has_its_own else else_
        return Task(site, sizes, chosen, given, where, pending.data)
    default = mx.init.Uniform() if given is None else given
    chosen = default if parameter.init is None else parameter.init
    where = contexts or (parameter.list_ctx() if has_values(parameter) else [devices.device()])
    return Task(site, sizes, chosen, default, where, None)


def _unknown_shape(site: paths.Site, shape: Shape | None, inputs_given: bool) -> ShapeError:
    missing = [str(axis) for axis, size in enumerate(shape or ()) if size is None]
    axes = f"axis {' and '.join(missing)} is unknown" if missing else "not even its rank is known"
    argument = declaring_argument(site.owner)
    kind = type(site.owner).__name__
    declare = f"declare it, {kind}(..., {argument}=...)"
    if not argument:
        declare = "give the full shape where the parameter is made, params.get(..., shape=...)"
    first = (
        f"These inputs do not tell it: {declare}"
        if inputs_given
        else f"Give the shape of a batch, as in gi.force_init(net, (8, 20)); or {declare}"
    )
    also = (
        ""
        if _is_told_by_inference(site.owner)
        else ("; or, where only a run can tell it, gi.force_init(net, ..., run=True)")
    )
    error = ShapeError(
        f"{site.path} has the shape {shape_text(shape)}: {axes}. Nothing has been initialized. "
        f"{first}{also}."
    )
    error.parameter = site.path
    return error


def _is_told_by_inference(block: Any) -> bool:
    """Whether a run of this block would do no more than inference did."""
    kind = type(block)
    usual = isinstance(block, gluon.HybridBlock) and kind.forward is gluon.HybridBlock.forward
    return usual and not infers_itself(block) and not kind.__module__.startswith("mxnet.")
