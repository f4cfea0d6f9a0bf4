"""What MXNet's inference lets pass, and its operators then refuse.

Found by calling operators with misfitting shapes, as symbols and for real, on MXNet 1.9.1.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import mxnet as mx

Sizes = tuple[int, ...]
Rule = Callable[[Mapping[str, str], Sequence[Sizes]], str]


def require_runnable(symbol: Any, infer: Callable[[Any], Sequence[Sizes]]) -> None:
    """Raises MXNetError, worded as MXNet's own, for the first operator that could not run.

    Args:
        symbol: all of a graph.
        infer: a symbol → the shapes of its outputs, as far as they can be told.

    """
    text = symbol.tojson()
    if not any(f'"op": "{name}"' in text for name in _RULES):
        return
    nodes = json.loads(text)["nodes"]
    internals = symbol.get_internals()
    shapes = dict(_shapes(internals.list_outputs(), infer(internals), nodes))
    for node in nodes:
        if node["op"] in _RULES:
            taken = [shapes.get((number, place)) for number, place, *_ in node["inputs"]]
            if all(sizes and 0 not in sizes and -1 not in sizes for sizes in taken):
                wrong = _RULES[node["op"]](
                    node.get("attrs", {}), [tuple(one or ()) for one in taken]
                )
                if wrong:
                    raise mx.MXNetError(f"Error in operator {node['name']}: {wrong}")


def _shapes(
    names: Sequence[str], sizes: Sequence[Sizes], nodes: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[tuple[int, int], Sizes]]:
    """(number of a node, number of its output) → shape, of all that can be seen from outside."""
    position = 0
    for number, node in enumerate(nodes):
        following = nodes[number + 1]["name"] if number + 1 < len(nodes) else None
        output = 0
        while position < len(names) and (output == 0 or _is_of(names[position], node, following)):
            yield (number, output), sizes[position]
            position, output = position + 1, output + 1


def _is_of(output: str, node: Mapping[str, Any], following: str | None) -> bool:
    """Whether an output's name is that of one more output of this node, and not of the next one."""
    if node["op"] == "null" or not output.startswith(f"{node['name']}_"):
        return False
    return following is None or not (output == following or output.startswith(f"{following}_"))


def _misfit(has: Sizes, wants: Sizes) -> str:
    return f"Shape inconsistent, Provided = {list(has)}, inferred shape={wants}"


def _prelu(attributes: Mapping[str, str], shapes: Sequence[Sizes]) -> str:
    if attributes.get("act_type") != "prelu":
        return ""
    data, slopes = shapes
    channels = data[1] if len(data) > 1 else data[0]
    return "" if slopes in ((1,), (channels,)) else _misfit(slopes, (channels,))


def _instance_norm(attributes: Mapping[str, str], shapes: Sequence[Sizes]) -> str:
    rank = len(shapes[0])
    return f"InstanceNorm takes at least 3 axes, and got {rank}" if rank < 3 else ""


def _pooling(attributes: Mapping[str, str], shapes: Sequence[Sizes]) -> str:
    kernel = ast.literal_eval(attributes.get("kernel", "()"))
    wanted, found = len(kernel) + 2, len(shapes[0])
    if attributes.get("global_pool") not in ("True", "1") or not kernel or wanted == found:
        return ""
    return f"Pooling over {len(kernel)} axes takes {wanted} axes, and got {found}"


def _axis(attributes: Mapping[str, str], shapes: Sequence[Sizes]) -> str:
    rank = len(shapes[0])
    axes = ast.literal_eval(attributes.get("axis", "-1"))
    for axis in axes if isinstance(axes, tuple) else (axes,):
        if axis is not None and not -rank <= axis < rank:
            return f"axis {axis} is none of the input's {rank}"
    return ""


def _stack(attributes: Mapping[str, str], shapes: Sequence[Sizes]) -> str:
    others = [one for one in shapes if one != shapes[0]]
    return f"stack takes arrays of one shape, and got {shapes[0]} and {others[0]}" if others else ""


_RULES: dict[str, Rule] = {
    "LeakyReLU": _prelu,
    "InstanceNorm": _instance_norm,
    "Pooling": _pooling,
    "stack": _stack,
    **dict.fromkeys(("softmax", "log_softmax", "softmin", "reverse", "_np_cumsum"), _axis),
}
