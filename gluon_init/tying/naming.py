"""What a file's arrays are called in a net, by whichever of MXNet's calls it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from .._gluon import paths
from ..errors import ArgumentError

_MARKS = ("arg:", "aux:")  # of block.export and of Module


def by_paths(arrays: Mapping[str, Any], net: Any, saved: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays under the net's paths, as far as it is certain which is which.

    ``save_parameters`` writes paths; ``export`` and Module write Gluon's names after a mark, and
    ``collect_params().save`` without one. A file of a whole net serves its part.

    Args:
        arrays: what the file holds.
        net: into which it goes.
        saved: path → parameter, as ``save_parameters`` would write them.

    """
    found = {_unmarked(name): array for name, array in arrays.items()}
    if any(name in saved for name in found):
        return found
    return _of_a_whole(found, saved) or _of_gluons_names(found, net, saved) or found


def _unmarked(name: str) -> str:
    return name[4:] if name.startswith(_MARKS) else name


def _of_a_whole(arrays: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a net of which this one is a part, where all of the part is there, once."""
    heads = {
        name.removesuffix(f".{path}")
        for path in saved
        for name in arrays
        if name.endswith(f".{path}")
    }
    whole = [head for head in heads if all(f"{head}.{path}" in arrays for path in saved)]
    return {path: arrays[f"{whole[0]}.{path}"] for path in saved} if len(whole) == 1 else {}


def _of_gluons_names(
    arrays: Mapping[str, Any], net: Any, saved: Mapping[str, Any]
) -> dict[str, Any]:
    """Those under the names of the net's parameters, or under these with another net's prefix."""
    first_last = list(saved.items())[::-1]  # so that of tied places the first one counts
    for own, other in (("", ""), (net.prefix, _prefix(arrays)), (net.prefix, "")):
        named = {f"{other}{p.name.removeprefix(own)}": path for path, p in first_last}
        if all(name in named for name in arrays):
            return {named[name]: array for name, array in arrays.items()}
    return {}


def _prefix(names: Mapping[str, Any]) -> str:
    """What all names begin with, to the last underscore."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same).rpartition("_")[0] + "_"


def without(
    names: Mapping[str, Any], skip: Sequence[str], saved: Mapping[str, Any]
) -> dict[str, Any]:
    """All but those at the paths to skip or below them; each of these must be in the net."""
    if isinstance(skip, str) or not all(isinstance(path, str) for path in skip):
        raise ArgumentError(
            f"skip must be a list of paths of blocks or parameters, such as ['output'], but it is "
            f"{skip!r}."
        )
    for path in skip:
        if not any(_is_in(name, path) for name in saved):
            raise ArgumentError(
                f"skip names {path!r}, where the net has no parameter. The nearest are "
                f"{paths.nearest(path, list(saved))}; gi.summary(net) lists all."
            )
    return {n: one for n, one in names.items() if not any(_is_in(n, path) for path in skip)}


def _is_in(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")
