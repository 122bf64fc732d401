"""The triangular factor of a tall matrix, block by block: TSQR."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import scipy.linalg.lapack

from talweg.regression.rows import Block, Rows
from talweg.regression.threads import one_thread

__all__ = ["gather_factor", "merge_factors"]

_BUFFER_BYTES = 2**18  # of the rows worked on at a time
_LEAST_TALL = 8  # times as many rows as columns, so that carrying the triangle along costs little
_PANEL = 32  # columns that LAPACK reduces before it turns to the others


def gather_factor(
    rows: Rows,
    centre: np.ndarray,
    scale: np.ndarray,
    *,
    tell: Callable[[int], object] | None = None,
) -> np.ndarray:
    r"""Reduce columns and target to the triangular factor of their QR decomposition.

    That of the matrix whose rows are :math:`\sqrt{w_i} (x_i - m, y_i - m_y) / s`. Its last column
    is what the target becomes, its last diagonal element the norm of the residuals of the least
    squares problem. Nothing is squared, so it has twice the digits of the matrix of products.

    Parameters
    ----------
    rows : Rows
    centre : (d + 1,) float64 ndarray
        m, the target's last; zeros where nothing is to be centred.
    scale : (d + 1,) float64 ndarray
        s, positive; powers of two change no digit.
    tell : callable, optional
        Called after every block with the number of rows done so far.

    Returns
    -------
    (k, d + 1) float64 ndarray
        Upper triangular, k the smaller of d + 1 and the number of rows; the signs of its rows
        are arbitrary.

    References
    ----------
    .. [1] J. Demmel, L. Grigori, M. Hoemmen and J. Langou, "Communication-optimal parallel and
       sequential QR and LU factorizations", SIAM Journal on Scientific Computing 34 (2012),
       A206-A239.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.rows import ArrayRows
    >>> factor = gather_factor(
    ...     ArrayRows(np.array([[3.0], [4.0]]), np.array([3.0, 4.0])), np.zeros(2), np.ones(2))
    >>> np.abs(factor).round(12)
    array([[5., 5.], [0., 0.]])
    """
    width = centre.size
    tall = max(_BUFFER_BYTES // (8 * width), _LEAST_TALL * width)
    # The triangle so far lies on top of the rows to come; LAPACK wants column after column.
    stack = np.empty((width + tall, width), order="F")
    used = done = 0
    with one_thread(width):
        for block in rows.blocks():
            for piece in _pieces(block, tall):
                if used + piece.count > stack.shape[0]:
                    used = _reduce(stack, used)
                _fill(stack[used : used + piece.count], piece, centre, scale)
                used += piece.count
                done += piece.count
            if tell is not None:
                tell(done)
        return stack[: _reduce(stack, used)].copy()


def merge_factors(*factors: np.ndarray) -> np.ndarray:
    """Return the triangular factor of all rows, from those of parts of them.

    Parameters
    ----------
    *factors : (k, d + 1) float64 ndarray
        As from `gather_factor` with one and the same centre and scale; any other rows do too.

    Returns
    -------
    (k, d + 1) float64 ndarray

    Raises
    ------
    ValueError
        If there is none, or they differ in their number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> np.abs(merge_factors(np.array([[3.0, 3.0]]), np.array([[4.0, 4.0]]))).round(12)
    array([[5., 5.], [0., 0.]])
    """
    widths = sorted({factor.shape[1] for factor in factors})
    if len(widths) != 1:
        raise ValueError(f"factors to be merged must have the same columns; they have {widths}")
    stack = np.asfortranarray(np.concatenate(factors))
    return stack[: _reduce(stack, stack.shape[0])].copy()


def _pieces(block: Block, tall: int) -> Iterable[Block]:
    """Split a block that is too tall."""
    for start in range(0, block.count, tall):
        part = slice(start, start + tall)
        weight = None if block.weight is None else block.weight[part]
        yield Block(block.columns[:, part], block.target[part], weight)


def _fill(out: np.ndarray, block: Block, centre: np.ndarray, scale: np.ndarray) -> None:
    """Write a block's rows, centred, scaled and weighted."""
    np.subtract(block.columns.T, centre[:-1], out=out[:, :-1])
    np.subtract(block.target, centre[-1], out=out[:, -1])
    out /= scale
    if block.weight is not None:
        out *= np.sqrt(block.weight)[:, None]


def _reduce(stack: np.ndarray, used: int) -> int:
    """Replace the rows used by their triangle, in place; return how many rows it has."""
    width = int(stack.shape[1])
    if used == 0:
        return 0
    # The recursive one: its panels are products of matrices too.
    reduced, _, info = scipy.linalg.lapack.dgeqrt(
        min(_PANEL, width, used), stack[:used], overwrite_a=used == stack.shape[0]
    )
    if info != 0:
        raise ValueError(f"LAPACK's dgeqrt refused its argument {-info}")
    count = min(used, width)
    stack[:count] = np.triu(reduced[:count])
    return count
