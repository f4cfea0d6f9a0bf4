"""Errors of Python that come where Gluon was called otherwise than it expects."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon import paths
from .._gluon.blocks import is_made
from .._gluon.layers import is_recurrent_layer
from .._gluon.parameters import is_constant
from .._gluon.places import home_of
from ..results.text import shape_text, some
from .at_work import block_of, in_code, named
from .cases import Cases
from .finding import Finding
from .of_iterators import labels_of
from .scene import Scene
from .unseen import of_strangers

CASES = Cases()


@CASES.when("")
def _stranger(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Whatever the error: with such a net all fails, here in one way and there in another."""
    net = scene.net
    return of_strangers(net) if net is not None and is_made(net) else []


# ---------------------------------------------------------------------------------------------
# Names and dictionaries of parameters


@CASES.when(r"^'(.*)'$", file="gluon/parameter.py")
def _no_such_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A KeyError of net.collect_params()[name]."""
    held, name = scene.local("__getitem__", "self"), match[1]
    if not isinstance(held, gluon.ParameterDict):
        return []
    net = home_of(held)
    by_path = {site.path: site.parameter for site in paths.sites(net)} if net is not None else {}
    if name in by_path:
        step = f"{in_code(name)}, or net.collect_params()[{by_path[name].name!r}]."
        why = "The dictionary goes by Gluon's names; this is the path."
        return [Finding(f"collect_params()[{name!r}]", "no name in it", why, step)]
    like = _like(name, list(held))
    same = like or difflib.get_close_matches(name, list(held), 1, cutoff=0)
    path = next((p for p, one in by_path.items() if same and one.name == same[0]), None)
    if not same:
        return []
    step = f"[{same[0]!r}], if that is meant."
    if path is not None:
        step = f"{in_code(path)}, if that is meant: a path depends on the net alone."
    return [Finding(
        f"collect_params()[{name!r}]", "no name in it",
        f"It has {some(list(held))}. Gluon counts all layers of a kind that the process has made, "
        f"so that a second net has other names.", step,
    )]  # fmt: skip


def _like(wanted: str, names: Sequence[str]) -> list[str]:
    """The name of the same kind that has the wanted number, counted within this dictionary."""
    parts = re.fullmatch(r"(.*?)(\d+)(_\w+)", wanted)
    if parts is None:
        return []
    pattern = rf".*{re.escape(parts[1].rpartition('_')[2])}\d+{re.escape(parts[3])}"
    like = [name for name in names if re.fullmatch(pattern, name)]
    return like[int(parts[2]) :][:1] or like[-1:]


@CASES.when(r"'NoneType' object is not iterable", file="gluon/trainer.py")
def _empty_trainer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    trainer = scene.owner(gluon.Trainer)
    given = scene.local("__init__", "params")
    if trainer is None or not isinstance(given, (dict, list, tuple, gluon.ParameterDict)) or given:
        return []
    return [Finding(
        "The Trainer", "given no parameters",
        "net.params holds a block's own parameters only, and none of the blocks inside it. "
        "collect_params(pattern) holds those whose Gluon name the pattern fits, perhaps none.",
        "gluon.Trainer(net.collect_params(), 'sgd'); print(net.collect_params()) shows all names.",
    )]  # fmt: skip


@CASES.when(r"^(.*) is not registered\. Please register with initializer\.register")
def _unknown_initializer(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """One that is nearly the name of one; of_errors speaks of others."""
    known = mx.registry.get_registry(mx.init.Initializer)
    near = difflib.get_close_matches(match[1].strip().lower(), known, 1, cutoff=0.75)
    if not near:
        return []
    return [Finding(
        f"The initializer {match[1]!r}", "not known",
        "A text is the name of a registered class, letter by letter.",
        f"{near[0]!r}, if that is meant.",
    )]  # fmt: skip


@CASES.when(r" at position \d+|^bad (?:escape|character range)|unterminated|unbalanced")
def _no_pattern(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """What Python says of a regular expression that is none."""
    if not isinstance(scene.error, re.error):
        return []
    pattern = scene.local("collect_params", "select") or getattr(scene.error, "pattern", "")
    right = re.sub(r"(?<!\.)\*", ".*", str(pattern))
    return [Finding(
        f"The pattern {pattern!r}", "no regular expression",
        "collect_params(pattern) takes one, as re.match does: '.*' is any text, and '*' repeats "
        "what stands before it.",
        f"net.collect_params({right!r}), if that is meant." if right != pattern
        else f"net.collect_params({re.escape(str(pattern))!r}), for these characters themselves.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What a block is called with


@CASES.when(r"Argument (\w+) must be Symbol instances, but got (\[|\()")
def _list_for_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        named(scene, block_of(scene)) if scene.blocks else "The block",
        f"given a list of arrays for {match[1]}", "The layer takes one array.",
        "net(mx.nd.stack(*arrays)) or net(mx.nd.concat(*arrays, dim=0)) for one array of all; or "
        "a net whose forward takes each.",
    )]  # fmt: skip


@CASES.when(
    r"This is a (legacy|numpy) operator which can only accept (?:legacy|MXNet numpy) ndarrays, "
    r"while received"
)
def _other_arrays(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    what = named(scene, scene.blocks[0]) if scene.blocks else "The operator"
    if match[1] == "legacy":
        return [Finding(
            what, "given an array of mx.np, without NumPy mode",
            "Outside of mx.npx.set_np() layers take arrays of mx.nd.",
            "net(x.as_nd_ndarray()); or mx.npx.set_np() at the beginning, before the net is made.",
        )]  # fmt: skip
    if scene.inputs and all(isinstance(one, mx.np.ndarray) for one in scene.inputs):
        return [Finding(
            what, "of parameters of mx.nd, and given an array of mx.np",
            "The net was made before mx.npx.set_np(), or filled before it.",
            "mx.npx.set_np() at the beginning; then make the net, and initialize it.",
        )]  # fmt: skip
    return [Finding(
        what, "given an array of mx.nd, in NumPy mode",
        "After mx.npx.set_np() layers take arrays of mx.np.",
        "net(x.as_np_ndarray()).",
    )]  # fmt: skip


@CASES.when(r"type <class 'mxnet\.(numpy\.\w*|ndarray\.ndarray)\.?\w*'> not supported")
def _both_kinds(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """An operation between an array of mx.nd and one of mx.np."""
    what = named(scene, scene.blocks[-1]) if scene.blocks else "An operation"
    return [Finding(
        what, "given an array of mx.nd together with one of mx.np",
        "The two kinds do not mix. In NumPy mode layers give arrays of mx.np.",
        "label.as_np_ndarray(), of the one that is of mx.nd; or as_nd_ndarray() of the other.",
    )]  # fmt: skip


@CASES.when(r"'(?:numpy\.)?(float\d*|ndarray|int\d*)' object has no attribute 'backward'")
def _left_the_graph(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The loss", f"of type {match[1]}, no MXNet array",
        "asnumpy(), asscalar(), float() and NumPy's functions leave autograd's record.",
        "Compute the loss with arrays of mx.nd alone, loss = loss_of(net(x), y).mean(), and "
        "loss.backward(); loss.asscalar() is for printing.",
    )]  # fmt: skip


@CASES.when(r"Cannot reshape array of size (\d+) into shape \((.*?)\)", file="")
def _label_of_other_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """_reshape_like of a loss: predictions and labels of other sizes."""
    loss = next((b for b in reversed(scene.blocks) if isinstance(b, gluon.loss.Loss)), None)
    if loss is None or "_reshape_like" not in {name for name, _ in scene.frames}:
        return []
    pred, label = (scene.local("_reshape_like", name) for name in ("y", "x"))
    if pred is None or label is None:
        return []
    return [Finding(
        type(loss).__name__,
        f"given predictions of shape {shape_text(pred.shape)} and labels of shape "
        f"{shape_text(label.shape)}",
        "It compares number by number.",
        f"Labels of shape {shape_text(pred.shape)}; or an output layer with as many units as a "
        f"label has numbers.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# What inference of shapes stumbles over


@CASES.when(r"shape cannot be inferred\. '(.*)'$", file="gluon/block.py")
def _unused_in_graph(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A constant that hybrid_forward is given and the graph does not have (MXNet issue 15470)."""
    sites = paths.sites(scene.net) if scene.net is not None else []
    site = next((site for site in sites if site.parameter.name == match[1]), None)
    if site is None or not is_constant(site.parameter):
        return []
    kind = type(site.owner).__name__
    name = site.path.rpartition(".")[2]
    return [Finding(
        site.path, "a constant that the forward pass does not use",
        "Gluon infers all shapes over the graph, looks for this name in it, and fails.",
        f"Use {name} in {kind}.hybrid_forward, or keep it out of self.params: an array as a plain "
        f"attribute, in a list, is no parameter.",
    )]  # fmt: skip


@CASES.when(r"Keyword argument name state_cell not found.*sequence_length")
def _lengths_of_sequences(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """MXNet issue 21146: the layer tells inference of a cell state, which a GRU has not."""
    layer = next((b for b in reversed(scene.blocks) if is_recurrent_layer(b)), None)
    if layer is None:
        return []
    given: Any = scene.local("forward", "x")
    last = given.shape[-1] if given is not None and hasattr(given, "shape") else "..."
    kind = type(layer).__name__
    return [Finding(
        named(scene, layer), "deferred, with sequence_length",
        f"With use_sequence_length=True MXNet cannot infer the width of a {kind}'s input.",
        f"rnn.{kind}(..., input_size={last}, use_sequence_length=True), and build the net anew.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Symbols


@CASES.when(r"'Symbol' object has no attribute '(\w+)'")
def _symbol_for_a_module(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """What load_checkpoint returns first is a graph, and no Module."""
    if not hasattr(mx.mod.Module, match[1]) or hasattr(mx.sym.Symbol, match[1]):
        return []
    return [Finding(
        "The symbol", f"asked for {match[1]}, which a Module has",
        "A Symbol is the graph alone; load_checkpoint returns it beside the values.",
        "module = mx.mod.Module(symbol, ...); module.bind(data_shapes=..., label_shapes=...); "
        "module.set_params(arg_params, aux_params).",
    )]  # fmt: skip


@CASES.when(r"simple_bind error")
def _arrays_for_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("simple_bind", "kwargs") or {}
    arrays = {name: one for name, one in given.items() if isinstance(one, mx.nd.NDArray)}
    if not arrays:
        return []
    shapes = ", ".join(f"{name}={one.shape}" for name, one in arrays.items())
    return [Finding(
        some(list(arrays)), "an array, where a shape is wanted",
        "simple_bind makes the arrays, and takes their shapes only. Values are given to forward.",
        f"executor = symbol.simple_bind(mx.cpu(), {shapes}); executor.forward("
        f"{', '.join(f'{name}=...' for name in arrays)}).",
    )]  # fmt: skip


@CASES.when(r"Shape of unspecifie arg: (\S+) changed")
def _without_its_label(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A batch of another size, without the labels with which a Module was bound."""
    module, batch = scene.owner(mx.mod.Module), scene.local("forward", "data_batch")
    if module is None or batch is None or match[1] not in labels_of(module.symbol):
        return []
    shapes = [(name, one.shape) for name, one in zip(module.data_names, batch.data, strict=False)]
    return [Finding(
        match[1], "bound with a shape, and not in this batch, which is of another size",
        "Module fits its arrays to each batch. For labels that do not come it cannot.",
        f"module.bind({shapes!r}, for_training=False, force_rebind=True), then forward; or "
        f"module.predict(iterator).",
    )]  # fmt: skip
