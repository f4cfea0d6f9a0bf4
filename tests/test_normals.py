"""Normal numbers from a seed, against the law itself; the seeds are fixed, each level is 1e-4."""

import functools
import hashlib
from decimal import Decimal, localcontext

import gluon_init as gi
from gluon_init.drawing import ziggurat

import mxnet as mx
import numpy as np
import pytest
import scipy.stats

norm = scipy.stats.norm
TAIL = ziggurat.TAIL


def drawn(dtype, path="0.weight"):
    """Four million of them, as float64."""
    array = mx.nd.zeros((2000, 2000), dtype=dtype)
    gi.Seeded(mx.init.Normal(1), 7)(mx.init.InitDesc(path), array)
    return array.asnumpy().ravel().astype(np.float64)


four_million = functools.cache(drawn)


@pytest.fixture(params=["float32", "float64"])
def values(request):
    return four_million(request.param)


def layer_edges():
    """The ends of the ziggurat's layers and places between them, on both sides."""
    widths = ziggurat.WIDTHS[1:]
    between = np.sqrt((widths[:-1] ** 2 + widths[1:] ** 2) / 2)
    right = np.sort(np.concatenate([widths, between]))
    return np.concatenate([[-np.inf], -right[:0:-1], right, [np.inf]])


def chances(edges):
    """The probability between each two, exact on both sides."""
    below, above = np.diff(norm.cdf(edges)), -np.diff(norm.sf(edges))
    return np.where(edges[:-1] < 0, below, above)


def chance_of_tail(distances):
    """The p-value of the law that ``distances``, all greater than TAIL, should have."""
    return scipy.stats.kstest(distances, lambda x: 1 - norm.sf(x) / norm.sf(TAIL)).pvalue


class TestLaw:
    def test_in_every_part(self, values):
        edges = norm.ppf(np.linspace(0, 1, 2001))
        counts, _ = np.histogram(values, edges)
        assert scipy.stats.chisquare(counts).pvalue > 1e-4
        assert scipy.stats.kstest(values, "norm").pvalue > 1e-4

    def test_in_every_layer(self, values):
        edges = layer_edges()
        counts, _ = np.histogram(values, edges)
        assert scipy.stats.chisquare(counts, chances(edges) * values.size).pvalue > 1e-4

    def test_of_the_tail(self, values):
        assert chance_of_tail(np.abs(values[np.abs(values) > TAIL])) > 1e-4

    @pytest.mark.parametrize("limit", [3, TAIL, 4, 4.5])
    def test_far_out_on_both_sides(self, values, limit):
        for side in (values, -values):
            beyond = int(np.count_nonzero(side > limit))
            assert scipy.stats.binomtest(beyond, values.size, norm.sf(limit)).pvalue > 1e-4

    @pytest.mark.slow
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_of_a_hundred_million(self, dtype):
        edges, number, tails = layer_edges(), 0, []
        counts = np.zeros(edges.size - 1)
        for part in range(25):
            values = drawn(dtype, f"{part}.weight")
            counts += np.histogram(values, edges)[0]
            tails.append(np.abs(values[np.abs(values) > TAIL]))
            number += values.size
        assert scipy.stats.chisquare(counts, chances(edges) * number).pvalue > 1e-4
        assert chance_of_tail(np.concatenate(tails)) > 1e-4

    def test_fine_grained_about_zero(self, values):
        near = values[np.abs(values) < 1e-3] * 1e3
        assert scipy.stats.kstest(near, "uniform", (-1, 2)).pvalue > 1e-4
        assert np.count_nonzero(values == 0) < 10

    def test_all_bits_of_float64_are_drawn(self):
        values = four_million("float64")
        assert len(np.unique(values)) == values.size
        lowest = (values.view(np.uint64) & 1).sum()
        assert scipy.stats.binomtest(int(lowest), values.size).pvalue > 1e-4


@pytest.mark.parametrize("distance", [1, 2, 2**16, 2**17, 2**19])
def test_independent(values, distance):
    """The numbers, their squares and their sizes: within a block and between blocks."""
    before, after = values[:-distance], values[distance:]
    for transform in (np.array, np.square, np.abs):
        r = np.corrcoef(transform(before), transform(after))[0, 1]
        assert abs(r) * np.sqrt(before.size) < 3.9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 3, 131_071, 131_073])
def test_any_length(size, dtype):
    array = mx.nd.full((size,), 99, dtype=dtype)
    gi.Seeded(mx.init.Normal(1), 7)._init_weight("a", array)
    assert np.abs(array.asnumpy()).max() < 6


class TestZiggurat:
    def test_layers_are_of_equal_area_and_end_at_the_top(self):
        widths, heights = ziggurat.WIDTHS, ziggurat.HEIGHTS
        areas = widths[1:-1] * np.diff(heights)[1:]
        assert len(areas) == ziggurat.LAYERS - 1
        assert np.allclose(areas, widths[0] * heights[1], rtol=1e-12)
        assert np.allclose(np.exp(-(widths[1:] ** 2) / 2), heights[1:], rtol=1e-13)

    def test_layers_are_the_same_to_the_last_bit(self):
        both = np.concatenate([ziggurat.WIDTHS, ziggurat.HEIGHTS]).astype("<f8")
        assert hashlib.sha256(both.tobytes()).hexdigest()[:16] == "56b848699983b6a6"

    def test_logarithm(self):
        generator = np.random.default_rng(1)
        tiny = 2.0 ** -generator.integers(1, 60, 500)
        values = 1 - generator.random(1000) * np.concatenate([tiny, 1 - tiny])
        with localcontext() as context:
            context.prec = 30
            exact = [Decimal(value).ln() for value in values.tolist()]
            found = ziggurat.log(values).tolist()
            errors = [abs(Decimal(f) - e) for f, e in zip(found, exact, strict=True)]
            limits = [Decimal("4e-16") * max(1, abs(e)) for e in exact]
        assert all(error <= limit for error, limit in zip(errors, limits, strict=True))
