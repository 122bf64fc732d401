"""Descend a loss that has kinks, rounded off less and less."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from talweg.regression.losses import LOSSES
from talweg.regression.models.fit_objective import Problem
from talweg.regression.models.scaled_descent import Course, scaled_descent
from talweg.state import Status

__all__ = ["kinked_descent"]

_SHRINK = 0.1
_WIDTHS = 10


def kinked_descent(
    problem: Problem, course: Course, *, tol: float, max_iter: int, tell: Any = None
) -> Course:  # fmt: skip
    """Descend with the kink a parabola, over residuals that get ten times smaller every time.

    At the minimum as many residuals are zero, in general, as there are parameters: those that are
    the smallest at the end are solved for, by descending the squared loss of them alone, and what
    comes of it is taken if the loss is not higher there.

    Parameters
    ----------
    problem : Problem
        Whose loss isn't smooth.
    course, tol, max_iter, tell
        As in `scaled_descent`.
    """
    eta = problem.model.values(course.vector)
    residuals = np.abs(problem.y - eta)
    width = float(np.sum(problem.share * residuals))
    smallest = 1e-13 * float(np.max(np.abs(problem.y)) + np.max(np.abs(eta)))
    for k in range(_WIDTHS):
        width = max(width, smallest, 1e-300)
        rounded = dataclasses.replace(problem, width=width)
        inner = tol if k == _WIDTHS - 1 else 1e-6
        scaled_descent(rounded, course, tol=inner, max_iter=max_iter, tell=tell)
        if course.status in (Status.STOPPED, Status.MAX_ITERATIONS, Status.NOT_FINITE):
            break
        # The width follows the residuals down, where the model fits better than it did at first.
        spread = float(np.sum(problem.share * np.abs(problem.y - _eta(problem, course))))
        width = min(width, spread) * _SHRINK
        if width <= smallest:
            break
    if course.status not in (Status.STOPPED, Status.MAX_ITERATIONS):
        _solve_met(problem, course, tol, max_iter)
    return course


def _eta(problem: Problem, course: Course) -> np.ndarray:
    return problem.model.values(course.vector)


def _solve_met(problem: Problem, course: Course, tol: float, max_iter: int) -> None:
    """Meet exactly the targets that are met nearly."""
    free = int((~problem.parameters.held).sum())
    distance = np.abs(problem.y - _eta(problem, course)).ravel()
    counted = np.flatnonzero(problem.share.ravel() > 0.0)
    nearest = counted[np.argsort(distance[counted], kind="stable")[:free]]
    share = np.zeros(problem.y.size)
    share[nearest] = 1.0 / max(len(nearest), 1)
    met = dataclasses.replace(
        problem, loss=LOSSES["squared"], share=share.reshape(problem.y.shape), width=None
    )
    solved = Course(course.vector.copy(), met.value(course.vector))
    scaled_descent(met, solved, tol=tol, max_iter=max(max_iter - course.iterations, 1))
    course.iterations += solved.iterations
    course.evaluations += solved.evaluations
    if problem.value(solved.vector) <= problem.value(course.vector):
        course.vector = solved.vector
        course.status, course.offset = Status.CONVERGED, 0.0
