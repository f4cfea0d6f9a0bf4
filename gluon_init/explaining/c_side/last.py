"""The messages of MXNet's C side that no other module knows: of single operators, arrays, files."""

from __future__ import annotations

from collections.abc import Sequence

from ..cases import Cases
from ..finding import Finding
from ..scene import Scene
from . import broadcast, layers, limits, shapes, storage, symbols, values

_MODULES = (shapes, broadcast, values, layers, storage, symbols, limits)  # asked in this order


class _Asked(Cases):
    def findings(self, scene: Scene) -> Sequence[Finding]:
        """What the first of the modules that knows the case says."""
        told = (module.CASES.findings(scene) for module in _MODULES)
        return next(filter(None, told), [])


CASES = _Asked()
