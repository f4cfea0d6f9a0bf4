"""The other device: `cpu(1)`, or the one that `--device` names."""

import os

import gluon_init as gi
from gluon_init.devices import VARIABLE

import mxnet as mx

OTHER = gi.device() if os.environ.get(VARIABLE) else mx.cpu(1)
NAME = str(OTHER)
