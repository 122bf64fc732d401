"""The formulas of the losses: values, slopes, curvatures, means and deviances, row by row.

Values take NumPy arrays, what JAX traces and what autograd records; the others are NumPy's. A slope
at a kink is zero, which is one of the subgradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special

__all__ = [
    "absolute", "absolute_slope", "array_namespace", "function_curvature", "function_deviance",
    "function_slope", "huber", "huber_curvature", "huber_slope", "identity", "logistic",
    "logistic_curvature", "logistic_slope", "of_function", "poisson", "poisson_curvature",
    "poisson_deviance", "poisson_slope", "probability", "quantile", "quantile_slope", "rate",
    "squared", "squared_curvature", "squared_deviance", "squared_slope", "straight", "twice",
]  # fmt: skip


def array_namespace(*arrays: Any) -> Any:
    """Return the NumPy, JAX or autograd that goes together with some arrays."""
    if any(isinstance(array, jax.Array) for array in arrays):  # what JAX traces is one too
        return jnp
    if any(hasattr(array, "_value") and hasattr(array, "_node") for array in arrays):
        import autograd.numpy

        return autograd.numpy
    return np


def _float(*arrays: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(array, float)[()] for array in arrays)


def _like(number: float, *arrays: Any) -> Any:
    return np.full(np.broadcast_shapes(*map(np.shape, arrays)), number)[()]


def identity(eta: Any) -> Any:
    """Return what is predicted as it is."""
    return np.asarray(eta, float)[()]


def probability(eta: Any) -> Any:
    r"""Return :math:`1 / (1 + e^{-\eta})`."""
    return scipy.special.expit(np.asarray(eta, float))


def rate(eta: Any) -> Any:
    r"""Return :math:`e^\eta`, infinite where that is too large."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(np.asarray(eta, float))


def twice(per_row: Callable[[Any, Any], Any], eta: Any, y: Any) -> Any:
    """Return the deviance of a loss that is measured from zero."""
    return 2.0 * per_row(*_float(eta, y))


def straight(eta: Any, y: Any, quantile: float = 0.5) -> Any:
    """Return no curvature."""
    del quantile
    return _like(0.0, eta, y)


def squared(eta: Any, y: Any) -> Any:
    r"""Return :math:`(\eta - y)^2 / 2`."""
    return (eta - y) ** 2 / 2.0


def squared_slope(eta: Any, y: Any) -> Any:
    """Return how far the prediction is above the target."""
    eta, y = _float(eta, y)
    return eta - y


def squared_curvature(eta: Any, y: Any) -> Any:
    """Return ones."""
    return _like(1.0, eta, y)


def squared_deviance(eta: Any, y: Any) -> Any:
    """Return the squared residual."""
    return squared_slope(eta, y) ** 2


def huber(eta: Any, y: Any, delta: float) -> Any:
    r"""Return :math:`r^2/2`, beyond `delta` :math:`\delta (|r| - \delta/2)`."""
    # One formula for both sides: the part of the miss inside delta, and the rest.
    miss = eta - y
    inside = array_namespace(miss).clip(miss, -delta, delta)
    return inside * (miss - inside / 2.0)


def huber_slope(eta: Any, y: Any, delta: float) -> Any:
    """Return how far the prediction is above the target, at most `delta`."""
    return np.clip(squared_slope(eta, y), -delta, delta)


def huber_curvature(eta: Any, y: Any, delta: float) -> Any:
    """Return 1 where the residual is at most `delta`, else 0."""
    return (np.abs(squared_slope(eta, y)) <= delta).astype(float)[()]


def absolute(eta: Any, y: Any) -> Any:
    r"""Return :math:`|\eta - y|`."""
    return array_namespace(eta, y).abs(eta - y)


def absolute_slope(eta: Any, y: Any) -> Any:
    """Return the sign of the prediction's error."""
    return np.sign(squared_slope(eta, y))


def quantile(eta: Any, y: Any, quantile: float) -> Any:
    r"""Return :math:`\max(q r, (q - 1) r)` of the residual :math:`r = y - \eta`."""
    residual = y - eta
    return array_namespace(eta, y).maximum(quantile * residual, (quantile - 1.0) * residual)


def quantile_slope(eta: Any, y: Any, quantile: float) -> Any:
    r"""Return :math:`1 - q` where the prediction is above the target, :math:`-q` where below."""
    miss = squared_slope(eta, y)
    return (miss > 0.0) * (1.0 - quantile) - (miss < 0.0) * quantile


def logistic(eta: Any, y: Any) -> Any:
    r"""Return :math:`\log(1 + e^\eta) - y \eta`, of y 0 or 1."""
    # Written so that no two large numbers are subtracted.
    wrong = (1.0 - 2.0 * y) * eta
    if isinstance(wrong, np.ndarray):  # three times as fast as logaddexp
        with np.errstate(under="ignore"):
            return np.maximum(wrong, 0.0) + np.log1p(np.exp(-np.abs(wrong)))
    return array_namespace(wrong).logaddexp(0.0, wrong)


def logistic_slope(eta: Any, y: Any) -> Any:
    """Return the probability less the target, to full relative precision."""
    eta, y = _float(eta, y)
    side = 1.0 - 2.0 * y
    return side * scipy.special.expit(side * eta)


def logistic_curvature(eta: Any, y: Any) -> Any:
    """Return the variance, :math:`p (1 - p)`."""
    eta = np.asarray(eta, float) + _like(0.0, eta, y)
    return scipy.special.expit(eta) * scipy.special.expit(-eta)


def poisson(eta: Any, y: Any) -> Any:
    r"""Return :math:`e^\eta - y \eta`."""
    if isinstance(eta, (np.ndarray, float)):  # too large a rate is infinite, without a warning
        return rate(eta) - y * eta
    return array_namespace(eta, y).exp(eta) - y * eta


def poisson_slope(eta: Any, y: Any) -> Any:
    """Return the rate less the target."""
    return rate(eta) - np.asarray(y, float)


def poisson_curvature(eta: Any, y: Any) -> Any:
    """Return the rate, which is the variance too."""
    return rate(eta) + _like(0.0, eta, y)


def poisson_deviance(eta: Any, y: Any) -> Any:
    r"""Return :math:`2 (y \log(y / \mu) - (y - \mu))`."""
    # From eta itself: the logarithm of a rate that has become zero would be lost.
    eta, y = _float(eta, y)
    least = scipy.special.xlogy(y, y) - y
    return np.maximum(2.0 * (least + rate(eta) - y * eta), 0.0)


def of_function(function: Callable[..., Any], eta: Any, y: Any) -> Any:
    """Return what a user's function makes of each row."""
    if isinstance(eta, (np.ndarray, float)):  # one written for JAX would compute in float32
        from talweg.objective import precision

        with precision(np.float64), np.errstate(all="ignore"):
            losses: Any = np.asarray(function(eta, y))[()]
    else:
        losses = function(eta, y)
    if np.shape(losses) != np.shape(eta):
        name = getattr(function, "__name__", "the loss")
        raise ValueError(
            f"{name}(prediction, y) returned shape {np.shape(losses)}, for predictions of shape "
            f"{np.shape(eta)}; it must return one loss a row, not their mean or sum"
        )
    return losses


def _total(eta: Any, function: Callable[..., Any], y: Any) -> Any:
    losses = of_function(function, eta, y)
    return array_namespace(losses).sum(losses)


def function_slope(function: Callable[..., Any], eta: Any, y: Any) -> Any:
    """Return its derivative, found automatically."""
    from talweg.objective import gradient

    eta, y = _float(eta, y)
    return gradient(lambda eta, y: _total(eta, function, y), eta, y)


def function_curvature(function: Callable[..., Any], eta: Any, y: Any) -> Any:
    """Return its second derivative, found automatically."""
    # Each row's loss depends on that row alone: the product with ones is the diagonal.
    from talweg.curvature import hessian_vector_product

    eta, y = _float(eta, y)
    ones = _like(1.0, eta)
    return hessian_vector_product(lambda eta, y: _total(eta, function, y), eta, ones, y)


def function_deviance(function: Callable[..., Any], eta: Any, y: Any) -> Any:
    """Return twice its value."""
    return 2.0 * np.asarray(of_function(function, *_float(eta, y)), float)[()]
