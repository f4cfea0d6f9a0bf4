import ast
import importlib
import pkgutil
import re
from pathlib import Path

import gluon_init as gi
from gluon_init.course import attempt, check, checking, exercises, hint, predict, progress, solving
from gluon_init.course.checking import Feedback, all_exercises, find

import answers
import nbclient
import nbformat
import pytest
from mxnet import nd
from mxnet.gluon import nn

MODULES = [
    importlib.import_module(f"answers.{one.name}") for one in pkgutil.iter_modules(answers.__path__)
]
RIGHT = {id: answer for module in MODULES for id, answer in module.RIGHT.items()}
ALSO_RIGHT = [one for module in MODULES for one in getattr(module, "ALSO_RIGHT", [])]
WRONG = [wrong for module in MODULES for wrong in module.WRONG]


def untouched(*_):
    """As a stub is written."""


def untouched_dots(net, *, path=None):
    """As a stub is written, with what it takes."""
    ...  # noqa: PIE790


def passing(*_):
    pass


def test_each_exercise_has_a_right_answer():
    assert set(RIGHT) == set(all_exercises())


@pytest.mark.parametrize(("id", "answer"), [*sorted(RIGHT.items()), *ALSO_RIGHT])
@pytest.mark.parametrize("device", ["cpu(0)", "cpu(1)"])
def test_right_answers_are_right(id, answer, device, monkeypatch):
    monkeypatch.setenv("GLUON_INIT_DEVICE", device)
    for _ in range(3):
        feedback = check(id, answer)
        assert feedback.status == "right", feedback.message


@pytest.mark.parametrize(("id", "answer", "words"), WRONG)
def test_wrong_answers_are_told_what_is_wrong(id, answer, words):
    for _ in range(5):
        feedback = check(id, answer)
        assert feedback.status == "wrong"
        assert re.search(words, feedback.message), feedback.message


def test_each_exercise_has_three_wrong_answers_that_are_tested():
    ids = [id for id, _, _ in WRONG]
    assert all(ids.count(id) >= 3 for id in all_exercises())


@pytest.mark.parametrize("id", sorted(all_exercises()))
@pytest.mark.parametrize("stub", [..., None, lambda *_: ..., untouched, untouched_dots, passing])
def test_untouched_stubs_are_not_tried(id, stub):
    feedback = check(id, stub)
    assert feedback.status == "not tried"
    assert f"hint('{id}')" in feedback.message


@pytest.mark.parametrize("answer", [lambda *_: 5, lambda *_: "x", lambda *_: (), lambda *a: a])
def test_what_returns_something_is_no_stub(answer):
    assert check("1.1", answer).status == "wrong"


@pytest.mark.parametrize("id", sorted(all_exercises()))
def test_three_hints_come_one_by_one(id, monkeypatch):
    monkeypatch.setattr(checking, "hints_given", {})
    texts = [str(hint(id)) for _ in range(4)]
    assert [text[:11] for text in texts] == [
        "Hint 1 of 3",
        "Hint 2 of 3",
        "Hint 3 of 3",
        "Hint 3 of 3",
    ]


@pytest.mark.parametrize("function", [check, hint])
def test_an_unknown_exercise_names_the_near_ones(function):
    with pytest.raises(gi.ArgumentError, match=r"id is '1\.9'.*try 1\.\d"):
        function("1.9")


def test_feedback_has_a_face_for_jupyter():
    assert "&#10007;" in check("1.1", 3)._repr_html_()
    assert "&lt;" in Feedback("1", "wrong", "<b>")._repr_html_()


def test_a_guess_is_compared_with_what_came_out():
    assert predict("How many?", 2).settle(2).right is True
    assert predict("How many?", 3).settle(2).right is False
    assert predict("How many?").settle(2).right is None
    assert predict("Which?", " Both ").settle("both").right is True
    assert predict("Shape?", [2, 3]).settle((2, 3)).right is True
    assert "No guess was made. The answer is 2." in str(predict("How many?", ...).settle(2))
    assert "find out why" in predict("How many?", 3).settle(2)._repr_html_()


def test_the_number_of_an_exercise_serves_as_its_id(monkeypatch):
    monkeypatch.setattr(checking, "hints_given", {})
    assert check(1.1).id == "1.1"
    assert str(hint(1.1)).startswith("Hint 1 of 3")
    assert str(hint("1.1")).startswith("Hint 2 of 3")


def test_each_exercise_of_a_lesson_knows_the_name_of_its_stub():
    sources = Path(__file__).parent.parent / "notebooks" / "sources"
    for id in all_exercises():
        (source,) = sources.glob(f"{int(id.split('.')[0]):02}_*.py")
        assert f'check("{id}", {find(id).function})' in source.read_text()


def test_errors_of_a_check_are_not_put_down_to_the_learner(monkeypatch):
    def fails(answer, draw):
        exercises.call(answer)
        raise KeyError("lost")

    one = exercises.Exercise("0.1", ("",), fails, "", "stub")
    monkeypatch.setattr(checking, "find", lambda id: one)
    message = check("0.1", lambda: 3).message
    assert message == "the check cannot work with what your function returns: KeyError: 'lost'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (nd.ones((2, 3)), "an NDArray of shape (2, 3)"),
        ([nd.ones((2, 3))], "a list"),
        (object(), "an object"),
        (nn.Dense(3), "a Dense"),
        (nn.Dense, "the class Dense"),
        ("x" * 99, "a str"),
        ([1, "a"], "[1, 'a']"),
    ],
)
def test_a_value_is_shown_without_addresses_and_in_one_line(value, text):
    assert exercises.shown(value) == text


def test_attempts_print_the_telling_line(capsys):
    net = nn.Dense(3)
    net.initialize()
    net(nd.ones((1, 2)))
    with attempt():
        net(nd.ones((1, 5)))
    with attempt():
        raise ValueError("one\ntwo")
    with attempt():
        pass
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("MXNetError: ")
    assert "Shape inconsistent, Provided = [3,2], inferred shape=(3,5)" in lines[0]
    assert lines[1:] == ["ValueError: one", "No error."]


def test_the_widget_shows_what_its_static_twin_shows():
    ipywidgets = pytest.importorskip("ipywidgets")
    from gluon_init.course import widgets

    def make():
        net = nn.Sequential()
        net.add(nn.Conv2D(8, 3), nn.MaxPool2D(2), nn.Dense(10))
        return net

    box = widgets.explore_image_size(make)
    assert isinstance(box.children[0], ipywidgets.IntSlider)
    texts = {text.get_text() for text in box.f(28).axes[0].texts}
    assert "(10, 1352)" in texts
    assert box.f(1) is None


WIDGETS = """
from gluon_init.course import widgets
from mxnet.gluon import nn
made = [
    make()
    for make in (lambda: widgets.explore_image_size(lambda: nn.Dense(2)), widgets.explore_mixture,
                 widgets.explore_gain)
    for _ in range(2)
]
for box in made:
    display(box)
"""
MOVES = """
for box in made[1::2]:
    box.children[0].value = box.children[0].min
*[box.out.model_id for box in made],
"""


def test_a_widget_that_is_moved_shows_another_picture():
    cells = [nbformat.v4.new_code_cell(source) for source in (WIDGETS, MOVES)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    (kept,) = notebook.metadata.widgets.values()
    pictures = []
    for model in ast.literal_eval(notebook.cells[1].outputs[-1]["data"]["text/plain"]):
        (output,) = kept["state"][model]["state"]["outputs"]
        pictures.append(output["data"]["image/png"])
    assert len(set(pictures)) == 6


def test_progress_is_kept_beside_the_notebooks_and_never_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(solving, "FILE", str(tmp_path / "kept.json"))
    total = len(all_exercises())
    assert str(progress()).endswith(f"0 of {total} exercises solved")
    check("1.1", RIGHT["1.1"])
    check("1.2", lambda *_: 3)
    assert solving.solved() == {"1.1"}
    assert progress().rows[0].open == ("1.2", "1.3", "1.4")
    (tmp_path / "kept.json").write_text("no json")
    assert solving.solved() == set()
    monkeypatch.setattr(solving, "FILE", str(tmp_path / "no" / "folder"))
    assert check("1.1", RIGHT["1.1"]).status == "right"


def test_the_mixture_slider_shows_the_law_of_its_share():
    pytest.importorskip("ipywidgets")
    from gluon_init.course import widgets

    figure = widgets.explore_mixture().f(0.25)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert any("law 0.250" in text for text in texts)


def test_the_gain_sliders_show_one_point_a_layer():
    pytest.importorskip("ipywidgets")
    from gluon_init.course import widgets

    (line,) = widgets.explore_gain().f(1.0, 7).axes[0].lines
    assert len(line.get_xdata()) == 7
    assert line.get_label() == "gain 1"


@pytest.mark.parametrize(
    ("guess", "answer"),
    [
        ("0", 0),
        (False, "no"),
        (True, "yes"),
        ("Refused.", "refused"),
        (3.0, 3),
        ("(7,20)", "(7, 20)"),
        ("7, 20", "(7, 20)"),
        ([7, 20], "(7, 20)"),
        ((7, 20), "(7, 20)"),
        ("an error", "error"),
        ("1/2", 0.5),
        ("50 %", 0.5),
        ("0.5", 0.5),
        ("The first", "the first"),
    ],
)
def test_guesses_that_say_the_same_are_right(guess, answer):
    assert predict("?", guess).settle(answer).right


@pytest.mark.parametrize(
    ("guess", "answer"), [("(2, 21)", "(7, 20)"), (True, 1), ("none", "(7, 20)"), ("1/0", 0)]
)
def test_guesses_that_say_something_else_are_wrong(guess, answer):
    assert predict("?", guess).settle(answer).right is False


def test_an_answer_can_be_said_in_several_ways():
    assert predict("?", 0).settle("zeros", also=("zero", 0)).right is True
    assert predict("?", "zero").settle("zeros", also=("zero", 0)).right is True
    assert predict("?", "one").settle("zeros", also=("zero", 0)).right is False
    assert "The answer is zeros" in str(predict("?", "one").settle("zeros", also=("zero", 0)))
