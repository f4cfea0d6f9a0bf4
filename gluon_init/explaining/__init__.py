"""What the state of a net, parameter or initializer is, what an error means, what to do.

It never changes what it explains, and says so where it does not know.
Begin with ``explanation.py``. The ``of_*.py`` know MXNet's messages by subject, ``c_side/`` those
of its operators; ``scene.py`` looks what was going on.
"""

from .explanation import explain
from .finding import Finding

__all__ = ["Finding", "explain"]
