"""What a forward pass does, seen without data (a graph of symbols) or in a run on zeros.

It never changes the net: what is lent to it is given back.
Begin with ``graph.py``; ``zeros.py`` is for nets that cannot be traced.
"""
