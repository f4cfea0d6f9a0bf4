"""What the state of a net, parameter or initializer is, what an error means, what to do.

It never changes what it explains, and says so where it does not know.
Begin with ``explanation.py``; ``of_errors.py`` and ``of_shape_errors.py`` have a case for each of
MXNet's messages.
"""

from .explanation import explain
from .finding import Finding

__all__ = ["Finding", "explain"]
