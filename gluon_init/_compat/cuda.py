"""Finds and loads the CUDA 11 libraries that MXNet's GPU build needs, from PyPI's packages."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import sys
from pathlib import Path

# In the order in which they need each other.
_LIBRARIES = (
    "cuda_runtime/lib/libcudart.so.11.0",
    "cuda_nvrtc/lib/libnvrtc.so.11.2",
    "cublas/lib/libcublasLt.so.11",
    "cublas/lib/libcublas.so.11",
    "cufft/lib/libcufft.so.10",
    "curand/lib/libcurand.so.10",
    "cusparse/lib/libcusparse.so.11",
    "cusolver/lib/libcusolver.so.11",
    "nccl/lib/libnccl.so.2",
    "cudnn/lib/libcudnn.so.8",
)


def builds() -> list[str]:
    """The MXNet distributions that are installed: of ``mxnet``, ``mxnet-cu112`` and the like.

    Only the names of folders are read: reading what each package says of itself takes longer than
    anything else that is done before MXNet is loaded.
    """
    infos = [info for folder in sys.path for info in Path(folder).glob("mxnet*-info")]
    names = {info.name.split("-")[0].lower().replace("_", "-") for info in infos}
    return sorted(name for name in names if name == "mxnet" or name.startswith("mxnet-cu"))


def loading_trouble(message: str) -> str | None:
    """What an error while MXNet's library was loaded means, with the way out; None if not known."""
    if "libcuda.so" in message:
        return (
            "MXNet's CUDA build needs the NVIDIA driver (libcuda.so.1), which is not installed "
            "here: install the driver, or go back to the CPU build with `make env DEVICE=cpu`."
        )
    missing = re.search(r"(lib(?:cu|nv|nccl)\w*\.so[.\d]*): cannot open shared object", message)
    if missing:
        return (
            f"MXNet's CUDA build needs {missing[1]}, which was not found: install the CUDA 11 "
            f"libraries with pip install 'gluon-init[gpu]', or `make env DEVICE=gpu`."
        )
    return None


def preload() -> list[str]:
    """Loads the ``nvidia-*-cu11`` libraries, so that no LD_LIBRARY_PATH is needed.

    Returns the names of those loaded: none where MXNet is the CPU build. One that cannot be
    loaded is left to MXNet's own import, whose error names it.
    """
    if not any(name.startswith("mxnet-cu") for name in builds()):
        return []
    spec = importlib.util.find_spec("nvidia")
    loaded = []
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for library in _LIBRARIES:
            path = Path(folder, library)
            if path.exists():
                try:
                    ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
                except OSError:
                    continue
                loaded.append(path.name)
    return loaded
