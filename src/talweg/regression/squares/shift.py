"""About which values to sum products, so that little is lost when the sums are centred."""

from __future__ import annotations

import numpy as np

__all__ = ["provisional_shift"]

_FAR = 4.0  # mean deviations from 0, beyond which a mean costs more than a digit


def provisional_shift(columns: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the means of some rows; 0 for all columns if none of their means is far from it.

    Parameters
    ----------
    columns : (d, n) float64 ndarray
        At least one row; values that aren't finite give a shift of 0.
    target : (n,) float64 ndarray

    Returns
    -------
    (d + 1,) float64 ndarray
        The target's last. Of what is constant it is the constant, to the last digit, so that it
        is seen to vary by nothing, rather than by rounding.

    Examples
    --------
    >>> import numpy as np
    >>> provisional_shift(np.array([[0.1, 0.1, 0.1], [1.0, 2.0, 3.0]]), np.array([4.0, 5.0, 6.0]))
    array([0.1, 2. , 5. ])
    >>> provisional_shift(np.array([[1.0, 2.0, 3.0]]), np.array([4.0, 5.0, 6.0]))
    array([0., 5.])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean = columns.mean(axis=1)
        spread = np.abs(columns - mean[:, None]).mean(axis=1)
        mean = np.where((columns == columns[:, :1]).all(axis=1), columns[:, 0], mean)
        last = target[0] if (target == target[0]).all() else target.mean()
        if not np.any(np.abs(mean) > _FAR * spread):
            mean = np.zeros_like(mean)
    shift = np.append(mean, last)
    return np.where(np.isfinite(shift), shift, 0.0)
