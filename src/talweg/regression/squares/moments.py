"""Means and centred sums of products of columns, gathered in one pass over their rows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from talweg.regression.rows import ArrayRows, Block, Rows
from talweg.regression.squares.moment_checks import (
    NotFiniteError,
    Place,
    refuse_not_finite,
    refuse_sizes,
)
from talweg.regression.squares.own_product import own_product
from talweg.regression.squares.shift import provisional_shift
from talweg.regression.threads import one_thread

__all__ = ["Moments", "NotFiniteError", "gather_moments"]

_BUFFER_BYTES = 11 * 2**17  # of the rows worked on at a time: what fits a processor's second cache
_LEAST_ROWS = 1024  # worked on at a time, however many the columns are
_BLOCKS_A_GROUP = 64  # pieces summed about one shift before their sums are centred


@dataclasses.dataclass(frozen=True)
class Moments:
    r"""Number, mean and centred sums of products of d columns and a target.

    Attributes
    ----------
    rows : int
        How many were seen, those of weight 0 too.
    weight : float
        :math:`W = \sum_i w_i`; the number of rows where no weights are given.
    mean : (d + 1,) float64 ndarray
        :math:`m = \sum_i w_i z_i / W` of :math:`z_i = (x_{i1}, \dots, x_{id}, y_i)`.
    products : (d + 1, d + 1) float64 ndarray
        :math:`\sum_i w_i (z_i - m)(z_i - m)^T`.

    Notes
    -----
    Two parts A and B are merged with :math:`\delta = m_B - m_A` as [1]_

    .. math:: m = m_A + \frac{W_B}{W} \delta, \qquad
              S = S_A + S_B + \frac{W_A W_B}{W} \delta \delta^T.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance:
       analysis and recommendations", The American Statistician 37 (1983), 242-247.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import Block
    >>> first = Moments.of(Block(np.array([[1.0, 2.0]]), np.array([0.0, 2.0])))
    >>> both = first.merge(Moments.of(Block(np.array([[3.0]]), np.array([1.0]))))
    >>> both.mean, both.products
    (array([2., 1.]), array([[2., 1.], [1., 2.]]))
    """

    rows: int
    weight: float
    mean: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, block: Block) -> Moments:
        """Return those of one block.

        Parameters
        ----------
        block : Block

        Raises
        ------
        NotFiniteError
            If a value is NaN or infinite, or its square isn't finite.
        ValueError
            If a weight is negative.
        """
        gathering = _Gathering(block.columns.shape[0])
        gathering.add(block)
        return gathering.result()

    @classmethod
    def none(cls, d: int) -> Moments:
        """Return those of no rows of d columns, with which any others can be merged."""
        return cls(0, 0.0, np.zeros(d + 1), np.zeros((d + 1, d + 1)))

    def merge(self, other: Moments) -> Moments:
        """Return those of the rows of both.

        Raises
        ------
        ValueError
            If the numbers of columns differ.
        """
        if self.mean.shape != other.mean.shape:
            raise ValueError(
                f"can't merge moments of {self.mean.size - 1} columns with those of"
                f" {other.mean.size - 1}: both must be of the same columns"
            )
        rows, weight = self.rows + other.rows, self.weight + other.weight
        if self.weight == 0.0 or other.weight == 0.0:
            one = self if other.weight == 0.0 else other
            return Moments(rows, weight, one.mean.copy(), one.products.copy())
        delta = other.mean - self.mean
        mean = self.mean + delta * (other.weight / weight)
        apart = delta * math.sqrt(self.weight * (other.weight / weight))
        products = np.outer(apart, apart)
        products += self.products
        products += other.products
        return Moments(rows, weight, mean, products)


def gather_moments(rows: Rows, *, tell: Callable[[int], object] | None = None) -> Moments:
    """Gather the moments of all rows in one pass.

    Parameters
    ----------
    rows : Rows
    tell : callable, optional
        Called after every block with the number of rows done so far.

    Returns
    -------
    Moments
        Of no rows (all zero) where there are none.

    Raises
    ------
    NotFiniteError
        If a value is NaN or infinite, or so large or small that its square isn't a number of
        full precision; it says where.
    ValueError
        If a weight is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import ArrayRows
    >>> moments = gather_moments(ArrayRows(np.arange(6.0).reshape(3, 2), np.ones(3)))
    >>> moments.rows, moments.mean
    (3, array([2., 3., 1.]))
    """
    gathering = _Gathering(len(rows.names), rows.names)
    with one_thread(len(rows.names)):
        if type(rows) is ArrayRows and tell is None:  # nobody asks for smaller blocks
            gathering.add(Block(rows.x.T, rows.y, rows.weight))
            return gathering.result()
        for block in rows.blocks():
            gathering.add(block)
            if tell is not None:
                tell(gathering.rows)
    return gathering.result()


class _Gathering:
    """Sums that grow, piece by piece.

    A group of pieces is summed about a shift and then centred. The shift is the mean of its first
    piece; where the others lie elsewhere, no more is lost to cancellation than there are pieces.
    Where no mean is far beyond its column's spread, 0 costs a digit at most, and the columns
    needn't be copied.
    """

    def __init__(self, d: int, names: tuple[str, ...] = ()) -> None:
        self.d, self.names, self.rows = d, names, 0
        self.most = max(_BUFFER_BYTES // (8 * (d + 2)), _LEAST_ROWS)
        self.done = Moments.none(d)
        # The two that go with the columns: the roots of the weights, and the shifted target.
        self.beside = np.empty((2, 0))
        self.buffer, self.tiled = np.empty(0), np.empty(0)
        self._open()

    def _open(self) -> None:
        """Begin a group."""
        self.pieces = 0
        self.first = self.rows
        self.shift: np.ndarray | None = None  # not yet chosen
        self.shifted = False
        self.squares = np.zeros((self.d, self.d))
        self.across = np.zeros((2, self.d))
        self.ends = np.zeros((2, 2))

    def add(self, block: Block) -> None:
        """Add the rows of a block."""
        start, count = 0, block.count
        if block.columns.shape != (self.d, count):
            raise ValueError(
                f"a block of {count} rows has columns of shape {block.columns.shape}, not"
                f" {(self.d, count)}"
            )
        pieces = -(-count // self.most)
        while start < count:
            stop = start + -(-(count - start) // pieces)
            pieces -= 1
            self._add(
                block.columns[:, start:stop],
                block.target[start:stop],
                None if block.weight is None else block.weight[start:stop],
            )
            start = stop
            self.pieces += 1
            if self.pieces == _BLOCKS_A_GROUP:
                self._close()

    def _add(self, columns: np.ndarray, target: np.ndarray, weight: np.ndarray | None) -> None:
        count = target.size
        if self.beside.shape[1] < count:
            self.beside = np.ones((2, count))
            self.unit = True
        if self.shift is None:
            self.shift = provisional_shift(columns, target)
            self.shifted = bool(self.shift[: self.d].any())
            self.tiled = np.empty(0)
        root, y = beside = self.beside[:, :count]
        if weight is not None:
            if not weight.min() >= 0.0:
                self._place().refuse_weight(weight)
            np.sqrt(weight, out=root)
            self.unit = False
        elif not self.unit:
            self.beside[0] = 1.0
            self.unit = True
        np.subtract(target, self.shift[self.d], out=y)
        rows = columns.T
        if self.shifted or weight is not None:
            rows = self._shifted(columns, None if weight is None else root)
            if weight is not None:
                y *= root
        with np.errstate(over="ignore", invalid="ignore"):
            squares = own_product(rows)
            across, ends = beside @ rows, beside @ beside.T
        if not math.isfinite(squares.trace() + ends[1, 1] + ends[0, 0]):
            refuse_not_finite(self._place(), [*columns, target], weight)
        self.squares += squares
        self.across += across
        self.ends += ends
        self.rows += count

    def _shifted(self, columns: np.ndarray, root: np.ndarray | None) -> np.ndarray:
        """Return the columns less the shift, times the roots of the weights, one a row's entry."""
        d, count = columns.shape
        assert self.shift is not None
        if self.buffer.size < d * count:
            self.buffer = np.empty(d * count)
        flat = self.buffer[: d * count]
        if columns.T.flags.c_contiguous:  # row after row: one long subtraction
            if self.tiled.size < flat.size:
                self.tiled = np.tile(self.shift[:d], count)
            rows = flat.reshape(count, d)
            np.subtract(columns.T.reshape(-1), self.tiled[: flat.size], out=flat)
            if root is not None:
                rows *= root[:, None]
            return rows
        kept = flat.reshape(d, count)
        np.subtract(columns, self.shift[:d, None], out=kept)
        if root is not None:
            kept *= root
        return kept.T

    def _close(self) -> None:
        """Centre the group's sums, and merge them with those of the groups before."""
        if self.shift is None:
            return
        d, weight = self.d, float(self.ends[0, 0])
        rows = self.rows - self.first
        products = np.empty((d + 1, d + 1))
        products[:d, :d] = self.squares
        products[d, :d] = products[:d, d] = self.across[1]
        products[d, d] = self.ends[1, 1]
        sums = np.append(self.across[0], self.ends[0, 1])
        mean = np.zeros(d + 1)
        if weight > 0.0:
            mean = sums / weight
            products -= np.outer(mean, sums)
            # A square is no less than nothing, whatever its rounding.
            corner = np.einsum("ii->i", products)
            np.maximum(corner, 0.0, out=corner)
        products = (products + products.T) / 2.0
        self.done = self.done.merge(Moments(rows, weight, mean + self.shift, products))
        self._open()

    def result(self) -> Moments:
        """Return the moments of all rows added."""
        self._close()
        refuse_sizes(self._place(), self.done.mean, self.done.products.diagonal())
        return self.done

    def _place(self) -> Place:
        return Place(self.d, self.names, self.rows)
