"""Every parameter of a net initialized now, from shapes alone, or nothing changed.

It never leaves a net half-filled, and never touches a random state but the one that it draws from.
Begin with ``force.py``; ``plan.py`` decides, ``fill.py`` does.
"""

from .force import force_init

__all__ = ["force_init"]
