r"""Points at which the gradient jumps, and whether a function is level there all the same.

At a kink the gradient close by doesn't shrink with the distance. The point is critical, in Clarke's
sense, where zero lies in the convex hull of the gradients around; those are sampled [1]_.

References
----------
.. [1] J. V. Burke, A. S. Lewis and M. L. Overton, "A robust gradient sampling algorithm for
   nonsmooth, nonconvex optimization", SIAM Journal on Optimization 15 (2005), 751-779.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import scipy.optimize

from talweg.flat_directions import roughness

__all__ = ["Kink", "find_kink", "values_around"]

_FEW = 8  # coordinates up to which each is looked along
_RANDOM = {True: 4, False: 2}  # directions besides, of few coordinates and of many
_EXPLAINED = 100.0  # times what the curvature makes of the distance


@dataclasses.dataclass(frozen=True)
class Kink:
    """A jump of the gradient.

    Attributes
    ----------
    jump : float
        By how much.
    reach : float
        Within which distance.
    critical : bool
        Whether no direction leads down at first order.
    words : str
        What the values around do.
    """

    jump: float
    reach: float
    critical: bool
    words: str


class _Around:
    """Values and gradients close to a point, on both sides along some directions."""

    def __init__(
        self, evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]], x: np.ndarray,
        directions: np.ndarray, reach: float, *, gradients: bool = True,
    ) -> None:  # fmt: skip
        self.reach = reach
        self.values = np.empty((len(directions), 2))
        self.jumps = np.zeros(len(directions))
        self.gradients: list[np.ndarray] = []
        for k, direction in enumerate(directions):
            sides = [evaluate(x + sign * reach * direction) for sign in (1.0, -1.0)]
            self.values[k] = [value for value, _ in sides]
            if gradients:
                self.gradients += [gradient for _, gradient in sides]
                with np.errstate(all="ignore"):
                    jump = float(np.linalg.norm(self.gradients[-2] - self.gradients[-1]))
                self.jumps[k] = jump if np.isfinite(jump) else 0.0


def find_kink(
    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]], x: np.ndarray, value: float,
    slopes: np.ndarray | None, bend: Callable[[np.ndarray], np.ndarray], noise: float,
    *, critical: bool,
) -> Kink | None:  # fmt: skip
    """Look for a jump of the gradient at a point, or so near that it makes no difference.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(x) -> (value, gradient)`` of the free coordinates.
    x : (m,) ndarray
        The free coordinates.
    value : float
    slopes : (m,) ndarray or None
        The gradient there; None where it isn't finite.
    bend : callable
        The Hessian's product with a vector: it says how much the gradient changes where it is
        smooth.
    noise : float
        The gradient's rounding.
    critical : bool
        Whether the point would be critical, were there no kink: then only a jump at the point
        itself counts.
    """
    eps = float(np.finfo(x.dtype).eps)
    size = max(1.0, float(np.abs(x).max()))
    directions = _directions(x.size, slopes)
    reach = float(np.sqrt(eps)) * size
    around = _Around(evaluate, x, directions, reach)
    here = 0.0 if slopes is None or critical else float(np.linalg.norm(slopes))
    which = int(np.argmax(around.jumps))
    jump = float(around.jumps[which])
    if not jump > max(noise, 0.1 * here):
        return None
    farther = _Around(evaluate, x, directions, float(np.cbrt(eps)) * size, gradients=False)
    explained = _EXPLAINED * 2.0 * reach * np.array([np.linalg.norm(bend(u)) for u in directions])
    sudden = around.jumps > np.where(np.isfinite(explained), explained, 0.0)
    # Beside a tip, too, the curvature is huge; but there the value rises in proportion.
    if here > 0.0 and np.all(farther.values - value > 0.05 * jump * farther.reach):
        sudden[:] = True
    if not sudden.any():
        return None
    which = int(np.argmax(np.where(sudden, around.jumps, 0.0)))
    jump = float(around.jumps[which])
    beside, unit = x + 0.5 * reach * directions[-1], 8.0 * eps * size  # not on a kink at x
    signs = directions[-1] / float(np.abs(directions[-1]).max())
    line = [evaluate(beside + k * unit * signs)[1] for k in range(8)]
    if not jump > 100.0 * np.sqrt(x.size) * roughness(np.array(line)):
        return None
    closer = _Around(evaluate, x, directions[which : which + 1], eps ** (2.0 / 3.0) * size)
    if closer.jumps[0] < 0.5 * jump and here < 0.1 * jump:
        return None
    level, words = _first_order(around, farther, value)
    return Kink(jump, reach, level, words)


def values_around(
    evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]], x: np.ndarray, value: float
) -> tuple[bool, str]:  # fmt: skip
    """Return whether nothing leads down from a point without a gradient, and what the values do."""
    reach = float(np.cbrt(np.finfo(x.dtype).eps)) * max(1.0, float(np.abs(x).max()))
    around = _Around(evaluate, x, _directions(x.size, None), reach)
    return _first_order(around, around, value)


def _directions(size: int, slopes: np.ndarray | None) -> np.ndarray:
    if size == 1:
        return np.ones((1, 1))
    few = size <= _FEW
    random = np.random.default_rng(0).standard_normal((_RANDOM[few], size))
    rows = [np.eye(size)] if few else []
    if slopes is not None and np.any(slopes):
        rows.append(slopes[None].astype(np.float64))
    directions = np.concatenate([*rows, random])
    unit: np.ndarray = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit


def _first_order(near: _Around, farther: _Around, value: float) -> tuple[bool, str]:
    """Return whether nothing leads down at first order, or up, and what the values do."""
    changes = farther.values - value
    rounding = 8.0 * float(np.finfo(near.gradients[0].dtype).eps) * abs(value)
    known = changes[np.isfinite(changes)]
    if not known.size:
        return False, "no value close by is finite"
    if np.all(known > rounding):
        where = "all around" if known.size == changes.size else "wherever it is finite"
        return True, f"the value is higher {where}: it is a minimum at a kink"
    if np.all(known < -rounding):
        return True, "the value is lower all around: it is a maximum at a kink"
    gradients = np.array([g for g in near.gradients if np.isfinite(g).all()], np.float64)
    if np.any(known < -rounding) and _shortest(gradients) > 1e-3:
        return False, "the value falls along some directions, at first order"
    if np.any(known < -rounding):
        return True, "the value is higher on some sides and lower on others: it is no minimum"
    return _shortest(gradients) <= 1e-3, "the value falls nowhere around, and is level somewhere"


def _shortest(gradients: np.ndarray) -> float:
    """Return the length of the shortest convex combination, beside the longest of the vectors."""
    if not gradients.size:
        return np.inf
    longest = float(np.linalg.norm(gradients, axis=1).max())
    if longest == 0.0:
        return 0.0
    # Lengths of combinations are those of the triangular factor's columns: few numbers.
    factor: np.ndarray = np.linalg.qr(gradients.T / longest, mode="r")  # type: ignore[assignment]
    weight = 1e4
    matrix = np.vstack([factor, np.full((1, factor.shape[1]), weight)])
    wanted = np.zeros(matrix.shape[0])
    wanted[-1] = weight
    weights, _ = scipy.optimize.nnls(matrix, wanted)
    return float(np.linalg.norm(factor @ weights)) / max(float(weights.sum()), 1e-300)
