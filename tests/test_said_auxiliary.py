"""What auxiliary nets, losses and freezing say, word for word: tests/said/auxiliary.txt."""

import gluon_init as gi

import mxnet as mx
import numpy as np
import said
from heads import LABEL, SOFTMAX, small, stages
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision
from nets import Opaque
from pictured import pictured

IMAGES = mx.nd.ones((4, 6))


def constant(auxiliary=("low", "high")):
    return gi.force_init(small(auxiliary), IMAGES, init=mx.init.Constant(0.25), seed=1)


def output(net=None):
    with autograd.record():
        return (net or constant())(IMAGES)


def chain(*layers):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(*layers)
    return net


def whole():
    return chain(nn.Dense(4), chain(nn.Dense(5), nn.BatchNorm()), nn.Dense(2))


NETS = {
    "two heads": small,
    "one head": lambda: small(("middle",)),
    "a whole net": lambda: gi.AuxiliaryNet(whole(), attach={"1.0": nn.Dense(3)}),
    "a whole net, two": lambda: gi.AuxiliaryNet(
        whole(), attach={"1": nn.Dense(3), "0": nn.Dense(2)}
    ),
    "pairs": lambda: gi.AuxiliaryNet(
        list(stages().items()), nn.Dense(3), [("low", nn.Dense(3))]
    ),
    "attach for stages": lambda: gi.AuxiliaryNet(stages(), nn.Dense(3), attach={"low": nn.Dense(3)}),
    "a whole net and a head": lambda: gi.AuxiliaryNet(whole(), nn.Dense(2)),
    "a whole net without heads": lambda: gi.AuxiliaryNet(whole()),
    "a path that is not there": lambda: gi.AuxiliaryNet(whole(), attach={"3": nn.Dense(3)}),
    "many paths": lambda: gi.AuxiliaryNet(vision.vgg11(), attach={"feature": nn.Dense(3)}),
    "no stages": lambda: gi.AuxiliaryNet({}, nn.Dense(3)),
    "stages that are a number": lambda: gi.AuxiliaryNet(3, nn.Dense(3)),
    "stages without a head": lambda: gi.AuxiliaryNet(stages(), None, {"low": nn.Dense(3)}),
    "a stage that is no HybridBlock": lambda: gi.AuxiliaryNet({"low": Opaque()}, nn.Dense(3)),
    "a head that is no HybridBlock": lambda: gi.AuxiliaryNet(
        stages(), nn.Dense(3), {"low": Opaque()}
    ),
    "heads that are a list": lambda: gi.AuxiliaryNet(stages(), nn.Dense(3), [nn.Dense(3)]),
    "a whole net that is no HybridBlock": lambda: gi.AuxiliaryNet(Opaque(), attach={"0": None}),
    "heads that are a number": lambda: gi.AuxiliaryNet(whole(), attach=3),
    "a head for no stage": lambda: gi.AuxiliaryNet(stages(), nn.Dense(3), {"no": nn.Dense(3)}),
    "no heads": lambda: gi.AuxiliaryNet(stages(), nn.Dense(3)),
}  # fmt: skip
WEIGHTS = {
    "a number": 0.5,
    "zero": 0,
    "one each": [0.25, 0.75],
    "by name": {"high": 1, "low": 2},
    "an array": np.array([0.5, 0.25]),
    "by epoch": lambda epoch: 1 / (epoch + 1),
    "by epoch, a text": lambda epoch: "much",
    "too many": [1, 2, 3],
    "too few": [1],
    "a name that is missing": {"low": 1},
    "a name that is too much": {"low": 1, "high": 1, "head": 1},
    "below zero": -0.5,
    "below zero, by name": {"low": -1, "high": 1},
    "not a number": float("nan"),
    "a truth": [True, 1],
    "a text": "0.3",
    "nothing": None,
}


def losses(weights):
    """What the loss and its parts are with these weights, at epochs 0 and 1."""
    loss = gi.AuxiliaryLoss(gluon.loss.L2Loss(), weights)
    lines = []
    for epoch in (0, 1):
        loss.epoch = epoch
        total = loss(output(), mx.nd.zeros((4, 3)))
        lines.append(f"{total.asnumpy().tolist()} {loss.report()} {loss.weights(('low', 'high'))}")
    return "\n".join(lines)


def refused_loss(*labels, of=None, loss=SOFTMAX):
    return gi.AuxiliaryLoss(loss)(output() if of is None else of, *labels)


def measured(metric, head, of=None, label=LABEL):
    measure = gi.head_metric(metric, head)
    measure.update(label, output() if of is None else of)
    first = measure.get()
    measure.reset_local()
    local = measure.get()
    measure.reset()
    return f"{measure} {first} {local} {measure.get()}"


def by_name(head, label):
    measure = gi.head_metric("acc", head, label)
    measure.update_dict({"softmax_label": LABEL}, {"softmax_output": output().prediction})
    return measure.get()


WRONG = {
    "a loss that is a class": lambda: gi.AuxiliaryLoss(gluon.loss.L2Loss),
    "a loss that is a number": lambda: gi.AuxiliaryLoss(3),
    "an inference output": lambda: refused_loss(LABEL, of=constant()(IMAGES)),
    "no label": lambda: refused_loss(None),
    "one auxiliary label": lambda: refused_loss(LABEL, LABEL),
    "an auxiliary label that is missing": lambda: refused_loss(LABEL, LABEL, None),
    "a label that does not fit": lambda: refused_loss(mx.nd.ones((3, 7)), loss=gluon.loss.L2Loss()),
    "an auxiliary label that does not fit": lambda: refused_loss(
        mx.nd.ones((4, 3)), mx.nd.ones((4, 3)), mx.nd.ones((5, 5)), loss=gluon.loss.L2Loss()
    ),
    "a metric that is unknown": lambda: gi.head_metric("accurateness"),
    "a metric that is a number": lambda: gi.head_metric(3),
    "freeze by a broken pattern": lambda: gi.freeze(small(), "("),
    "freeze by bytes": lambda: gi.freeze(small(), b"low"),
    "freeze what is not there": lambda: gi.freeze(small(), "network.lwo"),
    "freeze statistics": lambda: gi.freeze(whole(), "running"),
    "freeze no net": lambda: gi.freeze(3, "low"),
    "reach of no net": lambda: gi.reach(nn.Dense),
    "reach of a net that cannot be traced": lambda: gi.reach(Opaque()),
}


def frozen(make, *patterns):
    """What the losses reach after freezing by these patterns, one after another."""
    net = make()
    return [gi.freeze(net, pattern) for pattern in patterns][-1]


def thawed(first, second):
    net = small()
    net.network.low.weight.grad_req = "add"
    gi.freeze(net, first)
    report = gi.unfreeze(net, second)
    return f"{report}\n{net.network.low.weight.grad_req}"


def scenes():
    """Nets, losses, metrics, freezing, the papers' nets, and pictures."""
    for name, make in NETS.items():
        yield name, make
    for name in ("two heads", "one head", "a whole net", "a whole net, two"):
        yield f"{name}: reach", lambda name=name: gi.reach(NETS[name]())
        yield f"{name}: picture", lambda name=name: pictured(NETS[name]().plot())
    for name, weights in WEIGHTS.items():
        yield f"weights: {name}", lambda w=weights: losses(w)
    yield from WRONG.items()
    for metric, head in (("acc", "prediction"), ("acc", "low"), ("acc", "high"), ("acc", "no")):
        yield f"metric: {metric} of {head}", lambda m=metric, h=head: measured(m, h)
    yield (
        "metric of a head at inference",
        lambda: measured("acc", "low", of=constant()(IMAGES)),
    )
    yield "metric at inference", lambda: measured("acc", "prediction", of=constant()(IMAGES))
    for names in (("softmax_output", "softmax_label"), ("no", "softmax_label"),
                  ("softmax_output", "no"), ("softmax_output", None)):  # fmt: skip
        yield f"metric in Module: {names}", lambda n=names: by_name(*n)
    yield "frozen: a stage", lambda: frozen(small, "^network.low")
    yield "frozen: two stages", lambda: frozen(small, "low", "middle")
    yield "frozen: all", lambda: frozen(small, ".")
    yield "frozen: a plain net", lambda: frozen(whole, "^1")
    yield "frozen: what cannot be traced", lambda: frozen(Opaque, "weight")
    yield "thawed", lambda: thawed("low", "low")
    yield "thawed: what was not frozen", lambda: thawed("low", "high")
    for make in (gi.googlenet, gi.inception_v3):
        yield f"{make.__name__}: picture", lambda m=make: pictured(m(5).plot())
        yield f"{make.__name__}: stages", lambda m=make: m(5).stages
    yield "output", lambda: output().auxiliary.names


def test_what_is_said_of_auxiliary_heads():
    said.check("auxiliary", dict(scenes()))
