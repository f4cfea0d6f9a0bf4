"""Names that MXNet does not have: of another framework, of another module, or nearly right."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._gluon.blocks import children, is_made, own_parameters
from .._gluon.parameters import parameters_of
from ..results.text import some
from .at_work import in_code
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_PLACES = {"nn": gluon.nn, "rnn": gluon.rnn, "gluon.loss": gluon.loss, "gluon": gluon,
           "mx.init": mx.init, "mx.optimizer": mx.optimizer, "mx.metric": mx.metric,
           "mx.nd": mx.nd, "autograd": mx.autograd}  # fmt: skip
# What stands in the place of names of PyTorch, Keras and NumPy.
_OF_MODULES = {
    "Linear": "nn.Dense(units), whose width of input is inferred", "Module": "nn.HybridBlock",
    "ReLU": "nn.Activation('relu')", "Sigmoid": "nn.Activation('sigmoid')",
    "Tanh": "nn.Activation('tanh')", "ModuleList": "nn.Sequential(), and its blocks by net[i]",
    "Softmax": "mx.nd.softmax(x); gluon.loss.SoftmaxCrossEntropyLoss computes it itself",
    "CrossEntropyLoss": "gluon.loss.SoftmaxCrossEntropyLoss()", "MSELoss": "gluon.loss.L2Loss(), "
    "which halves the square", "BCELoss": "gluon.loss.SigmoidBCELoss(from_sigmoid=True)",
    "Kaiming": "mx.init.MSRAPrelu('in', slope=0)", "He": "mx.init.MSRAPrelu('in', slope=0)",
    "Gaussian": "mx.init.Normal(sigma)", "Glorot": "mx.init.Xavier()",
    "zeros": "mx.init.Zero(), or 'zeros' as its name",
    "ones": "mx.init.One(), or 'ones' as its name",
    "init": "net.initialize(mx.init.Xavier())", "functional": "mx.nd, or F in a hybrid_forward",
    "optim": "gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})",
    "tensor": "mx.nd.array(values)", "no_grad": "autograd.pause()",
    "Variable": "mx.nd.array(values), and x.attach_grad() for its gradient",
    "manual_seed": "mx.random.seed(number)",
    "stop_gradient": "F.BlockGrad(x), or x.detach()",
}  # fmt: skip
_OF_BLOCKS = {
    "parameters": "net.collect_params().values()",
    "named_parameters": "net.collect_params().items()",
    "weights": "net.collect_params()", "trainable_variables": "net.collect_params()",
    "state_dict": "net.save_parameters(file)", "load_state_dict": "net.load_parameters(file)",
    "get_weights": "{name: p.data() for name, p in net.collect_params().items()}",
    "save_weights": "net.save_parameters(file)", "load_weights": "net.load_parameters(file)",
    "eval": "nothing: outside of autograd.record() a net predicts",
    "train": "with autograd.record(): ..., inside of which a net trains",
    "cuda": "net.collect_params().reset_ctx(mx.gpu(0))", "cpu": "net.collect_params().reset_ctx("
    "mx.cpu())", "to": "net.collect_params().reset_ctx(device)", "as_in_context":
    "net.collect_params().reset_ctx(device)", "half": "net.cast('float16')",
    "build": "gi.force_init(net, shape of a batch)", "init": "net.initialize()",
    "zero_grad": "net.collect_params().zero_grad(), needed for grad_req='add' only",
    "freeze": "gi.freeze(net, pattern)",
    "modules": "net.apply(function), which calls it with each block",
    "in_units": "net.weight.shape[1]", "units": "net.weight.shape[0]",
    "compile": "net.hybridize(); the optimizer is gluon.Trainer's",
    "fit": "a loop of your own, over a gluon.Trainer's steps; or gluon.contrib.estimator.Estimator",
}  # fmt: skip
_OF_TRAINERS = {
    "zero_grad": "nothing: each backward() replaces the gradient. With grad_req='add', "
    "net.collect_params().zero_grad()",
    "lr": "trainer.learning_rate", "param_groups": "trainer.set_learning_rate(number)",
    "state_dict": "trainer.save_states(file)", "load_state_dict": "trainer.load_states(file)",
}  # fmt: skip
_OF_ARRAYS = {
    "item": "x.asscalar()", "numpy": "x.asnumpy()", "cuda": "x.as_in_context(mx.gpu(0))",
    "cpu": "x.as_in_context(mx.cpu())", "to": "x.as_in_context(device)", "view": "x.reshape(shape)",
    "unsqueeze": "x.expand_dims(axis)", "permute": "x.transpose(axes)", "dim": "x.ndim",
    "requires_grad_": "x.attach_grad()", "requires_grad": "x.attach_grad()",
    "float": "x.astype('float32')", "long": "x.astype('int64')", "device": "x.context",
}  # fmt: skip
_KINDS: tuple[tuple[type, dict[str, str]], ...] = (
    (gluon.Block, _OF_BLOCKS), (gluon.Trainer, _OF_TRAINERS), (mx.nd.NDArray, _OF_ARRAYS),
)  # fmt: skip
_ELSEWHERE = "MXNet calls it otherwise."


@CASES.when(r"^'(\w+)' object has no attribute '(\w+)'$")
def _no_such_attribute(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A child by the name that Gluon prints, or one that is held otherwise."""
    net = getattr(scene.error, "obj", None)
    if not isinstance(net, gluon.Block) or not is_made(net):
        return []
    if isinstance(net, gluon.SymbolBlock):
        return [_part_of_a_graph(match[2])]
    inside, name = children(net), match[2]
    prefix = getattr(net, "prefix", "")
    same = [path for path, one in inside.items() if one.name in (name, f"{prefix}{name}")]
    near = same or difflib.get_close_matches(name, inside, 1)
    if not near:
        return []
    return [Finding(
        f"{match[1]}.{name}", "no attribute of it",
        f"Its blocks are {some(list(inside))}. Gluon's names, which print(net.collect_params()) "
        f"shows, are those of parameters in a file, and no attributes.",
        f"{in_code(near[0])}, if that is meant.",
    )]  # fmt: skip


def _part_of_a_graph(name: str) -> Finding:
    return Finding(
        f"SymbolBlock.{name}", "no attribute of it",
        "A SymbolBlock is one graph; the layers that it was exported from are no longer blocks.",
        "Its inside by the graph: symbol = mx.sym.load('net-symbol.json'); "
        "symbol.get_internals().list_outputs() lists all outputs; "
        "net = gluon.SymbolBlock(symbol.get_internals()[name], mx.sym.var('data')) ends at one; "
        "net.collect_params().load('net-0000.params', ignore_extra=True) fills it.",
    )  # fmt: skip


@CASES.when(r"has no attribute '(\w+)'")
def _unknown(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    held, name = getattr(scene.error, "obj", None), match[1]
    if isinstance(held, types.ModuleType) and held.__name__.partition(".")[0] == "mxnet":
        return _of_a_module(held, name)
    for kind, known in _KINDS:
        if isinstance(held, kind) and not (isinstance(held, gluon.Block) and not is_made(held)):
            return _of_an_object(held, name, known)
    return []


def _of_a_module(module: Any, name: str) -> Sequence[Finding]:
    short = next((one for one, place in _PLACES.items() if place is module), module.__name__)
    what, state = f"{short}.{name}", "a name that it does not have"
    if name in _OF_MODULES:
        return [Finding(what, state, _ELSEWHERE, f"{_OF_MODULES[name]}.")]
    there = [one for one, place in _PLACES.items() if hasattr(place, name)]
    if there:
        return [Finding(what, state, f"{name} is in another module.", f"{there[0]}.{name}.")]
    names = {one.lower(): one for one in dir(module) if not one.startswith("_")}
    near = difflib.get_close_matches(name.lower(), names, 1, cutoff=0.7)
    if not near:
        return []
    return [Finding(what, state, "Names are taken letter by letter.",
                    f"{short}.{names[near[0]]}, if that is meant.")]  # fmt: skip


def _of_an_object(held: Any, name: str, known: dict[str, str]) -> Sequence[Finding]:
    what, state = f"{type(held).__name__}.{name}", "a name that it does not have"
    if isinstance(held, gluon.Block):
        inside = [path for path, block in children(held).items() if name in own_parameters(block)]
        if inside:
            return [Finding(
                what, state, f"The blocks inside it have a {name} each.",
                f"{in_code(inside[0])}.{name} for the first, say; gi.summary(net) lists all.",
            )]  # fmt: skip
    if name in known:
        return [Finding(what, state, _ELSEWHERE, f"{known[name]}.")]
    public = [one for one in dir(held) if not one.startswith("_")]
    near = difflib.get_close_matches(name, public, 1, cutoff=0.75)
    if not near:
        return []
    return [Finding(what, state, "Names are taken letter by letter.",
                    f"{near[0]}, if that is meant.")]  # fmt: skip


@CASES.when(r"'NoneType' object has no attribute '(\w+)'")
def _no_bias(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``layer.bias.data()`` of a layer that was made without one."""
    found = re.search(rf"(\w+)((?:\[\d+\]|\.\w+)*)\.(\w+)\.{match[1]}\b", scene.line)
    owner = scene.frames[-1][1].get(found[1]) if found and scene.frames else None
    if found is None or not isinstance(owner, gluon.Block) or found[3] != "bias":
        return []
    return [Finding(
        f"{found[1]}{found[2]}.bias", "None: the layer was made without a bias",
        "use_bias=False makes no such parameter.",
        "if layer.bias is not None: ..., where it may be so; or the layer without use_bias=False.",
    )]  # fmt: skip


@CASES.when(r"'str' object has no attribute '(set_data|data|grad|initialize|grad_req|shape)'")
def _names_for_parameters(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``for p in net.collect_params()``, which goes through the names."""
    values = scene.frames[-1][1].values() if scene.frames else ()
    held = [one for one in values if isinstance(one, (gluon.Block, gluon.ParameterDict))]
    if not held and "collect_params" not in scene.line:
        return []
    return [Finding(
        "collect_params()", "gone through as a dictionary is: by its names",
        f"Each is a text, which has no {match[1]}.",
        "for parameter in net.collect_params().values(): ...; .items() gives name and parameter.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Values written into arrays


@CASES.when(r"does not support assignment with non-array-like object Parameter")
def _parameter_for_values(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "A parameter", "given for values", "It holds arrays, and is none itself.",
        "set_data(other.data()), the array of the other parameter.",
    )]  # fmt: skip


@CASES.when(r"operands could not be broadcast together", file="ndarray/ndarray.py")
def _values_of_another_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """``weight.data()[:] = values``."""
    array, values = scene.local("__setitem__", "self"), scene.local("__setitem__", "value")
    shape = getattr(values, "shape", None)
    if array is None or shape is None:
        return []
    step = (
        f"values.reshape({array.shape})"
        if values.size == array.size
        else f"values of the shape {array.shape}"
    )
    if tuple(shape) == tuple(reversed(array.shape)):
        step = "values.T"
    return [Finding(
        f"An array of shape {array.shape}", f"given values of shape {tuple(shape)}",
        "Values have the shape of the array, or are one number for all of it.", f"{step}.",
    )]  # fmt: skip


@CASES.when(r"can't multiply sequence by non-int of type 'float'", file="optimizer/")
def _text_for_a_factor(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    trainer = scene.owner(gluon.Trainer)
    held = [] if trainer is None else parameters_of(trainer)
    wrong = [(p.name, name, getattr(p, name)) for p in held for name in ("lr_mult", "wd_mult")
             if isinstance(getattr(p, name), str)]  # fmt: skip
    if not wrong:
        return []
    parameter, name, given = wrong[0]
    return [Finding(
        f"{name} of {parameter}", f"the text {given!r}", "It is a number, a factor.",
        f"net.collect_params(pattern).setattr({name!r}, {given}).",
    )]  # fmt: skip
