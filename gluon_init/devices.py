"""Which device to use, and whether it really works."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from . import errors

__all__ = ["device"]

VARIABLE = "GLUON_INIT_DEVICE"
_FORMS = "cpu, cpu(1), gpu or gpu(0)"


def device() -> Any:
    """Returns the ``mxnet.Context`` that every lesson and every default of this package uses.

    It is ``cpu(0)`` unless the environment variable ``GLUON_INIT_DEVICE`` says otherwise: ``cpu``,
    ``cpu(1)``, ``gpu`` or ``gpu(0)``. ``cpu(1)`` is the same processor under another name: code
    that hard-wires a context fails on it as it would on a GPU. A GPU is accepted only after a
    small kernel has run on it.

    Raises:
        DeviceError: the value cannot be read, or the GPU cannot be used; says why, and what to do.

    """
    import mxnet as mx

    kind, index = _parse(os.environ.get(VARIABLE, ""))
    if kind == "cpu":
        return mx.cpu(index)
    trouble = gpu_trouble(index)
    if trouble:
        raise errors.DeviceError(trouble)
    return mx.gpu(index)


def default_name() -> str:
    """How :func:`device` would print, ``cpu(0)``, without trying whether it works."""
    try:
        kind, index = _parse(os.environ.get(VARIABLE, ""))
    except errors.DeviceError:
        return "cpu(0)"
    return f"{kind}({index})"


def _parse(text: str) -> tuple[str, int]:
    """``"gpu(1)"`` → ``("gpu", 1)``; an empty text means the CPU."""
    match = re.fullmatch(r"(cpu|gpu)(?:\((\d{1,3})\))?", text.strip().lower() or "cpu")
    if match is None:
        raise errors.DeviceError(
            f"{VARIABLE} is {text!r}, which names no device: set it to {_FORMS}, or unset it "
            f"for the CPU."
        )
    return match[1], int(match[2] or 0)


@dataclasses.dataclass(frozen=True)
class _Trouble:
    """Why a GPU cannot be used, and what to do besides working on the CPU."""

    reason: str
    remedy: str


def gpu_trouble(index: int = 0) -> str | None:
    """Why ``gpu(index)`` cannot be used, in a sentence with the way out; None where it can."""
    trouble = _trouble_of(index)
    if trouble is None:
        return None
    return (
        f"gpu({index}) was asked for, but {trouble.reason}. Work on the CPU (mx.cpu(), or "
        f"{VARIABLE} unset){trouble.remedy}."
    )


def why_no_gpu(index: int = 0) -> str | None:
    """The reason alone; None where ``gpu(index)`` can be used."""
    trouble = _trouble_of(index)
    return None if trouble is None else trouble.reason


def trouble_with(contexts: Iterable[Any]) -> str | None:
    """The same for several devices, of the first that cannot be used; None where all can."""
    indices = [one.device_id for one in contexts if one.device_type == "gpu"]
    return next((told for index in indices if (told := gpu_trouble(index))), None)


def require_usable(contexts: Iterable[Any]) -> None:
    """Raises DeviceError where one of these devices cannot be used."""
    trouble = trouble_with(contexts)
    if trouble:
        raise errors.DeviceError(trouble)


@functools.cache
def _trouble_of(index: int) -> _Trouble | None:
    """Tries a GPU.

    MXNet counts every card that the driver shows, also those for which its builds hold no code
    (compute capability 9.0 and later), so only a kernel that has run proves anything.
    """
    import mxnet as mx

    if not mx.runtime.Features().is_enabled("CUDA"):
        return _Trouble(
            "the MXNet that is installed is the CPU build",
            ", or install the CUDA build with `make env DEVICE=gpu`",
        )
    try:
        count = mx.context.num_gpus()
    except mx.MXNetError as error:
        return _Trouble(
            f"the NVIDIA driver cannot be reached ({first_line(error)})",
            ", or install the driver and see `nvidia-smi`",
        )
    if index >= count:
        return _Trouble(f"MXNet sees {count} GPU(s), counted from 0", ", or choose one that exists")
    try:
        with mx.autograd.pause():
            result = (mx.nd.ones((2, 2), ctx=mx.gpu(index)) * 2).sum().asscalar()
    except mx.MXNetError as error:
        return _kernel_trouble(first_line(error))
    if result != 8:
        return _Trouble(
            f"it computed 2 + 2 + 2 + 2 = {result:g}", "; the card or its driver is broken"
        )
    return None


def _kernel_trouble(message: str) -> _Trouble:
    if "no kernel image" in message:
        return _Trouble(
            "it is too new for MXNet 1.9.1, whose builds hold code for compute capability 5.0 to "
            "8.x only (9.0 and later, such as H100 or H200, cannot run it)",
            "; there is no other build",
        )
    return _Trouble(f"a small kernel failed on it ({message})", ", or see `nvidia-smi`")


def first_line(error: BaseException) -> str:
    """The telling line of an error of MXNet or CUDA, cut to a length for one sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "CUDA" in line]
    text = (telling or lines or [type(error).__name__])[0]
    return re.sub(r"^.*?(?:Error|Check failed): ", "", text)[:160]


def contexts_of(device: Any) -> list[Any] | None:
    """A context or several as a list; None stays.

    Raises:
        ArgumentError: something else, or one context twice.
        DeviceError: a device that is not there.

    """
    import mxnet as mx

    if device is None:
        return None
    contexts = list(device) if isinstance(device, (list, tuple)) else [device]
    wrong = [one for one in contexts if not isinstance(one, mx.Context)]
    if wrong or not contexts:
        raise errors.ArgumentError(
            f"device must be a context such as mx.cpu(), or a list of contexts, but it is "
            f"{device!r}."
        )
    if len(set(contexts)) < len(contexts):
        raise errors.ArgumentError(f"device names one context twice: {names_of(contexts)}.")
    require_usable(contexts)
    return contexts


def names_of(contexts: Sequence[Any]) -> str:
    """``cpu(0), cpu(1)``."""
    return ", ".join(map(str, contexts))
