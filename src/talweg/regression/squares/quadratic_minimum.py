"""The descent at the heart of least squares: on a quadratic function that is nearly round."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["minimum"]


def minimum(curvature: np.ndarray, slope: np.ndarray) -> np.ndarray:
    r"""Go downhill on :math:`u^T H u / 2 - g^T u`, where H is nearly the identity.

    Parameters
    ----------
    curvature : (r, r) float64 ndarray
        H.
    slope : (r,) float64 ndarray
        g.

    Returns
    -------
    (r,) float64 ndarray
        Where the gradient vanishes.

    Examples
    --------
    >>> import numpy as np
    >>> minimum(np.eye(2), np.array([1.0, 2.0]))
    array([1., 2.])
    """
    from talweg.minimization import minimize

    size = float(np.abs(slope).max(initial=0.0))
    if size == 0.0:
        return np.zeros_like(slope)
    r = slope.size
    # Padded to a power of two, so that few sizes are ever compiled; and every coordinate starts
    # where it has a way to go, which spares the engine the question whether it is at a saddle.
    room = max(8, 1 << (r - 1).bit_length())
    padded, target, start = np.eye(room), np.ones(room), np.zeros(room)
    padded[:r, :r], target[:r] = curvature, slope / size
    start[target == 0.0] = 1.0
    result = minimize(
        _half_square, start, (padded, target), method="gradient", step=1.0, tol=1e-13, max_iter=10
    )
    point: np.ndarray = result.x[:r] * size
    return point


def _half_square(u: Any, curvature: Any, slope: Any) -> Any:
    """Return the objective; at the level of the module, so that it is compiled once a size."""
    return u @ curvature @ u / 2.0 - slope @ u
