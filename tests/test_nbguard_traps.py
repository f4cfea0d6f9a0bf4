"""Each trap passes plain nbval, or shows what plain nbval does, and fails under nbguard."""

import pytest
from nbguard_runs import guard
from nbguard_traps import HEALTHY, TRAPS

NOTHING_COLLECTED = 5
QUICK = {
    "all outputs stripped",
    "a figure vanished",
    "a magic that does not exist",
    "C's stderr, only now",
    "what another notebook left behind",
    "near a rounding edge",
}
TABLE = [
    pytest.param(trap, id=trap.name, marks=[] if trap.name in QUICK else pytest.mark.slow)
    for trap in [*TRAPS, *HEALTHY]
]


def test_no_two_traps_have_one_name():
    names = [trap.name for trap in [*TRAPS, *HEALTHY]]
    assert len(set(names)) == len(names)
    assert set(names) >= QUICK


@pytest.mark.parametrize("trap", TABLE)
def test_what_plain_nbval_and_nbguard_say(trap, tmp_path):
    trap.write(tmp_path)
    plain = guard(tmp_path, *trap.options, how="--nbval")
    assert (plain.code in (0, NOTHING_COLLECTED)) == trap.nbval, plain.said
    for file in tmp_path.glob("*.txt"):
        file.unlink()  # what plain nbval's run has left behind
    guarded = guard(tmp_path, *trap.options)
    if not trap.said:
        assert guarded.code == 0, guarded.said
        return
    assert guarded.code == 1
    assert trap.said in guarded.said
    assert trap.make().popitem()[0] in guarded.said
