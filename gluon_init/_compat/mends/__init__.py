"""What of MXNet loads on today's NumPy, and yet behaves otherwise than it did on NumPy 1.19.

Each mend changes one module of MXNet, right after it has been loaded. A mend that is needed since
NumPy 2 alone is left out below it.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ..old_numpy import numpy_major
from . import arguments, arrays, precision, texts, workers

Mend = Callable[[Any], None]

_ALWAYS: dict[str, tuple[Mend, ...]] = {
    "mxnet.recordio": (arguments.records,),
    "mxnet.ndarray.ndarray": (arrays.conversions, arrays.keys),
    "mxnet.ndarray.sparse": (arrays.conversions,),
    "mxnet.numpy.multiarray": (arrays.conversions, arrays.keys, arrays.results),
    "mxnet.numpy_dispatch_protocol": (arrays.division,),
    "mxnet.numpy.fallback": (arguments.quantiles, arguments.histograms),
    "mxnet.numpy.fallback_linalg": (arguments.least_squares,),
    "mxnet.ndarray.numpy.random": (arguments.sizes,),
    "mxnet.symbol.numpy.random": (arguments.sizes,),
    "mxnet.ndarray.numpy_extension.random": (arguments.sizes,),
    "mxnet.symbol.numpy_extension.random": (arguments.sizes,),
    "mxnet.ndarray.numpy._op": (precision.roundings,),
    "mxnet.symbol.numpy._symbol": (precision.roundings,),
    "mxnet.contrib.quantization": (arguments.thresholds,),
    "mxnet.gluon.data.dataloader": (workers.processes,),
    "mxnet.io.io": (workers.threads,),
    "mxnet.test_utils": (arguments.frequencies,),
}
_SINCE_NUMPY_2: dict[str, tuple[Mend, ...]] = {
    "mxnet.metric": (precision.metrics,),
    "mxnet.lr_scheduler": (precision.schedules,),
    "mxnet.optimizer.optimizer": (precision.optimizers,),
    "mxnet.contrib.quantization": (precision.quantization,),
    "mxnet.test_utils": (precision.numeric_gradients, texts.failures),
    "mxnet.numpy.multiarray": (precision.operands, texts.arrays),
    **{f"mxnet.gluon.{name}": (texts.blocks,) for name in texts.MODULES},
}


def mend(module: types.ModuleType) -> None:
    """Mends a module of MXNet, if there is anything to mend in it."""
    for change in _ALWAYS.get(module.__name__, ()):
        change(module)
    if numpy_major() >= 2:
        for change in _SINCE_NUMPY_2.get(module.__name__, ()):
            change(module)
