"""What an initializer will do in Gluon, and what of it will never be called."""

from __future__ import annotations

import warnings
from typing import Any

import mxnet as mx
import numpy as np

from .. import running
from ..errors import in_a_line
from ..initializer_text import describe
from .finding import Finding

# What mx.init.Initializer offers to override besides _init_weight, and Gluon never calls.
_DEAD = {
    "_init_bias": "bias",
    "_init_gamma": "gamma",
    "_init_beta": "beta",
    "_init_default": "",
    "_init_zero": "",
    "_init_one": "",
    "_init_quantized_bias": "bias",
}
_SHAPE = (4, 3)


def findings(initializer: Any) -> list[Finding]:
    """One finding for each thing to know; one that it is usable where there is nothing."""
    name = describe(initializer)
    if isinstance(initializer, (mx.init.Mixed, mx.init.Load)):
        return [not_in_gluon(type(initializer).__name__)]
    found = [_dead_method(name, method) for method in overridden(initializer)]
    outcome = running.in_a_copy(lambda: _try(initializer))
    if "error" in outcome:
        found.append(
            Finding(
                name,
                "it fails on a float32 array of shape (4, 3)",
                outcome["error"],
                "Mend _init_weight(self, name, arr): it must write into arr, whatever its shape.",
            )
        )
    elif outcome["untouched"]:
        found.append(wrote_nothing(name))
    return found or [
        Finding(
            name,
            "usable",
            "It writes every cell of the array that it is given. In Gluon it fills each parameter "
            "whose layer names no initializer of its own: weights, but not biases, gammas and "
            "running statistics.",
            "net.initialize(...) with it, or weight_initializer=... of a layer.",
        )
    ]


def overridden(initializer: Any) -> list[str]:
    """The methods of the initializer's own class that Gluon never calls."""
    own = [kind for kind in type(initializer).__mro__ if not kind.__module__.startswith("mxnet.")]
    return [method for method in _DEAD if any(method in vars(kind) for kind in own)]


def not_in_gluon(kind: str) -> Finding:
    """``Mixed`` and ``Load`` are made for Module."""
    if kind == "Load":
        step = "net.load_parameters(file), or block.weight.set_data(array) after initialize()."
    else:
        step = (
            "gi.ByPattern({'.*bias': mx.init.One(), ...}, default=mx.init.Xavier()), which goes "
            "by structural paths; or param.initialize(init) for single parameters."
        )
    return Finding(
        f"mx.init.{kind}",
        "not for Gluon",
        f"{kind} is no mx.init.Initializer; it goes by the names of Module's arguments. Gluon "
        f"takes it for a name, and fails with 'initializer must be of string type'.",
        step,
    )


def wrote_nothing(name: str) -> Finding:
    """The finding for an initializer that leaves its array as it was."""
    return Finding(
        name,
        "it writes nothing",
        "The array is as it was before the call. With arr = values inside the method, the name arr "
        "means another array from then on, and the parameter keeps its zeros.",
        "Write into the array: arr[:] = values.",
    )


def _dead_method(name: str, method: str) -> Finding:
    target = _DEAD[method]
    pattern = f".*{target}" if target else ".*"
    return Finding(
        f"{name}.{method}",
        "never called in Gluon",
        f"Gluon does not go by the ending of a name: a parameter whose layer has its own "
        f"initializer (a bias has 'zeros') is filled by that one's _init_weight, every other one "
        f"by this class's _init_weight. {method} is for Module.",
        f"Write an initializer whose _init_weight does it, and give it to the parameters before "
        f"net.initialize(): net.collect_params('{pattern}').setattr('init', it). Or use "
        f"gi.ByPattern.",
    )


def _try(initializer: Any) -> dict[str, Any]:
    """In a copy of the process: the initializer on an array of negative zeros."""
    warnings.simplefilter("ignore")
    array = mx.nd.zeros(_SHAPE) * -1
    try:
        initializer(mx.init.InitDesc("weight", {"__init__": initializer.dumps()}), array)
    except Exception:
        try:
            initializer._init_weight(mx.init.InitDesc("weight"), array)
        except Exception as error:
            return {"error": in_a_line(error)}
    values = array.asnumpy()
    return {"untouched": bool((values == 0).all() and np.signbit(values).all())}
