"""What all runs of pytest here share: the device, and the notebooks that are not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "GLUON_INIT_DEVICE"
_ROOT = Path(__file__).parent
# nbgrader's: their gate runs them, with all their answers.
collect_ignore = ["notebooks/assignments"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest --nbval --device 'cpu(1)'`` runs every lesson on another device."""
    parser.addoption(
        "--device",
        metavar="DEVICE",
        help=f"the device of the lessons and of the library's defaults: cpu, cpu(1), gpu or gpu(0) "
        f"(default: what {VARIABLE} says, else cpu); without a path the lessons alone are run",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Sets the device for this process and its kernels; ends the run where it cannot be used."""
    asked = config.option.device
    if asked is not None:
        os.environ[VARIABLE] = asked
    if not os.environ.get(VARIABLE) or hasattr(config, "workerinput"):
        return
    import gluon_init as gi

    try:
        gi.device()
    except gi.DeviceError as error:
        raise pytest.UsageError(f"--device: {error}") from None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the unit tests out where a device is named and no path."""
    from_ini = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    of_tests = _ROOT / "tests" in collection_path.parents
    return True if config.option.device is not None and from_ini and of_tests else None


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says in one line that nothing ran on a GPU, and why; or on which device all ran."""
    option = config.option
    if not (getattr(option, "nbval", False) or getattr(option, "nbval_lax", False)):
        return
    import gluon_init as gi
    from gluon_init import devices

    asked = os.environ.get(VARIABLE, "")
    if asked.startswith("gpu"):
        terminalreporter.write_line(f"run on {gi.device()}")
        return
    reason = devices.why_no_gpu() or "none was asked for (--device gpu)"
    terminalreporter.write_line(f"not run on a GPU: {reason}")
