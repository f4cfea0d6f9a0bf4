"""What check_distribution says, word for word: the file is tests/said/distributions.txt.

All numbers come from seeds, which give the same on every machine; faults are worked into them.
"""

import gluon_init as gi

import mxnet as mx
import numpy as np
import said
from drawn import initializer
from pictured import pictured

SHAPE = (60, 50)
NORMAL = mx.init.Normal(1)
UNIFORM = mx.init.Uniform(1)


def drawn(law, change=None, seed=3):
    """An initializer that draws by a seed of its own, and then has ``change(values)`` done."""

    def fill(arr):
        gi.Seeded(law, seed)._init_weight(mx.init.InitDesc("weight"), arr)
        if change is not None:
            values = arr.asnumpy()
            change(values)
            arr[:] = values

    return initializer(fill)


def change(text):
    """A change of values ``v``, as a statement."""
    code = compile(text, "change", "exec")
    return lambda values: exec(code, {"v": values, "np": np})


NORMALS = {
    "shifted": "v += 0.2",
    "too wide": "v *= 1.2",
    "too narrow": "v *= 0.8",
    "clipped": "np.clip(v, -1.5, 1.5, out=v)",
    "not finite": "v[3, 4] = np.nan; v[0, 0] = np.inf",
    "an outlier": "v[5, 5] = 40",
    "an outlier below": "v[5, 5] = -40",
    "one row again": "v[7] = v[8]",
    "all rows the same": "v[:] = v[0]",
    "all columns the same": "v[:] = v[:, :1]",
    "few values": "np.round(v, 1, out=v)",
    "zeros": "v[::3] = 0",
    "all one": "v[:] = 1",
    "all positive": "np.abs(v, out=v)",
    "sorted": "v.ravel().sort()",
    "neighbours in a row": "v[:, 1:] += v[:, :-1]; v /= 2 ** 0.5",
    "neighbours in a column": "v[1:] += v[:-1]; v /= 2 ** 0.5",
    "the second half again": "v[30:] = v[:30] + 0.001 * v[30:]",
    "the second half, other signs": "v[30:] = -v[:30] + 0.001 * v[30:]",
    "rows of other sizes": "v *= np.linspace(0.3, 1.7, len(v))[:, None]",
    "columns of other sizes": "v *= np.linspace(0.3, 1.7, v.shape[1])",
    "rows apart": "v += np.linspace(-1, 1, len(v))[:, None]",
    "columns apart": "v += np.linspace(-1, 1, v.shape[1])",
    "nothing wrong": "v *= 1",
}
MIXED = {
    "too many zeros": "v[:9] = 0",
    "no zeros": "v[v == 0] = 7",
    "out of range": "v[3, 3] = 11",
    "between": "v[3, 3:9] = 2",
    "one sign": "np.abs(v, out=v)",
    "halves exchanged": "v[v > 0] = 15 - v[v > 0]",
    "near the edge": "v[v > 9] = 9",
    "nothing wrong": "v *= 1",
}


def told(init, *arguments, sentences=False, **settings):
    """The table and what is wrong; also what check() raises and each test would say."""
    check = gi.check_distribution(init, *arguments, **{"shape": SHAPE, **settings})
    lines = [str(check), f"{bool(check)} {check.points}"]
    if sentences:
        lines += [f"    {row.test}: {row.sentence}" for row in check.rows]
        check.check()
    return "\n".join(lines)


def fails(arr):
    raise ValueError("no numbers today")


def ends(arr):
    raise SystemExit(3)


def half_written(arr):
    arr[:30] = 1


def nearly_unwritten(arr):
    arr[0, 0] = 1


SPECIAL = {
    "Seeded": lambda: told(gi.Seeded(NORMAL, 3)),
    "Seeded MyInit": lambda: told(gi.Seeded(gi.MyInit(), 3)),
    "all sentences": lambda: told(gi.Seeded(NORMAL, 3), sentences=True),
    "all sentences of MyInit": lambda: told(gi.Seeded(gi.MyInit(), 3), sentences=True),
    "what check() raises": lambda: told("ones", "zeros", sentences=True),
    "Seeded uniform": lambda: told(gi.Seeded(UNIFORM, 3)),
    "Seeded Xavier, four axes": lambda: told(gi.Seeded("xavier", 3), shape=(16, 8, 3, 3)),
    "Seeded Xavier, few": lambda: told(gi.Seeded("xavier", 3), shape=(4, 3)),
    "Seeded, one axis": lambda: told(gi.Seeded(UNIFORM, 3), shape=(2000,)),
    "Seeded, one number": lambda: told(gi.Seeded(UNIFORM, 3), shape=(1, 1)),
    "constants": lambda: told(mx.init.Constant(0.5)),
    "zeros": lambda: told("zeros"),
    "ones against zeros": lambda: told("ones", "zeros"),
    "writes nothing": lambda: told(initializer(lambda arr: None), NORMAL),
    "writes half": lambda: told(initializer(half_written), "ones"),
    "writes one": lambda: told(initializer(nearly_unwritten), "ones"),
    "another law": lambda: told(drawn(UNIFORM), NORMAL),
    "a wider law": lambda: told(drawn(UNIFORM), mx.init.Uniform(2)),
    "a narrower law": lambda: told(drawn(UNIFORM), mx.init.Uniform(0.5)),
    "by parts": lambda: told(drawn(gi.MyInit()), [(0.25, (-10, -5)), (0.5, 0), (0.25, (5, 10))]),
    "by other parts": lambda: told(drawn(gi.MyInit()), [(0.3, (-10, -5)), (0.4, 0), (0.3, (5, 10))]),
    "overlapping parts": lambda: told(
        drawn(gi.Mixture([(0.5, (0, 2)), (0.5, (1, 3))])), [(0.5, (0, 2)), (0.5, (1, 3))]
    ),
    "points": lambda: told(drawn(gi.Mixture([(0.5, 1), (0.5, -1)])), [(0.4, 1), (0.6, -1)]),
    "a strict level": lambda: told(drawn(NORMAL, change("v += 0.05")), NORMAL, level=1e-9),
    "a lax level": lambda: told(drawn(NORMAL, change("v += 0.05")), NORMAL, level=0.5),
    "no law": lambda: told(drawn(NORMAL)),
    "no law expected": lambda: told(NORMAL, mx.init.Orthogonal()),
    "parts that sum to less": lambda: told(NORMAL, [(0.5, 0)]),
    "no initializer": lambda: told(3),
    "an expectation that is a number": lambda: told(NORMAL, 3),
    "a shape that is a number": lambda: told(NORMAL, shape=3),
    "a shape with a zero": lambda: told(NORMAL, shape=(3, 0)),
    "no shape": lambda: told(NORMAL, shape=()),
    "a seed below zero": lambda: told(NORMAL, seed=-1),
    "a level of one": lambda: told(NORMAL, level=1.0),
    "a level that is a text": lambda: told(NORMAL, level="low"),
    "it fails": lambda: told(initializer(fails), NORMAL),
    "it ends the process": lambda: told(initializer(ends), NORMAL),
}  # fmt: skip


def picture(init, *arguments):
    return pictured(gi.check_distribution(init, *arguments, shape=SHAPE).plot())


def scenes():
    """Laws with each fault worked in, special cases, and pictures."""
    for name, text in NORMALS.items():
        yield f"normal, {name}", lambda t=text: told(drawn(NORMAL, change(t)), NORMAL)
    for name, text in MIXED.items():
        yield f"MyInit, {name}", lambda t=text: told(drawn(gi.MyInit(), change(t)), gi.MyInit())
    yield from SPECIAL.items()
    yield "picture, right", lambda: picture(gi.Seeded(gi.MyInit(), 3))
    yield "picture, wrong", lambda: picture(drawn(NORMAL, change("v += 0.2")), NORMAL)
    yield "picture, points", lambda: picture("ones", "zeros")


def test_what_is_said_of_distributions():
    said.check("distributions", dict(scenes()))
