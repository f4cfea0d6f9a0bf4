"""Ready initializers: the tutorial's distribution, mixtures, and one that goes by patterns."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import mxnet as mx

from .._arguments import as_initializer
from ..drawing import laws
from ..drawing.initializer_laws import law_of
from ..errors import ArgumentError
from .base import Nested, OwnInitializer, pasted

Part = Any  # a number, a pair (low, high), or an initializer


@mx.init.register
class Mixture(OwnInitializer):
    """Draws each number from one of several components, chosen with given probabilities.

    Exact and vectorised: for each number first the component is drawn, then the number. Under
    ``mx.random.seed`` alone, as MXNet's own initializers; see ``gi.Seeded`` for one that depends on
    nothing else.

    Args:
        parts: pairs of probability and component. A component is a number (that value), a pair
            ``(low, high)`` (all numbers between, equally likely), or any initializer. The
            probabilities must sum to one.

    Raises:
        ArgumentError: probabilities that do not sum to one or lie outside 0 to 1, an empty list, a
            range that is empty or reversed, a component that is none of these.

    Example:
        >>> spike_and_slab = gi.Mixture([(0.9, 0), (0.1, mx.init.Normal(1))])

    """

    def __init__(self, parts: Sequence[tuple[float, Part]]) -> None:
        self.parts = _parts(parts)
        self.asks_for_path = any(getattr(c, "asks_for_path", False) for _, c in self.parts)
        super().__init__(
            parts=[[p, _stored(c, f"parts[{number}]")] for number, (p, c) in enumerate(self.parts)]
        )

    def check_paths(self, paths: list[str]) -> None:
        """Lets the components see the paths of the net that it is asked to fill."""
        for _, component in self.parts:
            if getattr(component, "asks_for_path", False):
                component.check_paths(paths)

    def law(self, shape: Sequence[int]) -> laws.Law | None:
        """The distribution as a mixture; None where a component's own is not known."""
        found = [(p, _component_law(component, shape)) for p, component in self.parts]
        if any(law is None for _, law in found):
            return None
        return laws.mixed([(p, law) for p, law in found if law is not None])

    def _init_weight(self, name: Any, arr: Any) -> None:
        numpy_mode = mx.util.is_np_array()
        with arr.ctx:
            choice = mx.nd.random.uniform(shape=arr.shape, dtype="float64")
            result = mx.nd.zeros(arr.shape, dtype=arr.dtype)
            low = 0.0
            for number, (probability, component) in enumerate(self.parts):
                last = number == len(self.parts) - 1
                high = 2.0 if last else low + probability
                chosen = ((choice >= low) * (choice < high)).astype(arr.dtype)
                result = mx.nd.where(chosen, _draw(component, name, arr), result)
                low = high
        if numpy_mode:
            arr[()] = result.as_np_ndarray()  # [:] is refused where the shape is ()
        else:
            arr[:] = result

    def _arguments(self) -> str:
        inside = ", ".join(f"({p!r}, {_text(component)})" for p, component in self.parts)
        return f"[{inside}]"


@mx.init.register
class MyInit(Mixture):
    """The tutorial's distribution: U[5, 10] with probability 1/4, 0 with 1/2, U[-10, -5] with 1/4.

    Args:
        low, high: the range of the absolute value of what is not zero; ``0 <= low < high``.
        zero: the probability of 0.

    Raises:
        ArgumentError: ``low`` and ``high`` are no such range, or ``zero`` is outside 0 to 1.

    Source: the class of this name in MXNet's init tutorial.

    """

    def __init__(self, low: float = 5, high: float = 10, zero: float = 0.5) -> None:
        low, high = _number(low, "low"), _number(high, "high")
        zero = _number(zero, "zero")
        if not 0 <= low < high:
            raise ArgumentError(
                f"low and high must be a range of absolute values, 0 <= low < high, but they are "
                f"{low:g} and {high:g}."
            )
        if not 0 <= zero <= 1:
            raise ArgumentError(f"zero must be a probability, from 0 to 1, but it is {zero:g}.")
        side = (1 - zero) / 2
        super().__init__([(side, (low, high)), (zero, 0.0), (side, (-high, -low))])
        self._kwargs = {"low": low, "high": high, "zero": zero}

    def _arguments(self) -> str:
        return super(Mixture, self)._arguments()


# ---------------------------------------------------------------------------------------------


def _parts(parts: Any) -> list[tuple[float, Part]]:
    example = "[(0.5, 0), (0.5, mx.init.Normal(1))]"
    if isinstance(parts, (str, bytes)) or not isinstance(parts, Sequence) or not parts:
        raise ArgumentError(f"parts must be a list such as {example}, but it is {parts!r}.")
    found = []
    for number, part in enumerate(parts):
        if not isinstance(part, Sequence) or isinstance(part, str) or len(part) != 2:
            raise ArgumentError(
                f"parts[{number}] must be a pair of probability and component, as in {example}, "
                f"but it is {part!r}."
            )
        probability = _number(part[0], f"the probability of parts[{number}]")
        if not 0 <= probability <= 1:
            raise ArgumentError(
                f"the probability of parts[{number}] must be from 0 to 1, but it is "
                f"{probability:g}."
            )
        found.append((probability, _component(part[1], f"parts[{number}]")))
    total = math.fsum(probability for probability, _ in found)
    if not math.isclose(total, 1, rel_tol=0, abs_tol=1e-9):
        terms = " + ".join(f"{probability:.10g}" for probability, _ in found)
        given = f"{terms} = {total:.10g}" if len(found) > 1 else f"the only one is {terms}"
        raise ArgumentError(f"the probabilities of parts must sum to 1, but {given}.")
    return found


def _component(value: Any, where: str) -> Part:
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return _number(value, where)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise ArgumentError(f"{where}: a range is a pair (low, high), but it is {value!r}.")
        low, high = _number(value[0], f"{where}, low"), _number(value[1], f"{where}, high")
        if not low < high:
            wrong = "empty" if low == high else "reversed"
            raise ArgumentError(
                f"{where}: the range ({low:g}, {high:g}) is {wrong}; low must be less than high."
            )
        return (low, high)
    if value is None:
        raise ArgumentError(f"{where}: a number, a range or an initializer is needed, not None.")
    return as_initializer(value, where)


def _number(value: Any, where: str) -> float:
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value):
        plain = float(value)
        return int(plain) if isinstance(value, numbers.Integral) else plain
    raise ArgumentError(f"{where} must be a finite number, but it is {value!r}.")


def _component_law(component: Part, shape: Sequence[int]) -> laws.Law | None:
    if isinstance(component, tuple):
        return laws.single(laws.Uniform(*map(float, component)))
    if isinstance(component, (int, float)):
        return laws.single(laws.Point(float(component)))
    return law_of(component, shape)


def _draw(component: Part, name: Any, arr: Any) -> Any:
    """A whole array of one component, by MXNet's own random numbers."""
    if isinstance(component, tuple):
        drawn = mx.nd.random.uniform(*component, shape=arr.shape, dtype="float32")
        return drawn.astype(arr.dtype)
    if isinstance(component, (int, float)):
        return mx.nd.full(arr.shape, component, dtype=arr.dtype)
    own = mx.nd.zeros(arr.shape, dtype=arr.dtype)
    component._init_weight(name, own.as_np_ndarray() if mx.util.is_np_array() else own)
    return own


def _stored(component: Part, where: str) -> Any:
    """A component among the arguments that a dump keeps."""
    if isinstance(component, tuple):
        return list(component)
    return component if isinstance(component, (int, float)) else Nested(component, where)


def _text(component: Part) -> str:
    return pasted(component) if isinstance(component, mx.init.Initializer) else (repr(component))
