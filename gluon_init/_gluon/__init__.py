"""The one seam to Gluon: who reads its private attributes, and replaces its methods, does it here.

It never decides what a user wants: who asks it for a path that is not there is told so, no more.
Begin with ``parameters.py`` and ``paths.py``; ``choice.py`` says who wins among initializers,
``patches.py`` what is replaced for good, ``fills.py`` what while somebody listens.
"""
