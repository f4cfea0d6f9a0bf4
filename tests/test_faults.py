"""The table of deliberate mistakes fits the library, and what a lesson shows of one is told."""

import dataclasses
from collections import Counter

import pytest

from tools import faults, notebooks
from tools.fault_table import FAULTS, Fault

LESSONS = {source.name[:2] for source in notebooks.sources(faults.ROOT)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_can_be_made(fault):
    faults.require_texts([fault])
    file = faults.ROOT / faults.PACKAGE / fault.file
    changed = faults.mistaken(fault, file.read_text("utf-8"))
    assert changed != file.read_text("utf-8")
    compile(changed, fault.file, "exec")


def test_each_fault_has_a_name_of_its_own_a_sentence_and_a_lesson():
    assert [name for name, count in Counter(f.name for f in FAULTS).items() if count > 1] == []
    assert [fault.name for fault in FAULTS if not fault.what.endswith(".")] == []
    assert {fault.lesson for fault in FAULTS} <= LESSONS


def test_the_table_is_large_and_goes_through_the_rooms_that_lessons_use():
    assert len(FAULTS) >= 45
    assert {fault.room for fault in FAULTS} >= {
        "shapes", "watching", "initializers", "forcing", "tying", "auxiliary", "distributions",
        "signals", "labels", "explaining", "course",
    }  # fmt: skip


@pytest.mark.parametrize(("text", "count"), [("nobody writes this", 0), ("return", "[0-9]+")])
def test_a_fault_whose_text_does_not_stand_there_once_is_refused(text, count):
    fault = dataclasses.replace(FAULTS[0], text=text)
    with pytest.raises(
        faults.FaultError, match=f"'{fault.name}' .* stands {count} times in gluon_"
    ):
        faults.require_texts([fault])


def test_a_fault_in_a_file_that_is_gone_is_refused():
    fault = dataclasses.replace(FAULTS[0], file="shapes/gone.py")
    with pytest.raises(
        faults.FaultError, match=r"gluon_init/shapes/gone\.py, which does not exist"
    ):
        faults.require_texts([fault])


def test_names_choose_faults():
    assert faults.chosen([]) == list(FAULTS)
    assert faults.chosen([FAULTS[2].name, FAULTS[0].name]) == [FAULTS[2], FAULTS[0]]
    with pytest.raises(LookupError, match=f"the nearest is '{FAULTS[0].name}'"):
        faults.chosen([f"{FAULTS[0].name}s"])


def test_the_expected_lesson_runs_first_and_then_its_solution():
    order = faults.in_order(faults.ROOT, "03")
    assert order[0].startswith("notebooks/03_")
    assert order[1].startswith("notebooks/solutions/03_")
    assert order[2].startswith("notebooks/00_")
    assert len(set(order)) == len(order) == 2 * len(LESSONS) - 1  # the start page has no solution


REPORT = """<testsuites><testsuite><testcase classname="notebooks.solutions.04_laws.ipynb"
name="Cell 7"><failure>Cell 7: Cell outputs differ
Traceback:
 mismatch 'text/html'
  {lines}
</failure></testcase></testsuite></testsuites>"""


def difference(*lines):
    from tools.portable import failures_of

    report = REPORT.format(lines="\n  ".join(lines))
    return faults.caught_in(failures_of(faults.without_html(report))[0])


def test_what_a_cell_shows_is_told_without_tags_and_padding():
    caught = difference(
        "- &lt;th&gt;path    &lt;/th&gt;", "+ &lt;th&gt;path &lt;/th&gt;", "?           ----",
        '- &lt;td style="x"&gt;1.bias&lt;/td&gt;', '+ &lt;td style="x"&gt;0.bias&lt;/td&gt;',
    )  # fmt: skip
    assert str(caught) == "solutions/04, cell 7: stored '0.bias', found '1.bias'"


def test_lines_in_another_order_are_a_difference():
    caught = difference("- a", "- b", "+ b", "+ a")
    assert caught.difference == "the same lines in another order"


def test_a_long_line_is_told_from_where_it_differs():
    same = "as before, " * 20
    caught = difference(f"- {same}yes", f"+ {same}no")
    assert caught.difference.endswith("as before, yes'")
    assert len(caught.difference) < 120


def test_no_path_and_no_time_of_this_machine_is_told():
    caught = difference("- [16:27:00] ../src/io.cc:12: no /tmp/tmpab12/file.params", "+ fine")
    assert caught.difference == "stored 'fine', found 'no file.params'"


def test_the_report_says_what_no_lesson_shows():
    seen, lost = (
        Fault(name, f"It is {name}.", "shapes/flow.py", "a", "b", "01") for name in ("seen", "lost")
    )
    caught = faults.Caught("solutions/03", "cell 2", "stored 'a|b', found 'c'")
    text = faults.markdown({seen: caught, lost: None})
    assert "1 of 2 mistakes show: 1 by 03. Shown by no lesson: lost." in text
    assert r"solutions/03, cell 2 (expected: 01) | `stored 'a\|b', found 'c'` |" in text
    assert "| shapes | It is lost. | **no lesson** | |" in text
