"""Answers to lesson 07."""

import gluon_init as gi

from mxnet import autograd


def total(output, labels, loss, weight):
    return loss(output.prediction, labels) + weight * sum(
        loss(scores, labels) for scores in output.auxiliary
    )


def accuracy_of(scores, labels):
    return float((scores.argmax(axis=1) == labels).mean().asscalar())


def by_auxiliary(net, images, labels):
    with autograd.record():
        output = net(images)
    return accuracy_of(output.auxiliary[0], labels)


def by_mean(net, images, labels):
    with autograd.record():
        output = net(images)
    return accuracy_of(output.prediction + 5 * output.auxiliary[0], labels)


RIGHT = {
    "7.1": total,
    "7.2": lambda net, images, labels: accuracy_of(net(images), labels),
    "7.3": lambda net: [name for name in net.stages if name not in gi.reach(net).idle],
}

WRONG = [
    ("7.1", lambda o, y, loss, w: total(o, y, loss, 1), "all losses with equal weight"),
    ("7.1", lambda o, y, loss, w: loss(o.prediction, y), "the main loss alone is"),
    ("7.1", lambda o, y, loss, w: total(o, y, loss, w) * w, "the total is"),
    ("7.2", by_auxiliary, "Which output is the prediction"),
    ("7.2", by_mean, "Which output is the prediction"),
    ("7.2", lambda net, images, labels: 1.0, "the final head is right for"),
    ("7.3", lambda net: [*gi.reach(net).idle, "x"], "still train something"),
    ("7.3", lambda net: ["a", "b", "c", "d", "e"], "still train something"),
    ("7.3", lambda net: [*net.stages, "top"], "your function says"),
]
