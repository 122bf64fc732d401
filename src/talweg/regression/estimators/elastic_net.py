"""The elastic net: least squares with coefficients that are exactly zero."""

from __future__ import annotations

import numpy as np

from talweg.regression.estimators.base import check_number
from talweg.regression.estimators.squared_loss import Arrived, SquaredLoss
from talweg.regression.linear.coordinates import scaled
from talweg.regression.linear.linear_descent import Course, descend_with_l1
from talweg.regression.linear.linear_objective import MomentsObjective
from talweg.regression.rows import ArrayRows
from talweg.regression.squares.moments import Moments

__all__ = ["ElasticNet"]


class ElasticNet(SquaredLoss):
    r"""Least squares with a penalty that makes coefficients exactly zero.

    Parameters
    ----------
    alpha : float, default 1.0
        At least 0.
    l1_ratio : float, default 0.5
        From 0 to 1: the share of the penalty that falls on the coefficients' absolute values.
    fit_intercept : bool, default True
    max_iter : int, default 10000
        Iterations after which to stop.
    tol : float, default 1e-9
        Stop when no component of the gradient, where it isn't held back by a zero, is larger than
        this share of the residuals' root mean square at the start, in columns of unit variance.

    Attributes
    ----------
    coef_ : (d,) float64 ndarray
        With exact zeros.
    intercept_ : float
    n_iter_ : int
    trace_ : Trace or None
        None where nothing is left to descend on: without a share of absolute values.
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.ElasticNet : Finds the same minimum.

    Notes
    -----
    Minimises [1]_, with the weights :math:`w_i`, their sum W and :math:`\rho` the `l1_ratio`,

    .. math:: \frac{1}{2 W} \sum_i w_i (y_i - b_0 - x_i^T b)^2
              + \alpha \rho \lVert b \rVert_1 + \frac{\alpha (1 - \rho)}{2} \lVert b \rVert^2

    on the products of the columns, in the positive and the negative parts of the coefficients: a
    step inside the box of what isn't negative is a proximal step. Computed in float64, whatever X
    is.

    References
    ----------
    .. [1] H. Zou and T. Hastie, "Regularization and variable selection via the elastic net",
       Journal of the Royal Statistical Society B 67 (2005), 301-320.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[-1.0, 0.1], [0.0, -0.2], [1.0, 0.1]])
    >>> ElasticNet(alpha=0.5, l1_ratio=1.0).fit(x, np.array([0.0, 1.0, 2.0])).coef_.round(8)
    array([0.25, 0. ])
    """

    def __init__(
        self, alpha: float = 1.0, *, l1_ratio: float = 0.5, fit_intercept: bool = True,
        max_iter: int = 10_000, tol: float = 1e-9,
    ) -> None:  # fmt: skip
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol

    def _check_options(self) -> None:
        check_number("alpha", self.alpha, 0.0)
        check_number("l1_ratio", self.l1_ratio, 0.0, 1.0)
        self._check_limits()

    def _solve(self, rows: ArrayRows, moments: Moments) -> None:
        l1 = float(self.alpha * self.l1_ratio)
        l2 = float(self.alpha) - l1
        if l1 == 0.0:
            self._solve_directly(rows, moments, l2)
            return
        coordinates = scaled(moments, bool(self.fit_intercept))
        level = float(moments.mean[-1]) if self.fit_intercept else 0.0
        start = coordinates.pack(level, np.zeros(len(rows.names)))
        found = descend_with_l1(
            MomentsObjective(moments, coordinates, l2), start, l1, Course(self.max_iter, self.tol)
        )
        self.intercept_, self.coef_ = coordinates.unpack(found.u)
        result = found.result
        self._note_course(
            Arrived(
                found.history, int(result.nit), bool(result.success), result.message, result.trace
            )
        )
