"""The errors and warnings of MXNet's Parameter, Constant and ParameterDict."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mxnet import gluon

from .._gluon import paths
from .._gluon.parameters import is_differentiable, storages_of
from ..results.text import shape_text, some
from .cases import Cases, named_parameter, parameter_in_code, site_of
from .finding import Finding
from .scene import Scene

CASES = Cases()

_FILE = "gluon/parameter.py"


# ---------------------------------------------------------------------------------------------
# Gradients


@CASES.when(r"Cannot get gradient array for Parameter '([^']+)' because grad_req='null'")
def _no_gradient(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter = scene.parameter
    if parameter is None:
        return []
    what = named_parameter(scene, match[1])
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
        f"If it is to be trained, {parameter_in_code(scene)}.grad_req = 'write'; then run forward "
        "and backward again. Else leave it out, where p.grad_req is 'null'.",
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
        named_parameter(scene, match[1]),
        f"uninitialized: {kind}.infer_shape left its shape at {shape}",
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
        named_parameter(scene, scene.parameter.name),
        f"its {part} would be {match[1]}, in NumPy mode",
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
            named_parameter(scene, name), f"of storage {match[2]}, which nothing reads",
            "data() is for dense parameters, row_sparse_data() for row_sparse ones.",
            "Make it without stype.",
        )]  # fmt: skip
    call = f"{parameter_in_code(scene)}.{match[1] or ''}row_sparse_data(rows)"
    return [Finding(
        named_parameter(scene, name), f"of storage {match[2]}, which is read row by row",
        "Its rows are fetched through the Trainer that holds it, and only those that are asked "
        "for.",
        f"rows = mx.nd.arange({scene.parameter.shape[0]}, dtype='int64'); {call}, once a "
        "gluon.Trainer has been made with it. To have it whole, make it without stype.",
    )]  # fmt: skip


@CASES.when(r"via (list_)?row_sparse_data\(\) because its storage type is default")
def _dense(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if scene.parameter is None:
        return []
    data = f"{parameter_in_code(scene)}.{match[1] or ''}data()"
    gradient = storages_of(scene.parameter)[1]
    also = " Only its gradient is row_sparse (sparse_grad=True)." if gradient != "default" else ""
    return [Finding(
        named_parameter(scene, scene.parameter.name), "dense",
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
        named_parameter(scene, scene.parameter.name),
        f"asked for rows by a {type(rows).__name__}",
        "The numbers of the rows must be an MXNet array, which also tells the device.",
        f"{parameter_in_code(scene)}.{call}(mx.nd.array(rows, dtype='int64')).",
    )]  # fmt: skip


@CASES.when(r"Cannot get row_sparse data for Parameter '([^']+)' when no Trainer is created")
def _rows_without_trainer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        named_parameter(scene, match[1]), "row_sparse, and held by no Trainer",
        "Rows are fetched through the store of a Trainer, also where nothing is to be trained.",
        "trainer = gluon.Trainer(net.collect_params(), 'sgd'), after net.initialize() and before "
        "the first forward pass.",
    )]  # fmt: skip


@CASES.when(r"Failed to set the trainer for Parameter '([^']+)' because it was already set")
def _two_trainers(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        named_parameter(scene, match[1]), "row_sparse, and held by another Trainer",
        "The rows of such a parameter live in the store of one Trainer, so that it can have one "
        "only.",
        "Keep that Trainer: trainer.set_learning_rate(...) changes its rate. For another "
        "optimizer, build the net anew and load what was saved.",
    )]  # fmt: skip
