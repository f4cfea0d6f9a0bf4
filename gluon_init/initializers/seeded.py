"""Draws that depend on a seed and on a parameter's place in the net, and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._arguments import as_initializer, require_seed
from .._gluon.choice import filler_of
from .._gluon.places import current_path, is_filling
from ..drawing import arrays, streams
from ..errors import InitError
from .base import Nested, OwnInitializer, note_global, pasted, without_own


@mx.init.register
class Seeded(OwnInitializer):
    """Fills each parameter from a stream of its own, whose key is the seed and the path.

    So the values do not depend on whether shapes are declared or deferred, on Dropout, on the order
    or number of forward passes, on ties elsewhere, on names, on the device or on the number of
    threads; a layer that is added changes no other. Given to ``net.initialize()``, it also draws
    for the layers and parameters that have an initializer of their own, which they keep. The random
    states of MXNet, NumPy and Python are not touched.

    Paths are counted from the block whose ``initialize`` is called (``0.weight``): give parts that
    are initialized one by one different seeds. In Module the name takes the place of the path.

    Uniform, Normal, Xavier, MSRAPrelu, Constant, Zero, One, MyInit, and Mixture of numbers, ranges
    and these, are drawn by NumPy's SFC64 on all cores. They give the same bits on every processor,
    system, Python and NumPy: they rest on integers and on IEEE's basic operations alone. So do
    Bilinear and LSTMBias, which draw nothing.

    Any other initializer runs in a copy of the process with seeded random states. Its numbers are
    the same each time on one machine; on another one they may differ in their last bits, or beyond.
    They rest on what its code calls: Orthogonal on LAPACK, whose sums depend on the processor;
    normal numbers of MXNet and of ``np.random`` on the logarithm of the system's C library; both
    may draw otherwise in another version.

    Args:
        init: an initializer, a registered name or a JSON dump; None for Gluon's ``Uniform(0.07)``.
        seed: an integer of any size, at least 0.

    Raises:
        ArgumentError: ``init`` is no initializer, or ``seed`` no such integer.
        InitError: while drawing: the parameter's place is not known, because ``initialize`` of the
            parameter itself was called; or ``init`` fails.

    Source: MXNet issues 8658, 9506, 10831; PyTorch issue 94132; NumPy's ``SeedSequence``.

    """

    asks_for_path = True

    def __init__(self, init: mx.init.Initializer | str | None = None, seed: int = 0) -> None:
        self.inner = as_initializer(init, "init")
        self.seed = require_seed(seed)
        super().__init__(init=Nested(self.inner, "init"), seed=self.seed)

    def fills(self, paths: Sequence[str], own: Any) -> Any:
        """The initializer whose law counts for a parameter that names ``own`` or None."""
        if own is None and not hasattr(self.inner, "fills"):
            return self
        return filler_of(self.inner if own is None else own, self.inner, paths)

    def check_paths(self, paths: list[str]) -> None:
        """Lets the initializer inside see the paths of the net that it is asked to fill."""
        check_paths(self.inner, paths)

    def __call__(self, desc: Any, arr: Any) -> None:
        """Fills ``arr`` for the parameter that ``desc`` describes."""
        own = getattr(desc, "attrs", {}).get("__init__")
        if own:
            if own is self:
                desc = without_own(desc)
            self.draw(self._chosen(own), desc, arr)
        elif _is_weight(desc):
            self.draw(self.inner, desc, arr)
        else:  # in Module, names that end otherwise get MXNet's constants
            self.inner(desc, arr)

    def _init_weight(self, name: Any, arr: Any) -> None:
        self.draw(self.inner, without_own(name), arr)

    def _chosen(self, own: Any) -> Any:
        """Which initializer fills a parameter that names ``own`` itself."""
        own = mx.init.create(own)
        return self.inner if own is self or _decides(self.inner) else own

    def draw(self, initializer: Any, desc: Any, arr: Any) -> None:
        """Fills ``arr`` as ``initializer`` would, from the stream of the parameter's place."""
        path = _path(desc)
        while hasattr(initializer, "stands_for"):
            initializer, desc = initializer.stands_for(path, desc, arr), without_own(desc)
        if isinstance(initializer, Seeded):  # it has a seed of its own
            initializer.draw(initializer.inner, desc, arr)
            return
        note_global(desc, self.inner)
        # what stands in for another (``original``) is force_init's, which takes everything back
        so_far = "Nothing has been initialized." if hasattr(self, "original") else ""
        arrays.draw(initializer, desc, arr, streams.key(self.seed, path), path, so_far)

    def _arguments(self) -> str:
        return f"{pasted(self.inner)}, seed={self.seed}"


def check_paths(initializer: Any, paths: list[str]) -> None:
    """Hands the paths on to an initializer that wants them."""
    if getattr(initializer, "asks_for_path", False):
        initializer.check_paths(paths)


def _decides(initializer: Any) -> bool:
    """Whether it goes by paths and decides before a parameter's own; one more Seeded does not."""
    while isinstance(initializer, Seeded):
        initializer = initializer.inner
    return hasattr(initializer, "fills")


def _is_weight(desc: Any) -> bool:
    return str(desc).endswith("weight")


def _path(desc: Any) -> str:
    path = current_path()
    if path is None and is_filling():
        raise InitError(
            f"Seeded cannot tell where the parameter {desc} sits in its net, because initialize() "
            f"of the parameter itself was called. Call net.initialize(gi.Seeded(...)), or make it "
            f"the parameter's own before: parameter.init = gi.Seeded(...); net.initialize()."
        )
    return str(desc) if path is None else path
