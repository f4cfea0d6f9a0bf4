"""Initializes every parameter of a net now, from shapes alone, or changes nothing."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .. import devices
from .._arguments import as_initializer, require_flag, require_seed
from .._fork import FailedInCopyError, in_a_copy
from .._gluon import paths, rollback
from .._gluon.fills import acting
from .._gluon.parameters import has_values
from .._gluon.places import note_places
from .._gluon.view import View
from ..drawing.initializer_laws import law_of
from ..errors import ArgumentError, InitError, in_a_line
from ..initializers.seeded import check_paths
from ..results.text import some
from . import plan
from .fill import failed, fill, fill_all, queue_draw
from .plan import Task

_turn = threading.RLock()
"""Who holds it forces; an initializer may force another net meanwhile."""


def _give_a_copy_its_own_turn() -> None:
    """A copy of the process lacks the thread that may hold it, and would wait for ever."""
    global _turn
    _turn = threading.RLock()


os.register_at_fork(after_in_child=_give_a_copy_its_own_turn)


def force_init(
    net: gluon.Block,
    *inputs: mx.nd.NDArray | Sequence[Any] | None,
    init: mx.init.Initializer | str | None = None,
    seed: int | None = None,
    device: mx.Context | Sequence[mx.Context] | None = None,
    force_reinit: bool = False,
    run: bool = False,
) -> gluon.Block:
    """Initializes every parameter that ``net`` will ever use; returns ``net``.

    Shapes suffice: no data is needed, and no forward pass is computed. Either all parameters have
    their values afterwards, or nothing has changed. Parameters that have values already keep them;
    where all do, and ``init`` or ``seed`` was given, a warning says so.
    What the forward pass never reaches, neither in training nor otherwise, is initialized too where
    its shape is known. Where it is not, a warning names it, and it waits, as after
    ``net.initialize``.

    Gradients are zero. With ``seed``, on the CPU of a Linux machine, large ones take no memory
    before they are written to: a net that only predicts needs half as much.

    The draws come in the order of ``net.collect_params()``, so that without ``seed``, under
    ``mx.random.seed``, the values are those of the same net with all shapes declared. With
    ``seed`` they depend on it and on each parameter's path alone (see ``gi.Seeded``).

    An initializer that a parameter or a layer names itself comes before ``init``, as in
    ``net.initialize``. One that is pending since ``net.initialize(...)`` is kept unless ``init``
    is given.

    Threads may call it at once, also on one net: it serves one after the other.

    Args:
        net: any ``gluon.Block``, initialized or not, hybridized or not.
        *inputs: arrays or shapes, as the net takes them; none where all shapes are known.
        init: the global initializer, as in ``net.initialize``; None for the pending one, or else
            Gluon's ``Uniform(0.07)``.
        seed: an integer, at least 0; None to draw from MXNet's random state.
        device: a context or a list of contexts; None for those that are pending, or else
            ``gi.device()``.
        force_reinit: draw anew what has values.
        run: for a net whose shapes only a run can tell: run it once, on zeros, in a copy of the
            process.

    Raises:
        ShapeError: a shape cannot be told, or the inputs do not fit; says which parameter, which
            dimension, and what would tell it.
        ArgumentError: an argument that cannot be used; a net with blocks that Gluon does not see.
        DeviceError: a device that is not there.
        InitError: an initializer fails on its parameter.

    Source: what MXNet's init tutorial does by sending a sample through; HybridBlock.infer_shape.

    """
    view = View(net)
    require_flag(force_reinit, "force_reinit")
    require_flag(run, "run")
    given = None if init is None else as_initializer(init, "init")
    seed = None if seed is None else require_seed(seed)
    plan.require_one_seed(given, seed)
    contexts = devices.contexts_of(device)
    with _turn:
        _force(view, inputs, given, seed, contexts, force_reinit=force_reinit, run=run)
    return net


def _force(
    view: View,
    inputs: Sequence[Any],
    given: Any,
    seed: int | None,
    contexts: list[Any] | None,
    *,
    force_reinit: bool,
    run: bool,
) -> None:
    """``force_init`` with arguments that have been checked, for one thread at a time."""
    unseen = paths.unseen_text(view.net)
    if unseen:
        raise ArgumentError(f"net cannot be initialized as a whole. {unseen}")
    _wait_for_earlier_work()
    sites = view.owned
    parameters = plan.all_parameters(view)
    known, used = plan.known_shapes_of(view, inputs, run)
    found = note_places(view, keep=plan.placed(sites) if given is None else ())
    for asked in (given, *(parameter.init for parameter, _ in parameters)):
        check_paths(asked, found)
    tasks, later = plan.make_tasks(
        parameters, known, used, given, contexts,
        force_reinit=force_reinit, inputs_given=bool(inputs),
    )  # fmt: skip
    devices.require_usable(one for task in tasks for one in task.contexts)
    if seed is not None:
        tasks, later = ([task.without_seed() for task in group] for group in (tasks, later))
    _rehearse(tasks, seed)
    everything = {*view.parameters} | {parameter for parameter, _ in parameters}
    with (
        rollback.all_or_nothing(everything),
        acting("force_init", view.net, forced=force_reinit),
    ):
        fill_all(tasks, seed)
        for task in later:
            queue_draw(task, seed)
    _warn_of_unreached(sites)
    if not tasks and not later and (given is not None or seed is not None):
        _warn_of_no_change(len(parameters))


def _wait_for_earlier_work() -> None:
    try:
        mx.nd.waitall()
    except mx.MXNetError as error:  # MXNet tells it to whoever waits next
        raise InitError(
            f"An operation from before force_init has failed, which comes out only now: "
            f"{in_a_line(error)}. Nothing has been initialized. Mend that operation; to find it, "
            f"call mx.nd.waitall() after each step."
        ) from error


def _rehearse(tasks: Sequence[Task], seed: int | None) -> None:
    """Lets initializers that may fail fill their arrays in a copy of the process first.

    Draws from MXNet's random state cannot be taken back, so a failure must be known before.
    """
    if seed is not None:
        return
    doubtful = [task for task in tasks if task.data is None and not _is_safe(task)]
    if not doubtful:
        return

    def work() -> None:
        for task in doubtful:
            try:
                fill(task, None)
                mx.nd.waitall()
            except InitError as error:
                raise FailedInCopyError(str(error)) from error
            # MXNet's operators fail when one waits for them; some code ends the whole process.
            except (mx.MXNetError, SystemExit, KeyboardInterrupt) as error:
                raise FailedInCopyError(str(failed(task, error))) from error

    try:
        in_a_copy(work)
    except FailedInCopyError as failure:
        raise InitError(failure.what) from None


def _is_safe(task: Task) -> bool:
    """Whether its initializer is MXNet's own and of a known law, so that it cannot fail."""
    own = type(task.chosen).__module__ == "mxnet.initializer" or isinstance(task.chosen, str)
    default = type(task.default).__module__ == "mxnet.initializer"
    try:
        chosen = mx.init.create(task.chosen)
    except AssertionError:
        return False
    return own and default and law_of(chosen, task.shape) is not None


def _warn_of_unreached(sites: Sequence[paths.Site]) -> None:
    left = [site.path for site in sites if not has_values(site.parameter)]
    if left:
        warnings.warn(
            f"force_init left out what the forward pass never reaches, of unknown shape: "
            f"{some(left, 5)}. Take it out of the net, or declare the shape.",
            stacklevel=4,  # this, _force, force_init
        )


def _warn_of_no_change(count: int) -> None:
    why = (
        f"all {count} parameters have values, and keep them. force_reinit=True draws them anew."
        if count
        else "the net has no parameters."
    )
    warnings.warn(
        f"force_init changed nothing: {why}",
        stacklevel=4,  # this, _force, force_init
    )
