"""A net as it is at one moment, looked at once: its blocks, its parameters and their places."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from .._arguments import require_block
from . import paths
from .paths import Site


class View:
    """What others ask of a net, each found when it is first asked for, and kept.

    Raises:
        ArgumentError: ``net`` is no Block.

    """

    def __init__(self, net: Any) -> None:
        require_block(net)
        self.net = net

    @cached_property
    def blocks(self) -> list[tuple[str, Any]]:
        """Path and block, the net itself first; a block that is used twice comes twice."""
        return list(paths.blocks(self.net))

    @cached_property
    def sites(self) -> list[Site]:
        """All places of parameters, in structural order."""
        return paths.sites(self.net)

    @cached_property
    def owned(self) -> list[Site]:
        """The first place of each parameter."""
        return [site for site in self.sites if site.alias_of is None]

    @cached_property
    def parameters(self) -> list[Any]:
        """Each parameter once, in the order of their first places."""
        return [site.parameter for site in self.owned]

    @cached_property
    def places(self) -> dict[int, list[str]]:
        """``id(parameter)`` → the paths of all its places, its owner's first."""
        found: dict[int, list[str]] = {}
        for site in self.sites:
            found.setdefault(id(site.parameter), []).append(site.path)
        return found
