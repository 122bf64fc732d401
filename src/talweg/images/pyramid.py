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
    """Return the averages where the weight is 1, mixed with those from below where it is less."""
    if weights.min() >= 1.0 or max(weights.shape) == 1:
        return sums
    coarse_sums, coarse_weights = _halve(sums), _halve(weights)
    # A block counts fully as soon as it holds one known pixel's worth of weight.
    excess = np.maximum(coarse_weights, 1.0)
    coarse_sums /= excess
    coarse_weights /= excess
    filled = _double(_fill(coarse_sums, coarse_weights), weights.shape)
    filled -= filled * weights
    filled += sums
    return filled


def _halve(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Add up blocks of 2 along every axis."""
    for axis, size in enumerate(values.shape):
        half = values[_every_other(values, axis, 0)].copy()
        half[_part(values, axis, 0, size // 2)] += values[_every_other(values, axis, 1)]
        values = half
    return values


def _double(values: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.floating]:
    """Interpolate linearly between the centres of the blocks, up to `shape`."""
    for axis, size in enumerate(shape):
        padded = np.pad(values, [(int(i == axis),) * 2 for i in range(values.ndim)], "edge")
        fine = np.empty((*shape[: axis + 1], *values.shape[axis + 1 :]), values.dtype)
        for half in (0, 1):
            # Each half of a block lies a quarter of the way to the neighbour on its side.
            count = (size + 1 - half) // 2
            near = padded[_part(values, axis, 1, 1 + count)]
            side = padded[_part(values, axis, 2 * half, 2 * half + count)]
            fine[_every_other(values, axis, half)] = 0.75 * near + 0.25 * side
        values = fine
    return values


def _part(values: NDArray[np.floating], axis: int, start: int, stop: int) -> tuple[slice, ...]:
    """Return an index of a stretch along one axis."""
    return tuple(slice(start, stop) if i == axis else slice(None) for i in range(values.ndim))


def _every_other(values: NDArray[np.floating], axis: int, start: int) -> tuple[slice, ...]:
    """Return an index of every other place along one axis."""
    return tuple(slice(start, None, 2) if i == axis else slice(None) for i in range(values.ndim))
