r"""The mean loss of a linear model over the rows of a table, with its gradient.

.. math:: f(b_0, b) = \frac{1}{W} \sum_i w_i\, \ell(b_0 + x_i^T b,\, y_i)
                      + \frac{\lambda_2}{2} \lVert b \rVert^2, \qquad W = \sum_i w_i

One evaluation is one pass: the value and the gradient of each block are added up, so that the
rows may stay in a file, or be spread over the workers of a cluster.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from talweg.regression.linear.coordinates import Coordinates
from talweg.regression.losses import Loss
from talweg.regression.passes import Passes
from talweg.regression.rows import Block, Rows
from talweg.regression.squares.moments import Moments

__all__ = ["LinearObjective", "MomentsObjective", "predict_block", "sum_of_losses"]


def sum_of_losses(
    rows: Rows, loss: Loss, intercept: float, coefficients: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Add up the losses of all rows, and their derivatives: one pass.

    Parameters
    ----------
    rows : Rows
    loss : Loss
    intercept : float
    coefficients : (d,) ndarray

    Returns
    -------
    sums : (3,) ndarray
        Of the weighted losses, of their derivatives with respect to the predictor, and of the
        squares of those.
    slopes : (d,) ndarray
        Of their derivatives with respect to the coefficients.
    """
    sums, slopes = np.zeros(3), np.zeros(coefficients.size)
    for block in rows.blocks():
        predictor = predict_block(block, intercept, coefficients)
        losses = loss.per_row(predictor, block.target)
        slope = loss.slope(predictor, block.target)
        weighted = slope if block.weight is None else slope * block.weight
        losses = losses if block.weight is None else losses * block.weight
        sums += losses.sum(), weighted.sum(), weighted @ slope
        slopes += block.columns @ weighted
    return sums, slopes


def predict_block(block: Block, intercept: float, coefficients: np.ndarray) -> np.ndarray:
    """Return the linear predictor of each row of a block."""
    return np.asarray(intercept + coefficients @ block.columns)


@dataclasses.dataclass
class LinearObjective:
    """The mean loss, by a pass an evaluation.

    Parameters
    ----------
    passes : Passes
        Over the rows.
    loss : Loss
    moments : Moments
        Of the rows.
    coordinates : Coordinates
        What it is a function of.
    l2 : float, default 0

    Attributes
    ----------
    steepness : float
        Root mean square derivative of a row's loss, at the last point.
    """

    passes: Passes
    loss: Loss
    moments: Moments
    coordinates: Coordinates
    l2: float = 0.0
    steepness: float = 0.0
    _last: Any = dataclasses.field(default=None, init=False, repr=False)

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the value and the gradient; NaN where numbers overflow."""
        if self._last is not None and np.array_equal(u, self._last[0]):
            return self._last[1], self._last[2]
        with np.errstate(over="ignore", invalid="ignore"):
            intercept, b = self.coordinates.unpack(u)
            if not (np.isfinite(b).all() and np.isfinite(intercept)):
                return np.nan, np.full(u.size, np.nan)
            sums, slopes = self.passes.sum(sum_of_losses, self.loss, intercept, b)
            weight = self.moments.weight
            value = sums[0] / weight + 0.5 * self.l2 * float(b @ b)
            gradient = self.coordinates.gradient(sums[1] / weight, slopes / weight, self.l2 * b)
            self.steepness = float(np.sqrt(sums[2] / weight))
        self._last = (np.array(u), float(value), gradient)
        return self._last[1], self._last[2]


@dataclasses.dataclass
class MomentsObjective:
    r"""The mean squared loss, halved, by the moments of the rows: no pass is made.

    .. math:: f = \frac{1}{2} \left( (\bar y - b_0 - \bar x^T b)^2
              + \frac{S_{yy} - 2 b^T S_{xy} + b^T S_{xx} b}{W} \right)
              + \frac{\lambda_2}{2} \lVert b \rVert^2

    with the means and the centred sums of products S. An evaluation costs :math:`d^2`.

    Parameters
    ----------
    moments : Moments
    coordinates : Coordinates
    l2 : float, default 0
    """

    moments: Moments
    coordinates: Coordinates
    l2: float = 0.0
    steepness: float = 0.0

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the value and the gradient."""
        intercept, b = self.coordinates.unpack(u)
        mean, products = self.moments.mean, self.moments.products / self.moments.weight
        towards = products[:-1, :-1] @ b - products[:-1, -1]
        over = float(intercept + mean[:-1] @ b - mean[-1])
        spread = float(b @ (towards - products[:-1, -1]) + products[-1, -1])
        self.steepness = float(np.sqrt(over * over + max(spread, 0.0)))
        value = 0.5 * self.steepness**2 + 0.5 * self.l2 * float(b @ b)
        return value, self.coordinates.gradient(over, towards + mean[:-1] * over, self.l2 * b)
