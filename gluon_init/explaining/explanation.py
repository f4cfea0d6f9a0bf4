"""The entrance: looks what it has been given, and lets the right module speak."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

import mxnet as mx
from mxnet import gluon

from ..errors import ArgumentError, InitError, in_a_line
from ..results.table import Column, Table
from . import (
    of_attributes,
    of_blocks,
    of_calls,
    of_cells,
    of_data,
    of_devices,
    of_drawing,
    of_errors,
    of_files,
    of_forwards,
    of_given_initializers,
    of_gradients,
    of_hybrid_forwards,
    of_initializers,
    of_iterators,
    of_layers,
    of_module_binding,
    of_module_names,
    of_module_now,
    of_module_parts,
    of_module_slips,
    of_module_values,
    of_modules,
    of_nets,
    of_operators,
    of_parameters,
    of_recurrent,
    of_shape_errors,
    of_slips,
    of_trainers,
    of_training,
    of_values,
)
from .at_work import with_net
from .c_side import first as c_side_first
from .c_side import last as c_side_last
from .finding import Finding
from .scene import Scene

_COLUMNS: list[Column[Finding]] = [
    Column("what", "what"),
    Column("state", "state"),
    Column("why", "why"),
    Column("next step", "next"),
]

_OF_ERRORS = [  # asked in this order
    of_cells, of_slips, of_hybrid_forwards, of_data, of_forwards, c_side_first,
    of_files, of_devices, of_parameters, of_blocks, of_iterators, of_module_names,
    of_module_values, of_module_binding, of_modules, of_module_parts, of_layers, of_drawing,
    of_training, of_gradients, of_recurrent, of_operators, of_given_initializers, of_errors,
    of_shape_errors, of_values, of_module_slips, of_calls, of_attributes,
    c_side_last,
]  # fmt: skip


class Explanation(Table[Finding]):
    """What :func:`explain` returns: a :class:`Finding` for each thing that is to be said.

    Attributes:
        known: whether the case is one that this package knows.

    """

    def __init__(self, findings: Sequence[Finding], known: bool = True) -> None:
        self.known = known
        super().__init__(findings, _COLUMNS)

    def __str__(self) -> str:
        return "\n\n".join("\n".join(_paragraph(row)) for row in self.rows)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        parts = []
        for row in self.rows:
            inside = "".join(
                f"<dt>{label}</dt><dd>{html.escape(text)}</dd>"
                for text, label in ((row.why, "Why"), (row.next, "Next step"))
                if text
            )
            head = f"<b>{html.escape(row.what)}</b>: {html.escape(row.state)}."
            parts.append(f"<p>{head}</p><dl>{inside}</dl>")
        return "".join(parts)


def _paragraph(row: Finding) -> list[str]:
    """The state in a line, then why and the next step, wrapped and indented."""
    lines = textwrap.wrap(f"{row.what}: {row.state}.", 96)
    for label, text in (("why:  ", row.why), ("next: ", row.next)):
        if text:
            lines += textwrap.wrap(
                text, 96, initial_indent=f"  {label}", subsequent_indent=" " * 8,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
    return lines


def explain(
    x: gluon.Block
    | gluon.Parameter
    | gluon.Trainer
    | mx.mod.BaseModule
    | mx.init.Initializer
    | BaseException
    | str,
    *inputs: mx.nd.NDArray | Sequence[Any] | None,
    run: bool = False,
) -> Explanation:
    """Says what the state is, why, and which next step really works.

    Args:
        x: a net, a parameter, a Trainer, a Module, an initializer, or an exception or warning that
            MXNet raised, or only its text, as of what MXNet logs. An exception tells most while it
            has its traceback: ``except Exception as error: print(gi.explain(error))``, or
            ``gi.explain(sys.last_value)`` in the cell below.
        *inputs: for a net: arrays or shapes, so that it can be said what a pass with them would do:
            what it fills and gives, or where and why it fails. Of arrays the device and the type of
            the numbers count too.
        run: for a net whose shapes only a run can tell, as in :func:`infer_shapes`.

    Returns:
        an :class:`Explanation`. For an exception that is not known it says so (``known`` is
        False). The net and the random states are left as they are.

    Raises:
        ArgumentError: ``x`` is none of these.
        ShapeError: only a run can tell the net's shapes, and ``run`` is False.

    Source: MXNet issues 9226, 8419, 7858, 14490, 5677, 10424 and others, which the messages of
    MXNet 1.9.1 left open.

    """
    if isinstance(x, str):
        x = UserWarning(x)
    if isinstance(x, InitError):
        return Explanation([Finding(type(x).__name__, "an error of gluon_init", str(x), "")])
    if isinstance(x, BaseException):
        scene = Scene(x)
        told = (module.CASES.findings(scene) for module in _OF_ERRORS)
        found: Sequence[Finding] = next(filter(None, told), [])
        return Explanation(with_net(scene, found) or [_unknown(x)], known=bool(found))
    if isinstance(x, gluon.Block):
        return Explanation(of_nets.of_net(x, inputs, run))
    if isinstance(x, gluon.Trainer):
        return Explanation(of_trainers.of_trainer(x))
    if isinstance(x, mx.mod.BaseModule):
        return Explanation(of_module_now.of_module(x))
    if isinstance(x, gluon.Parameter):
        return Explanation(of_nets.of_parameter(x))
    if isinstance(x, (mx.init.Initializer, mx.init.Mixed, mx.init.Load)):
        return Explanation(of_initializers.findings(x))
    shown = (
        f"the class {x.__name__}: give an object of it"
        if isinstance(x, type)
        else (f"of type {type(x).__name__}")
    )
    raise ArgumentError(
        f"x must be a net, a parameter, a Trainer, a Module, an initializer, an exception or its "
        f"text, but it is {shown}."
    )


def _unknown(error: BaseException) -> Finding:
    return Finding(
        type(error).__name__,
        "an error that gluon_init does not know",
        f"It says: {in_a_line(error)}",
        "Read its traceback from the bottom. If it is about initialization, gi.explain(net) may "
        "tell what state the net is in.",
    )
