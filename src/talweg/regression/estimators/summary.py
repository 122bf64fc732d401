"""What least squares needs to know of rows that come a batch at a time."""

from __future__ import annotations

import dataclasses

import numpy as np

from talweg.regression.rows import ArrayRows
from talweg.regression.squares.moments import Moments, gather_moments
from talweg.regression.squares.triangular import gather_factor, merge_factors

__all__ = ["Summary"]


@dataclasses.dataclass(frozen=True)
class Summary:
    r"""Moments of rows, and the triangular factor of what they were gathered from.

    Two summaries A and B are merged exactly: with the means' difference :math:`\delta`, the
    factor of all rows is that of the matrix

    .. math:: \begin{pmatrix} R_A \\ R_B \\ \sqrt{W_A W_B / W}\, \delta^T \end{pmatrix}

    which squares nothing, so that columns that are nearly dependent keep their digits.

    Attributes
    ----------
    moments : Moments
    factor : (k, d + 1) ndarray
        R, with :math:`R^T R` the centred products; the target's column last.
    """

    moments: Moments
    factor: np.ndarray

    @classmethod
    def of(cls, rows: ArrayRows, moments: Moments | None = None) -> Summary:
        """Gather that of rows, in two passes, or one if the moments are known."""
        moments = gather_moments(rows) if moments is None else moments
        return cls(moments, gather_factor(rows, moments.mean, np.ones_like(moments.mean)))

    def merge(self, other: Summary) -> Summary:
        """Return that of the rows of both.

        Examples
        --------
        >>> import numpy as np
        >>> from talweg.regression.rows import ArrayRows
        >>> x, y = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 0.0, 5.0])
        >>> parts = Summary.of(ArrayRows(x[:2], y[:2])), Summary.of(ArrayRows(x[2:], y[2:]))
        >>> factor = parts[0].merge(parts[1]).factor
        >>> bool(np.allclose(factor.T @ factor, 2 * np.cov(x[:, 0], y)))
        True
        """
        moments = self.moments.merge(other.moments)
        weight = self.moments.weight * (other.moments.weight / moments.weight)
        between = np.sqrt(weight) * (other.moments.mean - self.moments.mean)
        return Summary(moments, merge_factors(self.factor, other.factor, between[None]))

    def rows(self, names: tuple[str, ...]) -> ArrayRows:
        """Return a few rows with the same weight, means and products as all that were seen."""
        count = 2 * len(self.factor)
        each = self.moments.weight / count
        away = self.factor / np.sqrt(2.0 * each)
        both = self.moments.mean + np.concatenate([away, -away])
        return ArrayRows(both[:, :-1], both[:, -1], np.full(count, each), names)
