"""What the messages of MXNet's C side mean, by operator.

It never guesses: where the operator's arguments are not in reach it says what is known.
Begin with ``call.py``: which operator failed, and with what. ``first.py`` is asked before all other
cases, ``last.py`` after them.
"""
