"""Nets to be forced, and what is looked at afterwards."""

import subprocess
import sys
import textwrap

import mxnet as mx
import numpy as np
from mxnet.gluon import nn


def values(net):
    return [p.data().asnumpy() for p in net.collect_params().values()]


def same(a, b):
    assert len(a) == len(b)
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def finished(program, seconds=60):
    """What a program of its own process prints; an error where it hangs or fails."""
    start = "import gluon_init as gi, mxnet as mx, threading, time\nfrom mxnet.gluon import nn\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start + textwrap.dedent(program)],
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def lazy():
    net = nn.HybridSequential()
    net.add(nn.Dense(8), nn.BatchNorm(), nn.Dense(4, weight_initializer=mx.init.One()), nn.Dense(2))
    return net


def declared():
    net = nn.HybridSequential()
    net.add(
        nn.Dense(8, in_units=5),
        nn.BatchNorm(in_channels=8),
        nn.Dense(4, in_units=8, weight_initializer=mx.init.One()),
        nn.Dense(2, in_units=4),
    )
    return net
