"""Passes over the rows that give a least squares solution the digits it still lacks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from talweg.regression.passes import Passes
from talweg.regression.rows import Block, Rows

__all__ = ["Refined", "refine"]


@dataclasses.dataclass(frozen=True)
class Refined:
    """Where the passes led.

    Attributes
    ----------
    coefficients : (d,) ndarray
        Of the type that was asked for.
    level : number
        Of the fit at the centre of the columns.
    rss : float
        Weighted sum of the squared residuals.
    passes : int
    correction : float
        The last one that was made, beside the largest coefficient, each in the unit of its column.
    """

    coefficients: np.ndarray
    level: Any
    rss: float
    passes: int
    correction: float


def refine(
    passes: Passes,
    centre: np.ndarray,
    basis: np.ndarray,
    coefficients: np.ndarray,
    level: float,
    *,
    penalty: float = 0.0,
    intercept: bool = True,
    dtype: Any = np.longdouble,
    enough: float = 1e-17,
    most: int = 8,
) -> Refined:
    r"""Correct a solution by what its own residuals say.

    Each pass takes the residuals :math:`r = y - a - Z b` from the data and solves for the
    correction with the triangle that is there, :math:`\Delta b = T T^T (Z^T W r - \lambda b)`:
    the corrected semi-normal equations [1]_, repeated. In the coordinates u of :math:`b = T u` it
    is a gradient step of length 1. What limits the digits is the precision of r, not of T.

    Parameters
    ----------
    passes : Passes
        Over the rows.
    centre : (d,) float64 ndarray
        What is subtracted from the columns to make Z.
    basis : (d, r) float64 ndarray
        T, as of `talweg.regression.squares.condition.Whitening`.
    coefficients : (d,) float64 ndarray
    level : float
        a, what is fitted at the centre.
    penalty : float, default 0
    intercept : bool, default True
        Whether a is free.
    dtype : type, default numpy.longdouble
        In which residuals and their products are computed.
    enough : float, default 1e-17
        The correction, beside the largest coefficient, after which to stop.
    most : int, default 8
        Most passes. They stop as well where corrections no longer shrink.

    Returns
    -------
    Refined

    References
    ----------
    .. [1] Å. Björck, "Stability analysis of the method of seminormal equations for linear least
       squares problems", Linear Algebra and its Applications 88/89 (1987), 31-48.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import ArrayRows
    >>> line = Passes(ArrayRows(np.array([[-1.0], [1.0]]), np.array([0.0, 4.0])))
    >>> refined = refine(line, np.zeros(1), np.array([[0.5**0.5]]), np.array([1.9]), 2.1)
    >>> float(refined.coefficients[0]), float(refined.level)
    (2.0, 2.0)
    """
    b, a = coefficients.astype(dtype), dtype(level)
    # The columns' own units: lengths in which the coefficients can be compared.
    unit = np.linalg.norm(basis, axis=1)
    unit = np.where(unit > 0.0, unit, 1.0)
    last, made, left = np.inf, 0, np.inf
    before = (b, a, left)
    while made < most:
        sums = passes.sum(_residual_sums, centre.astype(dtype), b, a, dtype)
        slope, total, weight, rss = sums
        made += 1
        value = float(rss + dtype(penalty) * (b @ b))
        if value > 1.001 * before[2] and last > enough:
            b, a, left = before  # the basis is too inexact to lead downhill
            break
        left, before = float(rss), (b, a, value)
        whitened = basis.T @ (slope - dtype(penalty) * b).astype(float)
        change = basis @ whitened
        shift = total / weight if intercept else dtype(0.0)
        size = max(float(np.abs(b / unit).max(initial=0.0)), np.finfo(float).tiny)
        correction = float(np.abs(change / unit).max(initial=0.0)) / size
        if intercept:
            correction = max(correction, float(abs(shift)) / max(float(abs(a)), 1e-300))
        if not correction < (last / 2.0 if last < 1e-8 else last):
            break  # what is left is the rounding of the residuals
        b, a, last = b + change, a + shift, correction
        # Without a penalty the squares fall by just this.
        left = max(left - float(whitened @ whitened) * (penalty == 0.0), 0.0)
        if correction <= enough:
            break
    return Refined(b, a, left, made, last)


def _residual_sums(
    rows: Rows,
    centre: np.ndarray,
    b: np.ndarray,
    a: Any,
    dtype: Any,
) -> tuple[np.ndarray, Any, Any, Any]:
    """Make a pass: products of columns and residuals, sum of residuals, weights and squares."""
    slope, total, weight, rss = np.zeros(b.size, dtype), dtype(0), dtype(0), dtype(0)
    for block in rows.blocks():
        columns, residual = _residual(block, centre, b, a, dtype)
        weighted = residual
        if block.weight is not None:
            weighted = residual * block.weight.astype(dtype)
            weight += block.weight.astype(dtype).sum()
        else:
            weight += block.count
        slope += columns @ weighted
        total += weighted.sum()
        rss += residual @ weighted
    return slope, total, weight, rss


def _residual(
    block: Block, centre: np.ndarray, b: np.ndarray, a: Any, dtype: Any
) -> tuple[np.ndarray, np.ndarray]:
    columns = block.columns.astype(dtype) - centre[:, None]
    return columns, block.target.astype(dtype) - a - b @ columns
