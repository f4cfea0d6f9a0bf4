"""Initializers with a mistake: each is caught, and named."""

import gluon_init as gi
from gluon_init._gluon.describe import describe

import mxnet as mx
import numpy as np
import pytest
from drawn import TUTORIAL, initializer, seeded_inside, tutorial_values


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
