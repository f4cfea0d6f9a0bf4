"""The exercises of lesson 02, watching initialization."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon
from mxnet.gluon import nn

from ... import devices
from ..._gluon import paths
from ...watching.states import summary
from ..attempts import brief
from ..exercises import Exercise, Wrong, call, expect, initializer_class, listed, shown


class _Counting(mx.init.Uniform):  # type: ignore[misc]
    """Counts how often it is asked to fill."""

    asked = 0

    def _init_weight(self, name: Any, arr: Any) -> None:
        self.asked += 1
        super()._init_weight(name, arr)


def _lines(answer: Any, draw: random.Random) -> None:
    for odd in (True, False, False, False):  # of an odd number the halves cannot be taken for equal
        units = [draw.randint(2, 9) for _ in range(draw.choice((3, 5) if odd else (2, 3, 4, 5)))]
        inputs = [7, *units]
        widths = [inputs[i] if draw.random() < 0.5 else 0 for i in range(len(units))]
        net = nn.Sequential()
        net.add(*(nn.Dense(u, in_units=w) for u, w in zip(units, widths, strict=True)))
        counter = _Counting()
        net.initialize(counter, ctx=devices.device())
        first = counter.asked
        net(mx.nd.ones((1, 7), ctx=devices.device()))
        right = (first, counter.asked - first)
        returned = call(answer, list(widths), returns="two numbers")
        given = listed(returned)
        if given is None or len(given) != 2:
            raise Wrong(
                f"two numbers are asked for, the lines at initialize() and those at the first "
                f"forward pass, but your function returned {shown(returned)}."
            )
        if tuple(given) != right:
            swapped = " They are the wrong way round." if tuple(given) == right[::-1] else ""
            raise Wrong(
                f"for widths={widths} PrintInit prints {_times(right[0])} at initialize() and "
                f"{_times(right[1])} at the first forward pass; your function says "
                f"{given[0]} and {given[1]}.{swapped}"
            )


def _times(lines: int) -> str:
    return f"{lines} line{'' if lines == 1 else 's'}"


_ASKED = {"bias": 0, "gamma": 1, "beta": 0, "running_mean": 0, "running_var": 1}  # by the layers


def _count(answer: Any, draw: random.Random) -> None:
    kind = initializer_class(answer)
    for _ in range(2):
        net = nn.Sequential()
        net.add(*(nn.Dense(draw.randint(2, 9)) for _ in range(draw.randint(1, 4))), nn.BatchNorm())
        _require_count(_made(kind), net)
        _require_numbers(net)


def _made(kind: Any) -> Any:
    """A counter that has counted nothing yet."""
    try:
        counter = kind()
    except Exception as error:
        raise Wrong(
            f"{kind.__name__}() raised {type(error).__name__}: {brief(error).rstrip('.')}."
        ) from None
    begun = getattr(counter, "count", 0)
    if isinstance(begun, int) and begun != 0:
        raise Wrong(
            f"the count goes on from one object to the next: a new one begins with {begun}. Write "
            f"self.count, which is the object's, not {kind.__name__}.count, which is the class's."
        )
    return counter


def _require_count(counter: Any, net: Any) -> None:
    context, kind = devices.device(), type(counter).__name__
    try:
        net.initialize(counter, ctx=context)
        net(mx.nd.ones((2, 5), ctx=context))
    except NotImplementedError:
        raise Wrong(
            f"{kind} has no _init_weight, so that it cannot fill a weight: derive it from "
            f"mx.init.Uniform, or write _init_weight(self, name, arr)."
        ) from None
    except Exception as error:
        raise Wrong(
            f"filling a net by {kind}() raised {type(error).__name__}: {brief(error).rstrip('.')}."
        ) from None
    total = len(summary(net))
    seen = getattr(counter, "count", None)
    expect(seen is not None, f"{kind} has no count: set self.count, and add one for each call.")
    expect(isinstance(seen, int), f"count must be a number, but it is a {type(seen).__name__}.")
    expect(
        seen == total,
        f"the net has {total} parameters, but count is {seen}: biases, gammas and running "
        f"statistics have initializers of their own, and only __call__ sees them.",
    )


def _require_numbers(net: Any) -> None:
    """Counting must not change who fills what."""
    for site in paths.sites(net):
        values = site.parameter.list_data()[0].asnumpy().ravel()
        asked = _ASKED.get(site.path.split(".")[-1])
        if asked is None:
            expect(
                values.any(),
                f"it counts, but {site.path} holds only zeros: hand the array on, with "
                f"super().__call__(desc, arr).",
            )
        elif not (values == asked).all():
            farthest = values[np.abs(values - asked).argmax()]
            raise Wrong(
                f"it counts, but {site.path} holds {farthest:.3g} where its layer asked for "
                f"{asked}: hand the array on, with super().__call__(desc, arr)."
            )


class _Branches(gluon.HybridBlock):  # type: ignore[misc]
    """Layers of which forward uses some."""

    def __init__(self, used: dict[str, bool]) -> None:
        super().__init__()
        self._chain = [name for name, is_used in used.items() if is_used]
        for name in used:
            setattr(self, name, nn.Dense(3))

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  (Gluon's name)
        for name in self._chain:
            x = getattr(self, name)(x)
        return x


def _never_reached(answer: Any, draw: random.Random) -> None:
    for number in range(3):
        names = draw.sample(["head", "tail", "left", "right", "gate", "skip"], 4)
        used = {name: draw.random() < 0.5 for name in names}
        used[names[0]], used[names[1]] = True, number == 2  # at least one is; in the end maybe all
        net = _Branches(used)
        net.initialize(ctx=devices.device())
        right = [f"{n}.{p}" for n in names if not used[n] for p in ("weight", "bias")]
        returned = call(answer, net, (2, 5), returns="a list of paths")
        given = _paths(returned, net)
        if given != set(right):
            says = ", ".join(sorted(given)) or "nothing"
            weights = {path for path in right if path.endswith("weight")}
            biases = (
                " A bias that initialize() filled counts too, if forward never uses it."
                if given and given == weights
                else ""
            )
            raise Wrong(
                f"forward uses {', '.join(n for n in names if used[n])}, so that it never reaches "
                f"{', '.join(right) or 'nothing'}; your function says {says}.{biases}"
            )


def _paths(returned: Any, net: Any) -> set[str]:
    """The paths that the learner's function names; raises Wrong for what is no path."""
    given = listed(returned)
    expect(
        given is not None,
        f"a list of paths is asked for, such as gate.weight, but your function returned "
        f"{shown(returned)}.",
    )
    for one in given or ():
        expect(
            isinstance(one, str),
            f"paths are asked for, texts such as gate.weight, but there is {shown(one)} in your "
            f"list: of a row of gi.summary it is row.path.",
        )
    gluons = {site.parameter.name for site in paths.sites(net)}
    names = gluons.intersection(given or ())
    expect(
        not names,
        "paths are asked for, such as gate.weight, not Gluon's names: in a row of gi.summary the "
        "path is row.path.",
    )
    return set(given or ())


EXERCISES = (
    Exercise(
        "2.1",
        (
            "Which parameters does PrintInit see at all? Look at the table's last column.",
            "One line a weight. At initialize() if its shape is complete, else in the first pass.",
            "known = sum(width > 0 for width in widths); return known, len(widths) - known",
        ),
        _lines,
        "one line a weight, and the time depends on its shape alone.",
        "lines",
    ),
    Exercise(
        "2.2",
        (
            "Which method does Gluon call for every parameter, biases included?",
            "Override __call__(self, desc, arr). Count there, then let the base class do its work.",
            "class Counting(mx.init.Uniform): count = 0, and in __call__: self.count += 1, then "
            "super().__call__(desc, arr).",
        ),
        _count,
        "__call__ sees them all.",
        "counting",
    ),
    Exercise(
        "2.3",
        (
            "One function of this lesson tells the state of each parameter, given a shape.",
            "Each row of gi.summary(net, shape).rows has .path, .state and .reached.",
            "[row.path for row in gi.summary(net, shape).rows if not row.reached]",
        ),
        _never_reached,
        "no training run was needed to find them.",
        "never_reached",
    ),
)
