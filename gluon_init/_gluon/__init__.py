"""The one seam to Gluon: who reads its private attributes, and replaces its methods, does it here.

It never decides anything for a user and raises nothing about arguments: the rooms above do.
Begin with ``parameters.py`` and ``paths.py``; ``patches.py`` lists all that is replaced in MXNet.
"""
