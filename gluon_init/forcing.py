"""Initializes every parameter of a net now, from shapes alone, or changes nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    reasons,
    running,
    shapes,
    streams,
)
from .errors import ArgumentError, DeviceError, InitError, ShapeError, in_a_line
from .graphs import Shape
from .initializer_text import describe
from .own_initializer import as_initializer
from .seeding import Seeded, check_paths, require_seed
from .tables import shape_text


@dataclass
class _Task:
    """One parameter that is to be filled: by which initializer, on which devices."""

    site: paths.Site
    shape: tuple[int, ...]
    chosen: Any  # what fills it, unless the default decides otherwise
    default: Any
    contexts: list[Any]
    data: Any  # values of set_data() that wait for the shape

    def without_seed(self) -> _Task:
        """The same, where ``net.initialize(gi.Seeded(...))`` is pending and a newer seed counts."""
        if not isinstance(self.default, Seeded):
            return self
        inner = self.default.inner
        chosen = inner if self.chosen is self.default else self.chosen
        return dataclasses.replace(self, chosen=chosen, default=inner)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Thousands of new objects, all of which stay, make Python look for garbage: a quarter of it.

    What is looked through is all of MXNet, over and over.
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
    their values afterwards, or nothing has changed. Parameters that have values already keep them.
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
    _require_one_seed(given, seed)
    contexts = _contexts(device)
    sites = [site for site in paths.sites(net) if site.alias_of is None]
    parameters = _all_parameters(net, sites)
    known, used = _known(net, inputs, run, sites)
    found = _places.note(net, keep=_placed(sites) if given is None else ())
    for asked in (given, *(parameter.init for parameter, _ in parameters)):
        check_paths(asked, found)
    tasks, later = _tasks(parameters, known, used, given, contexts, force_reinit, bool(inputs))
    if seed is not None:
        tasks, later = ([task.without_seed() for task in some] for some in (tasks, later))
    _rehearse(tasks, seed)
    everything = [*(site.parameter for site in sites), *(parameter for parameter, _ in parameters)]
    with _all_or_nothing(everything), _watching.acting("force_init", net, forced=force_reinit):
        _fill_all(tasks, seed)
        for task in later:
            default = task.default if seed is None else _SeededDefault(task.default, seed)
            task.site.parameter._deferred_init = (task.chosen, task.contexts, default, task.data)
    _warn_of_unreached(sites)
    return net


# ---------------------------------------------------------------------------------------------
# What is to be done


def _contexts(device: Any) -> list[Any] | None:
    if device is None:
        return None
    contexts = list(device) if isinstance(device, (list, tuple)) else [device]
    wrong = [one for one in contexts if not isinstance(one, mx.Context)]
    if wrong or not contexts:
        raise ArgumentError(
            f"device must be a context such as mx.cpu(), or a list of contexts, but it is "
            f"{device!r}."
        )
    if len(set(contexts)) < len(contexts):
        raise ArgumentError(f"device names one context more than once: {_names(contexts)}.")
    for context in contexts:
        trouble = devices.gpu_trouble(context.device_id) if context.device_type == "gpu" else None
        if trouble:
            raise DeviceError(trouble)
    return contexts


def _known(
    net: Any, inputs: Sequence[Any], run: bool, sites: Sequence[paths.Site]
) -> tuple[Mapping[int, Shape | None], set[int]]:
    """What can be told of each parameter's shape, and which parameters are reached."""
    if run:
        flow = shapes.infer_shapes(net, *inputs, run=True)
        parameters = {id(s.parameter): flow.parameters[s.path] for s in sites}
        unreached = set(flow.unreached)
        return parameters, {id(s.parameter) for s in sites if s.path not in unreached}
    if inputs:
        return shapes.known_shapes(net, inputs)
    return {id(s.parameter): paths.shape_of(s.parameter) for s in sites}, {
        id(s.parameter) for s in sites
    }


def _all_parameters(net: Any, sites: Sequence[paths.Site]) -> list[tuple[Any, paths.Site]]:
    """Each parameter and where it sits, in the order in which ``net.initialize`` draws."""
    where = {id(site.parameter): site for site in sites}
    try:
        parameters = net.collect_params().values()
    except AssertionError as error:
        raise ArgumentError(
            f"net has two parameters of one name, which Gluon cannot keep apart: "
            f"{in_a_line(error)}. Give each layer a prefix of its own, or none."
        ) from error
    # A parameter without a place is one that a block takes from outside, through params=.
    return [(p, where.get(id(p)) or paths.Site(p.name, p, None, None)) for p in parameters]


def _placed(sites: Sequence[paths.Site]) -> set[Any]:
    """Parameters that wait for an initializer which goes by the paths that it was shown."""
    return {
        site.parameter
        for site in sites
        if site.parameter._data is None
        and any(getattr(one, "asks_for_path", False) for one in site.parameter._deferred_init[:3])
    }


def _require_one_seed(given: Any, seed: int | None) -> None:
    if seed is not None and isinstance(given, Seeded):
        raise ArgumentError(
            f"seed is {seed}, but init has a seed of its own, {given.seed}. Give one of the two: "
            f"init={given.inner!r} and seed={seed}, or init alone."
        )


def _tasks(
    parameters: Sequence[tuple[Any, paths.Site]],
    known: Mapping[int, Shape | None],
    used: set[int],
    given: Any,
    contexts: list[Any] | None,
    force_reinit: bool,
    told: bool,
) -> tuple[list[_Task], list[_Task]]:
    """What to fill now, and what can only wait; raises before anything has changed."""
    tasks, later = [], []
    for parameter, site in parameters:
        if parameter._data is not None and not force_reinit:
            if contexts is not None and set(contexts) != set(parameter.list_ctx()):
                raise ArgumentError(
                    f"device is {_names(contexts)}, but {site.path} has values on "
                    f"{_names(parameter.list_ctx())}. Move them, net.collect_params()."
                    f"reset_ctx(...), or draw anew, force_reinit=True."
                )
            continue
        shape = known.get(id(parameter)) or paths.shape_of(parameter)
        if shape is not None and None not in shape:
            tasks.append(_task(site, shape, given, contexts))
        elif id(parameter) in used:
            raise _unknown_shape(site, shape, told)
        elif parameter._allow_deferred_init:
            later.append(_task(site, (), given, contexts))
    return tasks, later


def _task(site: paths.Site, shape: Shape, given: Any, contexts: list[Any] | None) -> _Task:
    parameter = site.parameter
    sizes = tuple(size for size in shape if size is not None)
    if parameter._data is None and parameter._deferred_init:
        chosen, pending, default, data = parameter._deferred_init
        where = contexts or pending
        if given is None:
            return _Task(site, sizes, chosen, default, where, data)
        own = chosen is not default and chosen is not parameter.init
        chosen = chosen if own else given if parameter.init is None else parameter.init
        return _Task(site, sizes, chosen, given, where, data)
    default = mx.init.Uniform() if given is None else given
    chosen = default if parameter.init is None else parameter.init
    where = contexts or (parameter.list_ctx() if parameter._data else [devices.device()])
    return _Task(site, sizes, chosen, default, where, None)


def _unknown_shape(site: paths.Site, shape: Shape | None, told: bool) -> ShapeError:
    missing = [str(axis) for axis, size in enumerate(shape or ()) if size is None]
    axes = f"axis {' and '.join(missing)} is unknown" if missing else "not even its rank is known"
    argument = reasons.argument(site.owner)
    kind = type(site.owner).__name__
    declare = f"declare it, {kind}(..., {argument}=...)"
    if not argument:
        declare = "give the full shape where the parameter is made, params.get(..., shape=...)"
    first = (
        f"These inputs do not tell it: {declare}"
        if told
        else f"Give the shape of a batch, as in gi.force_init(net, (8, 20)); or {declare}"
    )
    error = ShapeError(
        f"{site.path} has the shape {shape_text(shape)}: {axes}. Nothing has been initialized. "
        f"{first}; or, where only a run can tell it, gi.force_init(net, ..., run=True)."
    )
    error.parameter = site.path
    return error


def _names(contexts: Sequence[Any]) -> str:
    return ", ".join(map(str, contexts))


# ---------------------------------------------------------------------------------------------
# Doing it


def _fill_all(tasks: Sequence[_Task], seed: int | None) -> None:
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


def _fill(task: _Task, seed: int | None) -> None:
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


def _failed(task: _Task, error: Exception) -> InitError:
    return InitError(
        f"{describe(task.chosen)} failed on {task.site.path} of shape {shape_text(task.shape)}: "
        f"{in_a_line(error)}. Nothing has been initialized. Name another initializer for it, or "
        f"mend this one."
    )


def _plain_law(task: _Task) -> laws.Law | None:
    """The law of a parameter that NumPy can draw in its own memory with nobody looking; or None."""
    if task.data is not None or task.contexts != [mx.cpu(0)] or _watching.is_listening():
        return None
    default = mx.init.create(task.default)
    asked = type(default).__call__ is not mx.init.Initializer.__call__ or default._verbose
    if asked or task.site.parameter._stype != "default" or mx.util.is_np_array():
        return None
    return laws.law_of(mx.init.create(task.chosen), task.shape)


def _fill_together(tasks: Sequence[tuple[_Task, laws.Law]], seed: int) -> None:
    """All arrays first, then all draws, which share the cores."""

    def draws() -> Iterator[streams.Draw]:
        for task, law in tasks:
            parameter = task.site.parameter
            again = parameter._data is not None
            parameter._data = parameter._grad = None
            parameter.shape = task.shape
            parameter._deferred_init = ()
            array = mx.nd.empty(task.shape, ctx=mx.cpu(0), dtype=parameter.dtype)
            with mx.autograd.pause():
                parameter._init_impl(_Given(array), task.contexts)
            _history.drawn(parameter, task.chosen, task.default, again)
            key = streams.key(seed, task.site.path)
            with drawing.writable(array) as values:  # its own memory, as it is on the CPU
                yield streams.Draw(law, values, key)

    ready = list(draws())  # all arrays first: MXNet clears gradients meanwhile, on the same cores
    streams.fill(ready)


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


@contextlib.contextmanager
def _all_or_nothing(parameters: Iterable[Any]) -> Iterator[None]:
    """Puts every parameter back as it was if anything is raised inside."""
    before = [(parameter, dict(parameter.__dict__)) for parameter in parameters]
    past = _history.snapshot(parameter for parameter, _ in before)
    try:
        yield
    except BaseException:
        for parameter, attributes in before:
            parameter.__dict__.clear()
            parameter.__dict__.update(attributes)
        _history.restore(past)
        raise


def _rehearse(tasks: Sequence[_Task], seed: int | None) -> None:
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
            except mx.MXNetError as error:  # MXNet's operators fail when one waits for them
                return {"failure": str(_failed(task, error))}
        return {"failure": None}

    found = running.in_a_copy(work)
    failure = found.get("failure") or found.get("error")
    if failure:
        raise InitError(failure)


def _is_safe(task: _Task) -> bool:
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
