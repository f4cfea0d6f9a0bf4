"""What grows, vanishes or dies from layer to layer in one training step.

It never trains: the step is computed in a copy of the process.
Begin with ``report.py``.
"""

from .report import signal_report
from .rows import Signal

__all__ = ["Signal", "signal_report"]
