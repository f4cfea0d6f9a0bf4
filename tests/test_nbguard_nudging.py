"""Numbers close to an edge are shown otherwise in a kernel that nudges; all others as ever."""

import ast

import numpy as np
import pytest

from nbguard import nudging


def shown(source, kind=nudging.STRICT, **names):
    """What an expression gives in a kernel that nudges."""
    tree = ast.fix_missing_locations(nudging.Nudge().visit(ast.parse(source, mode="eval")))
    return eval(compile(tree, "<cell>", "eval"), {**nudging.functions(kind), **names})


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("f'{x:.2f}'", 1.53500001),
        ("round(x, 2)", 1.53499999),
        ("x.round(2)", np.float32(1.53501)),
        ("x < 0.5", 0.499999),
        ("0.5 <= x", 0.499999),
        ("x > 0.8", 0.8),
        ("x.round(1).tolist()", np.array([0.3, 0.549999])),
        ("(x > 0.9).mean()", np.array([0.3, 0.90000001])),
    ],
)
def test_close_to_an_edge_another_text_is_shown(source, number):
    assert shown(source, x=number) != eval(source, {"x": number})


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("f'{x:.2f}'", 1.5378),
        ("f'{x}'", 1.53500001),
        ("f'{x:>8}'", 1500),
        ("f'{x!s:>8}'", 1.5),
        ("round(x, 1)", 175 / 6),
        ("f'{x:.2f}'", 175 / 6),
        ("x < 0.5", 0.45),
        ("0 < x < 0.5", 0.499999),
        ("x == 0.5", 0.5),
        ("x >= 3", 3),
        ("round(number=x, ndigits=2)", 1.53499999),
        ("x.round(1).tolist()", np.array([0.3, 0.52])),
    ],
)
def test_far_from_an_edge_the_same_text_is_shown(source, number):
    assert shown(source, x=number) == eval(source, {"x": number})


LIKELY = nudging.KINDS["likely"]


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("f'{x:.2f}'", 1.535001),
        ("f'{x:.2f}'", 1.5349999),
        ("f'{x:.2f}'", np.float32(1.535001)),
        ("format(x, '.2f')", 1.535001),
        ("'%.2f' % x", 1.535001),
        ("'%s %.2f' % ('a', x)", 1.535001),
        ("'{:.2f}'.format(x)", 1.535001),
        ("'{} {:.1f} {:.2f}'.format('a', 0.33, x)", 1.535001),
        ("x < 0.5", 0.4999999),
        ("x >= 0.1", float(np.float32(0.1))),
        ("x.round(2).tolist()", np.array([0.3, 1.535001], "float32")),
    ],
)
def test_of_anybody_what_another_processor_may_show_otherwise(source, number):
    assert shown(source, LIKELY, x=number) != eval(source, {"x": number})


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("f'{x:.6f}'", 1 / 3),
        ("f'{x:.2f}'", 1.5351),
        ("f'{x:.1f}'", 0.25),
        ("round(x)", 2.5),
        ("x >= 0.5", 0.5),
        ("x < 1", 1.0),
        ("(x >= 0.5).sum()", np.linspace(0, 1, 11)),
        ("x.round(2).tolist()", np.array([1.53501, 0.25])),
        ("'%d of %s' % (x, 'a')", 7),
        ("'%%' % ()", 0),
        ("'{0} {1}'.format('a', x)", "b"),
        ("x.round(2)", 1 / 3 + 0j),
        ("x < 'b'", "a"),
    ],
)
def test_of_anybody_nothing_that_every_processor_shows(source, number):
    if isinstance(number, complex):
        number = np.complex128(number)
    assert shown(source, LIKELY, x=number) == eval(source, {"x": number})
