"""All critical points in a box, as far as many starts find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.classification import CriticalPoint, critical_point
from talweg.constraints import Constraints, read_bounds
from talweg.grouping import group
from talweg.limits import read_limits
from talweg.many import descend_all
from talweg.methods import read_method
from talweg.objective import Objective, read_objective
from talweg.second_derivatives import LARGEST, steepness
from talweg.state import Status
from talweg.structure import Structure, read_start

__all__ = ["MOST", "find_critical_points"]

MOST = 500
"""Critical points that are looked at: where there are more, they fill a line or an area."""

_STARTS = 2048  # a coordinate, in each round
_STARTS_IN_PYTHON = 32
_ROUNDS = 8
_WIDE = 1e-3  # share of the box within which two degenerate points are one
_NEAR = 1e-4  # share of the box within which two points may be one
_SETTLED = 1e-11  # share of the box: a search for a zero of the gradient moves no more
_MAX_ITER = 100
_KINKS = 32  # ends of descents that are looked at for a kink, the lowest first
_UNFINISHED = 4  # searches of each round that are looked at though they hadn't come to rest
_FLAT = 1e4  # between two ends of one search the gradient isn't a hundred times as steep


def find_critical_points(
    fun: Callable[..., Any],
    bounds: Any,
    args: Any = (),
    *,
    starts: int | None = None,
    seed: int = 0,
) -> list[CriticalPoint]:
    r"""Look for all minima, maxima and saddles of a function in a box.

    From many starts, drawn anew in every round, :math:`\|\nabla f\|^2 / 2` is descended by Newton's
    method, whose step there is the one that solves :math:`\nabla f = 0` [1]_. Rounds go on until
    one finds nothing new, and at least two are made. Descents of the function itself find minima
    without a gradient, at kinks. What is found is told apart, classified by `critical_point`, and
    what isn't critical after all is left out.

    Nothing says that all were found: a point whose surroundings are small may be missed. Where
    critical points fill a line or an area, 500 of them are returned at most.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float`` of a vector, as for `minimize`.
    bounds : (lower, upper), list of (low, high) pairs, or scipy.optimize.Bounds
        The box, finite on all sides: one number or pair a coordinate. Points on its edge at which
        only the box stops a descent are no critical points of the function.
    args : tuple, optional
        Passed on to `fun`.
    starts : int, optional
        Starts a round; by default 2048 a coordinate, and 32 where Python evaluates the function.
    seed : int, default 0
        Of the starts.

    Returns
    -------
    list of CriticalPoint
        Sorted by value.

    Raises
    ------
    ValueError
        If the box isn't finite, or has no width; if the function is nowhere finite in it.
    TypeError
        If `fun` can't be differentiated, or an argument has the wrong type.

    References
    ----------
    .. [1] J. E. Dennis and R. B. Schnabel, *Numerical Methods for Unconstrained Optimization and
       Nonlinear Equations*, SIAM, 1996, chapter 6.

    Examples
    --------
    >>> import talweg
    >>> for point in talweg.find_critical_points(lambda x: x[0]**4 / 4 - x[0]**2 / 2, [(-2, 2)]):
    ...     print(point.kind, point.x.round(6) + 0.0)
    minimum [-1.]
    minimum [1.]
    maximum [0.]
    """
    structure, lower, upper = _read_box(bounds)
    count, generator = _read_starts(starts), _read_seed(seed)
    args = args if isinstance(args, tuple) else (args,)
    objective = _read_function(fun, structure, lower, upper, args, generator)
    if count is None:
        count = (_STARTS if objective.compiled is not None else _STARTS_IN_PYTHON) * lower.size

    def classify(x: np.ndarray) -> CriticalPoint:
        return critical_point(fun, structure.to_user(x), args)

    found, unfinished = _zeros_of_gradient(objective, lower, upper, count, generator)
    points = [point for point in map(classify, found) if point.kind != "not critical"]
    # Where the curvature doesn't vanish, Newton's method doesn't take that long.
    points += [point for point in map(classify, unfinished) if point.kind == "degenerate"]
    points = _without_repeats(points, _WIDE * (upper - lower))
    points += _kinks(objective, lower, upper, min(count, 256), generator, points, classify)
    return sorted(points, key=lambda point: point.fun)


def _read_box(bounds: Any) -> tuple[Structure, np.ndarray, np.ndarray]:
    """Return the structure of a vector, and the corners of the box."""
    if isinstance(bounds, tuple) and len(bounds) == 2:  # two tuples are (lower, upper) here
        open_ended = (-np.inf, np.inf)
        bounds = tuple(
            np.atleast_1d(np.asarray(infinity if side is None else side, float))
            for side, infinity in zip(bounds, open_ended, strict=True)
        )
        size = max(side.size for side in bounds)
    elif hasattr(bounds, "lb"):
        size = max(np.size(bounds.lb), np.size(bounds.ub))
    elif isinstance(bounds, (list, np.ndarray)):
        bounds = [tuple(pair) if np.ndim(pair) == 1 else pair for pair in bounds]
        size = len(bounds)
    else:
        raise TypeError(
            "bounds must be (lower, upper), a list of (low, high) pairs or scipy.optimize.Bounds, "
            f"not {type(bounds).__name__}"
        )
    structure, _ = read_start(np.zeros(size))
    box = read_bounds(bounds, structure)
    if box is None or not np.isfinite(box).all():
        raise ValueError("bounds: the box to look in must be finite on all sides")
    lower, upper = box
    flat = np.flatnonzero(lower == upper)
    if flat.size:
        raise ValueError(f"bounds: the box has no width at {structure.locate(int(flat[0]))}")
    if size > LARGEST:
        raise ValueError(f"bounds: at most {LARGEST} coordinates can be searched, not {size}")
    return structure, lower, upper


def _read_starts(starts: Any) -> int | None:
    if starts is not None and (
        not isinstance(starts, (int, np.integer)) or isinstance(starts, bool) or starts < 1
    ):
        raise ValueError(f"starts is {starts!r}: it must be a whole number of at least 1")
    return None if starts is None else int(starts)


def _read_seed(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(f"seed is {seed!r}: {error}") from None


def _read_function(
    fun: Any, structure: Structure, lower: np.ndarray, upper: np.ndarray, args: Any,
    generator: np.random.Generator,
) -> Objective:  # fmt: skip
    """Read the function at a point where it has a value."""
    middle = (lower + upper) / 2.0
    objective = read_objective(fun, structure, middle, args)
    tried = [middle, *_spread(lower, upper, 64, generator)]
    if not any(np.isfinite(np.asarray(objective.evaluate(x)[0])) for x in tried):
        raise ValueError(f"the function isn't finite at any of {len(tried)} points of the box")
    return objective


def _spread(
    lower: np.ndarray, upper: np.ndarray, count: int, generator: np.random.Generator
) -> np.ndarray:
    """Return points of the box that are spread evenly along each coordinate: a Latin hypercube."""
    cells = generator.permuted(np.tile(np.arange(count), (lower.size, 1)), axis=1).T
    shares = (cells + generator.random(cells.shape)) / count
    points: np.ndarray = lower + shares * (upper - lower)
    return points


def _zeros_of_gradient(
    objective: Objective, lower: np.ndarray, upper: np.ndarray, count: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return where in the box the searches for a zero of the gradient ended.

    First each point at which some came to rest, then the flattest of those that went on and on.
    """
    width = upper - lower
    size = float(np.sqrt(np.mean(width**2)))
    limits = read_limits(
        "float64", max_iter=_MAX_ITER, tol=0.0, step_tol=_SETTLED * size, every=None,
        free=lower.size, stochastic=False,
    )  # fmt: skip
    newton, merit = read_method("newton", None, {}), steepness(objective)
    found, steep, unfinished = np.zeros((0, lower.size)), np.zeros(0), []
    for number in range(_ROUNDS):
        starts = _spread(lower, upper, count, generator)
        ends = descend_all(merit, newton, Constraints(), limits, starts)
        inside = np.all((ends.x >= lower) & (ends.x <= upper), axis=1) & np.isfinite(ends.fun)
        moving = inside & (ends.status == Status.MAX_ITERATIONS)
        flattest = np.flatnonzero(moving)[np.argsort(ends.fun[moving])[:_UNFINISHED]]
        unfinished.append(ends.x[flattest])
        inside &= ~moving
        known = len(found)
        found = np.concatenate([found, ends.x[inside]])
        steep = np.concatenate([steep, ends.fun[inside]])
        first = _first_of_each(merit, found, steep, _NEAR * width)
        found, steep = found[first], steep[first]
        if (number and len(found) == known) or len(found) > MOST:
            break
    if len(found) > MOST:
        found = found[np.argsort(steep)[:MOST]]
    return found, np.concatenate(unfinished)


def _first_of_each(
    merit: Objective, points: np.ndarray, steep: np.ndarray, near: np.ndarray
) -> list[int]:
    """Return the flattest of all points that are one."""

    def same(i: int, j: int) -> bool:
        between = float(merit.evaluate((points[i] + points[j]) / 2.0)[0])
        return bool(between <= _FLAT * max(steep[i], steep[j]))

    return [int(members[0]) for members in group(points, steep, near, same)]


def _without_repeats(points: list[CriticalPoint], near: np.ndarray) -> list[CriticalPoint]:
    """Merge degenerate points, which are so flat that a search comes to rest all around them."""
    flat = [point for point in points if point.kind == "degenerate"]
    rest = [point for point in points if point.kind != "degenerate"]
    if not flat:
        return rest
    places = np.array([point.x for point in flat])
    steep = np.array([point.gradient_norm for point in flat])
    return rest + [flat[members[0]] for members in group(places, steep, near, lambda *_: True)]


def _kinks(
    objective: Objective, lower: np.ndarray, upper: np.ndarray, count: int,
    generator: np.random.Generator, known: list[CriticalPoint],
    classify: Callable[[np.ndarray], CriticalPoint],
) -> list[CriticalPoint]:  # fmt: skip
    """Return the minima without a gradient into which descents of the function itself fell."""
    limits = read_limits(
        "float64", max_iter=2 * _MAX_ITER, tol=None, step_tol=None, every=None, free=lower.size,
        stochastic=False,
    )  # fmt: skip
    method = read_method("gradient", None, {})  # compiled sooner than others
    ends = descend_all(
        objective, method, Constraints(lower, upper), limits,
        _spread(lower, upper, count, generator),
    )  # fmt: skip
    resting = (Status.CONVERGED, Status.SETTLED)
    stuck = np.flatnonzero(~np.isin(ends.status, resting) & np.isfinite(ends.fun))
    near = _NEAR * (upper - lower)
    for point in known:
        stuck = stuck[np.any(np.abs(ends.x[stuck] - point.x) > near, axis=1)]
    points, values = ends.x[stuck], ends.fun[stuck]
    groups = group(points, values, near, lambda *_: True)
    candidates = (classify(points[members[0]]) for members in groups[:_KINKS])
    return [point for point in candidates if point.kind == "kink"]
