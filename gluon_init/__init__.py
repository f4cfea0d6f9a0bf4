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
    from .auxiliary import AuxiliaryNet, AuxiliaryOutput
    from .auxiliary_losses import AuxiliaryLoss, head_metric
    from .devices import device, doctor
    from .distributions import check_distribution
    from .errors import ArgumentError, DeviceError, InitError, ShapeError
    from .explaining import explain
    from .forcing import force_init
    from .freezing import freeze, reach, unfreeze
    from .initializers import ByPattern, Mixture, MyInit
    from .labels import check_labels
    from .loading import load
    from .print_init import PrintInit
    from .seeding import Seeded
    from .shapes import infer_shapes
    from .sharing import gradient_shares
    from .signals import signal_report
    from .states import summary
    from .tables import Table
    from .tracing import trace_init
    from .tying import tie, tied_groups, untie
    from .zoo import googlenet, inception_v3

__version__ = "0.1.0"

_HOME = {
    "ArgumentError": "errors",
    "AuxiliaryLoss": "auxiliary_losses",
    "AuxiliaryNet": "auxiliary",
    "AuxiliaryOutput": "auxiliary",
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
    "check_labels": "labels",
    "device": "devices",
    "doctor": "devices",
    "explain": "explaining",
    "force_init": "forcing",
    "freeze": "freezing",
    "googlenet": "zoo",
    "gradient_shares": "sharing",
    "head_metric": "auxiliary_losses",
    "inception_v3": "zoo",
    "infer_shapes": "shapes",
    "load": "loading",
    "reach": "freezing",
    "signal_report": "signals",
    "summary": "states",
    "tie": "tying",
    "tied_groups": "tying",
    "trace_init": "tracing",
    "unfreeze": "freezing",
    "untie": "tying",
}

__all__ = [
    "ArgumentError",
    "AuxiliaryLoss",
    "AuxiliaryNet",
    "AuxiliaryOutput",
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
    "check_labels",
    "device",
    "doctor",
    "explain",
    "force_init",
    "freeze",
    "googlenet",
    "gradient_shares",
    "head_metric",
    "inception_v3",
    "infer_shapes",
    "load",
    "reach",
    "signal_report",
    "summary",
    "tie",
    "tied_groups",
    "trace_init",
    "unfreeze",
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
