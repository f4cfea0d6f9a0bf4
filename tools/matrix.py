"""Runs all tests and notebooks on each supported interpreter, with NumPy 1.26 and NumPy 2.

`make matrix` calls it. NumPy 2 comes from requirements.lock; NumPy 1.26 from what pip would choose
by pyproject.toml alone, where that has builds (not since Python 3.13). The environments stay in
.matrix, so that a second run is quick. An interpreter that is not here is told as 'not present';
`make matrix PYTHONS=3.14,3.15` runs some, and fails where one of them is not here. Debian's
unstable suite has the newest ones: `tools/fresh_machine.sh --with python3.15,python3.15-venv sid --
make matrix`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
NUMPYS = {"numpy1": PYTHONS[:3], "numpy2": PYTHONS}


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
        uv(folder, "pip", "sync", "--quiet", "--compile-bytecode", "requirements.lock")
        uv(folder, "pip", "install", "--quiet", "--no-deps", "--editable", ".")
    else:
        install = ["install", "--quiet", "--compile-bytecode", "numpy==1.26.*"]
        uv(folder, "pip", *install, "--editable", ".[lab,classroom,test]")
    link = [folder / "bin" / "python", "-m", "gluon_init", "link-libraries"]
    subprocess.run(link, cwd=ROOT, check=True)


def tests_in(folder):
    """The command that runs all tests and notebooks in one environment."""
    command = [folder / "bin" / "python", "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope"]
    return [*command, "--nbval", "--nbval-current-env", "tests", "notebooks"]


def asked():
    """The versions that the variable PYTHONS names, separated by commas; all without it."""
    named = [name for name in os.environ.get("PYTHONS", "").split(",") if name]
    unknown = sorted(set(named) - set(PYTHONS))
    if unknown:
        sys.exit(f"make matrix: PYTHONS names {unknown}, but supported are {PYTHONS}.")
    return named or PYTHONS


def main():
    """Returns whether anything failed; prints one line for each combination."""
    outcomes = []
    wanted = asked()
    asked_for = bool(os.environ.get("PYTHONS"))
    for numpy, versions in NUMPYS.items():
        for version in (one for one in versions if one in wanted):
            name = f"Python {version}, {numpy}"
            python = interpreter(version)
            if python is None:
                outcomes.append((name, "NOT PRESENT" if asked_for else "not present"))
                continue
            print(f"--- {name}", flush=True)
            folder = ROOT / ".matrix" / f"{version}-{numpy}"
            prepare(python, numpy, folder)
            code = subprocess.run(tests_in(folder), cwd=ROOT, check=False).returncode
            outcomes.append((name, "passed" if code == 0 else "FAILED"))
    print("\n".join(f"{name:24} {outcome}" for name, outcome in outcomes))
    return any(outcome in ("FAILED", "NOT PRESENT") for _, outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
