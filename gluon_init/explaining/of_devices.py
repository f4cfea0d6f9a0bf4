"""Parameters that are asked for on a device on which they are not."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from typing import Any

from mxnet import gluon

from .._gluon import paths
from .._gluon.parameters import devices_of
from .._gluon.places import net_of
from .cases import Cases, devices_in_code, named_parameter, parameter_in_code
from .finding import Finding
from .scene import Scene

CASES = Cases()


@CASES.when(r"Parameter '([^']+)' was not initialized on context (\S+)\. "
       r"It was only initialized on \[(.*?)\]")  # fmt: skip
def _device(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter, asked, there = scene.parameter, match[2], match[3].split(", ")
    if parameter is None:
        return []
    what = named_parameter(scene, match[1])
    if not match[3]:
        return [Finding(
            what, "on no device", "initialize(ctx=[]) was given no device.",
            f"net.initialize(ctx=mx.{asked}, force_reinit=True).",
        )]  # fmt: skip
    what, state = (
        named_parameter(scene, match[1]),
        f"on {', '.join(there)}, and asked for on {asked}",
    )
    if not _by_input(scene):
        return [_asked_by_user(scene, what, state, asked, there)]
    return [_asked_by_input(parameter, what, state, asked, there)]


@CASES.when(r"CachedOp requires all inputs to live on the same context\. But (\S+) is on (\S+) "
       r"while (\S+) is on (\S+)")  # fmt: skip
def _device_of_a_graph(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    sites = {s.parameter.name: s for s in paths.sites(scene.net)} if scene.net is not None else {}
    site = sites.get(match[3])
    if site is None or match[1] in sites:
        return []
    what, state = f"{site.path} ({match[3]})", f"on {match[4]}, and asked for on {match[2]}"
    return [
        _asked_by_input(site.parameter, what, state, match[2], list(devices_of(site.parameter)))
    ]


def _asked_by_input(
    parameter: Any, what: str, state: str, asked: str, there: Sequence[str]
) -> Finding:
    """The net was called with an input that is not where the parameter is."""
    others = _devices_beside(parameter, asked)
    if len(others) >= len(there):
        return Finding(
            what, f"{state}, where other parameters of its net are",
            f"Others are on {', '.join(others)}; this one was initialized by itself, elsewhere, "
            "and a later initialize(ctx=...) is ignored.",
            f"net.collect_params().reset_ctx({devices_in_code(others)}), which keeps all values.",
        )  # fmt: skip
    x = f"x.as_in_context(mx.{there[0]})"
    step = (
        f"net({x}); or move the net, with its values: net.collect_params().reset_ctx(mx.{asked})."
    )
    if len(there) > 1:
        step = (
            f"net({x}) for one device; for all, [net(part) for part in "
            f"gluon.utils.split_and_load(x, {devices_in_code(there)})]."
        )
    return Finding(
        what, state,
        f"The net was called with an input on {asked}. Parameters live on the devices that were "
        "given to initialize(ctx=...), and a second initialize(ctx=...) is ignored.",
        step,
    )  # fmt: skip


def _devices_beside(parameter: Any, asked: str) -> Sequence[str]:
    """The devices of the first other parameter of its net that is on the one asked for."""
    net = net_of(parameter)
    sites = [] if net is None else paths.sites(net)
    found = [devices_of(site.parameter) for site in sites if site.parameter is not parameter]
    return next((devices for devices in found if asked in devices), ())


def _by_input(scene: Scene) -> bool:
    """Whether a forward pass asked for the values, for the device of its input."""
    file, function, owner = _caller(scene)
    own = isinstance(owner, gluon.Block) and function == "forward"
    return file.endswith("gluon/block.py") or (own and scene.local("data", "ctx") is not None)


def _caller(scene: Scene) -> tuple[str, str, Any]:
    """File and function from which the parameter's method was called, and whose method that is."""
    before = ("", "", None)
    for frame, _ in traceback.walk_tb(scene.error.__traceback__):
        owner, code = frame.f_locals.get("self"), frame.f_code
        if owner is scene.parameter and isinstance(owner, gluon.Parameter):
            break
        before = (code.co_filename.replace("\\", "/"), code.co_name, owner)
    return before


def _asked_by_user(
    scene: Scene, what: str, state: str, asked: str, there: Sequence[str]
) -> Finding:
    _, function, owner = _caller(scene)
    asks = "grad" if scene.local("grad", "self") is scene.parameter else "data"
    own = f"{parameter_in_code(scene)}.{asks}"
    if isinstance(owner, gluon.Block) and function == "forward":
        name = parameter_in_code(scene).rpartition(".")[2]
        return Finding(
            what, state,
            f"{type(owner).__name__}.forward calls {asks}() for {asked}; without an argument "
            "it means the current device, which is cpu(0) unless `with mx.cpu(1):` says otherwise.",
            f"In forward, self.{name}.{asks}(x.context), and net(x.as_in_context(mx.{there[0]})).",
        )  # fmt: skip
    if scene.owner(gluon.Trainer) is not None:
        return Finding(
            what, state,
            "The Trainer was made when the parameters were there. They have been moved since, and "
            "it goes by the devices that it began with.",
            "Make the Trainer anew, after net.collect_params().reset_ctx(...).",
        )  # fmt: skip
    given = scene.local(asks, "ctx") is not None
    why = (
        f"{asks}(mx.{asked}) was called, and it has no copy there."
        if given
        else f"{asks}() without an argument means the current device, {asked}, where there are "
        "several copies."
    )
    both = f"{own}(mx.{there[0]})"
    if len(there) > 1:
        both += f", or {parameter_in_code(scene)}.list_{asks}() for all copies"
    return Finding(what, state, why, f"{both}.")


@CASES.when(r"Cannot reset context for Parameter '([^']+)' because it has not been initialized")
def _nothing_to_move(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    ctx = scene.local("reset_ctx", "ctx") or []
    devices = devices_in_code([str(device) for device in ctx]) if ctx else "..."
    return [Finding(
        named_parameter(scene, match[1]), "uninitialized, so that there is nothing to move",
        "reset_ctx() moves values, or the wish for them; initialize() has not been called on it.",
        f"net.initialize(ctx={devices}), which needs no reset_ctx().",
    )]  # fmt: skip
