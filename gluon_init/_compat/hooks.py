"""Looks at a module of MXNet as soon as it is imported, without importing it."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence

Look = Callable[[types.ModuleType], None]


def after_import(module: str, look: Look) -> None:
    """Calls ``look(module)`` now, if it is imported already, or once it has been."""
    if module in sys.modules:
        look(sys.modules[module])
        return
    finder = next((f for f in sys.meta_path if isinstance(f, _Finder)), None)
    if finder is None:
        finder = _Finder()
        sys.meta_path.insert(0, finder)
    finder.looks.setdefault(module, []).append(look)


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the others find a module, and looks at it once it is loaded."""

    def __init__(self) -> None:
        self.looks: dict[str, list[Look]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.looks:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module = _then(spec.loader.exec_module, self.looks[name])  # type: ignore[assignment, method-assign]
                return spec
        return None


def _then(load: Look, looks: Sequence[Look]) -> Look:
    def exec_module(module: types.ModuleType) -> None:
        load(module)
        for look in looks:
            look(module)

    return exec_module
