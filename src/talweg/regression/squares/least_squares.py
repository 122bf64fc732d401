"""Least squares: one pass over the rows, then downhill on a d x d matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.regression.passes import Passes
from talweg.regression.rows import Rows
from talweg.regression.squares.condition import Whitening, whiten_factor, whiten_products
from talweg.regression.squares.least_squares_result import LeastSquares, estimate_covariance
from talweg.regression.squares.moments import Moments
from talweg.regression.squares.quadratic_minimum import minimum
from talweg.regression.squares.refinement import refine

__all__ = ["LeastSquares", "least_squares"]

_TRUSTED = 1e5  # condition up to which the matrix of products is used
_GOOD = 100.0  # up to which it gives all the digits that are wanted without another pass
_SMALL = 100_000  # numbers in a table that is always refined, in extended precision
_NOISELESS = 1e-10  # share of the squares left, below which they are counted again
_ACCURACIES = ("auto", "quick", "high")


def least_squares(
    rows: Rows,
    *,
    intercept: bool = True,
    l2: float = 0.0,
    moments: Moments | None = None,
    accuracy: str = "auto",
    passes: Passes | None = None,
    tell: Callable[[int], object] | None = None,
) -> LeastSquares:
    r"""Fit a linear function by least squares, with or without a ridge penalty.

    Minimises

    .. math:: \frac{1}{2 W} \sum_i w_i (y_i - b_0 - x_i b)^2 + \frac{\lambda}{2} |b|^2,
              \qquad W = \sum_i w_i

    Parameters
    ----------
    rows : Rows
    intercept : bool, default True
        Whether there is a :math:`b_0`; it is never penalised.
    l2 : float, default 0
        :math:`\lambda`, not negative.
    moments : Moments, optional
        Of these rows, if they are known; else a pass gathers them.
    accuracy : {"auto", "quick", "high"}
        ``"quick"``: no pass that only refines. ``"high"``: residuals in extended precision, as
        many passes as it takes. ``"auto"``: high for up to 100,000 numbers; above, one pass if the
        condition number is at most 100 and one or two more if it isn't.
    passes : Passes, optional
        What goes over the rows, as on a cluster. By default this process, which tells `tell`.
    tell : callable, optional
        Called after every block with the number of rows done in the pass that goes on.

    Returns
    -------
    LeastSquares
        Of all solutions, if there are many, the one of the smallest :math:`|b|`.

    Raises
    ------
    ValueError
        If there are no rows or all weights are zero, a value isn't finite, `l2` is negative or
        `accuracy` is another word.

    Notes
    -----
    The objective needs the data only through the matrix of products. Its digits are lost twice as
    fast as the data's own when columns become dependent: from a condition number of 1e5 on a second
    pass takes the triangular factor of the data instead. Either is used for coordinates in which
    the objective is round, where gradient descent arrives in one step of length 1; residuals from
    the data correct what rounding has spoilt.

    Standard errors are those of independent errors, with variances inversely proportional to the
    weights. Where columns are dependent, they are those of the smallest solution.

    References
    ----------
    .. [1] Å. Björck, "Numerical Methods for Least Squares Problems", SIAM (1996), chapter 2.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import ArrayRows
    >>> x = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [8.0]])
    >>> y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])
    >>> line = least_squares(ArrayRows(x, y))
    >>> line.coefficients, line.intercept
    (array([0.5]), 5.0)
    """
    if accuracy not in _ACCURACIES:
        raise ValueError(f"accuracy must be one of {', '.join(_ACCURACIES)}, not {accuracy!r}")
    if not (l2 >= 0.0 and math.isfinite(l2)):
        raise ValueError(f"l2 must be a finite number, 0 or more, not {l2}")
    passes = Passes(rows, tell=tell) if passes is None else passes
    before = passes.count
    if moments is None:
        moments = passes.moments()
    if moments.rows == 0:
        raise ValueError("there are no rows to fit")
    if not moments.weight > 0.0:
        raise ValueError(f"the weights of all {moments.rows} rows are zero: nothing to fit")
    if moments.mean.size != len(rows.names) + 1:
        raise ValueError(
            f"the moments are of {moments.mean.size - 1} columns, the rows have {len(rows.names)}"
        )
    fit = _Fitting(passes, moments, intercept, float(l2), accuracy)
    fit.find_coordinates()
    fit.descend()
    fit.correct()
    return fit.result(passes.count - before)


class _Fitting:
    """One fit, step by step; `words` collects what is said of it."""

    def __init__(
        self, passes: Passes, moments: Moments, intercept: bool, l2: float, accuracy: str
    ) -> None:
        self.passes, self.moments, self.intercept = passes, moments, intercept
        self.accuracy, self.penalty = accuracy, l2 * moments.weight
        self.names = passes.rows.names
        self.d = moments.mean.size - 1
        self.way, self.words = "gram", list[str]()
        self.factor: np.ndarray | None = None
        self.scale = np.ones(self.d + 1)
        self.products, self.centre = moments.products, moments.mean
        if not intercept:
            mean = moments.mean
            self.products = self.products + np.outer(mean * moments.weight, mean)
            self.centre = np.zeros_like(mean)
        self.varying = self._find_varying()
        self.tss = float(self.products[-1, -1])
        self.small = moments.rows * (self.d + 1) <= _SMALL

    def _find_varying(self) -> np.ndarray:
        """Find the columns that a coefficient can be had for, and say which are the others."""
        square = self.products.diagonal()[: self.d]
        mean = self.moments.mean[: self.d]
        rounding = (4.0 * np.finfo(float).eps * mean) ** 2 * self.moments.weight
        varying: np.ndarray = square > rounding if self.intercept else square > 0.0
        if not varying.all():
            what = "constant" if self.intercept else "zero"
            self.words.append(
                f"{self._list(np.flatnonzero(~varying))}: {what}, so the coefficient is 0"
            )
        return varying

    def _list(self, columns: Any) -> str:
        names = [self.names[k] for k in columns]
        if len(names) > 8:
            names = [*names[:7], f"{len(names) - 7} more"]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

    def find_coordinates(self) -> None:
        """Find the coordinates that make the objective round, by way of "gram" or of "qr"."""
        kept = np.append(np.flatnonzero(self.varying), self.d)
        self.whitening = whiten_products(self.products[np.ix_(kept, kept)], self.penalty)
        found = self.whitening
        if found.rank < kept.size - 1 or found.effective_condition > _TRUSTED:
            self._take_factor(kept)
        else:
            self.words.append(
                "from the matrix of products, the condition number"
                f" {found.effective_condition:.2g} being small enough"
            )
            if not math.isfinite(found.condition):
                self.words.append("columns are linearly dependent, which the penalty settles")
        found = self.whitening
        if found.rank < kept.size - 1:
            which = kept[list(found.dependent)]
            why = ""
            if self.moments.rows - self.intercept < kept.size - 1:
                why = f" (there are {self.moments.rows} rows for {self.d} columns)"
            self.words.append(
                f"{self._list(which)} are linearly dependent{why}: rank {found.rank} of"
                f" {kept.size - 1}, the solution with the smallest coefficients is given"
            )
        self.basis = np.zeros((self.d, found.rank))
        self.basis[self.varying] = found.basis

    def _take_factor(self, kept: np.ndarray) -> None:
        """Make a pass for the triangular factor."""
        scale = np.ones(self.d + 1)
        square = self.products.diagonal()
        positive = square > 0.0
        # Powers of two: the columns keep their digits.
        scale[positive] = np.exp2(np.round(np.log2(square[positive]) / 2.0))
        factor = self.passes.factor(self.centre, scale)
        self.factor, self.scale = factor, scale
        self.way = "qr"
        tall = factor[:, kept]
        tall[:, -1] *= scale[-1]
        means = np.abs(self.centre[:-1]) * math.sqrt(self.moments.weight)
        offset = np.hypot(1.0, means[self.varying] / np.sqrt(square[:-1][self.varying]))
        self.whitening = whiten_factor(
            tall, scale[kept[:-1]], self.moments.rows, self.penalty, offset
        )
        found = self.whitening
        self.words.append(
            f"the condition number, {found.effective_condition:.2g}, is too large for the matrix"
            " of products: QR decomposition of the rows"
            if found.rank == kept.size - 1
            else "the matrix of products is singular: QR decomposition of the rows"
        )

    def descend(self) -> None:
        """Go downhill in the round coordinates, and come back."""
        found: Whitening = self.whitening
        self.coefficients = self.basis @ minimum(found.curvature, found.slope)
        self.level = float(self.centre[-1])
        self.rss = self._rss()

    def _rss(self) -> float:
        """Return the sum of squares left, from the triangular factor if there is one."""
        if self.factor is not None:
            scaled = np.append(-self.coefficients, 1.0) * self.scale
            return float(np.sum((self.factor @ scaled) ** 2))
        b = np.append(-self.coefficients, 1.0)
        return max(float(b @ self.products @ b), 0.0)

    def correct(self) -> None:
        """Make the passes that the digits need."""
        small = self.accuracy == "high" or (self.accuracy == "auto" and self.small)
        ill = self.way == "gram" and self.whitening.effective_condition > _GOOD
        noiseless = self.rss <= _NOISELESS * self.tss
        if self.accuracy == "quick" or not (small or ill or noiseless):
            return
        refined = refine(
            self.passes, self.centre[:-1], self.basis, self.coefficients, self.level,
            penalty=self.penalty, intercept=self.intercept,
            dtype=np.longdouble if small else np.float64,
            enough=1e-17 if small else 1e-9, most=8 if small else 3,
        )  # fmt: skip
        self.coefficients = refined.coefficients
        self.level, self.rss = refined.level, refined.rss
        why = "as the condition number is above 100" if ill else "as the fit is nearly exact"
        why = "in extended precision" if small else why
        passes = "a pass" if refined.passes == 1 else f"{refined.passes} passes"
        self.words.append(f"corrected by the residuals of {passes} over the rows, {why}")

    def result(self, passes: int) -> LeastSquares:
        """Say what came of it."""
        n, rank = self.moments.rows, self.whitening.rank
        freedom = n - rank - int(self.intercept)
        variance = self.rss / freedom if freedom > 0 else math.nan
        mean = self.centre[:-1].astype(self.coefficients.dtype)
        at_zero = float(self.level - mean @ self.coefficients) if self.intercept else 0.0
        covariance = errors = None
        if self.penalty == 0.0:
            centre = self.centre[:-1] if self.intercept else None
            covariance = estimate_covariance(self.basis, centre, variance, self.moments.weight)
            errors = np.sqrt(covariance.diagonal())
        if self.tss == 0.0:
            self.words.append("the target is constant" if self.intercept else "the target is zero")
        return LeastSquares(
            coefficients=self.coefficients.astype(float),
            intercept=at_zero,
            standard_errors=None if errors is None else errors[:-1].copy(),
            intercept_error=float(errors[-1]) if errors is not None and self.intercept else None,
            residual_sd=math.sqrt(variance) if freedom > 0 else math.nan,
            rss=self.rss,
            r2=1.0 - self.rss / self.tss if self.tss > 0.0 else math.nan,
            condition=self.whitening.condition,
            rank=rank, way=self.way, passes=passes, rows=n,
            note="; ".join(self.words), covariance=covariance,
        )  # fmt: skip
