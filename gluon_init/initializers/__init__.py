"""Initializers ready to use: a mixture, by path, seeded, one that prints.

They never look at the net: what they know is the parameter's path, its shape and their arguments.
Begin with ``base.py``, which all of them share.
"""

from .by_pattern import ByPattern
from .mixture import Mixture, MyInit
from .print_init import PrintInit
from .seeded import Seeded

__all__ = ["ByPattern", "Mixture", "MyInit", "PrintInit", "Seeded"]
