"""One run of a net on zeros, for nets whose shapes only a run can tell.

The run happens in a copy of this process (``os.fork``), so that whatever the forward pass does,
nothing here changes: no parameter, no hook, and no random state. MXNet's cannot be read back, so
there is no other way to restore it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx

from ... import errors
from ..._arguments import input_shapes
from ..._fork import FailedInCopyError, in_a_copy
from .. import paths
from ..arrays import array_maker
from ..parameters import fill_with_zeros_when_used, has_values
from ..view import View
from .calls import Call, Shape, flatten, watch_calls


@dataclass(eq=False)
class Value:
    """An array that went through the net: its shape is all that is left."""

    shape: tuple[int, ...]


@dataclass
class Run:
    """What a run leaves behind: the calls, the net's outputs, and each parameter's shape."""

    calls: list[Call]
    outputs: list[Value]
    parameters: dict[int, Shape | None]
    used: set[int]


def run_on_zeros(view: View, inputs: Sequence[Any]) -> Run:
    """Calls the net on zeros of these shapes, in prediction mode, with zeros as parameters.

    For an array the zeros are of its type, for a shape of the type of the first parameter.

    Raises:
        ShapeError: the forward pass fails; names the block in which it did.

    """
    shapes = input_shapes(inputs)
    try:
        found = in_a_copy(lambda: _run(view, shapes, inputs))
    except FailedInCopyError as failure:
        where = f"the block {failure.where!r}" if failure.where else type(view.net).__name__
        raise errors.ShapeError(
            f"The run on zeros failed in {where}: {failure.what}. Mend the forward pass, or give "
            f"inputs of the shapes that it takes."
        ) from None
    values = [Value(shape) for shape in found["shapes"]]
    blocks = dict(view.blocks)
    calls: list[Call] = []
    for path, inputs, outputs, began, ended, caller in found["calls"]:
        call = Call(path, blocks[path], [values[i] for i in inputs], began, None)
        call.caller = calls[caller] if caller is not None else None
        call.outputs, call.ended = [values[i] for i in outputs], ended
        calls.append(call)
    parameters = view.parameters
    return Run(
        calls,
        [values[i] for i in found["outputs"]],
        {id(p): shape for p, shape in zip(parameters, found["parameters"], strict=True)},
        {id(p) for p, used in zip(parameters, found["used"], strict=True) if used},
    )


def _run(view: View, shapes: Sequence[Any], inputs: Sequence[Any]) -> dict[str, Any]:
    """In the copy: the run, and what is to be told of it, as plain data."""
    recorder = watch_calls(view)
    parameters = view.parameters
    dtype = next((parameter.dtype for parameter in parameters), "float32")
    for parameter in parameters:
        fill_with_zeros_when_used(parameter)
    try:
        with mx.autograd.pause(train_mode=False), mx.cpu():
            zeros = [_zeros(*pair, dtype) for pair in zip(shapes, inputs, strict=True)]
            results = flatten(view.net(*zeros), mx.nd.NDArray)
            mx.nd.waitall()
    except Exception as error:
        raise FailedInCopyError(errors.in_a_line(error), recorder.current()) from error
    arrays: dict[int, Any] = {}

    def numbers(values: Sequence[Any]) -> list[int]:
        return [arrays.setdefault(id(value), (len(arrays), value.shape))[0] for value in values]

    index = {id(call): number for number, call in enumerate(recorder.calls)}
    calls = [
        (c.path, numbers(c.inputs), numbers(c.outputs), c.began, c.ended, index.get(id(c.caller)))
        for c in recorder.calls
    ]
    return {
        "calls": calls,
        "outputs": numbers(results),
        "shapes": [tuple(map(int, shape)) for _, shape in arrays.values()],
        "parameters": [paths.shape_of(parameter) for parameter in parameters],
        "used": [has_values(parameter) for parameter in parameters],
    }


def _zeros(shape: Any, given: Any, dtype: Any) -> Any:
    if shape is None:
        return None
    if isinstance(shape, list):
        return [_zeros(*pair, dtype) for pair in zip(shape, given, strict=True)]
    return array_maker().zeros(shape, ctx=mx.cpu(), dtype=getattr(given, "dtype", dtype))
