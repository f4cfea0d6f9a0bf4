"""The loss of a net with auxiliary heads, and what each head is worth."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mxnet as mx

from ..errors import ArgumentError, ShapeError, in_a_line
from ..results.text import shape_text
from .net import AuxiliaryOutput

MAIN = "prediction"


class AuxiliaryLoss:
    """The main loss plus the weighted losses of the auxiliary heads.

    ``loss(output, label)`` returns the total, as ``loss`` itself would: one number a sample for
    Gluon's losses. ``loss.parts`` has the last call's unweighted losses by name, ``prediction``
    first.

    Args:
        loss: a function of output and label, such as ``gluon.loss.SoftmaxCrossEntropyLoss()``.
        weights: one number for all heads, one for each in stage order, stage → number, or a
            function of the epoch that returns one of these, for a weight that decays; the epoch is
            ``loss.epoch``, which the training loop sets. 0.3 is GoogLeNet's (Szegedy et al. 2014);
            for Inception v3 0.4 is the custom.

    Raises:
        ArgumentError: weights that are negative or not as many as heads; a name that is no stage; a
            label that is missing; an output of inference, which has no auxiliary heads.
        ShapeError: a label that does not fit; names the head.

    """

    def __init__(self, loss: Callable[..., Any], weights: Any = 0.3) -> None:
        if not callable(loss) or isinstance(loss, type):
            found = f"of type {type(loss).__name__}"
            if isinstance(loss, type):
                found = f"the class {loss.__name__}: give an object, {loss.__name__}()"
            raise ArgumentError(f"loss must be a function of output and label, but it is {found}.")
        self.loss = loss
        self.epoch = 0
        self.parts: dict[str, Any] = {}
        self._weights = weights
        if not callable(weights):
            _require_numbers(weights)

    def weights(self, names: Sequence[str]) -> dict[str, float]:
        """Stage → its weight in this epoch."""
        given = self._weights(self.epoch) if callable(self._weights) else self._weights
        _require_numbers(given)
        if isinstance(given, numbers.Real):
            return dict.fromkeys(names, float(given))
        if isinstance(given, Mapping):
            unknown = [name for name in given if name not in names]
            missing = [name for name in names if name not in given]
            if unknown or missing:
                raise ArgumentError(
                    f"weights must name each auxiliary head, {', '.join(names)}, but it names "
                    f"{', '.join(map(str, given))}."
                )
            return {name: float(given[name]) for name in names}
        if len(given) != len(names):
            raise ArgumentError(
                f"weights has {len(given)} number(s), but the net has {len(names)} auxiliary "
                f"head(s): "
                f"{', '.join(names)}. Give one number for all, or one each."
            )
        return dict(zip(names, map(float, given), strict=True))

    def __call__(self, output: Any, label: Any, *auxiliary_labels: Any) -> Any:
        """Returns the total loss.

        Args:
            output: what an AuxiliaryNet returns in training.
            label: for the final head, and for all heads if no others are given.
            *auxiliary_labels: one for each auxiliary head, in stage order.

        """
        if not isinstance(output, AuxiliaryOutput):
            raise ArgumentError(
                "output is a prediction alone, without auxiliary heads: the net was called at "
                "inference. Call it inside autograd.record(), or use the plain loss."
            )
        names = output.auxiliary.names
        labels = auxiliary_labels or (label,) * len(names)
        if label is None or any(one is None for one in labels):
            raise ArgumentError("label is missing: in training every head needs one.")
        if len(labels) != len(names):
            raise ArgumentError(
                f"auxiliary_labels has {len(labels)} label(s), but the net has {len(names)} "
                f"auxiliary "
                f"head(s): {', '.join(names)}. Give one each, or none to use the main label."
            )
        weights = self.weights(names)
        total = self._of(MAIN, output.prediction, label)
        self.parts = {MAIN: total}
        for name, head, target in zip(names, output.auxiliary, labels, strict=True):
            self.parts[name] = self._of(name, head, target)
            total = total + weights[name] * self.parts[name]
        return total

    def _of(self, name: str, output: Any, label: Any) -> Any:
        try:
            return self.loss(output, label)
        except (mx.MXNetError, ValueError) as error:  # reshape_like raises a ValueError
            raise ShapeError(
                f"loss failed for {name}, given an output of {shape_text(output.shape)} and a "
                f"label of {shape_text(label.shape)}: {in_a_line(error)}"
            ) from error

    def report(self) -> dict[str, float]:
        """The last call's losses by name, unweighted, averaged over the batch."""
        return {name: part.mean().asnumpy().item() for name, part in self.parts.items()}


def _require_numbers(weights: Any) -> None:
    values = weights.values() if isinstance(weights, Mapping) else weights
    values = [values] if isinstance(values, numbers.Real) else values
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ArgumentError(f"weights must be numbers, but it is {weights!r}.")
    for value in values:
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not float(value) >= 0:
            raise ArgumentError(
                f"weights must be numbers that are at least 0, but it has {value!r}. A head that "
                f"should not count has weight 0."
            )


class HeadMetric(mx.metric.EvalMetric):  # type: ignore[misc]
    """A metric that looks at one head; see :func:`head_metric`."""

    def __init__(self, metric: Any, head: str, label: str | None = None) -> None:
        try:
            self.metric = mx.metric.create(metric)
        except (AssertionError, ValueError, TypeError) as error:
            raise ArgumentError(
                f"metric is {metric!r}, which MXNet does not know. Give a name such as 'acc', "
                f"'top_k_accuracy', 'rmse' or 'ce', a metric, or a function of label and output."
            ) from error
        self.head, self.label = head, label
        super().__init__(f"{self.metric.name} of {head}")

    def reset(self) -> None:
        """Begins anew."""
        self.metric.reset()

    def reset_local(self) -> None:
        """Begins the part since the last report anew."""
        self.metric.reset_local()

    def update(self, labels: Any, preds: Any) -> None:
        """Takes a label and what an AuxiliaryNet returned in either mode."""
        if isinstance(preds, AuxiliaryOutput):
            outputs = {MAIN: preds.prediction, **dict(zip(preds.auxiliary.names, preds.auxiliary,
                                                          strict=True))}  # fmt: skip
            if self.head not in outputs:
                raise ArgumentError(f"head is {self.head!r}, but the net has {', '.join(outputs)}.")
            preds = outputs[self.head]
        elif self.head != MAIN:
            raise ArgumentError(
                f"head is {self.head!r}, but at inference there is the prediction alone. Call the "
                f"net inside autograd.record() (train_mode), or measure 'prediction'."
            )
        self.metric.update(_listed(labels), _listed(preds))

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Takes Module's labels and outputs, by name."""
        for what, name, given in (("head", self.head, pred), ("label", self.label, label)):
            if name not in given:
                raise ArgumentError(f"{what} is {name!r}, but Module has {', '.join(given)}.")
        self.metric.update([label[str(self.label)]], [pred[self.head]])

    def get(self) -> tuple[str, float]:
        """The metric's name with the head's, and its value."""
        return self.name, self.metric.get()[1]


def head_metric(
    metric: mx.metric.EvalMetric | str | Callable[..., Any],
    head: str = MAIN,
    label: str | None = None,
) -> HeadMetric:
    """Returns ``metric`` for one head alone.

    In Gluon, ``update(label, net(x))`` picks the head out of what an AuxiliaryNet returns. In
    Module, ``fit(eval_metric=...)`` hands over all outputs and labels by name, which MXNet's
    metrics pair in order: with two heads and one label they fail, or measure the wrong pair.

    Args:
        metric: ``"acc"``, ``"rmse"``, a metric, or a function: as ``mx.metric.create`` takes it.
        head: ``"prediction"``, the stage of an auxiliary head, or Module's output, for instance
            ``"softmax_output"``.
        label: Module's label that belongs to it, for instance ``"softmax_label"``.

    """
    return HeadMetric(metric, head, label)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else [value]
