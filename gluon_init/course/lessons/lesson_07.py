"""The exercises of lesson 07, auxiliary heads."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

from ... import devices
from ...auxiliary.freezing import freeze
from ...auxiliary.net import AuxiliaryNet
from ...forcing.force import force_init
from ..attempts import brief
from ..exercises import Exercise, Wrong, call, expect, listed, number, shown

_STAGES = ["a", "b", "c", "d"]


def _net(draw: random.Random, names: list[str], chosen: list[str], classes: int) -> Any:
    stages = {name: nn.Dense(6, activation="tanh") for name in names}
    net = AuxiliaryNet(stages, nn.Dense(classes), {n: nn.Dense(classes) for n in chosen})
    force_init(
        net, (1, 5), init=mx.init.Normal(1), seed=draw.randint(0, 9999), device=devices.device()
    )
    return net


def _batch(draw: random.Random, classes: int) -> tuple[Any, Any]:
    context = devices.device()
    generator = np.random.default_rng(draw.randint(0, 999))
    images = mx.nd.array(generator.standard_normal((60, 5)), ctx=context)
    return images, mx.nd.array(generator.integers(0, classes, 60), ctx=context)


def _total_loss(answer: Any, draw: random.Random) -> None:
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for count in draw.sample([2, 3], 2):
        weight = draw.choice([0.2, 0.3, 0.4])
        names = draw.sample(["low", "middle", "high", "top"], 3)
        net = _net(draw, names, names[:count], 4)
        images, labels = _batch(draw, 4)
        with autograd.record():
            output = net(images)
        losses = [loss(one, labels) for one in (output.prediction, *output.auxiliary)]
        main, *others = (float(one.mean().asscalar()) for one in losses)
        right = main + weight * sum(others)
        found = _mean_loss(call(answer, output, labels, loss, weight), right, len(labels))
        if not _near(found, right):
            raise Wrong(
                f"with weight {weight} and {count} auxiliary heads the total is {right:.4f} (the "
                f"main loss alone is {main:.4f}), yours is {found:.4f}."
                f"{_slip(found, main, others, weight)}"
            )


def _mean_loss(given: Any, right: float, size: int) -> float:
    """A loss averaged over the batch, whether it comes as one number a sample, mean or sum."""
    try:
        values = np.asarray(given.asnumpy() if hasattr(given, "asnumpy") else given, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"a loss is asked for, but your function returned {shown(given)}.") from None
    mean = float(values.mean())
    return mean / size if values.size == 1 and _near(mean, right * size) else mean


def _near(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=2e-5, atol=1e-5))


def _slip(found: float, main: float, others: Sequence[float], weight: float) -> str:
    """The cause of a wrong total, where it is one of those that people make."""
    total = sum(others)
    weighted = "The main loss is weighted too; it counts whole."
    slips = [
        (main + total, "Those are all losses with equal weight."),
        (main, "The auxiliary losses are missing."),
        (weight * (main + total), weighted),
        (weight * (main + weight * total), weighted),
        (weight * main + weight * total / len(others), weighted),
        (weight * main + total, "The weight belongs to the auxiliary losses, not to the main one."),
        (main + weight * total / len(others), "The mean of the auxiliary losses is not their sum."),
        (main + weight * others[0], "That takes the first auxiliary head only."),
        (main + weight * others[-1], "That takes the last auxiliary head only."),
    ]
    return next((f" {why}" for value, why in slips if _near(found, value)), "")


def _accuracy(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        net, images, labels, right, others = _misleading(draw)
        given = call(answer, net, images, labels)
        share = number(given)
        if share is None:
            raise Wrong(f"a number is asked for, but your function returned {shown(given)}.")
        if abs(share - right) > 1e-6:
            why = " Which output is the prediction?"
            for name, other in others.items():
                if abs(share - other) < 1e-6:
                    why = f" That is {name}."
            if _near(share, 100 * right) or _near(share, right * len(labels)):
                why = " A share between 0 and 1 is asked for."
            raise Wrong(
                f"the final head is right for a share of {right:.4f} of the images, your function "
                f"says {share:.4f}.{why}"
            )


def _misleading(draw: random.Random) -> tuple[Any, Any, Any, float, dict[str, float]]:
    """A net with an auxiliary head that is better than the final one, and a batch.

    Also the final head's accuracy, and those of other ways to predict, no two of them equal.
    """
    while True:
        net = _net(draw, ["low", "middle", "high"], ["low", "middle"], 3)
        images, labels = _batch(draw, 3)
        with autograd.record():
            output = net(images)
        heads = [output.prediction, *output.auxiliary]
        probabilities = [mx.nd.softmax(scores) for scores in heads]
        ways = (*heads, sum(heads), sum(probabilities))
        right, low, middle, mean, soft = (_share(scores, labels) for scores in ways)
        others = {
            "the accuracy of the head 'low'": low,
            "the accuracy of the head 'middle'": middle,
            "the accuracy of the mean of all heads": mean,
            "the accuracy of the mean of all heads' probabilities": soft,
            "the mean of all heads' accuracies": (right + low + middle) / 3,
        }
        distinct = {round(value, 4) for value in (right, *others.values())}
        if max(low, middle) > right and len(distinct) == 1 + len(others):
            return net, images, labels, right, others


def _share(scores: Any, labels: Any) -> float:
    return float((scores.argmax(axis=1) == labels).mean().asscalar())


def _worth_it(answer: Any, draw: random.Random) -> None:
    for case in range(4):
        chosen, frozen = _freeze_case(draw, case)
        net = _net(draw, _STAGES, chosen, 3)
        if frozen:
            freeze(net, f"^network.({'|'.join(frozen)})\\.")
        _compare_names(call(answer, net), chosen, frozen, idle=False)


def _freeze_case(draw: random.Random, case: int) -> tuple[list[str], list[str]]:
    """The stages that have heads, and the stages that are frozen."""
    chosen = sorted(draw.sample(_STAGES, draw.randint(2, 4)))
    frozen = [
        _STAGES[: _STAGES.index(chosen[1])],  # the first head is idle, the second is not
        [chosen[-1]],  # below it a stage is trained: none is idle
        [],
        sorted(draw.sample(_STAGES, draw.randint(1, 4))),
    ][case]
    return chosen, frozen


def _idle(chosen: list[str], frozen: list[str]) -> list[str]:
    return [name for name in chosen if set(_STAGES[: _STAGES.index(name) + 1]) <= set(frozen)]


def _compare_names(given: Any, chosen: list[str], frozen: list[str], *, idle: bool) -> None:
    """Raises Wrong unless ``given`` names the idle heads, or else those that are not idle."""
    names = listed(given)
    if names is None:
        raise Wrong(f"a list of names is asked for, but your function returned {shown(given)}.")
    nothing = _idle(chosen, frozen)
    right = nothing if idle else [name for name in chosen if name not in nothing]
    if set(map(str, names)) == set(right):
        return
    why = ""
    strange = [str(name) for name in names if str(name) not in chosen]
    if strange:
        why = f" {', '.join(map(repr, strange))} {_are(strange)} no auxiliary head."
    verb = "train nothing" if idle else "still train something"
    raise Wrong(
        f"the stages {', '.join(_STAGES)} follow one another, heads sit at {', '.join(chosen)}, "
        f"and {', '.join(frozen) or 'nothing'} {_are(frozen)} frozen: the losses that {verb} of "
        f"the network are {right}, your function says {names!r}.{why}"
    )


def _are(names: Sequence[str]) -> str:
    return "are" if len(names) > 1 else "is"


def _predict_idle(answer: Any, draw: random.Random) -> None:
    for case in range(4):
        chosen, frozen = _freeze_case(draw, case)
        given = call(answer, list(_STAGES), list(chosen), list(frozen))
        _compare_names(given, chosen, frozen, idle=True)


def _build(answer: Any, draw: random.Random) -> None:
    for _ in range(2):
        names = draw.sample(["low", "middle", "high", "top"], 3)
        place, classes = draw.choice(names), draw.randint(3, 7)
        stages = {name: nn.Dense(draw.randint(8, 12), activation="relu") for name in names}
        net = call(answer, stages, place, classes, returns="the net")
        expect(
            isinstance(net, AuxiliaryNet),
            f"a gi.AuxiliaryNet is asked for, but your function returned {shown(net)}.",
        )
        expect(
            net.stages == (place,),
            f"one auxiliary head is asked for, at {place!r}, but your net has "
            f"{', '.join(map(repr, net.stages))}.",
        )
        images, _ = _batch(draw, 3)
        try:
            first = net(images)
            with autograd.record():
                output = net(images)
        except Exception as error:
            raise Wrong(
                f"called at inference, then in training, your net raised "
                f"{type(error).__name__}: {brief(error).split('. Note')[0]}"
            ) from None
        found = [one.shape for one in (first, *output.auxiliary)]
        right = (len(images), classes)
        expect(
            found == [right, right],
            f"for {classes} classes and {len(images)} images each head should return {right}, but "
            f"the final one returns {found[0]}, the auxiliary one {found[1]}.",
        )


EXERCISES = (
    Exercise(
        "7.1",
        (
            "What are the names of the two fields of the net's output in training?",
            "output.prediction is one array, output.auxiliary has one for each head.",
            "loss(output.prediction, labels) + weight * sum(loss(s, labels) for s in "
            "output.auxiliary)",
        ),
        _total_loss,
        "the main loss whole, the others in part.",
        "total_loss",
    ),
    Exercise(
        "7.2",
        (
            "What does the net return outside of autograd.record()?",
            "The prediction alone. argmax(axis=1) is the class with the highest score.",
            "float((net(images).argmax(axis=1) == labels).mean().asscalar())",
        ),
        _accuracy,
        "the final head predicts, even where another one is better by chance.",
        "accuracy",
    ),
    Exercise(
        "7.3",
        (
            "gi.reach(net), in the section on freezing, says which losses train nothing but their "
            "own head.",
            "gi.reach(net).idle has the names of those; net.stages has the names of all stages "
            "with an auxiliary head, and of no other.",
            "[name for name in net.stages if name not in gi.reach(net).idle]",
        ),
        _worth_it,
        "a loss below which all is frozen is calculated for nothing.",
        "worth_it",
    ),
    Exercise(
        "7.4",
        (
            "Which stages lie between the data and a head? Its loss can train those.",
            "A head at stage s is idle if s and every stage before it are frozen. "
            "stages[: stages.index(s) + 1] are those.",
            "[s for s in heads if set(stages[: stages.index(s) + 1]) <= set(frozen)]",
        ),
        _predict_idle,
        "one stage that is not frozen, at the head or below it, and the loss has work to do.",
        "idle_heads",
    ),
    Exercise(
        "7.5",
        (
            "gi.AuxiliaryNet takes the stages, the final head, and a dictionary of stage and head.",
            "gi.AuxiliaryNet(stages, nn.Dense(classes), {place: nn.Dense(classes)}) is the net. "
            "What does it lack before it can be called?",
            "net = gi.AuxiliaryNet(...); net.initialize(ctx=gi.device()); return net",
        ),
        _build,
        "whichever mode comes first, every parameter is there.",
        "with_head",
    ),
)
