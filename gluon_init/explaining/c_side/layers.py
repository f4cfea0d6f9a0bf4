"""MXNet's C side on layers, losses and arguments of operators."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from mxnet import gluon

from ..._gluon.layers import layout_of
from ..at_work import inputs_of
from ..finding import Finding
from ..scene import Scene
from .call import LEFT_OUT, Call, OperatorCases, Told, count, numbers

CASES = OperatorCases()

# What Gluon's layers call an argument of an operator's.
_IN_LAYERS = {
    "num_hidden": "units", "num_filter": "channels", "act_type": "activation", "p": "rate",
    "kernel": "kernel_size", "stride": "strides", "dilate": "dilation", "pad": "padding",
    "num_group": "groups", "adj": "output_padding", "pool_size": "pool_size",
    "state_size": "hidden_size", "eps": "epsilon",
}  # fmt: skip
# Activations that mx.nd.Activation has not, and Gluon has as blocks.
_BLOCKS = {
    "leakyrelu": "LeakyReLU(0.1)", "leaky": "LeakyReLU(0.1)", "prelu": "PReLU()", "elu": "ELU()",
    "selu": "SELU()", "gelu": "GELU()", "swish": "Swish()", "silu": "Swish()",
}  # fmt: skip
_EXAMPLES = {
    "int": 1,
    "long": 1,
    "float": 0.5,
    "double": 0.5,
    "boolean": True,
    "Shape(tuple)": (1,),
}


def _layer(call: Call, **changed: Any) -> str:
    """The layer made with other arguments, or the call itself."""
    if not call.is_layers:
        return call.step(**changed)
    kind = type(call.block)
    module = "rnn" if kind.__module__.startswith("mxnet.gluon.rnn") else "nn"
    if kind.__module__.endswith(".loss"):
        module = "gluon.loss"
    names = {**_IN_LAYERS, "p": "dropout" if module == "rnn" else "rate"}
    told = ", ".join(f"{names.get(name, name)}={value!r}" for name, value in changed.items())
    if module == "nn" and set(changed) <= {"num_hidden", "num_filter"}:
        return f"nn.{kind.__name__}({next(iter(changed.values()))!r}, ...), and build the net anew."
    return f"{module}.{kind.__name__}(..., {told}), and build the net anew."


def _argument(call: Call, name: str) -> str:
    return _IN_LAYERS.get(name, name) if call.is_layers else name


# ---------------------------------------------------------------------------------------------
# Arguments of any operator


@CASES.told(r"Required parameter (\w+) of (\S+) is not presented, in operator (\w+)")
def _missing(call: Call, match: re.Match[str]) -> Told:
    name, kind = str(match[1]), match[2].rstrip(",")
    value: Any = _EXAMPLES.get(kind, 1)
    return (
        f"called without {name}", f"{name} must be given; it is of type {kind}.",
        f"{call.code(**{name: value})}, with a value of your own.",
    )  # fmt: skip


@CASES.told(r"Cannot find argument '(\w+)', Possible Arguments:\s*-+\s(.*?), in operator (\w+)")
def _unknown(call: Call, match: re.Match[str]) -> Told:
    names = re.findall(r"^(\w+) : ", match[2], re.MULTILINE)
    near = difflib.get_close_matches(match[1], names, n=1)
    changed = {match[1]: LEFT_OUT, **({near[0]: call.given.get(match[1])} if near else {})}
    step = call.step(**changed) if call.given else f"{near[0] if near else names} in its place."
    return (
        f"given {match[1]}, which it does not take",
        f"{match[3]} takes {', '.join(names)}.", step,
    )  # fmt: skip


@CASES.told(r"Invalid Input: '([^']*)', valid values are: \{(.*?)\}, in operator (\w+)\((.*)\)")
def _no_choice(call: Call, match: re.Match[str]) -> Told:
    known = re.findall(r"'([^']*)'", match[2])
    given = dict(re.findall(r'(\w+)="([^"]*)"', match[4]))
    name = next((key for key, value in given.items() if value == match[1]), "")
    block = _BLOCKS.get(match[1].lower().replace("_", "")) if name == "act_type" else None
    if block is not None:
        step = f"The layer without activation=, and nn.{block} behind it; build the net anew."
        if not call.is_layers:
            kind = match[1].lower().replace("relu", "") or "leaky"
            step = f"{call.prefix}LeakyReLU(x, act_type={kind!r})."
            if block == "Swish()":
                step = f"x * {call.prefix}sigmoid(x)."
        return (
            f"given {_argument(call, name)}={match[1]!r}, which it does not know",
            f"It knows {', '.join(map(repr, known))}; others are made otherwise.", step,
        )  # fmt: skip
    near = difflib.get_close_matches(match[1], known, n=1, cutoff=0.4)
    right = near[0] if near else next(one for one in known if one != "None")
    return (
        f"given {_argument(call, name)}={match[1]!r}, which it does not know",
        f"It knows {', '.join(map(repr, known))}.", _layer(call, **{name: right}),
    )  # fmt: skip


@CASES.told(r"Invalid Parameter format for (\w+) expect (.+?) but value='(.*?)'(?:, in|$)")
def _no_format(call: Call, match: re.Match[str]) -> Told:
    name, kind, given = str(match[1]), match[2], match[3]
    value: Any = _EXAMPLES.get(kind.split(" or ")[0], 1)
    found = re.findall(r"\d+(?:\.\d+)?", given)
    if kind.startswith("Shape") and found:
        value = tuple(max(round(float(one)), 1) for one in found)
    text = call.code(**{name: value})
    return (
        f"given {_argument(call, name)}={given}",
        "It must be a tuple of whole numbers." if kind.startswith("Shape") else
        f"It must be of type {kind}.",
        _layer(call, **{name: value}) if call.is_layers else f"{text}, with a value of your own.",
    )  # fmt: skip


@CASES.told(r"value (\S+) for Parameter (\w+) exceed bound \[(\S+),(\S+)\]")
def _bounds(call: Call, match: re.Match[str]) -> Told:
    low, high = float(match[3]), float(match[4])
    value = (low + high) / 2
    name = _argument(call, match[2])
    if call.is_layers and type(call.block).__module__.startswith("mxnet.gluon.rnn"):
        name = "dropout"
    return (
        f"given {name}={match[1]}", f"It is a number from {match[3]} to {match[4]}.",
        _layer(call, **{match[2]: value}),
    )  # fmt: skip


@CASES.told(
    r"value (\S+) for Parameter (\w+) should be (?:greater|smaller) (?:equal to|than) (\S+)"
)
def _least(call: Call, match: re.Match[str]) -> Told:
    name = _argument(call, match[2])
    number = int(float(match[3]))
    if match[2] == "num_args":
        return "given no array", "It joins one array or more.", call.step("x", "y")
    return (
        f"given {name}={match[1]}", f"It is {number} at the least.",
        _layer(call, **{match[2]: number}),
    )  # fmt: skip


@CASES.told(r"Operator (\w+) expects (\d+) inputs, but got (\d+) instead")
def _inputs(call: Call, match: re.Match[str]) -> Told:
    wants, has = int(match[2]), int(match[3])
    names = ("x", "y", "z", "u", "v", "w")[:wants]
    why, changed = f"{match[1]} takes {count(wants, 'array')} with these arguments.", {}
    if match[1] in ("FullyConnected", "Convolution", "Deconvolution") and {wants, has} == {2, 3}:
        why += " no_bias says whether the bias is left out."
        changed, names = {"no_bias": has == 2}, ("x", "y", "z")[:has]
    return f"given {count(has, 'array')}", why, call.step(*names, **changed)


@CASES.told(r"Unexpected shape for bias (\S+)")
def _bias(call: Call, match: re.Match[str]) -> Told:
    arrays = ("x", "y", "z.reshape((-1,))")
    step = call.step(*arrays) if call.known else (
        "mx.nd.FullyConnected(x, weight, bias.reshape((-1,)), ...).")  # fmt: skip
    return f"given a bias of shape {numbers(match[1])}", "A bias has one axis.", step


# ---------------------------------------------------------------------------------------------
# Convolutions and pooling


@CASES.told(r"incorrect (kernel|stride|dilate) size: (\S+)")
def _zero(call: Call, match: re.Match[str]) -> Told:
    given = numbers(match[2])
    right = tuple(size or 1 for size in given)
    name = _argument(call, match[1])
    return (f"given {name}={given}", f"Each number of {name} is 1 at the least.",
            _layer(call, **{match[1]: right}))  # fmt: skip


@CASES.told(r"(Stride|Dilate|Padding|Adjustment) must have the same number of dimensions with "
            r"kernel_size,\s*but kernel_size is set to (\S+) while \w+ is (\S+)")  # fmt: skip
def _numbers_for_kernel(call: Call, match: re.Match[str]) -> Told:
    name = {"Padding": "pad", "Adjustment": "adj"}.get(match[1], match[1].lower())
    kernel, given = numbers(match[2]), numbers(match[3])
    return (
        f"given {name}={given} for kernel={kernel}",
        "Both have one number for each axis of the image.",
        call.step(**{name: (given[:1] or (1,)) * len(kernel)}),
    )  # fmt: skip


@CASES.told(r"(\d)D (convolution|deconvolution|pooling) not supported")
def _kernel_axes(call: Call, match: re.Match[str]) -> Told:
    axes = max(len(call.shape) - 2, 1)
    return (
        f"given a kernel of {count(int(match[1]), 'number')}",
        f"The kernel has one number for each axis of the image: {axes}, since two of the input's "
        f"{len(call.shape)} are batch and channels.",
        call.step(kernel=(2,) * axes),
    )  # fmt: skip


@CASES.told(r"(input|output) num_filter must divide group size")
def _groups(call: Call, match: re.Match[str]) -> Told:
    found = re.search(r"\((\d+) vs\. 0\)", call.scene.message)
    why = f"Its {match[1]} channels must be a multiple of groups" + (
        f": {found[1]} are left over." if found else "."
    )
    return "made with groups that do not divide its channels", why, _layer(call, num_group=1)


@CASES.told(r"adj\((\w)\) must be samller than stride\[(\d)\]")
def _adjustment(call: Call, match: re.Match[str]) -> Told:
    found = re.search(r"\((\d+) vs\. (\d+)\)", call.scene.message)
    stride, given = (int(found[1]) + 1, found[2]) if found else (1, "too much")
    return (
        f"given {_argument(call, 'adj')}={given}, with {_argument(call, 'stride')}={stride}",
        "What is added on one side is less than a stride.", _layer(call, adj=stride - 1),
    )  # fmt: skip


@CASES.told(r"too big target shape")
def _target(call: Call, match: re.Match[str]) -> Told:
    return (
        f"asked for target_shape={call.given.get('target_shape')}",
        "It is no larger than what the kernel and the stride make of the input.",
        call.step(target_shape=LEFT_OUT),
    )  # fmt: skip


@CASES.told(r"Dilate is not supported in 3d deconvolution")
def _no_dilation(call: Call, match: re.Match[str]) -> Told:
    return ("made with dilation", "MXNet has none for three axes.",
            _layer(call, dilate=1))  # fmt: skip


@CASES.told(r"kernel size (?:\(\d+\) )?exceeds input")
def _large_kernel(call: Call, match: re.Match[str]) -> Told:
    layout = layout_of(call.block) if call.is_layers else ""
    start = (layout or "NC").index("C") + 1 if (layout or "NC").index("C") == 1 else 1
    shape = call.shape or (inputs_of(call.scene, call.block) or (None,))[0]
    sizes = tuple(getattr(shape, "shape", shape) or ())
    image = sizes[start : start + max(len(sizes) - 2, 1)]
    kernel = call.given.get("kernel")
    state = f"with a kernel of {kernel}, given an image of {image}" if image else (
        "with a kernel that is larger than the image")  # fmt: skip
    step = _pool(call, kernel, image)
    return state, "The kernel must lie within the image and its padding.", step


def _pool(call: Call, kernel: Any, image: tuple[int, ...]) -> str:
    sizes = kernel if isinstance(kernel, tuple) else numbers(str(kernel))
    right = tuple(min(pair) for pair in zip(sizes, image, strict=False)) or 2
    if call.is_layers:
        return (
            f"nn.{type(call.block).__name__}({right!r}), or larger images, or fewer layers before."
        )
    return call.step(kernel=right)


@CASES.told(r"Input data should be (\d)D in \(batch, channel(?!, x\)\. Curr)|"
            r"At lease (3) dimensions required")  # fmt: skip
def _axes_of_input(call: Call, match: re.Match[str]) -> Told:
    wants = int(match[1] or match[2])
    arrays = inputs_of(call.scene, call.block) if call.block is not None else ()
    shape = call.shape or (tuple(arrays[0].shape) if arrays else ())
    state = f"given an array of shape {shape}" if shape else "given an array of other axes"
    layout = layout_of(call.block) if call.is_layers else ""
    why = f"It takes {count(wants, 'axis')}" + (f", {layout}." if layout else ": batch, channels, "
        "and those of the image.")  # fmt: skip
    if len(shape) == wants - 1 and wants > 3:
        called = (
            "net(x.expand_dims(0))" if call.block is not None else call.code("x.expand_dims(0)")
        )
        return state, f"{why} This has {len(shape)}: is the batch axis missing?", f"{called}."
    if call.block is not None:
        return (
            state,
            why,
            "Put it before the first nn.Dense or nn.Flatten, and feed the net all axes.",
        )
    return state, why, call.step("x" + ".expand_dims(2)" * max(wants - len(shape), 0))


@CASES.told(r"'same' supports Max Pooling 1-D")
def _same(call: Call, match: re.Match[str]) -> Told:
    return ("asked for pooling_convention='same'", "MXNet has it for one axis only.",
            call.step(pooling_convention="full"))  # fmt: skip


@CASES.told(r"param\.p_value\.has_value\(\)|p value of (\d+) is not supported yet")
def _p_value(call: Call, match: re.Match[str]) -> Told:
    return (
        f"given p_value={match[1] or call.given.get('p_value')}",
        "Pooling by a norm knows 1, 2 and 3. MXNet may tell of it only where values are read.",
        call.step(p_value=2) if call.known else "mx.nd.Pooling(..., p_value=2).",
    )


@CASES.when(r"InstanceNorm only supports input tensors of rank")
def _instance_norm(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "An InstanceNorm", "given an array of fewer than three axes",
        "It takes batch, channels, and what is behind them. MXNet tells of it where values are "
        "read.",
        "Put it before the first nn.Dense or nn.Flatten, or call it with x.expand_dims(2).",
    )]  # fmt: skip


@CASES.told(r"# of channels must be divisible by # of groups")
def _group_norm(call: Call, match: re.Match[str]) -> Told:
    return ("made with num_groups that does not divide the channels",
            "Each group has as many channels.", _layer(call, num_groups=1))  # fmt: skip


@CASES.told(r"Cannot broadcast gamma to data\. gamma: (\S+?), data: (\S+)")
def _prelu(call: Call, match: re.Match[str]) -> Told:
    slopes, data = numbers(match[1]), numbers(match[2])
    return (
        f"with {count(slopes[0], 'slope')}, given an input of shape {data}",
        "There is one slope, or one for each channel. MXNet may tell of it only where values are "
        "read.",
        f"nn.PReLU(in_channels={data[1] if len(data) > 1 else 1}), and build the net anew.",
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Recurrent layers, sequences, losses


@CASES.when(r"No training support for LSTM with projection on CPU")
def _projection(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "An LSTM", "made with projection_size, and run inside autograd.record() on the CPU",
        "On the CPU MXNet computes it forwards only.",
        "rnn.LSTM(...) without projection_size, and nn.Dense(size, flatten=False) behind it.",
    )]  # fmt: skip


@CASES.told(r"The data array must be of rank 2 or greater|expects axis to be 0( or 1)?\.")
def _sequence(call: Call, match: re.Match[str]) -> Told:
    if "rank" in match[0]:
        why = "It takes (time, batch) and what is behind them."
        step = call.step("x.expand_dims(1)", "y[:1]")
        return f"given an array of shape {call.shape}", why, step
    known = "time on axis 0 or 1" if match[1] else "time on axis 0"
    turned = call.given.get("axis") if isinstance(call.given.get("axis"), int) else 1
    return (
        f"given axis={call.given.get('axis')}", f"It takes {known}.",
        call.step(f"x.swapaxes(0, {turned})", "y", axis=0),
    )  # fmt: skip


_CTC = {
    "dimensions of data array must be 3": "Predictions have three axes",
    "dimensions of labels array must be 2": "Labels have two axes, (batch, labels)",
    "max number of labels cannot exceed": "There are no more labels than steps of time",
    "batch size for the data and data lengths": "pred_lengths takes one number for each sequence",
    "batch size for the labels and label lengths": "label_lengths takes a number for each sequence",
}


@CASES.told("|".join(_CTC))
def _ctc(call: Call, match: re.Match[str]) -> Told | None:
    if not isinstance(call.block, gluon.loss.Loss):
        return None
    arrays = [a for a in inputs_of(call.scene, call.block) if a is not None]
    shapes = [tuple(array.shape) for array in arrays]
    pred, label = (*shapes, (), ())[:2]
    steps = {
        "dimensions of data": "loss(pred.expand_dims(0), label[:1]) for one sequence.",
        "dimensions of labels": "loss(pred, label.expand_dims(1)) for one label each.",
        "max number": f"loss(pred, label[:, :{(*pred, 1, 1)[1]}]), or longer sequences.",
        "batch size for the data": f"pred_lengths of shape ({pred[0] if pred else 1},).",
        "batch size for the labels": f"label_lengths of shape ({label[0] if label else 1},).",
    }
    step = next(
        text for part, text in steps.items() if match[0].startswith(part) or part in match[0]
    )
    return f"given arrays of shapes {', '.join(map(str, shapes))}", f"{_CTC[match[0]]}.", step
