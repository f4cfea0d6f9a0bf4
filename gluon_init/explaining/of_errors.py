"""The errors and warnings that MXNet raises about initialization, each with what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .. import _history, paths, reasons, shapes
from ..errors import InitError, ShapeError
from ..tables import shape_text, some
from . import of_initializers, of_nets
from .finding import Finding
from .scene import Scene, net_of, path_in, reached

Case = Callable[[Scene, "re.Match[str]"], Sequence[Finding]]

_CASES: list[tuple[re.Pattern[str], Case]] = []


def findings(error: BaseException) -> Sequence[Finding]:
    """What is to be said of an exception; nothing where it is not known."""
    scene = Scene(error)
    for pattern, case in _CASES:
        match = pattern.search(scene.message)
        if match:
            found = case(scene, match)
            if found:
                return found
    return []


def _case(pattern: str) -> Callable[[Case], Case]:
    def add(case: Case) -> Case:
        _CASES.append((re.compile(pattern, re.DOTALL), case))
        return case

    return add


# ---------------------------------------------------------------------------------------------
# Values that are asked for and are not there


@_case(r"Parameter '([^']+)' has not been initialized yet because")
def _deferred(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    site, net = _site(scene)
    if site is None:
        return [_by_name(
            match[1], "deferred", "Its shape is not known before data come through.",
            "Run one batch through the net, or gi.force_init(net, shape of a batch).",
        )]  # fmt: skip
    used = reached(net)
    what = f"{site.path} ({site.parameter.name})"
    if used is not None and id(site.parameter) not in used:
        found = of_nets.never_reached(site)
    else:
        found = of_nets.deferred(site, _history.of(site.parameter))
    return [Finding(what, found.state, found.why, found.next)]


@_case(r"Parameter '([^']+)' has not been initialized")
def _uninitialized(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter, net = _parameter(scene, match[1]), scene.net
    if net is None and parameter is not None:
        net = net_of(parameter)
    hidden = of_nets.unseen_blocks(net) if net is not None else []
    if hidden:
        return hidden
    inside = (
        net is None or parameter is None or any(s.parameter is parameter for s in paths.sites(net))
    )
    name = path_in(net, parameter) if net is not None and parameter is not None else match[1]
    if not inside:
        return [Finding(
            match[1], "uninitialized, and unknown to the net",
            f"{type(net).__name__} uses the block in its forward, but does not hold it: "
            "initialize() passes it by.",
            "In __init__, keep the block as an attribute of its own (self.name = block) or call "
            "self.register_child(block); then net.initialize().",
        )]  # fmt: skip
    calling = "make the Trainer after it" if scene.owner(gluon.Trainer) else "then go on"
    what = name if name == match[1] else f"{name} ({match[1]})"
    return [Finding(
        what, "uninitialized",
        "net.initialize() has not been called, or it was called before this block came into the "
        "net. MXNet's remark on collect_params() does not matter here.",
        f"net.initialize(); {calling}.",
    )]  # fmt: skip


@_case(r'"([^"]+)" is an unregistered container with Blocks')
def _container(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [of_nets.unseen_block(match[1].rpartition(".")[2], [])]


@_case(r"Gradient of Parameter `([^`]+)` on context (\S+) has not been updated")
def _stale(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter = _parameter(scene, match[1])
    name = match[1] if parameter is None else path_in(net_of(parameter), parameter)
    return [Finding(
        name, "initialized, but without a new gradient",
        "Since the last step no backward pass has reached it: forward does not use its block, or "
        "backward() was not called, or the loss does not depend on it.",
        "If that is meant, trainer.step(batch_size, ignore_stale_grad=True); else use the block in "
        "forward. gi.summary(net, shape of a batch) shows what is never reached.",
    )]  # fmt: skip


@_case(r"Cannot initialize Parameter '([^']+)' because it has invalid shape: (\([^)]*\))")
def _not_deferrable(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    sizes = [int(size) for size in re.findall(r"-?\d+", match[2])]
    found = of_nets.may_not_wait(tuple(size if size > 0 else None for size in sizes))
    return [_by_name(match[1], found.state, found.why, found.next)]


# ---------------------------------------------------------------------------------------------
# Shapes


@_case(r"Shape dim size cannot be a negative value|dim_size_is_known")
def _no_inference(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    operator = re.search(r"Error in operator (\w+)", scene.message)
    named = f" ({operator[1]})" if operator else ""
    return [Finding(
        type(scene.blocks[-1]).__name__ if scene.blocks else "The block",
        "deferred, of a shape that this operator does not tell",
        f"An operator in its hybrid_forward{named} needs all shapes, and says nothing of a "
        "parameter's unknown ones. F.FullyConnected and F.Convolution do, F.dot does not.",
        "Give the full shape to params.get(..., shape=...), or use an operator that infers it.",
    )]  # fmt: skip


@_case(
    r"Shape inconsistent|[Ss]hape cannot be inferred|Deferred initialization failed|"
    r"operands could not be broadcast together"
)
def _shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    net, inputs = scene.net, scene.inputs
    if net is None or not inputs:
        return []
    try:
        shapes.infer_shapes(net, *inputs)
    except ShapeError as error:
        return [_misfit(net, error)] if error.block is not None else []
    except InitError:
        return []
    return _unreached(net, inputs)


def _unreached(net: Any, inputs: Any) -> Sequence[Finding]:
    """Parameters of unknown shape which a hybridized net does not use, and yet must fill."""
    used = reached(net, inputs) or set()
    return [
        Finding(
            site.path,
            "deferred, and never reached",
            "A hybridized net fills all its parameters before it computes anything. The forward "
            f"pass does not use block {of_nets.where(site)}, so that nothing tells its shape.",
            "Call the block in forward, or take it out of the net. Where neither can be, run one "
            "batch before net.hybridize().",
        )
        for site in paths.sites(net)
        if site.parameter._deferred_init and id(site.parameter) not in used and not site.alias_of
    ]


def _misfit(net: Any, error: ShapeError) -> Finding:
    sites = {site.path: site for site in paths.sites(net)}
    site = sites.get(error.parameter or "")
    if site is None or error.has is None or error.wants is None:
        return Finding(
            f"Block {error.block!r}" if error.block else "The net",
            "its input does not fit", str(error),
            "Mend the block, or what feeds it, and build the net anew; gi.infer_shapes(net, shape "
            "of a batch) then shows the way of the shapes.",
        )  # fmt: skip
    has, wants = shape_text(error.has), shape_text(error.wants)
    owner, past = site.owner, _history.of(site.parameter)
    uses = [s for s in sites.values() if s.parameter is site.parameter]
    if len(uses) > 1:
        return Finding(
            f"{site.path}, tied with {some([s.path for s in uses if s is not site])}",
            "its uses ask for different shapes",
            f"One parameter has one shape. It is {has}; block {error.block!r} asks for {wants}.",
            "Tie only layers that take inputs of the same width (gi.tied_groups(net) lists what is "
            "tied); give this block a parameter of its own, and build the net anew.",
        )  # fmt: skip
    declare = reasons.argument(owner)
    if past.waited or (declare and not past.waited and not _was_declared(owner)):
        return Finding(
            site.path, f"of shape {has}, and this input asks for {wants}",
            "The first data that came through fixed the shape. It does not change with a later "
            "input, even if that first forward pass failed further on.",
            "Give inputs of the first width; for another one build the net anew (run the code that "
            "made it), initialize it, and run the new batch.",
        )  # fmt: skip
    number = (
        error.wants[-1]
        if declare == "in_units"
        else error.wants[1]
        if len(error.wants) > 1
        else error.wants[0]
    )
    declared = f"{declare}={number}" if declare else f"the shape {wants}"
    return Finding(
        site.path, f"declared with shape {has}, and its input asks for {wants}",
        f"The width that was given when {type(owner).__name__} was made is not the width of what "
        f"reaches it.",
        f"Make block {error.block!r} with {declared}, or without it, so that it is inferred; or "
        f"change what feeds it. Then build the net anew.",
    )  # fmt: skip


def _width(shape: tuple[int, ...], declare: str) -> int:
    """The size that the argument declares: a convolution's channels stand second."""
    return shape[1] if declare == "in_channels" and len(shape) > 1 else shape[-1]


def _was_declared(owner: Any) -> bool:
    return bool(getattr(owner, "_in_units", 0) or getattr(owner, "_in_channels", 0))


@_case(r"'Symbol' object has no attribute 'shape'")
def _symbol_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.blocks[-1]).__name__ if scene.blocks else "The block",
        "its hybrid_forward reads x.shape",
        "When Gluon infers shapes or hybridizes, hybrid_forward is called with symbols, which have "
        "none.",
        "Say it with operators: F.reshape(x, (0, -1)) keeps the first axis; 0 copies an axis, -1 "
        "takes the rest. F.shape_array and F.slice_like serve where that is not enough.",
    )]  # fmt: skip


@_case(r"Parameter '([^']+)' because desired attribute does not match with stored for attribute "
       r"'(\w+)': desired '(.*?)' vs stored '(.*?)'")  # fmt: skip
def _tied_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [_by_name(
        match[1], f"tied to a layer of another {match[2]}",
        f"params=... makes the new layer use the stored parameter, whose {match[2]} is "
        f"{_unknown_sizes(match[4])}; the new layer asks for {_unknown_sizes(match[3])}.",
        f"Make both layers with the same {'units' if match[2] == 'shape' else match[2]}, or leave "
        "params=... out, so that the new layer has its own.",
    )]  # fmt: skip


def _unknown_sizes(text: str) -> str:
    return re.sub(r"(?<![\d])(-1|0)(?![\d])", "?", text)


@_case(r"Expected shape (\([^)]*\)) is incompatible with given shape (\([^)]*\))")
def _set_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given, own = match[1], match[2]
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else "The parameter"
    return [Finding(
        name, f"of shape {_unknown_sizes(own)}, and {given} was given",
        "A parameter's known sizes do not change. (MXNet's message names the two the wrong way "
        "round.)",
        f"Give an array of shape {_unknown_sizes(own)}; for another shape build the layer anew.",
    )]  # fmt: skip


@_case(r"Failed loading Parameter '([^']+)' from saved params: shape incompatible expected "
       r"(\([^)]*\)) vs saved (\([^)]*\))")  # fmt: skip
def _load_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else match[1]
    return [Finding(
        name, f"of shape {_unknown_sizes(match[2])}, and the file has {match[3]}",
        "The file was saved from a net with another layer at this place. Parameters before it have "
        "been loaded already.",
        f"Make the layer so that it has shape {match[3]}, as the net that was saved; then load "
        "again.",
    )]  # fmt: skip


@_case(r"Parameter '?([^' ]+)'? loaded from file .* is not present")
def _load_extra(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "in the file, not in the net",
        "The file was saved from a net with more, or with a tie that this net does not have.",
        "net.load_parameters(file, ignore_extra=True) leaves it out; or build the net as the one "
        "that was saved.",
    )]  # fmt: skip


@_case(r"Parameter '?([^' ]+)'? is missing in file")
def _load_missing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "in the net, not in the file",
        "The file was saved from a smaller net, or with deduplicate=True, which keeps one name of "
        "a tied parameter only.",
        "net.load_parameters(file, allow_missing=True), and net.initialize() for what is not in "
        "the file; or build the net as the one that was saved.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# initialize()


@_case(r"Parameter '([^']+)' is already initialized, ignoring")
def _ignored(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [_by_name(
        match[1], "initialized before; this initialize() is ignored for it",
        "A second initialize() leaves alone what has values. Parameters that still wait for their "
        "shape do take the new initializer, without a warning.",
        "net.initialize(..., force_reinit=True) draws anew; what was learned is lost.",
    )]  # fmt: skip


@_case(r"initializer must be of string type")
def _not_an_initializer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = [
        value
        for _, values in scene.frames
        for name, value in values.items()
        if name in ("init", "default_init", "klass", "initializer")
    ]
    for value in given:
        if isinstance(value, (mx.init.Mixed, mx.init.Load)):
            return [of_initializers.not_in_gluon(type(value).__name__)]
    kind = type(given[-1]).__name__ if given else "Something else"
    return [Finding(
        kind, "no initializer", "Gluon takes an mx.init.Initializer, or the name of one.",
        "Derive the class from mx.init.Initializer, and write into arr in _init_weight.",
    )]  # fmt: skip


@_case(r"'(\w+)' object has no attribute '_(?:kwargs|verbose|print_func)'")
def _incomplete(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [of_initializers.incomplete(match[1])]


@_case(r"Xavier initializer cannot be applied to vector (\S+?)\.")
def _vector(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else match[1]
    return [Finding(
        name, "a vector, for which Xavier has no fan-in and fan-out",
        "Its layer names no initializer (bias_initializer=None, say, or a SymbolBlock's "
        "parameter), so that the global one fills it.",
        "Name one for it: bias_initializer='zeros'; or, before net.initialize(...), "
        "net.collect_params('.*bias').setattr('init', mx.init.Zero()).",
    )]  # fmt: skip


@_case(r"(\S+) is not registered\. Please register with initializer\.register")
def _not_registered(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"The initializer {match[1]!r}", "not registered",
        "Gluon knows initializers by the lower-case names of registered classes: 'zeros', 'ones', "
        "'normal', 'uniform', 'xavier', 'msraprelu', 'orthogonal'. One of your own may have "
        "another name, or no @mx.init.register above its class.",
        "Put @mx.init.register above the class, and give its name in lower case, or an object in "
        "place of the name; then build the layer anew.",
    )]  # fmt: skip


@_case(r"Unknown initialization pattern for ([^\s.]+)\.")
def _module_label(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = match[1]
    module = scene.owner(mx.mod.BaseModule)
    symbol = getattr(module, "symbol", None)
    declared = list(getattr(module, "_label_names", None) or [])
    feeds = symbol is not None and _feeds_a_loss(symbol, name)
    if not feeds and symbol is not None:
        return [Finding(
            name, "an argument of the symbol that Module must initialize, and cannot tell how",
            "Module's initializers go by the ending of a name: weight, bias, gamma, beta, and the "
            "moving statistics. This one has none of them.",
            f"mx.sym.var({name!r}, init=mx.init.Normal(0.01)), or a name that ends in _weight.",
        )]  # fmt: skip
    names = [*declared, name]
    return [Finding(
        name, "a label that Module takes for a parameter",
        f"Each argument of the symbol that is neither in data_names nor in label_names is a "
        f"parameter to Module, to be initialized and trained. label_names holds "
        f"{declared or 'nothing'}.",
        f"mx.mod.Module(symbol, label_names={names!r}, ...), and an iterator that has {name!r} "
        f"among its labels. mx.sym.var({name!r}, init=...) is no remedy: the label would "
        f"become a weight, drawn and saved, and learned from where no iterator overwrites it.",
    )]  # fmt: skip


def _feeds_a_loss(symbol: Any, name: str) -> bool:
    """Whether the variable is an input of an operator that ends in Output or is a loss."""
    nodes = json.loads(symbol.tojson())["nodes"]
    return any(
        nodes[entry[0]]["name"] == name
        for node in nodes
        if re.search("output$|loss|cross_entropy", node["op"], re.IGNORECASE)
        for entry in node["inputs"]
    )


# ---------------------------------------------------------------------------------------------
# Blocks and what they are called with


@_case(r"'(\w+)' object has no attribute '_(?:children|scope|reg_params|params|prefix)'")
def _block_without_super(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "a block that is not yet one",
        "Its __init__ sets a layer or a parameter before super().__init__() has run.",
        "Begin __init__ with super().__init__().",
    )]  # fmt: skip


@_case(r"there must be one NDArray or one Symbol in the input")
def _not_an_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kinds = ", ".join(f"{type(one).__module__}.{type(one).__name__}" for one in scene.inputs)
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "called with something that is no MXNet array",
        f"A net takes mx.nd arrays{f', and got {kinds}' if kinds else ''}.",
        "net(mx.nd.array(x)).",
    )]  # fmt: skip


@_case(r'Open "([^"]+)": No such file or directory')
def _no_file(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "a file that is not there",
        "A relative name is looked for in the folder in which Python runs.",
        "Give the name that net.save_parameters(file) had; os.getcwd() tells the folder.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Devices, tracing, attributes


@_case(
    r"Parameter '([^']+)' was not initialized on context (\S+)\. "
    r"It was only initialized on (\[.*?\])"
)
def _context(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    asked, there = match[2], match[3].strip("[]")
    first = there.split(", ")[0]
    return [_by_name(
        match[1], f"on {there}, and asked for on {asked}",
        "A parameter lives on the devices that were given to initialize(ctx=...); the input is on "
        "another one, or data() was called for another one. A second initialize(ctx=...) is "
        "ignored once there are values.",
        f"Bring the input there: x.as_in_context(mx.{first}); or bring the net here: "
        f"net.collect_params().reset_ctx(mx.{asked}).",
        scene,
    )]  # fmt: skip


@_case(r"Please first call block\.hybridize\(\) and then run forward")
def _export(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "without a graph",
        "export() writes the graph that a hybridized net keeps from its first forward pass; there "
        "has been none since hybridize().",
        "net.hybridize(), then net(x) on one batch, then net.export(path).",
    )]  # fmt: skip


@_case(r"Overriding Parameter attribute .* is not allowed")
def _assigned(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = scene.local("__setattr__", "name") or "weight"
    return [Finding(
        f"{type(scene.blocks[-1]).__name__}.{name}" if scene.blocks else name,
        "a parameter, which an assignment cannot replace",
        "A block's parameters are fixed when it is made. (MXNet's message lacks the name.)",
        "To share: gi.tie(net, path of this one, path of the other), or give params=other.params "
        f"when the layer is made. To change values: block.{name}.set_data(array).",
    )]  # fmt: skip


@_case(r"must not be hybridized to print summary")
def _summary_hybrid(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "hybridized, so that Block.summary cannot see inside",
        "Block.summary runs the net and watches its blocks; a hybridized net runs as one graph.",
        "gi.summary(net, shape of a batch), which runs nothing; or net.hybridize(False) first.",
    )]  # fmt: skip


@_case(r"Assigning to NDArrays that are already in a computational graph")
def _in_record(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else "The array"
    return [Finding(
        name, "changed in place while autograd records",
        "The gradient would be computed from values that are no longer there.",
        "Call set_data(...) before autograd.record() begins or after backward(), or inside "
        "`with autograd.pause():` before the parameter has been used.",
    )]  # fmt: skip


@_case(r"Incompatible attr in node .* expected (float\d+), got (float\d+)")
def _dtype(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.blocks[-1]).__name__ if scene.blocks else "An operator",
        f"it meets {match[1]} and {match[2]} at once",
        "net.cast(...) changes parameters, not inputs.",
        f"Bring both to one: net(x.astype('{match[2]}')), or net.cast('{match[1]}').",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------


def _by_name(name: str, state: str, why: str, step: str, scene: Scene | None = None) -> Finding:
    if scene is not None and scene.net is not None and scene.parameter is not None:
        path = path_in(scene.net, scene.parameter)
        name = name if path == name else f"{path} ({name})"
    return Finding(name, state, why, step)


def _parameter(scene: Scene, name: str) -> Any:
    """The parameter that an error names: the one at work, or one of the Trainer's."""
    if scene.parameter is not None:
        return scene.parameter
    trainer = scene.owner(gluon.Trainer)
    held = getattr(trainer, "_params", [])
    return next((parameter for parameter in held if parameter.name == name), None)


def _site(scene: Scene) -> tuple[paths.Site | None, Any]:
    """Where the parameter at work sits, and in which net."""
    if scene.parameter is None:
        return None, None
    net = scene.net
    for candidate in (net, net_of(scene.parameter)):
        if candidate is None:
            continue
        for site in paths.sites(candidate):
            if site.parameter is scene.parameter:
                return site, candidate
    return None, net
