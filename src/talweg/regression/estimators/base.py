"""What the estimators share: scikit-learn's habits, around fits that go downhill."""

from __future__ import annotations

import numbers
import warnings
from typing import Any

import numpy as np

from talweg.regression.rows import ArrayRows

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils.metaestimators import available_if
    from sklearn.utils.validation import check_array, check_is_fitted, validate_data
except ImportError as missing:
    raise ImportError(
        'the estimators need scikit-learn 1.6 or later: pip install "talweg[tables]"'
    ) from missing

__all__ = [
    "ClassifierMixin",
    "ConvergenceWarning",
    "LinearEstimator",
    "LinearRegressor",
    "RegressorMixin",
    "available_if",
    "check_is_fitted",
    "check_number",
    "read_weight",
    "rows_that_count",
    "validate_data",
]


class LinearEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator that predicts by a linear function of the columns."""

    def _read(
        self, x: Any, y: Any, sample_weight: Any, *, reset: bool = True, numeric: bool = True,
        finite: bool = True,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:  # fmt: skip
        """Return X, y and the weights as arrays; `finite` says whether X must be seen to be so."""
        x, y = validate_data(
            self, x, y, dtype=np.float64, y_numeric=numeric, reset=reset, ensure_all_finite=finite
        )
        y = y.astype(np.float64, copy=False) if numeric else y
        return x, y, read_weight(sample_weight, len(y))

    def _check_limits(self) -> None:
        """Check what says when a descent is over."""
        check_number("tol", self.tol, 0.0)
        if isinstance(self.max_iter, bool) or not isinstance(self.max_iter, numbers.Integral):
            raise TypeError(f"max_iter is {self.max_iter!r}: it must be a whole number")
        if self.max_iter < 0:
            raise ValueError(f"max_iter is {self.max_iter}: it must be at least 0")

    def _rows(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> ArrayRows:
        """Return the arrays as rows with the columns' names."""
        return ArrayRows(x, y, weight, tuple(map(str, getattr(self, "feature_names_in_", ()))))

    def _linear_predictor(self, x: Any) -> np.ndarray:
        check_is_fitted(self)
        x = validate_data(self, x, dtype=np.float64, reset=False)
        return np.asarray(x @ self.coef_.T + self.intercept_)

    def _note_course(self, fit: Any) -> None:
        """Keep how a fit went, and warn where it didn't converge.

        Parameters
        ----------
        fit : LinearFit, or any object with its nit, success, message, trace and history
        """
        self.n_iter_ = int(fit.nit)
        self.trace_ = fit.trace
        self._course = fit.history
        if not fit.success and not self._ran_as_long_as_asked(fit.nit):
            warnings.warn(
                f"{type(self).__name__} has not converged: {fit.message}. Scale the columns, "
                f"raise max_iter, or raise tol.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _ran_as_long_as_asked(self, nit: int) -> bool:
        """Return whether a number of iterations was asked for, and no tolerance."""
        asked = getattr(self, "max_iter", None) or np.inf
        return getattr(self, "tol", None) == 0.0 and nit >= asked

    @property
    def history(self) -> list[dict[str, Any]]:
        """How the fit went: a dict an epoch, the start first.

        Returns
        -------
        list of dict
            ``epoch``: how many steps were taken, from 0. ``loss``: what is minimised, there.
            ``parameters``: the intercept w0, then the coefficients w1, w2, ...; a row a class
            where there are more than two classes. A fit by direct linear algebra has one entry,
            its end.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return [
            {"epoch": int(epoch), "loss": float(loss), "parameters": _joined(intercept, slopes)}
            for epoch, loss, intercept, slopes in self._course
        ]


class LinearRegressor(RegressorMixin, LinearEstimator):  # type: ignore[misc]
    """A regressor whose prediction is the linear predictor itself."""

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Predict the target of rows.

        Parameters
        ----------
        X : (n, d) array_like

        Returns
        -------
        (n,) float64 ndarray
        """
        return self._linear_predictor(X)


def read_weight(sample_weight: Any, count: int) -> np.ndarray | None:
    """Return the weights of `count` rows as an array; None where all count one.

    Raises
    ------
    ValueError
        If there isn't one for each row, one is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, numbers.Number):
        sample_weight = np.full(count, sample_weight)
    weight = check_array(
        sample_weight, ensure_2d=False, allow_nd=True, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (count,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}: it must have one weight for each of the "
            f"{count} rows, shape ({count},)"
        )
    if weight.min() < 0.0:
        row = int(np.flatnonzero(weight < 0.0)[0])
        raise ValueError(
            f"sample_weight[{row}] is {weight[row]}: Negative values in data passed to "
            f"`sample_weight`"
        )
    if not weight.any():
        raise ValueError("sample_weight is zero for every row: at least one must count")
    return np.asarray(weight)


def rows_that_count(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Leave out the rows whose weight is zero."""
    if weight is None or weight.all():
        return x, y, weight
    counted = weight > 0.0
    return x[counted], y[counted], weight[counted]


def check_number(name: str, number: Any, low: float, high: float = np.inf) -> float:
    """Return a number that lies from `low` to `high`.

    Raises
    ------
    TypeError
        If it is none.
    ValueError
        If it lies elsewhere.
    """
    if isinstance(number, (bool, str)) or not np.isscalar(number) or np.iscomplexobj(number):
        raise TypeError(f"{name} is {number!r}: it must be a number")
    value = float(number)  # type: ignore[arg-type]
    if not low <= value <= high:
        span = f"from {low:g} to {high:g}" if np.isfinite(high) else f"at least {low:g}"
        raise ValueError(f"{name} is {number!r}: it must be {span}")
    return value


def _joined(intercept: Any, slopes: Any) -> np.ndarray:
    """Return the intercept beside its coefficients."""
    return np.concatenate([np.asarray(intercept, float)[..., None], slopes], axis=-1)
