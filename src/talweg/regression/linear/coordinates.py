r"""Coordinates in which the columns of a table are alike, so that the descent is short.

A linear model's loss curves most where columns vary much or vary together. With the centred
products :math:`S = \sum_i w_i (x_i - \bar x)(x_i - \bar x)^T / W` of the rows, and the mean
curvature :math:`\kappa` of the loss, its Hessian is about :math:`\kappa S + \lambda_2 I`. In the
coordinates u of :math:`b = T u` with

.. math:: T = D^{-1} V \Lambda^{-1/2}, \qquad
          \kappa D^{-1} S D^{-1} + \lambda_2 D^{-2} = V \Lambda V^T, \qquad D^2 = \mathrm{diag}(S)

it is about the identity: a descent that took hundreds of passes takes about a dozen. Directions in
which the rows don't vary (repeated columns) are left out.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.linalg

from talweg.regression.squares.moments import Moments

__all__ = ["Coordinates", "raw", "scaled", "whitened"]

_FLAT = 1e-13  # of the largest eigenvalue of standardised products; they carry their rounding


@dataclasses.dataclass(frozen=True)
class Coordinates:
    r"""Coordinates u of the coefficients, :math:`b = T u`, and one of the intercept.

    Attributes
    ----------
    turn : (d, r) ndarray
        T.
    mean : (d,) ndarray
        The intercept's coordinate is the predictor of a row that has these values; zeros where it
        is the intercept itself.
    intercept : bool
        Whether there is one. Its coordinate is the last.
    level : float
        What one unit of the intercept's coordinate adds to all predictors.
    condition : float
        Of the standardised columns, as far as their products tell it; NaN where not computed.
    """

    turn: np.ndarray
    mean: np.ndarray
    intercept: bool
    level: float = 1.0
    condition: float = np.nan

    @property
    def rank(self) -> int:
        """Number r of coordinates of the coefficients."""
        return int(self.turn.shape[1])

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.rank + self.intercept

    def unpack(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the intercept and the coefficients that the coordinates stand for."""
        coefficients = self.turn @ u[: self.rank]
        if not self.intercept:
            return 0.0, coefficients
        return float(self.level * u[-1] - self.mean @ coefficients), coefficients

    def pack(self, intercept: float, coefficients: np.ndarray) -> np.ndarray:
        """Return the coordinates of an intercept and of coefficients."""
        u = np.linalg.lstsq(self.turn, coefficients, rcond=None)[0] if self.rank else np.zeros(0)
        if not self.intercept:
            return np.asarray(u)
        return np.append(u, (intercept + self.mean @ coefficients) / self.level)

    def gradient(
        self, slope: float, slopes: np.ndarray, penalty: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the gradient in these coordinates.

        Parameters
        ----------
        slope : float
            The derivative with respect to the intercept.
        slopes : (d,) ndarray
            The derivatives with respect to the coefficients, the intercept held.
        penalty : (d,) ndarray, optional
            Those of a penalty: it is no function of the intercept, which moves with the
            coefficients in these coordinates.
        """
        moved = slopes - self.mean * slope if self.intercept else slopes
        along = self.turn.T @ moved
        if penalty is not None:
            along += self.turn.T @ penalty
        return np.append(along, self.level * slope) if self.intercept else along


def raw(size: int, intercept: bool) -> Coordinates:
    """Return the coefficients and the intercept themselves as coordinates."""
    return Coordinates(np.eye(size), np.zeros(size), intercept)


def _spread(moments: Moments, intercept: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the means, the mean products and the size of each column; 1 where it is constant."""
    mean = moments.mean[:-1]
    products = moments.products[:-1, :-1] / moments.weight
    if intercept:
        center = mean
    else:
        center, products = np.zeros_like(mean), products + np.outer(mean, mean)
    size = np.sqrt(np.diag(products))
    varies = size > 1e-14 * np.abs(mean)
    return center, np.where(np.outer(varies, varies), products, 0.0), np.where(varies, size, 1.0)


def scaled(moments: Moments, intercept: bool) -> Coordinates:
    """Return coordinates in which every column varies by one."""
    center, _, size = _spread(moments, intercept)
    return Coordinates(np.diag(1.0 / size), center, intercept)


def whitened(
    moments: Moments, intercept: bool, curvature: float = 1.0, l2: float = 0.0
) -> Coordinates:
    """Return coordinates in which the loss curves about alike in all directions.

    Parameters
    ----------
    moments : Moments
    intercept : bool
    curvature : float, default 1
        The mean second derivative of the loss.
    l2 : float, default 0

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import ArrayRows
    >>> from talweg.regression.squares.moments import gather_moments
    >>> x = np.random.default_rng(0).normal(size=(50, 3)) * [1.0, 100.0, 0.01]
    >>> moments = gather_moments(ArrayRows(x, x[:, 0]))
    >>> turn = whitened(moments, intercept=True).turn
    >>> bool(np.allclose(turn.T @ np.cov(x.T, bias=True) @ turn, np.eye(3)))
    True
    """
    center, products, size = _spread(moments, intercept)
    correlation = products / np.outer(size, size)
    alone = scipy.linalg.eigvalsh(correlation) if size.size else np.ones(1)
    condition = float(np.sqrt(alone[-1] / alone[0])) if alone[0] > 0.0 else np.inf
    curved = curvature * correlation + np.diag(l2 / size**2)
    values, vectors = scipy.linalg.eigh(curved) if size.size else (np.zeros(0), np.zeros((0, 0)))
    kept = values > _FLAT * values.max(initial=0.0)
    turn = (vectors[:, kept] / np.sqrt(values[kept])) / size[:, None]
    flat = vectors[:, ~kept] / size[:, None]
    if flat.size:  # of all coefficients with the same predictions, the shortest
        along = scipy.linalg.qr(flat, mode="economic")[0]
        turn -= along @ (along.T @ turn)
    return Coordinates(turn, center, intercept, 1.0 / np.sqrt(curvature), condition)
