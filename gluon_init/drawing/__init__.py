"""Numbers from a law and a key: the same bits on every machine.

It never uses a random state of MXNet, NumPy or Python.
Begin with ``streams.py``; ``initializer_laws.py`` says which law an initializer draws.
"""
