"""What to do where a descent ends at a point that is no minimum: say so, or leave it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.constraints import Constraints

if TYPE_CHECKING:
    from talweg.classification import CriticalPoint

__all__ = ["Departure", "Guard", "read_guard"]

_WAYS = (False, True, "curvature", "perturb")
_FEW = 100  # coordinates up to which an end that looks suspicious is looked at unasked
_MOST = 50  # departures in one descent
_DOUBLINGS = 40
_SHARE = 1e-3  # of the coordinates' size: the length of a first step away


@dataclasses.dataclass(frozen=True)
class Departure:
    """A step away from a point at which the gradient vanishes.

    Parameters
    ----------
    x : (n,) ndarray
        Where to go on.
    evaluations : int
        Evaluations of the function that finding it took.
    words : str
        What was left, and how.
    """

    x: np.ndarray
    evaluations: int
    words: str


class Guard:
    r"""Looks at where a descent ends.

    A step along the direction :math:`v` of a curvature :math:`\lambda < 0` lowers the value by
    :math:`|\lambda| t^2 / 2`, to second order, to either side: the side that is lower is taken, at
    a length :math:`t` that is doubled until the function feels it. The other way needs no second
    derivatives: a random step of the same length, after which the descent either comes back or
    ends lower [1]_.

    Parameters
    ----------
    classify : callable
        ``classify(vector) -> CriticalPoint``.
    evaluate : callable
        ``evaluate(vector) -> (value, gradient)``.
    constraints : Constraints
    tol : float
        The gradient below which the descent would end at once.
    way : bool or str
        False to say what the end is where it looks suspicious; True or ``"curvature"``, or
        ``"perturb"``, to leave it.

    References
    ----------
    .. [1] C. Jin, R. Ge, P. Netrapalli, S. M. Kakade and M. I. Jordan, "How to escape saddle points
       efficiently", International Conference on Machine Learning (2017).
    """

    def __init__(
        self, classify: Callable[[Any], CriticalPoint], evaluate: Callable[[Any], Any],
        constraints: Constraints, tol: float, way: bool | str,
    ) -> None:  # fmt: skip
        self.classify, self.evaluate, self.constraints = classify, evaluate, constraints
        self.tol, self.way = tol, way
        self.departures = 0  # tried, those from a minimum included
        self.lowest = np.inf
        self.came_back = False
        self.random = np.random.default_rng(0)

    def look(self, start: np.ndarray, x: np.ndarray) -> str:
        """Say what an end is, if it is a saddle or a maximum; else return an empty text.

        A descent comes to such a point where nothing led it away: along some coordinate the
        gradient vanished all the way. Where every coordinate moved, none is looked for.
        """
        if x.size > _FEW or np.all((x != start) | ~self._free(x)):
            return ""
        point = self.classify(x)
        return point.kind if point.kind in ("saddle", "maximum") else ""

    def leave(self, x: np.ndarray, fun: float) -> Departure | None:
        """Return a step away from an end, or None where it is a minimum."""
        if not self.way or self.departures >= _MOST:
            return None
        self.departures += 1
        if self.way == "perturb":
            return self._perturbed(x, fun)
        point = self.classify(x)
        if point.kind not in ("saddle", "maximum") or not point.lowest_curvature < 0.0:
            return None
        direction = np.concatenate([np.ravel(leaf) for leaf in _leaves(point.lowest_direction)])
        size = max(
            self._length(x), 100.0 * self.tol / -point.lowest_curvature,
            np.sqrt(1e4 * np.finfo(x.dtype).eps * abs(fun) / -point.lowest_curvature),
        )  # fmt: skip
        for doubling in range(_DOUBLINGS):
            sides = [self._inside(x, sign * size * direction) for sign in (1.0, -1.0)]
            values = [float(np.asarray(self.evaluate(side)[0])) for side in sides]
            best = int(np.nanargmin(np.where(np.isfinite(values), values, np.inf)))
            if values[best] < fun:
                words = f"left a {point.kind} along its curvature of {point.lowest_curvature:.3g}"
                return Departure(sides[best], 2 * (doubling + 1), words)
            size *= 2.0
        return None

    def _perturbed(self, x: np.ndarray, fun: float) -> Departure | None:
        self.came_back = fun >= self.lowest - 1e-9 * (1.0 + abs(fun))
        self.lowest = min(self.lowest, fun)
        if self.came_back:
            return None
        free = self._free(x)
        step = np.where(free, self.random.standard_normal(x.size), 0.0)
        length = float(np.linalg.norm(step))
        if length == 0.0:
            return None
        away = self._inside(x, self._length(x) * np.sqrt(free.sum()) * step / length)
        return Departure(away, 0, "left a point where the gradient vanishes by a random step")

    def _length(self, x: np.ndarray) -> float:
        return _SHARE * (1.0 + float(np.sqrt(np.mean(x**2))))

    def _inside(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return a point moved by a step, in the box, with the held coordinates as they are."""
        moved = x + step
        if self.constraints.bounded:
            moved = np.clip(moved, self.constraints.lower, self.constraints.upper)
        held = self.constraints.fixed
        moved = moved if held is None else np.where(held, x, moved)
        return moved.astype(x.dtype)

    def _free(self, x: np.ndarray) -> np.ndarray:
        """Return True where a coordinate is neither held nor at a bound."""
        held = self.constraints.fixed
        free = np.ones(x.size, bool) if held is None else ~held
        if self.constraints.bounded:
            free = free & (x > self.constraints.lower) & (x < self.constraints.upper)
        return free


def _leaves(tree: Any) -> list[Any]:
    import jax

    return jax.tree_util.tree_leaves(tree)


def read_guard(
    escape: Any, classify: Callable[[Any], CriticalPoint], evaluate: Callable[[Any], Any],
    constraints: Constraints, tol: float, *, given_gradient: bool, batches: bool,
) -> Guard | None:  # fmt: skip
    """Check `escape` and return what looks at the ends; None where nothing can.

    Raises
    ------
    ValueError
        If `escape` is none of its values.
    TypeError
        If it is asked for with batches, or with a gradient of one's own, where there are no second
        derivatives.
    """
    if not isinstance(escape, (bool, str)) or escape not in _WAYS:
        raise ValueError(f"escape={escape!r} is unknown; choose from True, False, 'perturb'")
    if batches and escape:
        raise TypeError("escape: with batches a descent has no end to escape from")
    if given_gradient and escape and escape != "perturb":
        raise TypeError(
            "escape=True needs second derivatives, which there aren't with jac; take "
            "escape='perturb'"
        )
    if batches or (given_gradient and not escape):
        return None
    return Guard(classify, evaluate, constraints, tol, escape)
