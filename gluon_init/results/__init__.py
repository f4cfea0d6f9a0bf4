"""What all results are made of: rows, and their faces as text, HTML, frame and figure.

It never knows what a row is about: a room brings its row's class and its columns.
Begin with ``table.py``.
"""

from .table import Table

__all__ = ["Table"]
