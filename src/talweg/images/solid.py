"""Telling scattered pixels from solid areas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "bounding_box", "shape_text", "solid_pixels"]

BLOCK = 5
"""Side, in pixels, of the smallest square that counts as a solid area."""


def solid_pixels(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the pixels that lie in some 5x5 square of which all pixels are True.

    Of 90 % random damage, half black and half white, one pixel in 10^7 lies in such a square
    of one colour; of a saturated sky nearly all do.

    Parameters
    ----------
    flags : (..., M, N) bool ndarray
        What to look at; of a volume each plane by itself.

    Returns
    -------
    (..., M, N) bool ndarray
        All False where the image is narrower than 5 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.solid import solid_pixels
    >>> flags = np.zeros((8, 8), bool)
    >>> flags[0, 0] = flags[2:8, 1:7] = True
    >>> int(flags.sum()), int(solid_pixels(flags).sum())
    (37, 36)
    """
    if min(flags.shape[-2:]) < BLOCK or not flags.any():
        return np.zeros_like(flags)
    # A square is a run of runs: one axis after the other takes 8 steps instead of 24.
    corners = _runs(_runs(flags, -2), -1)
    return _covered(_covered(corners, -1), -2)


def bounding_box(flags: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """First and last row, first and last column that hold a True.

    Parameters
    ----------
    flags : (..., M, N) bool ndarray
        Holds at least one True.

    Returns
    -------
    first_row, last_row, first_column, last_column : int

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.solid import bounding_box
    >>> bounding_box(np.pad(np.ones((2, 3), bool), ((1, 4), (5, 0))))
    (1, 2, 5, 7)
    """
    plane: NDArray[np.bool_] = np.any(flags.reshape(-1, *flags.shape[-2:]), axis=0)
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def shape_text(flags: NDArray[np.bool_]) -> str:
    """Say whether flagged pixels are scattered, clustered or in solid areas.

    Where flags are scattered by chance with share p, a share 2 p (1 - p) of all neighbours
    differ. The fewer of them differ, the more the flags lie together.

    Parameters
    ----------
    flags : (..., M, N) bool ndarray
        Which pixels are meant.

    Returns
    -------
    str
        "scattered" down to 3/4 of what chance gives, "in solid areas" below 1/4 of it, otherwise
        "in clusters or lines".

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.solid import shape_text
    >>> shape_text(np.random.default_rng(0).random((50, 50)) < 0.9)
    'scattered'
    >>> shape_text(np.arange(50) < np.full((50, 1), 30))
    'in solid areas'
    """
    share = np.count_nonzero(flags) / flags.size
    down = flags[..., 1:, :] != flags[..., :-1, :]
    across = flags[..., 1:] != flags[..., :-1]
    by_chance = 2 * share * (1 - share) * (down.size + across.size)
    found = np.count_nonzero(down) + np.count_nonzero(across)
    if found >= 0.75 * by_chance:
        return "scattered"
    return "in solid areas" if found < 0.25 * by_chance else "in clusters or lines"


def _runs(flags: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Where a run of `BLOCK` True begins along an axis; shorter than `flags` by `BLOCK` - 1."""
    starts = flags.shape[axis] - BLOCK + 1
    result = _window(flags, axis, 0, starts).copy()
    for shift in range(1, BLOCK):
        result &= _window(flags, axis, shift, starts)
    return result


def _covered(starts: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Mark what the runs that begin at `starts` cover; as long as what `_runs` was given."""
    shape = list(starts.shape)
    shape[axis] += BLOCK - 1
    result = np.zeros(shape, dtype=bool)
    for shift in range(BLOCK):
        window = _window(result, axis, shift, starts.shape[axis])
        window |= starts
    return result


def _window(array: NDArray[Any], axis: int, start: int, length: int) -> NDArray[Any]:
    index: list[slice] = [slice(None)] * array.ndim
    index[axis] = slice(start, start + length)
    return array[tuple(index)]
