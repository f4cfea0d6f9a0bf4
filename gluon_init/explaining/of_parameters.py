"""The errors and warnings of MXNet's Parameter, Constant and ParameterDict."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from typing import Any

from mxnet import gluon

from .._gluon import paths
from .._gluon.parameters import devices_of, is_differentiable, storages_of
from .._gluon.places import net_of
from ..results.text import shape_text, some
from .cases import Cases, site_of
from .finding import Finding
from .scene import Scene, path_in

CASES = Cases()

_FILE = "gluon/parameter.py"


def _named(scene: Scene, name: str) -> str:
    """The parameter at work by its path, and by Gluon's name beside it."""
    if scene.parameter is None:
        return name
    path = path_in(scene.net or net_of(scene.parameter), scene.parameter)
    return name if path == name else f"{path} ({name})"


def _in_code(scene: Scene) -> str:
    """How one reaches the parameter at work: ``net[0].weight``; "parameter" where nobody knows."""
    site, _ = site_of(scene)
    if site is None:
        return "parameter"
    block, _, name = site.path.rpartition(".")
    inside = [f"[{p}]" if p.isdigit() else f".{p}" for p in block.split(".") if p]
    return f"net{''.join(inside)}.{name}"


def _contexts(names: Sequence[str]) -> str:
    found = [f"mx.{name}" for name in names]
    return found[0] if len(found) == 1 else f"[{', '.join(found)}]"


# ---------------------------------------------------------------------------------------------
# Devices


@CASES.when(r"Parameter '([^']+)' was not initialized on context (\S+)\. "
       r"It was only initialized on \[(.*?)\]")  # fmt: skip
def _device(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter, asked, there = scene.parameter, match[2], match[3].split(", ")
    if parameter is None:
        return []
    if not match[3]:
        return [Finding(
            _named(scene, match[1]), "on no device", "initialize(ctx=[]) was given no device.",
            f"net.initialize(ctx=mx.{asked}, force_reinit=True).",
        )]  # fmt: skip
    what, state = _named(scene, match[1]), f"on {', '.join(there)}, and asked for on {asked}"
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
            f"net.collect_params().reset_ctx({_contexts(others)}), which keeps all values.",
        )  # fmt: skip
    x = f"x.as_in_context(mx.{there[0]})"
    step = (
        f"net({x}); or move the net, with its values: net.collect_params().reset_ctx(mx.{asked})."
    )
    if len(there) > 1:
        step = (
            f"net({x}) for one device; for all, [net(part) for part in "
            f"gluon.utils.split_and_load(x, {_contexts(there)})]."
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
    own = f"{_in_code(scene)}.{asks}"
    if isinstance(owner, gluon.Block) and function == "forward":
        name = _in_code(scene).rpartition(".")[2]
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
        both += f", or {_in_code(scene)}.list_{asks}() for all copies"
    return Finding(what, state, why, f"{both}.")


@CASES.when(r"Cannot reset context for Parameter '([^']+)' because it has not been initialized")
def _nothing_to_move(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    ctx = scene.local("reset_ctx", "ctx") or []
    devices = _contexts([str(device) for device in ctx]) if ctx else "..."
    return [Finding(
        _named(scene, match[1]), "uninitialized, so that there is nothing to move",
        "reset_ctx() moves values, or the wish for them; initialize() has not been called on it.",
        f"net.initialize(ctx={devices}), which needs no reset_ctx().",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Gradients


@CASES.when(r"Cannot get gradient array for Parameter '([^']+)' because grad_req='null'")
def _no_gradient(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter = scene.parameter
    if parameter is None:
        return []
    what = _named(scene, match[1])
    if isinstance(parameter, gluon.Constant) or not is_differentiable(parameter):
        kind = "a constant" if isinstance(parameter, gluon.Constant) else "a running statistic"
        return [Finding(
            what, f"{kind}, which has no gradient",
            "It is not trained by gradients, and grad_req = 'write' is ignored for it.",
            "Leave it out: [p.grad() for p in net.collect_params().values() "
            "if p.grad_req != 'null'].",
        )]  # fmt: skip
    return [Finding(
        what, "frozen: grad_req is 'null'",
        "No gradient is computed for it, and a Trainer passes it by.",
        f"If it is to be trained, {_in_code(scene)}.grad_req = 'write'; then run forward and "
        "backward again. Else leave it out, where p.grad_req is 'null'.",
    )]  # fmt: skip


@CASES.when(r"grad_req must be one of 'write', 'add', or 'null', but got '([^']*)'")
def _grad_req(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    what = "A parameter" if scene.parameter is None else scene.parameter.name
    return [Finding(
        f"grad_req={match[1]!r}", f"no choice for {what}",
        "'write' puts each gradient in the place of the last, 'add' sums them until zero_grad(), "
        "'null' freezes the parameter. It is a text, not None or False.",
        "net.collect_params().setattr('grad_req', 'null') to freeze, 'write' to train.",
    )]  # fmt: skip


@CASES.when(r'Constant parameter "([^"]+)" does not support grad_req other than "null"')
def _constant_grad_req(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "a constant, which stays without a gradient",
        "net.collect_params().setattr('grad_req', ...) meets constants, too. It has been set for "
        "all others.",
        "Nothing is to be done. If it is to be trained, make it by self.params.get(name, "
        "shape=..., init=...) in place of get_constant.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Constants, names


@CASES.when(r"No constant named '([^']+)'\. Please specify value")
def _no_constant(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "a constant that is not there",
        "get_constant(name) without a value looks for one that was made before, under the block's "
        "prefix and that name.",
        f"self.params.get_constant({_short(scene, match[1])!r}, value).",
    )]  # fmt: skip


def _short(scene: Scene, name: str) -> str:
    held = scene.owner(gluon.ParameterDict)
    return name if held is None else name.removeprefix(held.prefix)


@CASES.when(r"Parameter '([^']+)' already exists but it is not a constant")
def _not_a_constant(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = _short(scene, match[1])
    return [Finding(
        match[1], "a parameter that is trained, and asked for as a constant",
        "One name in a block means one parameter, and params.get() made this one before.",
        f"self.params.get_constant({name + '_constant'!r}, value), or another name of its own.",
    )]  # fmt: skip


@CASES.when(r"Constant '([^']+)' already exists but it's value doesn't match new value")
@CASES.when(r"'list' object has no attribute 'shape'", file=_FILE)
def _other_constant(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = scene.local("get_constant", "name")
    if name is None:
        return []
    param, value = (scene.local("get_constant", local) for local in ("param", "value"))
    if isinstance(value, list):
        return [Finding(
            name, "a constant that is compared with a list",
            "The first get_constant() takes a list; a second one of that name compares shapes, "
            "which a list has not.",
            f"self.params.get_constant({_short(scene, name)!r}), which gives the one that is "
            "there; or give an array both times.",
        )]  # fmt: skip
    shapes = f"of shape {shape_text(param.shape)}, the new one {shape_text(value.shape)}"
    if param.shape == value.shape:
        shapes = "of the same shape, with other numbers"
    return [Finding(
        name, "a constant that is there with another value",
        f"The one that is there is {shapes}. One name in a block means one constant, and with "
        "params=... that of the block which shares.",
        f"self.params.get_constant({_short(scene, name)!r}) for the one that is there, whose "
        "set_data(value) changes it; another name for another constant.",
    )]  # fmt: skip


@CASES.when(r"Cannot update self with other because they have different Parameters with the same "
       r"name '([^']+)'")  # fmt: skip
def _same_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    net = next(iter(scene.blocks), None)
    if net is None:
        return [Finding(
            match[1], "the name of two parameters",
            "One dictionary cannot hold both. Gluon names a parameter by the prefix of its block.",
            "Make one of the two blocks with another prefix=..., or without one.",
        )]  # fmt: skip
    found = {id(s.parameter): s for s in paths.sites(net) if s.parameter.name == match[1]}
    owners = [s.path.rpartition(".")[0] or "the net itself" for s in found.values()]
    prefixes = {s.owner.prefix for s in found.values() if s.owner is not None}
    return [Finding(
        some([s.path for s in found.values()]), f"two parameters of one name, {match[1]}",
        f"The blocks {' and '.join(owners)} have the same prefix, {some(sorted(prefixes))}. "
        "Gluon collects parameters by name, so that one would be lost.",
        "Make one of them with another prefix=..., or both without. To share one parameter, give "
        "the second block params=first.params in place of the same prefix.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Shapes that stay unknown


@CASES.when(r"Cannot initialize Parameter '([^']+)' because it has invalid shape: (\S.*?)\. Please")
def _still_unknown(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    site, _ = site_of(scene)
    owner = getattr(site, "owner", None)
    own = owner is not None and type(owner).infer_shape is not gluon.HybridBlock.infer_shape
    kind = type(owner).__name__ if owner is not None else "The block"
    shape = "?" if scene.parameter is None else shape_text(paths.shape_of(scene.parameter))
    if not own:
        return []
    return [Finding(
        _named(scene, match[1]), f"uninitialized: {kind}.infer_shape left its shape at {shape}",
        f"{kind} has an infer_shape of its own, which did not set it. The initialize() that was "
        "waiting is used up.",
        f"In {kind}.infer_shape(self, x), set self.{site.path.rpartition('.')[2]}.shape = ..., or "  # type: ignore[union-attr]
        "leave the method out, so that Gluon infers it; then net.initialize() again.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Storage


@CASES.when(r"(grad_)?stype for Parameter '([^']+)' must be one of .* but got '([^']*)'")
def _unknown_storage(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"{match[1] or ''}stype={match[3]!r}", f"no way to store {match[2]}",
        "'default' is the dense one. 'row_sparse' keeps only rows that were used, as for the "
        "gradient of a large Embedding.",
        f"{match[1] or ''}stype='default', or leave it out.",
    )]  # fmt: skip


@CASES.when(r"does not support stype = (\w+)", file=_FILE)
def _sparse_in_numpy_mode(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.parameter is None:
        return []
    part = "values" if storages_of(scene.parameter)[0] != "default" else "gradient"
    made = "made with sparse_grad=True" if part == "gradient" else "made with a stype"
    return [Finding(
        _named(scene, scene.parameter.name), f"its {part} would be {match[1]}, in NumPy mode",
        f"It was {made}. After mx.npx.set_np() MXNet knows dense arrays only.",
        "Make it dense: nn.Embedding(..., sparse_grad=False), or no stype and grad_stype; or call "
        "mx.npx.reset_np() before the net is made.",
    )]  # fmt: skip


@CASES.when(r"via (list_)?data\(\) because its storage type is (\w+)")
def _sparse(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.parameter is None:
        return []
    name = scene.parameter.name
    if match[2] != "row_sparse":
        return [Finding(
            _named(scene, name), f"of storage {match[2]}, which nothing reads",
            "data() is for dense parameters, row_sparse_data() for row_sparse ones.",
            "Make it without stype.",
        )]  # fmt: skip
    call = f"{_in_code(scene)}.{match[1] or ''}row_sparse_data(rows)"
    return [Finding(
        _named(scene, name), f"of storage {match[2]}, which is read row by row",
        "Its rows are fetched through the Trainer that holds it, and only those that are asked "
        "for.",
        f"rows = mx.nd.arange({scene.parameter.shape[0]}, dtype='int64'); {call}, once a "
        "gluon.Trainer has been made with it. To have it whole, make it without stype.",
    )]  # fmt: skip


@CASES.when(r"via (list_)?row_sparse_data\(\) because its storage type is default")
def _dense(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.parameter is None:
        return []
    data = f"{_in_code(scene)}.{match[1] or ''}data()"
    gradient = storages_of(scene.parameter)[1]
    also = " Only its gradient is row_sparse (sparse_grad=True)." if gradient != "default" else ""
    return [Finding(
        _named(scene, scene.parameter.name), "dense",
        f"row_sparse_data() is for parameters made with stype='row_sparse'.{also}",
        f"{data}; of some rows, mx.nd.take({data}, rows)."
        if not match[1]
        else f"{data}; of some rows, [mx.nd.take(array, rows) for array in {data}].",
    )]  # fmt: skip


@CASES.when(r"row_id must have NDArray type, but <class '([^']+)'> is given")
@CASES.when(r"object has no attribute 'ctx'", file=_FILE)
def _rows(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    rows = next((v["row_id"] for _, v in reversed(scene.frames) if "row_id" in v), None)
    if rows is None or scene.parameter is None:
        return []
    call = (
        "list_row_sparse_data" if scene.local("list_row_sparse_data", "self") else "row_sparse_data"
    )
    return [Finding(
        _named(scene, scene.parameter.name),
        f"asked for rows by a {type(rows).__name__}",
        "The numbers of the rows must be an MXNet array, which also tells the device.",
        f"{_in_code(scene)}.{call}(mx.nd.array(rows, dtype='int64')).",
    )]  # fmt: skip


@CASES.when(r"Cannot get row_sparse data for Parameter '([^']+)' when no Trainer is created")
def _rows_without_trainer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        _named(scene, match[1]), "row_sparse, and held by no Trainer",
        "Rows are fetched through the store of a Trainer, also where nothing is to be trained.",
        "trainer = gluon.Trainer(net.collect_params(), 'sgd'), after net.initialize() and before "
        "the first forward pass.",
    )]  # fmt: skip


@CASES.when(r"Failed to set the trainer for Parameter '([^']+)' because it was already set")
def _two_trainers(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        _named(scene, match[1]), "row_sparse, and held by another Trainer",
        "The rows of such a parameter live in the store of one Trainer, so that it can have one "
        "only.",
        "Keep that Trainer: trainer.set_learning_rate(...) changes its rate. For another "
        "optimizer, build the net anew and load what was saved.",
    )]  # fmt: skip
