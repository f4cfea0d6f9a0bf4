"""Every place at which MXNet raises, asserts or warns is explained, or not about this subject.

A place counts as explained where a test has made the real error there by ordinary calls and has
held what is said of it: the first line of its text in tests/said/explaining*.txt names the place.
"""

import re

import mxnet_c_side
import mxnet_places
import said
from mxnet_c_message import SUBJECTS
from out_of_subject import REASONS
from tabulate import tabulate


def held():
    """The places of all texts that are held."""
    texts = [
        text
        for file in sorted(said.FOLDER.glob("explaining*.txt"))
        for text in said.sections(file.stem).values()
    ]
    return {match[1] for text in texts if (match := re.match(r"\((.*)\)\n", text))}


def outside():
    """Place → reason, for all that is not about this subject."""
    listed = {name: reason for reason, names in REASONS.items() for name in names}
    found = {}
    for place in map(str, mxnet_places.places()):
        reason = listed.get(place, listed.get(place.rsplit(" ", 1)[0]))
        reason = reason or listed.get(" ".join(place.split()[:2]))
        if reason:
            found[place] = reason
    return found


PLACES = {str(place): source for place, (source, _) in mxnet_places.places().items()}


def test_each_place_is_explained_or_listed():
    open_ones = [place for place in PLACES if place not in held() and place not in outside()]
    shown = "\n".join(f"{place}: {PLACES[place][:100]}" for place in open_ones)
    assert not open_ones, f"{len(open_ones)} places are in neither list:\n{shown}"


def test_none_is_in_both_lists():
    assert not held() & set(outside())


def test_what_is_listed_is_there():
    for names in REASONS.values():
        for name in names:
            assert any(place == name or place.startswith(f"{name} ") for place in PLACES), name


def test_few_are_out_of_subject():
    assert len(REASONS) <= 10
    assert len(outside()) <= len(PLACES) / 3


def test_the_numbers_are_told():
    found, listed = held(), outside()
    rows = []
    for file in mxnet_places.MODULES:
        own = [place for place in PLACES if place.startswith(f"{file} ")]
        explained = sum(place in found for place in own)
        out = sum(place in listed for place in own)
        if own:
            rows.append([file, len(own), explained, out, len(own) - explained - out])
    print(tabulate(rows, ["module", "places", "explained", "out of subject", "open"]))
    assert sum(row[1] for row in rows) == len(PLACES)


def test_the_numbers_of_the_c_side_are_told():
    """Listed by name, made and explained, out of subject; none open."""
    made = {message.name: message.subject for message in mxnet_c_side.MESSAGES}
    behind = [one.behind for one in mxnet_c_side.TEXTS]
    rows = [[subject, sum(one == subject for one in made.values())] for subject in SUBJECTS]
    print(tabulate(rows, ["C side: messages about", "made and explained"]))
    out = [[reason, behind.count(reason)] for reason in mxnet_c_side.REASONS]
    explained = len(behind) - sum(number for _, number in out)
    print(tabulate([["explained", explained], *out], [f"of {len(behind)} texts", "number"]))
    held = {
        name for file in said.FOLDER.glob("explaining*.txt") for name in said.sections(file.stem)
    }
    test = "test_explaining_c_side.py::test_made_explained_and_mended"
    assert [name for name in made if f"{test}[{name}] 1" not in held] == []
    assert len(made) >= 60
    assert explained >= 200
