"""A pytest plugin beside nbval: notebook tests that cannot pass by comparing nothing.

``pytest --nbguard notebooks`` runs what nbval runs and says, with the notebook, the cell and a
sentence, where a comparison would have been empty, blind, or true on one machine alone. Importing
this package brings in neither NumPy nor Jupyter; :mod:`nbguard.plugin` is where to start reading.
"""

from __future__ import annotations

from typing import Any

__version__ = "1.0.0"


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext nbguard``: figures that are shown from now on carry their data when stored."""
    from nbguard import inside

    inside.describe_figures(shell)
