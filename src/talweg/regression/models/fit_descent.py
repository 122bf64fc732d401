"""From a problem's start to its fit: the start checked, the descent run, its end put in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from talweg.limits import read_limits
from talweg.minimization import read_callback
from talweg.regression.models.fit_objective import Problem, mean_loss
from talweg.regression.models.kinked_descent import kinked_descent
from talweg.regression.models.scaled_descent import Course, scaled_descent
from talweg.result import Result
from talweg.state import State, Status

__all__ = ["check_start", "descend_to_fit"]

_TOL = 1e-10


def check_start(problem: Problem) -> None:
    """Raise ValueError where predictions or losses can't be used at the start."""
    start, y = problem.parameters.start, problem.y
    predictions = problem.model.values(start)
    if predictions.shape != y.shape:
        hint = ""
        if predictions.ndim == 0:
            hint = "; for a model that is constant, add 0 * x"
        elif predictions.size == y.size:
            hint = "; reshape either"
        raise ValueError(
            f"the model's predictions have the shape {predictions.shape}, where y has "
            f"{y.shape}{hint}"
        )
    _check_values(predictions, "the model predicts")
    with np.errstate(all="ignore"):
        losses = np.asarray(problem.loss.per_row(predictions, y), float)
    _check_values(np.where(problem.share > 0.0, losses, 0.0), "the loss is")


def _check_values(values: np.ndarray, what: str) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        place = np.unravel_index(int(np.argmin(finite)), values.shape)
        raise ValueError(
            f"{what} {values[place]} for y[{', '.join(map(str, place))}] at the starting values: "
            "start from others"
        )


def descend_to_fit(
    problem: Problem, max_iter: int | None, tol: float | None, callback: Any
) -> Result:
    """Descend in scaled coordinates, and return a result in the parameters."""
    limits = read_limits(
        "float64", max_iter=max_iter, tol=_TOL if tol is None else tol, step_tol=None, every=None,
        free=1, stochastic=False,
    )  # fmt: skip
    aim, most = float(limits.tol), int(limits.max_iter)
    course = Course(problem.parameters.start.copy(), problem.value(problem.parameters.start))
    descent = scaled_descent if problem.loss.smooth else kinked_descent
    descent(problem, course, tol=aim, max_iter=most, tell=_teller(problem, callback))
    vector = course.vector
    status, words = course.status, course.words or _words(course, aim, most)
    if status is Status.CONVERGED and problem.loss.smooth:
        status, words = _looked_at(problem, vector, status, words)
    return Result(
        x=problem.parameters.structure.to_user(vector.copy()), fun=problem.value(vector),
        nit=course.iterations, nfev=course.evaluations, njev=course.evaluations,
        status=int(status), success=status.success, message=words, trace=course.trace(),
    )  # fmt: skip


def _words(course: Course, tol: float, max_iter: int) -> str:
    offset = f"the relative offset is {course.offset:.2g}"
    if course.status is Status.CONVERGED:
        if course.offset <= tol:
            return f"converged: {offset}, within tol={tol:.2g}"
        return f"converged to the working precision: {offset}"
    if course.status is Status.MAX_ITERATIONS:
        return (
            f"stopped after max_iter={max_iter} iterations, before the tolerance was met; {offset}"
        )
    if course.status is Status.STOPPED:
        return "stopped by the caller; the best point is kept"
    if course.status is Status.NOT_FINITE:
        return "stopped: the model's derivatives are not finite here; the best point is kept"
    return f"stopped: no step lowers the loss any more, though {offset}"


def _looked_at(
    problem: Problem, vector: np.ndarray, status: Status, words: str
) -> tuple[Status, str]:
    """Say so where a descent has come to rest at a saddle or a maximum.

    It may where nothing led it away: where some free coordinate never moved.
    """
    parameters = problem.parameters
    if np.all((vector != parameters.start) | parameters.held):
        return status, words
    from talweg.classification import critical_point

    shaped = parameters.structure.to_user
    point = critical_point(
        mean_loss, shaped(vector.copy()),
        (problem.model.function, problem.loss.per_row, problem.model.x, problem.y, problem.share),
        fixed=shaped(parameters.held),
        bounds=(shaped(parameters.lower), shaped(parameters.upper)) if parameters.bounded else None,
    )  # fmt: skip
    if point.kind not in ("saddle", "maximum"):
        return status, words
    kind = Status.SADDLE if point.kind == "saddle" else Status.MAXIMUM
    return kind, f"stopped at a {point.kind}: {point.reason}; start from other values"


def _teller(problem: Problem, callback: Any) -> Any:
    """Return what tells the user's callback of an iterate, in the parameters."""
    if callback is None:
        return None
    told = read_callback(callback)

    def tell(vector: np.ndarray, state: Any, iterations: int, evaluations: int) -> None:
        here = State(
            fun=state.fun, gradient_norm=state.gradient_norm, step=state.step,
            iteration=iterations + state.nit, evaluations=evaluations + state.nfev, seconds=0.0,
            status=Status.RUNNING,
            _read=lambda: problem.parameters.structure.to_user(vector.copy()),
        )  # fmt: skip
        if told(here):
            raise StopIteration

    return tell
