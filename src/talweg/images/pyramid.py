"""A first guess at the missing pixels: averages of the known ones, from coarse to fine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pull_push"]


def pull_push(image: NDArray[np.floating], known: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Fill the missing pixels by interpolation on a pyramid.

    Going down, each level holds the averages of the known pixels in blocks of 2 in every axis,
    until nothing is missing. Going up, what is missing on a level is interpolated linearly from
    the one below.

    Parameters
    ----------
    image : (M[, N[, ..., P]]) ndarray of float
        Its missing pixels are not looked at.
    known : (M[, N[, ..., P]]) ndarray of bool
        False where a pixel is missing; True somewhere.

    Returns
    -------
    (M[, N[, ..., P]]) ndarray of float
        The known pixels as they are.

    References
    ----------
    .. [1] S. J. Gortler, R. Grzeszczuk, R. Szeliski and M. F. Cohen, "The lumigraph", SIGGRAPH
       1996, section 3.6.

    Examples
    --------
    >>> import numpy as np
    >>> pull_push(np.array([[0.0, 8.0]]), np.array([[False, True]]))
    array([[8., 8.]])
    """
    weights = known.astype(image.dtype)
    return _fill(np.where(known, image, 0.0).astype(image.dtype, copy=False), weights)


def _fill(sums: NDArray[np.floating], weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the averages sums / weights where the weight is 1, mixed with those from below."""
    if weights.min() >= 1.0 or max(weights.shape) == 1:
        return sums
    coarse_sums, coarse_weights = _halve(sums), _halve(weights)
    # A block counts fully as soon as it holds one known pixel's worth of weight.
    excess = np.maximum(coarse_weights, 1.0)
    below = _fill(coarse_sums / excess, coarse_weights / excess)
    interpolated = _double(below, weights.shape)
    interpolated *= 1.0 - weights
    interpolated += sums
    return interpolated


def _halve(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Add up blocks of 2 along every axis."""
    for axis in range(values.ndim):
        values = np.moveaxis(values, axis, 0)
        half = values[0::2].copy()
        half[: len(values) // 2] += values[1::2]
        values = np.moveaxis(half, 0, axis)
    return values


def _double(values: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.floating]:
    """Interpolate linearly between the centres of the blocks, up to `shape`."""
    for axis, size in enumerate(shape):
        values = np.moveaxis(values, axis, 0)
        fine = np.empty((2 * len(values), *values.shape[1:]), values.dtype)
        near = 0.75 * values
        fine[0::2], fine[1::2] = near, near
        far = 0.25 * values
        fine[2::2] += far[:-1]
        fine[0] += far[0]
        fine[1:-1:2] += far[1:]
        fine[-1] += far[-1]
        values = np.moveaxis(fine[:size], 0, axis)
    return values
