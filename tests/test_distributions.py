"""check_distribution: what is right passes, a catalogue of mistakes is caught, each by its name."""

import dataclasses
import sys

import gluon_init as gi
from gluon_init._gluon.describe import describe
from gluon_init.distributions import goodness
from gluon_init.drawing import laws
from gluon_init.drawing.initializer_laws import law_of

import mxnet as mx
import numpy as np
import pytest
import scipy.stats
from drawn import TUTORIAL, initializer, seeded_inside, tutorial_values


def set_to(arr, values):
    arr[:] = values


class TestRight:
    @pytest.mark.parametrize(
        "init",
        [
            mx.init.Uniform(), mx.init.Normal(), mx.init.Xavier(), mx.init.One(), mx.init.Zero(),
            mx.init.Xavier("gaussian", "in", 2), mx.init.MSRAPrelu("out", 0.1), gi.MyInit(),
            mx.init.Constant(0.1), gi.Mixture([(0.9, 0), (0.1, mx.init.Normal(1))]), "xavier",
            gi.MyInit(1, 2, 0.01), gi.Mixture([(0.5, (0, 1)), (0.5, (1, 3))]),
            gi.Seeded(mx.init.Normal(1), 3), gi.Seeded(gi.MyInit(), 2**70),
        ],
        ids=describe,
    )  # fmt: skip
    def test_known_laws(self, init):
        check = gi.check_distribution(init)
        assert check.ok, check.problems
        check.check()

    @pytest.mark.parametrize("shape", [(1000, 1000), (64, 32, 3, 3), (500,), (3, 4), (1, 1)])
    def test_any_shape(self, shape):
        init = mx.init.Xavier() if len(shape) > 1 else mx.init.Normal(1)
        assert gi.check_distribution(init, shape=shape).ok

    def test_the_tutorials_own_way(self):
        init = initializer(lambda arr: set_to(arr, tutorial_values(arr.shape)))
        assert gi.check_distribution(init, TUTORIAL).ok

    def test_an_own_law_as_parts(self):
        def fill(arr):
            values = np.random.rand(*arr.shape)
            arr[:] = np.where(values < 0.3, 1, 2 + np.random.rand(*arr.shape))

        assert gi.check_distribution(initializer(fill), [(0.3, 1), (0.7, (2, 3))]).ok

    @pytest.mark.parametrize(
        ("law", "shape"),
        [
            (TUTORIAL, (64, 64)), (TUTORIAL, (3,)), (mx.init.Normal(1), (64, 64)),
            (mx.init.Normal(1), (1,)), (mx.init.Uniform(), (40, 25)),
            (gi.Mixture([(0.8, 0), (0.2, mx.init.Normal(1))]), (64, 64)),
            (gi.Mixture([(0.001, 1), (0.999, 0)]), (64, 64)),
            (gi.Mixture([(0.001, 100), (0.999, mx.init.Normal(1))]), (64, 64)),
            (gi.Mixture([(0.5, 1), (0.5, -1)]), (64, 64)),
            (gi.Mixture([(0.5, (100, 101)), (0.5, 0)]), (40, 25)),
        ],
        ids=describe,
    )  # fmt: skip
    @pytest.mark.parametrize("repeats", [100, pytest.param(1000, marks=pytest.mark.slow)])
    def test_false_alarms_stay_within_the_level(self, law, shape, repeats):
        """Right arrays at level 1/100: of 1000, more than 22 alarms have a chance below 1e-3."""
        known = law_of(law, shape)
        level, alarms = 0.01, 0
        for seed in range(repeats):
            values = np.empty(shape, np.float32)
            known.fill(np.random.default_rng(seed), values.reshape(-1))
            outcomes = goodness.test_all(values, known)
            chances = [o.p_value for o in outcomes if o.p_value is not None]
            alarms += min(chances) < level / len(chances)
            assert not any(outcome.failed for outcome in outcomes)
        assert alarms <= scipy.stats.binom.isf(1e-3, repeats, level)

    @pytest.mark.parametrize(
        ("init", "shape"),
        [
            (TUTORIAL, (1,)), (TUTORIAL, (3,)), (mx.init.Normal(1), (1,)), ("uniform", (2,)),
            (gi.Mixture([(1e-5, 1), (1 - 1e-5, 0)]), (100, 100)),
            (gi.Mixture([(0.5, 1), (0.5, 1.0000001)]), (40, 40)),
            (mx.init.Uniform(0), (40, 40)),
        ],
        ids=describe,
    )  # fmt: skip
    def test_no_alarm_where_equal_draws_are_no_wonder(self, init, shape):
        """At level 1e-3: two alarms in 30 have a chance of 4e-4."""
        alarms = [gi.check_distribution(init, shape=shape, seed=seed).problems
                  for seed in range(30)]  # fmt: skip
        assert sum(map(bool, alarms)) <= 1, alarms

    def test_numbers_that_float32_hardly_keeps_apart(self):
        init = initializer(lambda arr: set_to(arr, np.random.uniform(100, 101, arr.shape)))
        assert gi.check_distribution(init, [(1, (100, 101))]).ok

    @pytest.mark.parametrize("init", ["normal", "zeros", TUTORIAL], ids=describe)
    def test_in_numpy_mode(self, init):
        with mx.util.np_shape(True), mx.util.np_array(True):
            assert gi.check_distribution(init, shape=(100, 100)).ok


class TestLaws:
    """What the tests and the picture ask of a law: that its answers fit together."""

    MIXTURE = laws.Law((0.2, 0.5, 0.3), (laws.Uniform(-1, 3), laws.Normal(1, 2), laws.Point(2.0)))
    EACH = (MIXTURE, MIXTURE.without_points, *map(laws.single, MIXTURE.components))
    X = np.linspace(-8, 10, 1801)

    @pytest.mark.parametrize("law", EACH, ids=str)
    def test_nodes_give_mean_and_variance(self, law):
        numbers, shares = law.nodes
        assert (shares * numbers).sum() == pytest.approx(law.mean)
        assert (shares * (numbers - law.mean) ** 2).sum() == pytest.approx(law.variance)

    @pytest.mark.parametrize("law", EACH, ids=str)
    def test_what_is_not_at_most_x_is_greater(self, law):
        np.testing.assert_allclose(law.cdf(self.X) + law.sf(self.X), 1)

    @pytest.mark.parametrize("law", EACH, ids=str)
    def test_mirrored(self, law):
        apart = self.X[self.X != 2]  # at the point itself, at most and less differ
        np.testing.assert_allclose(law.mirrored.cdf(-apart), law.sf(apart), atol=1e-12)

    @pytest.mark.parametrize("law", EACH, ids=str)
    def test_density_is_of_all_that_is_no_point(self, law):
        area = np.trapezoid if hasattr(np, "trapezoid") else np.trapz
        smooth, cell = 1 - sum(law.points.values()), 0.01
        assert area(law.pdf(self.X), self.X) == pytest.approx(smooth, abs=cell / 2)

    @pytest.mark.parametrize("component", MIXTURE.components, ids=str)
    def test_quantiles(self, component):
        shares = np.linspace(0.1, 0.9, 9)
        assert (component.cdf(component.ppf(shares)) >= shares - 1e-12).all()
        assert (component.cdf(component.ppf(shares) - 1e-9) < shares).all()


class TestFaces:
    def test_rows_and_text(self):
        check = gi.check_distribution(TUTORIAL)
        assert {"test", "observed", "expected", "p_value"} <= set(dataclasses.asdict(check.rows[0]))
        assert str(check).startswith("MyInit(low=5, high=10, zero=0.5) against")
        again = gi.check_distribution(TUTORIAL)
        assert str(again) == str(check)

    def test_plot_holds_the_histogram_and_the_law(self):
        check = gi.check_distribution(TUTORIAL)
        axes, shares = check.plot().axes
        heights, edges, _ = axes.patches[0].get_data()
        assert float((heights * np.diff(edges)).sum()) == pytest.approx(0.5, abs=0.01)
        law = next(line for line in axes.lines if line.get_label() == "law")
        assert max(law.get_ydata()) == pytest.approx(0.05)
        assert any("drawn 0.500" in text.get_text() for text in shares.texts)
        assert max(shares.lines[0].get_ydata()) == pytest.approx(0.5, abs=0.01)

    def test_plot_of_an_interval_without_width(self):
        (axes,) = gi.check_distribution(mx.init.Uniform(0), shape=(40, 40)).plot().axes
        assert not axes.lines

    def test_where_half_lies_on_each_side_of_a_gap_the_largest_is_expected_at_its_lower_end(self):
        law = laws.Law((0.5, 0.5), (laws.Uniform(5, 10), laws.Uniform(-10, -5)))
        outcomes = {o.test: o.expected for o in goodness.test_all(np.asarray([7.0]), law)}
        assert outcomes["largest value"] == pytest.approx(-5)
        assert outcomes["smallest value"] == pytest.approx(5)

    def test_random_states_are_left_alone(self):
        mx.random.seed(1)
        expected = mx.nd.random.uniform(shape=3).asnumpy().tolist()
        mx.random.seed(1)
        before = np.random.get_state()[1].tolist()
        gi.check_distribution(initializer(seeded_inside), TUTORIAL)
        assert mx.nd.random.uniform(shape=3).asnumpy().tolist() == expected
        assert np.random.get_state()[1].tolist() == before


class TestBadInput:
    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"init": 3}, "init must be an initializer"),
            ({"init": mx.init.Orthogonal()}, "expected is needed"),
            ({"init": mx.init.Xavier(), "shape": (5,)}, "expected is needed"),
            ({"init": "normal", "expected": mx.init.Orthogonal()}, "not known"),
            ({"init": "normal", "expected": [(0.5, 1)]}, "sum to 1"),
            ({"init": "normal", "expected": 3}, "expected must be an initializer"),
            ({"init": "normal", "shape": (0, 3)}, "shape must be sizes"),
            ({"init": "normal", "shape": 3}, "shape must be sizes"),
            ({"init": "normal", "seed": -1}, "seed must be an integer"),
            ({"init": "normal", "level": 2}, "level must be a probability"),
        ],
    )
    def test_arguments(self, given, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.check_distribution(**given)

    def test_an_initializer_that_raises(self):
        def fill(arr):
            raise ZeroDivisionError("by hand")

        with pytest.raises(gi.InitError, match="ZeroDivisionError: by hand"):
            gi.check_distribution(initializer(fill), TUTORIAL)

    def test_one_that_ends_the_process(self):
        with pytest.raises(gi.InitError, match=r"Made\(\) failed.*SystemExit: 3"):
            gi.check_distribution(initializer(lambda arr: sys.exit(3)), TUTORIAL)
