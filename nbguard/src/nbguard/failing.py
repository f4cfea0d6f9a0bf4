"""An item that fails in sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


class GuardError(Exception):
    """What a guarded notebook fails on; its text is what a person reads."""


class GuardItem(pytest.Item):
    """An item that looks at a whole notebook, which is its parent unless it says otherwise."""

    @property
    def notebook(self) -> Any:
        """The notebook that it looks at."""
        return self.parent

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The sentences alone, where it is a finding."""
        if isinstance(excinfo.value, GuardError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, for pytest's report."""
        return self.path, 0, self.nodeid

    def fail(self, sentences: list[str]) -> None:
        """Fails with these sentences, if there are any; each begins with the cell."""
        if sentences:
            raise GuardError("\n".join(f"{self.notebook.where}: {one}" for one in sentences))
