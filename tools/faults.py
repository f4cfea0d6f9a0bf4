"""Makes one mistake at a time in a copy of the library, and looks which lesson shows it.

``make faults`` calls it; names of faults, as in :mod:`tools.fault_table`, make these alone. A copy
of the package and of the notebooks lies in a temporary folder, where the kernels import it: the
checkout stays as it is. First a copy without a mistake must pass. The expected lesson runs first;
where it shows nothing, its solution, then all others until one does. A run of all faults writes
``benchmarks/faults.md``. The exit code is 1 where a fault is shown by no lesson.
"""

import collections
import difflib
import html
import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from nbguard.arithmetic import PLAIN

from tools import arithmetic
from tools.fault_table import FAULTS
from tools.portable import failures_of

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "benchmarks" / "faults.md"
PACKAGE = "gluon_init"
CONTROL = "01"  # the lesson that a copy without a mistake must pass
# Left in the copy by a kernel that imports it; pytest's own process does not count.
WITNESS = "imported-by-a-kernel"
_WITNESSING = f"""
import pathlib, sys
if "ipykernel" in sys.modules:
    pathlib.Path(__file__).with_name("{WITNESS}").touch()
"""

_WHERE = re.compile(
    r"^notebooks\.(?P<folder>solutions\.)?(?P<lesson>\d\d)\w*\.ipynb (?P<cell>.*?): "
)
_TAG = re.compile(r"""</?[a-z]+(?: style="[^"]*")?>""")
_MACHINE = re.compile(r"\[\d\d:\d\d:\d\d\] \S+: |(?<![\w.])/(?:[\w.+-]+/)+|\b0x[0-9a-f]{6,}")
_MOST = 100  # characters of a line that the report shows


class FaultError(Exception):
    """A fault that cannot be made, or a copy that is not what it should be; says why."""


@dataclass(frozen=True)
class Caught:
    """Where a fault shows.

    Attributes:
        notebook: two digits of a lesson, or ``solutions/`` and these.
        cell: as nbval counts them: those with code, from 0.
        difference: what is stored there, and what was found; or the error.

    """

    notebook: str
    cell: str
    difference: str

    def __str__(self):
        return f"{self.notebook}, {self.cell}: {self.difference}"


def chosen(names):
    """The faults of these names; all without names.

    Raises:
        LookupError: a name that no fault has.

    """
    fault_of = {fault.name: fault for fault in FAULTS}
    for name in names:
        if name not in fault_of:
            near = difflib.get_close_matches(name, fault_of, n=1, cutoff=0)
            raise LookupError(f"No fault is called {name!r}; the nearest is {near[0]!r}.")
    return [fault_of[name] for name in names] or list(FAULTS)


# ---------------------------------------------------------------------------------------------
# Making a mistake


def mistaken(fault, source):
    """The text of a file with the mistake in it.

    Raises:
        FaultError: what the fault replaces does not stand there exactly once.

    """
    count = source.count(fault.text)
    if count != 1:
        raise FaultError(
            f"The fault {fault.name!r} replaces a text that stands {count} times in "
            f"{PACKAGE}/{fault.file}, not once: {fault.text.strip()[:80]!r}. Mend its entry in "
            f"tools/fault_table.py."
        )
    return source.replace(fault.text, fault.becomes)


def require_texts(faults, root=ROOT):
    """Raises FaultError for the first fault that cannot be made in the library as it is now."""
    for fault in faults:
        file = root / PACKAGE / fault.file
        if not file.exists():
            raise FaultError(
                f"The fault {fault.name!r} is made in {PACKAGE}/{fault.file}, which does not "
                f"exist. Mend its entry in tools/fault_table.py."
            )
        mistaken(fault, file.read_text("utf-8"))


# ---------------------------------------------------------------------------------------------
# Copies, and what runs in them


def snapshot(folder):
    """Copies package and notebooks, so that what others edit meanwhile does no harm."""
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE)
    for notebook in _notebooks(ROOT):
        target = folder / notebook.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(notebook, target)


def _notebooks(root):
    folder = root / "notebooks"
    return [*folder.glob("[0-9]*.ipynb"), *folder.glob("solutions/[0-9]*.ipynb")]


def in_order(folder, lesson):
    """Paths of all notebooks: the lesson, its solution, the other lessons, their solutions."""

    def place(notebook):
        return not notebook.name.startswith(lesson), notebook.parent.name, notebook.name

    found = sorted(_notebooks(folder), key=place)
    return [str(notebook.relative_to(folder)) for notebook in found]


def require_sound(clean, folder):
    """Raises FaultError unless kernels import the copy, and a lesson passes there."""
    shutil.copytree(clean, folder)
    package = folder / PACKAGE
    with (package / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(_WITNESSING)
    caught = first_failure(folder, in_order(folder, CONTROL)[:1])
    if caught is not None:
        raise FaultError(f"A lesson fails without any mistake: {caught}")
    if not (package / WITNESS).exists():
        raise FaultError(f"The kernels import another {PACKAGE} than the copy that they should.")


def catch(fault, clean, folder):
    """Makes the mistake in a fresh copy, and returns where it shows first; None for nowhere."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(clean, folder)
    file = folder / PACKAGE / fault.file
    file.write_text(mistaken(fault, file.read_text("utf-8")), "utf-8")
    expected, *others = in_order(folder, fault.lesson)
    return first_failure(folder, [expected]) or first_failure(folder, others)


def first_failure(folder, notebooks):
    """Runs notebooks until a cell shows something else than is stored; None where none does."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", "--color=no"]
    # Otherwise long differences are cut, and the telling line with them.
    command += ["-o", "verbosity_assertions=2", f"--junitxml={report}", *notebooks]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**arithmetic.environment(PLAIN), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    failures = failures_of(without_html(report.read_text("utf-8"))) if report.exists() else []
    if failures:
        return caught_in(failures[0])
    if done.returncode:
        said = (done.stdout + done.stderr)[-500:].strip()
        raise FaultError(f"pytest ended with exit code {done.returncode}: {said}")
    return None


# ---------------------------------------------------------------------------------------------
# What a failure says


def caught_in(failure):
    """What :func:`tools.portable.failures_of` says of a cell, without what is this machine's."""
    where = _WHERE.match(failure)
    if where is None:
        raise FaultError(f"pytest failed outside of the notebooks' cells: {failure}")
    folder = "solutions/" if where["folder"] else ""
    difference = _MACHINE.sub("", failure[where.end() :])
    if not difference.startswith("stored "):
        difference = _cut(difference, 0)
    return Caught(f"{folder}{where['lesson']}", where["cell"].lower(), difference)


def without_html(report):
    """Pytest's XML report, its differences without tags and padding, which tell nobody anything."""
    tree = ElementTree.fromstring(report)
    for failure in tree.iter("failure"):
        failure.text = "\n".join(_telling((failure.text or "").splitlines()))
    return ElementTree.tostring(tree, "unicode")


def _telling(lines):
    """The lines, those left out that differ in padding alone; long ones begin where they differ."""
    plain = [" ".join(html.unescape(_TAG.sub(" ", line)).split()) for line in lines]
    sides = [[line[2:] for line in plain if line.startswith(sign)] for sign in ("- ", "+ ")]
    found, stored = map(set, sides)
    rules = {line for line in found | stored if not line.strip("- ")}  # below a table's heading
    left_out = rules | (found & stored)
    found, stored = ([line for line in side if line not in left_out] or [""] for side in sides)
    alike = _alike(found[0], stored[0])
    for line in plain:
        if line[:2] not in ("- ", "+ ", "? "):
            yield line
        elif line[:2] != "? " and line[2:] not in left_out:
            yield f"  {line[:2]}{_cut(line[2:], alike)}"
    if any(sides) and found == stored == [""]:
        yield "the same lines in another order"


def _alike(one, other):
    """With how many characters both begin."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return len(list(pairs))


def _cut(text, alike):
    """At most 100 characters of it, so that it can be seen where it differs."""
    start = max(0, alike - 30) if len(text) > _MOST else 0
    begins = "..." if start else ""
    ends = "..." if len(text) > start + _MOST else ""
    return f"{begins}{text[start : start + _MOST]}{ends}"


# ---------------------------------------------------------------------------------------------
# The report


def markdown(caught_of):
    """The report: fault → where it shows, or None."""
    lost = [fault.name for fault, caught in caught_of.items() if caught is None]
    found = [caught for caught in caught_of.values() if caught is not None]
    lessons = collections.Counter(caught.notebook.removeprefix("solutions/") for caught in found)
    counts = ", ".join(f"{lessons[lesson]} by {lesson}" for lesson in sorted(lessons))
    rows = [_row(fault, caught) for fault, caught in caught_of.items()]
    return "\n".join([
        "# Do the lessons show a mistake in the library?",
        "",
        "`make faults` makes one deliberate mistake at a time in a copy of the library and runs",
        "the notebooks with it, under nbval, until a cell shows something else than is stored.",
        "Cells are counted as nbval does: those with code, from 0.",
        "",
        f"{len(found)} of {len(caught_of)} mistakes show: {counts}."
        + f" Shown by no lesson: {', '.join(lost)}." * bool(lost),
        "",
        "| room | mistake | shown by | how |",
        "|---|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


def _row(fault, caught):
    if caught is None:
        return f"| {fault.room} | {fault.what} | **no lesson** | |"
    other = "" if caught.notebook.endswith(fault.lesson) else f" (expected: {fault.lesson})"
    how = caught.difference.replace("|", r"\|").replace("`", "'")
    return f"| {fault.room} | {fault.what} | {caught.notebook}, {caught.cell}{other} | `{how}` |"


def main(names):
    """Prints where each fault shows; returns the exit code."""
    try:
        faults = chosen(names)
        require_texts(faults)
        with tempfile.TemporaryDirectory() as name:
            caught_of = _run(faults, Path(name))
    except (LookupError, FaultError) as error:
        sys.exit(f"make faults: {error}")
    if not names:
        REPORT.write_text(markdown(caught_of), "utf-8")
    lost = [fault for fault, caught in caught_of.items() if caught is None]
    print(f"\n{len(faults) - len(lost)} of {len(faults)} faults show in a lesson.")
    return int(bool(lost))


def _run(faults, folder):
    """Fault → where it shows, or None; each is told as soon as it is known."""
    clean, faulty = folder / "clean", folder / "faulty"
    snapshot(clean)
    require_sound(clean, folder / "sound")
    caught_of = {}
    for number, fault in enumerate(faults, start=1):
        caught_of[fault] = catch(fault, clean, faulty)
        print(
            f"{number} of {len(faults)}: {fault.name}: {caught_of[fault] or 'NO LESSON'}",
            flush=True,
        )
    return caught_of


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
