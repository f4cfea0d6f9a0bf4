"""Interpreters of their own, for what a test's own process cannot show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import Any


def python(code: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a fresh interpreter in which every warning is an error."""
    command = [sys.executable, "-W", "error", *options, "-c", textwrap.dedent(code)]
    surroundings = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings)


def answer(code: str, *options: str, **environment: str) -> Any:
    """What the code leaves in ``answer``, by JSON."""
    ending = "\nimport json\nprint(json.dumps(answer))"
    result = python(textwrap.dedent(code) + ending, *options, **environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
