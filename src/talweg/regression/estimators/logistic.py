"""Logistic regression: the probability of each class."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.special

from talweg.regression.estimators.base import (
    ClassifierMixin,
    ConvergenceWarning,
    LinearEstimator,
    check_is_fitted,
    check_number,
    rows_that_count,
    validate_data,
)
from talweg.regression.estimators.multinomial import fit_multinomial
from talweg.regression.linear.linear_fit import fit_linear

__all__ = ["LogisticRegression"]


class LogisticRegression(ClassifierMixin, LinearEstimator):  # type: ignore[misc]
    r"""Logistic regression, of two classes or more.

    Parameters
    ----------
    C : float, default 1.0
        Above 0: what the losses count beside the penalty; ``np.inf`` for no penalty.
    l1_ratio : float, default 0.0
        From 0 to 1: the share of the penalty that falls on the coefficients' absolute values,
        which makes some of them exactly zero.
    fit_intercept : bool, default True
    class_weight : dict of class to float, "balanced" or None, default None
        What the rows of each class count, times their own weight. ``"balanced"``: all classes
        count the same.
    max_iter : int, default 1000
        Iterations after which to stop.
    tol : float, default 1e-8
        Stop when no component of the gradient of the mean loss, in whitened coordinates, is larger
        than this (with two classes: than this share of a row's root mean square derivative).

    Attributes
    ----------
    classes_ : (K,) ndarray
        The labels, sorted. Rows whose weight is zero count as not there.
    coef_ : (1, d) or (K, d) float64 ndarray
        One row where there are two classes: towards the second.
    intercept_ : (1,) or (K,) float64 ndarray
    n_iter_ : int
    trace_ : Trace or None
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.LogisticRegression : Finds the same minimum.

    Notes
    -----
    With the weights :math:`w_i` and :math:`\rho` the `l1_ratio`, minimises

    .. math:: C \sum_i w_i \left( \log \sum_k e^{\eta_{ik}} - \eta_{i y_i} \right)
              + \frac{1 - \rho}{2} \lVert B \rVert^2 + \rho \lVert B \rVert_1, \qquad
              \eta_{ik} = b_{0k} + x_i^T b_k

    where of two classes the first has :math:`\eta = 0`. Intercepts cost nothing. Computed in
    float64, whatever X is.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> model = LogisticRegression().fit(x, ["no", "no", "yes", "no", "yes", "yes"])
    >>> model.predict([[0.5], [4.5]])
    array(['no', 'yes'], dtype='<U3')
    >>> np.round(model.predict_proba([[2.5]]), 3)
    array([[0.5, 0.5]])
    """

    def __init__(
        self, *, C: float = 1.0, l1_ratio: float = 0.0, fit_intercept: bool = True,  # noqa: N803
        class_weight: Any = None, max_iter: int = 1000, tol: float = 1e-8,
    ) -> None:  # fmt: skip
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LogisticRegression:  # noqa: N803
        """Fit the model.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
            Labels.
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        LogisticRegression
            Itself.

        Raises
        ------
        ValueError
            If an option or a number isn't usable, or there is one class only.
        """
        from sklearn.utils.multiclass import check_classification_targets

        strength = check_number("C", self.C, np.finfo(float).tiny)
        ratio = check_number("l1_ratio", self.l1_ratio, 0.0, 1.0)
        self._check_limits()
        x, y, weight = self._read(X, y, sample_weight, numeric=False)
        check_classification_targets(y)
        x, y, weight = rows_that_count(x, y, weight)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            only = self.classes_.tolist()[0]
            raise ValueError(f"y holds one class only, {only!r}: at least two are needed")
        weight = self._class_weighted(weight, y, codes)
        penalty = 1.0 / (strength * (len(y) if weight is None else weight.sum()))
        options: dict[str, Any] = {
            "intercept": bool(self.fit_intercept), "l1": ratio * penalty,
            "l2": (1.0 - ratio) * penalty, "max_iter": self.max_iter, "tol": self.tol,
        }  # fmt: skip
        fit: Any
        if len(self.classes_) == 2:
            rows = self._rows(x, codes.astype(float), weight)
            fit = fit_linear(rows, "logistic", errors=False, **options)
            self.coef_, self.intercept_ = fit.coefficients[None], np.array([fit.intercept])
        else:
            fit = fit_multinomial(x, codes, weight, classes=len(self.classes_), **options)
            self.coef_, self.intercept_ = fit.coefficients, fit.intercepts
        self._note_course(fit)
        if strength == np.inf and np.array_equal(self._best(x), codes):
            warnings.warn(
                "the columns tell the classes apart without error: without a penalty the"
                " coefficients would grow without end. A finite C holds them",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _best(self, x: np.ndarray) -> np.ndarray:
        """Return the number of each row's most probable class."""
        eta = x @ self.coef_.T + self.intercept_
        return np.asarray(eta[:, 0] > 0.0, int) if eta.shape[1] == 1 else eta.argmax(axis=1)

    def _class_weighted(
        self, weight: np.ndarray | None, y: np.ndarray, codes: np.ndarray
    ) -> np.ndarray | None:
        """Return the rows' weights times those of their classes."""
        if self.class_weight is None:
            return weight
        if self.class_weight == "balanced":  # counting the rows by their weight
            counts = np.bincount(codes, weight)
            of_class = counts.sum() / (len(counts) * counts)
        else:
            from sklearn.utils.class_weight import compute_class_weight

            of_class = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        return np.asarray(of_class[codes] * (1.0 if weight is None else weight))

    def decision_function(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the linear predictors.

        Parameters
        ----------
        X : (n, d) array_like

        Returns
        -------
        (n,) or (n, K) float64 ndarray
            One column a class, where there are more than two.
        """
        eta = self._linear_predictor(X)
        return eta[:, 0] if len(self.classes_) == 2 else eta

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Predict the most probable class of rows.

        Parameters
        ----------
        X : (n, d) array_like

        Returns
        -------
        (n,) ndarray
            Labels.
        """
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self.classes_[self._best(x)])

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the probability of each class, in the order of `classes_`.

        Parameters
        ----------
        X : (n, d) array_like

        Returns
        -------
        (n, K) float64 ndarray
            Rows sum to one.
        """
        eta = self.decision_function(X)
        if eta.ndim == 1:
            return np.column_stack([scipy.special.expit(-eta), scipy.special.expit(eta)])
        return np.asarray(scipy.special.softmax(eta, axis=1))

    def predict_log_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : (n, d) array_like

        Returns
        -------
        (n, K) float64 ndarray
        """
        eta = self.decision_function(X)
        if eta.ndim == 1:
            return np.column_stack([scipy.special.log_expit(-eta), scipy.special.log_expit(eta)])
        return np.asarray(scipy.special.log_softmax(eta, axis=1))
