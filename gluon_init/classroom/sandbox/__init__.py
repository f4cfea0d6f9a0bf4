"""A kernel of Jupyter in a box: it sees a read-only system, its own files, and no network.

It never looks at what runs inside: whoever starts the kernel decides what a failure costs.
Begin with ``provisioner.py``, jupyter_client's own extension point; ``bubblewrap.py`` and
``containers.py`` write the command, ``inside.py`` is the first that runs in the box.
"""
