r"""How sure a fit is: deviances and standard errors, from one pass at the minimum.

With :math:`H = \sum_i w_i \ell''_i z_i z_i^T`, :math:`z = (1, x)`, the covariance of the estimates
is :math:`H^{-1}` where the loss is a negative log likelihood (``logistic``, ``poisson``) [1]_, and
:math:`\hat\sigma^2 H^{-1}` for ``squared``, with :math:`\hat\sigma^2 = \sum_i w_i r_i^2 / (n - p)`.
For other smooth losses it is :math:`H^{-1} M H^{-1}`, :math:`M = \sum_i w_i^2 \ell'^2_i z_i z_i^T`
[2]_, which doesn't assume that the loss is the right one.

References
----------
.. [1] P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed., Chapman and Hall, 1989.
.. [2] P. J. Huber, "The behavior of maximum likelihood estimates under nonstandard conditions",
   Proceedings of the Fifth Berkeley Symposium 1, 221-233, 1967.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.linalg

from talweg.regression.linear.coordinates import Coordinates
from talweg.regression.linear.linear_objective import predict_block
from talweg.regression.losses import Loss
from talweg.regression.passes import Passes
from talweg.regression.rows import Rows
from talweg.regression.squares.moments import Moments

__all__ = ["Inference", "infer"]


@dataclasses.dataclass(frozen=True)
class Inference:
    """What one pass at the minimum tells.

    Attributes
    ----------
    mean_loss, deviance, null_deviance : float
    standard_errors : (d,) ndarray or None
    intercept_error : float or None
    """

    mean_loss: float
    deviance: float
    null_deviance: float
    standard_errors: np.ndarray | None
    intercept_error: float | None


def infer(
    passes: Passes, loss: Loss, moments: Moments, coordinates: Coordinates,
    intercept: float, coefficients: np.ndarray, null: float, *, errors: bool,
) -> Inference:  # fmt: skip
    """Make the pass.

    Parameters
    ----------
    passes : Passes
    loss : Loss
    moments : Moments
        Of the rows.
    coordinates : Coordinates
        Those of the descent: in them the curvature is well-conditioned.
    intercept, coefficients : float, (d,) ndarray
        The minimum.
    null : float
        The predictor of the model that predicts the same for all rows.
    errors : bool
        Whether standard errors are wanted.
    """
    sums, curvature, meat = passes.sum(
        _sum_up, loss, coordinates, intercept, coefficients, null, errors
    )
    mean_loss, deviance, null_deviance = sums[0] / moments.weight, *map(float, sums[1:])
    covariance = _covariance(curvature, meat, loss.name) if errors and loss.smooth else None
    if covariance is None:
        return Inference(float(mean_loss), deviance, null_deviance, None, None)
    if loss.name == "squared":
        left = moments.rows - coordinates.size
        covariance *= deviance / left if left > 0 else np.nan
    turn = coordinates.turn
    rank = coordinates.rank
    spread = np.einsum("ij,jk,ik->i", turn, covariance[:rank, :rank], turn)
    of_intercept = None
    if coordinates.intercept:
        along = np.append(-(coordinates.mean @ turn), coordinates.level)
        of_intercept = float(np.sqrt(along @ covariance @ along))
    return Inference(float(mean_loss), deviance, null_deviance, np.sqrt(spread), of_intercept)


def _sum_up(
    rows: Rows, loss: Loss, coordinates: Coordinates, intercept: float,
    coefficients: np.ndarray, null: float, errors: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Add up losses, deviances, curvatures and squared slopes."""
    size = coordinates.size
    sums, curvature, meat = np.zeros(3), np.zeros((size, size)), np.zeros((size, size))
    for block in rows.blocks():
        predictor, y = predict_block(block, intercept, coefficients), block.target
        weight = np.ones(block.count) if block.weight is None else block.weight
        level = np.full(block.count, null)
        sums += (
            weight @ loss.per_row(predictor, y),
            weight @ loss.deviance(predictor, y),
            weight @ loss.deviance(level, y),
        )
        if errors and loss.smooth:
            z = coordinates.turn.T @ (block.columns - coordinates.mean[:, None])
            if coordinates.intercept:
                z = np.vstack([z, np.full(block.count, coordinates.level)])
            curvature += (z * (weight * loss.curvature(predictor, y))) @ z.T
            meat += (z * (weight * loss.slope(predictor, y)) ** 2) @ z.T
    return sums, curvature, meat


def _covariance(curvature: np.ndarray, meat: np.ndarray, loss: str) -> np.ndarray | None:
    """Return the covariance of the coordinates, None where the curvature is singular."""
    try:
        factor = scipy.linalg.cho_factor(curvature)
    except scipy.linalg.LinAlgError:
        return None
    inverse = scipy.linalg.cho_solve(factor, np.eye(len(curvature)))
    known = loss in ("squared", "logistic", "poisson")
    return np.asarray(inverse if known else inverse @ meat @ inverse)
