"""Answers to lesson 07."""

import gluon_init as gi

import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn


def total(output, labels, loss, weight, main=1):
    return main * loss(output.prediction, labels) + weight * sum(
        loss(scores, labels) for scores in output.auxiliary
    )


def mean_of_heads(output, labels, loss, weight):
    return total(output, labels, loss, weight / len(output.auxiliary))


def one_head(number):
    def answer(output, labels, loss, weight):
        auxiliary = loss(output.auxiliary[number], labels)
        return loss(output.prediction, labels) + weight * auxiliary

    return answer


def accuracy_of(scores, labels):
    return float((scores.argmax(axis=1) == labels).mean().asscalar())


def accuracy(net, images, labels):
    return accuracy_of(net(images), labels)


def in_training(net, images):
    with autograd.record():
        output = net(images)
    return [output.prediction, *output.auxiliary]


def by_auxiliary(net, images, labels):
    return accuracy_of(in_training(net, images)[1], labels)


def by_mean(net, images, labels):
    return accuracy_of(sum(in_training(net, images)) / 3, labels)


def by_mean_of_probabilities(net, images, labels):
    return accuracy_of(sum(nd.softmax(one) for one in in_training(net, images)), labels)


def by_best(net, images, labels):
    return max(accuracy_of(one, labels) for one in in_training(net, images))


def worth_it(net):
    return [name for name in net.stages if name not in gi.reach(net).idle]


def as_array(net):
    return np.array(worth_it(net))


def idle_heads(stages, heads, frozen):
    return [s for s in heads if set(stages[: stages.index(s) + 1]) <= set(frozen)]


def with_head(stages, place, classes):
    net = gi.AuxiliaryNet(stages, nn.Dense(classes), {place: nn.Dense(classes)})
    net.initialize(ctx=gi.device())
    return net


def hybridized(stages, place, classes):
    net = with_head(stages, place, classes)
    net.hybridize()
    return net


def not_initialized(stages, place, classes):
    return gi.AuxiliaryNet(stages, nn.Dense(classes), {place: nn.Dense(classes)})


def only_the_network(stages, place, classes):
    net = not_initialized(stages, place, classes)
    net.inference().initialize(ctx=gi.device())
    return net


def wrong_classes(stages, place, classes):
    net = gi.AuxiliaryNet(stages, nn.Dense(classes), {place: nn.Dense(1)})
    net.initialize(ctx=gi.device())
    return net


def heads_everywhere(stages, place, classes):
    net = gi.AuxiliaryNet(stages, nn.Dense(classes), {name: nn.Dense(classes) for name in stages})
    net.initialize(ctx=gi.device())
    return net


RIGHT = {
    "7.1": total,
    "7.2": accuracy,
    "7.3": worth_it,
    "7.4": idle_heads,
    "7.5": with_head,
}
ALSO_RIGHT = [
    ("7.1", lambda *given: total(*given).asnumpy()),
    ("7.1", lambda *given: float(total(*given).mean().asscalar())),
    ("7.1", lambda *given: total(*given).sum()),
    ("7.1", lambda o, y, loss, w: gi.AuxiliaryLoss(loss, w)(o, y)),
    ("7.2", lambda net, images, labels: (net(images).argmax(axis=1) == labels).mean()),
    ("7.2", lambda *given: nd.array([accuracy(*given)]).asnumpy()),
    ("7.3", lambda net: frozenset(worth_it(net))),
    ("7.3", lambda net: dict.fromkeys(worth_it(net)).keys()),
    ("7.3", lambda net: (name for name in worth_it(net))),
    ("7.3", as_array),
    ("7.4", lambda *lists: set(idle_heads(*lists))),
    ("7.5", hybridized),
]

WRONG = [
    ("7.1", lambda o, y, loss, w: total(o, y, loss, 1), "all losses with equal weight"),
    ("7.1", lambda o, y, loss, w: loss(o.prediction, y), "The auxiliary losses are missing"),
    ("7.1", lambda o, y, loss, w: total(o, y, loss, w) * w, "The main loss is weighted too"),
    ("7.1", lambda o, y, loss, w: total(o, y, loss, w, main=w), "the total is"),
    ("7.1", lambda o, y, loss, w: total(o, y, loss, 1, main=w), "The weight belongs to the auxiliary"),
    ("7.1", mean_of_heads, "The mean of the auxiliary losses"),
    ("7.1", one_head(0), "the first auxiliary head only"),
    ("7.1", one_head(-1), "the last auxiliary head only"),
    ("7.1", lambda o, y, loss, w: "much", "a loss is asked for, but your function returned 'much'"),
    ("7.2", by_auxiliary, "That is the accuracy of the head 'low'"),
    ("7.2", by_mean, "That is the accuracy of the "),
    ("7.2", by_mean_of_probabilities, "That is the accuracy of the "),
    ("7.2", by_best, "That is the accuracy of the head"),
    ("7.2", lambda net, images, labels: 1.0, r"the final head is right for a share of 0\.\d{4} of"),
    ("7.2", lambda *given: 100 * accuracy(*given), "A share between 0 and 1 is asked for"),
    ("7.2", lambda *given: 60 * accuracy(*given), "A share between 0 and 1 is asked for"),
    ("7.2", lambda net, images, labels: net(images), "a number is asked for, but your function "
     r"returned an NDArray of shape \(60, 3\)"),
    ("7.3", lambda net: [*gi.reach(net).idle, "x"], "still train something"),
    ("7.3", lambda net: ["a", "b", "c", "d", "e"], "'e' is no auxiliary head|'e' are no"),
    ("7.3", lambda net: [*worth_it(net), "prediction"], "'prediction' is no auxiliary head"),
    ("7.3", lambda net: [n for n in net.stages
                         if net.network._children[n].weight.grad_req != "null"],
     "still train something"),
    ("7.3", lambda net: "".join(worth_it(net)), "a list of names is asked for, but your"),
    ("7.4", lambda stages, heads, frozen: [s for s in heads if s in frozen], "train nothing of"),
    ("7.4", lambda stages, heads, frozen: [], "train nothing of the network"),
    ("7.4", lambda stages, heads, frozen: [s for s in heads if s not in frozen], "train nothing"),
    ("7.4", lambda stages, heads, frozen: [
        s for s in heads if set(stages[: stages.index(s)]) <= set(frozen)], "train nothing"),
    ("7.5", not_initialized, "at inference, then in training, your net raised RuntimeError"),
    ("7.5", only_the_network, "at inference, then in training, your net raised RuntimeError"),
    ("7.5", wrong_classes, r"should return \(60, \d\), but .* the auxiliary one \(60, 1\)"),
    ("7.5", heads_everywhere, "one auxiliary head is asked for, at "),
    ("7.5", lambda stages, place, classes: nn.Dense(classes), "a gi.AuxiliaryNet is asked for"),
]  # fmt: skip
