"""Linear quantile regression, exact: smoothed descents until it is known which rows are met."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.linalg
import scipy.optimize

from talweg.minimization import minimize
from talweg.regression.linear.kinked_lines import MET, Lines, Part
from talweg.regression.losses import LOSSES, read_loss

__all__ = ["QuantileFit", "fit_quantile"]

_SHRINK = 0.1  # of the width, from one smoothed descent to the next
_WIDTHS = 16
_ROUNDS = 20  # scalings anew within one width
_ROUND = 10  # iterations of one
_DUAL = 1e-9  # by how much a multiplier may be out of its range, beside that
_MANY = 100  # times as many rows met as coordinates: too many to search for multipliers
_REACH = 10.0  # widths: how far a row may be from the kink and still be looked at by itself


@dataclasses.dataclass(frozen=True)
class QuantileFit:
    """What `fit_quantile` finds.

    Attributes
    ----------
    coefficients : (d,) ndarray
    intercept : float
        0 where there is none.
    fun : float
        The minimised value: the weighted mean of the loss, and the penalty.
    success : bool
        Whether the optimality conditions hold, so that no other coefficients do better.
    message : str
    iterations, passes : int
        Of all descents, and passes over the rows.
    met : int
        How many residuals (and penalised coefficients) are zero.
    rank : int
        Of the columns, with the intercept.
    """

    coefficients: np.ndarray
    intercept: float
    fun: float
    success: bool
    message: str
    iterations: int
    passes: int
    met: int
    rank: int


def fit_quantile(
    x: Any,
    y: Any,
    *,
    quantile: float = 0.5,
    intercept: bool = True,
    l1: float = 0.0,
    weight: Any = None,
) -> QuantileFit:
    r"""Fit a quantile of the target as a linear function of the columns, exactly.

    Minimises :math:`\sum_i w_i \rho_q(y_i - b_0 - x_i b) / \sum_i w_i + \lambda \lVert b \rVert_1`
    with :math:`\rho_q(r) = \max(q r, (q - 1) r)` [1]_.

    Parameters
    ----------
    x : (n, d) array_like
    y : (n,) array_like
    quantile : float, default 0.5
        Between 0 and 1, both excluded.
    intercept : bool, default True
        Whether there is one. It is never penalised.
    l1 : float, default 0
        The penalty's factor.
    weight : (n,) array_like, optional
        How much each row counts, not negative.

    Returns
    -------
    QuantileFit

    Raises
    ------
    TypeError
        If `quantile` or `l1` isn't a number, or the data aren't real numbers.
    ValueError
        If a number is out of its range, the shapes don't go together, or the data are empty or not
        finite.

    Notes
    -----
    The kink of the loss is rounded off to a parabola over residuals up to a width, which is made
    smaller and smaller; each such loss is descended by L-BFGS from where the last ended, in
    coordinates in which its curvature is the identity, with the rows far from the kink taken
    together. Once the width is small enough, the rows within it
    are those that the solution meets [2]_ [3]_: they are solved for, and the solution is taken if
    there are multipliers within :math:`[-(1 - q) w_i, q w_i]` that balance the other rows' slopes,
    which proves that it is a minimum. Where several are, one is returned that meets as many rows as
    there are coefficients. Penalised coefficients are rows that want to be zero, so that zeros come
    out exact. Of columns that depend on one another, the combination of least norm is taken, of the
    standardised coefficients.

    References
    ----------
    .. [1] R. Koenker and G. Bassett, "Regression quantiles", Econometrica 46, 33-50, 1978.
    .. [2] K. Madsen and H. B. Nielsen, "A finite smoothing algorithm for linear l1 estimation",
       SIAM Journal on Optimization 3, 223-235, 1993.
    .. [3] C. Chen, "A finite smoothing algorithm for quantile regression", Journal of Computational
       and Graphical Statistics 16, 136-164, 2007.

    Examples
    --------
    The median of five numbers isn't moved by how far off the largest is:

    >>> import numpy as np
    >>> found = fit_quantile(np.zeros((5, 0)), [1.0, 2.0, 3.0, 4.0, 1000.0])
    >>> found.intercept
    3.0
    """
    share, columns, target = _read(x, y, quantile, l1, weight)
    kept = share > 0.0
    lines = Lines.of(columns[kept], target[kept], share[kept], quantile, intercept, l1)
    if lines.rank == 0:
        z, success, message, met = np.zeros(0), True, "there is nothing to fit", 0
        counts = (0, 0)
    else:
        search = _Search(lines)
        z, success, message, met = search.run()
        counts = (search.iterations, search.passes)
    coefficients, constant = lines.coefficients(z)
    if l1 > 0.0 and success:
        coefficients = lines.with_zeros(z, coefficients)
    eta = columns @ coefficients + constant
    losses = np.asarray(read_loss("quantile", quantile=quantile).per_row(eta, target))
    value = float(share @ losses + l1 * np.abs(coefficients).sum())
    return QuantileFit(
        coefficients, constant, value, success, message, counts[0], counts[1], met, lines.rank
    )


def _read(
    x: Any, y: Any, quantile: float, l1: Any, weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return shares, columns and target, checked."""
    loss = read_loss("quantile", quantile=quantile)
    columns, target = np.asarray(x), np.asarray(y)
    if columns.ndim != 2 or target.ndim != 1 or len(columns) != len(target):
        raise ValueError(
            f"x must have the shape (n, d) and y (n,), not {columns.shape} and {target.shape}"
        )
    if not len(target):
        raise ValueError("x and y are empty: there is nothing to fit")
    loss.check_target(target, "y")
    LOSSES["squared"].check_target(columns, "x")
    if isinstance(l1, (bool, str)) or np.ndim(l1) != 0:
        raise TypeError(f"l1 must be a number, not {l1!r}")
    if not 0.0 <= l1 < np.inf:
        raise ValueError(f"l1 must be finite and not negative, not {l1}")
    share = np.ones(target.shape) if weight is None else np.asarray(weight, float)
    if share.shape != target.shape:
        raise ValueError(f"weight has the shape {share.shape}, where y has {target.shape}")
    LOSSES["squared"].check_target(share, "weight")
    if (share < 0.0).any():
        i = int(np.argmax(share < 0.0))
        raise ValueError(f"weight[{i}] is {share[i]}: weights must not be negative")
    if not share.any():
        raise ValueError("all weights are zero: nothing is left to fit")
    return share / share.sum(), columns.astype(np.float64), target.astype(np.float64)


class _Search:
    """Smoothed descents, and the solution of the rows that they come to meet."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.half, self.tilt = lines.half, lines.tilt
        self.size = float(np.abs(lines.target).max()) or 1.0
        self.iterations = self.passes = 0

    def run(self) -> tuple[np.ndarray, bool, str, int]:
        """Return the coordinates, whether they are optimal, why, and how many rows are met."""
        lines = self.lines
        # From the least-squares solution: the columns are orthonormal in these coordinates.
        z = lines.rows.T @ ((lines.above + lines.below) * lines.target)
        residuals = np.abs(lines.target - lines.rows @ z)
        width = float(np.median(residuals[residuals > MET * self.size], keepdims=False)) if (
            residuals > MET * self.size
        ).any() else self.size  # fmt: skip
        best = z
        for _ in range(_WIDTHS):
            z = self._descend(z, width)
            solved, met = self._meet(z, width)
            if met:
                message = f"optimal: {met} residuals are zero, and multipliers prove the minimum"
                return solved, True, message, met
            best = min(z, solved, best, key=self._value)
            width *= _SHRINK
            if width < 1e-13 * self.size:
                break
        return best, False, "stopped: the rows that the solution meets could not be told apart", 0

    def _value(self, z: np.ndarray) -> float:
        return self._above(self.lines.target - self.lines.rows @ z)

    def _descend(self, z: np.ndarray, width: float) -> np.ndarray:
        """Descend the loss with its kink rounded off over residuals up to a width."""
        lines = self.lines
        # Half the squared gradient is how far the value is above the least: little beside what one
        # row costs over the width.
        tol = float(np.sqrt(2e-2 * width * self.half.mean()))
        residuals = lines.target - lines.rows @ z
        for _ in range(_ROUNDS):
            scaling = self._scaling(residuals, width)
            for reach in (_REACH * width, np.inf):
                part = Part.of(lines, residuals, reach)
                found = minimize(
                    lambda v, part, s: part.smoothed(v, s, width), np.zeros(z.size),
                    (part, scaling), jac=True, tol=tol, max_iter=_ROUND,
                )  # fmt: skip
                step = scaling @ found.x
                moved = lines.target - lines.rows @ (z + step)
                self.iterations += found.nit
                self.passes += 2 + (found.nfev if part.near.all() else 0)
                crossed = ~part.near & ((moved > 0.0) != (residuals > 0.0))
                if part.near.all() or not crossed.any():
                    break
                if self._above(moved) < self._above(residuals):
                    break
            if crossed.any() or not (found.success or found.nit == 0):
                z, residuals = z + step, moved
                continue
            return np.asarray(z + step)
        return z

    def _above(self, residuals: np.ndarray) -> float:
        return float(self.half @ np.abs(residuals) + self.tilt @ residuals)

    def _scaling(self, residuals: np.ndarray, width: float) -> np.ndarray:
        """Return coordinates in which the curvature is the identity."""
        inside = np.abs(residuals) < width
        near, counted = self.lines.rows[inside], self.half[inside] / width
        matrix = (near * counted[:, None]).T @ near
        # All rows' curvature, which is the identity, keeps directions that few rows bend in check.
        sizes, directions = np.linalg.eigh(matrix)
        return np.asarray(directions / np.sqrt(np.maximum(sizes, 1e-3 / self.size)))

    def _meet(self, z: np.ndarray, width: float) -> tuple[np.ndarray, int]:
        """Meet as many of the nearest rows as there are coordinates; say how many, if optimal."""
        lines, r = self.lines, self.lines.rank
        smoothed = lines.target - lines.rows @ z
        distance = np.abs(smoothed)
        count = min(4 * r + 20, distance.size)
        near = np.argpartition(distance, count - 1)[:count]
        # The nearest rows that are independent: large where they are near.
        graded = lines.rows[near] / (distance[near] + 1e-15 * self.size)[:, None]
        _, _, order = scipy.linalg.qr(graded.T, mode="economic", pivoting=True)
        basis = near[order[:r]]
        try:
            solved = np.linalg.solve(lines.rows[basis], lines.target[basis])
        except np.linalg.LinAlgError:
            return z, 0
        residuals = lines.target - lines.rows @ solved
        met = np.abs(residuals) <= MET * self.size
        met[basis] = True
        self.passes += 2
        first = self.half[met] * np.clip(smoothed[met] / width, -1.0, 1.0) + self.tilt[met]
        return solved, int(met.sum()) if self._balanced(residuals, met, first) else 0

    def _balanced(self, residuals: np.ndarray, met: np.ndarray, first: np.ndarray) -> bool:
        """Return whether multipliers of the rows that are met balance the slopes of the others.

        `first` are those that the smoothed loss has: nearly right, where it was descended.
        """
        lines = self.lines
        slopes = np.where(residuals > 0.0, lines.above, -lines.below)
        slopes[met] = 0.0
        left = -(lines.rows.T @ slopes)
        rows, low, high = lines.rows[met], -lines.below[met], lines.above[met]
        room = _DUAL * (high - low)
        # The only ones that balance, where as many rows are met as there are coordinates; else the
        # nearest ones, moved less where there is less room.
        scale = np.ones(len(rows))
        if len(rows) > lines.rank:
            scale = np.sqrt(np.maximum(np.minimum(first - low, high - first), 0.0))
        scaled = scale[:, None] * rows
        change = scale * np.linalg.lstsq(scaled.T, left - rows.T @ first, rcond=None)[0]
        within = (low - room <= first + change) & (first + change <= high + room)
        balance = _DUAL * max(float(np.abs(left).max()), 1e-3 / np.sqrt(len(residuals)))
        if within.all() and np.abs(rows.T @ (first + change) - left).max() <= balance:
            return True
        if not lines.rank < len(rows) <= _MANY * lines.rank:
            return False
        found = scipy.optimize.lsq_linear(rows.T, left, (low, high), method="bvls")
        return bool(np.abs(rows.T @ found.x - left).max() <= balance)
