"""Steps for nbgrader's own commands and buttons, so that they are as careful as ours.

A course's nbgrader_config.py takes them over::

    from gluon_init.classroom.steps import AUTOGRADE, FEEDBACK
    c.Autograde.autograde_preprocessors = AUTOGRADE
    c.GenerateFeedback.preprocessors = FEEDBACK

Then the button *Autograde* of formgrader runs a submission in the sandbox, too, and *Generate
feedback* leaves the hidden tests out.
"""

from __future__ import annotations

import re
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.preprocessors import Execute, NbGraderPreprocessor

from .course import identifier
from .leaks import bare, secret_lines
from .sandbox.provisioner import NAME

_SPOKEN = ("Wrong", "NotTried", "NoFunction")  # errors whose sentence was written for students
_HIDDEN = "A test that you do not see has failed. It asks the same of other names, shapes or nets."


class SandboxedKernelManager(AsyncKernelManager):
    """Starts kernels in bubblewrap, whatever their specification says."""

    async def _async_start_kernel(self, **settings: Any) -> None:
        self.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
        await super()._async_start_kernel(**settings)

    start_kernel = _async_start_kernel


class SandboxedExecute(Execute):
    """nbgrader's step that runs the cells, in a sandbox."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "kernel_manager_class": SandboxedKernelManager})


class HideTests(NbGraderPreprocessor):
    """Takes hidden tests out of a graded notebook before its student sees it."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Changes a copy that is only shown; the graded notebook stays as it is."""
        hide_tests(nb)
        return nb, resources


def hide_tests(notebook: NotebookNode) -> None:
    """Takes hidden tests out of a graded notebook: their text, and errors that quote it.

    Of an error stays its name and message. Where a hidden test raised it, the message stays only
    if it was written for students, as those of this package's tests are.
    """
    hidden = secret_lines(notebook, ("HIDDEN TESTS",))
    with_hidden = set(hidden.values())
    for cell in notebook.cells:
        if identifier(cell) in with_hidden and cell.cell_type == "code":
            cell.source = re.sub(
                r"[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*\n?", "", cell.source,
                flags=re.DOTALL,
            ).rstrip()  # fmt: skip
            for output in cell.outputs:
                if output.output_type == "error":
                    _hide_in_error(output, hidden)


def _hide_in_error(output: NotebookNode, hidden: dict[str, str]) -> None:
    if output.ename in _SPOKEN:
        return
    shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback))
    arrows = [bare(line) for line in re.findall(r"^-+> *\d+(.*)$", shown, flags=re.MULTILINE)]
    if any(line in hidden for line in arrows):
        output.evalue = _HIDDEN
    output.traceback = [f"{output.ename}: {output.evalue}".strip()]


_FIRST, *_REST = GenerateFeedback.preprocessors.default()
AUTOGRADE = [
    SandboxedExecute if step is Execute else step
    for step in Autograde.autograde_preprocessors.default()
]
FEEDBACK = [_FIRST, HideTests, *_REST]
