"""Coordinates in which a least squares problem is round, and how far from round it was."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["Whitening", "whiten_factor", "whiten_products"]

_DEPENDENT = 1e-6  # of the largest share, from which a column is named as one of the dependent


@dataclasses.dataclass(frozen=True)
class Whitening:
    r"""A change of coordinates :math:`b = T u` that makes the curvature the identity.

    Attributes
    ----------
    basis : (d, r) float64 ndarray
        T, with :math:`T^T (Z^T Z + \lambda I) T = I`.
    curvature : (r, r) float64 ndarray
        What that product came to, with its rounding.
    slope : (r,) float64 ndarray
        :math:`T^T Z^T y`.
    condition : float
        Of the columns of Z brought to unit length, in the 2-norm, without :math:`\lambda`;
        infinite where they are linearly dependent.
    effective_condition : float
        The same with :math:`\lambda`, of those directions that are kept.
    rank : int
        r.
    null : (d, d - r) float64 ndarray
        An orthonormal basis of the b that change nothing.
    dependent : tuple of int
        Which columns take part in a linear dependence.
    """

    basis: np.ndarray
    curvature: np.ndarray
    slope: np.ndarray
    condition: float
    effective_condition: float
    rank: int
    null: np.ndarray
    dependent: tuple[int, ...]


def whiten_products(products: np.ndarray, penalty: float = 0.0) -> Whitening:
    """Find it from the sums of products.

    Parameters
    ----------
    products : (d + 1, d + 1) float64 ndarray
        Of the columns and the target; no column may be zero.
    penalty : float, default 0
        What is added to the diagonal of the columns' part.

    Returns
    -------
    Whitening
        To be trusted while its condition is far below 1e8: the matrix of products squares it.

    Examples
    --------
    >>> import numpy as np
    >>> whitening = whiten_products(np.diag([4.0, 9.0, 1.0]))
    >>> whitening.condition, whitening.rank
    (1.0, 2)
    """
    d = products.shape[0] - 1
    size = np.sqrt(products.diagonal()[:d])
    matrix = _symmetric(products[:d, :d] / size / size[:, None])
    extra = penalty / size / size
    least = d * np.finfo(float).eps
    spectrum, vectors = np.linalg.eigh(matrix)
    condition = _condition(np.sqrt(np.maximum(spectrum[::-1], 0.0)), np.sqrt(least))
    if penalty > 0.0:
        matrix = matrix + np.diag(extra)
        # The penalty may be of any size beside the columns: brought to a unit diagonal once more.
        again = np.sqrt(1.0 + extra)
        size = size * again
        matrix = matrix / again / again[:, None]
        spectrum, vectors = np.linalg.eigh(matrix)
    kept = spectrum > least * spectrum.max(initial=0.0)
    basis = vectors[:, kept] / np.sqrt(spectrum[kept])
    slope = basis.T @ (products[:d, d] / size)
    effective = _condition(np.sqrt(spectrum[kept][::-1]), 0.0)
    null, dependent = _null_space(vectors[:, ~kept], size)
    basis, curvature = basis / size[:, None], basis.T @ matrix @ basis
    basis = _without(basis, null)
    rank = int(np.count_nonzero(kept))
    return Whitening(basis, curvature, slope, condition, effective, rank, null, dependent)


def whiten_factor(
    factor: np.ndarray, scale: np.ndarray, rows: int, penalty: float = 0.0, offset: Any = 1.0
) -> Whitening:
    """Find it from the triangular factor.

    Parameters
    ----------
    factor : (k, d + 1) float64 ndarray
        As from `talweg.regression.squares.triangular.gather_factor`; no column may be zero.
    scale : (d,) float64 ndarray
        By which its columns were divided.
    rows : int
        Of which it is the factor.
    penalty : float, default 0
        As in `whiten_products`, of the columns before they were divided.
    offset : (d,) array_like of float, default 1
        Length of each column beside what was left of it by centring. The rounding of what was
        read is larger by as much, and decides with that of the factor which directions are null.

    Returns
    -------
    Whitening

    Examples
    --------
    >>> import numpy as np
    >>> whiten_factor(np.array([[1.0, 1.0, 2.0]]), np.ones(2), 1).dependent
    (0, 1)
    """
    d = scale.size
    triangle, target = factor[:, :d], factor[:, d]
    length = np.linalg.norm(triangle, axis=0)
    matrix, size = triangle / length, length * scale
    spectrum, right, kept = _decompose(matrix, rows, offset)
    condition = _condition(spectrum, 0.0) if kept.all() else np.inf
    if penalty > 0.0:
        extra = np.sqrt(penalty) / size
        again = np.hypot(1.0, extra)
        size = size * again
        matrix = np.concatenate([matrix / again, np.diag(extra / again)])
        target = np.append(target, np.zeros(d))
        spectrum, right, kept = _decompose(matrix, rows, offset / again)
    basis = right[kept].T / spectrum[kept]
    image = matrix @ basis
    null, dependent = _null_space(right[~kept].T, size)
    basis = _without(basis / size[:, None], null)
    return Whitening(
        basis, image.T @ image, image.T @ target, condition, _condition(spectrum[kept], 0.0),
        int(np.count_nonzero(kept)), null, dependent,
    )  # fmt: skip


def _decompose(
    matrix: np.ndarray, rows: int, offset: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return d singular values, right vectors one a row, and which are more than rounding."""
    k, d = matrix.shape
    _, spectrum, right = np.linalg.svd(matrix, full_matrices=True)
    spectrum = np.append(spectrum, np.zeros(max(d - k, 0)))
    unit = 4.0 * np.finfo(float).eps
    # Of the decomposition, and of the columns that take part in the direction.
    rounding = unit * max(d, np.sqrt(rows)) * spectrum.max(initial=0.0)
    return spectrum, right, spectrum > rounding + unit * np.linalg.norm(right * offset, axis=1)


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    half: np.ndarray = (matrix + matrix.T) / 2.0
    return half


def _condition(spectrum: np.ndarray, least: float) -> float:
    """Return the condition number of singular values, largest first; infinite if one is null."""
    if spectrum.size == 0:
        return 1.0
    if spectrum[-1] <= least * spectrum[0]:
        return float("inf")
    return float(spectrum[0] / spectrum[-1])


def _null_space(vectors: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return an orthonormal basis in the columns' own units, and the columns that take part."""
    if vectors.shape[1] == 0:
        return vectors, ()
    share = np.linalg.norm(vectors, axis=1)
    dependent = np.flatnonzero(share > _DEPENDENT * share.max())
    null = vectors * (size.min() / size)[:, None]
    return np.linalg.qr(null)[0], tuple(int(k) for k in dependent)


def _without(basis: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Remove what changes nothing; twice, as units far apart make the first time inexact."""
    for _ in range(2 if null.shape[1] else 0):
        basis = basis - null @ (null.T @ basis)
    return basis
