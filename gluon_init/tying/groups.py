"""Which parameters of a net are one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mxnet import gluon

from .._arguments import require_block
from .._gluon import paths
from .._gluon.blocks import saved_parameters
from ..errors import ArgumentError, InitError
from ..results.table import Column, Table
from .rows import Group


class TiedGroups(Table[Group]):
    """What :func:`tied_groups` returns: a :class:`Group` for each that sits at several places.

    Attributes:
        places: path → the owner's path, for every parameter of the net.
        unique: numbers in the net, each counted once; of the parameters whose shape is known.
        apparent: the same, each counted as often as it is used.

    """

    def __init__(
        self,
        rows: Sequence[Group],
        places: Mapping[str, str],
        unique: int,
        apparent: int,
        unknown: int = 0,
    ) -> None:
        self.places = dict(places)
        self.unique, self.apparent = unique, apparent
        count = f"{len(rows)} tied parameter{'s' * (len(rows) != 1)}"
        notes = [
            f"{count}; {unique:,} numbers in the net, {apparent:,} if each use had its own"
            + f", besides {unknown} of unknown shape" * bool(unknown),
        ]
        super().__init__(rows, _COLUMNS, notes=notes)

    def check(self, expected: Iterable[Iterable[str]]) -> None:
        """Raises InitError unless exactly these groups of paths are tied; the order is free."""
        wanted = {frozenset(group) for group in _groups(expected)}
        found = {frozenset(row.paths) for row in self.rows}
        unknown = sorted(path for group in wanted for path in group if path not in self.places)
        if unknown:
            raise ArgumentError(
                f"expected names {', '.join(unknown)}, which the net does not have. Its parameters "
                f"are {', '.join(list(self.places)[:8])}{' ...' if len(self.places) > 8 else ''}."
            )
        problems = [
            f"{_group(g)} should be one and are not" for g in sorted(wanted - found, key=sorted)
        ]
        problems += [
            f"{_group(g)} are one and should not be" for g in sorted(found - wanted, key=sorted)
        ]
        if problems:
            raise InitError(
                f"The ties are not as expected: {'; '.join(problems)}. gi.tie and gi.untie change "
                f"them."
            )

    def plot(self) -> Any:
        """Draws parameters on one side, their places on the other; a matplotlib figure."""
        from .picture import ties

        return ties(self.places, self.rows)


def _groups(expected: Any) -> list[list[str]]:
    """Groups of two paths at least; raises ArgumentError for anything else."""
    groups = [[*_listed(group)] for group in _listed(expected)]
    no_list = isinstance(expected, str) or not isinstance(expected, Iterable)
    if no_list or any(len({*group}) < 2 for group in groups):
        raise ArgumentError(
            f"expected must be a list of groups of paths, such as [['encoder.weight', "
            f"'decoder.weight']], but it is {expected!r}."
        )
    return groups


def _listed(value: Any) -> Iterable[Any]:
    """What a list or the like holds; nothing of what is none."""
    return value if isinstance(value, Iterable) and not isinstance(value, str) else ()


def tied_groups(net: gluon.Block) -> TiedGroups:
    """Returns the groups of paths that are one parameter, by identity, not by equal values.

    Args:
        net: any ``gluon.Block``, in any state; it is only looked at.

    Raises:
        ArgumentError: ``net`` is no Block.

    """
    require_block(net)
    groups: dict[str, list[paths.Site]] = {}
    for site in paths.sites(net):
        groups.setdefault(site.alias_of or site.path, []).append(site)
    saved = list(saved_parameters(net))
    rows = []
    unique = apparent = unknown = 0
    for owner, sites in groups.items():
        shape = paths.shape_of(sites[0].parameter)
        known = [size for size in shape or () if size is not None]
        size = math.prod(known) if shape is not None and len(known) == len(shape) else None
        unknown += size is None
        unique += size or 0
        apparent += (size or 0) * len(sites)
        if len(sites) > 1:
            names = tuple(site.path for site in sites)
            kept = [name for name in saved if name in names]
            rows.append(Group(
                paths=names, owner=owner, name=sites[0].parameter.name, shape=shape,
                uses=len(sites), size=size, saved=tuple(kept),
                deduplicated=kept[-1] if kept else None,
            ))  # fmt: skip
    places = {site.path: owner for owner, sites in groups.items() for site in sites}
    return TiedGroups(rows, places, unique, apparent, unknown)


def _group(group: Iterable[str]) -> str:
    return " and ".join(sorted(group))


_COLUMNS: list[Column[Group]] = [
    Column("owner", "owner"),
    Column("also at", lambda row: ", ".join(row.paths[1:])),
    Column("shape", "shape"),
    Column("uses", "uses", right=True),
]
