"""Which function of Python a call did not fit, and what that function takes."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mxnet import gluon

from .scene import Scene

_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
# What users write before a name → the modules that it is from.
_WRITTEN = {
    "mx.rnn.": "mxnet.rnn", "gluon.": "mxnet.gluon", "nn.": "mxnet.gluon", "rnn.": "mxnet.gluon",
    "init.": "mxnet.initializer",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A call that Python refused.

    Attributes:
        owner: the class whose method was called, or that was to be made.
        method: the method's name; "__init__" where an object was to be made.

    """

    owner: type
    method: str

    @property
    def written(self) -> str:
        """How it is called: ``Dense``, or ``Trainer.step``."""
        made = self.method == "__init__"
        return self.owner.__name__ if made else f"{self.owner.__name__}.{self.method}"

    def names(self) -> list[str]:
        """What it takes by name, also what it hands on to the classes it is derived from."""
        kinds = [kind for kind in self.owner.__mro__ if kind is not object]
        if self.method != "__init__":
            kinds = [kind for kind in kinds if self.method in vars(kind)][:1]
        found: dict[str, None] = {}
        for kind in kinds:
            if self.method not in vars(kind):
                continue
            parameters = _parameters(kind, self.method)
            found.update(dict.fromkeys(p.name for p in parameters if p.kind not in _OPEN))
            if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
                break
        return list(found)

    def required(self) -> list[str]:
        """The names of what has no default."""
        found = _parameters(self.owner, self.method)
        return [p.name for p in found if p.default is p.empty and p.kind not in _OPEN]


def _parameters(owner: type, method: str) -> list[inspect.Parameter]:
    """What a method takes, without the object or class that Python itself hands over."""
    function = inspect.getattr_static(owner, method)
    plain = isinstance(function, staticmethod)
    parameters = list(inspect.signature(inspect.unwrap(getattr(owner, method))).parameters.values())
    bound = plain or isinstance(function, classmethod)
    return parameters if bound else parameters[1:]


def calls_of(scene: Scene, qualified: str) -> Iterator[Call]:
    """The calls of which Python may speak as ``Dense.__init__``, the likeliest first.

    Where a class hands on what it does not know, the class that was called, not the one that
    refused.
    """
    head, _, method = qualified.rpartition(".")
    for kind in dict.fromkeys(_classes(scene, head)):
        made = _made(scene, kind) if method == "__init__" else kind
        if inspect.isroutine(getattr(made, method, None)):
            yield Call(made, method)


def _classes(scene: Scene, name: str) -> Iterator[type]:
    """Those of this qualified name: of what was at work, then MXNet's, of which some share one."""
    yield from (kind for kind in _at_work(scene) if kind.__qualname__ == name)
    homes = tuple(home for written, home in _WRITTEN.items() if f"{written}{name}" in scene.line)
    found = [vars(module)[name] for key, module in sorted(sys.modules.items())
             if key.startswith("mxnet.") and isinstance(vars(module).get(name), type)]  # fmt: skip
    inside = [kind for kind in found if kind.__qualname__ == name]
    yield from sorted(inside, key=lambda kind: not kind.__module__.startswith(homes))


def _at_work(scene: Scene) -> Iterator[type]:
    """Classes of the objects whose methods ran, and those that the functions could name."""
    for _, values in reversed(scene.frames):
        if "self" in values:
            yield from type(values["self"]).__mro__
    for frame, _ in reversed(list(traceback.walk_tb(scene.error.__traceback__))):
        for value in (*frame.f_locals.values(), *frame.f_globals.values()):
            kind = value if isinstance(value, type) else type(value)
            yield from kind.__mro__ if isinstance(value, (type, gluon.Block)) else ()


def _made(scene: Scene, kind: type) -> type:
    """The class an object of which was to be made, which may be derived from the one named."""
    makers = [values["self"] for name, values in scene.frames
              if name == "__init__" and isinstance(values.get("self"), kind)]  # fmt: skip
    return type(makers[-1]) if makers else kind


def quoted(text: str) -> Sequence[str]:
    """All names that Python puts between quotation marks."""
    return re.findall(r"'(\w+)'", text)
