"""What an iterator hands to a Module and does not fit: labels and data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import LABEL_INPUT
from ..results.text import shape_text, some
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()


def bound_module(scene: Scene) -> Any:
    """The Module that was at work, also inside a BucketingModule or SequentialModule."""
    return scene.owner(mx.mod.Module)


def labels_of(symbol: Any) -> list[str]:
    """The variables that are labels of a loss in the graph."""
    found = []
    nodes = json.loads(symbol.tojson())["nodes"]
    for node in nodes:
        place = LABEL_INPUT.get(node["op"])
        if place is not None and len(node["inputs"]) > place:
            label = nodes[node["inputs"][place][0]]
            found += [label["name"]] if label["op"] == "null" else []
        elif node["op"] == "Custom":
            inputs = [nodes[entry[0]] for entry in node["inputs"][1:]]
            found += [
                n["name"] for n in inputs if n["op"] == "null" and n["name"].endswith("label")
            ]
    return list(dict.fromkeys(found))


def _iterator(labels: Sequence[str]) -> str:
    """The call that makes an iterator with labels of these names."""
    if len(labels) == 1:
        named = "" if labels[0] == "softmax_label" else f", label_name={labels[0]!r}"
        return f"mx.io.NDArrayIter(X, y, batch_size{named})"
    return f"mx.io.NDArrayIter(X, {{{', '.join(f'{name!r}: ...' for name in labels)}}}, batch_size)"


def shape_in(text: str) -> tuple[int, ...]:
    """The sizes in a message, ``4,5``."""
    return tuple(int(size) for size in re.findall(r"\d+", text))


# ---------------------------------------------------------------------------------------------
# Labels


@CASES.when(r"^'(\S+)'$", file="module/executor_group.py")
def _no_argument(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A KeyError at bind: the iterator supplies what the symbol has no argument for."""
    module, name = bound_module(scene), match[1]
    if module is None:
        return []
    labels = labels_of(module.symbol)
    supplied = [one[0] for one in scene.local("bind_exec", "label_shapes") or []]
    if not labels:
        return [_no_loss(module, name)]
    if set(labels) <= set(supplied):
        step = f"{_iterator(labels)}: leave {name!r} out."
    else:
        step = f"{_iterator(labels)}, and mx.mod.Module(symbol, label_names={labels!r}, ...)."
    return [Finding(
        name, f"supplied as a label, and no argument of the symbol, whose labels are {labels!r}",
        "Binding looks for an array of this name in the graph. gi.check_labels tells it before.",
        step,
    )]  # fmt: skip


_LOOP = (
    "module.bind(iterator.provide_data); module.init_params(mx.init.Xavier()); "
    "module.init_optimizer(); then for batch in iterator: module.forward_backward(batch); "
    "module.update()."
)


def _no_loss(module: Any, name: str) -> Finding:
    """A label for a symbol that has none: it lacks its loss, or is one by itself."""
    if _is_a_loss(module.symbol):
        return Finding(
            name, "supplied as a label, and the symbol takes none",
            "A loss without labels (MakeLoss) learns from its data. fit asks for labels all the "
            "same, for its metric.", _LOOP,
        )  # fmt: skip
    return Finding(
        name, "supplied as a label, and the symbol has no loss that takes it",
        "A symbol is trained from its loss. mx.mod.Module does not add one.",
        f"symbol = mx.sym.SoftmaxOutput(symbol, mx.sym.var({name!r})), or "
        f"LinearRegressionOutput for numbers, and mx.mod.Module(symbol, label_names=[{name!r}], "
        f"...). Only to predict: module.bind(data_shapes, label_shapes=None, for_training=False).",
    )  # fmt: skip


def _is_a_loss(symbol: Any) -> bool:
    return any(
        node["op"] in ("MakeLoss", "make_loss") for node in json.loads(symbol.tojson())["nodes"]
    )


@CASES.when(r"assert len\(data_shapes\) > 0", file="module/")
def _without_labels(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module = bound_module(scene)
    labels = labels_of(module.symbol)
    state = "of an iterator without labels"
    if not labels:
        return [Finding(
            "label_shapes", f"an empty list, {state}",
            "A symbol without labels is bound with None, not with an empty list; and fit asks for "
            "labels in any case, for its metric.", _LOOP,
        )]  # fmt: skip
    return [Finding(
        "label_shapes", f"an empty list, {state}; the symbol has {some(labels)}",
        "A loss learns from its labels.",
        f"To train, {_iterator(labels)}. To predict, module.bind(data_shapes, label_shapes=None, "
        f"for_training=False), which needs none.",
    )]  # fmt: skip


@CASES.when(r"'NoneType' object is not iterable", file="module/executor_group.py")
def _never_bound(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module = bound_module(scene)
    if scene.local("update_metric", "eval_metric") is None or module is None:
        return []
    labels = labels_of(module.symbol)
    named = ", ".join(f"({name!r}, shape)" for name in labels)
    return [Finding(
        "Module", "bound without labels, and a metric is to compare with some",
        "bind was called without label_shapes. fit and score need them.",
        f"module.bind(data_shapes, label_shapes=[{named}], force_rebind=True)." if labels
        else f"The symbol has no label. Without fit: {_LOOP}",
    )]  # fmt: skip


@CASES.when(
    r"'NoneType' object is not iterable|zip argument #1 must support", file="module/module.py"
)
def _not_bound_labels(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A batch of another size brings labels to a Module that was bound without."""
    module, batch = bound_module(scene), scene.local("forward", "data_batch")
    if module is None or module.label_shapes or not getattr(batch, "label", None):
        return []
    names = labels_of(module.symbol)
    data = [(n, one.shape) for n, one in zip(module.data_names, batch.data, strict=False)]
    given = [(n, one.shape) for n, one in zip(names, batch.label, strict=False)]
    step = f"module.bind({data!r}, {given!r}, for_training=False, force_rebind=True); then forward."
    if not names:
        step = "module.forward(mx.io.DataBatch(batch.data, None)), as the symbol has no labels."
    return [Finding(
        "data_batch.label", f"given, to a Module that was bound without labels, in a batch of "
        f"another size, {data[0][1][0] if data else '?'}",
        "Module fits its arrays to each batch, those of labels too, and has none.", step,
    )]  # fmt: skip


@CASES.when(r"InferShape\s*Keyword argument name (\S+) not found")
def _feed_forward(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """FeedForward makes an iterator of plain arrays, whose label is called softmax_label."""
    model = scene.owner(mx.model.FeedForward)
    if model is None or model.symbol is None:
        return []
    labels, names = labels_of(model.symbol), model.symbol.list_arguments()
    if match[1].endswith("label") and labels:
        step = f"model.fit({_iterator(labels)})."
    else:
        parameters = r".*_(weight|bias|gamma|beta)$"
        free = [n for n in names if n not in labels and not re.match(parameters, n)]
        step = f"model.fit(mx.io.NDArrayIter({{{(free or names)[0]!r}: X}}, y, batch_size))."
    return [Finding(
        match[1], f"supplied, and no argument of the symbol, which has {some(names)}",
        "Of plain arrays FeedForward makes an iterator with the names data and softmax_label.",
        step,
    )]  # fmt: skip


@CASES.when(
    r"y must be specified when X is|'NoneType' object has no attribute 'items'", file="model.py"
)
def _lacking(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """FeedForward without labels, or without parameters."""
    model = scene.owner(mx.model.FeedForward)
    if model is None:
        return []
    if match[0].startswith("y must"):
        return [Finding(
            "y", "missing", "FeedForward makes an iterator of X and y, and a loss learns from y.",
            "model.fit(X, y), with a label for each row of X.",
        )]  # fmt: skip
    return [Finding(
        "FeedForward", "without parameters", "They are drawn by fit, or read from a file.",
        "model.fit(X, y), then predict; or model = mx.model.FeedForward.load(prefix, epoch).",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Data


@CASES.when(r"Incompatible attr in node  at 0-th output: expected \[([\d,]*)\], got \[([\d,]*)\]")
def _other_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A batch or a state that is copied into an array of another shape."""
    called = [name for name, _ in scene.frames]
    given, there = shape_in(match[1]), shape_in(match[2])
    module = bound_module(scene)
    if module is None:
        return []
    if "_load_data" in called:
        name = loaded(scene, module.data_names)
        return [Finding(
            name, f"of shape {shape_text(given)} in the batch, whose provide_data tells another",
            f"Module binds by provide_data, where a batch has it: {shape_text(there)} on each "
            f"device.",
            "mx.io.DataBatch([data], [label]) without provide_data and provide_label; or both as "
            "the arrays are.",
        )]  # fmt: skip
    if "set_states" in called:
        return [Finding(
            "states", f"of shape {shape_text(given)}, where {shape_text(there)} is bound",
            "A state has the shape that its recurrent operator asks for, for this batch size.",
            f"module.set_states(value=0); or give arrays of shape {shape_text(there)}, each in a "
            f"list of its own for the devices.",
        )]  # fmt: skip
    return []


def loaded(scene: Scene, names: Sequence[str]) -> str:
    """The name of what ``_load_general`` was copying."""
    sources, copied = scene.local("_load_general", "data"), scene.local("_load_general", "d_src")
    at = next((i for i, one in enumerate(sources or []) if one is copied), 0)
    return names[at] if at < len(names) else "label"


@CASES.when(r"Shape of unspecifie arg: (\S+) changed")
def _other_width(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A batch of another width than the parameters were made for."""
    executor, module = scene.owner(mx.executor.Executor), bound_module(scene)
    batch = scene.local("forward", "data_batch")
    if isinstance(getattr(batch, "data", None), mx.nd.NDArray):
        return [Finding(
            "data_batch.data", f"an array of shape {shape_text(batch.data.shape)}, and no list",
            "A batch holds a list, with an array for each name. The rows of a single array are "
            "taken for that.",
            f"{type(batch).__name__}([x]), with brackets.",
        )]  # fmt: skip
    given = {one[0]: tuple(one[1]) for one in scene.local("bind_exec", "data_shapes") or []}
    if executor is None or module is None:
        return [Finding(
            match[1], "made for data of another width",
            "Parameters keep the shape of the first binding. Only the batch size may change.",
            "Give data of the first width; for this one, make a new mx.mod.Module and train that.",
        )]  # fmt: skip
    for name, shape in given.items():
        there = executor.arg_dict[name].shape
        if shape[1:] != there[1:]:
            wanted = ", ".join(["batch", *map(str, there[1:])])
            return [Finding(
                name, f"of shape {shape_text(shape)}, where {match[1]} was made for "
                f"({wanted}{',' * (len(there) == 1)})",
                "Parameters keep the shape of the first binding. Only the batch size may change.",
                f"Give data of shape ({wanted}). For this width, make a new "
                f"mx.mod.Module and train that: {match[1]} cannot be carried over.",
            )]  # fmt: skip
    return []


@CASES.when(r"'(\S+)' object has no attribute 'copyto'", file="module/")
def _no_array(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    values = scene.local("_impl", "cache")
    if values is not None:  # of parameters
        odd = [name for name, one in values.items() if not isinstance(one, mx.nd.NDArray)]
        states = values is scene.local("init_params", "aux_params")
        kind = "aux_params" if states else "arg_params"
        return [Finding(
            some(odd), f"given as {match[1]} in {kind}",
            "Module copies MXNet's own arrays.",
            f"{{name: mx.nd.array(value) for name, value in {kind}.items()}} in place of {kind}.",
        )]  # fmt: skip
    return [Finding(
        "DataBatch", f"of {match[1]}", "Module copies MXNet's own arrays to its devices.",
        "mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)]).",
    )]  # fmt: skip


@CASES.when(r"'(\w+)' object has no attribute 'provide_data'|'numpy.ndarray' object has no attri"
            r"bute 'provide_data'", file="module/")  # fmt: skip
def _no_iterator(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    kind, module = match[1] or "numpy.ndarray", scene.owner(mx.mod.BaseModule)
    labels = list(getattr(module, "label_names", None) or ["softmax_label"])
    step = f"module.fit({_iterator(labels)}, num_epoch=10)."
    if kind == "DataLoader":
        step = (
            f"from mxnet.contrib.io import DataLoaderIter; module.fit(DataLoaderIter(loader, "
            f"label_name={labels[0]!r}), num_epoch=10)."
        )
    return [Finding(
        "train_data", f"of type {kind}, which is no iterator of MXNet's",
        "Module reads the names and shapes of data and labels from its iterator.", step,
    )]  # fmt: skip


@CASES.when(r"Invalid end for end=(\d+) as axis_size is (\d+)")
def _two_lengths(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Labels fewer than data, which NDArrayIter notices at the last batch."""
    iterator = scene.owner(mx.io.NDArrayIter)
    if iterator is None:
        return []
    counts = {name: len(array) for name, array in [*iterator.data, *iterator.label]}
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    return [Finding(
        "NDArrayIter", f"of arrays of several lengths: {told}",
        "It counts the samples of the first one, and fails where another one ends. Longer ones it "
        "cuts off in silence.",
        "Give as many labels as samples: check len(X) == len(y) first.",
    )]  # fmt: skip


@CASES.when(
    r"(?:DataDesc\(\) argument|Value) after \*|'<' not supported between instances of|"
    r"Data provided by (?:data|label)_shapes don't match names .*\(\[DataDesc\[\d+,", file="module/"
)  # fmt: skip
def _no_descriptions(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module = scene.owner(mx.mod.BaseModule)
    names = getattr(module, "data_names", None) or ["data"]
    labels = getattr(module, "label_names", None) or []
    told = [f"{kind}_shapes=[{', '.join(f'({name!r}, shape)' for name in them)}]"
            for kind, them in (("data", names), ("label", labels)) if them]  # fmt: skip
    return [Finding(
        "data_shapes, label_shapes", "not lists of pairs of name and shape",
        "Module binds arrays by their names. An iterator has such lists: provide_data and "
        "provide_label.",
        f"module.bind({', '.join(told)}), each shape with the batch as its first axis.",
    )]  # fmt: skip
