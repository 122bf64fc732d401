"""A function's values on a grid, to be drawn."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.constraints import read_bounds
from talweg.differentiation import NotScalar, check_number
from talweg.objective import precision, read_objective
from talweg.structure import read_start

__all__ = ["sample"]

_ELEMENTS_AT_ONCE = 2**22
"""Limits how many points are evaluated together, where the function makes large arrays."""


def sample(
    fun: Callable[..., Any], bounds: Any, resolution: Any = 201, *, args: Any = ()
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Evaluate a function of one or two variables on a grid over a box.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float`` of an array of one or two numbers, written with ``jax.numpy``,
        ``numpy`` or ``autograd.numpy``. Where JAX can't trace it, Python calls it point by point.
    bounds : (lower, upper), list of (low, high), or scipy.optimize.Bounds
        The box, finite on all sides. `lower` and `upper` are numbers for one variable, and hold
        one number a variable for two, as `Landscape.bounds` does; a list is read as SciPy's pairs.
    resolution : int or pair of int, default 201
        Number of points along every axis, or along x and along y.
    args : tuple, default ()
        Passed on to `fun`.

    Returns
    -------
    axes : tuple of ndarray
        The points along x, and along y where there are two variables, the edges included.
    values : (resolution,) or (resolution_y, resolution_x) ndarray
        NaN where the value isn't finite, or `fun` raises an ArithmeticError or a ValueError. In
        two variables a row has one y, as matplotlib expects it.

    Raises
    ------
    TypeError
        If `fun` isn't callable, `resolution` is no whole number, or `bounds` isn't a box.
    ValueError
        If the box is open or empty, has not one or two variables, `resolution` is below 2, or the
        value of `fun` is not a single number.
    Exception
        What `fun` itself raises: an ArithmeticError or a ValueError only if it does everywhere.

    Examples
    --------
    >>> from talweg.landscapes import sample
    >>> (x, y), values = sample(lambda point: point[0] + 10 * point[1], ([0, 0], [2, 1]), (3, 2))
    >>> x, y
    (array([0., 1., 2.]), array([0., 1.]))
    >>> values
    array([[ 0.,  1.,  2.],
           [10., 11., 12.]])
    """
    if not callable(fun):
        raise TypeError(f"the function must be callable, not {type(fun).__name__}")
    args = args if isinstance(args, tuple) else (args,)
    lower, upper = _read_box(bounds)
    counts = _read_resolution(resolution, lower.size)
    axes = tuple(map(np.linspace, lower, upper, counts))
    grid = np.meshgrid(*axes)  # y by x, in its default indexing
    points = np.stack([coordinate.ravel() for coordinate in grid], axis=1)
    values = _compiled(fun, points, (lower + upper) / 2, args)
    if values is None:
        values = _called(fun, points, args)
    values[~np.isfinite(values)] = np.nan
    return axes, values.reshape(grid[0].shape)


def _read_box(bounds: Any) -> tuple[np.ndarray, np.ndarray]:
    given = bounds
    if isinstance(bounds, tuple) and len(bounds) == 2:
        try:  # None, an open side, becomes NaN
            given = tuple(np.atleast_1d(np.asarray(side, float)) for side in bounds)
        except (TypeError, ValueError):
            raise TypeError(f"bounds is {bounds!r}: its sides must be numbers") from None
        size = max(side.size for side in given)
        if not all(np.isfinite(side).all() for side in given):
            given = None
    elif hasattr(bounds, "lb") and hasattr(bounds, "ub"):
        size = max(np.size(bounds.lb), np.size(bounds.ub))
    else:
        size = len(bounds) if isinstance(bounds, list) else 1
    if size not in (1, 2):
        raise ValueError(f"a grid is made for one or two variables, and bounds has {size}")
    box = read_bounds(given, read_start(np.zeros(size))[0])
    if box is None or not np.isfinite(box).all():
        raise ValueError(f"a grid needs a box that is finite on all sides, not bounds={bounds!r}")
    lower, upper = box
    if (lower == upper).any():
        level = lower[lower == upper][0]
        raise ValueError(f"the box is empty: a variable lies between {level} and {level}")
    return lower, upper


def _read_resolution(resolution: Any, size: int) -> tuple[int, ...]:
    each = resolution if isinstance(resolution, (tuple, list)) else (resolution,) * size
    for count in each:
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
            raise TypeError(f"resolution={resolution!r}: the number of points must be an int")
        if count < 2:
            raise ValueError(f"resolution={resolution!r}: a grid needs two points along every axis")
    if len(each) != size:
        raise ValueError(
            f"resolution={resolution!r} has {len(each)} numbers, and the function {size} variables"
        )
    return tuple(map(int, each))


def _compiled(
    fun: Callable[..., Any], points: np.ndarray, centre: np.ndarray, args: tuple[Any, ...]
) -> np.ndarray | None:
    """Return the values by JAX, or None where it can't trace the function."""
    structure, start = read_start(centre)
    try:
        objective = read_objective(fun, structure, start, args)
        if objective.compiled is None:
            return None
        at_once = min(max(_ELEMENTS_AT_ONCE // max(objective.largest, 1), 1), len(points))
        with precision(np.float64):
            return np.array(_values(objective.compiled, at_once)(points, objective.arguments))
    except NotScalar:
        raise
    except Exception:  # if it is the function's own, calling it will show it
        return None


@functools.lru_cache(maxsize=32)
def _values(compiled: Callable[..., Any], at_once: int) -> Any:
    """Return a compiled function of many points; XLA drops the gradient, which nobody reads."""

    def values(points: Any, arguments: Any) -> Any:
        return jax.lax.map(lambda x: compiled(x, arguments)[0], points, batch_size=at_once)

    return jax.jit(values)


def _called(fun: Callable[..., Any], points: np.ndarray, args: tuple[Any, ...]) -> np.ndarray:
    values = np.full(len(points), np.nan)
    first_error: Exception | None = None
    failures = 0
    with precision(np.float64), np.errstate(all="ignore"):
        for i, point in enumerate(points):
            try:
                value = fun(point.copy(), *args)
            except (ArithmeticError, ValueError) as error:
                first_error = first_error or error
                failures += 1
                continue
            check_number(value)
            values[i] = float(value)
    if first_error is not None and failures == len(points):
        raise first_error
    return values
