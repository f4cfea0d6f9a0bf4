"""Tells an initializer which parameter it fills, and where in the net that sits.

MXNet hands over Gluon's name only, which depends on how many layers were made before. Methods
of Gluon note what is needed (:mod:`.patches`): ``Block.collect_params`` whose parameters they are,
``ParameterDict.initialize`` their paths, ``Parameter._finish_deferred_init`` which one is filled,
``Block.register_child`` and ``__setattr__`` who holds what.
Paths are counted from the block whose ``initialize`` (or ``collect_params``) was called.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any

from .blocks import children, own_parameters

if TYPE_CHECKING:
    from .view import View

_homes: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_paths: weakref.WeakKeyDictionary[Any, tuple[str, ...]] = weakref.WeakKeyDictionary()


# By id, since blocks may compare as they like. An id that is used again does no harm: who is found
# under it is asked.
_collected: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # latest last
_holders: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # of a part, first
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


def note_places(view: View, keep: Container[Any] = ()) -> list[str]:
    """Notes where in the net each parameter sits; returns all paths.

    For parameters in ``keep`` what has been noted before stands.
    """
    sites = view.sites
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


def note_home(parameters: Any, net: Any) -> None:
    """Notes whose ``collect_params`` a dictionary of parameters came from."""
    _homes[parameters] = weakref.ref(net)
    _collected.pop(id(net), None)  # so that it is the latest again
    _collected[id(net)] = net


def home_of(parameters: Any) -> Any:
    """The net whose ``collect_params`` it came from; None where that is not known or gone."""
    home = _homes.get(parameters)
    return home() if home is not None else None


def note_holder(part: Any, block: Any) -> None:
    """Notes that a block holds a parameter or another block, unless one does already."""
    if holder_of(part) is None:
        _holders[id(part)] = block


def holder_of(part: Any) -> Any:
    """The block that first held a parameter or block, if it still does; else None."""
    block = _holders.get(id(part))
    if block is None:
        return None
    held = [*own_parameters(block).values(), *children(block).values()]
    return block if any(one is part for one in held) else None


def has_left(parameter: Any) -> bool:
    """Whether the block that held a parameter is there and holds it no more, and no other does."""
    return id(parameter) in _holders and net_of(parameter) is None


def net_of(parameter: Any) -> Any:
    """The net that a parameter belongs to; None where nobody holds it.

    The largest that has collected it (``initialize``, ``save_parameters``, Trainers and the like
    do that), the latest of several; else the outermost block around the one that holds it.
    """
    return _collector_of(parameter) or _outermost(parameter)


def _collector_of(parameter: Any) -> Any:
    from . import paths

    best, most = None, 0
    for net in list(_collected.values()):
        sites = paths.sites(net)
        if len(sites) >= most and any(site.parameter is parameter for site in sites):
            best, most = net, len(sites)
    return best


def _outermost(parameter: Any) -> Any:
    block = holder_of(parameter)
    around = block
    while around is not None:
        block, around = around, holder_of(around)
    return block
