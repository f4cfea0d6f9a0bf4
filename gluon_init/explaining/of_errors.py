"""The errors and warnings that MXNet raises about initialization, each with what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.history import past_of
from .._gluon.places import net_of
from .._gluon.view import View
from ..devices import trouble_with
from . import of_initializers, of_nets
from .cases import Cases, by_name, parameter_of, site_of
from .finding import Finding
from .scene import Scene, path_in, reached
from .unseen import unseen_block, unseen_blocks, unseen_parameters

CASES = Cases()


# ---------------------------------------------------------------------------------------------
# Values that are asked for and are not there


@CASES.when(r"Parameter '([^']+)' has not been initialized yet because")
def _deferred(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    site, net = site_of(scene)
    if site is None:
        return [by_name(
            match[1], "deferred", "Its shape is not known before data come through.",
            "Run one batch through the net, or gi.force_init(net, shape of a batch).",
        )]  # fmt: skip
    used = reached(View(net))
    what = f"{site.path} ({site.parameter.name})"
    if used is not None and id(site.parameter) not in used:
        found = of_nets.never_reached(site)
    else:
        found = of_nets.deferred(site, past_of(site.parameter))
    return [Finding(what, found.state, found.why, found.next)]


@CASES.when(r"Parameter '([^']+)' has not been initialized")
def _uninitialized(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter, net = parameter_of(scene, match[1]), scene.net
    if net is None and parameter is not None:
        net = net_of(parameter)
    hidden = unseen_blocks(net) if net is not None else []
    stray = unseen_parameters(View(net)) if net is not None else []
    if hidden or stray:
        return hidden or stray
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
    if isinstance(net, gluon.SymbolBlock):
        return [Finding(
            name, "uninitialized, in a SymbolBlock",
            "It was made of a graph alone, without the values that belong to it.",
            "gluon.SymbolBlock.imports('net-symbol.json', ['data'], 'net-0000.params'), with the "
            "file that export() has written beside it. net.initialize(...) draws new values "
            "instead, from its initializer alone: also for biases and running statistics.",
        )]  # fmt: skip
    calling = "make the Trainer after it" if scene.owner(gluon.Trainer) else "then go on"
    what = name if name == match[1] else f"{name} ({match[1]})"
    return [Finding(
        what, "uninitialized",
        "net.initialize() has not been called, or it was called before this block came into the "
        "net. MXNet's remark on collect_params() does not matter here.",
        f"net.initialize(); {calling}.",
    )]  # fmt: skip


@CASES.when(r'"([^"]+)" is an unregistered container with Blocks')
def _container(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [unseen_block(match[1].rpartition(".")[2], [])]


@CASES.when(r"Gradient of Parameter `([^`]+)` on context (\S+) has not been updated")
def _stale(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    parameter = parameter_of(scene, match[1])
    name = match[1] if parameter is None else path_in(net_of(parameter), parameter)
    return [Finding(
        name, "initialized, but without a new gradient",
        "Since the last step no backward pass has reached it: forward does not use its block, or "
        "backward() was not called, or the loss does not depend on it.",
        "If that is meant, trainer.step(batch_size, ignore_stale_grad=True); else use the block in "
        "forward. gi.summary(net, shape of a batch) shows what is never reached.",
    )]  # fmt: skip


@CASES.when(r"Cannot initialize Parameter '([^']+)' because it has invalid shape: (\([^)]*\))")
def _not_deferrable(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    sizes = [int(size) for size in re.findall(r"-?\d+", match[2])]
    found = of_nets.may_not_wait(tuple(size if size > 0 else None for size in sizes))
    return [by_name(match[1], found.state, found.why, found.next)]


@CASES.when(r"Parameter '?([^' ]+)'? loaded from file .* is not present")
def _load_extra(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "in the file, not in the net",
        "The file was saved from a net with more, or with a tie that this net does not have.",
        "net.load_parameters(file, ignore_extra=True) leaves it out; or build the net as the one "
        "that was saved.",
    )]  # fmt: skip


@CASES.when(r"Parameter '?([^' ]+)'? is missing in file")
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


@CASES.when(r"Parameter '([^']+)' is already initialized, ignoring")
def _ignored(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [by_name(
        match[1], "initialized before; this initialize() is ignored for it",
        "A second initialize() leaves alone what has values. Parameters that still wait for their "
        "shape do take the new initializer, without a warning.",
        "net.initialize(..., force_reinit=True) draws anew; what was learned is lost.",
    )]  # fmt: skip


@CASES.when(r"initializer must be of string type")
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


@CASES.when(r"'(\w+)' object has no attribute '_(?:kwargs|verbose|print_func)'")
def _incomplete(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [of_initializers.incomplete(match[1])]


@CASES.when(r"Xavier initializer cannot be applied to vector (\S+?)\.")
def _vector(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else match[1]
    return [Finding(
        name, "a vector, for which Xavier has no fan-in and fan-out",
        "Its layer names no initializer (bias_initializer=None, say, or a SymbolBlock's "
        "parameter), so that the global one fills it.",
        "Name one for it: bias_initializer='zeros'; or, before net.initialize(...), "
        "net.collect_params('.*bias').setattr('init', mx.init.Zero()).",
    )]  # fmt: skip


@CASES.when(r"(\S+) is not registered\. Please register with initializer\.register")
def _not_registered(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"The initializer {match[1]!r}", "not registered",
        "Gluon knows initializers by the lower-case names of registered classes: 'zeros', 'ones', "
        "'normal', 'uniform', 'xavier', 'msraprelu', 'orthogonal'. One of your own may have "
        "another name, or no @mx.init.register above its class.",
        "Put @mx.init.register above the class, and give its name in lower case, or an object in "
        "place of the name; then build the layer anew.",
    )]  # fmt: skip


@CASES.when(r"Unknown initialization pattern for ([^\s.]+)\.")
def _module_label(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = match[1]
    module = scene.owner(mx.mod.BaseModule)
    symbol = getattr(module, "symbol", None)
    declared = list(getattr(module, "label_names", None) or [])
    if symbol is not None and name in symbol.list_auxiliary_states():
        return [Finding(
            name, "an auxiliary state of the symbol, which Module cannot tell how to fill",
            "Module's initializers know the ending of a BatchNorm's states: moving_mean, "
            "moving_var. This one belongs to another operator.",
            f"module.fit(..., aux_params={{{name!r}: mx.nd.zeros(shape)}}, allow_missing=True); or "
            f"hand the operator mx.sym.var({name!r}, init=mx.init.Zero()) for it.",
        )]  # fmt: skip
    feeds = symbol is not None and _feeds_a_loss(symbol, name)
    if not feeds and symbol is not None:
        return [Finding(
            name, "an argument of the symbol that Module must initialize, and cannot tell how",
            "Module's initializers go by the ending of a name: weight, bias, gamma, beta, and the "
            "moving statistics. This one has none of them.",
            f"mx.sym.var({name!r}, init=mx.init.Normal(0.01)), or a name that ends in _weight.",
        )]  # fmt: skip
    if symbol is None and "_legacy_init" in [called for called, _ in scene.frames]:
        return [Finding(
            name, "an array that was filled directly, under this name",
            "Called with a name, an initializer goes by its ending: weight, bias, gamma, beta.",
            f"initializer(mx.init.InitDesc({name + '_weight'!r}), array), to fill it as a weight.",
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


@CASES.when(r"'(\w+)' object has no attribute '_(?:children|scope|reg_params|params|prefix)'")
def _block_without_super(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if match[1] in ("Sequential", "HybridSequential"):
        return []  # its __init__ is Gluon's: it was given blocks, see of_values
    return [Finding(
        match[1], "a block that is not yet one",
        "Its __init__ sets a layer or a parameter before super().__init__() has run.",
        "Begin __init__ with super().__init__().",
    )]  # fmt: skip


@CASES.when(r"there must be one NDArray or one Symbol in the input")
def _not_an_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kinds = ", ".join(f"{type(one).__module__}.{type(one).__name__}" for one in scene.inputs)
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "called with something that is no MXNet array",
        f"A net takes mx.nd arrays{f', and got {kinds}' if kinds else ''}.",
        "net(mx.nd.array(x)).",
    )]  # fmt: skip


@CASES.when(r'Open "([^"]+)": No such file or directory')
def _no_file(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    writer = "net.save_parameters(file)"
    if match[1].endswith(".json"):
        writer = "symbol.save(file) or net.export(path), which adds -symbol.json,"
    return [Finding(
        match[1], "a file that is not there",
        "A relative name is looked for in the folder in which Python runs.",
        f"Give the name that {writer} had; os.getcwd() tells the folder.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Devices, tracing, attributes


@CASES.when(
    r"Parameter '([^']+)' was not initialized on context (\S+)\. "
    r"It was only initialized on (\[.*?\])"
)
def _context(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    asked, there = match[2], match[3].strip("[]")
    first = there.split(", ")[0]
    return [by_name(
        match[1], f"on {there}, and asked for on {asked}",
        "A parameter lives on the devices that were given to initialize(ctx=...); the input is on "
        "another one, or data() was called for another one. A second initialize(ctx=...) is "
        "ignored once there are values.",
        f"Bring the input there: x.as_in_context(mx.{first}); or bring the net here: "
        f"net.collect_params().reset_ctx(mx.{asked}).",
        scene,
    )]  # fmt: skip


@CASES.when(
    r"GPU is not enabled|GPU support is disabled|is not implemented for GPU|no kernel image|"
    r"invalid device ordinal|CUDA driver|cudaErrorNoDevice"
)
def _no_gpu(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    values = [value for _, local in scene.frames for value in local.values()]
    contexts = [one for one in values if isinstance(one, mx.Context) and one.device_type == "gpu"]
    trouble = trouble_with(contexts or [mx.gpu()])
    if trouble is None:
        return []
    return [of_nets.missing_device(str((contexts or [mx.gpu()])[-1]), trouble)]


@CASES.when(r"Please first call block\.hybridize\(\) and then run forward")
def _export(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = type(scene.net)
    makes_graphs = (gluon.HybridBlock.forward, gluon.SymbolBlock.forward)
    if isinstance(scene.net, gluon.HybridBlock) and kind.forward not in makes_graphs:
        return [Finding(
            kind.__name__, "a HybridBlock with a forward of its own, which makes no graph",
            "hybridize() acts on hybrid_forward alone; forward is called with arrays always.",
            "def hybrid_forward(self, F, x), with operators of F, in place of forward(self, x); "
            "then net.hybridize(), net(x), net.export(path).",
        )]  # fmt: skip
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "without a graph",
        "export() writes the graph that a hybridized net keeps from its first forward pass; there "
        "has been none since hybridize().",
        "net.hybridize(), then net(x) on one batch, then net.export(path).",
    )]  # fmt: skip


@CASES.when(r"Overriding Parameter attribute .* is not allowed")
def _assigned(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = scene.local("__setattr__", "name") or "weight"
    return [Finding(
        f"{type(scene.blocks[-1]).__name__}.{name}" if scene.blocks else name,
        "a parameter, which an assignment cannot replace",
        "A block's parameters are fixed when it is made. (MXNet's message lacks the name.)",
        "To share: gi.tie(net, path of this one, path of the other), or give params=other.params "
        f"when the layer is made. To change values: block.{name}.set_data(array).",
    )]  # fmt: skip


@CASES.when(r"must not be hybridized to print summary")
def _summary_hybrid(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "hybridized, so that Block.summary cannot see inside",
        "Block.summary runs the net and watches its blocks; a hybridized net runs as one graph.",
        "gi.summary(net, shape of a batch), which runs nothing; or net.hybridize(False) first.",
    )]  # fmt: skip


@CASES.when(r"Assigning to NDArrays that are already in a computational graph")
def _in_record(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name = path_in(scene.net, scene.parameter) if scene.parameter is not None else "The array"
    return [Finding(
        name, "changed in place while autograd records",
        "The gradient would be computed from values that are no longer there.",
        "Call set_data(...) before autograd.record() begins or after backward(), or inside "
        "`with autograd.pause():` before the parameter has been used.",
    )]  # fmt: skip


@CASES.when(r"Incompatible attr in node .* expected (float\d+), got (float\d+)")
def _dtype(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        type(scene.blocks[-1]).__name__ if scene.blocks else "An operator",
        f"it meets {match[1]} and {match[2]} at once",
        "net.cast(...) changes parameters, not inputs.",
        f"Bring both to one: net(x.astype('{match[2]}')), or net.cast('{match[1]}').",
    )]  # fmt: skip
