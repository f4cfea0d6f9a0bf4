"""What is wrong with a notebook before anything runs, and what only one machine shows."""

import datetime
from pathlib import Path

import pytest
from nbguard_traps import cell, display, result, stream

from nbguard import markers, particulars, stored


def problems(*cells, marked=(), lax=False, clean=str, most=0.5):
    """The problems of a notebook in which the numbered cells are marked to be ignored."""
    codes = [
        stored.Code(number, one, number not in marked, False) for number, one in enumerate(cells)
    ]
    return stored.problems(codes, most_ignored=most, lax=lax, clean=clean)


def test_a_healthy_notebook_has_none():
    assert problems(cell("print(1)", stream("1\n")), cell("a = 2", count=7), cell("")) == []


def test_nothing_but_empty_cells_is_no_fault():
    assert problems(cell("  ", count=None)) == []


def test_an_ignored_cell_may_be_stripped():
    assert problems(cell("print(1)", stream("1\n")), cell("b", count=None), marked=[1]) == []


def test_a_cell_without_a_count_is_named():
    (problem,) = problems(cell("print(1)", stream("1\n")), cell("b", count=None))
    assert problem.startswith("cell 1 was stored without having been run")


@pytest.mark.parametrize("counts", [(1, 2, 3), (4, 9, 10), (1, None, 2)])
def test_counts_that_rise_are_in_order(counts):
    cells = [cell("print(1)", stream("1\n"), count=count) for count in counts]
    assert problems(*cells, marked=[n for n, count in enumerate(counts) if count is None]) == []


@pytest.mark.parametrize("counts", [(2, 1), (1, 1), (5, 6, 3)])
def test_counts_that_fall_or_repeat_are_not(counts):
    found = problems(*[cell("print(1)", stream("1\n"), count=count) for count in counts])
    assert len(found) == 1
    assert "was not run from top to bottom" in found[0]


@pytest.mark.parametrize(("ignored", "told"), [(2, False), (3, True)])
def test_the_share_of_ignored_cells(ignored, told):
    cells = [cell("print(1)", stream("1\n"), count=count + 1) for count in range(4)]
    found = problems(*cells, marked=range(ignored))
    assert bool(found) == told
    assert not found or found[0].startswith("3 of 4 cells (75%) are marked to be ignored")


def test_what_is_sanitized_is_not_told():
    one = cell("x", stream("/home/ada/x\n"))
    assert len(problems(one)) == 1
    assert problems(one, clean=lambda text: text.replace("/home/ada", "HOME")) == []


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ("/home/ada/net.params", "a path of one machine"),
        ("see /Users/ada/net", "a path of one machine"),
        (r"C:\Users\ada\net", "a path of one machine"),
        ("/tmp/tmpab12/net", "a path of one machine"),
        ("/usr/lib/python3/dist-packages/numpy/x.py:3: W", "a path of one machine"),
        ("<Net object at 0x7f3a2b4c5d6e>", "an address in memory"),
        ("[19:11:15] src/engine", "a time"),
        ("CPU times: user 3 ms, sys: 1 ms, total: 4 ms", "a time"),
        ("Wall time: 3.25 ms", "a time"),
        ("1.2 µs ± 30 ns per loop (mean)", "a time"),
        ("took 0.31 s", "a time"),
        ("Time:                        14:33:02   Log-Likelihood", "a time"),
        ("pid 4711", "a process number"),
        ("ipykernel_4711/1.py:1: UserWarning", "a kernel's file with its process number"),
        ("8a4e9d0c-52b1-4f6e-9d5e-1c2b3a4d5e6f", "a random id"),
        ("<dc:date>2024-01-01</dc:date>", "a date of drawing"),
    ],
)
def test_what_one_machine_shows(shown, kind):
    assert kind in dict(particulars.in_stored(f"before {shown} after"))


@pytest.mark.parametrize(
    "shown",
    [
        "2013-01-01 05:15:00  3.5",
        "open at 12:30, close at 18:00:00",
        "0xdeadbeef and 0x10",
        "the folder data/tmp/x and ~/net and ./home/x",
        "https://example.org/home/ada",
        "x/y/z, 3/4, and/or",
        "rapid 4711 and pid: a word",
        "took 3 steps; runtime error",
        "12 ms later in the story",
        "123e4567-e89b-12d3-a456-426614174000",
        "/ and /etc/hosts and /usr/bin/python",
    ],
)
def test_what_every_machine_shows(shown):
    assert dict(particulars.in_stored(shown)) == {}


def test_this_machine_and_this_day_are_known():
    here = particulars.Here()
    today = datetime.date.today()
    found = dict(here.found_in(f"{Path.home()}/x of {today}, {today:%d %B %Y}"))
    assert set(found) == {"a path of this machine", "today's date"}
    assert dict(here.found_in("1999-12-31 in /no/such/folder")) == {}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("<A at 0x7f01>", "<A at 0x7f02>", ""),
        ("<A at 0x7f3a2b4c5d6e>", "<A at 0x7f3a2b4c0000>", "an address in memory"),
        ("done 12:13:14", "done 08:00:01", "a time"),
        ("in 0.31 s", "in 12.5 s", "a time"),
        ("T_0a1b2 row", "T_ffeed row", "a random id"),
        ("done 12:13:14 with 3", "done 08:00:01 with 4", ""),
        ("a 1", "a 2", ""),
    ],
)
def test_why_two_runs_differ(one, other, kind):
    assert particulars.difference(one, other) == kind


@pytest.mark.parametrize(
    ("source", "tags", "expected"),
    [
        ("x", [], None),
        ("# NBGUARD_TOLERANCE 1e-3\nx", [], markers.Tolerance(1e-3)),
        ("x\n#NBGUARD_TOLERANCE: rtol=1e-3, atol=2", [], markers.Tolerance(1e-3, 2)),
        ("x", ["nbguard-tolerance: atol=0.5"], markers.Tolerance(0, 0.5)),
        ("x", ["a", "NBGUARD-TOLERANCE=0.5"], markers.Tolerance(0.5)),
    ],
)
def test_a_tolerance_is_read(source, tags, expected):
    assert markers.tolerance_of(cell(source, tags=tags)) == expected


@pytest.mark.parametrize(
    "text", ["", "much", "rtol=x", "1e-3 2", "rtol=1 rtol=2", "-1", "inf", "nan"]
)
def test_a_tolerance_that_cannot_be_read_is_told(text):
    with pytest.raises(ValueError, match=r"tolerance.*write `# NBGUARD_TOLERANCE 1e-3`"):
        markers.tolerance_of(cell(f"# NBGUARD_TOLERANCE {text}"))


def test_one_kind_is_told_once_for_a_cell():
    one = cell("x", stream("/home/ada/x /home/ada/y\n"), result("/home/ada/z"))
    assert len(problems(one)) == 1


def test_a_figure_that_is_none_is_told():
    for content, said in (("", "is empty"), ("?", "is not base64"), ("QUJD", "is not an image")):
        (problem,) = problems(cell("x", display(image_png=content)))
        assert f"stores a figure (number 1) that {said}" in problem
