"""The state of a net and of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.blocks import own_parameters
from .._gluon.choice import filler_of
from .._gluon.forward.arguments import defaults_of
from .._gluon.history import INITIALIZED, LOADED, SET, Past, pass_of, past_of
from .._gluon.layers import declaring_argument
from .._gluon.parameters import (
    DEFERRED,
    has_values,
    initializer_of,
    may_wait,
    pending_of,
    state_of,
    values_of,
)
from .._gluon.places import net_of, noted_paths
from .._gluon.symbol_blocks import LABEL, roles
from .._gluon.view import View
from ..devices import trouble_with
from ..drawing.initializer_laws import law_of
from ..errors import ShapeError
from ..initializers.seeded import Seeded
from ..results.text import shape_text, some
from ..shapes.inference import foretell
from . import scene
from .finding import Finding
from .of_passes import of_failed_pass, of_pass
from .of_symbol_blocks import of_symbol_blocks
from .of_trainers import left_out, still_moving
from .unseen import of_strangers, unseen_blocks, unseen_parameters

NEVER = "never reached"
_RUN_ONE_BATCH = (
    "Run one batch through the net; or, without data, gi.force_init(net, shape of a batch)"
)


def of_net(net: Any, inputs: Sequence[Any] = (), run: bool = False) -> list[Finding]:
    """One finding for each group of parameters that share state, reason and next step."""
    strangers = of_strangers(net)
    if strangers:
        return strangers
    view = View(net)
    sites = view.owned
    twins = _of_one_name(sites)
    if twins:  # nothing else can be done with the net before
        return twins
    known, reached, passing = _foretold(view, inputs, run)
    found = [
        *passing,
        *unseen_blocks(net),
        *unseen_parameters(view),
        *_on_missing_devices(sites),
        *_failed(sites, reached),
        *left_out(net, sites),
        *still_moving(sites),
        *of_symbol_blocks(sites),
    ]
    groups: dict[Any, list[paths.Site]] = {}
    first: dict[Any, Finding] = {}
    labels = {id(site.parameter) for site, role in roles(sites) if role == LABEL}
    for site in (one for one in sites if id(one.parameter) not in labels):
        finding = _of_site(site, reached, None)
        group = _group_of(site, finding)
        groups.setdefault(group, []).append(site)
        first.setdefault(group, finding)
    told = [_of_sites(members, first[group], reached, known) for group, members in groups.items()]
    found += [_by_default(net, one) for one in told]
    if not sites:
        found.append(Finding("The net", "it has no parameters", "", ""))
    return found


def _foretold(
    view: View, inputs: Sequence[Any], run: bool
) -> tuple[dict[int, Any], set[int] | None, list[Finding]]:
    """Shapes that are known with these inputs, what is reached, and what a pass would do."""
    if not (inputs or run):
        return {}, scene.reached(view), []
    try:
        told = foretell(view, inputs, run)
    except ShapeError as error:
        if error.needs_run:
            raise
        return {}, scene.reached(view), [of_failed_pass(inputs, error)]
    return told.parameters, told.used, [of_pass(view, inputs, told, run)]


def _of_one_name(sites: Sequence[paths.Site]) -> list[Finding]:
    """Parameters that Gluon cannot keep apart: collect_params() and all that calls it fail."""
    by_name: dict[str, list[str]] = {}
    for site in sites:
        by_name.setdefault(site.parameter.name, []).append(site.path)
    twins = {name: found for name, found in by_name.items() if len(found) > 1}
    if not twins:
        return []
    name, found = next(iter(twins.items()))
    return [Finding(
        " and ".join(found), f"two parameters of one name, {name!r}",
        "Gluon keeps parameters by their names, so that net.initialize(), net.collect_params() and "
        "a Trainer fail. Both blocks have been made with one prefix.",
        "Make one of the blocks with another prefix=..., or without; then net.initialize().",
    )]  # fmt: skip


def _group_of(site: paths.Site, finding: Finding) -> Any:
    """What parameters have in common of which the same is to be said."""
    if finding.state != DEFERRED:
        return finding
    past, shape = past_of(site.parameter), paths.shape_of(site.parameter)
    return past.forced, past.replaced, shape is None or None in shape


def _of_sites(
    members: Sequence[paths.Site],
    finding: Finding,
    reached: set[int] | None,
    known: Mapping[int, Any],
) -> Finding:
    """What is to be said of these parameters, once; ``finding`` is said of the first of them."""
    first = members[0].parameter
    if not has_values(first) and len(members) == 1:
        finding = _of_site(members[0], reached, known.get(id(first)))
    elif not has_values(first):
        finding = _deferred_together(members) if finding.state == DEFERRED else finding
        will = {s.path: known[id(s.parameter)] for s in members if id(s.parameter) in known}
        if will:
            shapes = some([f"{path} {shape_text(shape)}" for path, shape in will.items()], 4)
            finding = replace(finding, why=f"{finding.why} With these inputs: {shapes}.")
    return replace(finding, what=some([site.path for site in members]))


def _deferred_together(members: Sequence[paths.Site]) -> Finding:
    """Several parameters that wait: what holds for all is said once, what differs is listed."""
    shapes: dict[str, list[str]] = {}
    fillers: dict[str, list[str]] = {}
    layers: dict[str, None] = {}
    for site in members:
        shapes.setdefault(shape_text(paths.shape_of(site.parameter)), []).append(site.path)
        fillers.setdefault(_values_of_pending(site.parameter), []).append(site.path)
        argument = declaring_argument(site.owner)
        if argument:
            layers[f"{type(site.owner).__name__}(..., {argument}=...)"] = None
    past = past_of(members[0].parameter)
    why = (
        f"initialize() was called, but the shapes are {_listed(shapes)}. What is unknown is read "
        f"from the input of each one's block when data reach it; then they get {_listed(fillers)}."
    )
    if None not in (paths.shape_of(members[0].parameter) or (None,)):
        why = f"Their shapes are known; they get {_listed(fillers)} when data reach them."
    declared = f", or declare them: {some(list(layers), 4)}" if layers else ""
    return Finding("", DEFERRED, why + _of_past(past), _RUN_ONE_BATCH + declared + ".")


def _listed(paths_by_text: Mapping[str, Sequence[str]]) -> str:
    """``(4, ?)``, or where there are several ``(4, ?) (0.weight), (2, ?) (1.weight)``."""
    if len(paths_by_text) == 1:
        return next(iter(paths_by_text))
    return some([f"{text} ({some(own, 2)})" for text, own in paths_by_text.items()], 4)


def of_parameter(parameter: Any) -> list[Finding]:
    """The same for one parameter, in the net that has collected it."""
    net = net_of(parameter)
    if net is None:
        site = paths.Site(parameter.name, parameter, None, None)
        finding = _of_site(site, None, None)
        return [Finding(parameter.name, finding.state, finding.why, finding.next)]
    view = View(net)
    same = [site for site in view.sites if site.parameter is parameter]
    finding = _by_default(net, _of_site(same[0], scene.reached(view), None))
    also = f", tied to {some([site.path for site in same[1:]])}" if same[1:] else ""
    what = f"{same[0].path}{also} ({parameter.name})"
    missing = _on_missing_devices(same[:1])
    return [*missing, Finding(what, finding.state, finding.why, finding.next)]


def _of_site(site: paths.Site, reached: set[int] | None, known: Any) -> Finding:
    parameter = site.parameter
    past = past_of(parameter)
    lost = reached is not None and id(parameter) not in reached
    if has_values(parameter):
        return _with_values(site, past, lost)
    if lost:
        return never_reached(site)
    if not pending_of(parameter):
        if not may_wait(parameter) and None in (paths.shape_of(parameter) or (None,)):
            return may_not_wait(paths.shape_of(parameter))
        will = f" With these inputs it will be {shape_text(known)}." if known is not None else ""
        return Finding(
            "",
            "uninitialized",
            f"No initialize() has been called on it. One that was called before the block came "
            f"into the net did not see it.{will}",
            "net.initialize(), which leaves alone what already has values.",
        )
    return deferred(site, past, known)


def _by_default(net: Any, finding: Finding) -> Finding:
    """What forward reaches may depend on arguments that were left to their defaults."""
    defaults = ", ".join(f"{name}={value!r}" for name, value in defaults_of(net).items())
    if not defaults or NEVER not in finding.state:
        return finding
    return replace(
        finding,
        state=finding.state.replace(NEVER, f"not reached with {defaults}"),
        why=f"That is how forward is called where nothing else is said. {finding.why}",
        next="Call the net with the values that use it: the first such call fills what waits. "
        "Until then a Trainer must leave it out, or step(..., ignore_stale_grad=True).",
    )


def may_not_wait(shape: Any) -> Finding:
    """A parameter of unknown shape that was made without ``allow_deferred_init``."""
    return Finding(
        "",
        "uninitialized, of a shape that may not wait",
        f"Its shape is {shape_text(shape)}, and it was made without allow_deferred_init, so that "
        f"initialize() will refuse it.",
        "In __init__, self.params.get(..., allow_deferred_init=True); or give the full shape.",
    )


def never_reached(site: paths.Site) -> Finding:
    """A parameter without values which no forward pass uses: no batch will ever fill it."""
    state = state_of(site.parameter)
    keep = f"net.collect_params('^(?!{site.parameter.name}$)')"
    if site.owner is not None and len(own_parameters(site.owner)) > 1:
        keep = f"net.collect_params('^(?!{site.owner.prefix})')"
    return Finding(
        "",
        f"{state}, and {NEVER}",
        f"The forward pass does not use block {where(site)}, so that running a batch through "
        f"cannot fill it. A Trainer that holds it fails at step().",
        f"Call the block in forward; or take it out of the net; or leave it out of the Trainer: "
        f"gluon.Trainer({keep}, ...).",
    )


def deferred(site: paths.Site, past: Past, known: Any = None) -> Finding:
    """A parameter that waits for its shape."""
    parameter = site.parameter
    shape = paths.shape_of(parameter)
    values = _values_of_pending(parameter)
    declare = declaring_argument(site.owner)
    kind = type(site.owner).__name__
    why = (
        f"initialize() was called, but the shape is {shape_text(shape)}. What is unknown is read "
        f"from the input of block {where(site)} when data reach it; then it gets {values}."
    )
    if shape is not None and None not in shape:
        why = f"Its shape {shape_text(shape)} is known; it gets {values} when data reach it."
    if known is not None:
        why += f" With these inputs it will be {shape_text(known)}."
    own = isinstance(site.owner, gluon.Block) and not isinstance(site.owner, gluon.HybridBlock)
    if own and declare is None:
        return Finding(
            "",
            "deferred, and no forward pass will end that",
            f"{kind} is a plain Block with a parameter of its own: Gluon infers shapes for "
            f"HybridBlocks only.",
            "Give the full shape to params.get(..., shape=...), or make the class a HybridBlock.",
        )
    declared = f", or declare it: {kind}(..., {declare}=...)" if declare else ""
    return Finding(
        "",
        DEFERRED,
        why + _of_past(past),
        f"{_RUN_ONE_BATCH}{declared}.",
    )


def _values_of_pending(parameter: Any) -> str:
    """What it will get once its shape is known."""
    pending = pending_of(parameter)
    if pending is not None and pending.data is not None:
        return "the values of set_data()"
    return initializer_of(parameter, noted_paths(parameter))[0] or "nothing"


def _of_past(past: Past) -> str:
    """What an earlier ``initialize`` adds to the matter."""
    said = ""
    if past.forced:
        said += " force_reinit=True cannot help: there is no shape to draw for."
    if past.replaced:
        said += " An earlier initialize() chose another initializer; the last one counts."
    return said


def _with_values(site: paths.Site, past: Past, lost: bool) -> Finding:
    parameter = site.parameter
    state, why, step = state_of(parameter), "", ""
    if past.ignored:
        why = "A later initialize() has been ignored: the parameter already had its values."
        step = "net.initialize(..., force_reinit=True) draws anew; what was learned is lost."
    elif past.replaced:
        why = "initialize() was called twice before the first forward pass; the last one counted."
    if _wrote_nothing(parameter, past):
        state += ", with zeros only"
        filler, _ = initializer_of(parameter, noted_paths(parameter))
        why = f"{filler} was to fill it, and wrote nothing, unless the zeros have been set since."
        step = (
            "In the initializer, write into the array: arr[:] = values. With arr = values the name "
            "means another array, and the parameter keeps its zeros. Then "
            "net.initialize(..., force_reinit=True)."
        )
    elif lost:
        state += f", and {NEVER}"
        why = "The forward pass does not use it, so that its gradient is never updated."
        step = (
            "Use the block in forward, or take it out of the net, or call "
            "trainer.step(..., ignore_stale_grad=True)."
        )
    return Finding("", state, why, step)


def _wrote_nothing(parameter: Any, past: Past) -> bool:
    """Whether only zeros are there although an initializer that draws was to fill it."""
    if past.last in (LOADED, SET) or past.initializer is None:
        return False
    filler = filler_of(past.initializer, past.overall, noted_paths(parameter))
    while isinstance(filler, Seeded):
        filler = filler.inner
    law = law_of(mx.init.create(filler), parameter.shape)
    if isinstance(filler, mx.init.Bilinear) or (law is not None and law.is_constant):
        return False
    return not values_of(parameter).asnumpy().any()


def _failed(sites: Sequence[paths.Site], reached: set[int] | None) -> list[Finding]:
    """What a forward pass that failed has left: some filled by data, some below still waiting."""
    inside = [s for s in sites if reached is None or id(s.parameter) in reached]
    waiting = [s for s in inside if not has_values(s.parameter) and pending_of(s.parameter)]
    filled = [s for s in inside if _has_left_waiting(s.parameter, waiting)]
    if not filled:
        return []
    return [
        Finding(
            "The net",
            "half-initialized",
            f"A forward pass has begun and not ended. Filled from its input: "
            f"{some([s.path for s in filled])}; still waiting: {some([s.path for s in waiting])}. "
            f"The shapes that were taken stay, also for a later, right input.",
            "Build the net anew (run the code that made it), check it with "
            "gi.infer_shapes(net, shape of a batch), initialize it, and run the right batch.",
        )
    ]


def _has_left_waiting(parameter: Any, waiting: Sequence[paths.Site]) -> bool:
    """Whether the call that filled it should have filled one of those that wait, and did not.

    A call of a part, such as ``net.features(x)``, fills that part; what was initialized later had
    no part in it.
    """
    past = past_of(parameter)
    block, turn = pass_of(parameter)
    if block is None or not has_values(parameter) or past.last != INITIALIZED or turn < past.turn:
        return False
    below = {id(site.parameter) for site in paths.sites(block)}
    return any(id(s.parameter) in below and past_of(s.parameter).turn < turn for s in waiting)


def _on_missing_devices(sites: Sequence[paths.Site]) -> list[Finding]:
    """Parameters that wait for a device which cannot be used."""
    waiting = [(site, pending) for site in sites if (pending := pending_of(site.parameter))]
    found = [(site, told) for site, one in waiting if (told := trouble_with(one.contexts))]
    return [missing_device(some([site.path for site, _ in found]), found[0][1])] if found else []


def missing_device(what: str, trouble: str) -> Finding:
    """Something that is to be on a device which cannot be used, and why not."""
    why, _, way = trouble.partition(". ")
    return Finding(
        what, "on a device that cannot be used", f"{why}.",
        f"{way} For a net: net.initialize(..., ctx=gi.device()).",
    )  # fmt: skip


def where(site: paths.Site) -> str:
    """The block that owns a parameter: ``'features.3' (Dense)``."""
    path = site.path.rpartition(".")[0]
    return f"{path!r} ({type(site.owner).__name__})" if path else type(site.owner).__name__
