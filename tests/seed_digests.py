"""Digests of what a seed gives: fifty million numbers of each law and type that gi.Seeded promises.

The script prints them, to be compared with those of another machine; the tests compare them with
those in test_seed_digests.py. ``--first`` draws one array of ten, ``--threads N`` on N threads.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import platform

import gluon_init as gi
from gluon_init.drawing import streams

import mxnet as mx
import numpy as np

SEED = 20
CORE = np._core if hasattr(np, "_core") else np.core
SHAPE = (2500, 2000)
ARRAYS = 10

LAWS = {
    "uniform": mx.init.Uniform(1),
    "normal": mx.init.Normal(1),
    "xavier": mx.init.Xavier("gaussian", "avg", 3),
    "prelu": mx.init.MSRAPrelu("in", 0.7548776662466927),
    "myinit": gi.MyInit(),
    "mixture": gi.Mixture([(0.1, 0.1), (0.3, (-0.7, 0.3)), (0.6, mx.init.Normal(0.3))]),
}
TYPES = ("float16", "float32", "float64")
CASES = [(law, dtype) for law in LAWS for dtype in TYPES]


def instruction_sets():
    """Those that NumPy chooses by the processor, the oldest first, as far as it uses them."""
    core = CORE._multiarray_umath
    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]


def digests(law, dtype, arrays=ARRAYS):
    """Two digests: of the first array, and of all of them, one after the other."""
    digest, first = hashlib.sha256(), ""
    for number in range(arrays):
        array = mx.nd.empty(SHAPE, dtype=dtype)
        gi.Seeded(LAWS[law], SEED)(mx.init.InitDesc(f"{number}.weight"), array)
        digest.update(array.asnumpy().tobytes())
        first = first or digest.hexdigest()[:16]
    return first, digest.hexdigest()[:16]


@contextlib.contextmanager
def on_threads(count):
    """Lets Seeded draw on so many threads; None for its own choice."""
    usual = streams.pool
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        if count is not None:
            streams.pool = lambda: pool
        try:
            yield
        finally:
            streams.pool = usual


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    print("# processor", platform.machine(), *instruction_sets())
    print("# C library", *platform.libc_ver(), "Python", platform.python_version(),
          "NumPy", np.__version__)  # fmt: skip
    with on_threads(arguments.threads):
        for law, dtype in CASES:
            found = digests(law, dtype, 1 if arguments.first else ARRAYS)
            print(law, dtype, *(found[:1] if arguments.first else found), flush=True)


if __name__ == "__main__":
    main()
