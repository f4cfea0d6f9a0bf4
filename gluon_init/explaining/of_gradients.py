"""The errors of MXNet's autograd: what was not recorded, or not to be differentiated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mxnet import gluon

from .._gluon import paths
from .._gluon.gradients import trained_arrays
from .at_work import in_code, users_values, was_reached_by_backward
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()

_FILE = "autograd.py"


# ---------------------------------------------------------------------------------------------
# Graphs


@CASES.when(r"Cannot differentiate node because it is not in a computational graph")
def _not_recorded(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    what = _head(scene)
    if was_reached_by_backward(scene):
        return [Finding(
            what, "differentiated already",
            "A backward pass has reached the net since the last step, and uses up what it needs. "
            "(If this array was computed outside autograd.record(), bring that inside.)",
            "One backward() for each pass through `with autograd.record(): loss = ...`, inside the "
            "loop. To differentiate one graph twice, the first time with "
            "loss.backward(retain_graph=True); the second gradient replaces the first.",
        )]  # fmt: skip
    frozen = [net for net in _nets(scene) if _is_frozen(net)]
    if frozen:
        return [Finding(
            type(frozen[0]).__name__, "frozen: no parameter has a gradient",
            "All have grad_req='null', so that autograd.record() has nothing to record.",
            "net.collect_params().setattr('grad_req', 'write') for those that are to learn.",
        )]  # fmt: skip
    if not scene.frames:
        return [Finding(
            what, "not recorded, or differentiated already",
            "It was computed outside autograd.record(), or an earlier backward() has used up what "
            "was recorded. With its traceback the error tells more.",
            "with autograd.record(): loss = loss_of(net(x), y), all inside; then one "
            "loss.backward().",
        )]  # fmt: skip
    return [Finding(
        what, "not recorded",
        "It was computed outside autograd.record(), or the way to it was cut: by detach(), "
        "asnumpy(), or autograd.pause().",
        "with autograd.record(): loss = loss_of(net(x), y), all inside; then loss.backward().",
    )]  # fmt: skip


def _head(scene: Scene) -> str:
    """What was to be differentiated: ``The array of shape (2,)``."""
    heads = scene.local("grad", "heads")
    heads = scene.local("backward", "self") if heads is None else heads
    heads = scene.local("backward", "heads") if heads is None else heads
    first: Any = next(iter(heads), None) if isinstance(heads, (list, tuple)) else heads
    return f"The array of shape {tuple(first.shape)}" if hasattr(first, "shape") else "The array"


def _nets(scene: Scene) -> list[Any]:
    return [value for value in users_values(scene) if isinstance(value, gluon.Block)]


def _is_frozen(net: Any) -> bool:
    held = [site.parameter for site in paths.sites(net)]
    return bool(held) and all(parameter.grad_req == "null" for parameter in held)


@CASES.when(r"There are no inputs in computation graph that require gradients")
def _shared_graph(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    heads = scene.local("backward", "heads")
    if isinstance(heads, (list, tuple)) and not heads:
        return [Finding(
            "autograd.backward", "given no array", "A pass begins at one array or more.",
            "autograd.backward([loss]), loss being an array that was recorded.",
        )]  # fmt: skip
    return [Finding(
        _head(scene), "computed from what has been differentiated already",
        "An earlier backward() has used up the part of the graph that both share.",
        "One call for both: autograd.backward([first, second]), which adds their gradients up.",
    )]  # fmt: skip


@CASES.when(r"NDArray is not part of a computation graph\. Did you forget to turn on recording")
def _no_symbol(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    x = scene.local("get_symbol", "x")
    return [Finding(
        "The array" if x is None else f"The array of shape {tuple(x.shape)}",
        "not recorded, so that it has no symbol",
        "get_symbol reads what autograd.record() has recorded, of arrays that have a gradient.",
        "x.attach_grad(); with autograd.record(): y = ...; then autograd.get_symbol(y).",
    )]  # fmt: skip


@CASES.when(r"Assigning to NDArrays that are already in a computational graph")
def _in_place(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    called = {name for name, _ in scene.frames}
    if scene.parameter is not None or not called & {"__setitem__", "__iadd__", "__isub__",
                                                    "__imul__", "__itruediv__"}:  # fmt: skip
        return []
    if "__setitem__" in called and not called & {"__iadd__", "__isub__", "__imul__"}:
        step = "y = mx.nd.where(condition, other, y), or change a copy before autograd.record()."
        how = "y[...] = ..."
    else:
        step, how = "x = x + 1 in place of x += 1.", "+=, -=, *= or /="
    return [Finding(
        "An array", f"changed in place ({how}) while autograd records",
        "Its old values are needed for the gradient.", step,
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# autograd.grad and its like


@CASES.when(r"with respect to the (\d+)-th variable because it (does not require|is unreachable)")
def _not_a_variable(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    number = int(match[1]) - 1
    given = scene.local("grad", "variables")
    path, what = "", f"variables[{number}]"
    if given is not None:
        path = _path_of(scene, given[number])
        what = path or f"{what}, of shape {tuple(given[number].shape)}"
    if "unreachable" in match[2]:
        return [Finding(
            what, "not among what the head was computed from",
            "The forward pass does not use it, or the way to it was cut by detach(), asnumpy() or "
            "autograd.pause().",
            "Leave it out of the variables: its gradient is zero. If it should count, use it "
            "inside autograd.record().",
        )]  # fmt: skip
    if path:
        return [Finding(
            what, "frozen", "It has grad_req='null'.",
            f"{in_code(path)}.grad_req = 'write', then the forward pass anew.",
        )]  # fmt: skip
    return [Finding(
        what, "not marked before it was used",
        "autograd.record() keeps the way to arrays only that have a gradient.",
        "x.attach_grad() before `with autograd.record():`.",
    )]  # fmt: skip


def _path_of(scene: Scene, array: Any) -> str:
    """The path of the parameter whose values these are; "" where it is none that is at hand."""
    for net in _nets(scene):
        for site in paths.sites(net):
            arrays = trained_arrays(site.parameter) or _values(site.parameter)
            if any(one is array or one.handle.value == array.handle.value for one in arrays):
                return site.path
    return ""


def _values(parameter: Any) -> list[Any]:
    try:
        return list(parameter.list_data())
    except (RuntimeError, gluon.parameter.DeferredInitializationError):
        return []


@CASES.when(r"object of type '(?:Parameter|Constant)' has no len\(\)", file=_FILE)
@CASES.when(r"'(?:Parameter|Constant)' object has no attribute 'handle'")
def _by_parameters(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("grad", "variables")
    listed = isinstance(given, (list, tuple))
    first = given[0] if listed else given
    sites = [site for net in _nets(scene) for site in paths.sites(net)]
    path = next((site.path for site in sites if site.parameter is first), "")
    code = in_code(path) if path else "parameter"
    return [Finding(
        path or "variables", "a parameter, where an array is asked for",
        "autograd.grad goes by arrays. A parameter's array is that of data().",
        f"autograd.grad(loss, [{code}.data()]), or loss.backward() and {code}.grad().",
    )]  # fmt: skip


@CASES.when(r"variables cannot be an empty list", file=_FILE)
def _no_variables(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "autograd.grad", "given no variables",
        "It returns one gradient for each array that it is given.",
        "autograd.grad(loss, [p.data() for p in net.collect_params().values() if p.grad_req != "
        "'null']).",
    )]  # fmt: skip


@CASES.when(r"heads and head_grads must be lists of the same length", file=_FILE)
def _head_gradients(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    heads, given = (scene.local("_parse_head", name) for name in ("heads", "head_grads"))
    return [Finding(
        "head_grads", f"{len(given)} for {len(heads)} heads",
        "Each head has a gradient of its own shape, from which the pass begins; None means ones.",
        "autograd.backward(losses), which begins with ones; else one for each head, or None.",
    )]  # fmt: skip


@CASES.when(r"assert isinstance\(gradients, NDArray\)", file=_FILE)
def _one_variable(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = type(scene.local("mark_variables", "gradients")).__name__
    return [Finding(
        "mark_variables", f"given one array, and a {given} for its gradient",
        "One array goes with one gradient, a list with a list.",
        "x.attach_grad(), which makes the gradient too.",
    )]  # fmt: skip


@CASES.when(r"get_symbol: Invalid argument type, expecting .*, got <class '([^']+)'>", file=_FILE)
def _symbol_of(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    step = "autograd.get_symbol(y), y being an array that was computed inside autograd.record()."
    if isinstance(scene.local("get_symbol", "x"), gluon.Block):
        step = "net(mx.sym.var('data')), which gives the symbol of a net."
    return [Finding(
        "autograd.get_symbol", f"given something of type {match[1]}",
        "It takes an array, and tells how it was computed.", step,
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# autograd.Function


@CASES.when(r"Each Function instance can only be called once", file=_FILE)
def _used_function(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = type(scene.local("__call__", "self")).__name__
    return [Finding(
        kind, "called a second time",
        "An object of an autograd.Function keeps what its backward needs, for one call.",
        f"{kind}()(x) each time, in place of an object that was made before.",
    )]  # fmt: skip


@CASES.when(r"Error in Function\.backward: .*type object '(\w+)' has no attribute 'name'")
@CASES.when(r"(autograd\.Function)\.backward must return NDArrays, not <class '([^']+)'>")
@CASES.when(r"CustomFunctionBackward")
def _backward_of_function(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    what = "An autograd.Function"
    if "has no attribute" in match[0]:
        return [Finding(
            match[1], "its backward returned another number of arrays than forward takes",
            "Each argument of forward has a gradient. (MXNet fails while it writes its message.)",
            "In backward, return as many arrays as forward takes: return d_first, d_second.",
        )]  # fmt: skip
    if "must return" in match[0]:
        return [Finding(
            what, f"its backward returned something of type {match[2]}",
            "What backward returns must be MXNet's arrays.",
            "In backward, return mx.nd.array(...).",
        )]  # fmt: skip
    return [Finding(
        what, "its backward has failed",
        "MXNet prints the reason, after 'Error in Function.backward:', and raises this where the "
        "gradient is read. Nothing was written into the gradient.",
        "Mend its backward: it takes a gradient for each output, and returns an array for each "
        "argument of forward. gi.explain(text) says more of what was printed.",
    )]  # fmt: skip


@CASES.when(r"Embedding layer doesn't support calculate data gradient")
def _gradient_of_indices(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The indices of an Embedding", "asked for a gradient",
        "They choose rows, and no small change of an index is near to another row.",
        "x without attach_grad(). What learns is the weight: net.weight.grad() of the Embedding; "
        "for a gradient by its output, e = embedding(x).detach(); e.attach_grad(), and go on "
        "from e.",
    )]  # fmt: skip
