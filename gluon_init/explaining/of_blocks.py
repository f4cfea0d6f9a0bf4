"""The errors and warnings of MXNet's Block, HybridBlock and SymbolBlock."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn

from .._gluon import paths
from .._gluon.parameters import devices_of
from ..results.text import shape_text, some
from .cases import Cases
from .finding import Finding
from .scene import Scene
from .unseen import unseen_block

CASES = Cases()

_FILE = "gluon/block.py"


def _block(scene: Scene) -> str:
    """The class of the innermost block at work."""
    return type(scene.blocks[-1]).__name__ if scene.blocks else "The block"


# ---------------------------------------------------------------------------------------------
# What a block is made of


@CASES.when(r"Changing attribute type for (\w+) from .* to .*is not allowed")
def _other_type(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    existing, value = (scene.local("__setattr__", name) for name in ("existing", "value"))
    name, kind = match[1], "None" if value is None else f"an object of type {type(value).__name__}"
    what = f"{_block(scene)}.{name}"
    if isinstance(existing, gluon.Parameter) and hasattr(value, "shape"):
        values = name if isinstance(value, mx.nd.NDArray) else f"mx.nd.array({name})"
        return [Finding(
            what, f"a parameter, and set to {kind}",
            "A block's parameters are fixed when it is made; their values are not.",
            f"block.{name}.set_data({values.replace(name, 'values')}).",
        )]  # fmt: skip
    if isinstance(existing, gluon.Parameter):
        return [Finding(
            what, f"a parameter, and set to {kind}",
            "A block's parameters are fixed when it is made.",
            "Make the layer as it should be: without a bias, say, by use_bias=False.",
        )]  # fmt: skip
    old = type(existing).__name__
    if isinstance(value, gluon.Block):
        return [Finding(
            what, f"a block ({old}), and set to {kind}",
            "A block's child is replaced by one of the same class only.",
            f"del net.{name}; net.{name} = the new block; then initialize the new one, and make "
            "the Trainer anew.",
        )]  # fmt: skip
    return [Finding(
        what, f"a block ({old}), and set to {kind}",
        "A block's child stays a block. Even del would leave its parameters with the net.",
        f"del net.{name}; net.{name} = nn.HybridLambda(lambda F, x: x), which hands on what it "
        "gets.",
    )]  # fmt: skip


@CASES.when(r"Children of HybridBlock must also be HybridBlock")
def _plain_child(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    child = scene.local("register_child", "block")
    kind, outer = type(child).__name__, _block(scene)
    hybrid = {"Sequential": "nn.HybridSequential()", "Lambda": "nn.HybridLambda(...)"}.get(kind)
    step = f"Take {hybrid} in place of nn.{kind}."
    if not isinstance(child, gluon.Block):
        return [Finding(
            outer, f"given an object of type {kind}, which is no block",
            "A net holds blocks: objects of a class, not the class itself, and no functions.",
            "Call the class: net.add(nn.Dense(2)), say; a function goes into nn.HybridLambda(...).",
        )]  # fmt: skip
    if hybrid is None or type(child).__module__ != nn.Sequential.__module__:
        hold = "nn.Sequential" if outer == "HybridSequential" else "gluon.Block"
        step = (
            f"Write {kind} as a gluon.HybridBlock with hybrid_forward(self, F, x); or, if it must "
            f"stay a Block, make what holds it one of {hold}."
        )
    return [Finding(
        f"{kind} in {outer}", "a block that cannot be hybridized, in one that can",
        "A HybridBlock must be able to make one graph of all that it holds.",
        step,
    )]  # fmt: skip


@CASES.when(r"^raise NotImplementedError$", file=_FILE)
def _no_forward(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if not scene.blocks:
        return []
    owner, wanted = scene.blocks[-1], scene.frames[-1][0]
    kind = type(owner).__name__
    own = [name for name in vars(type(owner)) if not name.startswith("__")]
    near = difflib.get_close_matches(wanted, own, n=1, cutoff=0.7)
    step = f"def {wanted}(self, {'F, ' * (wanted == 'hybrid_forward')}x): ... in class {kind}."
    if wanted == "forward" and "hybrid_forward" in dir(owner):
        step = (
            f"Derive {kind} from gluon.HybridBlock: it has a hybrid_forward, which Block ignores."
        )
    elif near:
        step = f"Rename {kind}.{near[0]} to {wanted}."
    return [Finding(
        kind, f"without a {wanted}",
        "Calling a block calls forward; a HybridBlock's own forward calls hybrid_forward.",
        step,
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What a block is called with


@CASES.when(r"All args are None", file=_FILE)
@CASES.when(r"HybridBlock requires the first argument to forward be either", file=_FILE)
@CASES.when(r"there must be one NDArray or one Symbol in the input", file=_FILE)
def _no_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.inputs or scene.local("optimize_for", "x"), scene.local("_get_graph", "args")
    first = next((_first(one) for one in given if one is not None), None)
    kind = f"{type(first).__module__}.{type(first).__name__}".removeprefix("builtins.")
    call = "net.optimize_for(mx.nd.array(x), ...)" if scene.local("optimize_for", "self") else ""
    call = call or ("net.infer_shape(x)" if given[1] is not None else "net(mx.nd.array(x))")
    return [Finding(
        type(scene.net).__name__ if scene.net is not None else "The net",
        "called with something that is no MXNet array",
        f"A net takes mx.nd arrays, and got {kind if first is not None else 'None'}.",
        f"{call}{', with an array' * ('infer' in call)}.",
    )]  # fmt: skip


def _first(given: Any) -> Any:
    return given[0] if isinstance(given, (tuple, list)) and given else given


@CASES.when(r"we do not support mixed NDArrays and Symbols")
def _mixed(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if len({id(block) for block in scene.blocks}) > 1:
        return [Finding(
            _block(scene), f"called within {type(scene.net).__name__} with arrays and symbols",
            "In a hybridized net F is mx.sym, and x a symbol. What mx.nd makes there is an array.",
            "In hybrid_forward, F in place of mx.nd: F.ones_like(x), say; or a constant of the "
            "block: self.params.get_constant(name, value).",
        )]  # fmt: skip
    return [Finding(
        _block(scene), "called with arrays and symbols at once",
        "With arrays it computes, with symbols it makes a graph.",
        "Give arrays only; or, for a graph, mx.sym.var(name) for each input.",
    )]  # fmt: skip


@CASES.when(r"(?:Find|Found) multiple contexts in the input")
def _contexts(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    inputs = scene.inputs
    if not inputs:
        inputs = (scene.local("optimize_for", "x"), *(scene.local("optimize_for", "args") or ()))
    arrays = [one for one in inputs if isinstance(one, mx.nd.NDArray)]
    there = [str(array.context) for array in arrays]
    sites = paths.sites(scene.net) if scene.net is not None else []
    homes = [device for site in sites for device in devices_of(site.parameter)]
    home = homes[0] if homes else there[0] if there else "cpu(0)"
    also = f" Its parameters are on {some(sorted(set(homes)))}." if homes else ""
    return [Finding(
        _block(scene), f"called with inputs on {some(there)}",
        f"A hybridized net computes on one device.{also}",
        f"Bring each input there: x.as_in_context(mx.{home}).",
    )]  # fmt: skip


@CASES.when(r"When hybridized, the input of HybridBlock (input|output) must be .* but got")
def _no_graph_of_it(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    value = scene.local("_flatten", "args")
    kind = type(value).__name__
    if match[1] == "output":
        step = "return a tuple of arrays"
        step = "return tuple(out.values())" if isinstance(value, dict) else step
        return [Finding(
            _block(scene), f"its hybrid_forward returns an object of type {kind}",
            "A hybridized net makes a graph, which puts out arrays, or lists and tuples of them.",
            f"In hybrid_forward, {step}.",
        )]  # fmt: skip
    if hasattr(value, "shape"):
        step = "Give it as mx.nd.array(x)."
    elif isinstance(value, dict):
        step = "Give its values, each as an argument of its own."
    else:
        step = (
            "Give it when the block is made: self.value = value in __init__, and self.value in "
            "hybrid_forward; or as an array: mx.nd.array([value])."
        )
    return [Finding(
        _block(scene), f"called with an object of type {kind}, once hybridized",
        "A hybridized net takes arrays, lists and tuples of them, and None.", step,
    )]  # fmt: skip


@CASES.when(r"argument structure of HybridBlock does not match the cached version\. "
       r"Stored format = (.*), input format = (.*)$")  # fmt: skip
def _other_arguments(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    now, first = (_written(ast.literal_eval(text)) for text in match.groups())  # MXNet swaps them
    if isinstance(scene.blocks[-1], gluon.SymbolBlock):
        return [Finding(
            "SymbolBlock", f"called with ({now})", f"Its graph takes ({first}).",
            f"Call it with {first}, in the order of the inputs that it was made with.",
        )]  # fmt: skip
    return [Finding(
        _block(scene), f"called with ({now}), and its graph takes ({first})",
        "A hybridized net keeps the graph of its first call, with the arguments that were None or "
        "not given then. (MXNet's message names the two the wrong way round.)",
        "net.hybridize() before the other kind of call, which makes the graph anew; or "
        "net.hybridize(False), where calls of both kinds take turns.",
    )]  # fmt: skip


def _written(form: Any) -> str:
    """MXNet's ``[0, -1, [0, 0]]`` as ``array, None, [array, array]``."""
    if isinstance(form, list):
        inner = [f"[{_written(one)}]" if isinstance(one, list) else _written(one) for one in form]
        return ", ".join(inner)
    return "None" if form == -1 else "array"


# ---------------------------------------------------------------------------------------------
# The graph


@CASES.when(r"Unknown input to HybridBlock: (\S+)")
def _unknown_input(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    net, name, graph = scene.net, match[1], scene.local("_build_cache", "out")
    for path, blocks in paths.unseen_blocks(net):
        if any(s.parameter.name == name for block in blocks for s in paths.sites(block)):
            return [unseen_block(path, blocks)]
    if "__lr_mult__" in graph.attr_dict().get(name, {}):
        return [Finding(
            name, "a parameter that the net uses and does not hold",
            f"{type(net).__name__} calls a block that is none of its children: collect_params(), "
            "initialize() and save_parameters() pass it by.",
            "In __init__, keep the block as an attribute of its own (self.name = block) or call "
            "self.register_child(block); then net.initialize().",
        )]  # fmt: skip
    return [Finding(
        name, "a variable that hybrid_forward makes, and nobody fills",
        "A hybridized net's graph takes its inputs and its parameters, and nothing else.",
        f"In __init__, self.{name} = self.params.get({name!r}, shape=...); hybrid_forward gets it "
        f"as an argument of that name. Or let it be an input of hybrid_forward.",
    )]  # fmt: skip


@CASES.when(r"Cannot decide (shape|type) for the following arg|list index out of range", file=_FILE)
def _undecided(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """MXNet reads its own warning, and fails with an IndexError where warnings are ignored."""
    inner = Scene(scene.error.__context__) if scene.error.__context__ is not None else scene
    graph = next((s for s in (scene, inner) if s.local("_infer_attrs", "out") is not None), None)
    if graph is None or graph.local("_infer_attrs", "attr") != "shape":
        return []
    sites = {site.parameter.name: site for site in paths.sites(graph.net)}
    found = [sites[name] for name in _of_unknown_shape(graph) if name in sites]
    if found:
        shapes = [f"{site.path} {shape_text(paths.shape_of(site.parameter))}" for site in found]
        return [Finding(
            some([site.path for site in found]), "of a shape that the graph does not tell",
            f"{some(shapes)}: the operator that takes it works with several shapes, and infers "
            "none. F.FullyConnected and F.Convolution do.",
            "Give the full shape to params.get(..., shape=...).",
        )]  # fmt: skip
    return [Finding(
        _block(graph), "a shape within hybrid_forward that nothing tells",
        "To MXNet a size of 0 is an unknown one, as in F.zeros((0, 5)), and what comes after it "
        "does not tell it.",
        "Take the shape from an array: F.zeros_like(x), F.ones_like(x), or F.slice_like(array, x).",
    )]  # fmt: skip


def _of_unknown_shape(scene: Scene) -> list[str]:
    """Arguments whose shape the graph does not tell, from what _infer_attrs was about to infer."""
    graph, inputs, args = (
        scene.local("_infer_attrs", name) for name in ("out", "inputs", "args_without_none")
    )
    given = {symbol.name: array.shape for symbol, array in zip(inputs, args, strict=True)}
    shapes, _, statistics = graph.infer_shape_partial(**given)
    names = graph.list_arguments() + graph.list_auxiliary_states()
    told = zip(names, shapes + statistics, strict=True)
    return [name for name, shape in told if not shape or min(shape) <= 0]


@CASES.when(r"The (.*)-th input to HybridBlock is not used by any computation")
def _unused_input(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    numbers = [int(number) + 1 for number in re.findall(r"\d+", match[1])]
    return [Finding(
        f"Argument {some([str(number) for number in numbers])} of the net", "without any use",
        "hybrid_forward does not compute anything from it. (MXNet counts from 0; here the first "
        "is 1.)",
        "If that is meant, take it out of hybrid_forward and of the call; else use it there.",
    )]  # fmt: skip


@CASES.when(r"Parameter (\S.*) is not used by any computation\. Is this intended")
def _unused_parameter(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        some(sorted(match[1].split(", "))), "without any use",
        "hybrid_forward does not call the block that holds it. It gets no gradient, so that "
        "trainer.step() will fail.",
        "Call the block in hybrid_forward, or take it out of the net. If it is to stay, "
        "trainer.step(batch_size, ignore_stale_grad=True).",
    )]  # fmt: skip


@CASES.when(r'Parameter "([^"]+)" is not found in the graph')
def _not_exported(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "not in the file that export() has just written",
        "net.load(path) took over the graph of the net that was saved, with its names; this net's "
        "parameters have other names, and export() leaves out what is not in the graph.",
        "Load in another way, and export again: build the net anew, "
        "net.load_parameters(path + '-model.params'), net.hybridize(), net(x), net.export(path).",
    )]  # fmt: skip


@CASES.when(r"Must specify \"backend\" to optimize_for")
def _no_backend(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        _block(scene), "to be optimized, for no backend",
        "optimize_for() hands the graph to a compiler of another maker, which must be named.",
        "net.hybridize(), and net(x): MXNet's own graph needs no other.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Hooks


@CASES.when(r'"(\w+).*" is being hybridized while still having forward hook')
def _hooks(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "hybridized, with hooks",
        "A hybridized net runs as one graph: it calls its own hooks, and not those of the blocks "
        "inside it.",
        "net.hybridize(False) as long as hooks are needed; or handle.detach() for each handle that "
        "register_forward_hook() returned.",
    )]  # fmt: skip


@CASES.when(r"register_op_hook is experimental when static_alloc=True")
def _operator_hooks(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "register_op_hook", "at work, with or without static_alloc",
        "MXNet gives this warning for every hybridized net that has such a hook. It is meant for "
        "those with static_alloc=True or static_shape=True.",
        "net.hybridize() without these two; then the warning is without meaning.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# SymbolBlock


@CASES.when(r"Input symbols must be variable, but (.*) is an output of operators")
def _input_is_computed(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    symbol = scene.local("__init__", "i")
    variables = [f"mx.sym.var({name!r})" for name in symbol.list_inputs()]
    return [Finding(
        f"The input {symbol.name!r}", "computed from others, and no variable",
        f"A SymbolBlock's inputs are variables of its graph. {symbol.name} is computed from "
        f"{some(symbol.list_inputs())}.",
        f"gluon.SymbolBlock(outputs, [{some(variables)}]).",
    )]  # fmt: skip


@CASES.when(r"SymbolBlock doesn't support Parameter '([^']+)' because its storage type")
def _sparse_symbol(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "row_sparse, which a SymbolBlock cannot hold",
        "Its variable was made with stype='row_sparse'.",
        f"mx.sym.var({match[1]!r}), without stype.",
    )]  # fmt: skip


@CASES.when(r"^Invalid input format", file=_FILE)
def _other_inputs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    now = scene.local("forward", "in_fmt")
    return [Finding(
        "SymbolBlock", f"called with ({_written(now)})",
        "It takes as many symbols as it has inputs, in the order in which it was made with them.",
        "gluon.SymbolBlock(outputs, inputs): call it with one symbol or array for each of the "
        "inputs.",
    )]  # fmt: skip
