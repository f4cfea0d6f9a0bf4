"""Runs the unit tests on each supported interpreter that is present, with NumPy 1.26 and NumPy 2.

`make matrix` calls it. NumPy 2 comes from requirements.lock; NumPy 1.26 from what pip would choose
by pyproject.toml alone, where that has builds (not on Python 3.13). The environments stay in
.matrix, so that a second run is quick.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
NUMPYS = {"numpy1": PYTHONS[:-1], "numpy2": PYTHONS}


def interpreter(version):
    """The path of a Python of this version, also one that only pyenv knows; None without one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    candidates = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    for candidate in filter(None, candidates):
        probe = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        result = subprocess.run(probe, capture_output=True, text=True, check=False)
        if result.stdout.strip() == version:
            return str(candidate)
    return None


def uv(folder, *arguments):
    """Runs uv on one environment."""
    environment = {**os.environ, "VIRTUAL_ENV": str(folder)}
    subprocess.run([UV, *arguments], check=True, env=environment, cwd=ROOT)


def prepare(python, numpy, folder):
    """Makes or updates one environment."""
    if not (folder / "bin" / "python").exists():
        uv(folder, "venv", "--quiet", "--python", python, folder)
    if numpy == "numpy2":
        uv(folder, "pip", "sync", "--quiet", "requirements.lock")
        uv(folder, "pip", "install", "--quiet", "--no-deps", "--editable", ".")
    else:
        uv(folder, "pip", "install", "--quiet", "--editable", ".[lab,test]", "numpy==1.26.*")


def main():
    """Returns whether anything failed; prints one line for each combination."""
    outcomes = []
    for numpy, versions in NUMPYS.items():
        for version in versions:
            name = f"Python {version}, {numpy}"
            python = interpreter(version)
            if python is None:
                outcomes.append((name, "not present"))
                continue
            print(f"--- {name}", flush=True)
            folder = ROOT / ".matrix" / f"{version}-{numpy}"
            prepare(python, numpy, folder)
            tests = [folder / "bin" / "python", "-m", "pytest", "-q", "-n", "2", "tests"]
            code = subprocess.run(tests, cwd=ROOT, check=False).returncode
            outcomes.append((name, "passed" if code == 0 else "FAILED"))
    print("\n".join(f"{name:24} {outcome}" for name, outcome in outcomes))
    return any(outcome == "FAILED" for _, outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
