"""Quantile regression: the value that a given share of the targets stays below."""

from __future__ import annotations

from typing import Any

from talweg.regression.estimators.base import LinearRegressor, check_number, rows_that_count
from talweg.regression.estimators.squared_loss import Arrived
from talweg.regression.linear.quantile import fit_quantile

__all__ = ["QuantileRegression"]


class QuantileRegression(LinearRegressor):
    r"""Linear regression of a quantile; by default the median.

    Parameters
    ----------
    quantile : float, default 0.5
        Strictly between 0 and 1.
    alpha : float, default 1.0
        At least 0: what the absolute values of the coefficients cost. 1.0 is scikit-learn's
        default, which is much where y is of the order of one: take 0 for no penalty.
    fit_intercept : bool, default True

    Attributes
    ----------
    coef_ : (d,) float64 ndarray
        With exact zeros, where there is a penalty.
    intercept_ : float
    n_iter_ : int
    trace_ : None
        There are many descents, of smoother losses.
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.QuantileRegressor : Minimises the same, by linear programming.

    Notes
    -----
    Minimises [1]_, with the weights :math:`w_i` and their sum W,

    .. math:: \frac{1}{W} \sum_i w_i \max(q r_i, (q - 1) r_i) + \alpha \lVert b \rVert_1, \qquad
              r_i = y_i - b_0 - x_i^T b

    Where several coefficients are as good, one of them is found. Computed in float64, whatever X
    is.

    References
    ----------
    .. [1] R. Koenker, *Quantile Regression*, Cambridge University Press, 2005.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    >>> y = np.array([1.0, 2.0, 3.0, 40.0, 5.0])
    >>> model = QuantileRegression(alpha=0.0).fit(x, y)
    >>> model.coef_.round(6), round(model.intercept_, 6)
    (array([1.]), 1.0)
    """

    def __init__(
        self, *, quantile: float = 0.5, alpha: float = 1.0, fit_intercept: bool = True
    ) -> None:
        self.quantile = quantile
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> QuantileRegression:  # noqa: N803
        """Fit the model.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        QuantileRegression
            Itself.

        Raises
        ------
        ValueError
            If an option or a number isn't usable.
        """
        alpha = check_number("alpha", self.alpha, 0.0)
        x, y, weight = rows_that_count(*self._read(X, y, sample_weight))
        fit = fit_quantile(
            x, y, quantile=self.quantile, intercept=bool(self.fit_intercept), l1=alpha,
            weight=weight,
        )  # fmt: skip
        self.coef_, self.intercept_ = fit.coefficients, fit.intercept
        course = [(fit.iterations, fit.fun, fit.intercept, fit.coefficients)]
        self._note_course(Arrived(course, fit.iterations, fit.success, fit.message))
        return self
