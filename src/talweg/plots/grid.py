"""What a picture shows: its box, and the function's values there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.constraints import read_bounds
from talweg.objective import precision
from talweg.structure import read_start

__all__ = [
    "Box",
    "constant",
    "evaluate",
    "finite_values",
    "grid_starts",
    "of_an_array",
    "read_box",
    "read_resolution",
]

Box = tuple[np.ndarray, np.ndarray]
"""The lower and the upper corner, (n,) each."""

_INSTEAD = {
    1: "for one variable there is talweg.plots.function",
    2: "for two variables there are talweg.plots.contours and talweg.plots.surface",
}


def read_box(bounds: Any, variables: int, picture: str) -> Box:
    """Read the box that a picture shows.

    Parameters
    ----------
    bounds : (lower, upper), list of (low, high) pairs, or scipy.optimize.Bounds
        `lower` and `upper` are numbers or sequences of numbers, also tuples.
    variables : int
        How many the picture has room for.
    picture : str
        Its function's name, for the messages.

    Returns
    -------
    lower, upper : (variables,) ndarray

    Raises
    ------
    TypeError
        If `bounds` is none of these.
    ValueError
        If it is for another number of variables, is not finite, or has no width.
    """
    if isinstance(bounds, tuple) and len(bounds) == 2:
        bounds = tuple(list(side) if isinstance(side, tuple) else side for side in bounds)
    given = _variables(bounds)
    if given is not None and given != variables:
        instead = _INSTEAD.get(given, "for more there is talweg.plots.landscape_slice")
        raise ValueError(
            f"{picture} draws functions of {variables} variable{'s'[: variables - 1]}, and bounds "
            f"are given for {given}; {instead}"
        )
    structure, _ = read_start(np.zeros(variables))
    box = read_bounds(bounds, structure)
    if box is None:
        raise ValueError(f"{picture} needs finite bounds, as (-2.0, 2.0) or [(-2.0, 2.0), ...]")
    lower, upper = box
    with np.errstate(over="ignore"):
        widths = upper - lower
    for i in range(variables):
        between = f"the bounds of coordinate {i} are [{lower[i]:g}, {upper[i]:g}]"
        if not np.isfinite(widths[i]):
            raise ValueError(f"{between}: a picture needs finite ones")
        if widths[i] <= 1e-12 * max(abs(lower[i]), abs(upper[i])):
            raise ValueError(f"{between}, which has no width; make the upper one larger")
    return lower, upper


def _variables(bounds: Any) -> int | None:
    """Return how many variables bounds are written for; None if for any number."""
    if isinstance(bounds, list):
        return len(bounds)
    if isinstance(bounds, tuple):
        sides = bounds
    else:
        sides = (getattr(bounds, "lb", 0.0), getattr(bounds, "ub", 0.0))
    sizes = {np.size(side) for side in sides if side is not None and np.ndim(side) > 0}
    return max(sizes) if sizes else None


def read_resolution(resolution: Any) -> int:
    """Check the number of points along an axis."""
    if isinstance(resolution, bool) or not isinstance(resolution, (int, np.integer)):
        raise TypeError(f"resolution must be a whole number, not {resolution!r}")
    if resolution < 2:
        raise ValueError(f"resolution={resolution}: a picture needs 2 points along an axis or more")
    return int(resolution)


def grid_starts(bounds: Any, resolution: int = 101) -> np.ndarray:
    """Return the points of a square grid over a box, the starts that `basins` descends from.

    Parameters
    ----------
    bounds : (lower, upper) or list of (low, high) pairs
        The box, of two variables.
    resolution : int, default 101
        Points along each axis.

    Returns
    -------
    (resolution**2, 2) ndarray
        The first coordinate varies fastest: reshaped to a square, a row has one y.

    Raises
    ------
    TypeError, ValueError
        If `bounds` is not a finite box of two variables, or `resolution` not a number from 2 on.

    Examples
    --------
    >>> from talweg import plots
    >>> plots.grid_starts([(0.0, 1.0), (0.0, 4.0)], 2)
    array([[0., 0.],
           [1., 0.],
           [0., 4.],
           [1., 4.]])
    """
    lower, upper = read_box(bounds, 2, "grid_starts")
    axes = np.linspace(lower, upper, read_resolution(resolution)).T
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)


def finite_values(
    fun: Callable[[Any], Any], box: Box, resolution: int
) -> tuple[tuple[np.ndarray, ...], np.ma.MaskedArray[Any, Any]]:
    """Evaluate a function on a grid.

    Returns
    -------
    axes : tuple of (resolution,) ndarray
        The points along each axis.
    values : (resolution,) or (resolution, resolution) masked array
        Masked where the function is not finite. In two variables a row has one y.

    Raises
    ------
    ValueError
        If it is finite nowhere.
    """
    from talweg.landscapes.sampling import sample

    axes, values = sample(fun, box, read_resolution(resolution))
    # Beyond that, what draws would overflow.
    masked = np.ma.masked_invalid(np.clip(values, -1e290, 1e290))
    if masked.count() == 0:
        where = " x ".join(f"[{low:g}, {high:g}]" for low, high in zip(*box, strict=True))
        raise ValueError(
            f"the function is finite at none of the {masked.size} points tried in {where}; "
            "choose bounds in which it is defined"
        )
    return axes, masked


def evaluate(fun: Callable[[Any], Any], points: np.ndarray) -> np.ndarray:
    """Evaluate a function at points, one by one; (k, n) -> (k,)."""
    with precision(np.float64), np.errstate(all="ignore"):
        return np.array([_number(fun(point)) for point in points], float)


def _number(value: Any) -> float:
    array = np.asarray(value, float)
    if array.size != 1:
        raise ValueError(
            f"the function's value must be a single number, not an array of shape {array.shape}"
        )
    return float(array.ravel()[0])


def of_an_array(fun: Callable[[Any], Any], at: float) -> Callable[[Any], Any]:
    """Return a function of one variable as one that takes an array of shape (1,).

    Written as ``x**2`` or with `math` it takes a number; as ``x[0]**2`` or ``np.sum(x**2)`` an
    array. Which it is, is found out by calling it at a point.
    """
    if not callable(fun):
        raise TypeError(f"the function must be callable, not {type(fun).__name__}")
    with precision(np.float64), np.errstate(all="ignore"):
        try:
            of_a_number = np.ndim(fun(np.float64(at))) == 0
        except Exception:
            of_a_number = False
    return (lambda x: fun(x[0])) if of_a_number else fun


def constant(values: np.ndarray) -> bool:
    """Whether values show no change but rounding."""
    with np.errstate(over="ignore"):
        return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
