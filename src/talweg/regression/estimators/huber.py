"""Linear regression that outliers don't pull about, with its scale found beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from talweg.regression.estimators.base import LinearRegressor, check_number, rows_that_count
from talweg.regression.linear.coordinates import Coordinates, whitened
from talweg.regression.padded_descent import padded_descent
from talweg.regression.rows import ArrayRows
from talweg.regression.squares.moments import gather_moments
from talweg.state import Trace

__all__ = ["HuberRegression"]

_STAGES = 4
_FLOOR = 0.01  # the scale falls by at most this in a stage, so the curvature stays near one


class HuberRegression(LinearRegressor):
    r"""Linear regression with Huber's loss, its scale estimated together with the coefficients.

    Parameters
    ----------
    epsilon : float, default 1.35
        At least 1. Residuals beyond `epsilon` scales count linearly, the others squared; with
        1.35, normal errors are estimated with 95 % of the efficiency of least squares.
    alpha : float, default 0.0001
        At least 0: how much the squares of the coefficients cost.
    fit_intercept : bool, default True
    max_iter : int, default 1000
        Iterations after which to stop.
    tol : float, default 1e-8
        Stop when no component of the gradient of the mean cost, in units of the scale and in
        whitened coordinates, is larger than this.

    Attributes
    ----------
    coef_ : (d,) float64 ndarray
    intercept_ : float
    scale_ : float
        :math:`\sigma`, about the standard deviation of the errors that are no outliers.
    outliers_ : (n,) ndarray of bool
        True for the rows whose residuals lie beyond ``epsilon * scale_``.
    n_iter_ : int
    trace_ : Trace
    n_features_in_ : int
    feature_names_in_ : (d,) ndarray of str
        Where the columns have names.

    See Also
    --------
    sklearn.linear_model.HuberRegressor : Finds the same minimum.

    Notes
    -----
    With the weights :math:`w_i`, minimises over :math:`b, b_0` and :math:`\sigma > 0` [1]_

    .. math:: \sum_i w_i \left( \sigma + H_\epsilon\!\left(\frac{y_i - b_0 - x_i^T b}{\sigma}
              \right) \sigma \right) + \alpha \lVert b \rVert^2, \qquad
              H_\epsilon(z) = \begin{cases} z^2 & |z| \le \epsilon \\
              2 \epsilon |z| - \epsilon^2 & \text{otherwise} \end{cases}

    which is convex, by L-BFGS in coordinates in which the columns are uncorrelated and the scale
    is about one. Where the rows can be met exactly, :math:`\sigma` tends to zero: it is not
    followed below 1e-8 of the spread of y. Computed in float64, whatever X is.

    References
    ----------
    .. [1] P. J. Huber and E. M. Ronchetti, *Robust Statistics*, 2nd ed., Wiley, 2009, section 7.7.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(20.0)[:, None]
    >>> y = 2 * x[:, 0] + 1 + 0.1 * np.cos(np.arange(20.0))
    >>> y[3] = 500.0
    >>> model = HuberRegression().fit(x, y)
    >>> np.round(model.coef_, 2), bool(model.outliers_[3])
    (array([2.]), True)
    """

    def __init__(
        self, *, epsilon: float = 1.35, alpha: float = 0.0001, fit_intercept: bool = True,
        max_iter: int = 1000, tol: float = 1e-8,
    ) -> None:  # fmt: skip
        self.epsilon = epsilon
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> HuberRegression:  # noqa: N803
        """Fit the model.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        HuberRegression
            Itself.

        Raises
        ------
        ValueError
            If an option or a number isn't usable.
        """
        epsilon = check_number("epsilon", self.epsilon, 1.0)
        self._check_limits()
        alpha = check_number("alpha", self.alpha, 0.0)
        x, y, weight = self._read(X, y, sample_weight)
        counted = rows_that_count(x, y, weight)
        descent = _Descent(*counted, epsilon, alpha, bool(self.fit_intercept))
        descent.run(self.max_iter, self.tol)
        self.coef_, self.intercept_ = descent.coefficients, descent.intercept
        self.scale_ = descent.scale
        self._note_course(descent)
        self.outliers_ = np.abs(y - x @ self.coef_ - self.intercept_) > epsilon * self.scale_
        return self


@dataclasses.dataclass
class _Stage:
    """The mean cost beside a point, in units of the scale there.

    Its unknowns are what is added to the predictor's parameters, in `coordinates`, and the scale;
    all are in units of the scale that the stage began with.
    """

    columns: np.ndarray
    residuals: np.ndarray
    share: np.ndarray  # of each row in the sum of the weights
    coefficients: np.ndarray
    coordinates: Coordinates
    epsilon: float
    l2: float  # times the squares of the coefficients

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        scale = u[-1]
        intercept, change = self.coordinates.unpack(u[:-1])
        r = (self.residuals - intercept - self.columns @ change) / scale
        clipped = np.clip(r, -self.epsilon, self.epsilon)
        b = self.coefficients + change
        costs = clipped * (2.0 * r - clipped)
        value = scale * (1.0 + self.share @ costs) + self.l2 * float(b @ b)
        slope = -2.0 * self.share * clipped
        rise, slopes = float(slope.sum()), slope @ self.columns
        gradient = self.coordinates.gradient(rise, slopes, 2.0 * self.l2 * b)
        return value, np.append(gradient, 1.0 - self.share @ clipped**2)


class _Descent:
    """Stages, each in the units and the coordinates that the one before has found."""

    def __init__(
        self, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None, epsilon: float,
        alpha: float, intercept: bool,
    ) -> None:  # fmt: skip
        self.total = float(len(y) if weight is None else weight.sum())
        self.share = (np.ones(len(y)) if weight is None else weight) / self.total
        self.center = self.share @ x if intercept else np.zeros(x.shape[1])
        self.columns = x - self.center
        self.epsilon, self.alpha, self.has_intercept = epsilon, alpha, intercept
        self.coefficients = np.zeros(x.shape[1])
        self.level = float(np.median(y)) if intercept else 0.0
        self.residuals = y - self.level
        distance = np.abs(self.residuals)
        self.scale = float(np.median(distance) or distance.mean() or 1.0)
        self.nit, self.success, self.message = 0, False, ""
        self.history: list[Any] = []
        self._traces: list[tuple[float, Trace]] = []
        self.target = y

    @property
    def intercept(self) -> float:
        """Of the columns as they were given."""
        return float(self.level - self.center @ self.coefficients)

    @property
    def trace(self) -> Trace:
        """The stages' traces, one after the other, in the objective's own units."""
        tables, evaluations, seconds = [], 0, 0.0
        for k, (unit, trace) in enumerate(self._traces):
            table = np.stack([
                unit * trace.fun, trace.gradient_norm, trace.step,
                evaluations + trace.evaluations, seconds + trace.seconds,
            ])  # fmt: skip
            evaluations, seconds = table[3:, -1]
            tables.append(table[:, k > 0 :])  # a stage starts where the one before has ended
        fun, norm, step, evaluated, elapsed = np.concatenate(tables, axis=1)
        return Trace(np.arange(fun.size), fun, norm, step, evaluated.astype(int), elapsed)

    def run(self, max_iter: int, tol: float) -> None:
        """Descend until the scale is known in its own units."""
        for _ in range(_STAGES):
            change = self._stage(max_iter - self.nit, tol)
            if 0.5 < change < 2.0 or self.nit >= max_iter:
                return

    def _stage(self, max_iter: int, tol: float) -> float:
        """Descend from here, and return how much larger the scale has become."""
        unit = self.scale
        inlying = np.abs(self.residuals) <= self.epsilon * unit
        weight = self.share * np.where(inlying, 1.0, 0.1)
        moments = gather_moments(ArrayRows(self.columns, self.residuals / unit, weight))
        l2 = self.alpha * unit / self.total
        coordinates = whitened(moments, self.has_intercept, 2.0, 2.0 * l2)
        stage = _Stage(
            self.columns, self.residuals / unit, self.share, self.coefficients / unit, coordinates,
            self.epsilon, l2,
        )  # fmt: skip
        b, level = self.coefficients, self.level

        def parameters(u: np.ndarray) -> tuple[float, np.ndarray]:
            rise, change = coordinates.unpack(u[:-1])
            return level + unit * rise, b + unit * change

        start = np.append(np.zeros(coordinates.size), 1.0)
        lower = np.append(np.full(coordinates.size, -np.inf), _FLOOR)
        course: list[np.ndarray] = []
        result = padded_descent(
            stage, start, lambda u, _: course.append(u), lower=lower, max_iter=max_iter, tol=tol
        )
        self._note(map(parameters, course), unit * self.total * result.trace.fun)
        self.level, self.coefficients = parameters(result.x)
        self.residuals = self.target - self.level - self.columns @ self.coefficients
        self.scale = float(unit * result.x[-1])
        self.nit += result.nit
        self.success, self.message = bool(result.success), result.message
        self._traces.append((unit * self.total, result.trace))
        return float(result.x[-1])

    def _note(self, course: Iterable[tuple[float, np.ndarray]], losses: np.ndarray) -> None:
        """Add a stage's iterates to the history; it starts where the one before has ended."""
        for k, ((level, b), loss) in enumerate(zip(course, losses, strict=False)):
            if k > 0 or not self.history:
                self.history.append((len(self.history), loss, level - self.center @ b, b))
