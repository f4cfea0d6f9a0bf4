"""The errors of MXNet's initializers: shapes that they do not fit, and arguments of their own."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import mxnet as mx

from .._gluon.choice import filler_and_chooser
from .._gluon.describe import arguments_of, describe
from .._gluon.history import made_with
from .._gluon.layers import is_gluons_own
from .._gluon.modules import copies_of
from .._gluon.places import noted_paths
from ..results.text import some
from .at_work import in_code
from .cases import Cases, site_of
from .finding import Finding
from .scene import Scene

CASES = Cases()

_FILE = "initializer.py"

# What a parameter of this name usually begins with: as a layer's argument, and in code.
_USUAL = {
    "bias": ("'zeros'", "mx.init.Zero()"), "beta": ("'zeros'", "mx.init.Zero()"),
    "gamma": ("'ones'", "mx.init.One()"), "running_mean": ("'zeros'", "mx.init.Zero()"),
    "running_var": ("'ones'", "mx.init.One()"),
    "alpha": ("mx.init.Constant(0.25)", "mx.init.Constant(0.25)"),
}  # fmt: skip


class _Fill(NamedTuple):
    """Which parameter was being filled by what, and who had chosen that."""

    path: str
    initializer: Any  # the innermost: Xavier inside Seeded(Xavier)
    chooser: str  # "layer", "parameter", "initialize()"; "" outside of Gluon
    owner: Any
    given: bool  # to parameter.initialize() itself
    code: str  # how one reaches the parameter

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def _fill_of(scene: Scene) -> _Fill | None:
    """What was going on; None where no initializer was at work."""
    initializer = scene.local("_init_weight", "self")
    if initializer is None:
        return None
    parameter, (site, _) = scene.parameter, site_of(scene)
    if parameter is None:
        desc = scene.local("_init_weight", "name") or scene.local("_init_weight", "desc") or ""
        return _Fill(str(desc), initializer, "", None, False, "")
    chosen = scene.local("_finish_deferred_init", "init")
    overall = scene.local("_finish_deferred_init", "default_init")
    if parameter.init is not None and chosen is parameter.init:  # also where both are one text
        chooser = "layer" if chosen is made_with(parameter) else "parameter"
    else:
        _, chooser = filler_and_chooser(parameter, chosen, overall, noted_paths(parameter))
    path = site.path if site is not None else parameter.name
    given = chooser == "parameter" and parameter.init is not chosen
    owner = site.owner if site is not None else None
    code = in_code(path)
    if not hasattr(owner, path.rpartition(".")[2]):  # a SymbolBlock's
        code = f"net.collect_params()[{parameter.name!r}]"
    return _Fill(path, initializer, chooser, owner, given, code)


def _chosen_by(fill: _Fill) -> str:
    """Who gave the parameter this initializer, in a sentence."""
    kind = type(fill.initializer).__name__
    owner = type(fill.owner).__name__ if fill.owner is not None else "layer"
    if fill.chooser == "layer":
        return f"The {owner} itself was made with {kind} for it."
    if fill.chooser == "parameter":
        how = "parameter.initialize(...)" if fill.given else "setting parameter.init"
        return f"It was given {kind} by {how}."
    return f"The {owner} names no initializer for it, so that net.initialize(...) fills it."


def _instead(fill: _Fill) -> str:
    """The step that gives the parameter another initializer, where it was given the wrong one."""
    ending = next((name for name in _USUAL if fill.name.endswith(name)), "")
    argument, code = _USUAL.get(ending, ("mx.init.Normal(0.01)", "mx.init.Normal(0.01)"))
    owner, name = fill.owner, re.sub(r"^[lr]\d+_", "", fill.name)
    argument_name = f"{name}_initializer"
    made = f"self.params.get({fill.name!r}, ..., init={argument}) in its __init__"
    if _has_argument(owner, argument_name):
        module = type(owner).__module__.split(".")[2]
        made = f"{module}.{type(owner).__name__}(..., {argument_name}={argument})"
    if fill.chooser == "layer":
        return f"{made}, and build the net anew."
    if fill.given:
        return f"{fill.code}.initialize({code})."
    also = (
        f" In the code that makes the net: {made}." if _has_argument(owner, argument_name) else ""
    )
    return f"{fill.code}.init = {code}, then net.initialize(...).{also}"


def _has_argument(layer: Any, name: str) -> bool:
    arguments = inspect.signature(type(layer).__init__).parameters
    return layer is not None and is_gluons_own(layer) and name in arguments


# ---------------------------------------------------------------------------------------------
# Shapes that an initializer does not fit


@CASES.when(r"Xavier initializer cannot be applied to vector (\S+?)\. It requires", file=_FILE)
def _vector(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    fill = _fill_of(scene)
    if fill is None:
        return []
    kind = type(fill.initializer).__name__
    state = f"a vector, for which {kind} has no fan-in and fan-out"
    if fill.chooser:
        return [Finding(fill.path, state, _chosen_by(fill), _instead(fill))]
    return [_outside_of_gluon(scene, fill, state)]


def _outside_of_gluon(scene: Scene, fill: _Fill, state: str) -> Finding:
    """The same for Module's arguments, and for an initializer that was called by itself."""
    kind, name = type(fill.initializer).__name__, fill.path
    if scene.owner(mx.mod.BaseModule) is None:
        return Finding(
            name, state, f"{kind} was called by itself, on an array with one axis.",
            f"Give it an array with two axes or more, or take mx.init.Normal(0.01) for {name}.",
        )  # fmt: skip
    named = bool(scene.local("_init_weight", "name").attrs.get("__init__"))
    why = (
        f"Its mx.sym.var names {kind}."
        if named
        else "Its name ends in weight, so that Module fills it by the initializer of init_params()."
    )
    return Finding(name, state, why, f"mx.sym.var({name!r}, ..., init=mx.init.Normal(0.01)).")


@CASES.when(r"Invalid Parameter format for shape expect Shape\(tuple\) but value='\((\d+), 1\.0\)'")
def _orthogonal(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    fill = _fill_of(scene)
    if fill is None or not isinstance(fill.initializer, mx.init.Orthogonal) or not fill.chooser:
        return []
    return [Finding(
        fill.path, "a vector, which cannot be an orthogonal matrix", _chosen_by(fill),
        _instead(fill),
    )]  # fmt: skip


@CASES.when(r"tuple index out of range", file=_FILE)
def _bilinear(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    fill = _fill_of(scene)
    if fill is None or not isinstance(fill.initializer, mx.init.Bilinear) or not fill.chooser:
        return []
    step = _instead(fill)
    if fill.chooser == "initialize()":
        step = (
            "nn.Conv2DTranspose(..., weight_initializer=mx.init.Bilinear()) for those layers, and "
            "net.initialize(mx.init.Xavier()) for the rest."
        )
    return [Finding(
        fill.path, f"of shape {scene.local('_init_weight', 'arr').shape}, and filled by Bilinear",
        f"Bilinear is for kernels that enlarge images: (in, out, height, width). "
        f"{_chosen_by(fill)}",
        step,
    )]  # fmt: skip


@CASES.when(r"")
def _fused(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    initializer, parameter = scene.owner(mx.init.FusedRNN), scene.parameter
    if initializer is None or parameter is None:
        return []
    site, _ = site_of(scene)
    given = (arguments_of(initializer) or {}).get("init")
    inner = describe(given) if given is not None else "Xavier()"
    return [Finding(
        site.path if site is not None else parameter.name,
        f"of shape {tuple(parameter.shape)}, and filled by FusedRNN",
        "FusedRNN is for the one long vector of a symbolic mx.rnn.FusedRNNCell. A layer of "
        "gluon.rnn has a parameter for each weight and bias.",
        f"net.initialize(mx.init.{inner}); for the forget gate rnn.LSTM(..., "
        f"i2h_bias_initializer=mx.init.LSTMBias(1.0)).",
    )]  # fmt: skip


@CASES.when(r"(operands could not be|could not) broadcast|[Ss]hape inconsistent|shape mismatch")
def _values_of_another_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    fill = _fill_of(scene)
    if fill is None or not fill.chooser:
        return []
    shape, kind = tuple(scene.local("_init_weight", "arr").shape), type(fill.initializer).__name__
    if isinstance(fill.initializer, mx.init.Constant):
        return [Finding(
            fill.path,
            f"of shape {shape}, and Constant's value has {_shape(fill.initializer.value)}",
            f"The value is a number, or an array of the parameter's shape. {_chosen_by(fill)}",
            f"mx.init.Constant(array), with an array of shape {shape}, for this parameter only.",
        )]  # fmt: skip
    return [Finding(
        fill.path, f"of shape {shape}, and {kind} writes values of another shape",
        f"_init_weight(self, name, arr) must write values of arr.shape. {_chosen_by(fill)}",
        f"In {kind}._init_weight, arr[:] = values made with shape=arr.shape.",
    )]  # fmt: skip


def _shape(value: Any) -> str:
    return f"the shape {tuple(value.shape)}" if hasattr(value, "shape") else "another shape"


@CASES.when(r"assert shape\[0\] == 6", file=_FILE)
def _localization(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    shape = tuple(scene.local("_init_loc_bias", "arr").shape)
    return [Finding(
        "stn_loc_bias", f"of shape {shape}, and it must have 6 numbers",
        "An initializer that is called with a text takes this name for the bias of a spatial "
        "transformer, whose 6 numbers are an affine map.",
        "init(mx.init.InitDesc('bias'), arr), which goes by the ending of the name.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Initializers that are wrong in themselves

_KINDS = {"factor": ("factor_type", ("avg", "in", "out")),
          "random": ("rnd_type", ("uniform", "gaussian"))}  # fmt: skip
_MEANT = {"normal": "gaussian", "fan_in": "in", "fan_out": "out", "fan_avg": "avg"}


@CASES.when(r"^Incorrect (factor) type$|^Unknown (random) type$", file=_FILE)
def _type_of_xavier(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    initializer = scene.local("_init_weight", "self")
    argument, known = _KINDS[match[1] or match[2]]
    value = getattr(initializer, argument)
    if isinstance(value, (int, float)):
        return [_number_for_a_kind(initializer, argument, value)]
    given = str(value)
    near = difflib.get_close_matches(given, known, n=1)
    right = _MEANT.get(given) or (near[0] if near else known[0])
    written = re.sub(rf"{argument}=('[^']*'|\"[^\"]*\"|\S+?)(?=[,)])", f"{argument}={right!r}",
                     describe(initializer))  # fmt: skip
    return [Finding(
        f"{type(initializer).__name__}.{argument}", f"{given!r}, which it does not know",
        f"It knows {', '.join(map(repr, known))}.",
        f"mx.init.{written}.",
    )]  # fmt: skip


def _number_for_a_kind(initializer: Any, argument: str, value: float) -> Finding:
    """``Xavier(2.24)``: its first argument is a name."""
    kind = type(initializer).__name__
    names = ", ".join(inspect.signature(type(initializer)).parameters)
    meant = "slope" if kind == "MSRAPrelu" else "magnitude"
    return Finding(
        f"{kind}.{argument}", f"{value!r}, by its place",
        f"The arguments of {kind} are {names}, in this order.",
        f"mx.init.{kind}({meant}={value!r}).",
    )  # fmt: skip


@CASES.when(r"local variable 'tmp'", file=_FILE)
def _type_of_orthogonal(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    initializer = scene.local("_init_weight", "self")
    return [Finding(
        "Orthogonal.rand_type", f"{initializer.rand_type!r}, which it does not know",
        "It knows 'uniform' and 'normal'.",
        f"mx.init.Orthogonal(scale={initializer.scale:g}, rand_type='normal').",
    )]  # fmt: skip


@CASES.when(r"^Must override it$", file=_FILE)
def _no_method(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = type(scene.local("_init_weight", "self"))
    fill = _fill_of(scene)
    where = f" {fill.path} is the first that it was to fill." if fill and fill.path else ""
    if kind is mx.init.Initializer:
        return [Finding(
            "mx.init.Initializer", "the class from which initializers are derived",
            f"It draws nothing itself.{where}", "net.initialize(mx.init.Xavier()).",
        )]  # fmt: skip
    return [Finding(
        kind.__name__, "without _init_weight",
        "Gluon fills each parameter by _init_weight, whatever its name; _init_bias and the like "
        f"are for Module.{where}",
        f"In {kind.__name__}: def _init_weight(self, name, arr): arr[:] = values of arr.shape.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Called by hand


@CASES.when(r"Calling initializer with init\(str, NDArray\) has been deprecated")
def _by_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The initializer", "called with a text for the name",
        "It works, by rules of MXNet's first years: what is drawn goes by the beginning and the "
        "ending of the name.",
        "init(mx.init.InitDesc('weight'), arr).",
    )]  # fmt: skip


@CASES.when(r"^name must be string$|^arr must be NDArray$", file=_FILE)
def _by_hand(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name, arr = (scene.local("_legacy_init", argument) for argument in ("name", "arr"))
    kind = type(scene.local("_legacy_init", "self")).__name__
    step = "arr = mx.nd.zeros(shape); init(mx.init.InitDesc('weight'), arr)."
    if isinstance(name, mx.nd.NDArray):
        step = "init(mx.init.InitDesc('weight'), arr): the name comes first."
    return [Finding(
        kind, f"called with a {type(name).__name__} and a {type(arr).__name__}",
        "An initializer is called with a name and an array of MXNet's, into which it writes.", step,
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Load and Mixed, which are for Module


@CASES.when(r"assert isinstance\(param, dict\)", file=_FILE)
def _load_without_names(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    param = scene.local("__init__", "param")
    count = f" of {len(param)} arrays" if isinstance(param, (list, tuple)) else ""
    return [Finding(
        "mx.init.Load", f"given a {type(param).__name__}{count}, which has no names",
        "It goes by the names of the symbol's arguments. A file has names where mx.nd.save was "
        "given a dictionary.",
        "mx.init.Load({'fc_weight': array, ...}), with the names of symbol.list_arguments().",
    )]  # fmt: skip


@CASES.when(r"Parameter (\S+) cannot be initialized from loading\. Shape mismatch, target "
       r"(\([^)]*\)) vs loaded (\([^)]*\))")  # fmt: skip
def _load_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name, others = match[1], _of_other_shapes(scene)
    what, ends, state = name, repr(name), ""
    if len(others) > 1:
        what, ends, state = some(others), repr(tuple(others)), f"of other shapes: {name} is "
    return [Finding(
        what, f"{state}of shape {match[2]} in the symbol, and {match[3]} in what is loaded",
        "What is loaded belongs to a symbol with another layer, or other data, at this place.",
        "Make the symbol as the one that was saved; or, to draw this anew, mx.init.Load({n: v for "
        f"n, v in arrays.items() if not n.endswith({ends})}}, default_init=mx.init.Xavier()), "
        "arrays being mx.nd.load(file).",
    )]  # fmt: skip


def _of_other_shapes(scene: Scene) -> list[str]:
    """All parameters of the module at work that have another shape in what is loaded."""
    load, module = scene.owner(mx.init.Load), scene.owner(mx.mod.Module)
    if load is None or module is None or not module.binded:
        return []
    return [
        name
        for name, (array, *_) in copies_of(module).items()
        if name in load.param and load.param[name].shape != array.shape
    ]


@CASES.when(r"Cannot Initialize (\S+)\. Not found in loaded param")
def _load_missing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    load = scene.owner(mx.init.Load)
    names = list(load.param) if load is not None else []
    near = difflib.get_close_matches(match[1], names, n=1)
    most = f" Most like it is {near[0]!r}." if near else ""
    return [Finding(
        match[1], "in the symbol, and not in what is loaded",
        f"mx.init.Load goes by names, and was given no initializer for others.{most}",
        "mx.init.Load(file, default_init=mx.init.Xavier()), which draws what is not there.",
    )]  # fmt: skip


@CASES.when(r"assert len\(patterns\) == len\(initializers\)", file=_FILE)
def _mixed_lengths(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    patterns, given = (scene.local("__init__", name) for name in ("patterns", "initializers"))
    return [Finding(
        "mx.init.Mixed", f"given {len(patterns)} patterns and {len(given)} initializers",
        "Each pattern has its initializer, in the same order.",
        "mx.init.Mixed(['.*bias', '.*'], [mx.init.Zero(), mx.init.Xavier()]).",
    )]  # fmt: skip


@CASES.when(r"Parameter name %s did not match any pattern", file=_FILE)
def _mixed_without_match(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    mixed = scene.owner(mx.init.Mixed)
    name = str(scene.local("__call__", "name"))
    inside = [pattern.pattern for pattern, _ in mixed.map if pattern.search(name)]
    patterns = ", ".join(repr(pattern.pattern) for pattern, _ in mixed.map)
    if inside:
        return [Finding(
            name, f"matched by no pattern of mx.init.Mixed from its beginning ({patterns})",
            f"A pattern must match from the first letter on; {inside[0]!r} is inside the name.",
            f"{'.*' + inside[0]!r} in place of {inside[0]!r}.",
        )]  # fmt: skip
    return [Finding(
        name, f"matched by no pattern of mx.init.Mixed ({patterns})",
        "(MXNet's message lacks the name.)",
        f"mx.init.Mixed([{patterns}, '.*'], [..., mx.init.Xavier()]), whose last pattern takes all "
        "that is left.",
    )]  # fmt: skip
