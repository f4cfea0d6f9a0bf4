"""Runs the README's cell for Colab in a kernel like Colab's, then lesson 01 in the same kernel.

``tools/fresh_machine.sh trixie -- python3 tools/fresh_machine/colab.py``. Like Colab's: Python 3.12
or newer, NumPy 2 and its friends installed before and NumPy imported already, no restart. Not like
Colab's: Debian in place of Ubuntu, fewer packages, this checkout in place of its address.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "notebooks" / "01_lazy_shapes.ipynb"
# What Colab has and the lessons use.
INSTALLED = [
    *("graphviz", "ipykernel", "ipywidgets", "matplotlib", "numpy>=2", "pandas", "requests"),
    *("scikit-learn", "scipy", "tabulate"),
]
BEFORE = "import numpy, matplotlib.pyplot; print('NumPy', numpy.__version__, 'is imported')"
AFTER = "import gluon_init as gi, mxnet, numpy; print(gi.doctor()); print(numpy.__version__)"


def cell_of_readme() -> str:
    """The cell, with this checkout in place of the repository's address."""
    text = (ROOT / "README.md").read_text()
    found = re.search(r"```python\n(%pip install [^`]*)```", text)
    if found is None:
        sys.exit("README.md has no cell that begins with %pip install.")
    return re.sub(r"git\+[^\s\"']+", f"git+file://{ROOT}", found[1])


def make_environment(folder: Path) -> Path:
    """An environment with what Colab has; returns its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *INSTALLED], check=True)
    return python


def run_cells(cells: list[str]) -> int:
    """Runs the cells in one kernel, and returns how many failed; needs jupyter_client."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", cwd=str(LESSON.parent))
    failed = 0
    try:
        for number, code in enumerate(cells, start=1):
            answer = client.execute_interactive(code, timeout=900, allow_stdin=False)
            if answer["content"]["status"] != "ok":
                failed += 1
                print(f"cell {number} of {len(cells)} failed:\n{code}", flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    print(f"{len(cells) - failed} of {len(cells)} cells ran in one kernel without a restart")
    return failed


def main() -> int:
    """Returns the exit code; runs itself again in the environment that it has made."""
    if "inside" in sys.argv:
        lesson = json.loads(LESSON.read_text())
        codes = ["".join(cell["source"]) for cell in lesson["cells"] if cell["cell_type"] == "code"]
        return 1 if run_cells([BEFORE, cell_of_readme(), AFTER, *codes]) else 0
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder))
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        command = [python, __file__, "inside"]
        return subprocess.run(command, env={**os.environ, "PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
