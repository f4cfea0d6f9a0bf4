"""Which message of MXNet is which case, and what the cases share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from mxnet import gluon

from .._gluon import paths
from .._gluon.parameters import parameters_of
from .._gluon.places import net_of
from .at_work import in_code
from .finding import Finding
from .scene import Scene, path_in

Case = Callable[[Scene, "re.Match[str]"], Sequence[Finding]]


class Cases:
    """Pairs of a pattern in the message and the function that speaks then, tried in order."""

    def __init__(self) -> None:
        self._pairs: list[tuple[re.Pattern[str], str, Case]] = []

    def when(self, pattern: str, file: str = "") -> Callable[[Case], Case]:
        """Makes a function the one that speaks where a message holds ``pattern``.

        Args:
            pattern: a regular expression; of an assertion that says nothing, the message is its
                statement in MXNet's source.
            file: the beginning of the file in MXNet from which the error must come, such as
                "module/"; "" for any.

        """

        def add(speaks: Case) -> Case:
            self._pairs.append((re.compile(pattern, re.DOTALL), file, speaks))
            return speaks

        return add

    def findings(self, scene: Scene) -> Sequence[Finding]:
        """What the first of them that knows the case says; nothing where none does."""
        for pattern, file, speaks in self._pairs:
            match = pattern.search(scene.message) if scene.file.startswith(file) else None
            found = speaks(scene, match) if match else []
            if found:
                return found
        return []


def by_name(name: str, state: str, why: str, step: str, scene: Scene | None = None) -> Finding:
    """A finding about the parameter of this name, with its path where the scene tells it."""
    if scene is not None and scene.net is not None and scene.parameter is not None:
        path = path_in(scene.net, scene.parameter)
        name = name if path == name else f"{path} ({name})"
    return Finding(name, state, why, step)


def parameter_of(scene: Scene, name: str) -> Any:
    """The parameter that an error names: the one at work, or one of the Trainer's."""
    if scene.parameter is not None:
        return scene.parameter
    trainer = scene.owner(gluon.Trainer)
    held = [] if trainer is None else parameters_of(trainer)
    return next((parameter for parameter in held if parameter.name == name), None)


def site_of(scene: Scene) -> tuple[paths.Site | None, Any]:
    """Where the parameter at work sits, and in which net."""
    if scene.parameter is None:
        return None, None
    net = scene.net
    for candidate in (net, net_of(scene.parameter)):
        if candidate is None:
            continue
        for site in paths.sites(candidate):
            if site.parameter is scene.parameter:
                return site, candidate
    return None, net


def named_parameter(scene: Scene, name: str) -> str:
    """The parameter at work by its path, and by Gluon's name beside it."""
    if scene.parameter is None:
        return name
    path = path_in(scene.net or net_of(scene.parameter), scene.parameter)
    return name if path == name else f"{path} ({name})"


def parameter_in_code(scene: Scene) -> str:
    """How one reaches the parameter at work: ``net[0].weight``; "parameter" where nobody knows."""
    site, _ = site_of(scene)
    return in_code(site.path) if site is not None else "parameter"


def devices_in_code(names: Sequence[str]) -> str:
    """``["cpu(1)"]`` → ``mx.cpu(1)``; of several, a list."""
    found = [f"mx.{name}" for name in names]
    return found[0] if len(found) == 1 else f"[{', '.join(found)}]"
