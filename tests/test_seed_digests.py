"""What a seed gives is the same to the last bit, on each machine on which these tests run.

``python tests/seed_digests.py`` prints these digests, to compare machines without pytest.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from seed_digests import ARRAYS, CASES, digests, instruction_sets, on_threads

# law and type: digests of the first 5 million numbers, of 50 million
GOLDEN = {
    ("uniform", "float16"): ("927a5e77e0021914", "9bafe66005c6997d"),
    ("uniform", "float32"): ("f1c1d281933c525a", "7b28d1e64d5c1abf"),
    ("uniform", "float64"): ("17bedab5a0c58a20", "2e110d811caa853b"),
    ("normal", "float16"): ("17f1e9286b033a23", "eaae248c8dd2d4e8"),
    ("normal", "float32"): ("28eaf3e4137898d0", "79b6abf1910a856e"),
    ("normal", "float64"): ("d91d6784adce9217", "cea6ed95416e9b9a"),
    ("xavier", "float16"): ("3efd71bc3e7d63ca", "65f375dcd3818fc6"),
    ("xavier", "float32"): ("04063032c3c74a5b", "a37a5586c6b073f6"),
    ("xavier", "float64"): ("68aa634d5755a0e9", "97fa49e222604243"),
    ("prelu", "float16"): ("1fdc3ddb232ca9af", "0ea31b9d911dec2a"),
    ("prelu", "float32"): ("2766ce2e47905eaf", "cedc200697936e6b"),
    ("prelu", "float64"): ("62dd6c2852c0e899", "2f0e3f1b3537889f"),
    ("myinit", "float16"): ("8362fc0e5aac2ca7", "1ebbeada00a0e578"),
    ("myinit", "float32"): ("88a6bfb1df2b2f1b", "1b4e7098c1e68cb1"),
    ("myinit", "float64"): ("9709e9ee88ae3016", "a697394d5c084290"),
    ("mixture", "float16"): ("a65b579b7032142f", "1b02db31af227ccf"),
    ("mixture", "float32"): ("90d9f1e6a5760542", "0ce819768584fb0c"),
    ("mixture", "float64"): ("4ed88ccc41889b9d", "657451d5ae77551e"),
}


def test_no_law_and_no_type_is_left_out():
    assert list(GOLDEN) == CASES


@pytest.mark.parametrize(("law", "dtype"), CASES)
def test_five_million_numbers(law, dtype):
    assert digests(law, dtype, arrays=1)[0] == GOLDEN[law, dtype][0]


@pytest.mark.slow
@pytest.mark.parametrize(("law", "dtype"), CASES)
def test_fifty_million_numbers(law, dtype):
    assert ARRAYS == 10
    assert digests(law, dtype) == GOLDEN[law, dtype]


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_on_other_numbers_of_threads(threads):
    with on_threads(threads):
        found = {case: digests(*case, arrays=1)[0] for case in CASES}
    assert found == {case: first for case, (first, _) in GOLDEN.items()}


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0, 1])
def test_with_fewer_instructions_of_the_processor(kept):
    """NumPy as it runs on an older processor."""
    script = Path(__file__).with_name("seed_digests.py")
    without = instruction_sets()[kept:]
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(without)}
    done = subprocess.run(
        [sys.executable, "-W", "error", script, "--first"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    processor, _, *lines = [line.split() for line in done.stdout.splitlines()]
    assert not set(processor) & set(without)
    assert {(law, dtype): digest for law, dtype, digest in lines} == {
        case: first for case, (first, _) in GOLDEN.items()
    }
