"""Which parameters are one; making them one, and two again; what each use contributes.

It never goes by equal values: two places are tied where they hold the same object.
Begin with ``groups.py``.
"""

from .groups import tied_groups
from .loading import load
from .rows import Group, Share
from .shares import gradient_shares
from .ties import tie, untie

__all__ = ["Group", "Share", "gradient_shares", "load", "tie", "tied_groups", "untie"]
