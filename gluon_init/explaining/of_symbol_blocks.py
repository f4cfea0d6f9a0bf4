"""A SymbolBlock's parameters that are none, or that the global initializer should not fill."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .._gluon.parameters import initializer_of
from .._gluon.paths import Site
from .._gluon.places import noted_paths
from .._gluon.symbol_blocks import LABEL, VARIANCE, WANTED, roles
from ..results.text import some
from .finding import Finding

_NEEDED = {"ones": "One()", "zeros": "Zero()"}


def of_symbol_blocks(sites: Sequence[Site]) -> list[Finding]:
    """One finding for the labels, and one for what belongs to a BatchNorm and was drawn."""
    known = roles(sites)
    labels = [site for site, role in known if role == LABEL]
    drawn = [
        (site, role)
        for site, role in known
        if role in WANTED and _is_drawn(site, _NEEDED[WANTED[role]])
    ]
    return [*(_label(site) for site in labels), *(_norms(drawn, sites) if drawn else [])]


def _is_drawn(site: Site, needed: str) -> bool:
    """Whether the global initializer fills it, and is not by chance the one that it needs."""
    initializer, source = initializer_of(site.parameter, noted_paths(site.parameter))
    return source == "initialize()" and initializer != needed


def _label(site: Site) -> Finding:
    name = site.parameter.name
    return Finding(
        site.path, "a label that SymbolBlock takes for a parameter",
        "Each variable of the graph that is not among the inputs is a parameter to SymbolBlock. "
        "This one is the label of a loss: it would be drawn, trained and saved.",
        f"Cut the loss off: outputs = symbol.get_internals()['..._output'] of the layer before it, "
        f"then gluon.SymbolBlock(outputs, data). Or name it: gluon.SymbolBlock(symbol, [data, "
        f"mx.sym.var({name!r})]), and call the block with both.",
    )  # fmt: skip


def _norms(drawn: Sequence[tuple[Site, str]], sites: Sequence[Site]) -> list[Finding]:
    initializer, _ = initializer_of(drawn[0][0].parameter, noted_paths(drawn[0][0].parameter))
    below = " A variance below 0 makes the output nan." * any(r == VARIANCE for _, r in drawn)
    return [Finding(
        some([site.path for site, _ in drawn]), "of a BatchNorm, and drawn as a weight would be",
        f"A graph does not say which initializers its layers would have named, so that the global "
        f"one, {initializer}, fills them too.{below}",
        f"Load the values that came with the graph; or "
        f"net.initialize(gi.ByPattern({_patterns(sites)}, default=mx.init.Xavier()), "
        f"force_reinit=True), which draws all anew.",
    )]  # fmt: skip


def _patterns(sites: Sequence[Site]) -> str:
    """A dictionary that gives each part of a BatchNorm, and each bias, what it needs."""
    wanted: dict[str, list[str]] = {"ones": [], "zeros": []}
    named = {id(site.parameter): role for site, role in roles(sites)}
    for site in sites:
        role = named.get(id(site.parameter), "")
        value = WANTED.get(role) or ("zeros" if site.path.endswith("bias") else None)
        if value is not None:
            wanted[value].append(site.path)
    texts = []
    for value, found in wanted.items():
        ends = sorted({re.escape(path.rpartition("_")[2]) for path in found})
        texts += [f"'({'|'.join(ends)})$': '{value}'"] if found else []
    return "{" + ", ".join(texts) + "}"
