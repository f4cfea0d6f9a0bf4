"""What of MXNet loads on today's NumPy, and yet behaves otherwise than it did on NumPy 1.19.

Each mend changes one module of MXNet, right after it has been loaded.
"""

from __future__ import annotations

import contextlib
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ._old_numpy import View, numpy_major


def mend(module: types.ModuleType) -> None:
    """Mends a module of MXNet, if there is anything to mend in it."""
    for change in _ALWAYS.get(module.__name__, ()):
        change(module)
    if numpy_major() >= 2:
        for change in _SINCE_NUMPY_2.get(module.__name__, ()):
            change(module)


# ---------------------------------------------------------------------------------------------
# Gone or refused


class _Buffer(np.ndarray[Any, Any]):
    """An array that still has ``tostring``."""

    tostring = np.ndarray.tobytes


def _records(module: Any) -> None:
    """``recordio.pack`` writes labels, and ``pack_img`` images, by ``tostring``."""

    def asarray(*args: Any, **kwargs: Any) -> Any:
        return np.asarray(*args, **kwargs).view(_Buffer)

    module.np = View(module.np, {"asarray": asarray})
    if module.cv2 is not None:

        def imencode(*args: Any) -> Any:
            done, encoded = module.cv2._viewed.imencode(*args)
            return done, encoded.view(_Buffer)

        module.cv2 = View(module.cv2, {"imencode": imencode})


def _arrays(module: Any) -> None:
    """NumPy 1.19 took an NDArray for nested sequences, 32 deep, which later ones refuse.

    So ``np.array_equal``, and ``mx.test_utils.same``, no longer worked on NDArrays. Integers out of
    a type's range, which NumPy warns of in lists since 1.24 and refuses since 2.0, wrap around.
    """

    def as_numpy(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        values = self.asnumpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    def array(value: Any, dtype: Any = None, **kwargs: Any) -> Any:
        try:
            with _silence() if numpy_major() < 2 else contextlib.nullcontext():
                return np.array(value, dtype=dtype, **kwargs)
        except OverflowError:
            wide = np.array(value, **kwargs)
            if wide.dtype.kind != "i":
                raise
            return wide.astype(dtype)

    module.NDArray.__array__ = as_numpy
    view = module.__dict__["np"]
    names = {name: value for name, value in vars(view).items() if name != "_viewed"}
    module.np = View(view._viewed, {**names, "array": array})


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class _Thread(threading.Thread):
    """A thread without the deprecation of its old method."""

    def setDaemon(self, daemonic: bool) -> None:  # noqa: N802  (Python's name)
        self.daemon = daemonic


def _threads(module: Any) -> None:
    module.threading = View(threading, {"Thread": _Thread})


# ---------------------------------------------------------------------------------------------
# Sums of a Python number and a float32 scalar: since NumPy 2 a float32


def _exact(name: str, kinds: tuple[type, ...]) -> property:
    """An attribute that keeps numbers of these kinds as float64."""
    slot = f"_{name}_exact"

    def read(metric: Any) -> Any:
        for kept in (slot, name):  # the second in a metric that plain MXNet has pickled
            if kept in metric.__dict__:
                return metric.__dict__[kept]
        raise AttributeError(name)

    def write(metric: Any, value: Any) -> None:
        wide = isinstance(value, kinds)
        metric.__dict__[slot] = np.float64(value) if wide else value

    return property(read, write)


class _WideSum:
    """The sum of an array, whose scalar is a float64."""

    def __init__(self, total: Any) -> None:
        self._total = total

    def asscalar(self) -> Any:
        return np.float64(self._total.asscalar())


def _metrics(module: Any) -> None:
    for name in ("sum_metric", "global_sum_metric"):
        setattr(module.EvalMetric, name, _exact(name, (float, np.floating)))
    for name in ("num_inst", "global_num_inst"):
        setattr(module.EvalMetric, name, _exact(name, (np.floating,)))
    own = module.ndarray
    module.ndarray = View(own, {"sum": lambda array: _WideSum(own.sum(array))})


def _layerwise_optimizers(module: Any) -> None:
    """Their norms were Python-like floats, beside which 1e-18 does not vanish."""
    for kind in (module.LBSGD, module.LARS):

        def norm(self: Any, *args: Any, _own: Any = kind._l2norm, **kwargs: Any) -> float:
            return float(_own(self, *args, **kwargs))

        kind._l2norm = norm


_Mend = Callable[[Any], None]
_ALWAYS: dict[str, tuple[_Mend, ...]] = {
    "mxnet.recordio": (_records,),
    "mxnet.ndarray.ndarray": (_arrays,),
    "mxnet.io.io": (_threads,),
}
_SINCE_NUMPY_2: dict[str, tuple[_Mend, ...]] = {
    "mxnet.metric": (_metrics,),
    "mxnet.optimizer.optimizer": (_layerwise_optimizers,),
}
