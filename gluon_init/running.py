"""One run of a net on zeros, for nets whose shapes only a run can tell.

The run happens in a copy of this process (``os.fork``), so that whatever the forward pass does,
nothing here changes: no parameter, no hook, and no random state. MXNet's cannot be read back, so
there is no other way to restore it.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx

from . import errors, graphs, paths
from .graphs import Call, Shape
from .inputs import input_shapes

_PATIENCE = 20  # seconds to wait for other threads
_LONG = 0.1  # seconds that a thread may go on while others wait
_CALLERS = ("mxnet.", "gluon_init.memory")  # who calls MXNet's library


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


def run_on_zeros(net: Any, inputs: Sequence[Any]) -> Run:
    """Calls ``net`` on zeros of these shapes, in prediction mode, with zeros as parameters.

    For an array the zeros are of its type, for a shape of the type of the first parameter.

    Raises:
        ShapeError: the forward pass fails; names the block in which it did.

    """
    shapes = input_shapes(inputs)
    found = in_a_copy(lambda: _run(net, shapes, inputs))
    if "error" in found:
        where = f"the block {found['path']!r}" if found["path"] else f"{type(net).__name__}"
        raise errors.ShapeError(
            f"The run on zeros failed in {where}: {found['error']}. Mend the forward pass, or give "
            f"inputs of the shapes that it takes."
        )
    values = [Value(shape) for shape in found["shapes"]]
    blocks = dict(paths.blocks(net))
    calls: list[Call] = []
    for path, inputs, outputs, began, ended, caller in found["calls"]:
        call = Call(path, blocks[path], [values[i] for i in inputs], began, None)
        call.caller = calls[caller] if caller is not None else None
        call.outputs, call.ended = [values[i] for i in outputs], ended
        calls.append(call)
    parameters = _parameters(net)
    return Run(
        calls,
        [values[i] for i in found["outputs"]],
        {id(p): shape for p, shape in zip(parameters, found["parameters"], strict=True)},
        {id(p) for p, used in zip(parameters, found["used"], strict=True) if used},
    )


def _parameters(net: Any) -> list[Any]:
    return list({id(site.parameter): site.parameter for site in paths.sites(net)}.values())


def in_a_copy(work: Callable[[], dict[str, Any]]) -> Any:
    """Runs ``work``, silently, in a copy of this process; returns what it returned, by pickle.

    Where it raised, or the copy died, that is a dictionary with ``error`` and ``path``.
    """
    reading, writing = os.pipe()
    with _closed_on_error(reading, writing), warnings.catch_warnings():
        # Python warns of forking with threads. MXNet stops its own before and starts them after.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = _fork()
    if child == 0:
        _answer(work, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.waitpid(child, 0)
    if not answer:
        return {"error": "the process ended without an answer", "path": ""}
    return pickle.loads(answer)


def _fork() -> int:
    """``os.fork`` at a moment when no other thread is inside MXNet.

    MXNet stops its engine for a fork: what another thread hands to it meanwhile is never done, and
    that thread, or the copy, would wait for ever.
    """
    if len(sys._current_frames()) == 1:
        return os.fork()
    interval, until = sys.getswitchinterval(), time.monotonic() + _PATIENCE
    sys.setswitchinterval(_LONG)  # so that nobody else has a turn between the look and the fork
    try:
        while True:
            time.sleep(interval)  # who has been waiting for a turn gets it
            if not _is_another_in_mxnet():
                return os.fork()
            if time.monotonic() > until:
                raise errors.InitError(
                    f"Another thread has been at work in MXNet for {_PATIENCE} seconds, so that no "
                    f"copy of the process can be made, in which this would run. Nothing has been "
                    f"changed. Let that thread pause or end, and call again."
                )
    finally:
        sys.setswitchinterval(interval)


def _is_another_in_mxnet() -> bool:
    own = threading.get_ident()
    return any(
        thread != own and frame.f_globals.get("__name__", "").startswith(_CALLERS)
        for thread, frame in sys._current_frames().items()
    )


@contextlib.contextmanager
def _closed_on_error(*files: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for file in files:
            os.close(file)
        raise


def _answer(work: Callable[[], dict[str, Any]], writing: int) -> None:
    """In the copy: all that it does. It never returns."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        sys.stdout = sys.stderr = io.StringIO()
        with os.fdopen(writing, "wb") as pipe:
            try:
                answer = work()
            except Exception as error:
                answer = {"error": errors.in_a_line(error), "path": ""}
            pickle.dump(answer, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)


def _run(net: Any, shapes: Sequence[Any], inputs: Sequence[Any]) -> dict[str, Any]:
    """In the copy: the run, and what is to be told of it, as plain data."""
    recorder = graphs.CallRecorder(net, mx.nd.NDArray)
    parameters = _parameters(net)
    dtype = next((parameter.dtype for parameter in parameters), "float32")
    for _, block in paths.blocks(net):
        graphs.give_hooks(block, recorder.hooks)
        block.__dict__["_active"] = False  # a cached graph hides the blocks inside it
    zero = mx.init.Zero()
    for parameter in parameters:
        waiting = (zero, [mx.cpu()], zero, None)
        parameter.__dict__.update(_data=None, _grad=None, _grad_req="null", _trainer=None)
        filling = _Filling(parameter)
        parameter.__dict__.update(_deferred_init=waiting, data=filling)
        parameter.__dict__["row_sparse_data"] = filling.rows
    try:
        with mx.autograd.pause(train_mode=False), mx.cpu():
            zeros = [_zeros(*pair, dtype) for pair in zip(shapes, inputs, strict=True)]
            results = graphs.flatten(net(*zeros), mx.nd.NDArray)
            mx.nd.waitall()
    except Exception as error:
        return {"error": errors.in_a_line(error), "path": recorder.current()}
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
        "used": [parameter._data is not None for parameter in parameters],
    }


def _zeros(shape: Any, given: Any, dtype: Any) -> Any:
    if shape is None:
        return None
    if isinstance(shape, list):
        return [_zeros(*pair, dtype) for pair in zip(shape, given, strict=True)]
    kind = mx.np if mx.util.is_np_array() else mx.nd
    return kind.zeros(shape, ctx=mx.cpu(), dtype=getattr(given, "dtype", dtype))


class _Filling:
    """``parameter.data`` that fills the parameter on its first use, once its shape is known."""

    def __init__(self, parameter: Any) -> None:
        self._parameter = parameter

    def __call__(self, ctx: Any = None) -> Any:
        parameter = self._parameter
        if parameter._data is None and all(size > 0 for size in parameter.shape or (0,)):
            parameter._finish_deferred_init()
        return type(parameter).data(parameter, mx.cpu())

    def rows(self, rows: Any) -> Any:
        """``parameter.row_sparse_data``, which without a Trainer there is not: all rows."""
        if self._parameter._data is None:
            self._parameter._finish_deferred_init()
        return self._parameter._data[0]
