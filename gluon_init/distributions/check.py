"""What an initializer should draw, and whether it does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import mxnet as mx
import numpy as np

from .._arguments import as_initializer, require_seed
from .._fork import FailedInCopyError, in_a_copy
from .._gluon.arrays import array_maker
from .._gluon.describe import describe
from ..drawing import arrays, laws
from ..drawing.initializer_laws import law_of
from ..errors import ArgumentError, InitError
from ..initializers.mixture import Mixture
from ..initializers.seeded import Seeded
from ..results.table import Column, Table
from ..results.text import shape_text
from . import goodness
from .outcome import Outcome

_COLUMNS: list[Column[Outcome]] = [
    Column("test", "test"),
    Column("observed", "observed", right=True),
    Column("expected", "expected", right=True),
    Column("p-value", lambda row: "-" if row.p_value is None else f"{row.p_value:.1e}", right=True),
]
FEW = 1000  # numbers below which no law is confirmed


class DistributionCheck(Table[Outcome]):
    """What :func:`check_distribution` returns: an :class:`Outcome` for each test.

    Attributes:
        ok: whether no test failed.
        problems: a sentence for each that failed.
        law: the distribution that was expected.
        histogram: counts and edges of bins over the values, for the picture; points apart.
        points: value of a point → its share among the values.

    """

    def __init__(
        self,
        name: str,
        law: laws.Law,
        outcomes: Sequence[Outcome],
        problems: Sequence[str],
        values: laws.Values,
    ) -> None:
        self.ok = not problems
        self.problems = tuple(problems)
        self.law = law
        self._name = name
        self.points, self.histogram = _histogram(values, law)
        verdict = [f"- {one}." for one in problems]
        if self.ok:
            few = values.size < FEW and law.variance > 0
            verdict = [f"{values.size} numbers are too few to tell its law." if few
                       else f"It draws {law}."]  # fmt: skip
        title = f"{name} against {law}: {'ok' if self.ok else 'NOT ok'}"
        super().__init__(outcomes, _COLUMNS, title=title, notes=[*verdict])

    def __bool__(self) -> bool:
        return self.ok

    def check(self) -> None:
        """Raises InitError with the problems, unless all is well."""
        if not self.ok:
            raise InitError(f"{self._name} does not draw {self.law}: {'; '.join(self.problems)}.")

    def plot(self) -> Any:
        """Lays the histogram of the values over the law; a matplotlib figure."""
        from .picture import histogram

        verdict = "ok" if self.ok else self.problems[0]
        heights, edges = self.histogram
        return histogram(f"{self._name}: {verdict}", self.law, heights, edges, self.points)


def check_distribution(
    init: mx.init.Initializer | str,
    expected: mx.init.Initializer | str | Sequence[Any] | None = None,
    shape: Sequence[int] = (1000, 1000),
    seed: int = 0,
    level: float = 1e-3,
) -> DistributionCheck:
    """Tells whether an initializer draws what it should.

    It fills arrays of this shape as Gluon would have it do, in a copy of the process, so that no
    random state changes here. Tested are: that every cell was written; that the values follow the
    random seed, and differ from call to call; each point's share; each component's share and shape
    (Kolmogorov-Smirnov); the largest and the smallest value; that neither values nor whole rows or
    columns repeat; mean and standard deviation, which must not be too exact either; independence
    between neighbours in rows and columns, and between halves; how the means and the spreads of
    rows and columns scatter. A test is left out where so few numbers cannot bear it.

    Not caught, at the default size: a few cells that got other values of the same law; a single
    cell set to an ordinary value; a clip beyond 4.5 standard deviations; repeats from a store of
    many millions of numbers; dependence between cells far apart that moves no row or column.

    Args:
        init: an initializer, a registered name, or a JSON dump.
        expected: the law: an initializer whose law is known, or the parts of a ``gi.Mixture``, such
            as ``[(0.5, 0), (0.5, (5, 10))]``. None: ``init``'s own, where it is known: Uniform,
            Normal, Xavier, MSRAPrelu (bounds from fan-in and fan-out), Constant, Zero, One, MyInit,
            Mixture.
        shape: of the arrays; its first two axes are fan-out and fan-in.
        seed: of the random states in the copy.
        level: probability of a false alarm, over all tests together (Bonferroni).

    Returns:
        a :class:`DistributionCheck`: ``ok`` (also its truth value), ``problems``, ``rows``,
        ``check()``, which raises unless ok, and ``plot()``. With fewer than 1000 numbers it says
        that they are too few.

    Raises:
        ArgumentError: an argument that cannot be used, or a law that is not known.
        InitError: the initializer raises; says what.

    """
    initializer = as_initializer(init, "init")
    sizes = _require_shape(shape)
    seed = require_seed(seed)
    if not isinstance(level, float) or not 0 < level < 1:
        raise ArgumentError(f"level must be a probability between 0 and 1, but it is {level!r}.")
    law = _law(initializer, expected, sizes)
    name = describe(initializer)
    drawn, other = (_drawn(initializer, name, sizes, seed + more) for more in (0, 1))
    drawn["deaf"] = bool(np.array_equal(drawn["first"], other["first"]))
    chance = goodness.all_the_same(law, drawn["first"].size)
    outcomes = [*_written(drawn), *_seeds(drawn, initializer, chance, level)]
    outcomes += goodness.test_all(drawn["first"], law)
    chances = [outcome for outcome in outcomes if outcome.p_value is not None]
    limit = level / max(len(chances), 1)
    failed = [o for o in outcomes if (o.failed if o.p_value is None else o.p_value < limit)]
    problems = [outcome.sentence for outcome in failed]
    return DistributionCheck(name, law, outcomes, problems, drawn["first"])


def _law(initializer: Any, expected: Any, shape: tuple[int, ...]) -> laws.Law:
    if expected is None:
        inner = initializer.inner if isinstance(initializer, Seeded) else initializer
        law = law_of(inner, shape)
        if law is None:
            raise ArgumentError(
                f"expected is needed: the law of {describe(initializer)} on an array of shape "
                f"{shape_text(shape)} is not known. Give its parts, such as "
                f"[(0.5, 0), (0.5, mx.init.Normal(1))]."
            )
        return law
    if isinstance(expected, (list, tuple)):
        try:
            given = Mixture(expected)
        except ArgumentError as error:
            raise ArgumentError(f"expected is not the parts of a mixture: {error}") from None
    else:
        given = as_initializer(expected, "expected")
    law = law_of(given, shape)
    if law is None:
        raise ArgumentError(
            f"expected is {describe(given)}, whose law on an array of shape {shape_text(shape)} is "
            f"not known. Give its parts, such as [(0.5, 0), (0.5, mx.init.Normal(1))]."
        )
    return law


def _require_shape(shape: Any) -> tuple[int, ...]:
    whole = isinstance(shape, (tuple, list)) and all(
        isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in shape
    )
    if not whole or not shape:
        raise ArgumentError(f"shape must be sizes such as (1000, 1000), but it is {shape!r}.")
    return tuple(int(n) for n in shape)


def _drawn(initializer: Any, name: str, shape: tuple[int, ...], seed: int) -> dict[str, Any]:
    try:
        return in_a_copy(lambda: _draw(initializer, shape, seed))
    except FailedInCopyError as failure:
        raise InitError(
            f"{name} failed on an array of shape {shape_text(shape)}: {failure.what}. Mend its "
            f"_init_weight(name, arr)."
        ) from None


def _draw(initializer: Any, shape: tuple[int, ...], seed: int) -> dict[str, Any]:
    """In the copy: three arrays, two in a row, and one on paper that has been written on."""

    def fill(start: float) -> Any:
        array = array_maker().full(shape, start, dtype="float32", ctx=mx.cpu())
        if isinstance(initializer, Seeded):
            initializer._init_weight("weight", array)
        else:
            initializer(mx.init.InitDesc("weight", {"__init__": initializer}), array)
        return array.asnumpy()

    mx.random.seed(seed % 2**31)
    np.random.seed(seed % 2**31)
    random.seed(seed)
    first = fill(0)
    again = bool(np.array_equal(first, fill(0)))
    unwritten = float((fill(arrays.UNWRITTEN) == arrays.UNWRITTEN).mean())
    return {"first": first, "again": again, "unwritten": unwritten}


def _written(drawn: dict[str, Any]) -> list[Outcome]:
    share = drawn["unwritten"]
    every = "it writes nothing: arr = values gives the name another array; write arr[:] = values"
    most = "nearly all" if share > 0.9995 else f"{share:.1%}"
    sentence = every if share == 1 else f"{most} of the cells are never written"
    return [Outcome("cells not written", share, 0, None, sentence, share > 0)]


def _seeds(drawn: dict[str, Any], initializer: Any, chance: float, level: float) -> list[Outcome]:
    """Whether it draws anew; ``chance`` is the probability that two whole draws are equal.

    Nothing to ask where that is no wonder, or of Seeded, which is deaf by intention.
    """
    if chance >= level or isinstance(initializer, Seeded) or drawn["unwritten"] == 1:
        return []
    tests = [
        (
            "the same on the next call", drawn["again"],
            "the next parameter of this shape gets the same values: it seeds inside, or keeps what "
            "it drew",
        ),
        (
            "the same from another seed", drawn["deaf"],
            "the values are the same whatever mx.random.seed says: it has a seed of its own",
        ),
    ]  # fmt: skip
    return [
        Outcome(test, float(same), 0, chance if same else 1.0, sentence)
        for test, same, sentence in tests
    ]


def _histogram(values: laws.Values, law: laws.Law) -> tuple[dict[float, float], Any]:
    """Shares of the points, and a histogram of the rest, in shares a unit of width."""
    flat = values[np.isfinite(values)].astype(np.float64).ravel()
    points = {}
    rest = np.ones(flat.shape, bool)
    for value in law.points:
        at = np.abs(flat - value) <= 1e-5 * abs(value)
        points[value] = float(at.mean())
        rest &= ~at
    others = flat[rest]
    if not others.size:
        return points, (np.zeros(1), np.asarray([0.0, 1.0]))
    counts, edges = np.histogram(others, bins=80)
    return points, (counts / flat.size / np.diff(edges), edges)
