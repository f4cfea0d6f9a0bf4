"""Whether an initializer draws the law that it should, told by statistical tests.

It never draws in this process: the arrays come from a copy, so that no random state moves.
Begin with ``check.py``; ``goodness.py`` and ``moments.py`` hold the tests.
"""

from .check import check_distribution
from .outcome import Outcome

__all__ = ["Outcome", "check_distribution"]
