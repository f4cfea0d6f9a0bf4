"""The system's libraries that MXNet's wheel needs and does not bring: found, linked or named.

MXNet 1.9.1 was built where a compiler was, so that its library asks for GCC's run-time libraries.
A minimal system or a slim container has none. Wheels that are installed beside MXNet carry them
under names of their own. A link by the right name in MXNet's folder is enough, since libmxnet.so
looks there first: its run path is ``$ORIGIN``.

Source: the dynamic section of libmxnet.so (``readelf -d``); ld.so(8).
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Library(NamedTuple):
    """A library that MXNet needs, and who has it.

    ``pattern`` is its file in a wheel, below site-packages; without one, ``system`` names a library
    of the C library that has the same functions.
    """

    name: str
    pattern: str
    install: str  # what pip installs to have that file
    debian: str = ""
    fedora: str = ""
    system: str = ""


_GOMP = Library("libgomp.so.1", "scikit_learn.libs/libgomp-*.so*", "scikit-learn",
                "libgomp1", "libgomp")  # fmt: skip
_QUADMATH = Library("libquadmath.so.0", "[ns]*.libs/libquadmath-*.so*", "scipy",
                    "libquadmath0", "libquadmath")  # fmt: skip
# MXNet's build for aarch64 asks for Arm's Performance Libraries, whose licence kept them out of the
# wheel (MXNet's issue 20294). It calls BLAS and LAPACK alone, which OpenBLAS has under the same
# names. Later builds of this OpenBLAS need a processor with SVE.
_ARM = Library("libarmpl_lp64_mp.so", "cmeel.prefix/lib/libopenblas.so.0",
               "--no-deps cmeel-openblas==0.3.23")  # fmt: skip
_NEEDED = {
    ("Linux", "x86_64"): (_GOMP, _QUADMATH),
    ("Linux", "aarch64"): (
        _ARM,
        Library("libamath.so", "", "", system="libm.so.6"),
        Library("libastring.so", "", "", system="libc.so.6"),
        _GOMP,
    ),
}

Loads = Callable[[str], bool]


def install_command(build: str = "mxnet") -> str:
    """Installs MXNet, also where its files are gone and pip still lists it."""
    return f"pip install --no-deps --force-reinstall {build}==1.9.1"


def _system_has(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def mxnet_folder() -> Path | None:
    """Where libmxnet.so lies; None without MXNet. Nothing is imported."""
    spec = importlib.machinery.PathFinder.find_spec("mxnet")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def missing(folder: Path, loads: Loads = _system_has) -> list[Library]:
    """What MXNet in ``folder`` needs and would not find, neither there nor in the system."""
    needed = _NEEDED.get((platform.system(), platform.machine()), ())
    return [one for one in needed if not (folder / one.name).exists() and not loads(one.name)]


def link_missing(folder: Path, loads: Loads = _system_has) -> list[str]:
    """Links what is missing into MXNet's folder, and loads MXNet's library once to see it work.

    Returns the names of the links made, none where nothing was missing.

    Raises:
        ImportError: a library is nowhere to be had, the folder cannot be written to, or MXNet does
            not load all the same; says what to do. No link is left behind.

    """
    made: list[Path] = []
    try:
        for library in missing(folder, loads):
            made.append(_link(library, folder))
        _load_once(folder)
    except (ImportError, OSError) as error:
        for link in made:
            link.unlink()
        if isinstance(error, ImportError):
            raise
        raise ImportError(
            f"{folder} cannot be written to ({error.strerror}). Run `gluon-init link-libraries` "
            f"as the owner of the environment."
        ) from error
    return [link.name for link in made]


def _link(library: Library, folder: Path) -> Path:
    """A relative link, so that the environment can be moved; one that leads nowhere is replaced."""
    link = folder / library.name
    link.unlink(missing_ok=True)
    link.symlink_to(_target(library, folder))
    return link


def _target(library: Library, folder: Path) -> str:
    if library.system:
        return _place_of(library.system)
    found = sorted(folder.parent.glob(library.pattern))
    if not found:
        by_system = f"; or install it: {_packages([library])}" if library.debian else ""
        raise ImportError(
            f"{library.name} is missing, and the package that carries it is not installed here: "
            f"pip install {library.install}, then `gluon-init link-libraries`{by_system}."
        )
    return os.path.relpath(found[0], folder)


def _place_of(name: str) -> str:
    """The file of a library that this process has loaded."""
    ctypes.CDLL(name)
    files = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    return next(file for file in files if file.endswith(f"/{name}"))


def _load_once(folder: Path) -> None:
    """Loads MXNet's library in a process of its own, since a failure can leave half of it behind.

    The CUDA build is left to MXNet's import, which finds CUDA first.
    """
    program = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
    command = [sys.executable, "-c", program, str(folder / "libmxnet.so")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "libcu" not in done.stderr and "libnccl" not in done.stderr:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ImportError(loading_trouble(lines[-1]) or f"MXNet does not load: {lines[-1]}")


def loading_trouble(message: str, loads: Loads = _system_has) -> str | None:
    """What an error while MXNet's library was loaded means, with the way out; None if not known."""
    trouble = "cannot open shared object|file too short|invalid ELF header"
    match = re.search(rf"(lib[\w+-]+\.so[.\d]*): (?:{trouble})", message)
    if match is None:
        return None
    if match[1] == "libmxnet.so":
        return f"MXNet's own library is broken: {install_command()}."
    folder = mxnet_folder()
    known = missing(folder, loads) if folder else []
    if match[1] not in [library.name for library in known]:
        return (
            f"MXNet needs {match[1]}, which this machine does not have: install the package of "
            f"your system that carries it."
        )
    names = " and ".join(library.name for library in known)
    packages = "; ".join(f"pip install {one.install}" for one in known if one.install)
    sentence = (
        f"MXNet needs {names}, which this machine does not have. Without root: `gluon-init "
        f"link-libraries` links copies into MXNet's folder; the packages that bring them, if they "
        f"are not here yet: {packages}."
    )
    if all(library.debian for library in known):
        sentence += f" With root: {_packages(known)}."
    return sentence


def _packages(libraries: Sequence[Library]) -> str:
    debian = " ".join(library.debian for library in libraries)
    fedora = " ".join(library.fedora for library in libraries)
    return f"apt-get install {debian} (Debian, Ubuntu) or dnf install {fedora} (Fedora)"
