"""What this process computes with: ``python -m tools.probe`` prints it as JSON.

oneDNN tells its instruction set only in its own log, so the small convolution here is run with
``DNNL_VERBOSE=1`` set, and :mod:`.arithmetic` reads that log.
"""

from __future__ import annotations

import ctypes
import importlib
import json
from pathlib import Path
from typing import Any

from gluon_init.devices import device

import numpy as np


def in_use() -> dict[str, Any]:
    """The BLAS cores, NumPy's instruction sets, the threads and the device of this process."""
    import mxnet as mx
    import scipy.linalg  # noqa: F401  (brings SciPy's BLAS)
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    here = Path(mx.__file__).resolve().parent
    inside = [
        library for library in libraries if here in Path(library["filepath"]).resolve().parents
    ]
    beside = [library for library in libraries if library not in inside]
    image, kernel = mx.nd.ones((2, 16, 8, 8)), mx.nd.ones((16, 16, 3, 3))
    square = mx.nd.ones((500, 500))
    mx.nd.dot(square, square).wait_to_read()
    mx.nd.Convolution(image, kernel, no_bias=True, kernel=(3, 3), num_filter=16).wait_to_read()
    return {
        "blas": _cores(inside),
        "numpy_blas": _cores(beside),
        "numpy_simd": numpy_features(),
        "threads": max(map(_threads, inside), default=None),
        "device": str(device()),
    }


def numpy_features() -> list[str]:
    """The instruction sets which NumPy chooses among at run time and uses here."""
    core = "numpy._core" if hasattr(np, "_core") else "numpy.core"  # NumPy 1 has the second alone
    umath = importlib.import_module(f"{core}._multiarray_umath")
    found: dict[str, bool] = umath.__cpu_features__
    return [name for name in umath.__cpu_dispatch__ if found.get(name)]


def _cores(libraries: list[dict[str, Any]]) -> str:
    names = sorted({str(library.get("architecture", "?")) for library in libraries})
    return ", ".join(names) or "none"


def _threads(library: dict[str, Any]) -> int:
    """As many as MXNet's workers used for their last product of matrices.

    threadpoolctl tells the number of the calling thread, and MXNet leaves that one a single thread.
    """
    return int(ctypes.CDLL(library["filepath"]).openblas_get_num_threads())


if __name__ == "__main__":
    print(json.dumps(in_use()))
