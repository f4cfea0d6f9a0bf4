"""What is said of ties, word for word: the file is tests/said/tying.txt."""

import gluon_init as gi

import mxnet as mx
import said
from mxnet.gluon import nn
from pictured import pictured


def stack(*widths, ready=False, own_widths=True):
    """Dense layers, one after another."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        for before, width in zip((None, *widths), widths, strict=False):
            net.add(nn.Dense(width, in_units=(before or widths[0]) if own_widths else 0))
    net.initialize(mx.init.Constant(0.5))
    if ready:
        net(mx.nd.ones((2, widths[0])))
    return net


def twice():
    """One block at two places."""
    net = stack(4, 4, ready=True)
    net.register_child(net[0])
    return net


def tied(*widths, **state):
    return gi.tie(stack(*widths, **state), "1.weight", "0.weight")


def difference(out):
    return mx.nd.sum(out**2)


LOOKED_AT = {
    "no ties": lambda: stack(4, 3),
    "one tie": lambda: tied(4, 4, ready=True),
    "one tie, sizes unknown": lambda: tied(4, 4, own_widths=False),
    "two ties": lambda: gi.tie(tied(4, 4, 4, ready=True), "2.bias", "1.bias"),
    "three places": lambda: gi.tie(tied(4, 4, 4, ready=True), "2.weight", "0.weight"),
    "tied and parted": lambda: gi.untie(tied(4, 4, ready=True), "1.weight"),
    "a block twice": twice,
    "no net": lambda: 3,
}
REFUSED = {
    "a path that is not there": lambda: gi.tie(stack(4, 4), "1.wieght", "0.weight"),
    "a target that is not there": lambda: gi.tie(stack(4, 4), "1.weight", "7.weight"),
    "a path that is a number": lambda: gi.tie(stack(4, 4), 1, "0.weight"),
    "a path that is a block": lambda: gi.tie(stack(4, 4), "1", "0"),
    "itself": lambda: gi.tie(stack(4, 4), "1.weight", "1.weight"),
    "what is tied already": lambda: gi.tie(tied(4, 4), "1.weight", "0.weight"),
    "two shapes": lambda: gi.tie(stack(4, 3), "1.weight", "0.weight"),
    "weight and bias": lambda: gi.tie(stack(4, 4), "1.weight", "0.bias"),
    "untie what is not tied": lambda: gi.untie(stack(4, 4), "1.weight"),
    "untie what is not there": lambda: gi.untie(stack(4, 4), "weight"),
    "untie in a block that is there twice": lambda: gi.untie(twice(), "0.weight"),
    "tie no net": lambda: gi.tie(nn.Dense, "1.weight", "0.weight"),
    "untie no net": lambda: gi.untie(None, "1.weight"),
    "load into no net": lambda: gi.load(3, "net.params"),
    "load no file": lambda: gi.load(stack(4, 4), "no-such.params"),
    "load a number": lambda: gi.load(stack(4, 4), 3),
    "shares of no path": lambda: gi.gradient_shares(stack(4, 4), "x", difference, mx.nd.ones((2, 4))),
    "shares by no loss": lambda: gi.gradient_shares(stack(4, 4), "0.bias", 3, mx.nd.ones((2, 4))),
    "shares without a batch": lambda: gi.gradient_shares(stack(4, 4), "0.bias", difference),
    "shares of no net": lambda: gi.gradient_shares(3, "0.bias", difference, mx.nd.ones((2, 4))),
}  # fmt: skip


CHECKED = {
    "as it is": [["0.weight", "1.weight"]],
    "another": [["0.weight", "1.bias"]],
    "none": [],
    "too many": [["0.weight", "1.weight"], ["0.bias", "1.bias"]],
    "a text": "0.weight",
    "a name that is not there": [["0.weight", "2.weight"]],
    "one name": [["0.weight"]],
}


def shares(net, path="0.weight"):
    return gi.gradient_shares(net, path, difference, mx.nd.ones((2, 4)))


def loaded(folder, source, target):
    """What loading one net's file into another says, or why it does not."""
    file = str(folder / "net.params")
    source.save_parameters(file)
    try:
        return gi.load(target, file)
    except Exception as error:
        raise type(error)(str(error).replace(str(folder), "FOLDER")) from None


def scenes(folder):
    """Nets looked at, refusals, shares of the gradient, and files."""
    for name, make in LOOKED_AT.items():
        yield name, lambda m=make: gi.tied_groups(m())
    for name in ("no ties", "one tie", "one tie, sizes unknown", "two ties", "three places"):
        yield f"{name}, a picture", lambda n=name: pictured(gi.tied_groups(LOOKED_AT[n]()).plot())
    for name, groups in CHECKED.items():
        yield f"checked: {name}", lambda g=groups: gi.tied_groups(tied(4, 4)).check(g)
    yield from REFUSED.items()
    for name in ("no ties", "one tie", "three places"):
        make = LOOKED_AT[name]
        if name == "no ties":
            make = lambda: stack(4, 4, ready=True)  # noqa: E731
        yield f"shares: {name}", lambda m=make: shares(m())
        yield f"shares, a picture: {name}", lambda m=make: pictured(shares(m()).plot())
    files = {
        "the same": (stack(4, 4, ready=True), stack(4, 4)),
        "a tied net's, into an untied one": (tied(4, 4, ready=True), stack(4, 4)),
        "an untied net's, into a tied one": (stack(4, 4, ready=True), tied(4, 4)),
        "another width": (stack(4, 4, ready=True), stack(4, 3)),
        "fewer layers": (stack(4, 4, ready=True), stack(4, 4, 4)),
        "more layers": (stack(4, 4, 4, ready=True), stack(4, 4)),
    }
    for name, nets in files.items():
        yield f"load: {name}", lambda n=nets: loaded(folder, *n)


def test_what_is_said_of_ties(tmp_path):
    said.check("tying", dict(scenes(tmp_path)))
