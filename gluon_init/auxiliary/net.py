"""Auxiliary heads, which help training and vanish at inference."""

from __future__ import annotations

import textwrap
from collections import UserList
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import mxnet as mx
from mxnet import autograd, gluon

from .._gluon import paths
from .._gluon.blocks import children, forget_graph, is_active, own_parameters, set_active
from .._gluon.parameters import finish, pending_of
from ..errors import ArgumentError


class Auxiliary(tuple[Any, ...]):
    """The auxiliary heads' outputs, in stage order; ``names`` has the stages' names."""

    names: tuple[str, ...]

    def __new__(cls, outputs: Iterable[Any], names: Iterable[str]) -> Auxiliary:
        """Makes one of the outputs and the names, as many."""
        made = super().__new__(cls, outputs)
        made.names = tuple(names)
        return made


class AuxiliaryOutput(NamedTuple):
    """What an :class:`AuxiliaryNet` returns in training: the final output, and the others."""

    prediction: Any
    auxiliary: Auxiliary


class AuxiliaryNet(gluon.Block):  # type: ignore[misc]
    """A network with auxiliary heads at some of its stages.

    Inside ``autograd.record()`` it returns an :class:`AuxiliaryOutput`; outside, the prediction
    alone, and the auxiliary heads are not computed. That holds hybridized or not, whichever comes
    first, in any alternation: there is one graph for each mode. The first call in either mode
    initializes all that is deferred, the heads included, in the same order. Called with symbols, as
    ``gi.infer_shapes`` and ``gi.force_init`` do, it has all outputs.

    Children are ``network`` and ``auxiliary``, so that paths read ``network.features.0.weight`` and
    ``auxiliary.features_14.4.weight`` (a stage's dots become underscores there).

    For fine-tuning a block can be exchanged at any time, ``net.network.head = nn.Dense(5)`` or
    ``net.auxiliary.low = nn.Dense(5)``, inside a sequence by ``register_child(nn.Dense(5), "4")``;
    then initialize the new one.

    Args:
        stages: the trunk: a dictionary of name and block (or pairs), in order; or a whole net, such
            as one of the model zoo, together with ``attach``.
        head: the final head, for stages; None for a whole net.
        auxiliary: name of a stage → the auxiliary head that takes its output.
        attach: for a whole net: path of a block, such as ``"features.5"`` → auxiliary head.

    Raises:
        ArgumentError: a stage or path that is not there (the names that are, are listed), a block
            that is not a HybridBlock, no auxiliary head at all.

    Example:
        >>> net = gi.AuxiliaryNet(vision.resnet18_v1(classes=10), attach={"features.6": head})

    Source: Szegedy et al. 2014 (GoogLeNet); MXNet issues 16926 and 16932, where one block whose
    outputs depend on the mode went wrong when hybridized.

    """

    def __init__(
        self,
        stages: gluon.HybridBlock | Mapping[str, gluon.HybridBlock],
        head: gluon.HybridBlock | None = None,
        auxiliary: Mapping[str, gluon.HybridBlock] | None = None,
        *,
        attach: Mapping[str, gluon.HybridBlock] | None = None,
    ) -> None:
        network, heads, places = _assemble(stages, head, auxiliary, attach)
        super().__init__()
        self.stages = tuple(places)
        self.network = network
        self.auxiliary = _Heads()
        for name in places:
            _register(self.auxiliary, name.replace(".", "_"), heads[name])
        # No child, or each parameter would have two paths; not an attribute, which would be one.
        self.__dict__["_training"] = _Training(network, self.auxiliary, self.stages)

    def forward(self, *inputs: Any) -> Any:
        """Returns an AuxiliaryOutput in training and for symbols, else the prediction."""
        training = self.__dict__["_training"]
        self._notice_new_blocks()
        if not isinstance(inputs[0], mx.nd.NDArray):
            return _named(training(*inputs), self.stages)
        self._complete(inputs)
        if not autograd.is_training():
            return self.network(*inputs)
        # Where only the network was hybridized, its graph would hide the stages.
        hidden = any(is_active(block) for _, block in paths.blocks(self.network))
        set_active(training, is_active(training) or hidden)
        return _named(training(*inputs), self.stages)

    def inference(self) -> Any:
        """Returns the plain network, without the heads; it shares all parameters.

        Its ``save_parameters`` writes a file that loads into the same network anywhere, and its
        ``export`` a graph without heads.
        """
        return self.network

    def __repr__(self) -> str:
        inside = "\n".join(f"({name}): {block}" for name, block in children(self).items())
        return f"AuxiliaryNet(\n{textwrap.indent(inside, '  ')}\n)"

    def plot(self) -> Any:
        """Draws the trunk and its heads, and what inference leaves out; a matplotlib figure."""
        from .picture import heads

        return heads(self.network, self.stages)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """As ``Block.hybridize``; each mode gets a graph of its own."""
        super().hybridize(active, **kwargs)
        self.__dict__["_training"].hybridize(active, **kwargs)

    def cast(self, dtype: Any) -> None:
        """As ``Block.cast``."""
        super().cast(dtype)
        forget_graph(self.__dict__["_training"])

    def _notice_new_blocks(self) -> None:
        """A block or a parameter that has been exchanged must not live on in an old graph."""
        blocks = [block for _, block in paths.blocks(self)]
        parameters = [p for block in blocks for p in own_parameters(block).values()]
        now = UserList([*blocks, *parameters])  # of a plain list Gluon warns that it holds blocks
        if now != self.__dict__.get("_known"):
            self.__dict__["_known"] = now
            forget_graph(self.network)
            training = self.__dict__["_training"]
            training.network, training.heads = self.network, self.auxiliary

    def _complete(self, inputs: tuple[Any, ...]) -> None:
        """Finishes what is deferred, the heads included, whatever the mode."""
        parameters = self.collect_params().values()
        if any(pending_of(parameter) for parameter in parameters):
            self.__dict__["_training"].infer_shape(*inputs)
            for parameter in parameters:
                finish(parameter)


class _Heads(gluon.HybridBlock):  # type: ignore[misc]
    """Holds the heads under their stages' names."""


class _Stages(gluon.nn.HybridSequential):  # type: ignore[misc]
    """Stages under their names, and the head behind them."""

    def __init__(self, stages: Mapping[str, Any], head: Any) -> None:
        super().__init__()
        for name, block in {**stages, "head": head}.items():
            _register(self, name, block)


class _Training(gluon.HybridBlock):  # type: ignore[misc]
    """All outputs, in one graph: taps the stages while the network runs."""

    def __init__(self, network: Any, heads: Any, stages: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.heads = heads
        self._stages = stages

    def hybrid_forward(self, F: Any, *inputs: Any) -> Any:  # noqa: N803  (Gluon's name)
        """All outputs; ``F`` is ``mx.nd`` or ``mx.sym``."""
        seen: dict[int, Any] = {}

        def see(block: Any, _: Any, output: Any) -> None:
            seen[id(block)] = output

        places = dict(paths.blocks(self.network))
        tapped = [places[name] for name in self._stages]
        handles = [block.register_forward_hook(see) for block in tapped]
        try:
            prediction = self.network(*inputs)
        finally:
            for handle in handles:
                handle.detach()
        heads = children(self.heads).values()
        return [prediction, *(h(seen[id(b)]) for h, b in zip(heads, tapped, strict=True))]


def _register(parent: Any, name: str, block: Any) -> None:
    """Makes a child, which is also an attribute unless the class has one of that name."""
    parent.register_child(block, name)
    if not hasattr(parent, name):
        parent.__dict__[name] = block


def _named(outputs: Any, names: tuple[str, ...]) -> AuxiliaryOutput:
    return AuxiliaryOutput(outputs[0], Auxiliary(outputs[1:], names))


def _assemble(
    stages: Any, head: Any, auxiliary: Any, attach: Any
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The network, its heads by stage, and the tapped blocks by stage, both in stage order."""
    if isinstance(stages, gluon.Block):
        if head is not None:
            raise ArgumentError(
                "head belongs to stages; a whole net has its own. Give attach={path: head} only."
            )
        heads = _named_blocks(attach or auxiliary or {}, "attach")
        network = _hybrid(stages, "stages")
        places = {path: block for path, block in paths.blocks(network) if path}
        what = "attach"
    else:
        trunk = _named_blocks(stages, "stages")
        if not trunk:
            raise ArgumentError(
                "stages is empty: give a dictionary of name and block, or a whole net."
            )
        for name, block in trunk.items():
            _hybrid(block, f"stages[{name!r}]")
        network = _Stages(trunk, _hybrid(head, "head"))
        heads = _named_blocks(auxiliary or attach or {}, "auxiliary")
        places, what = trunk, "auxiliary"
    if not heads:
        raise ArgumentError(
            f"{what} is empty: name at least one stage and its head. The stages are "
            f"{_some(places)}."
        )
    for name, block in heads.items():
        if name not in places:
            raise ArgumentError(
                f"{what} names {name!r}, which is no stage. The stages are {_some(places)}."
            )
        _hybrid(block, f"{what}[{name!r}]")
    order = {name: block for name, block in places.items() if name in heads}
    return network, heads, order


def _named_blocks(given: Any, what: str) -> dict[str, Any]:
    try:
        return {str(name): block for name, block in dict(given).items()}
    except (TypeError, ValueError):
        whole = ", or a whole net" if what == "stages" else ""
        raise ArgumentError(
            f"{what} must be a dictionary of a stage's name and its block{whole}, but it is of "
            f"type {type(given).__name__}."
        ) from None


def _hybrid(block: Any, where: str) -> Any:
    if not isinstance(block, gluon.HybridBlock):
        raise ArgumentError(
            f"{where} must be a HybridBlock, so that each mode can have its graph, but it is of "
            f"type {type(block).__name__}."
        )
    return block


def _some(names: Iterable[str], most: int = 30) -> str:
    listed = [name for name in names if name.count(".") < 2]
    return ", ".join(listed[:most]) + (" ..." if len(listed) > most else "")
