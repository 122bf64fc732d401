"""Least squares with scikit-learn's API: plain, and with a ridge penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from talweg.regression.estimators.base import available_if, check_number
from talweg.regression.estimators.squared_loss import SquaredLoss
from talweg.regression.linear.linear_fit import fit_linear
from talweg.regression.rows import ArrayRows
from talweg.regression.squares.moments import Moments

__all__ = ["LinearRegression", "Ridge"]


class LinearRegression(SquaredLoss):
    r"""Least squares.

    Parameters
    ----------
    fit_intercept : bool, default True
    method : str, optional
        Descend by this method of `talweg.minimize`, on the columns as they are, to see how it
        goes: ``"gradient"``, ``"momentum"``, ``"conjugate_gradient"``... By default the minimum is
        found from the products of the columns, or their QR decomposition where these are too
        nearly dependent, in one step.
    step : float, callable or str, optional
        Its step size, as of `talweg.minimize`. A step alone means the method ``"gradient"``.
    max_iter : int, optional
        Iterations of it, by default 15000.
    tol : float, optional
        Its tolerance, by default 1e-6. With 0, `max_iter` iterations are what is wanted, and no
        warning says that more could be made.

    Attributes
    ----------
    coef_ : (d,) float64 ndarray
        Of all that fit equally well, the shortest.
    intercept_ : float
    standard_errors_ : (d,) ndarray or None
        Of the coefficients, for independent errors of variances inversely proportional to the
        weights; None where a descent didn't come to rest.
    intercept_error_ : float or None
    condition_ : float
        Condition number of the columns, centred and scaled; infinite where they are dependent.
    rank_ : int
    note_ : str
        What was done, and noticed, in words.
    n_iter_ : int
    trace_ : Trace or None
        None where there was no descent.
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.LinearRegression : Finds the same minimum.

    Notes
    -----
    Minimises, with the weights :math:`w_i` and their sum W,

    .. math:: \frac{1}{2 W} \sum_i w_i (y_i - b_0 - x_i^T b)^2

    Computed in float64, whatever X is.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [8.0]])
    >>> y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])
    >>> model = LinearRegression().fit(x, y)
    >>> round(model.intercept_, 10), model.coef_.round(10)
    (5.0, array([0.5]))

    The same by a descent that one can follow:

    >>> model = LinearRegression(step=0.008, max_iter=500, tol=0.0)
    >>> model = model.fit(x, y, intercept_init=0.0, coef_init=[0.0])
    >>> model.history[-1]["epoch"], round(model.history[-1]["loss"], 3)
    (500, 0.443)
    """

    def __init__(
        self, *, fit_intercept: bool = True, method: str | None = None, step: Any = None,
        max_iter: int | None = None, tol: float | None = None,
    ) -> None:  # fmt: skip
        self.fit_intercept = fit_intercept
        self.method = method
        self.step = step
        self.max_iter = max_iter
        self.tol = tol

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *,  # noqa: N803
        coef_init: Any = None, intercept_init: float | None = None,
    ) -> LinearRegression:  # fmt: skip
        """Fit the model.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional
            How much each row counts.
        coef_init : (d,) array_like, optional
            Where a descent starts, by default at zero.
        intercept_init : float, optional
            The same of the intercept.

        Returns
        -------
        LinearRegression
            Itself.

        Raises
        ------
        ValueError
            If an option or a number isn't usable, or means nothing without a method or a step.
        """
        self._start = None
        if coef_init is not None or intercept_init is not None:
            if self.method is None and self.step is None:
                raise ValueError("coef_init and intercept_init start a descent: set method or step")
            if intercept_init is not None and not self.fit_intercept:
                raise ValueError("intercept_init is given, but fit_intercept is False")
            self._start = (coef_init, intercept_init)
        try:
            super().fit(X, y, sample_weight)
        finally:
            del self._start
        return self

    def _solves(self) -> bool:
        """Return whether there is a `partial_fit`: not with a descent on the rows."""
        if self.method is None and self.step is None:
            return True
        raise AttributeError(
            "partial_fit solves by the products of the columns: leave method and step out"
        )

    @available_if(_solves)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        """Fit the model to these rows and all that came before: what `fit` finds on all at once.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        LinearRegression
            Itself.

        Raises
        ------
        AttributeError
            With a method or a step.
        ValueError
            If a number isn't usable, or the columns aren't those of before.
        """
        return super().partial_fit(X, y, sample_weight)

    def _check_options(self) -> None:
        descends = self.method is not None or self.step is not None
        for name in ("max_iter", "tol"):
            if getattr(self, name) is not None and not descends:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, but there is no descent that it could end:"
                    " set method or step, or leave it out"
                )

    def _solve(self, rows: ArrayRows, moments: Moments) -> None:
        if self.method is None and self.step is None:
            found = self._solve_directly(rows, moments, 0.0)
            self.standard_errors_ = found.standard_errors
            self.intercept_error_ = found.intercept_error
            return
        fit = fit_linear(
            rows, intercept=bool(self.fit_intercept), method=self.method, step=self.step,
            start=self._first(rows), max_iter=self.max_iter, tol=self.tol,
        )  # fmt: skip
        self.coef_, self.intercept_ = fit.coefficients, fit.intercept
        self.standard_errors_, self.intercept_error_ = fit.standard_errors, fit.intercept_error
        self.condition_, self.rank_, self.note_ = fit.condition, fit.rank, fit.note
        self._note_course(fit)

    def _first(self, rows: ArrayRows) -> np.ndarray | None:
        """Return where the descent starts, the intercept first."""
        if self._start is None:
            return None
        coefficients, intercept = self._start
        d = len(rows.names)
        coefficients = np.zeros(d) if coefficients is None else np.asarray(coefficients, float)
        if coefficients.shape != (d,):
            raise ValueError(f"coef_init has shape {coefficients.shape}: it must be ({d},)")
        if not self.fit_intercept:
            return coefficients
        return np.append(0.0 if intercept is None else float(intercept), coefficients)


class Ridge(SquaredLoss):
    r"""Least squares with a penalty on the squares of the coefficients.

    Parameters
    ----------
    alpha : float, default 1.0
        At least 0.
    fit_intercept : bool, default True

    Attributes
    ----------
    coef_ : (d,) float64 ndarray
    intercept_ : float
    condition_ : float
        Condition number of the columns, centred and scaled; infinite where they are dependent.
    rank_ : int
    note_ : str
        What was done, and noticed, in words.
    n_iter_ : int
    trace_ : None
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.Ridge : Finds the same minimum.

    Notes
    -----
    Minimises, with the weights :math:`w_i`,

    .. math:: \sum_i w_i (y_i - b_0 - x_i^T b)^2 + \alpha \lVert b \rVert^2

    Computed in float64, whatever X is.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[-1.0], [0.0], [1.0]])
    >>> Ridge(alpha=2.0).fit(x, np.array([0.0, 1.0, 2.0])).coef_.round(12)
    array([0.5])
    """

    def __init__(self, alpha: float = 1.0, *, fit_intercept: bool = True) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    def _check_options(self) -> None:
        check_number("alpha", self.alpha, 0.0)

    def _solve(self, rows: ArrayRows, moments: Moments) -> None:
        self._solve_directly(rows, moments, float(self.alpha) / moments.weight)
