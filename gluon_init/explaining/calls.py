"""Which function of Python a call did not fit, and what that function takes."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mxnet as mx
from mxnet import gluon

from .scene import Scene

_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_PLACES: tuple[Any, ...] = (
    gluon.nn, gluon.rnn, gluon.loss, gluon, gluon.data, gluon.contrib.nn, gluon.contrib.rnn,
    mx.init, mx.mod, mx.io, mx.metric, mx.optimizer, mx.rnn,
)  # fmt: skip


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


def call_of(scene: Scene, qualified: str) -> Call | None:
    """The call of which Python speaks as ``Dense.__init__``; None where it cannot be found.

    Where a class hands on what it does not know, the class that was called, not the one that
    refused.
    """
    head, _, method = qualified.rpartition(".")
    kind = _class(scene, head)
    if kind is None:
        return None
    if method == "__init__":
        kind = _made(scene, kind)
    return Call(kind, method) if inspect.isroutine(getattr(kind, method, None)) else None


def _class(scene: Scene, name: str) -> type | None:
    """The class of this qualified name: of what was at work, else one that can be seen."""
    for kind in _at_work(scene):
        if kind.__qualname__ == name:
            return kind
    places = sorted(_PLACES, key=lambda place: f"{_short(place)}.{name}" not in _line(scene))
    found = [getattr(place, name, None) for place in places]
    return next((one for one in found if isinstance(one, type)), None)


def _short(module: Any) -> str:
    """What users call it: ``init`` for mxnet.initializer, which is mx.init."""
    name = str(module.__name__).rpartition(".")[2]
    return {"initializer": "init", "module": "mod"}.get(name, name)


def _line(scene: Scene) -> str:
    """The line of source that made the call: two of MXNet's classes may have one name."""
    return traceback.extract_tb(scene.error.__traceback__)[-1].line or ""


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
