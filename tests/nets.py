"""Nets, and what must not change of one, for several of the tests."""

from mxnet import gluon
from mxnet.gluon import nn

MODELS = sorted(
    f"{family}{size}"
    for family, sizes in {
        "alexnet": [""],
        "densenet": [121, 161, 169, 201],
        "inceptionv3": [""],
        "mobilenet": ["0.25", "0.5", "0.75", "1.0"],
        "mobilenetv2_": ["0.25", "0.5", "0.75", "1.0"],
        "resnet": [f"{n}_v{v}" for n in (18, 34, 50, 101, 152) for v in (1, 2)],
        "squeezenet": ["1.0", "1.1"],
        "vgg": [f"{n}{b}" for n in (11, 13, 16, 19) for b in ("", "_bn")],
    }.items()
    for size in sizes
)


class Opaque(gluon.Block):
    """Its forward needs real arrays."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Dense(3)

    def forward(self, x):
        return self.dense(x) * float(x.sum().asscalar())


def fingerprint(net):
    """All that a look at the net must not change."""
    return [
        (name, p._shape, p.dtype, p._data, p._deferred_init, p._var, p.init, p.grad_req)
        for name, p in net.collect_params().items()
    ]


class Adds(nn.HybridBlock):
    """Dense layers side by side on one input, whose outputs are added: equal widths or an error."""

    def __init__(self, *widths):
        super().__init__()
        with self.name_scope():
            self.parts = nn.HybridSequential()
            self.parts.add(*(nn.Dense(width) for width in widths))

    def hybrid_forward(self, F, x):
        return sum(part(x) for part in self.parts._children.values())
