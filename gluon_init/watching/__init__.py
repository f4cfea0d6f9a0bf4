"""What each parameter is right now, and who filled it, when, from which shape.

It never initializes anything; outside of its ``with`` block MXNet is as before.
Begin with ``states.py`` for now, ``tracing.py`` for how it came about.
"""

from .rows import Event, ParameterRow
from .states import summary
from .tracing import trace_init

__all__ = ["Event", "ParameterRow", "summary", "trace_init"]
