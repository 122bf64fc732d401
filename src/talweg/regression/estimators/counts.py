"""Poisson regression: rates and counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from talweg.regression.estimators.base import (
    LinearEstimator,
    RegressorMixin,
    check_number,
    rows_that_count,
)
from talweg.regression.linear.linear_fit import fit_linear

__all__ = ["PoissonRegression"]


class PoissonRegression(RegressorMixin, LinearEstimator):  # type: ignore[misc]
    r"""Poisson regression, for counts and rates: its logarithm is linear in the columns.

    Parameters
    ----------
    alpha : float, default 1.0
        At least 0: what half the squares of the coefficients cost beside the mean deviance.
    fit_intercept : bool, default True
    max_iter : int, default 1000
        Iterations after which to stop.
    tol : float, default 1e-9
        Stop when no component of the gradient is larger than this share of a row's root mean
        square derivative, in whitened coordinates.

    Attributes
    ----------
    coef_ : (d,) float64 ndarray
    intercept_ : float
    n_iter_ : int
    trace_ : Trace
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.PoissonRegressor : Finds the same minimum.

    Notes
    -----
    Minimises, with the weights :math:`w_i` and their sum W,

    .. math:: \frac{1}{2 W} \sum_i w_i D_i + \frac{\alpha}{2} \lVert b \rVert^2, \qquad
              D_i = 2 \left( y_i \log \frac{y_i}{\mu_i} - y_i + \mu_i \right), \quad
              \mu_i = e^{b_0 + x_i^T b}

    For rates of unequal exposure, take the rate as y and the exposure as weight. Computed in
    float64, whatever X is.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> model = PoissonRegression(alpha=0.0).fit(x, [1, 3, 7, 9])
    >>> model.predict([[0.0], [1.0]]).round(6)
    array([2., 8.])
    """

    def __init__(
        self, *, alpha: float = 1.0, fit_intercept: bool = True, max_iter: int = 1000,
        tol: float = 1e-9,
    ) -> None:  # fmt: skip
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol

    def __sklearn_tags__(self) -> Any:
        """Say that targets must not be negative."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PoissonRegression:  # noqa: N803
        """Fit the model.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
            Not negative.
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        PoissonRegression
            Itself.

        Raises
        ------
        ValueError
            If an option or a number isn't usable, a target is negative, or all are zero.
        """
        alpha = check_number("alpha", self.alpha, 0.0)
        self._check_limits()
        rows = self._rows(*rows_that_count(*self._read(X, y, sample_weight)))
        fit = fit_linear(
            rows, "poisson", intercept=bool(self.fit_intercept), l2=alpha, max_iter=self.max_iter,
            tol=self.tol, errors=False,
        )  # fmt: skip
        self.coef_, self.intercept_ = fit.coefficients, fit.intercept
        self._note_course(fit)
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Predict the mean count of rows.

        Parameters
        ----------
        X : (n, d) array_like

        Returns
        -------
        (n,) float64 ndarray
        """
        return np.asarray(np.exp(self._linear_predictor(X)))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return the share of the deviance that is explained, :math:`D^2`.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional

        Returns
        -------
        float
            At most 1; 0 where the model is no better than the mean of `y`.
        """
        from sklearn.metrics import d2_tweedie_score

        return float(d2_tweedie_score(y, self.predict(X), sample_weight=sample_weight, power=1))
