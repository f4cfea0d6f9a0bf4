"""What was given to Gluon for an initializer and is none: to which place, and what was meant."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from ..results.text import shape_text
from . import of_initializers
from .cases import Cases, site_of
from .finding import Finding
from .scene import Scene

CASES = Cases()
_CLASSES = {kind.lower(): made for kind, made in vars(mx.init).items() if isinstance(made, type)}


@CASES.when(
    r"initializer must be of string type|has no attribute 'dumps'|dumps\(\) missing 1 required"
    r"|truth value of an|^'initializer'$|values to unpack|is not registered\. Please register with "
    r"initializer"
)
def _no_initializer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Where Gluon asks for its name, its text, or whether it is there, which a number has not."""
    for one in _scenes(scene.error):
        if one.parameter is None:
            continue
        own, given = one.parameter.init, _given_to_initialize(one)
        if not _is_one(own):
            return _of_a_layer(one, own)
        if given:
            return _of_a_call(given[0])
    return []


def _scenes(error: BaseException | None) -> Sequence[Scene]:
    """That of an error, and those of the errors that Gluon has put it in the place of."""
    scenes = []
    while error is not None:
        scenes.append(Scene(error))
        error = error.__context__
    return scenes


def _given_to_initialize(scene: Scene) -> list[Any]:
    found = [
        values[name]
        for _, values in scene.frames
        for name in ("init", "default_init")
        if name in values and isinstance(values.get("self"), _OWNERS)
    ]
    return [value for value in found if not _is_one(value) or value == ""]


_OWNERS = (gluon.Block, gluon.ParameterDict, gluon.Parameter)


def _is_one(value: Any) -> bool:
    """Whether Gluon takes it; of a text, whether it is meant for a name and nothing more."""
    if isinstance(value, str):
        return not re.search(r"[(.{\[]", value)
    return value is None or isinstance(value, mx.init.Initializer)


def _of_a_layer(scene: Scene, given: Any) -> Sequence[Finding]:
    if isinstance(given, (mx.init.Mixed, mx.init.Load)):
        return [of_initializers.not_in_gluon(type(given).__name__)]
    site, _ = site_of(scene)
    path = site.path if site is not None else str(getattr(scene.parameter, "name", "weight"))
    right = _right(given) or "mx.init.Xavier()"
    layer, argument = "The layer", f"{path.rpartition('.')[2]}_initializer"
    step = f"self.params.get(..., init={right})"
    if site is not None and argument in inspect.signature(type(site.owner)).parameters:
        layer = type(site.owner).__name__
        step = f"{layer}(..., {argument}={right})"
    return [Finding(
        path, f"given {_told(given)} for its initializer",
        f"{layer} keeps what it is given, and Gluon looks at it when the parameter is filled. It "
        f"takes an object of a class of mx.init, or its name.",
        f"{step}, and build the net anew{_with_class(given)}.",
    )]  # fmt: skip


def _of_a_call(given: Any) -> Sequence[Finding]:
    if isinstance(given, (mx.init.Mixed, mx.init.Load)):
        return [of_initializers.not_in_gluon(type(given).__name__)]
    why = "It takes an object of a class of mx.init, or its name."
    step = f"net.initialize({_right(given) or 'mx.init.Xavier()'}){_with_class(given)}."
    if isinstance(given, mx.Context):
        why = "The first argument is the initializer."
        step = f"net.initialize(ctx={_device(given)})."
    elif isinstance(given, (list, tuple)) and all(isinstance(one, mx.Context) for one in given):
        why = "The first argument is the initializer."
        step = f"net.initialize(ctx=[{', '.join(map(_device, given))}])."
    elif _shape(given) is not None:
        why = "It is for all parameters, and one array does not fit all."
        step = "net.initialize(), one batch, then net[0].weight.set_data(array), say."
    return [Finding("initialize()", f"given {_told(given)} for an initializer", why, step)]


def _device(context: mx.Context) -> str:
    return f"mx.{context.device_type}({context.device_id})"


def _told(given: Any) -> str:
    """What it is, in few words, without its address."""
    kind = type(given).__name__
    if isinstance(given, type):
        return f"the class {given.__name__}"
    if isinstance(given, (bool, int, float, str)):
        return repr(given)
    if _shape(given) is not None:
        return f"an array of shape {shape_text(_shape(given))}"
    if isinstance(given, (dict, list, tuple)):
        return {dict: "a dictionary", list: "a list"}.get(type(given), "a tuple")
    if inspect.isroutine(given):
        return f"the function {given.__name__}" if given.__name__ != "<lambda>" else "a function"
    return f"an object of type {kind}"


def _shape(given: Any) -> tuple[int, ...] | None:
    """The shape of an array."""
    arrays = (mx.nd.NDArray, np.ndarray, np.generic)
    return tuple(given.shape) if isinstance(given, arrays) else None


def _right(given: Any) -> str:
    """The initializer that was meant, as it is written; "" where that cannot be told."""
    if isinstance(given, type):
        home = "mx.init." if given.__module__.startswith("mxnet.") else ""
        return f"{home}{given.__name__}()"
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return f"mx.init.Constant({given!r})"
    if _shape(given) is not None:
        return "mx.init.Constant(array)"
    if isinstance(given, dict):
        return "gi.ByPattern(dictionary, default=mx.init.Xavier())"
    if inspect.isroutine(given):
        return "Mine()"
    if isinstance(given, tuple) and len(given) == 1 and isinstance(given[0], str):
        return repr(given[0])  # a comma too many
    if isinstance(given, (list, tuple)):
        return "mx.init.Constant(mx.nd.array(numbers))" if _is_of_numbers(given) else ""
    if isinstance(given, str):
        return _named(given)
    home = type(given).__module__.partition(".")[0]
    return "" if home in ("builtins", "mxnet") else f"{type(given).__name__}()"


def _with_class(given: Any) -> str:
    """What a function still needs to be an initializer."""
    if _right(given) == f"{type(given).__name__}()":
        return (f"; class {type(given).__name__} is to be derived from mx.init.Initializer, and "
                f"writes into arr in _init_weight(self, name, arr)")  # fmt: skip
    if not inspect.isroutine(given):
        return ""
    does = "writes into arr" if given.__name__ == "<lambda>" else f"calls {given.__name__}"
    return f"; class Mine(mx.init.Initializer) has _init_weight(self, name, arr), which {does}"


def _is_of_numbers(given: Any) -> bool:
    try:
        return np.asarray(given).dtype.kind in "iuf"
    except ValueError:  # rows of different lengths
        return False


def _named(text: str) -> str:
    """Of a text that is code, ``mx.init.Normal(0.1)``, or MXNet's JSON: the object."""
    code = re.fullmatch(r"(?:\w+\.)*(\w+)(\(.*\))?", text.strip())
    kind = _CLASSES.get(code[1].lower()) if code else None
    if code and kind is not None:
        return f"mx.init.{kind.__name__}{code[2] or '()'}"
    try:
        parts = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return ""
    name = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], str) else ""
    kind = _CLASSES.get(name.lower())
    return f"mx.init.{kind.__name__}()" if kind is not None else ""
