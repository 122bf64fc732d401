"""What a least squares fit comes to."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

__all__ = ["LeastSquares", "estimate_covariance"]


@dataclasses.dataclass(frozen=True)
class LeastSquares:
    r"""A least squares fit.

    Attributes
    ----------
    coefficients : (d,) float64 ndarray
    intercept : float
        0 where none was wanted.
    standard_errors : (d,) float64 ndarray or None
        None where a penalty makes them meaningless; NaN where there are no more rows than
        unknowns.
    intercept_error : float or None
        None where there is no intercept, or a penalty.
    residual_sd : float
        :math:`\sqrt{\mathrm{rss} / (n - p)}` of n rows and p unknowns; NaN where n is not above p.
    rss : float
        :math:`\sum_i w_i (y_i - b_0 - x_i b)^2`.
    r2 : float
        1 - rss / tss with the squares about the mean, or about 0 where there is no intercept; NaN
        where they are none, for a constant target.
    condition : float
        2-norm condition number of the columns, centred (if there is an intercept) and brought to
        unit length; infinite where they are linearly dependent.
    rank : int
        Of the columns; the intercept isn't counted.
    way : "gram" or "qr"
        Whether the matrix of products was enough, or the triangular factor was needed.
    passes : int
        Over the rows, those for the moments included where they were made here.
    rows : int
    note : str
        In words, what was done and why.
    covariance : (d + 1, d + 1) float64 ndarray or None
        Of the estimates, the intercept's last (zero where there is none); None with a penalty.
    """

    coefficients: np.ndarray
    intercept: float
    standard_errors: np.ndarray | None
    intercept_error: float | None
    residual_sd: float
    rss: float
    r2: float
    condition: float
    rank: int
    way: str
    passes: int
    rows: int
    note: str
    covariance: np.ndarray | None


def estimate_covariance(
    basis: np.ndarray, centre: np.ndarray | None, variance: float, weight: float
) -> np.ndarray:
    r"""Return the covariance of coefficients and intercept.

    Parameters
    ----------
    basis : (d, r) float64 ndarray
        T, with :math:`T T^T` the (pseudo-)inverse of the centred columns' products.
    centre : (d,) float64 ndarray or None
        The columns' means; None where there is no intercept.
    variance : float
        Of an error of weight 1; NaN where it is unknown.
    weight : float
        Sum of the weights.

    Returns
    -------
    (d + 1, d + 1) float64 ndarray
        The intercept last.

    Examples
    --------
    >>> import numpy as np
    >>> estimate_covariance(np.array([[0.5]]), np.array([2.0]), 1.0, 4.0)
    array([[ 0.25, -0.5 ],
           [-0.5 ,  1.25]])
    """
    d = basis.shape[0]
    covariance = np.zeros((d + 1, d + 1))
    with np.errstate(over="ignore"):
        spread = basis * math.sqrt(variance)
        covariance[:d, :d] = spread @ spread.T
        if centre is not None:
            lever = centre @ spread
            covariance[d, :d] = covariance[:d, d] = -(spread @ lever)
            covariance[d, d] = lever @ lever + variance / weight
    return covariance
