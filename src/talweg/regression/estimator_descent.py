"""A descent whose compiled steps serve other numbers of unknowns too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.minimization import minimize
from talweg.result import Result

__all__ = ["minimize_padded"]


def minimize_padded(
    objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    lower: np.ndarray | None = None,
    max_iter: int,
    tol: float,
    callback: Callable[[np.ndarray], Any] | None = None,
) -> Result:
    """Minimise a function that returns its value and its gradient.

    A step is compiled for each number of unknowns, which takes longer than a small descent. So
    unknowns that the function doesn't depend on are added, up to the next power of two; they never
    move.

    Parameters
    ----------
    objective : callable
    start : (k,) ndarray
    lower : (k,) ndarray, optional
        Lower bounds; -inf where there is none.
    max_iter, tol
        As in `talweg.minimize`.
    callback : callable, optional
        ``callback(x)`` after every iteration.

    Returns
    -------
    Result
        Its `x` has k components.

    Examples
    --------
    >>> import numpy as np
    >>> towards = np.array([1.0, 2.0, 3.0])
    >>> result = minimize_padded(
    ...     lambda x: (float(np.sum((x - towards) ** 2)), 2 * (x - towards)), np.zeros(3),
    ...     max_iter=100, tol=1e-8,
    ... )
    >>> np.round(result.x, 6)
    array([1., 2., 3.])
    """
    size = start.size
    added = (1 << max(size - 1, 1).bit_length()) - size

    def padded(v: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(v[:size])
        return value, np.append(gradient, np.zeros(added))

    tell = None if callback is None else (lambda v: callback(v[:size]))
    bounds = None if lower is None else (np.append(lower, np.full(added, -np.inf)), None)
    result = minimize(
        padded, np.append(start, np.zeros(added)), jac=True, bounds=bounds, max_iter=max_iter,
        tol=tol, callback=tell,
    )  # fmt: skip
    result.x = result.x[:size]
    return result
