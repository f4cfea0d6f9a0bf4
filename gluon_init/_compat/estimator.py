"""``mxnet.model.FeedForward``, which is one of scikit-learn's estimators where that is installed.

No other part of MXNet needs scikit-learn, which takes as long to import as all of MXNet. So the
module is loaded as if there were none, and its class statement is carried out, with scikit-learn's
``BaseEstimator`` as base, when one asks for the class or for what else tells whether it is there.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable
from typing import Any

from .later import is_installed, put_off

MODULE = "mxnet.model"

_DEFINED = frozenset({"BASE_ESTIMATOR", "BaseEstimator", "FeedForward", "SKLEARN_INSTALLED"})
_LISTING = frozenset({"__all__", "__dict__"})  # asked for by dir(), vars() and import *


def is_to_wait() -> bool:
    """Whether scikit-learn is there and has yet to be imported."""
    return "sklearn.base" not in sys.modules and is_installed("sklearn")


def load_without(module: types.ModuleType, load: Callable[[types.ModuleType], None]) -> None:
    """Loads ``mxnet.model``, and puts off its class ``FeedForward``."""
    statement: list[Any] = []
    namespace = module.__dict__["__builtins__"]
    own_import = namespace["__import__"]

    def import_(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "sklearn.base":
            return types.SimpleNamespace(BaseEstimator=object)
        return own_import(name, *args, **kwargs)

    def build_class(body: Any, name: str, *bases: Any, **options: Any) -> Any:
        if name == "FeedForward":
            statement.append(body)
            return None
        return builtins.__build_class__(body, name, *bases, **options)

    changed = {"__import__": import_, "__build_class__": build_class}
    module.__dict__["__builtins__"] = {**namespace, **changed}
    load(module)
    for name in _DEFINED & module.__dict__.keys():
        del module.__dict__[name]

    def define(module: types.ModuleType) -> None:
        module.__dict__.update(_definitions(statement[0]))

    put_off(module, define, _DEFINED | _LISTING)


def _definitions(body: Any) -> dict[str, Any]:
    """What MXNet's own lines define, with scikit-learn and without."""
    try:
        from sklearn.base import BaseEstimator
    except ImportError:
        feed_forward = builtins.__build_class__(body, "FeedForward", object)
        names = {"BASE_ESTIMATOR": object, "SKLEARN_INSTALLED": False}
    else:
        feed_forward = builtins.__build_class__(body, "FeedForward", BaseEstimator)
        names = {"BASE_ESTIMATOR": BaseEstimator, "BaseEstimator": BaseEstimator}
    return {**names, "FeedForward": feed_forward}
