"""Descents of a linear model's loss, told epoch by epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.descent import descend
from talweg.regression.l1_parts import L1Parts
from talweg.regression.linear.coordinates import Coordinates
from talweg.regression.linear.linear_objective import LinearObjective, MomentsObjective
from talweg.regression.linear.linear_result import Epoch
from talweg.regression.padded_descent import follow, padded_descent
from talweg.result import Result
from talweg.state import State

__all__ = ["Course", "Descended", "descend_linear", "descend_with_l1"]

_TOLERANCE = 1e-9  # of the gradient, beside the root mean square derivative of the rows
_ITERATIONS = 1000
_ROUNDING = 1e-15  # of the target, left in every derivative


@dataclasses.dataclass
class Course:
    """How far to go, whom to tell, and what was told.

    Parameters
    ----------
    max_iter, tol : optional
        As of `fit_linear`.
    callback : callable, optional
        Told each `Epoch`, the start first; raising ``StopIteration`` ends the descent.
    """

    max_iter: int | None = None
    tol: float | None = None
    callback: Callable[[Epoch], object] | None = None
    history: list[Epoch] = dataclasses.field(default_factory=list)

    def watch(self, coordinates: Coordinates) -> Callable[[np.ndarray, State], bool]:
        """Return what is to be told the iterates of a descent, and says whether to stop."""

        def tell(u: np.ndarray, state: State) -> bool:
            intercept, coefficients = coordinates.unpack(u)
            epoch = Epoch(state.iteration, float(state.fun), intercept, coefficients)
            if self.history and self.history[-1].epoch == epoch.epoch:  # the last state, once more
                return False
            self.history.append(epoch)
            try:
                if self.callback is not None:
                    self.callback(epoch)
            except StopIteration:
                return True
            return False

        return tell


@dataclasses.dataclass(frozen=True)
class Descended:
    """Where a descent of a linear model led.

    Attributes
    ----------
    u : ndarray
        The best point.
    fun : float
    objective : LinearObjective or MomentsObjective
        What was descended.
    result : Result
        The descent's own.
    history : list of Epoch
    """

    u: np.ndarray
    fun: float
    objective: Any
    result: Result
    history: list[Epoch]


def descend_linear(
    objective: LinearObjective | MomentsObjective, start: np.ndarray, course: Course, *,
    method: str = "lbfgs", step: Any = None,
) -> Descended:  # fmt: skip
    """Descend from a point in the objective's coordinates.

    Without a step and with the method ``"lbfgs"``, the tolerance is relative to the slopes of the
    rows; else it is the engine's.
    """
    tell = course.watch(objective.coordinates)
    if method == "lbfgs" and step is None:
        result = padded_descent(objective, start, tell, **_limits(objective, start, course))
    else:
        options = {"method": method, "step": step, "tol": course.tol, "max_iter": course.max_iter}
        stream = descend(objective, start, jac=True, **options)
        result = follow(stream, lambda state: tell(state.x, state))
    return Descended(result.x, float(result.fun), objective, result, course.history)


def descend_with_l1(
    objective: LinearObjective | MomentsObjective, start: np.ndarray, l1: float, course: Course
) -> Descended:
    r"""Descend with the penalty :math:`\lambda_1 \sum_j |b_j|`, in scaled coordinates."""
    coordinates = objective.coordinates
    penalty = np.zeros(coordinates.size)
    penalty[: coordinates.rank] = l1 * np.diag(coordinates.turn)
    parts = L1Parts(objective, penalty)
    tell = course.watch(coordinates)
    result = padded_descent(
        parts, parts.split(start), lambda u, state: tell(parts.join(u), state), lower=parts.lower,
        **_limits(objective, start, course),
    )  # fmt: skip
    return Descended(parts.join(result.x), float(result.fun), objective, result, course.history)


def _limits(
    objective: LinearObjective | MomentsObjective, start: np.ndarray, course: Course
) -> dict[str, Any]:
    """Return where to stop: by the root mean square derivative, the gradient's own scale."""
    objective(start)
    tol = _TOLERANCE if course.tol is None else course.tol
    moments = objective.moments
    target = np.hypot(np.sqrt(moments.products[-1, -1] / moments.weight), moments.mean[-1])
    scale = max(tol * objective.steepness, _ROUNDING * float(target))
    return {
        "tol": scale * objective.coordinates.level,
        "max_iter": _ITERATIONS if course.max_iter is None else course.max_iter,
    }
