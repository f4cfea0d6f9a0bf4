"""All that a figure shows, each artist in a line: for tests that hold a picture as a text."""

import numpy as np
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text


def pictured(figure):
    """Its size, then what is drawn, from back to front as it lies in the figure."""
    figure.canvas.draw()
    lines = ["{:.3g} x {:.3g} inches".format(*figure.get_size_inches())]
    for axes in figure.axes:
        lines += _axes(axes)
    lines += [f"on the figure: {_text(one)}" for one in figure.texts]
    figure.clear()
    return "\n".join(lines)


def _axes(axes):
    sides = ", ".join(
        f"{name} {side.get_edgecolor()[:3]}"
        for name, side in axes.spines.items()
        if side.get_visible()
    )
    x, y = axes.xaxis, axes.yaxis
    yield f"axes at {_numbers(axes.get_position().bounds)}, sides: {sides or 'none'}"
    yield f"  x {_numbers(axes.get_xlim())} {axes.get_xscale()}, y {_numbers(axes.get_ylim())} {axes.get_yscale()}"
    for name, axis in (("x", x), ("y", y)):
        grid = axis.get_gridlines()
        if grid and grid[0].get_visible():
            yield f"  {name} grid: {_look(grid[0])}"
        marks = axis.get_ticklines()
        yield f"  {name} marks: {len(marks)} of {marks[0].get_markersize() if marks else 0:.3g}"
        for tick in axis.get_ticklabels():
            if tick.get_text():
                yield f"  {name} tick: {_text(tick)}"
    for text in (axes.title, axes._left_title, axes._right_title, x.label, y.label):
        if text.get_text():
            yield f"  title or label: {_text(text)}"
    for artist in axes.get_children():
        if isinstance(artist, Text) and artist.get_text() and artist in axes.texts:
            yield f"  text: {_text(artist)}"
        elif isinstance(artist, Line2D):
            yield f"  line: {_numbers(artist.get_xydata())} {_look(artist)} {_more(artist)}"
        elif isinstance(artist, Collection):
            yield f"  points: {_numbers(artist.get_offsets())} {_paths(artist)} {_faces(artist)} {_more(artist)}"
        elif (
            isinstance(artist, Patch) and not isinstance(artist, Spine) and artist is not axes.patch
        ):
            yield f"  patch: {_numbers(artist.get_path().vertices)} {_numbers(artist.get_extents().bounds)} {_faces(artist)} {_more(artist)}"
    legend = axes.get_legend()
    if legend:
        box = legend.get_window_extent().transformed(axes.transAxes.inverted()).bounds
        yield f"  legend at {_numbers(box)}, {legend._ncols} columns, frame {legend.get_frame_on()}"
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            look = _look(handle) if isinstance(handle, Line2D) else _faces(handle)
            yield f"    {_text(text)}: {look}"


def _text(text):
    place = text.xyann if isinstance(text, Annotation) else text.get_unitless_position()
    shown = (
        f"{text.get_text()!r} at {_numbers(place)} {to_hex(text.get_color())} {text.get_fontsize():.3g} "
        f"{text.get_fontfamily()[0]} {text.get_fontweight()} {text.get_rotation():.3g} "
        f"{text.get_ha()} {text.get_va()} {_more(text)}"
    )
    if isinstance(text, Annotation):
        arrow = (
            f", arrow {_faces(text.arrow_patch)} {text.arrow_patch.get_arrowstyle()!s:.40}"
            if text.arrow_patch
            else ""
        )
        shown += (
            f" to {_numbers(text.xy)} in {text.xycoords}, {text.anncoords}"
            + arrow.split(" object")[0]
        )
    return shown


def _look(line):
    return (
        f"{to_hex(line.get_color())} {line.get_linestyle()} {line.get_linewidth():.3g} "
        f"{line.get_marker()} {line.get_markersize():.3g} {line.get_label()}"
    )


def _faces(one):
    def hexed(colours):
        return (
            [to_hex(c, keep_alpha=True) for c in np.atleast_2d(colours)][:3] if len(colours) else []
        )

    return f"{hexed(one.get_facecolor())} {hexed(one.get_edgecolor())} {_numbers(one.get_linewidth())} {one.get_label()}"


def _paths(one):
    sizes = one.get_sizes() if hasattr(one, "get_sizes") else []
    return f"{[len(path.vertices) for path in one.get_paths()][:3]} {_numbers(sizes)}"


def _more(artist):
    """What is not as usual: its layer, whether it is cut off, how much shows through."""
    clip = "" if artist.get_clip_on() else " not cut off"
    alpha = "" if artist.get_alpha() is None else f" alpha {artist.get_alpha():.3g}"
    return f"layer {artist.get_zorder():g}{clip}{alpha}"


def _numbers(values):
    numbers = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    return "(" + " ".join(f"{one + 0:.3g}" for one in numbers) + ")"
