"""What the parameters of a SymbolBlock are for, told by its graph, which Gluon does not look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mxnet import gluon

from .parameters import has_values, values_of
from .paths import Site

# Operators whose input of this number is a label. MakeLoss has none: any input may be one.
LABEL_INPUT = {
    "SoftmaxOutput": 1, "Softmax": 1, "LinearRegressionOutput": 1, "LogisticRegressionOutput": 1,
    "MAERegressionOutput": 1, "SVMOutput": 1, "softmax_cross_entropy": 1, "CTCLoss": 1,
    "ctc_loss": 1, "_contrib_CTCLoss": 1, "_contrib_ctc_loss": 1,
}  # fmt: skip
_NORMS = (
    "BatchNorm",
    "BatchNorm_v1",
    "CuDNNBatchNorm",
    "_contrib_SyncBatchNorm",
    "_npx_batch_norm",
)
LABEL, GAMMA, BETA, MEAN, VARIANCE = "label", "gamma", "beta", "mean", "variance"
WANTED = {GAMMA: "ones", BETA: "zeros", MEAN: "zeros", VARIANCE: "ones"}


def roles(sites: Iterable[Site]) -> list[tuple[Site, str]]:
    """The parameters of SymbolBlocks that are labels or of a BatchNorm, and which of these."""
    found = []
    by_block: dict[int, dict[str, str]] = {}
    for site in sites:
        if isinstance(site.owner, gluon.SymbolBlock):
            of_block = by_block.setdefault(id(site.owner), dict(_roles(site.owner)))
            if site.parameter.name in of_block:
                found.append((site, of_block[site.parameter.name]))
    return found


def _roles(block: Any) -> Iterator[tuple[str, str]]:
    nodes = json.loads(block._cached_graph[1].tojson())["nodes"]
    for node in nodes:
        names = [nodes[entry[0]]["name"] for entry in node["inputs"]]
        if node["op"] in _NORMS:
            yield from zip(names[1:], (GAMMA, BETA, MEAN, VARIANCE), strict=False)
        elif node["op"] in LABEL_INPUT:
            yield names[LABEL_INPUT[node["op"]]], LABEL


def states_of(symbol: Any) -> list[str]:
    """The variables of a graph that are states of mx.sym.RNN."""
    nodes = json.loads(symbol.tojson())["nodes"]
    found = [
        nodes[entry[0]]["name"]
        for node in nodes
        if node["op"] == "RNN"
        for entry in node["inputs"][2:]
        if nodes[entry[0]]["op"] == "null"
    ]
    return list(dict.fromkeys(found))


def fed_by_data(symbol: Any) -> list[str]:
    """The variables on which layers with weights compute: the first input of each."""
    nodes = json.loads(symbol.tojson())["nodes"]
    first = [
        nodes[node["inputs"][0][0]]
        for node in nodes
        if node["op"] in ("FullyConnected", "Convolution", "Deconvolution", "RNN", *_NORMS)
    ]
    return list(dict.fromkeys(node["name"] for node in first if node["op"] == "null"))


def oddities(sites: Iterable[Site]) -> str:
    """Sentences on labels that are taken for parameters, and on variances below 0; or ""."""
    told = []
    for site, role in roles(sites):
        if role == LABEL:
            told.append(f"{site.path} is a label, which SymbolBlock takes for a parameter")
        elif role == VARIANCE and _is_below_zero(site.parameter):
            told.append(f"{site.path} is a variance, and has numbers below 0")
    return "; ".join(told) + ": gi.explain(net) says what to do" if told else ""


def _is_below_zero(parameter: Any) -> bool:
    return has_values(parameter) and bool((values_of(parameter).asnumpy() < 0).any())
