"""The mean loss of a model as an objective, in coordinates of which the parameters are a map."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.regression.loss_formulas import array_namespace
from talweg.regression.losses import Loss
from talweg.regression.models.fit_inputs import Parameters
from talweg.regression.models.model_values import Model

__all__ = ["Problem", "mean_loss", "smoothed"]

_SMALL = 200_000  # numbers in the matrix of the model's derivatives
_FEW = 10  # parameters of a model that autograd differentiates, each at the cost of a gradient


@dataclasses.dataclass(frozen=True)
class Problem:
    """A model, its data and a loss.

    Attributes
    ----------
    model : Model
    parameters : Parameters
    loss : Loss
    y : (n, ...) float64 ndarray
    share : ndarray, as y
        How much each target counts; all together 1.
    width : float or None
        Where the loss has a kink: over which residuals it is rounded off.
    """

    model: Model
    parameters: Parameters
    loss: Loss
    y: np.ndarray
    share: np.ndarray
    width: float | None = None

    def objective(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return ``fun(z, base, spread, ...)`` and what comes after `spread`.

        The parameters are ``base + spread @ z``. Data are arguments: other data of the same shape
        need no other compilation.
        """
        structure = self.parameters.structure
        data = (self.model.x, self.y, self.share)
        if self.width is None:
            fun = functools.partial(
                _of_coordinates, self.model.function, self.loss.per_row, structure
            )
            return fun, data
        fun = functools.partial(_rounded_off, self.model.function, structure)
        return fun, (*data, *_straight(self.loss), np.float64(self.width))

    def is_small(self, free: int) -> bool:
        """Return whether the model's derivatives cost little, so that nothing else is compiled."""
        few = self.model.way == "jax" or free <= _FEW
        return few and free * self.y.size <= _SMALL

    def value_and_slopes(self, vector: np.ndarray, free: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the mean loss, its kinks rounded off, and its gradient along some coordinates."""
        with np.errstate(all="ignore"):
            eta, jacobian = self.model.with_jacobian(vector, free)
            share, y = self.share.ravel(), self.y.ravel()
            if self.width is None:
                losses = self.loss.per_row(eta, y)
            else:
                quantile, size = _straight(self.loss)
                losses = size * smoothed(eta, y, quantile, self.width)
            value = float(np.sum(share * losses, where=share > 0.0))
            if not np.isfinite(value):
                return np.inf, np.zeros(free.size)
            return value, jacobian.T @ (share * self.slope(eta))

    def value(self, vector: np.ndarray) -> float:
        """Return the mean loss, its kinks where they are."""
        eta = self.model.values(vector)
        with np.errstate(all="ignore"):
            losses = np.asarray(self.loss.per_row(eta, self.y))
            return float(np.sum(self.share * losses, where=self.share > 0.0))

    def slope(self, eta: np.ndarray) -> np.ndarray:
        """Return the derivative of each target's loss in what is predicted, flattened."""
        y = self.y.ravel()
        if self.width is None:
            return np.asarray(self.loss.slope(eta, y))
        quantile, size = _straight(self.loss)
        inside = np.clip((eta - y) / self.width, -1.0, 1.0)
        return np.asarray(size * (inside / 2.0 + 0.5 - quantile))

    def curvature(self, eta: np.ndarray) -> np.ndarray:
        """Return the second derivative, made positive: what the coordinates are scaled by."""
        y = self.y.ravel()
        if self.width is None:
            found, least = np.asarray(self.loss.curvature(eta, y)), 1e-3
        else:
            size = _straight(self.loss)[1]
            found = size * (np.abs(eta - y) < self.width) / (2.0 * self.width)
            least = 1e-6
        with np.errstate(all="ignore"):
            found = np.where(np.isfinite(found), np.maximum(found, 0.0), 0.0)
            mean = float(np.sum(self.share.ravel() * found))
        return np.maximum(found, least * mean) if mean > 0.0 else np.ones_like(found)

    def information(self, eta: np.ndarray) -> float:
        """Return how many targets' worth of curvature is left; infinite where it can't vanish.

        Where a logistic or a Poisson model can fit better and better without end (classes that a
        plane separates, counts that are all zero), its curvature goes to zero on the way.
        """
        if self.loss.function is not None or self.loss.name not in ("logistic", "poisson"):
            return np.inf
        curvature = np.asarray(self.loss.curvature(eta, self.y.ravel()))
        return float(self.y.size * np.sum(self.share.ravel() * curvature))


def _straight(loss: Loss) -> tuple[np.float64, np.float64]:
    """Return the quantile of a loss of straight lines, and its size beside the pinball's."""
    if loss.quantile is None:
        return np.float64(0.5), np.float64(2.0)
    return np.float64(loss.quantile), np.float64(1.0)


def _of_coordinates(
    model: Any, per_row: Any, structure: Any, z: Any, base: Any, spread: Any, x: Any, y: Any,
    share: Any,
) -> Any:  # fmt: skip
    eta = model(structure.unravel(base + spread @ z), x)
    return (share * per_row(eta, y)).sum()


def _rounded_off(
    model: Any, structure: Any, z: Any, base: Any, spread: Any, x: Any, y: Any, share: Any,
    quantile: Any, size: Any, width: Any,
) -> Any:  # fmt: skip
    eta = model(structure.unravel(base + spread @ z), x)
    return (share * size * smoothed(eta, y, quantile, width)).sum()


def smoothed(eta: Any, y: Any, quantile: Any, width: Any) -> Any:
    r"""Return the quantile loss with a parabola for its kink, where :math:`|r| \le h`.

    .. math:: \rho_h(r) = \tfrac12 |r|_h + (q - \tfrac12) r, \qquad
        |r|_h = r^2 / (2 h) + h / 2 \;\text{inside},\; |r| \;\text{outside}

    It is above the loss by at most h / 4.
    """
    residual = y - eta
    xp = array_namespace(residual)
    inside = xp.clip(residual, -width, width)
    bowl = inside * (residual - inside / 2.0) / width + width / 2.0
    return bowl / 2.0 + (quantile - 0.5) * residual


def mean_loss(
    params: Any, model: Callable[..., Any], per_row: Callable[..., Any], x: Any, y: Any, share: Any
) -> Any:
    """Return the mean loss of a model, in its own parameters."""
    return (share * per_row(model(params, x), y)).sum()
