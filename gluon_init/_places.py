"""Tells an initializer which parameter it fills, and where in the net that sits.

MXNet hands over Gluon's name only, which depends on how many layers were made before. Three
methods of Gluon note what is needed: ``Block.collect_params`` whose parameters they are,
``ParameterDict.initialize`` their paths, ``Parameter._finish_deferred_init`` which one is filled.
Paths are counted from the block whose ``initialize`` (or ``collect_params``) was called.
"""

from __future__ import annotations

import functools
import threading
import types
import weakref
from collections.abc import Callable, Container
from typing import Any

from . import _hooks

_homes: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_paths: weakref.WeakKeyDictionary[Any, tuple[str, ...]] = weakref.WeakKeyDictionary()
_filling = threading.local()


def current_path() -> str | None:
    """The path of the parameter that is being filled; None where there is none or it is unknown."""
    return next(iter(current_paths()), None)


def current_paths() -> tuple[str, ...]:
    """All its paths, its owner's first: several where it is tied."""
    parameter = getattr(_filling, "parameter", None)
    return () if parameter is None else paths_of(parameter)


def paths_of(parameter: Any) -> tuple[str, ...]:
    """Where a parameter sits, as far as it has been noted."""
    return _paths.get(parameter, ())


def move(parameter: Any, paths: tuple[str, ...]) -> None:
    """Notes other places for a parameter."""
    _paths[parameter] = paths


def is_filling() -> bool:
    """Whether Gluon is filling a parameter just now."""
    return getattr(_filling, "parameter", None) is not None


def note(net: Any, keep: Container[Any] = ()) -> list[str]:
    """Notes where in ``net`` each parameter sits; returns all paths.

    For parameters in ``keep`` what has been noted before stands.
    """
    from . import paths

    sites = paths.sites(net)
    kept = {site.parameter for site in sites if site.parameter in keep and paths_of(site.parameter)}
    for site in sites:
        if site.parameter in kept:
            continue
        before = () if site.alias_of is None else _paths[site.parameter]
        _paths[site.parameter] = (*before, site.path)
    return [site.path for site in sites]


def install() -> None:
    """Begins to note, now or as soon as Gluon is there."""
    _hooks.after_import("mxnet.gluon.parameter", _watch_parameters)
    _hooks.after_import("mxnet.gluon.block", _watch_blocks)


def _watch_parameters(module: types.ModuleType) -> None:
    finish = module.Parameter._finish_deferred_init
    if hasattr(finish, "__wrapped__"):  # another copy of this package has done it
        return
    initialize = module.ParameterDict.initialize

    @functools.wraps(finish)
    def finishing(self: Any) -> None:
        outer = getattr(_filling, "parameter", None)
        _filling.parameter = self
        try:
            finish(self)
        finally:
            _filling.parameter = outer

    @functools.wraps(initialize)
    def initializing(self: Any, *args: Any, **kwargs: Any) -> None:
        init = args[0] if args else kwargs.get("init")
        initializers = [init, *(parameter.init for parameter in self.values())]
        asking = [one for one in initializers if getattr(one, "asks_for_path", False)]
        home = _homes.get(self)
        net = home() if home is not None else None
        if asking and net is not None:
            found = note(net)
            for one in asking:
                one.check_paths(found)
        initialize(self, *args, **kwargs)

    module.Parameter._finish_deferred_init = finishing
    module.ParameterDict.initialize = initializing


def _watch_blocks(module: types.ModuleType) -> None:
    module.Block.collect_params = _noting_home(module.Block.collect_params)


def _noting_home(method: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(method, "__wrapped__"):
        return method

    @functools.wraps(method)
    def collect_params(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = method(self, *args, **kwargs)
        _homes[found] = weakref.ref(self)
        return found

    return collect_params
