"""What an initializer will do in Gluon, and what of it will never be called."""

from __future__ import annotations

import warnings
from typing import Any

import mxnet as mx

from .._arguments import COMPLETION, INCOMPLETE, is_complete
from .._fork import FailedInCopyError, in_a_copy
from .._gluon.arrays import array_maker
from .._gluon.describe import describe
from ..drawing import arrays
from ..errors import in_a_line
from ..initializers.seeded import Seeded
from .finding import Finding
from .of_special_initializers import needs_axes, special

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
_SHAPES = ((4, 3), (6, 5))


def findings(initializer: Any) -> list[Finding]:
    """One finding for each thing to know; one that it is usable where there is nothing."""
    name = describe(initializer)
    if isinstance(initializer, (mx.init.Mixed, mx.init.Load)):
        return [not_in_gluon(type(initializer).__name__)]
    if not is_complete(initializer):
        return [incomplete(name)]
    fits = special(initializer.inner if isinstance(initializer, Seeded) else initializer)
    if fits is not None:
        return [fits]
    found = [_dead_method(name, method) for method in overridden(initializer)]
    outcome = _outcome(initializer)
    if "error" in outcome:
        where = f" of shape {outcome['shape']}" if "shape" in outcome else ""
        found.append(
            Finding(
                name,
                f"it fails on a float32 array{where}",
                outcome["error"],
                "Mend _init_weight(self, name, arr): it must write into arr, whatever its shape. "
                "Where the message is about an argument, give it another.",
            )
        )
    elif outcome["untouched"] == 1:
        found.append(wrote_nothing(name))
    elif outcome["untouched"]:
        found.append(
            Finding(
                name,
                "it leaves cells as they were",
                f"{outcome['untouched']:.0%} of the cells of an array of shape {outcome['shape']} "
                f"are never written; in a parameter they stay zero.",
                "Write every cell: arr[:] = values of arr.shape.",
            )
        )
    return found or [
        Finding(
            name,
            "usable",
            f"It writes every cell of the array that it is given. In Gluon {_whom(initializer)}."
            f"{needs_axes(initializer)}",
            "net.initialize(...) with it, or weight_initializer=... of a layer.",
        )
    ]


def _whom(initializer: Any) -> str:
    """Which parameters an initializer fills when it is given to ``net.initialize()``."""
    inner = initializer.inner if isinstance(initializer, Seeded) else initializer
    if hasattr(inner, "fills"):
        return (
            "it lets the first pattern that is found in a parameter's path decide, also for "
            "biases, gammas and running statistics; where none is found, the layer's own "
            "initializer, or else its default"
        )
    if isinstance(initializer, Seeded):
        return (
            "it draws for every parameter: by the initializer that the layer names (a bias has "
            "'zeros'), or else by the one inside"
        )
    return (
        "it fills each parameter whose layer names no initializer of its own: weights, but not "
        "biases, gammas and running statistics"
    )


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


def incomplete(name: str) -> Finding:
    """The finding for an initializer whose class forgot ``super().__init__()``."""
    return Finding(name, "unusable", f"{INCOMPLETE[0].upper()}{INCOMPLETE[1:]}.", COMPLETION)


def wrote_nothing(name: str) -> Finding:
    """The finding for an initializer that leaves its array as it was."""
    return Finding(
        name,
        "it writes nothing",
        "The array is as it was before the call, and the parameter keeps its zeros. That happens "
        "where nothing is assigned, and with arr = values inside the method: then the name arr "
        "means another array from there on.",
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


def _outcome(initializer: Any) -> dict[str, Any]:
    try:
        return in_a_copy(lambda: _try(initializer))
    except FailedInCopyError as failure:
        return {"error": failure.what}


def _try(initializer: Any) -> dict[str, Any]:
    """In a copy of the process: the initializer on arrays that have been written on."""
    warnings.simplefilter("ignore")
    for shape in _SHAPES:
        array = array_maker().full(shape, arrays.UNWRITTEN)
        try:
            _fill(initializer, array)
            values = array.asnumpy()  # MXNet tells of some errors only here
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            return {"error": in_a_line(error), "shape": shape}
        untouched = float((values == arrays.UNWRITTEN).mean())
        if untouched:
            break
    return {"untouched": untouched, "shape": shape}


def _fill(initializer: Any, array: Any) -> None:
    """As Gluon would; and where that fails, for instance for want of a path, directly."""
    try:
        initializer(mx.init.InitDesc("weight", {"__init__": initializer}), array)
    except Exception:
        initializer._init_weight(mx.init.InitDesc("weight"), array)
