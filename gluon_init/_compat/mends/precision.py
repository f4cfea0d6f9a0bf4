"""Sums and products of a float32 scalar and a Python number: float64 once, since NumPy 2 float32.

Source: NumPy Enhancement Proposal 50.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..old_numpy import View


def _wide(value: Any) -> Any:
    return np.float64(value) if isinstance(value, np.floating) else value


# ---------------------------------------------------------------------------------------------
# Metrics


def _exact(name: str, kinds: tuple[type, ...]) -> property:
    """An attribute that keeps numbers of these kinds as float64."""
    slot = f"_{name}_exact"

    def read(metric: Any) -> Any:
        for kept in (slot, name):  # the second in a metric that plain MXNet has pickled
            if kept in metric.__dict__:
                return metric.__dict__[kept]
        raise AttributeError(name)

    def write(metric: Any, value: Any) -> None:
        wide = isinstance(value, kinds)
        metric.__dict__[slot] = np.float64(value) if wide else value

    return property(read, write)


class _WideSum:
    """The sum of an array, whose scalar is a float64."""

    def __init__(self, total: Any) -> None:
        self._total = total

    def asscalar(self) -> Any:
        return np.float64(self._total.asscalar())


def _plainly(get: Any) -> Any:
    """``get`` of a metric: a plain float, which compares with a float32 as a float64 once did."""

    def plain(value: Any) -> Any:
        return float(value) if isinstance(value, np.float64) else value

    @functools.wraps(get)
    def got(metric: Any) -> Any:
        name, value = get(metric)
        return name, list(map(plain, value)) if isinstance(value, list) else plain(value)

    return got


def metrics(module: Any) -> None:
    """A metric's sums and counts stay exact."""
    for name in ("sum_metric", "global_sum_metric"):
        setattr(module.EvalMetric, name, _exact(name, (float, np.floating)))
    for name in ("num_inst", "global_num_inst"):
        setattr(module.EvalMetric, name, _exact(name, (np.floating,)))
    own = module.ndarray
    module.ndarray = View(own, {"sum": lambda array: _WideSum(own.sum(array))})
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, module.EvalMetric):
            for name in {"get", "get_global"} & vars(kind).keys():
                setattr(kind, name, _plainly(vars(kind)[name]))


# ---------------------------------------------------------------------------------------------
# Optimizers and their schedules


def _keep_wide(self: Any, name: str, value: Any) -> None:
    object.__setattr__(self, name, _wide(value))


def schedules(module: Any) -> None:
    """A learning rate given as a float32 is multiplied in float64."""
    module.LRScheduler.__setattr__ = _keep_wide


def optimizers(module: Any) -> None:
    """So are an optimizer's settings, and layers' norms, beside which 1e-18 must not vanish."""
    module.Optimizer.__setattr__ = _keep_wide
    for kind in (module.LBSGD, module.LARS):

        def norm(self: Any, *args: Any, _own: Any = kind._l2norm, **kwargs: Any) -> float:
            return float(_own(self, *args, **kwargs))

        kind._l2norm = norm


# ---------------------------------------------------------------------------------------------
# Others


def numeric_gradients(module: Any) -> None:
    """``check_numeric_gradient`` divides differences by a Python number."""
    own = module.numeric_grad

    @functools.wraps(own)
    def numeric_grad(
        executor: Any, location: Any, aux_states: Any = None, eps: Any = 1e-4, *args: Any,
        **kwargs: Any,
    ) -> Any:  # fmt: skip
        eps = np.float64(eps) if type(eps) in (int, float) else eps
        return own(executor, location, aux_states, eps, *args, **kwargs)

    module.numeric_grad = numeric_grad


def quantization(module: Any) -> None:
    """Histograms are taken over a range of float64, and widened by it."""
    combine = module.combine_histogram

    @functools.wraps(combine)
    def combined(old_hist: Any, arr: Any, new_min: Any, new_max: Any, new_th: Any) -> Any:
        *rest, old_th = old_hist
        if new_th > old_th:
            old_hist, new_th = (*rest, np.float64(old_th)), np.float64(new_th)
        return combine(old_hist, arr, new_min, new_max, new_th)

    def histogram(a: Any, bins: Any = 10, range: Any = None, **kwargs: Any) -> Any:
        range = None if range is None else tuple(map(float, range))
        return np.histogram(a, bins, range, **kwargs)

    module.combine_histogram = combined
    module.np = module.np.with_names(histogram=histogram)


def operands(module: Any) -> None:
    """A scalar of NumPy's does not widen an array of its own kind in what is left to NumPy."""
    own = module._get_np_op

    def get_np_op(name: str) -> Any:
        operator = own(name)

        @functools.wraps(operator)
        def narrow(*inputs: Any, **kwargs: Any) -> Any:
            plain = [one.item() if isinstance(one, np.generic) else one for one in inputs]
            try:
                return operator(*plain, **kwargs)
            except OverflowError:  # a number that the array's type cannot hold widens it
                return operator(*inputs, **kwargs)

        return narrow

    module._get_np_op = get_np_op


def roundings(module: Any) -> None:
    """A whole number that is rounded becomes a float; ``np.fix`` warns since NumPy 2.5."""
    names = {name: _rounding(getattr(np, name)) for name in ("ceil", "floor", "trunc")}
    module._np = module._np.with_names(**names, fix=names["trunc"])


def _rounding(function: Any) -> Any:
    def rounded(x: Any, *args: Any, **kwargs: Any) -> Any:
        return function(np.asarray(x) * np.float16(1), *args, **kwargs)

    rounded.__name__ = function.__name__
    return rounded
