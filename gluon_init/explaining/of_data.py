"""What gluon.data and mx.io refuse or hand out otherwise than a training loop expects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..results.text import shape_text, some
from .cases import Cases
from .finding import Finding
from .scene import Scene

CASES = Cases()
_FOLDER = "gluon/data/"


@CASES.when(r"All arrays must have the same length", file=_FOLDER)
def _lengths(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    given = scene.local("__init__", "args") or ()
    lengths = [len(one) for one in given]
    return [Finding(
        "ArrayDataset", f"given arrays of lengths {some([str(one) for one in lengths])}",
        "Item i of the dataset is row i of each array: a sample, and its label. (MXNet's message "
        "numbers them otherwise.)",
        f"Arrays of one length: gluon.data.ArrayDataset(x[:{min(lengths)}], y[:{min(lengths)}]), "
        f"if the rows belong together so; else look where the other rows were lost.",
    )]  # fmt: skip


@CASES.when(r"inhomogeneous shape|could not broadcast input array", file=_FOLDER)
def _samples_of_many_shapes(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """The default way of making a batch stacks its samples."""
    given = scene.local("default_batchify_fn", "data") or ()
    shapes = {shape_text(np.shape(one)): None for one in given}
    return [Finding(
        "DataLoader", f"samples of shapes {some(list(shapes))} in one batch",
        "By default it stacks the samples of a batch, which must have one shape.",
        "Bring all samples to one shape before, by dataset.transform_first(...); or "
        "gluon.data.DataLoader(..., batchify_fn=your_function), which pads them.",
    )]  # fmt: skip


@CASES.when(r"<class 'numpy\.(str_|object_)'>|source_array must be array like object")
def _not_numbers(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """A KeyError of the table of MXNet's types."""
    kind = {"str_": "texts", "object_": "objects, or None"}.get(match[1], "what holds no numbers")
    return [Finding(
        "mx.nd.array", f"given {kind}", "MXNet's arrays hold numbers only.",
        "Numbers for them: of classes, number = {name: i for i, name in enumerate(names)}, and "
        "labels = [number[name] for name in labels].",
    )]  # fmt: skip


@CASES.when(r"batch_size must be specified unless", file=_FOLDER)
def _no_batch_size(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "DataLoader", "called without batch_size", "It has no default.",
        "gluon.data.DataLoader(dataset, batch_size=32).",
    )]  # fmt: skip


@CASES.when(r"shuffle must not be specified if sampler|last_batch must not be spec", file=_FOLDER)
def _two_orders(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    sampler = "sampler" if match[0].startswith("shuffle") else "batch_sampler"
    own = "shuffle" if sampler == "sampler" else "batch_size, shuffle, sampler and last_batch"
    return [Finding(
        "DataLoader", f"given {sampler}= together with what it decides",
        f"A {sampler} says by itself which samples come when.",
        f"gluon.data.DataLoader(dataset, {sampler}=...) without {own}; or these without "
        f"{sampler}=.",
    )]  # fmt: skip


@CASES.when(r"last_batch must be one of")
def _last_batch(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "last_batch", "no choice of it", "It is 'keep', 'discard' or 'rollover'.",
        "last_batch='discard' leaves out a smaller last batch.",
    )]  # fmt: skip


@CASES.when(r"takes (\d+) positional arguments? but \d+ were given", file="gluon/data/dataset.py")
def _transform(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "transform", f"its function takes {match[1]} of what an item has",
        "transform(f) calls f with all of an item, the sample and its label.",
        "dataset.transform_first(f) for the sample alone; or a function of both, lambda x, y: "
        "(f(x), y).",
    )]  # fmt: skip


@CASES.when(r"'DataLoader' object is not (?:subscriptable|an iterator)")
def _loader(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "DataLoader", "asked for one batch as if it held them",
        "It is gone through by for, and makes its batches meanwhile.",
        "for x, y in loader: ...; one batch alone is next(iter(loader)).",
    )]  # fmt: skip


@CASES.when(r"'DataBatch' object is not subscriptable|cannot unpack non-iterable DataBatch")
def _batch_of_io(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        "The batch", "a DataBatch of mx.io, taken for a pair",
        "Iterators of mx.io are made for Module: data and label are lists of arrays.",
        "for batch in iterator: x, y = batch.data[0], batch.label[0]; iterator.reset() before the "
        "next epoch. Or gluon.data.DataLoader(gluon.data.ArrayDataset(x, y), batch_size=...).",
    )]  # fmt: skip


@CASES.when(r"nchannels == 3|shp\.ndim\(\) == 3")
def _transforms(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Of gluon.data.vision.transforms, which expect an order of axes."""
    block: Any = scene.blocks[-1] if scene.blocks else None
    if block is None or not type(block).__module__.startswith("mxnet.gluon.data.vision"):
        return []
    kind = type(block).__name__
    wants = "an image of axes (height, width, channels)"
    step = "Give it images of these axes, such as an MNIST item, (28, 28, 1)."
    if kind == "Normalize":
        wants = "channels first, as ToTensor() makes them"
        step = "transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])."
    return [Finding(kind, "given something else", f"It takes {wants}.", step)]
