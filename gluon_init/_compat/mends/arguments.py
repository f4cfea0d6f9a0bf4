"""Arguments and methods that NumPy, SciPy or Python have dropped, renamed, or ask for otherwise."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from ..old_numpy import View

_NOT_GIVEN: Any = getattr(np, "_NoValue")  # noqa: B009  (NumPy 1 has no type for it)


class _Buffer(np.ndarray[Any, Any]):
    """An array that still has ``tostring``."""

    tostring = np.ndarray.tobytes


def records(module: Any) -> None:
    """``recordio.pack`` writes labels, and ``pack_img`` images, by ``tostring``."""

    def asarray(*args: Any, **kwargs: Any) -> Any:
        return np.asarray(*args, **kwargs).view(_Buffer)

    module.np = module.np.with_names(asarray=asarray)
    if module.cv2 is not None:
        imencode = module.cv2.imencode

        def encoded(*args: Any) -> Any:
            done, buffer = imencode(*args)
            return done, buffer.view(_Buffer)

        module.cv2 = View(module.cv2, {"imencode": encoded})


def sizes(module: Any) -> None:
    """The random functions ask ``size == ()``, to which a NumPy integer answers with an array."""
    for name in module.__all__:
        setattr(module, name, _with_plain_integers(getattr(module, name)))


def _with_plain_integers(function: Any) -> Any:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        plain = {name: _plain(value) for name, value in kwargs.items()}
        return function(*map(_plain, args), **plain)

    return called


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, np.integer) else value


def quantiles(module: Any) -> None:
    """``interpolation`` has become ``method``."""
    for name in ("nanpercentile", "nanquantile"):
        setattr(module, name, _with_interpolation(getattr(module, name)))


def _with_interpolation(function: Any) -> Any:
    @functools.wraps(function)
    def quantile(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        interpolation: str = "linear",
        keepdims: Any = _NOT_GIVEN,
    ) -> Any:
        options = {"overwrite_input": overwrite_input, "method": interpolation}
        return function(a, q, axis=axis, out=out, keepdims=keepdims, **options)

    return quantile


def histograms(module: Any) -> None:
    """``normed``, and of ``corrcoef`` ``bias`` and ``ddof``, are gone."""
    own = {name: getattr(module, name) for name in ("corrcoef", "histogram2d", "histogramdd")}

    def corrcoef(
        x: Any, y: Any = None, rowvar: bool = True, bias: Any = _NOT_GIVEN, ddof: Any = _NOT_GIVEN
    ) -> Any:
        if bias is not _NOT_GIVEN or ddof is not _NOT_GIVEN:
            words = "bias and ddof have no effect and are deprecated"
            warnings.warn(words, DeprecationWarning, stacklevel=2)
        return own["corrcoef"](x, y, rowvar)

    def histogram2d(
        x: Any, y: Any, bins: Any = 10, range: Any = None, normed: Any = None,
        weights: Any = None, density: Any = None,
    ) -> Any:  # fmt: skip
        density = normed if density is None else density
        return own["histogram2d"](x, y, bins, range, density=density, weights=weights)

    def histogramdd(
        sample: Any, bins: Any = 10, range: Any = None, normed: Any = None,
        weights: Any = None, density: Any = None,
    ) -> Any:  # fmt: skip
        density = normed if density is None else density
        return own["histogramdd"](sample, bins, range, density=density, weights=weights)

    for function in (corrcoef, histogram2d, histogramdd):
        name = function.__name__
        setattr(module, name, functools.wraps(own[name])(function))


def least_squares(module: Any) -> None:
    """``rcond="warn"`` was ``lstsq``'s default; ``matrix_rank``'s first argument was ``M``."""
    lstsq, matrix_rank = module.lstsq, module.matrix_rank

    @functools.wraps(lstsq)
    def lstsq_(a: Any, b: Any, rcond: Any = "warn") -> Any:
        if isinstance(rcond, str) and rcond == "warn":
            words = (
                "`rcond` parameter will change to the default of machine precision times "
                "``max(M, N)`` where M and N are the input matrix dimensions."
            )
            warnings.warn(words, FutureWarning, stacklevel=2)
            rcond = -1
        return lstsq(a, b, rcond=rcond)

    @functools.wraps(matrix_rank)
    def matrix_rank_(M: Any, tol: Any = None, hermitian: bool = False) -> Any:  # noqa: N803  (NumPy's)
        return matrix_rank(M, tol, hermitian)

    module.lstsq, module.matrix_rank = lstsq_, matrix_rank_


class _One(np.ndarray[Any, Any]):
    """An array of one number which still passes for the number."""

    def __float__(self) -> float:
        return float(self.item())


def thresholds(module: Any) -> None:
    """The thresholds of quantization are arrays of one number, and used as numbers."""
    own = module._get_optimal_threshold

    @functools.wraps(own)
    def optimal(*args: Any, **kwargs: Any) -> Any:
        low, high, *found = own(*args, **kwargs)
        return low, high, *(one.view(_One) for one in found)

    module._get_optimal_threshold = optimal


def frequencies(module: Any) -> None:
    """``chi_square_check`` rounds the frequencies that it expects; newer SciPy minds their sum."""
    if not module.ss:
        return
    own = module.ss

    def chisquare(f_obs: Any, f_exp: Any) -> Any:
        statistic = ((f_obs - f_exp) ** 2 / f_exp).sum()
        return statistic, own.chi2.sf(statistic, len(f_obs) - 1)

    module.ss = View(own, {"chisquare": chisquare})
