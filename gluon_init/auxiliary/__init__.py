"""Heads that help training: nets, weighted losses, freezing, what losses reach, two papers' nets.

It never decides what a loss means: it adds up what each head's loss says.
Begin with ``net.py``: what comes out in training, and what in inference.
"""

from .freezing import freeze, reach, unfreeze
from .losses import AuxiliaryLoss, head_metric
from .net import AuxiliaryNet, AuxiliaryOutput
from .rows import Reached
from .zoo import googlenet, inception_v3

__all__ = [
    "AuxiliaryLoss",
    "AuxiliaryNet",
    "AuxiliaryOutput",
    "Reached",
    "freeze",
    "googlenet",
    "head_metric",
    "inception_v3",
    "reach",
    "unfreeze",
]
