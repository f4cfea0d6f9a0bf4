"""The code of MXNet's operator functions, kept from one start to the next.

At its start MXNet writes the source of some 2500 functions, one for each operator and namespace,
and compiles each of them: over a second. What compiling gave is kept as Python keeps the bytecode
of modules: in ``__pycache__`` beside MXNet, in a file for each version of Python, only where
``sys.dont_write_bytecode`` and the folder's permissions allow it. Where the file is missing or
unreadable, everything is compiled.

A function's source is its key, so what was kept for another build of MXNet is never used. One
number in it differs from process to process, the address of the operator in MXNet's library; it
is put in afterwards.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.machinery
import importlib.util
import marshal
import re
import sys
import types
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

# MXNet's modules that write such functions and hand them to `exec`.
MODULES = frozenset({"mxnet.ndarray.register", "mxnet.symbol.register"})

_RETURN = "\n    return _"
_CALL = re.compile(_RETURN + r"(?:imperative_invoke|symbol_creator)\((\d+), ")
_ADDRESS = 0x6D786E6574  # stands for the operator's address in kept code; no operator has it


class KeptCode:
    """What the functions' sources have been compiled to, by the sources' digests."""

    def __init__(self, folder: Path) -> None:
        self._file = _file(folder)
        self._kept = _read(self._file)
        self._used: dict[bytes, types.CodeType] = {}
        self._is_anything_new = False

    def exec_in(self, namespace: dict[str, Any]) -> Callable[..., None]:
        """An ``exec`` of this source and these local variables for the module of a namespace."""
        return functools.partial(self._exec, namespace)

    def _exec(
        self, module: dict[str, Any], source: str, namespace: None, variables: dict[str, Any]
    ) -> None:
        call = _CALL.match(source, source.rfind(_RETURN))
        if call is None:
            code = _compiled(source)
        else:
            begin, end = call.span(1)
            code = self._code(f"{source[:begin]}{_ADDRESS}{source[end:]}")
            code = _with_address(code, int(call[1]))
        exec(code, module, variables)

    def _code(self, source: str) -> types.CodeType:
        key = hashlib.sha256(source.encode()).digest()
        code = self._kept.get(key)
        if code is None:
            code = _compiled(source)
            self._is_anything_new = True
        self._used[key] = code
        return code

    def save(self) -> None:
        """Keeps the code of the functions made so far for the next start, unless it is kept."""
        if self._file and self._is_anything_new and not sys.dont_write_bytecode:
            loader = importlib.machinery.SourceFileLoader("mxnet", self._file)
            loader.set_data(self._file, _packed(self._used))  # at once or not at all
        self._kept = self._used = {}


def _compiled(source: str) -> types.CodeType:
    return compile(source, "<string>", "exec", dont_inherit=True)


def _with_address(code: types.CodeType, address: int) -> types.CodeType:
    """A module's code whose one function holds this address."""

    def renewed(constant: Any) -> Any:
        if isinstance(constant, types.CodeType):
            return _with_address(constant, address)
        return address if constant == _ADDRESS and type(constant) is int else constant

    return code.replace(co_consts=tuple(map(renewed, code.co_consts)))


# ---------------------------------------------------------------------------------------------
# The file: the number of Python's bytecode, a checksum, and marshalled code, as in Python's own


def _file(folder: Path) -> str | None:
    try:
        return importlib.util.cache_from_source(str(folder / "operators.gluon_init.py"))
    except NotImplementedError:  # a Python that keeps no bytecode
        return None


def _packed(code: dict[bytes, types.CodeType]) -> bytes:
    body = marshal.dumps(code)
    return importlib.util.MAGIC_NUMBER + zlib.crc32(body).to_bytes(4, "little") + body


def _read(file: str | None) -> dict[bytes, types.CodeType]:
    """The code in a file; none if it is not there, not whole, or another Python's."""
    if file is None:
        return {}
    try:
        data = Path(file).read_bytes()
    except OSError:
        return {}
    head, checksum, body = data[:4], data[4:8], data[8:]
    if head != importlib.util.MAGIC_NUMBER or checksum != zlib.crc32(body).to_bytes(4, "little"):
        return {}
    kept: dict[bytes, types.CodeType] = marshal.loads(body)
    return kept
