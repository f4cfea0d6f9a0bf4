"""See, test and teach how a Gluon network's parameters come into being.

``import gluon_init as gi`` comes first in every program: it makes Apache MXNet 1.9.1 importable
on current Python and NumPy. The public names are loaded when they are first used, each from the
package (the room) that is named below.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._compat import install as _install
from ._gluon import patches as _patches

_install.install()
_patches.install()

if TYPE_CHECKING:
    from ._doctor import *
    from .auxiliary import *
    from .devices import *
    from .distributions import *
    from .errors import *
    from .explaining import *
    from .forcing import *
    from .initializers import *
    from .labels import *
    from .results import *
    from .shapes import *
    from .signals import *
    from .tying import *
    from .watching import *

__version__ = "0.1.0"

_ROOMS = {
    "_doctor": ("Part", "doctor"),
    "auxiliary": (
        "AuxiliaryLoss", "AuxiliaryNet", "AuxiliaryOutput", "Reached", "freeze", "googlenet",
        "head_metric", "inception_v3", "reach", "unfreeze",
    ),
    "devices": ("device",),
    "distributions": ("Outcome", "check_distribution"),
    "errors": ("ArgumentError", "DeviceError", "InitError", "ShapeError"),
    "explaining": ("Finding", "explain"),
    "forcing": ("force_init",),
    "initializers": ("ByPattern", "Mixture", "MyInit", "PrintInit", "Seeded"),
    "labels": ("Argument", "check_labels"),
    "results": ("Table",),
    "shapes": ("Step", "infer_shapes"),
    "signals": ("Signal", "signal_report"),
    "tying": ("Group", "Share", "gradient_shares", "load", "tie", "tied_groups", "untie"),
    "watching": ("Event", "ParameterRow", "summary", "trace_init"),
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}
__all__ = sorted(_ROOM_OF)


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'gluon_init' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
