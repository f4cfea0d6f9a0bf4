"""Notebooks that a comparison may pass without having compared: a table of traps.

Each trap is a notebook as somebody would have stored it, what plain nbval says of it, and a part of
the sentence in which nbguard refuses it. ``tools/traps.py`` shows what other runners say.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

STDOUT, STDERR = "stdout", "stderr"
C_STDERR = "import os\n_ = os.write(2, b'from C\\n')"
FIGURE = (
    "import matplotlib.pyplot as plt\n"
    "figure, axes = plt.subplots(figsize=(4, 3))\n"
    "_ = axes.plot([1, 2, 3], [{}])"
)


def stream(text: str, name: str = STDOUT) -> Any:
    return new_output("stream", name=name, text=text)


def result(text: str, count: int = 1, **data: str) -> Any:
    mimes = {mime.replace("_", "/").replace("svg/xml", "svg+xml"): v for mime, v in data.items()}
    return new_output("execute_result", {"text/plain": text, **mimes}, execution_count=count)


def display(**data: str) -> Any:
    mimes = {mime.replace("_", "/").replace("svg/xml", "svg+xml"): v for mime, v in data.items()}
    return new_output("display_data", mimes)


def cell(source: str, *outputs: Any, count: int | None = 1, tags: Sequence[str] = ()) -> Any:
    made = new_code_cell(
        source, outputs=list(outputs), execution_count=count, id=f"c{abs(hash(source)) % 10**8}"
    )
    if tags:
        made.metadata["tags"] = list(tags)
    return made


def notebook(*cells: Any) -> Any:
    """A notebook whose cells have the ids that their places give."""
    for number, one in enumerate(cells):
        one["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


def png(values: str, *, dots: int = 100) -> str:
    """The picture that FIGURE with these values draws in a notebook, in base64."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(4, 3), dpi=dots)
    FigureCanvasAgg(drawn)
    drawn.subplots().plot([1, 2, 3], [float(one) for one in values.split(",")])
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=dots, bbox_inches="tight", facecolor="white")
    return base64.b64encode(file.getvalue()).decode()


def figure_shown(values: str) -> Any:
    return display(image_png=png(values), text_plain="<Figure size 400x300 with 1 Axes>")


@dataclass(frozen=True)
class Trap:
    """A notebook, or several, and what is said of them.

    Attributes:
        name: short, for tables.
        make: makes the notebooks, by file name.
        said: a part of nbguard's sentence; empty for a healthy one.
        nbval: whether plain nbval passes it.
        options: further options of pytest, for nbval and nbguard.

    """

    name: str
    make: Callable[[], dict[str, Any]]
    said: str
    nbval: bool = True
    options: tuple[str, ...] = field(default=())

    def write(self, folder: Path) -> list[Path]:
        """Writes the notebooks; returns their files in order."""
        files = []
        for name, made in self.make().items():
            files.append(folder / name)
            nbformat.write(made, files[-1])
        return files


def one(*cells: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {"trap.ipynb": notebook(*cells)}


TRAPS = [
    Trap(
        "all outputs stripped",
        one(cell("print(1)", count=None), cell("print(2)", count=None)),
        "no cell was run before the notebook was stored",
    ),
    Trap(
        "one cell stripped",
        one(cell("print(1)", stream("1\n")), cell("print(2)", count=None)),
        "cell 1 was stored without having been run",
    ),
    Trap(
        "counts out of order",
        one(cell("print(1)", stream("1\n"), count=2), cell("print(2)", stream("2\n"))),
        "cell 1 (In [1]) stands below In [2]",
    ),
    Trap(
        "nothing to compare",
        one(cell("a = 1"), cell("b = 2", count=2)),
        "no cell that is compared has a stored output",
    ),
    Trap(
        "every cell ignored",
        one(cell("# NBVAL_IGNORE_OUTPUT\nprint(1)", stream("2\n"))),
        "every cell is marked to be ignored",
    ),
    Trap(
        "most cells ignored",
        one(
            cell("print(1)", stream("1\n")),
            cell("print(2)", stream("9\n"), count=2, tags=["nbval-ignore-output"]),
            cell("print(3)", stream("9\n"), count=3, tags=["nbval-skip"]),
        ),
        "2 of 3 cells (67%) are marked to be ignored; at most 50% may be",
    ),
    Trap(
        "lax and nothing marked",
        one(cell("print(1)", stream("2\n"))),
        "no cell is marked to be compared",
        options=("--nbval-lax",),
    ),
    Trap(
        "another figure",
        lambda: one(cell(FIGURE.format("1, 4, 9"), figure_shown("1, 4, 2")))(),
        "shows another figure (number 1)",
    ),
    Trap(
        "a figure vanished",
        lambda: one(
            cell(
                "from IPython.display import Image, display\ndisplay({}, raw=True)",
                display(image_png=png("1, 2, 3")),
            )
        )(),
        "shows no figures where 1 figure is stored",
    ),
    Trap(
        "a figure that is garbage",
        one(
            cell(
                FIGURE.format("1, 2, 3"),
                display(
                    image_png="bm90IGFuIGltYWdl", text_plain="<Figure size 400x300 with 1 Axes>"
                ),
            )
        ),
        "stores a figure (number 1) that is not an image that can be opened",
    ),
    Trap(
        "an SVG with its date",
        one(
            cell(
                "import matplotlib_inline.backend_inline as inline\n"
                "inline.set_matplotlib_formats('svg')\n" + FIGURE.format("1, 2, 3"),
                display(
                    image_svg_xml="<svg><dc:date>2024-01-01T00:00:00.1</dc:date></svg>",
                    text_plain="<Figure size 400x300 with 1 Axes>",
                ),
            )
        ),
        "shows a date of drawing",
        nbval=False,
    ),
    Trap(
        "HTML with a random id",
        one(
            cell(
                "import uuid\nfrom IPython.display import HTML\n"
                "HTML(f'<b id=\"{uuid.uuid4()}\">b</b>')",
                result(
                    "<IPython.core.display.HTML object>",
                    text_html='<b id="8a4e9d0c-52b1-4f6e-9d5e-1c2b3a4d5e6f">b</b>',
                ),
            )
        ),
        "shows a random id",
        nbval=False,
    ),
    Trap(
        "a magic that does not exist",
        one(
            cell(
                "%no_such_magic\nraise ValueError('never seen')",
                stream("UsageError: Line magic function `%no_such_magic` not found.\n", STDERR),
            )
        ),
        "the magic %no_such_magic does not exist, so the rest of the cell was not run",
    ),
    Trap(
        "a magic that refuses",
        one(
            cell(
                "%timeit -z\nraise ValueError('never seen')",
                stream('UsageError: option -z not recognized (allowed: "n:r:tcp:qov:")\n', STDERR),
            )
        ),
        "a magic refused (option -z not recognized",
    ),
    Trap(
        "C's stderr, only when stored",
        one(cell("print(1)", stream("1\n"), stream("from C\n", STDERR))),
        "wrote to stderr when it was stored, and does not now",
        nbval=False,
    ),
    Trap(
        "C's stderr, only now",
        one(cell("print(1)\n" + C_STDERR, stream("1\n"))),
        "writes to stderr, and did not when it was stored",
    ),
    Trap(
        "a path of this machine",
        lambda: one(
            cell("import pathlib\nprint(pathlib.Path.home())", stream(f"{Path.home()}\n"))
        )(),
        "shows a path of this machine",
    ),
    Trap(
        "a path of another machine",
        one(cell("print('/home/' + 'ada/net.params')", stream("/home/ada/net.params\n"))),
        "shows a path of one machine",
    ),
    Trap(
        "an address",
        one(cell("object()", result("<object at 0x7f3a2b4c5d6e>"))),
        "shows an address in memory",
        nbval=False,
    ),
    Trap(
        "a time",
        one(
            cell(
                "import time\nprint('finished at', time.strftime('%H:%M:%S'))",
                stream("finished at 12:13:14\n"),
            )
        ),
        "shows a time, which each run shows otherwise",
        nbval=False,
    ),
    Trap(
        "today's date",
        lambda: one(
            cell(
                "import datetime\nprint(datetime.date.today())",
                stream(f"{__import__('datetime').date.today()}\n"),
            )
        )(),
        "shows today's date",
    ),
    Trap(
        "a process number",
        one(cell("import os\nprint('pid', os.getpid())", stream("pid 4711\n"))),
        "shows a process number",
        nbval=False,
    ),
    Trap(
        "what the last run left behind",
        one(
            cell(
                "import pathlib\nfile = pathlib.Path('left.txt')\nprint(file.exists())\n"
                "_ = file.write_text('x')",
                stream("False\n"),
            )
        ),
        "does not show the same when the notebook is run again",
    ),
    Trap(
        "what another notebook left behind",
        lambda: {
            "1_makes.ipynb": notebook(
                cell("import pathlib\npathlib.Path('data.txt').write_text('7')", result("1"))
            ),
            "2_reads.ipynb": notebook(
                cell(
                    "import pathlib\nfile = pathlib.Path('data.txt')\n"
                    "print(file.read_text() if file.exists() else 'nothing')",
                    stream("7\n"),
                )
            ),
        },
        "shows something else in a fresh copy of the folder, run once after no other notebook",
    ),
    Trap(
        "near a rounding edge",
        one(cell("x = 1.535001\nprint(f'{x:.2f}')", stream("1.54\n"))),
        "shows a number that another processor shows otherwise: '1.54' becomes '1.53'",
    ),
    Trap(
        "the order of a sum",
        one(
            cell(
                "import os\nprint('sum', 0.5 + int(os.environ.get('OMP_NUM_THREADS', 0)))",
                stream("sum 0.5\n"),
            )
        ),
        "shows a number that another processor shows otherwise: '0.5' becomes '1.5'",
    ),
    Trap(
        "a kernel told to end",
        one(cell("print(1)", stream("1\n")), cell("exit()", count=2)),
        "the kernel was told to end by a cell",
    ),
    Trap(
        "a kernel that dies soon after",
        one(
            cell(
                "import os, threading\nthreading.Timer(0.1, os._exit, [1]).start()\nprint(1)",
                stream("1\n"),
            )
        ),
        "the kernel died after its last cell (exit code 1)",
    ),
    Trap(
        "a kernel killed in a cell",
        one(cell("print(1)", stream("1\n")), cell("import os\nos.kill(os.getpid(), 9)", count=2)),
        "the kernel died in this cell (by SIGKILL)",
        nbval=False,
        options=("--nbval-cell-timeout=5",),
    ),
    Trap(
        "a tolerance that means nothing",
        one(cell("# NBGUARD_TOLERANCE much\nprint(1)", stream("1\n"))),
        "the tolerance 'much' cannot be read at 'much'",
    ),
]

HEALTHY = [
    Trap(
        "texts, a result, a semicolon",
        one(
            cell("a = 1\nprint(a)", stream("1\n")),
            cell("a + 1", result("2", 2), count=2),
            cell("b = 3", count=3),
        ),
        "",
    ),
    Trap(
        "a figure",
        lambda: one(cell(FIGURE.format("1, 4, 9"), figure_shown("1, 4, 9")))(),
        "",
    ),
    Trap(
        "an error that is announced",
        one(
            cell(
                "1 / 0",
                new_output("error", ename="ZeroDivisionError", evalue="division by zero"),
                tags=["raises-exception"],
            )
        ),
        "",
    ),
    Trap(
        "numbers far from an edge",
        one(cell("print(f'{2 / 3:.2f}', 0.5 <= 0.5, round(0.25, 1))", stream("0.67 True 0.2\n"))),
        "",
    ),
    Trap(
        "times and hexadecimal numbers that are data",
        one(cell("print('2013-01-01 05:15:00', hex(48879), '12:30')",
                 stream("2013-01-01 05:15:00 0xbeef 12:30\n"))),
        "",
    ),
    Trap(
        "prose alone",
        lambda: {"trap.ipynb": new_notebook(cells=[nbformat.v4.new_markdown_cell("Words", id="m")])},
        "",
    ),
]  # fmt: skip
