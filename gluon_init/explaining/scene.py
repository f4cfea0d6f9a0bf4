"""What was going on when an error was raised: which net, which parameter, which inputs."""

from __future__ import annotations

import ast
import linecache
import traceback
from pathlib import Path
from typing import Any

import mxnet as mx
from mxnet import gluon

from .._arguments import input_shapes
from .._gluon import paths
from .._gluon.forward.arguments import count_of_inputs
from .._gluon.forward.graph import side_traces, trace
from .._gluon.places import net_of
from .._gluon.view import View
from ..errors import InitError

_MXNET = Path(mx.__file__).parent


class Scene:
    """The calls that led to an exception, read from its traceback.

    Attributes:
        error: the exception.
        message: its text; of an assertion without one, the statement in MXNet's source.
        file: the file in MXNet from which it came, such as "gluon/block.py"; "" where none did.
        frames: name of the function and its local variables, outermost first.
        blocks: the blocks whose methods were running, outermost first.
        parameter: the parameter whose method was running, innermost; or None.

    """

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.message = str(error) or _statement(error)
        self.file = _file(error)
        self.frames = [
            (frame.f_code.co_name, frame.f_locals)
            for frame, _ in traceback.walk_tb(error.__traceback__)
        ]
        owners = [values.get("self") for _, values in self.frames]
        self.blocks = [owner for owner in owners if isinstance(owner, gluon.Block)]
        parameters = [owner for owner in owners if isinstance(owner, gluon.Parameter)]
        self.parameter = parameters[-1] if parameters else None

    def owner(self, kind: type) -> Any:
        """The innermost object of this type one of whose methods was running; or None."""
        found = [v["self"] for _, v in self.frames if isinstance(v.get("self"), kind)]
        return found[-1] if found else None

    def local(self, function: str, name: str) -> Any:
        """A local variable of the innermost function of this name; or None."""
        found = [values.get(name) for called, values in self.frames if called == function]
        return found[-1] if found else None

    @property
    def net(self) -> Any:
        """The outermost block that was running, or the net that the parameter belongs to."""
        if self.blocks:
            return self.blocks[0]
        return net_of(self.parameter) if self.parameter is not None else None

    @property
    def line(self) -> str:
        """The line of source from which the error came; "" where there is none."""
        frames = traceback.extract_tb(self.error.__traceback__)
        return (frames[-1].line or "") if frames else ""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the net had been called with."""
        for called, values in self.frames:
            if called == "__call__" and values.get("self") is self.net:
                return tuple(values.get("args", ()))
        return ()


def _file(error: BaseException) -> str:
    """The innermost file of MXNet's Python through which an error came, relative to its folder."""
    files = [Path(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = [file for file in files if file.is_relative_to(_MXNET)]
    return inside[-1].relative_to(_MXNET).as_posix() if inside else ""


def _statement(error: BaseException) -> str:
    """The statement from which an error came that says nothing, as MXNet's bare assertions."""
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return ""
    frame, line = frames[-1]
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.Assert, ast.Raise))]
    except SyntaxError:  # no source, or that of a cell with magics
        return ""
    return next((ast.unparse(n) for n in nodes if n.lineno <= line <= (n.end_lineno or 0)), "")


def path_in(net: Any, parameter: Any) -> str:
    """The parameter's path in the net, or Gluon's name where it is not in it."""
    sites = paths.sites(net) if net is not None else []
    return next((s.path for s in sites if s.parameter is parameter), parameter.name)


def reached(view: View, inputs: Any = ()) -> set[int] | None:
    """``id()`` of each parameter that the forward pass uses; None where it cannot be told.

    Without inputs the net is called with as many symbols as its forward has arguments without a
    default: shapes play no part in what is reached.
    """
    shapes = input_shapes(inputs) if inputs else [(1, 1)] * count_of_inputs(view.net)
    try:
        used = trace(view, shapes).used()
    except InitError:
        return None
    for _ in side_traces(view, shapes, used):
        pass
    return used
