"""What a Trainer holds, what it will never change, and what it has been forgotten to give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from mxnet import gluon

from .._gluon import paths
from .._gluon.layers import moves_statistics
from .._gluon.parameters import has_trainer, has_values, is_differentiable, parameters_of, state_of
from .._gluon.places import has_left, net_of
from ..results.text import some
from .finding import Finding


def of_trainer(trainer: Any) -> list[Finding]:
    """A finding for each thing that keeps a parameter from being trained; else that all is well."""
    held = [one for one in parameters_of(trainer) if is_differentiable(one)]
    nets = list({id(net): net for one in held if (net := net_of(one)) is not None}.values())
    name = _Names(nets, held)
    found = [
        *_without_values([one for one in held if not has_values(one)], name),
        *_gone(held, name),
        *_frozen([one for one in held if one.grad_req == "null"], name),
        *_without_rate([one for one in held if one.lr_mult == 0], name),
        *_adding([one for one in held if one.grad_req == "add"], name),
        *_forgotten(held, nets),
        *_apart([one for one in held if has_values(one)], name),
    ]
    if _rate(trainer) == 0:
        found.append(Finding(
            "The Trainer", "with a learning rate of 0", "Its steps change nothing.",
            "trainer.set_learning_rate(0.1), or what suits.",
        ))  # fmt: skip
    count = f"{len(held)} parameter{'s' * (len(held) != 1)}"
    return found or [Finding(
        "The Trainer", f"it trains {count}, as many as {_of(nets)}", "", "",
    )]  # fmt: skip


def _of(nets: Sequence[Any]) -> str:
    return " and ".join(dict.fromkeys(type(net).__name__ for net in nets)) + " has"


class _Names:
    """Parameters by their paths, with the net where there are several nets."""

    def __init__(self, nets: Sequence[Any], held: Sequence[Any]) -> None:
        self._names = {id(one): one.name for one in held}
        for net in nets:
            head = _head(net, nets)
            for site in reversed(paths.sites(net)):
                self._names[id(site.parameter)] = f"{head}{site.path}"

    def __call__(self, parameters: Sequence[Any]) -> str:
        return some([self._names[id(one)] for one in parameters])


def _head(net: Any, nets: Sequence[Any]) -> str:
    """What stands before a path: the net's class, or Gluon's name of it where two are of one."""
    kinds = [type(one).__name__ for one in nets]
    if len(nets) == 1:
        return ""
    return f"{type(net).__name__ if len(set(kinds)) == len(kinds) else net.name} "


def _without_values(waiting: Sequence[Any], name: _Names) -> list[Finding]:
    if not waiting:
        return []
    states = " or ".join(dict.fromkeys(state_of(one) for one in waiting))
    return [Finding(
        name(waiting), f"{states}, so that trainer.step(...) fails",
        "A step needs values and gradients of all that the Trainer holds.",
        "Before the first step initialize the net and run one batch through it, or call "
        "gi.force_init(net, shape of a batch). gi.explain(net) tells what is never reached.",
    )]  # fmt: skip


def _gone(held: Sequence[Any], name: _Names) -> list[Finding]:
    """What was in a net when the Trainer was made, and is in none any more."""
    gone = [one for one in held if has_left(one)]
    if not gone:
        return []
    return [Finding(
        name(gone), "held by the Trainer, and in no net any more",
        "A block or a tie was changed after the Trainer was made. It goes on with the former.",
        "Make a new one: gluon.Trainer(net.collect_params(), ...).",
    )]  # fmt: skip


def _frozen(frozen: Sequence[Any], name: _Names) -> list[Finding]:
    if not frozen:
        return []
    return [Finding(
        name(frozen), "frozen",
        "Its grad_req is 'null': there is no gradient, and no step changes it.",
        "If that is not meant, gi.unfreeze(net, pattern).",
    )]  # fmt: skip


def _without_rate(still: Sequence[Any], name: _Names) -> list[Finding]:
    if not still:
        return []
    return [Finding(
        name(still), "never changed",
        "Its lr_mult is 0, so that its learning rate is 0 whatever the Trainer's is.",
        "If that is not meant, parameter.lr_mult = 1.0 for each.",
    )]  # fmt: skip


def _adding(held: Sequence[Any], name: _Names) -> list[Finding]:
    if not held:
        return []
    return [Finding(
        name(held), "adding up its gradients",
        "Its grad_req is 'add': each backward() adds to the gradient, and no step clears it.",
        "net.collect_params().zero_grad() after each trainer.step(...).",
    )]  # fmt: skip


def still_moving(sites: Sequence[paths.Site]) -> list[Finding]:
    """Frozen normalizations whose running statistics go on in training."""
    by_owner: dict[int, list[paths.Site]] = {}
    for site in sites:
        if site.owner is not None and moves_statistics(site.owner):
            by_owner.setdefault(id(site.owner), []).append(site)
    moving = []
    for own in by_owner.values():
        trained = [site for site in own if is_differentiable(site.parameter)]
        if trained and all(site.parameter.grad_req == "null" for site in trained):
            moving += [site.path for site in own if site not in trained]
    if not moving:
        return []
    return [Finding(
        some(moving), "not frozen, where the rest of the layer is",
        "Running statistics have no gradient: in training BatchNorm computes them anew with each "
        "batch.",
        "nn.BatchNorm(use_global_stats=True) where the net is made, which leaves them as they are.",
    )]  # fmt: skip


def _forgotten(held: Sequence[Any], nets: Sequence[Any]) -> list[Finding]:
    """What the nets have and neither this Trainer nor another holds."""
    known = {id(one) for one in held}
    found = []
    for net in nets:
        untrained = _untrained(paths.sites(net))
        left = [site for site in untrained if id(site.parameter) not in known]
        head = _head(net, nets)
        found += [replace(one, what=f"{head}{one.what}") for one in _left_out(left)]
    return found


def left_out(net: Any, sites: Sequence[paths.Site]) -> list[Finding]:
    """What no Trainer holds, where one holds the rest; of a loss also where none does."""
    left = _untrained(sites)
    if isinstance(net, gluon.loss.Loss) and left:
        return [replace(
            _left_out(left)[0], why="net.collect_params() does not reach a loss's own parameters.",
            next="parameters = net.collect_params(); parameters.update(loss.collect_params()); "
            "gluon.Trainer(parameters, ...).",
        )]  # fmt: skip
    return _left_out(left) if any(has_trainer(site.parameter) for site in sites) else []


def _untrained(sites: Sequence[paths.Site]) -> list[paths.Site]:
    return [
        site
        for site in sites
        if site.alias_of is None
        and is_differentiable(site.parameter)
        and site.parameter.grad_req != "null"
        and not has_trainer(site.parameter)
    ]


def _left_out(left: Sequence[paths.Site]) -> list[Finding]:
    if not left:
        return []
    return [Finding(
        some([site.path for site in left]), "in the net, and held by no Trainer",
        "It was not among what the Trainer was given, or came into the net later. No step changes "
        "it.",
        "Make the Trainer of all: gluon.Trainer(net.collect_params(), ...). To keep it as it is, "
        "gi.freeze(net, pattern) says so.",
    )]  # fmt: skip


def _apart(held: Sequence[Any], name: _Names) -> list[Finding]:
    """Copies of one parameter on several devices that have come to differ."""
    apart = []
    for one in held:
        copies = [copy.asnumpy() for copy in one.list_data()] if len(one.list_ctx()) > 1 else []
        if any(not np.array_equal(copies[0], other) for other in copies[1:]):
            apart.append(one)
    if not apart:
        return []
    return [Finding(
        name(apart), "different on its devices",
        "All devices should hold one and the same. Something has written to one copy alone, or "
        "each device made its own step.",
        "parameter.set_data(parameter.list_data()[0]) for each makes them the first one's; let "
        "one trainer.step(...) serve all devices.",
    )]  # fmt: skip


def _rate(trainer: Any) -> float | None:
    optimizer = getattr(trainer, "_optimizer", None)
    return None if optimizer is None else float(optimizer.learning_rate)
