"""Which initializer fills a parameter, and who chose it.

Gluon's order: what ``parameter.initialize(init)`` was given; else the parameter's own
(``parameter.init``, which its layer set when it made it); else the global one, given to
``net.initialize``, which is called ``overall`` here. A global one that goes by paths, such as
``gi.ByPattern``, has a method ``fills`` and decides before all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .history import made_with


def filler_of(chosen: Any, overall: Any, paths: Sequence[str]) -> Any:
    """Which initializer fills a parameter: Gluon's choice, unless the global one goes by paths.

    ``chosen`` is what the parameter or its layer names, or ``overall`` itself.
    """
    decide = getattr(overall, "fills", None)
    return chosen if decide is None else decide(paths, None if chosen is overall else chosen)


def filler_and_chooser(
    parameter: Any, chosen: Any, overall: Any, paths: Sequence[str]
) -> tuple[Any, str]:
    """Which initializer fills ``parameter``, and who chose it: parameter, layer, initialize().

    A layer chooses when it makes the parameter; ``parameter.initialize(init)`` and a later
    ``parameter.init = init`` are the parameter's own.
    """
    filler = filler_of(chosen, overall, paths)
    if filler is not chosen or chosen is getattr(overall, "original", overall):
        return filler, "initialize()"
    return filler, "layer" if chosen is made_with(parameter) else "parameter"
