"""The initializer that prints whom it fills, and when."""

from __future__ import annotations

from typing import Any

import mxnet as mx

from .._arguments import as_initializer
from ..results.text import shape_text
from .base import Nested, OwnInitializer, pasted
from .seeded import check_paths


@mx.init.register
class PrintInit(OwnInitializer):
    """Prints order, name and shape of each parameter that it is asked to fill, and fills it.

    In Gluon a parameter whose layer has an initializer of its own, as every bias has, is filled
    by that one: this one is not asked, and prints nothing. In Module, and when it is called with
    ``(mx.init.InitDesc(name), array)``, it is asked for every parameter.

    Args:
        inner: the initializer that does the filling: an object, a registered name or a JSON dump.
            None means Gluon's default, ``Uniform(0.07)``.

    Source: the class of the same name in MXNet's init tutorial, which fills nothing.

    """

    def __init__(self, inner: mx.init.Initializer | str | None = None) -> None:
        # Mixed and Load, which are no Initializer but can be called as one, are taken as they are.
        takes_as_is = callable(inner) and not isinstance(inner, type)
        filler: Any = inner if takes_as_is else as_initializer(inner, "inner")
        kept = Nested(filler, "inner") if hasattr(filler, "dumps") else pasted(filler)
        super().__init__(**({} if inner is None else {"inner": kept}))
        self._inner = filler
        self._count = 0
        self.asks_for_path: bool = getattr(filler, "asks_for_path", False)

    def check_paths(self, paths: list[str]) -> None:
        """Lets the initializer inside see the paths of the net that it is asked to fill."""
        check_paths(self._inner, paths)

    def __call__(self, desc: Any, arr: Any) -> None:
        """Fills ``arr``, of any shape, for the parameter that ``desc`` describes."""
        if isinstance(desc, mx.init.InitDesc) and desc.attrs.get("__init__"):
            super().__call__(desc, arr)  # the parameter names an initializer, maybe this one
        else:
            self._print(desc, arr)
            self._inner(desc, arr)

    def _init_weight(self, name: Any, arr: Any) -> None:
        self._print(name, arr)
        if isinstance(self._inner, mx.init.Initializer):
            self._inner._init_weight(name, arr)
        else:  # Mixed or Load, which go by the name and must not be led back here
            self._inner(mx.init.InitDesc(str(name)), arr)

    def stands_for(self, path: str, desc: Any, arr: Any) -> Any:
        """Prints as it would when filling ``arr``; returns the initializer that does the filling.

        So it works inside of ``gi.Seeded``.
        """
        self._print(path, arr)
        return self._inner

    def _arguments(self) -> str:
        return pasted(self._inner) if self._kwargs else ""

    def _print(self, name: Any, arr: Any) -> None:
        self._count += 1
        print(f"{self._count:>3}  {name}  {shape_text(arr.shape)}")
