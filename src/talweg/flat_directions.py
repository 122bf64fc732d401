"""What a function does along a line on which its curvature vanishes: its slopes on either side."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["Sides", "look_along", "roughness"]

_LEVELS = 10  # distances, each ten times the one before, up to the coordinates' size


class Sides(NamedTuple):
    """Whether a function rises (1), falls (-1) or stays level (0) as one goes from a point.

    `power` is the power of the distance that it changes with; 0 where that isn't clear.
    """

    behind: int
    ahead: int
    power: int


def look_along(
    slope: Callable[[float], float], size: float, least: float, eps: float, bend: float = 0.0, *,
    behind: bool = True, ahead: bool = True,
) -> Sides:  # fmt: skip
    """Look at the slopes at growing distances, and tell by the first that stand out of rounding.

    Parameters
    ----------
    slope : callable
        ``slope(t)``: the derivative along the line at the distance t, ahead where t > 0.
    size : float
        The size of the coordinates, 1 at least.
    least : float
        A distance at which it may not have left the point's own error behind.
    eps : float
        The precision.
    bend : float, default 0
        A curvature that counts as none.
    behind, ahead : bool
        The sides to look at.

    Examples
    --------
    >>> look_along(lambda t: 4 * t**3, 1.0, 0.0, 2e-16)
    Sides(behind=1, ahead=1, power=4)
    >>> look_along(lambda t: 3 * t**2, 1.0, 0.0, 2e-16)
    Sides(behind=-1, ahead=1, power=3)
    """
    unit = 8.0 * eps * size
    noise = 10.0 * roughness(np.array([slope(k * unit) for k in range(1, 9)]))
    distances = size * 10.0 ** np.arange(1 - _LEVELS, 1)
    distances = distances[distances > max(least, 100.0 * unit)]
    found = Sides(0, 0, 0)
    for distance in distances:
        right = slope(distance) if ahead else 0.0
        left = -slope(-distance) if behind else 0.0
        unclear = noise + bend * distance
        tell = [int(np.sign(s)) if abs(s) > unclear else 0 for s in (left, right)]
        if any(tell):
            found = Sides(tell[0], tell[1], _power(slope, distance if ahead else -distance))
        if bool(tell[0]) == behind and bool(tell[1]) == ahead:
            break
    return found


def roughness(values: np.ndarray) -> float:
    """Return the noise of eight neighbouring values: fourth differences see nothing else."""
    differences = np.diff(values, 4, axis=0)
    if not np.isfinite(differences).all():
        return 0.0
    return 3.0 * float(np.sqrt(np.max(np.mean(differences**2, axis=0)) / 70.0))


def _power(slope: Callable[[float], float], distance: float) -> int:
    slopes = np.abs([slope(distance), slope(distance / 2.0)])
    with np.errstate(all="ignore"):
        power = 1.0 + np.log2(slopes[0] / slopes[1])
    near = np.isfinite(power) and abs(power - np.round(power)) < 0.1
    return int(np.round(power)) if near else 0
