"""What the estimators by the squared loss share: they need only the products of the columns."""

from __future__ import annotations

import dataclasses
from typing import Any

from talweg.regression.estimators.base import LinearRegressor, rows_that_count
from talweg.regression.estimators.summary import Summary
from talweg.regression.rows import ArrayRows
from talweg.regression.squares.least_squares import LeastSquares, least_squares
from talweg.regression.squares.moments import Moments, NotFiniteError, gather_moments

__all__ = ["Arrived", "SquaredLoss"]


@dataclasses.dataclass(frozen=True)
class Arrived:
    """The course of a fit; by default of one that arrived in one step."""

    history: list[Any]
    nit: int = 1
    success: bool = True
    message: str = ""
    trace: Any = None


class SquaredLoss(LinearRegressor):
    """A regressor that needs nothing of the rows but their products."""

    fit_intercept: bool
    _summary: Summary | None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        """Fit the model.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an option or a number isn't usable.
        """
        self._check_options()
        weighted = sample_weight is not None  # a row of weight 0 isn't looked at any more
        rows = self._rows(*rows_that_count(*self._read(X, y, sample_weight, finite=weighted)))
        self._summary = None
        try:
            moments = gather_moments(rows)
        except NotFiniteError:
            self._read(X, y, sample_weight)  # says it in scikit-learn's words
            raise
        self._solve(rows, moments)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        """Fit the model to these rows and all that came before: what `fit` finds on all at once.

        What is kept of the rows doesn't grow: their means, and a triangular factor of
        (d + 1) x (d + 1), merged exactly. `fit` starts anew.

        Parameters
        ----------
        X : (n, d) array_like
        y : (n,) array_like
        sample_weight : (n,) array_like, optional
            How much each row counts.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an option or a number isn't usable, or the columns aren't those of before.
        """
        self._check_options()
        before = getattr(self, "_summary", None)
        rows = self._rows(*rows_that_count(*self._read(X, y, sample_weight, reset=before is None)))
        after = Summary.of(rows) if before is None else before.merge(Summary.of(rows))
        self._summary = after
        self._solve(after.rows(rows.names), after.moments)
        return self

    def _check_options(self) -> None:
        raise NotImplementedError

    def _solve(self, rows: ArrayRows, moments: Moments) -> None:
        raise NotImplementedError

    def _solve_directly(self, rows: ArrayRows, moments: Moments, l2: float) -> LeastSquares:
        """Fit without an l1 penalty, and keep what all such fits tell."""
        found = least_squares(rows, intercept=bool(self.fit_intercept), l2=l2, moments=moments)
        self.coef_, self.intercept_ = found.coefficients, found.intercept
        self.condition_, self.rank_, self.note_ = found.condition, found.rank, found.note
        loss = found.rss / (2.0 * moments.weight) + 0.5 * l2 * float(self.coef_ @ self.coef_)
        self._note_course(Arrived([(1, loss, self.intercept_, self.coef_)]))
        return found
