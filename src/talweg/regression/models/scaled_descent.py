"""Descend a mean loss in coordinates in which it curves about equally along all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.descent import descend
from talweg.minimization import minimize
from talweg.regression.models.fit_metric import FLATTEST, Metric
from talweg.regression.models.fit_objective import Problem
from talweg.state import Status, Trace

__all__ = ["Course", "scaled_descent"]

_EPS = float(np.finfo(float).eps)
_ROUND = 10  # iterations, after which the coordinates are scaled anew
_ROUNDS = 200
_SURE = 1e-6  # an offset at which a descent that can go no lower has arrived
_VANISHED = 1e-6  # targets' worth of curvature
_ENDLESS = (
    "stopped: the loss falls without end as parameters grow, for the model can fit these targets "
    "exactly; more data, fewer parameters or bounds would keep it"
)
_NEAR = 1e-3  # an offset from which Gauss-Newton steps need no line search


@dataclasses.dataclass
class Course:
    """Where a descent in scaled coordinates has come to."""

    vector: np.ndarray
    fun: float
    status: Status = Status.RUNNING
    offset: float = np.inf
    iterations: int = 0
    evaluations: int = 0
    traces: list[Trace] = dataclasses.field(default_factory=list)
    words: str = ""

    def trace(self) -> Trace:
        """Return the traces of all rounds that led on, as one; of none, the start alone."""
        if not self.traces:
            zero, none = np.zeros(1), np.zeros(1, int)
            return Trace(none, np.array([self.fun]), zero, zero, none, zero)
        fields: dict[str, list[np.ndarray]] = {}
        counts = {"iteration": 0.0, "evaluations": 0.0, "seconds": 0.0}
        for k, trace in enumerate(self.traces):
            for name in ("iteration", "fun", "gradient_norm", "step", "evaluations", "seconds"):
                column = getattr(trace, name)
                added = column + type(column[0])(counts.get(name, 0.0))
                fields.setdefault(name, []).append(added if k == 0 else added[1:])
                if name in counts:
                    counts[name] = float(added[-1])
        return Trace(**{name: np.concatenate(columns) for name, columns in fields.items()})


def scaled_descent(
    problem: Problem, course: Course, *, tol: float, max_iter: int,
    tell: Callable[[np.ndarray, Any, int, int], None] | None = None,
) -> Course:  # fmt: skip
    r"""Descend by L-BFGS, in rounds of a few iterations, each in coordinates scaled anew.

    The coordinates of a round are those in which the Gauss-Newton matrix at its start is the
    identity: there the first step is the Gauss-Newton step, and what the matrix doesn't know is
    learnt along the way. Small singular values of the Jacobian are raised, less with every round
    that goes well, as Levenberg's and Marquardt's damping would raise them. In a box, the rounds
    alternate between descents in the box, in coordinates scaled one by one, and descents of the
    coordinates that are not at a bound.

    Parameters
    ----------
    problem : Problem
    course : Course
        Where to start; it is moved on.
    tol : float
        The relative offset at which to stop.
    max_iter : int
        Iterations in all.
    tell : callable, optional
        ``tell(vector, state, iterations, evaluations)`` after every iteration; StopIteration ends.
    """
    parameters = problem.parameters
    free = np.flatnonzero(~parameters.held)
    course.status, least, lazy = Status.RUNNING, 1e-1, 0
    if free.size == 0:
        course.status, course.offset = Status.CONVERGED, 0.0
        return course
    course.fun = problem.value_and_slopes(course.vector, free[:0])[0]  # of this problem's width
    for _ in range(_ROUNDS):
        inner = free[~_pushed(problem, course.vector, free)] if parameters.bounded else free
        try:
            metric = Metric.at(problem, course.vector, inner, least)
        except FloatingPointError:
            course.status = Status.NOT_FINITE
            return course
        course.offset = metric.offset
        if metric.information < _VANISHED:
            course.status, course.words = Status.UNBOUNDED, _ENDLESS
            return course
        fine = least <= max(metric.flattest, FLATTEST)
        if metric.offset <= tol and fine:
            course.status = Status.CONVERGED
            return course
        if course.iterations >= max_iter:
            course.status = Status.MAX_ITERATIONS
            return course
        before = course.fun
        aim = max(0.1 * tol * metric.far, 0.3 * metric.noise)
        if inner.size:
            _whitened_round(problem, course, metric, aim, max_iter, tell)
        if parameters.bounded and course.status is Status.RUNNING:
            _boxed_round(problem, course, free, aim, max_iter, tell)
        if course.status is not Status.RUNNING:
            return course
        if course.fun >= before - 4.0 * _EPS * abs(before):
            lazy += 1
            near = fine and course.offset <= _NEAR
            if not (near and _full_steps(problem, course, metric, inner)) and lazy >= 3 and fine:
                return _rested(course, metric)
        else:
            lazy = 0
        least = max(least * 1e-2, FLATTEST)
    return _rested(course, metric)


def _rested(course: Course, metric: Metric) -> Course:
    """Say whether a descent that goes no lower is at a minimum, as far as rounding lets it be."""
    arrived = course.offset <= _SURE and metric.flattest > FLATTEST
    course.status = Status.CONVERGED if arrived else Status.STALLED
    return course


def _full_steps(problem: Problem, course: Course, metric: Metric, free: np.ndarray) -> bool:
    """Take Gauss-Newton steps by the gradient alone, where the values can't resolve them.

    They are steps of length one against the gradient, in the scaled coordinates. Whether they led
    nearer, which is returned, is told by the offset.
    """
    base = course.vector
    fun, data, options = _along(problem, base, metric.spread)
    start = np.zeros(metric.spread.shape[1])
    *_, state = descend(
        fun, start, data, method="gradient", step=1.0, max_iter=3, tol=0.0, **options
    )
    if not np.isfinite(state.fun):
        return False
    trial = base + metric.spread @ state.x
    parameters = problem.parameters
    if not np.array_equal(trial, np.clip(trial, parameters.lower, parameters.upper)):
        return False
    course.iterations += state.iteration
    course.evaluations += state.evaluations
    try:
        there = Metric.at(problem, trial, free, FLATTEST)
    except FloatingPointError:
        return False
    if there.offset > 0.5 * metric.offset or state.fun > course.fun + 1e-9 * abs(course.fun):
        return False
    course.vector, course.offset = trial, there.offset
    return True


def _pushed(problem: Problem, vector: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return which free coordinates are at a bound, and pushed against it."""
    parameters = problem.parameters
    low = vector[free] <= parameters.lower[free]
    high = vector[free] >= parameters.upper[free]
    if not (low | high).any():
        return np.zeros(free.size, bool)
    eta, jacobian = problem.model.with_jacobian(vector, free)
    with np.errstate(all="ignore"):
        slope = jacobian.T @ (problem.share.ravel() * problem.slope(eta))
    return np.asarray((low & (slope >= 0.0)) | (high & (slope <= 0.0)))


def _whitened_round(
    problem: Problem, course: Course, metric: Metric, aim: float, max_iter: int, tell: Any
) -> None:
    base = course.vector
    found, trial = _round(
        problem, course, base, metric.spread, np.zeros(metric.spread.shape[1]), aim, max_iter,
        None, tell,
    )  # fmt: skip
    inside = np.clip(trial, problem.parameters.lower, problem.parameters.upper)
    _accept(course, found, trial, allowed=bool(np.array_equal(inside, trial)))


def _boxed_round(
    problem: Problem, course: Course, free: np.ndarray, aim: float, max_iter: int, tell: Any
) -> None:
    try:
        whole = Metric.at(problem, course.vector, free, 1e-2)
    except FloatingPointError:  # at a bound, where the model has no derivative
        return
    sizes = np.linalg.norm(whole.spread[free], axis=1)
    # Powers of two: what is at a bound in these coordinates is at it in the parameters too.
    scales = np.exp2(np.round(np.log2(np.maximum(sizes, 1e-300))))
    spread = np.zeros((course.vector.size, free.size))
    spread[free, np.arange(free.size)] = scales
    base = np.where(problem.parameters.held, course.vector, 0.0)
    box = (problem.parameters.lower[free] / scales, problem.parameters.upper[free] / scales)
    start = course.vector[free] / scales
    found, trial = _round(problem, course, base, spread, start, aim, max_iter, box, tell)
    _accept(course, found, trial, allowed=True)


def _round(
    problem: Problem, course: Course, base: np.ndarray, spread: np.ndarray, start: np.ndarray,
    aim: float, max_iter: int, box: Any, tell: Any,
) -> tuple[Any, np.ndarray]:  # fmt: skip
    fun, data, options = _along(problem, base, spread)

    def callback(intermediate_result: Any) -> None:
        here = base + spread @ intermediate_result.x
        tell(here, intermediate_result, course.iterations, course.evaluations)

    found = minimize(
        fun, start, data, bounds=box, tol=aim,
        max_iter=min(_ROUND if box is None else 4 * _ROUND, max_iter - course.iterations),
        callback=None if tell is None else callback, **options,
    )  # fmt: skip
    course.iterations += found.nit
    course.evaluations += found.nfev
    return found, base + spread @ found.x


def _along(problem: Problem, base: np.ndarray, spread: np.ndarray) -> tuple[Any, Any, Any]:
    """Return the objective of ``base + spread @ z``, its arguments, and options of the descent."""
    free = np.flatnonzero(spread.any(axis=1))
    if not problem.is_small(free.size):
        fun, data = problem.objective()
        return fun, (base, spread, *data), {}

    def both(z: np.ndarray) -> tuple[float, np.ndarray]:
        value, slopes = problem.value_and_slopes(base + spread @ z, free)
        return value, slopes @ spread[free]

    return both, (), {"jac": True}


def _accept(course: Course, found: Any, trial: np.ndarray, *, allowed: bool) -> None:
    """Move on, if the point is usable and not higher."""
    if found.status == Status.STOPPED:
        course.status = Status.STOPPED
    if found.status == Status.UNBOUNDED:
        course.status, course.words = Status.UNBOUNDED, found.message
    # Beside the value that the same program found at its start: others round otherwise.
    first = found.trace.fun[0]
    if allowed and np.isfinite(found.fun) and found.fun <= first + 4.0 * _EPS * abs(first):
        course.vector, course.fun = trial, found.fun
        course.traces.append(found.trace)
