"""Lets MXNet 1.9.1 run on today's Python and NumPy: loading, linking, mending.

It never changes NumPy, and never imports MXNet itself.
Begin with ``install.py``; ``machine.py`` is also run as a script, by old interpreters.
"""
