"""What check_labels says, word for word: the file is tests/said/labels.txt."""

import itertools

import gluon_init as gi

import mxnet as mx
import numpy as np
import said
from pictured import pictured
from test_labels import two_heads


def supplying(names):
    data, labels = {"data": np.ones((8, 5))}, {name: np.ones((8, 1)) for name in names}
    return mx.io.NDArrayIter(data, labels or None, 4)


def scenes():
    """Two heads of each loss, and what was declared, supplied and drawn."""
    supplies = [["target"], ["target", "aux"], []]
    for loss, supplied in itertools.product(["SoftmaxOutput", "MAERegressionOutput"], supplies):
        for declared in (["target"], ["target", "aux"], ["target", "no"], []):
            for kind in ({}, {"init": True}, {"shared": True}, {"implicit": True}):
                if len(declared) + len(supplied) + ("init" in kind) != 3:
                    continue
                name = f"{loss} {kind} declares {declared}, iterator supplies {supplied}"
                arguments = two_heads(loss, **kind), ["data"], declared
                yield name, lambda a=arguments, s=supplied: gi.check_labels(*a, supplying(s))
    x, label = mx.sym.var("data"), mx.sym.var("aux")
    scores = mx.sym.FullyConnected(x, num_hidden=1, name="scores")
    losses = {
        "a label behind a reshape": mx.sym.LinearRegressionOutput(
            scores, mx.sym.reshape(label, (-1, 1)), name="out"
        ),
        "a loss of one's own": mx.sym.MakeLoss(mx.sym.square(scores - label), name="loss"),
        "a label that is named as a weight": mx.sym.LinearRegressionOutput(
            scores, mx.sym.var("loss_weight"), name="out"
        ),
        "an odd parameter": mx.sym.broadcast_mul(x, mx.sym.var("scale", shape=(1, 1)), name="mul"),
        "cross entropy": mx.sym.softmax_cross_entropy(scores, label, name="entropy"),
        "a state": mx.sym.BatchNorm(scores, name="norm"),
        "no data": mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3, name="fc"),
    }
    for name, symbol in losses.items():
        yield name, lambda s=symbol: gi.check_labels(s, label_names=[])
        yield f"{name}, not told", lambda s=symbol: gi.check_labels(s)
        yield f"{name}, supplied", lambda s=symbol: gi.check_labels(s, [], [], supplying(["aux"]))
        yield f"{name}, to be right", lambda s=symbol: gi.check_labels(s, label_names=[]).check()
    bad = [{"symbol": 3}, {"label_names": "aux"}, {"data_names": [3]}, {"data_iter": [1]}]
    for given in bad:
        yield f"bad: {given}", lambda g=given: gi.check_labels(**{"symbol": x, **g})
    for names in (["target"], ["target", "aux"]):
        arguments = two_heads("SoftmaxOutput"), ["data"], names, supplying(names)
        yield f"a picture, {names}", lambda a=arguments: drawn(gi.check_labels(*a))


def drawn(result):
    """What the picture of a result shows."""
    return pictured(result.plot())


def test_what_is_said_of_labels():
    said.check("labels", dict(scenes()))
