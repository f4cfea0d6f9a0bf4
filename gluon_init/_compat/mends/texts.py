"""Texts in which MXNet writes NumPy's arrays and scalars: as NumPy 1 wrote them.

NumPy's own settings change for the time of one call, in the thread that makes it, and only where
the user has set none.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..old_numpy import View

MODULES = (
    "block", "contrib.cnn.conv_layers", "contrib.nn.basic_layers", "contrib.rnn.conv_rnn_cell",
    "contrib.rnn.rnn_cell", "loss", "nn.activations", "nn.basic_layers", "nn.conv_layers",
    "parameter", "rnn.rnn_cell", "rnn.rnn_layer",
)  # fmt: skip


_NUMPY_1: Any = "1.25"


def _in_old_style(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def text(*args: Any, **kwargs: Any) -> Any:
        unset = np.get_printoptions()["legacy"] is False
        with np.printoptions(legacy=_NUMPY_1) if unset else contextlib.nullcontext():
            return method(*args, **kwargs)

    return text


def blocks(module: Any) -> None:
    """The text of each class of a module of Gluon."""
    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            own = kind.__dict__.get("__repr__")
            if own is not None:
                kind.__repr__ = _in_old_style(own)  # type: ignore[method-assign]


def arrays(module: Any) -> None:
    """The text of ``mx.np``'s arrays."""
    module.ndarray.__repr__ = _in_old_style(module.ndarray.__repr__)


def failures(module: Any) -> None:
    """What ``assert_almost_equal`` says."""

    def unravel_index(*args: Any, **kwargs: Any) -> Any:
        found = np.unravel_index(*args, **kwargs)
        return tuple(int(one) if np.ndim(one) == 0 else one for one in found)

    module.np = module.np.with_names(unravel_index=unravel_index)
    message = _in_old_style(module.npt.build_err_msg)
    module.npt = View(module.npt, {"build_err_msg": message})
