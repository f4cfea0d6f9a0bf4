"""check_distribution: what is right passes, a catalogue of mistakes is caught, each by its name."""

import dataclasses
import sys

import gluon_init as gi
from gluon_init._gluon.describe import describe
from gluon_init.distributions import goodness
from gluon_init.drawing import laws

import mxnet as mx
import numpy as np
import pytest
import scipy.stats

TUTORIAL = gi.MyInit()


def initializer(fill):
    """An initializer whose ``_init_weight`` is ``fill(arr)``."""

    class Made(mx.init.Initializer):
        def _init_weight(self, name, arr):
            fill(arr)

    return Made()


def tutorial_values(shape):
    values = mx.nd.random.uniform(-10, 10, shape=shape)
    return values * (values.abs() >= 5)


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
        known = laws.law_of(law, shape)
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


def rebinding(arr):
    arr = mx.nd.ones(arr.shape)


def half_written(arr):
    arr[: arr.shape[0] // 2] = tutorial_values((arr.shape[0] // 2, arr.shape[1]))


def last_row_forgotten(arr):
    arr[:-1] = tutorial_values((arr.shape[0] - 1, arr.shape[1]))


def no_negative_half(arr):
    values = mx.nd.random.uniform(0, 10, shape=arr.shape)
    arr[:] = values * (values >= 5)


def no_zeros(arr):
    sign = mx.nd.random.uniform(-1, 1, shape=arr.shape).sign()
    arr[:] = mx.nd.random.uniform(5, 10, shape=arr.shape) * sign


def too_few_zeros(arr):
    """``> 1`` where ``>= 2`` of four equal cases was meant to be zero and the sign."""
    case = np.random.randint(0, 4, arr.shape)
    size = np.random.uniform(5, 10, arr.shape)
    arr[:] = np.where(case >= 3, 0, np.where(case >= 2, size, -size))


def zero_limit_wrong(arr):
    values = mx.nd.random.uniform(-10, 10, shape=arr.shape)
    arr[:] = values * (values.abs() >= 4)


def strict_where_values_sit_on_the_limit(arr):
    """Integers: ``> 5`` loses the fives, which ``>= 5`` would keep."""
    values = np.random.randint(-10, 11, arr.shape)
    arr[:] = values * (np.abs(values) > 5)


def rounded(arr):
    arr[:] = tutorial_values(arr.shape).round()


def rounded_finely(arr):
    arr[:] = (tutorial_values(arr.shape) * 100).round() / 100


def seeded_inside(arr):
    mx.random.seed(42)
    arr[:] = tutorial_values(arr.shape)


def same_row(arr):
    arr[:] = tutorial_values((1, arr.shape[1])).broadcast_to(arr.shape)


def same_column(arr):
    arr[:] = tutorial_values((arr.shape[0], 1)).broadcast_to(arr.shape)


def one_number_for_all(arr):
    arr[:] = float(tutorial_values((1,)).asscalar())


def one_sign_a_row(arr):
    values = tutorial_values(arr.shape).abs()
    arr[:] = values * mx.nd.random.uniform(-1, 1, shape=(arr.shape[0], 1)).sign()


def tiled(arr):
    rows = arr.shape[0] // 4
    arr[:] = mx.nd.tile(tutorial_values((rows, arr.shape[1])), (4, 1))


def mirrored(arr):
    half = tutorial_values((arr.shape[0] // 2, arr.shape[1]))
    arr[:] = mx.nd.concat(half, -half, dim=0)


def rejection_that_ends_too_early(arr):
    values = mx.nd.random.uniform(-10, 10, shape=arr.shape)
    again = mx.nd.random.uniform(-10, 10, shape=arr.shape)
    values = mx.nd.where(values.abs() >= 5, values, again)
    arr[:] = values * (values.abs() >= 5)


def bell_for_interval(arr):
    sign = mx.nd.random.uniform(-1, 1, shape=arr.shape).sign()
    values = mx.nd.random.normal(7.5, 1.0, shape=arr.shape).clip(5, 10) * sign
    arr[:] = values * (mx.nd.random.uniform(shape=arr.shape) >= 0.5)


def shifted(arr):
    arr[:] = tutorial_values(arr.shape) + 0.05


def scaled(arr):
    arr[:] = tutorial_values(arr.shape) * 0.99


def not_a_number(arr):
    arr[:] = tutorial_values(arr.shape)
    arr[3, 3] = float("nan")


def sorted_by_row(arr):
    arr[:] = np.sort(tutorial_values(arr.shape).asnumpy(), axis=1)


def checkered(arr):
    """Zeros at every other cell in place of half of all cells by chance."""
    size = np.random.uniform(5, 10, arr.shape) * np.random.choice([-1, 1], arr.shape)
    arr[:] = size * (np.indices(arr.shape).sum(axis=0) % 2)


WRONG = {
    rebinding: "writes nothing",
    half_written: "50.0% of the cells are never written",
    last_row_forgotten: "0.1% of the cells are never written",
    no_negative_half: "P(-10 <= w <= -5) is 0.00, expected 0.25",
    no_zeros: "P(w = 0) is 0.00, expected 0.50",
    too_few_zeros: "P(w = 0) is 0.25, expected 0.50",
    zero_limit_wrong: "P(w = 0) is 0.40, expected 0.50",
    strict_where_values_sit_on_the_limit: "P(5 <= w <= 10) is 0.24",
    rounded: "differ in size",
    rounded_finely: "differ in size",
    seeded_inside: "the next parameter of this shape gets the same values",
    same_row: "neighbours in a column depend on one another",
    same_column: "neighbours in a row depend on one another",
    one_number_for_all: "P(",
    one_sign_a_row: "the means of the rows scatter",
    tiled: "differ in size",
    mirrored: "the two halves of the array depend on one another",
    rejection_that_ends_too_early: "P(w = 0) is 0.25, expected 0.50",
    bell_for_interval: "the shape is not that of U[5, 10]",
    shifted: "where none should",
    scaled: "where none should",
    not_a_number: "not finite",
    sorted_by_row: "neighbours in a column depend on one another",
    checkered: "depend on one another in size",
}


def padding_row(values):
    values[0] = 0


def diagonal(values):
    np.fill_diagonal(values, 0)


def clipped(values):
    return values.clip(-3, 3)


def clipped_farther_out(values):
    return values.clip(-4.2, 4.2)


def one_far_value(values):
    values[5, 5] = 50


def one_far_below(values):
    values[5, 5] = -50


def unit_rows(values):
    return values / np.sqrt((values**2).mean(axis=1, keepdims=True))


def spread_corrected(values):
    return values / np.sqrt((values**2).mean())


def mean_subtracted(values):
    return values - values.mean()


def from_a_store(values):
    return np.random.choice(np.random.normal(size=2_000_000), values.shape)


def two_equal_rows(values):
    values[3] = values[700]


def two_equal_columns(values):
    values[:, 3] = values[:, 700]


def some_rows_larger(values):
    values[:4] *= 1.5


CHANGES = {
    padding_row: "one value, 0, comes 1000 times",
    diagonal: "one value, 0, comes 1000 times",
    clipped: "the largest value is 3, cut off",
    clipped_farther_out: "the smallest value is -4.2, cut off",
    one_far_value: "the largest value is 50, farther out",
    one_far_below: "the smallest value is -50, farther out",
    unit_rows: "the spreads of the rows scatter 0.000 times",
    spread_corrected: "the standard deviation is 1, expected 1: closer than chance",
    mean_subtracted: "expected 0: closer than chance",
    from_a_store: "differ in size",
    two_equal_rows: "1 rows or columns are equal to others",
    two_equal_columns: "1 rows or columns are equal to others",
    some_rows_larger: "the spreads of the rows scatter",
}


class TestWrong:
    @pytest.mark.parametrize("fill", WRONG, ids=lambda fill: fill.__name__)
    def test_each_mistake_is_caught_and_named(self, fill):
        check = gi.check_distribution(initializer(fill), TUTORIAL)
        assert not check.ok
        assert any(WRONG[fill] in problem for problem in check.problems), check.problems
        with pytest.raises(gi.InitError, match="does not draw"):
            check.check()

    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
    def test_what_hardly_moves_the_law_is_caught_and_named(self, change):
        def fill(arr):
            values = np.random.normal(size=arr.shape)
            changed = change(values)
            arr[:] = values if changed is None else changed

        problems = gi.check_distribution(initializer(fill), mx.init.Normal(1)).problems
        assert any(CHANGES[change] in problem for problem in problems), problems

    @pytest.mark.parametrize(
        ("init", "expected"),
        [
            (mx.init.Xavier(factor_type="in"), mx.init.Xavier(factor_type="out")),
            (mx.init.Xavier(), mx.init.Xavier(factor_type="in")),
            (mx.init.Xavier(magnitude=2), mx.init.Xavier(magnitude=3)),
            (mx.init.Xavier("gaussian"), mx.init.Xavier()),
            (mx.init.Normal(0.01), mx.init.Normal(0.0101)),
            (mx.init.Uniform(0.07), mx.init.Normal(0.07 / 3**0.5)),
            (mx.init.Uniform(0.07), mx.init.Uniform(0.0702)),
            (mx.init.Constant(1), mx.init.Constant(1.001)),
        ],
        ids=describe,
    )
    def test_a_wrong_fan_or_scale(self, init, expected):
        assert not gi.check_distribution(init, expected, shape=(500, 2000)).ok

    def test_a_generator_of_its_own(self):
        class Own(mx.init.Initializer):
            def __init__(self):
                super().__init__()
                self.generator = np.random.RandomState(0)

            def _init_weight(self, name, arr):
                arr[:] = self.generator.standard_normal(arr.shape)

        check = gi.check_distribution(Own(), mx.init.Normal(1))
        assert check.problems == (
            "the values are the same whatever mx.random.seed says: it has a seed of its own",
        )


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
