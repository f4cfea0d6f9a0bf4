"""The errors and warnings of MXNet's layers and losses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import mxnet as mx
from mxnet import gluon

from .at_work import block_of, inputs_of
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()

_AXES = {
    "NCW": "batch, channels, width", "NCHW": "batch, channels, height, width",
    "NCDHW": "batch, channels, depth, height, width", "NWC": "batch, width, channels",
    "NHWC": "batch, height, width, channels", "NDHWC": "batch, depth, height, width, channels",
    "NTC": "batch, time, features", "TNC": "time, batch, features",
    "NT": "batch, time", "TN": "time, batch",
}  # fmt: skip


# ---------------------------------------------------------------------------------------------
# How a layer was made


def _kind(scene: Scene) -> str:
    return type(scene.blocks[-1]).__name__ if scene.blocks else "The layer"


@CASES.when(
    r"Only supports '\w+'.* layout for now|Only \w+ and \w+ layouts are valid", file="gluon/nn/"
)
@CASES.when(r"Only '\w+' and '\w+' layouts for (?:pred|label) are supported", file="gluon/loss.py")
@CASES.when(r"Invalid layout \w+; must be one of", file="gluon/rnn/")
def _layout(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    argument = "label_layout" if "for label" in scene.message else "layout"
    given, kind = scene.local("__init__", argument), _kind(scene)
    allowed = [name for name in re.findall(r"\b[NTC][NTCDHW]*\b", scene.message) if name in _AXES]
    allowed = [name for name in dict.fromkeys(allowed) if name != given]
    takes = " or ".join(f"{name!r} ({_AXES[name]})" for name in allowed)
    same = [name for name in allowed if sorted(name) == sorted(str(given))]
    made = f"{_module(scene)}.{kind}(..., {argument}={(same or allowed)[0]!r})"
    step = f"{made}."
    if same:
        order = tuple(str(given).index(axis) for axis in same[0])
        data = "label" if argument == "label_layout" else "x"
        step = f"{made}, and feed it {data}.transpose({order})."
    return [Finding(
        f"{kind}.{argument}", f"{given!r}, which {kind} does not take",
        f"It takes {takes}, N being the batch.", step,
    )]  # fmt: skip


def _module(scene: Scene) -> str:
    """What stands before the name of the layer's class: ``nn``."""
    last = {"gluon/loss.py": "gluon.loss"}
    return last.get(scene.file, scene.file.split("/")[1])


@CASES.when(r"(\w+) must be a number or a list of (\d) ints", file="gluon/nn/")
def _sizes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    argument, count, kind = match[1], int(match[2]), _kind(scene)
    given = tuple(scene.local("__init__", argument) or ())
    each = given[0] if len(set(given)) == 1 else None
    sibling = re.sub(r"\dD", f"{len(given)}D", kind)
    step = f"nn.{kind}(..., {argument}={(each,) * count if count > 1 else each})"
    if each is None:
        step = f"nn.{kind}(..., {argument}={given[0] if given else 1}), one size for all axes"
    if 1 <= len(given) <= 3:
        step += f"; for data of {len(given)} such axes nn.{sibling}"
    return [Finding(
        f"{kind}.{argument}", f"{given}, and {kind} has {count} such {_axes(count)}",
        "It takes one number for all axes along which the kernel moves, or one for each; batch and "
        "channels do not count.",
        f"{step}.",
    )]  # fmt: skip


def _axes(count: int) -> str:
    return "axis" if count == 1 else "axes"


@CASES.when(r"assert len\(padding\) == 8", file="gluon/nn/")
def _reflection(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = tuple(scene.local("__init__", "padding"))
    step = "nn.ReflectionPad2D(1), for one on each side."
    if len(given) == 4:
        step = f"nn.ReflectionPad2D({(0, 0, 0, 0, *given)}), if these are top, bottom, left, right."
    return [Finding(
        "ReflectionPad2D.padding", f"{len(given)} numbers, and it takes 1 or 8",
        "One number is for all four sides. Eight are before and after for each axis of NCHW, of "
        "which the first four must be 0: (0, 0, 0, 0, top, bottom, left, right).",
        step,
    )]  # fmt: skip


@CASES.when(r"Slope coefficient for LeakyReLU must be no less than 0")
def _slope(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("__init__", "alpha")
    return [Finding(
        "LeakyReLU.alpha", f"{given or 'below 0'}, and it must be 0 or more",
        "For x < 0 the layer puts out alpha * x: a small positive number, which keeps the sign.",
        f"nn.LeakyReLU({-given if given else 0.01}).",
    )]  # fmt: skip


@CASES.when(r"All children of this Sequential layer '([^']*)' are HybridBlocks")
def _sequential(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        f"The nn.Sequential {match[1]!r}", "hybridized child by child, not as one graph",
        "Nothing is wrong: each layer becomes a graph of its own. nn.HybridSequential makes one "
        "graph of all, which is faster, and which export() needs.",
        "Write nn.HybridSequential() in place of nn.Sequential(); a file of net.save_parameters() "
        "still loads, since the paths stay the same.",
    )]  # fmt: skip


@CASES.when(r"Function name (\S+) is not found in (ndarray|symbol/ndarray)")
def _lambda_name(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    name, kind = match[1], _kind(scene)
    if hasattr(mx.nd, name):
        return [Finding(
            f"{kind}({name!r})", "a name that mx.nd has and mx.sym has not",
            "HybridLambda must also work on symbols, when the net is hybridized.",
            f"nn.Lambda({name!r}), inside an nn.Sequential.",
        )]  # fmt: skip
    both = [n for n in dir(mx.nd) if not n.startswith("_") and hasattr(mx.sym, n)]
    near = difflib.get_close_matches(name, both, n=1)
    function = "lambda x: ..." if kind == "Lambda" else "lambda F, x: ..."
    step = f"nn.{kind}({near[0]!r})" if near else f"nn.{kind}({function})"
    return [Finding(
        f"{kind}({name!r})", "a name that mx.nd does not have",
        "A text is looked up among MXNet's operators. A function of one's own is given itself, not "
        "by its name.",
        f"{step}{f', or nn.{kind}({function}) for a function' if near else ''}.",
    )]  # fmt: skip


@CASES.when(r"Unrecognized function in lambda: .* of type <class '([^']+)'>")
def _lambda_kind(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind = _kind(scene)
    function = "lambda x: x * 2" if kind == "Lambda" else "lambda F, x: x * 2"
    return [Finding(
        kind, f"given something of type {match[1]}, which cannot be called",
        "It takes the name of an operator or a function. A function that has been called already "
        "gives its result, not itself.",
        f"nn.{kind}({function}), say.",
    )]  # fmt: skip


@CASES.when(r"Cannot retrieve Parameter '([^']+)' .* for attribute 'shape': "
       r"desired '\((\d+), (-?\d+)\)' vs stored '\((\d+), (-?\d+)\)'")  # fmt: skip
def _tied_table(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """An Embedding that shares its weight with another layer."""
    block = scene.blocks[-1] if scene.blocks else None
    rows, width = int(match[4]), int(match[5])
    if not isinstance(block, gluon.nn.Embedding) or width < 1:
        return []
    return [Finding(
        match[1], f"of shape {(rows, width)}, and shared with an Embedding({match[2]}, {match[3]})",
        "Layers that share a weight have it in one shape: (input_dim, output_dim) of an Embedding "
        "is (units, in_units) of a Dense.",
        f"nn.Embedding({rows}, {width}, params=...).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Losses


@CASES.when(r"weight must be a number", file="gluon/loss.py")
def _loss_weight(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    weight, kind = scene.local("_apply_weighting", "weight"), _kind(scene)
    shape = getattr(weight, "shape", None)
    step = f"gluon.loss.{kind}(weight=0.5), say."
    if shape is not None and weight.size == 1:
        number = float(weight.asnumpy().ravel()[0]) * (2 if kind == "L2Loss" else 1)  # it halves
        step = f"gluon.loss.{kind}(weight={number:g})."
    elif shape is not None:
        step = f"loss = gluon.loss.{kind}(), then loss(pred, label, weight)."
    return [Finding(
        f"{kind}.weight",
        f"of type {type(weight).__name__}{f' and shape {shape}' if shape else ''}, and no number",
        "The weight that a loss is made with is one number for all. An array that weights each "
        "sample is handed over with each batch, after the label, and broadcasts to the loss.",
        step,
    )]  # fmt: skip


@CASES.when(r"label_format can only be signed or binary, recieved (.*)\.$")
def _label_format(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "LogisticLoss.label_format", f"{match[1]!r}, which it does not know",
        "'signed' is for labels -1 and 1, 'binary' for labels 0 and 1. The wrong one of the two "
        "raises nothing and learns something else.",
        "gluon.loss.LogisticLoss(label_format='binary') for labels 0 and 1.",
    )]  # fmt: skip


@CASES.when(r"assert x1\.shape == x2\.shape", file="gluon/loss.py")
def _pairs(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    first, second = (scene.local("_compute_distances", name) for name in ("x1", "x2"))
    return [Finding(
        "SDMLLoss", f"given {first.shape} and {second.shape}",
        "It compares each row of the first with each of the second: row i of both belong together, "
        "so that both have as many rows, and as many features.",
        f"loss(x1, x2) with x2 of shape {first.shape}.",
    )]  # fmt: skip


@CASES.when(r"target shape size is larger|[Ss]hape inconsistent|could not be broadcast|"
       r"Incompatible attr in node .* expected \[|batch size for the labels and data")  # fmt: skip
def _loss_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    block = block_of(scene)
    arrays = inputs_of(scene, block) if isinstance(block, gluon.loss.Loss) else ()
    if len(arrays) < 2:
        return []
    pred, label = (tuple(array.shape) for array in arrays[:2])
    kind = type(block).__name__
    what, state = kind, f"given predictions of shape {pred} and labels of shape {label}"
    if isinstance(block, gluon.loss.CTCLoss):
        return [Finding(
            what, state, "There is one label for each sequence of the predictions; layout and "
            "label_layout say which axis counts them.",
            "Feed both of one batch, or name the axes: gluon.loss.CTCLoss(layout='TNC') for "
            "predictions (time, batch, classes).",
        )]  # fmt: skip
    if isinstance(block, gluon.loss.SoftmaxCrossEntropyLoss):
        if pred == label:
            return [Finding(
                what, state, "It takes the number of the class of each sample, unless it is told "
                "that a label holds a probability for each class.",
                "gluon.loss.SoftmaxCrossEntropyLoss(sparse_label=False).",
            )]  # fmt: skip
        return [Finding(
            what, state, "It takes the number of the class of each sample.",
            f"loss(pred, label) with a label of shape {pred[:-1]}.",
        )]  # fmt: skip
    return [Finding(
        what, state, "Each prediction is compared with one label.",
        f"loss(pred, label) with as many labels as predictions: a last layer that puts out "
        f"{label[1:]} for each sample, or labels of shape {pred}.",
    )]  # fmt: skip
