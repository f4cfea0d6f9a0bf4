"""See, test and teach how a Gluon network's parameters come into being.

``import gluon_init as gi`` comes first in every program: it makes Apache MXNet 1.9.1 importable
on current Python and NumPy. The public names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import _compat, _history, _places

_compat.install()
_history.install()
_places.install()

if TYPE_CHECKING:
    from .devices import device, doctor
    from .distributions import check_distribution
    from .errors import ArgumentError, DeviceError, InitError, ShapeError
    from .explaining import explain
    from .forcing import force_init
    from .initializers import ByPattern, Mixture, MyInit
    from .print_init import PrintInit
    from .seeding import Seeded
    from .shapes import infer_shapes
    from .sharing import gradient_shares
    from .signals import signal_report
    from .states import summary
    from .tables import Table
    from .tracing import trace_init
    from .tying import load, tie, tied_groups, untie

__version__ = "0.1.0"

_HOME = {
    "ArgumentError": "errors",
    "ByPattern": "initializers",
    "DeviceError": "errors",
    "InitError": "errors",
    "Mixture": "initializers",
    "MyInit": "initializers",
    "PrintInit": "print_init",
    "Seeded": "seeding",
    "ShapeError": "errors",
    "Table": "tables",
    "check_distribution": "distributions",
    "device": "devices",
    "doctor": "devices",
    "explain": "explaining",
    "force_init": "forcing",
    "gradient_shares": "sharing",
    "infer_shapes": "shapes",
    "load": "tying",
    "signal_report": "signals",
    "summary": "states",
    "tie": "tying",
    "tied_groups": "tying",
    "trace_init": "tracing",
    "untie": "tying",
}

__all__ = [
    "ArgumentError",
    "ByPattern",
    "DeviceError",
    "InitError",
    "Mixture",
    "MyInit",
    "PrintInit",
    "Seeded",
    "ShapeError",
    "Table",
    "check_distribution",
    "device",
    "doctor",
    "explain",
    "force_init",
    "gradient_shares",
    "infer_shapes",
    "load",
    "signal_report",
    "summary",
    "tie",
    "tied_groups",
    "trace_init",
    "untie",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gluon_init' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
