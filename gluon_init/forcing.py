"""Initializes every parameter of a net now, from shapes alone, or changes nothing."""

from __future__ import annotations

import contextlib
import functools
import gc
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import mxnet as mx

from . import (
    _history,
    _places,
    _watching,
    devices,
    drawing,
    laws,
    paths,
    planning,
    rollback,
    running,
    streams,
)
from .errors import ArgumentError, InitError, in_a_line
from .initializer_text import describe
from .own_initializer import as_initializer
from .planning import Task
from .seeding import Seeded, check_paths, require_seed
from .tables import shape_text


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Puts Python's search for garbage off: it took a quarter of the time.

    Thousands of objects come into being, all of which stay; each search goes through all of MXNet.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_no_garbage_collection()
def force_init(
    net: Any,
    *inputs: Any,
    init: Any = None,
    seed: int | None = None,
    device: Any = None,
    force_reinit: bool = False,
    run: bool = False,
) -> Any:
    """Initializes every parameter that ``net`` will ever use; returns ``net``.

    Shapes suffice: no data is needed, and no forward pass is computed. Either all parameters have
    their values afterwards, or nothing has changed. Parameters that have values already keep them;
    where all do, and ``init`` or ``seed`` was given, a warning says so.
    What the forward pass never reaches, neither in training nor otherwise, is initialized too where
    its shape is known. Where it is not, a warning names it, and it waits, as after
    ``net.initialize``.

    The draws come in the order of ``net.collect_params()``, so that without ``seed``, under
    ``mx.random.seed``, the values are those of the same net with all shapes declared. With
    ``seed`` they depend on it and on each parameter's path alone (see ``gi.Seeded``).

    An initializer that a parameter or a layer names itself comes before ``init``, as in
    ``net.initialize``. One that is pending since ``net.initialize(...)`` is kept unless ``init``
    is given.

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
    paths.require_block(net)
    unseen = paths.unseen_text(net)
    if unseen:
        raise ArgumentError(f"net cannot be initialized as a whole. {unseen}")
    for name, value in (("force_reinit", force_reinit), ("run", run)):
        if not isinstance(value, bool):
            raise ArgumentError(f"{name} must be True or False, but it is {value!r}.")
    given = None if init is None else as_initializer(init, "init")
    seed = None if seed is None else require_seed(seed)
    planning.require_one_seed(given, seed)
    contexts = devices.contexts_of(device)
    sites = [site for site in paths.sites(net) if site.alias_of is None]
    parameters = planning.all_parameters(net, sites)
    known, used = planning.known(net, inputs, run, sites)
    found = _places.note(net, keep=planning.placed(sites) if given is None else ())
    for asked in (given, *(parameter.init for parameter, _ in parameters)):
        check_paths(asked, found)
    tasks, later = planning.tasks(
        parameters, known, used, given, contexts, force_reinit, bool(inputs)
    )
    if seed is not None:
        tasks, later = ([task.without_seed() for task in some] for some in (tasks, later))
    _rehearse(tasks, seed)
    everything = {site.parameter for site in sites} | {parameter for parameter, _ in parameters}
    with (
        rollback.all_or_nothing(everything),
        _watching.acting("force_init", net, forced=force_reinit),
    ):
        _fill_all(tasks, seed)
        for task in later:
            default = task.default if seed is None else _SeededDefault(task.default, seed)
            task.site.parameter._deferred_init = (task.chosen, task.contexts, default, task.data)
    _warn_of_unreached(sites)
    if not tasks and not later and (given is not None or seed is not None):
        warnings.warn(
            f"force_init changed nothing: all {len(parameters)} parameters have values, and keep "
            f"them. force_reinit=True draws them anew.",
            stacklevel=3,  # force_init, its decorator
        )
    return net


def _fill_all(tasks: Sequence[Task], seed: int | None) -> None:
    together = []
    for task in tasks:
        law = None if seed is None else _plain_law(task)
        if law is not None:
            together.append((task, law))
        else:
            _fill(task, seed)
    if seed is not None:
        _fill_together(together, seed)
    mx.nd.waitall()


def _fill(task: Task, seed: int | None) -> None:
    parameter = task.site.parameter
    again = parameter._data is not None
    parameter._data = parameter._grad = None
    parameter.shape = task.shape
    default = task.default if seed is None else _SeededDefault(task.default, seed)
    parameter._deferred_init = (task.chosen, task.contexts, default, task.data)
    parameter.__dict__["_init_impl"] = functools.partial(_hand_over, parameter)
    try:
        parameter._finish_deferred_init()
    except InitError:
        raise
    except Exception as error:
        raise _failed(task, error) from error
    finally:
        del parameter.__dict__["_init_impl"]
    if task.data is None:
        _history.drawn(parameter, task.chosen, task.default, again)


def _failed(task: Task, error: BaseException) -> InitError:
    return InitError(
        f"{describe(task.chosen)} failed on {task.site.path} of shape {shape_text(task.shape)}: "
        f"{in_a_line(error)}. Nothing has been initialized. Name another initializer for it, or "
        f"mend this one."
    )


def _plain_law(task: Task) -> laws.Law | None:
    """The law of a parameter that NumPy can draw in its own memory with nobody looking; or None."""
    if task.data is not None or task.contexts != [mx.cpu(0)] or _watching.is_listening():
        return None
    default = mx.init.create(task.default)
    asked = type(default).__call__ is not mx.init.Initializer.__call__ or default._verbose
    if asked or task.site.parameter._stype != "default" or mx.util.is_np_array():
        return None
    return laws.law_of(mx.init.create(task.chosen), task.shape)


def _fill_together(tasks: Sequence[tuple[Task, laws.Law]], seed: int) -> None:
    """All arrays first, then all draws, which share the cores."""
    draws = []
    with mx.autograd.pause():
        for task, law in tasks:
            parameter = task.site.parameter
            again = parameter._data is not None
            parameter._data = parameter._grad = None
            parameter.shape = task.shape
            parameter._deferred_init = ()
            array = mx.nd.empty(task.shape, ctx=mx.cpu(0), dtype=parameter.dtype)
            parameter._init_impl(_Given(array), task.contexts)
            _history.drawn(parameter, task.chosen, task.default, again)
            key = 0 if law.is_constant else streams.key(seed, task.site.path)
            values = drawing.memory(array, task.shape, parameter.dtype)
            draws.append(streams.Draw(law, values, key))
    streams.fill(draws)  # meanwhile MXNet clears the gradients, on the same cores


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


class _SeededDefault(Seeded):
    """Seeded, standing in for the global initializer, so that traces name that one."""

    def __init__(self, init: Any, seed: int) -> None:
        self.original = init
        super().__init__(init, seed)


def _rehearse(tasks: Sequence[Task], seed: int | None) -> None:
    """Lets initializers that may fail fill their arrays in a copy of the process first.

    Draws from MXNet's random state cannot be taken back, so a failure must be known before.
    """
    if seed is not None:
        return
    doubtful = [task for task in tasks if task.data is None and not _is_safe(task)]
    if not doubtful:
        return

    def work() -> dict[str, Any]:
        for task in doubtful:
            try:
                _fill(task, None)
                mx.nd.waitall()
            except InitError as error:
                return {"failure": str(error)}
            # MXNet's operators fail when one waits for them; some code ends the whole process.
            except (mx.MXNetError, SystemExit, KeyboardInterrupt) as error:
                return {"failure": str(_failed(task, error))}
        return {"failure": None}

    found = running.in_a_copy(work)
    failure = found.get("failure") or found.get("error")
    if failure:
        raise InitError(failure)


def _is_safe(task: Task) -> bool:
    own = type(task.chosen).__module__ == "mxnet.initializer" or isinstance(task.chosen, str)
    default = type(task.default).__module__ == "mxnet.initializer"
    try:
        chosen = mx.init.create(task.chosen)
    except AssertionError:
        return False
    return own and default and laws.law_of(chosen, task.shape) is not None


def _warn_of_unreached(sites: Sequence[paths.Site]) -> None:
    left = [site.path for site in sites if site.parameter._data is None]
    if left:
        some = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        warnings.warn(
            f"force_init left out what the forward pass never reaches, of unknown shape: {some}. "
            f"Take it out of the net, or declare the shape.",
            stacklevel=4,  # this, force_init, its decorator
        )
