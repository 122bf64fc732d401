"""Points that are the same but for rounding, told from points that aren't."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["group"]


def group(
    points: np.ndarray, merit: np.ndarray, near: np.ndarray, same: Callable[[int, int], bool]
) -> list[np.ndarray]:
    """Put points together that lie near the best of their group and are one with it.

    Parameters
    ----------
    points : (m, n) ndarray
    merit : (m,) ndarray
        The better a point, the lower. The best point that is in no group yet begins the next one.
    near : (n,) ndarray
        How far apart in each coordinate two points of a group may lie.
    same : callable
        ``same(i, j)``: whether points i and j, which are near, are one. Asked about the farthest
        of those that are near; where the answer is no, the distance is halved.

    Returns
    -------
    list of (k,) ndarray of int
        The members of each group, the best one first.

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([[0.0], [5.0], [1e-9]])
    >>> group(points, np.array([0.0, 0.0, 1.0]), np.array([1e-6]), lambda i, j: True)
    [array([0, 2]), array([1])]
    """
    left = np.argsort(merit, kind="stable")
    groups = []
    while left.size:
        best = left[0]
        apart = np.max(np.abs(points[left] - points[best]) / near, axis=1)
        reach = 1.0
        while True:
            inside = apart <= reach
            farthest = int(np.argmax(np.where(inside, apart, -1.0)))
            if apart[farthest] <= 1e-9 or same(int(best), int(left[farthest])):
                break
            reach = apart[farthest] / 2.0
        groups.append(left[inside])
        left = left[~inside]
    return groups
