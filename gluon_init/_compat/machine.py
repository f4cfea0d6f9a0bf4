"""Says in one sentence why this machine cannot run MXNet 1.9.1, and the way out.

Standard library only, and written for old interpreters too: ``make env`` runs this file as a
script with whatever Python it is given, before anything else exists.
"""

import platform
import sys
import sysconfig
from typing import Optional, Tuple

OLDEST = (3, 10)
NEWEST = (3, 15)


def problem(
    system: Optional[str] = None,
    machine: Optional[str] = None,
    version: Optional[Tuple[int, int]] = None,
    libc: Optional[str] = None,
) -> Optional[str]:
    """Returns None where MXNet 1.9.1 can be installed, else a sentence that names the way out.

    The arguments default to this machine's (``platform.system()``, ``platform.machine()``,
    ``sys.version_info[:2]``, "musl" or "glibc"). MXNet 1.9.1 has wheels for Linux with glibc
    on x86_64 and aarch64 and for macOS on x86_64, all for any Python 3.
    """
    system = system or platform.system()
    machine = (machine or platform.machine()).lower()
    version = version or (sys.version_info[0], sys.version_info[1])
    if system == "Windows":
        return (
            "MXNet 1.9.1 has no build for Windows: work inside WSL2 (run `wsl --install`, "
            "then follow the README there) or in Docker (the README has the two lines)."
        )
    if system == "Darwin" and machine in ("arm64", "aarch64"):
        return (
            "MXNet 1.9.1 has no build for Apple silicon: use an x86_64 Python under Rosetta "
            "(`arch -x86_64 zsh`, then install Python there) or Docker (the README has the two "
            "lines)."
        )
    known = {
        "Linux": ("x86_64", "amd64", "aarch64", "arm64"),
        "Darwin": ("x86_64", "amd64"),
    }
    if machine not in known.get(system, ()):
        return (
            "MXNet 1.9.1 has no build for {} on {}: use Linux on x86_64 or aarch64, "
            "for instance in Docker.".format(system, machine)
        )
    if system == "Linux" and (libc or _libc()) == "musl":
        return (
            "MXNet 1.9.1 has no build for musl, the C library of Alpine Linux: use a system with "
            "glibc, for instance the Docker image python:{}.{}-slim.".format(*NEWEST)
        )
    if not OLDEST <= version <= NEWEST:
        return (
            "Python {}.{} is not supported, only {}.{} to {}.{}: install one of these and say "
            "`make env PYTHON=python{}.{}`.".format(*(version + OLDEST + NEWEST + NEWEST))
        )
    return None


def _libc() -> str:
    kind = "{} {}".format(sysconfig.get_config_var("SOABI"), sysconfig.get_config_var("MULTIARCH"))
    return "musl" if "musl" in kind else "glibc"


if __name__ == "__main__":
    found = problem()
    if found:
        sys.exit("gluon_init: " + found)
