"""What Module takes for data, label and parameter, told before ``fit``.

It never binds or runs a symbol: it reads the graph and the iterator's descriptions.
Begin with ``check.py``.
"""

from .check import check_labels
from .rows import Argument

__all__ = ["Argument", "check_labels"]
