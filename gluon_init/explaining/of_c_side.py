"""The messages of MXNet's C side that no other module knows: of single operators, arrays, files."""

from __future__ import annotations

from collections.abc import Sequence

from . import (
    of_c_broadcast,
    of_c_layers,
    of_c_limits,
    of_c_shapes,
    of_c_storage,
    of_c_symbols,
    of_c_values,
)
from .cases import Cases
from .finding import Finding
from .scene import Scene

_ROOMS = (
    of_c_shapes,
    of_c_broadcast,
    of_c_values,
    of_c_layers,
    of_c_storage,
    of_c_symbols,
    of_c_limits,
)


class _Asked(Cases):
    def findings(self, scene: Scene) -> Sequence[Finding]:
        """What the first of the modules that knows the case says."""
        told = (room.CASES.findings(scene) for room in _ROOMS)
        return next(filter(None, told), [])


CASES = _Asked()
