"""How shapes flow through a net, and why each one became known.

It never draws or allocates, and the net does not learn what is found.
Begin with ``flow.py``; ``inference.py`` asks MXNet, ``misfits.py`` says what does not fit.
"""

from .flow import infer_shapes
from .rows import Step

__all__ = ["Step", "infer_shapes"]
