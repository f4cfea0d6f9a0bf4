"""The exercises of lesson 07, auxiliary heads."""

from __future__ import annotations

import random
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

from .. import auxiliary, devices, forcing, freezing
from .exercises import Exercise, Wrong, call, expect


def _net(draw: random.Random, names: list[str], chosen: list[str], classes: int) -> Any:
    stages = {name: nn.Dense(6, activation="tanh") for name in names}
    net = auxiliary.AuxiliaryNet(stages, nn.Dense(classes), {n: nn.Dense(classes) for n in chosen})
    forcing.force_init(
        net, (1, 5), init=mx.init.Normal(1), seed=draw.randint(0, 999), device=devices.device()
    )
    return net


def _batch(draw: random.Random, classes: int) -> tuple[Any, Any]:
    context = devices.device()
    generator = np.random.default_rng(draw.randint(0, 999))
    images = mx.nd.array(generator.standard_normal((60, 5)), ctx=context)
    return images, mx.nd.array(generator.integers(0, classes, 60), ctx=context)


def _total_loss(answer: Any, draw: random.Random) -> None:
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for _ in range(2):
        weight = draw.choice([0.2, 0.3, 0.5])
        names = draw.sample(["low", "middle", "high", "top"], 3)
        net = _net(draw, names, names[: draw.randint(1, 3)], 4)
        images, labels = _batch(draw, 4)
        with autograd.record():
            output = net(images)
        parts = [loss(one, labels) for one in (output.prediction, *output.auxiliary)]
        right = float((parts[0] + weight * sum(parts[1:])).mean().asscalar())
        given = call(answer, output, labels, loss, weight)
        found = float(mx.nd.array(given.asnumpy()).mean().asscalar())
        main = float(parts[0].mean().asscalar())
        if abs(found - right) > 1e-4:
            unweighted = float(sum(parts).mean().asscalar())
            why = (
                " Those are all losses with equal weight." if abs(found - unweighted) < 1e-4 else ""
            )
            raise Wrong(
                f"with weight {weight} and {len(parts) - 1} auxiliary head(s) the total is "
                f"{right:.4f} (the main loss alone is {main:.4f}), yours is {found:.4f}.{why}"
            )


def _accuracy(answer: Any, draw: random.Random) -> None:
    for _ in range(3):
        net = _net(draw, ["low", "high"], ["low"], 3)
        images, labels = _batch(draw, 3)
        right = float((net(images).argmax(axis=1) == labels).mean().asscalar())
        given = float(call(answer, net, images, labels))
        if abs(given - right) > 1e-6:
            raise Wrong(
                f"the final head is right for {right:.3f} of the images, your function says "
                f"{given:.3f}. Which output is the prediction?"
            )


def _worth_it(answer: Any, draw: random.Random) -> None:
    names = ["a", "b", "c", "d"]
    for _ in range(4):
        chosen = sorted(draw.sample(names, draw.randint(2, 4)))
        net = _net(draw, names, chosen, 3)
        below = draw.randint(0, 4)
        if below:
            freezing.freeze(net, f"^network.({'|'.join(names[:below])})\\.")
        right = [name for name in chosen if names.index(name) >= below]
        given = call(answer, net)
        expect(
            isinstance(given, (list, tuple, set)) and set(given) == set(right),
            f"the stages {', '.join(names)} follow one another, heads sit at {', '.join(chosen)}, "
            f"and {', '.join(names[:below]) or 'nothing'} is frozen: the losses of {right} still "
            f"train something of the network, your function says {given!r}.",
        )


EXERCISES = (
    Exercise(
        "7.1",
        "The weighted sum of losses.",
        (
            "What are the names of the two fields of the net's output in training?",
            "output.prediction is one array, output.auxiliary has one for each head.",
            "loss(output.prediction, labels) + weight * sum(loss(s, labels) for s in "
            "output.auxiliary)",
        ),
        _total_loss,
        "the main loss whole, the others in part.",
    ),
    Exercise(
        "7.2",
        "The accuracy of a net with auxiliary heads.",
        (
            "What does the net return outside of autograd.record()?",
            "The prediction alone. argmax(axis=1) is the class with the highest score.",
            "float((net(images).argmax(axis=1) == labels).mean().asscalar())",
        ),
        _accuracy,
        "the final head predicts.",
    ),
    Exercise(
        "7.3",
        "The auxiliary losses that are worth their time.",
        (
            "One function of this lesson says which losses train nothing but their own head.",
            "gi.reach(net).idle has their names; net.stages has all of them.",
            "[name for name in net.stages if name not in gi.reach(net).idle]",
        ),
        _worth_it,
        "a loss below which all is frozen is calculated for nothing.",
    ),
)
