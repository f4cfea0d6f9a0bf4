"""Runs all tests and notebooks on each supported interpreter, with old and new packages.

`make matrix` calls it. The sets of packages are those of requirements.lock; those that pip would
choose by pyproject.toml alone with NumPy 1.26, where that has builds (not since Python 3.13); the
oldest that pyproject.toml allows (nbval, ipykernel, matplotlib and all others); and the newest
there are. The environments stay in .matrix, so that a second run is quick. An interpreter that is
not here is told as 'not present'; `make matrix PYTHONS=3.14,3.15` runs some, and fails where one of
them is not here, `make matrix SETS=newest` some sets. Debian's unstable suite has the newest
interpreters: `tools/fresh_machine.sh --with python3.15,python3.15-venv sid -- make matrix`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
# The oldest packages have builds for the oldest interpreter alone.
SETS = {
    "oldest": PYTHONS[:1],
    "numpy1": PYTHONS[:3],
    "locked": PYTHONS,
    "newest": ["3.12"],
}
OURS = ["--editable", ".[lab,classroom,test]", "--editable", "./nbguard"]
CHOICES = {
    "oldest": ["--resolution", "lowest-direct"],
    "numpy1": ["numpy==1.26.*"],
    "newest": ["--upgrade"],
}


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


def prepare(python, packages, folder):
    """Makes or updates one environment."""
    if not (folder / "bin" / "python").exists():
        uv(folder, "venv", "--quiet", "--python", python, folder)
    install = ["pip", "install", "--quiet", "--compile-bytecode"]
    if packages == "locked":
        uv(folder, "pip", "sync", "--quiet", "--compile-bytecode", "requirements.lock")
        uv(folder, *install, "--no-deps", "--editable", ".", "--editable", "./nbguard")
    else:
        uv(folder, *install, *CHOICES[packages], *OURS)
    link = [folder / "bin" / "python", "-m", "gluon_init", "link-libraries"]
    subprocess.run(link, cwd=ROOT, check=True)


def tests_in(folder):
    """The command that runs all tests and notebooks in one environment."""
    command = [folder / "bin" / "python", "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope"]
    guarded = ["--nbguard", "--nbguard-once", "--nbval-current-env"]
    return [*command, "-m", "not slow", *guarded, "tests", "notebooks"]


def asked(variable, known):
    """What a variable names, separated by commas; all that is known without it."""
    named = [name for name in os.environ.get(variable, "").split(",") if name]
    unknown = sorted(set(named) - set(known))
    if unknown:
        sys.exit(f"make matrix: {variable} names {unknown}, but there are {list(known)}.")
    return named or list(known)


def main():
    """Returns whether anything failed; prints one line for each combination."""
    outcomes = []
    wanted = asked("PYTHONS", PYTHONS)
    asked_for = bool(os.environ.get("PYTHONS"))
    for packages in asked("SETS", SETS):
        for version in (one for one in SETS[packages] if one in wanted):
            name = f"Python {version}, {packages}"
            python = interpreter(version)
            if python is None:
                outcomes.append((name, "NOT PRESENT" if asked_for else "not present"))
                continue
            print(f"--- {name}", flush=True)
            folder = ROOT / ".matrix" / f"{version}-{packages}"
            prepare(python, packages, folder)
            code = subprocess.run(tests_in(folder), cwd=ROOT, check=False).returncode
            outcomes.append((name, "passed" if code == 0 else "FAILED"))
    print("\n".join(f"{name:24} {outcome}" for name, outcome in outcomes))
    return any(outcome in ("FAILED", "NOT PRESENT") for _, outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
