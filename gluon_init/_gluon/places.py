"""Tells an initializer which parameter it fills, and where in the net that sits.

MXNet hands over Gluon's name only, which depends on how many layers were made before. Three
methods of Gluon note what is needed (:mod:`.patches`): ``Block.collect_params`` whose parameters
they are, ``ParameterDict.initialize`` their paths, ``Parameter._finish_deferred_init`` which one is
filled.
Paths are counted from the block whose ``initialize`` (or ``collect_params``) was called.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Container, Iterator
from typing import Any

_homes: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_paths: weakref.WeakKeyDictionary[Any, tuple[str, ...]] = weakref.WeakKeyDictionary()
_filling = threading.local()


def current_path() -> str | None:
    """The path of the parameter that is being filled; None where there is none or it is unknown."""
    return next(iter(current_paths()), None)


def current_paths() -> tuple[str, ...]:
    """All its paths, its owner's first: several where it is tied."""
    parameter = getattr(_filling, "parameter", None)
    return () if parameter is None else noted_paths(parameter)


def noted_paths(parameter: Any) -> tuple[str, ...]:
    """Where a parameter sits, as far as it has been noted."""
    return _paths.get(parameter, ())


def move_places(parameter: Any, paths: tuple[str, ...]) -> None:
    """Notes other places for a parameter."""
    _paths[parameter] = paths


def is_filling() -> bool:
    """Whether Gluon is filling a parameter just now."""
    return getattr(_filling, "parameter", None) is not None


def note_places(net: Any, keep: Container[Any] = ()) -> list[str]:
    """Notes where in ``net`` each parameter sits; returns all paths.

    For parameters in ``keep`` what has been noted before stands.
    """
    from . import paths

    sites = paths.sites(net)
    kept = {
        site.parameter for site in sites if site.parameter in keep and noted_paths(site.parameter)
    }
    for site in sites:
        if site.parameter in kept:
            continue
        before = () if site.alias_of is None else _paths[site.parameter]
        _paths[site.parameter] = (*before, site.path)
    return [site.path for site in sites]


@contextlib.contextmanager
def filling(parameter: Any) -> Iterator[None]:
    """While the block runs, this parameter is being filled in this thread."""
    outer = getattr(_filling, "parameter", None)
    _filling.parameter = parameter
    try:
        yield
    finally:
        _filling.parameter = outer


def note_home(parameters: Any, net: weakref.ref[Any]) -> None:
    """Notes whose ``collect_params`` a dictionary of parameters came from."""
    _homes[parameters] = net


def home_of(parameters: Any) -> Any:
    """The net whose ``collect_params`` it came from; None where that is not known or gone."""
    home = _homes.get(parameters)
    return home() if home is not None else None
