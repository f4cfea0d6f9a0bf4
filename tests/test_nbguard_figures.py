"""Figures: by their data where they carry it, else as one sees them; and texts within a tolerance."""

import base64
import datetime
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbformat.v4 import new_output
from nbguard.markers import Tolerance
from nbguard_traps import display, result, stream
from PIL import Image

from nbguard import comparing, figures, inside


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def drawn(draw, *, dots=100, data=True):
    """A picture as a notebook stores it, with or without its data."""
    figure, axes = plt.subplots(figsize=(4, 3))
    draw(axes)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dots)
    text = base64.b64encode(file.getvalue()).decode()
    if not data:
        return figures.Picture(text)
    return figures.Picture(text, inside.describe(figure), inside.digest(text))


def line(values=(1, 4, 9), **options):
    return lambda axes: axes.plot([1, 2, 3], values, **options)


def scatter(axes):
    axes.scatter([1, 2], [3, 4], c=[0.1, 0.9])


def several(axes):
    axes.bar(["a", "b"], [1, 2])
    axes.imshow(np.arange(6).reshape(2, 3))
    axes.fill_between([0, 1], [0, 1])
    axes.pcolormesh(np.arange(4).reshape(2, 2))
    axes.set_title("title")
    axes.legend(["one"])


CHANGES = {
    "a point": line((1, 4, 8)),
    "a title": lambda axes: (line()(axes), axes.set_title("x")),
    "a label": lambda axes: (line()(axes), axes.set_xlabel("steps")),
    "a colour": line(color="C3"),
    "a stroke": line(linestyle=":"),
    "a scale": lambda axes: (line()(axes), axes.set_yscale("log")),
    "limits": lambda axes: (line()(axes), axes.set_xlim(0, 5)),
    "one line more": lambda axes: (line()(axes), line((2, 2, 2))(axes)),
    "a legend": lambda axes: (line(label="a")(axes), axes.legend()),
    "a word in it": lambda axes: (line()(axes), axes.text(2, 2, "a")),
    "points on the line": line(marker="o"),
    "a wider line": line(linewidth=6),
    "nothing drawn": lambda axes: None,
    "another kind": scatter,
    "bars, an image, an area, a mesh": several,
}


def noted(text="peak", at=(1.5, 6), to=(3, 9), **look):
    """A line and a note with an arrow."""
    return lambda axes: (
        line()(axes),
        axes.annotate(text, to, at, arrowprops={"arrowstyle": "->"}, **look),
        axes.text(0.6, 0.1, "below", transform=axes.transAxes),
    )


NOTES = {
    "its text": noted("end"),
    "its place": noted(at=(2.5, 2)),
    "its arrow": noted(to=(2, 4)),
    "its colour": noted(color="red"),
    "its size": noted(fontsize=20),
    "its weight": noted(fontweight="bold"),
    "how it is aligned": noted(ha="right"),
}


@pytest.mark.parametrize("change", NOTES)
def test_a_change_of_a_note_is_seen(change):
    assert figures.difference(drawn(noted()), drawn(NOTES[change]))
    assert figures.difference(drawn(noted()), drawn(noted())) == ""


def test_a_note_may_stand_at_a_date_or_a_name():
    day = datetime.date(2020, 1, 15)

    def dated(axes):
        axes.plot([day, day.replace(month=2)], [1, 2])
        axes.text(day, 1, "first")
        axes.annotate("half", (day, 0.5), xycoords=("data", "axes fraction"))

    def named(axes):
        axes.bar(["a", "b"], [1, 2])
        axes.text("b", 1, "second")

    for draw in (dated, named):
        assert figures.difference(drawn(draw), drawn(draw)) == ""


SMALL = {"a stroke"}  # its gaps are as small as a shift that is no change to the eye


@pytest.mark.parametrize(
    ("change", "data"),
    [*((change, True) for change in CHANGES), *((c, False) for c in CHANGES if c not in SMALL)],
)
def test_a_change_is_seen(change, data):
    assert figures.difference(drawn(line(), data=data), drawn(CHANGES[change], data=data))


@pytest.mark.parametrize("draw", [line(), scatter, several, CHANGES["a scale"]])
def test_the_same_is_the_same_also_in_another_resolution(draw):
    one = drawn(draw)
    assert figures.difference(one, drawn(draw)) == ""
    assert figures.difference(one, drawn(draw, dots=80)) == ""
    assert figures.difference(one, drawn(draw, data=False)) == ""


def test_a_hair_is_no_change():
    assert figures.difference(drawn(line()), drawn(line((1, 4.01, 9)))) == ""
    assert figures.difference(drawn(line((1, 4, 9)), data=False), drawn(line((1, 4.01, 9)))) == ""


def test_what_lies_outside_is_not_compared():
    def cut(last):
        return lambda axes: (axes.semilogy([1, 2, 3], [1, 10, last]), axes.set_ylim(1, 100))

    assert figures.difference(drawn(cut(1e5)), drawn(cut(9e5))) == ""


def test_another_shade_is_a_change_for_the_eye():
    assert figures.difference(
        drawn(line(color="C0"), data=False), drawn(line(color="C1"), data=False)
    )


def test_any_figure_still_holds_the_texts_and_what_is_drawn():
    def differs(draw, data=True):
        pair = drawn(line(), data=data), drawn(draw, data=data)
        return bool(figures.difference(*pair, any_figure=True))

    assert not differs(line((9, 1, 1)))
    assert not differs(CHANGES["limits"])
    assert differs(CHANGES["a label"])
    assert differs(CHANGES["one line more"])
    assert not differs(CHANGES["a label"], data=False)


def test_another_picture_beside_the_same_data_is_compared_as_a_picture():
    one, other = drawn(line()), drawn(line((5, 1, 7)))
    swapped = figures.Picture(other.base64, one.figure, one.digest)
    assert swapped.data is None
    assert "of the pixels differ" in figures.difference(swapped, drawn(line()))


def test_pictures_of_another_size_are_told():
    told = figures.difference(drawn(line(), data=False), drawn(line(), data=False, dots=50))
    assert told == "the stored picture has 400×300 pixels, that of now 200×150"


def test_the_two_pictures_and_their_difference_are_written(tmp_path):
    one, other = drawn(line(), data=False), drawn(line((5, 1, 7)), data=False)
    files = figures.write(tmp_path / "new", "a", one, other)
    assert [file.name for file in files] == ["a-stored.png", "a-now.png", "a-difference.png"]
    red = np.asarray(Image.open(files[2]))
    assert ((red[..., 0] == 220) & (red[..., 1] == 0)).mean() > 0.005
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
    assert len(figures.write(tmp_path, "b", figures.Picture("QUJD"), other)) == 1


def test_pictures_in_html_are_found():
    raw = drawn(line(), data=False).base64
    html = f'<p>a</p><img src="data:image/png;base64,{raw}">'
    (picture,) = figures.pictures_of([display(text_html=html)])
    assert picture.base64 == raw
    other = html.replace(raw, drawn(line((5, 1, 7)), data=False).base64)
    (now,) = comparing.aligned([display(text_html=html)], [display(text_html=other)], None)
    assert now.data["text/html"] == html  # the pictures are compared by themselves
    (now,) = comparing.aligned([display(text_html=html)], [display(text_html="<p>b</p>")], None)
    assert now.data["text/html"] == "<p>b</p>"


PLOTLY = {"data": [{"y": [1.0, 2.0, 3.0], "name": "a"}], "layout": {"width": 700}}


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (PLOTLY, True),
        ({**PLOTLY, "data": [{"y": [1.0, 2.001, 3.0], "name": "a"}]}, True),
        ({**PLOTLY, "data": [{"y": [1.0, 2.1, 3.0], "name": "a"}]}, False),
        ({**PLOTLY, "data": [{"y": [1.0, 2.0], "name": "a"}]}, False),
        ({**PLOTLY, "data": [{"y": [1.0, 2.0, 3.0], "name": "b"}]}, False),
        ({**PLOTLY, "layout": {"height": 700}}, False),
        ({**PLOTLY, "layout": {"width": True}}, False),
    ],
)
def test_json_figures_are_compared_by_their_numbers(now, same):
    assert figures.same_data(PLOTLY, now) == same
    mime = "application/vnd.plotly.v1+json"
    outputs = [[new_output("display_data", {mime: one})] for one in (PLOTLY, now)]
    (output,) = comparing.aligned(*outputs, None)
    assert (output.data[mime] == PLOTLY) == (same or now == PLOTLY)


@pytest.mark.parametrize(
    ("stored", "now", "same"),
    [
        ("loss 1.000", "loss 1.0009", True),
        ("loss 1.000", "loss 1.002", False),
        ("  1.5  2.5", " 1.5001 2.5", True),
        ("12 of 1000", "12 of 1001", False),
        ("1.5e-8", "1.50001e-8", True),
        ("nan 1.0", "nan 1.0", True),
        ("nan", "1.0", False),
        ("a 1.0", "b 1.0", False),
        ("1.0", "1.0 2.0", False),
        ("v1.2.3 1.0", "v1.2.4 1.0", False),
    ],
)
def test_numbers_within_a_tolerance(stored, now, same):
    assert comparing.close(stored, now, Tolerance(rtol=1e-3)) == same
    outputs = [[stream(stored)], [stream(now)]]
    (output,) = comparing.aligned(*outputs, Tolerance(rtol=1e-3))
    assert (output.text == stored) == (same or stored == now)


def test_lines_of_a_stream_may_come_in_another_order_but_not_those_of_a_result():
    (output,) = comparing.aligned([stream("a\nb\n")], [stream("b\na\n")], None)
    assert output.text == "a\nb\n"
    (output,) = comparing.aligned([result("a\nb")], [result("b\na")], None)
    assert output.data["text/plain"] == "b\na"
